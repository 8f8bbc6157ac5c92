#include "setup/filetable.h"

#include <stdlib.h>

#include "map/nameset.h"
#include "postfix/regexptable.h"

#define ANY "readdress-any" /* a user without a rule, or a sub-domain */

static const char *const names[FILETABLES] = {
	[FILETABLE_DOMAINS] = "domains",
	[FILETABLE_MAILBOXES] = "mailboxes",
	[FILETABLE_RECIPIENTS] = "recipients",
	[FILETABLE_RECIPIENTS_OPEN] = "recipients-open",
	[FILETABLE_TRANSPORT] = "transport",
};

struct writer {
	enum filetable table;
	const struct map *map;
	const struct config *config;
	const struct autoroutes *autoroutes;
	struct map_reader *reader;
	FILE *file;
	const struct bytes *domains; /* as in keys, sorted */
	size_t count;
	struct answer answer; /* the last one */
	struct answer other;
	bool failed; /* memory was exhausted */
};

const char *filetable_name(enum filetable table)
{
	return names[table];
}

/* "(a[.]example)", or "([^@]+[.]a[.]example)" for "*.a.example". */
static void put_domain(struct writer *writer, struct bytes name)
{
	(void)fputc('(', writer->file);
	if (regexptable_put_domain(writer->file, name))
		writer->failed = true;
	(void)fputc(')', writer->file);
}

/* Writes the value of a line; "$" would stand for a part of the address. */
static void put_value(FILE *file, const struct answer *answer)
{
	(void)fputc(' ', file);
	for (size_t i = 0; i < answer->len; i++) {
		if (answer->text[i] == '$')
			(void)fputc('$', file);
		(void)fputc(answer->text[i], file);
	}
	(void)fputc('\n', file);
}

/* What may stand before a local part, and behind it. */
static void put_local(const struct writer *writer, struct bytes local)
{
	const struct config *config = writer->config;

	if (config->batv & LOCALPART_PRVS)
		(void)fputs("(prvs=[^@=]{10}=)?", writer->file);
	if (config->batv & LOCALPART_BTV1)
		(void)fputs("(btv1==[^@=]+==)?", writer->file);
	regexptable_put_text(writer->file, local);
	for (size_t i = 0; config->delimiter[i]; i++) {
		(void)fputs(i ? "|" : "((", writer->file);
		regexptable_put_text(writer->file,
			(struct bytes){ &config->delimiter[i], 1 });
	}
	if (*config->delimiter)
		(void)fputs(").*)?", writer->file);
}

static bool is_about_addresses(const struct writer *writer)
{
	return writer->table != FILETABLE_DOMAINS &&
	       writer->table != FILETABLE_MAILBOXES;
}

/* What is open for strangers is written at the end. */
static const char *table_of(const struct writer *writer)
{
	return writer->table == FILETABLE_RECIPIENTS_OPEN
		       ? names[FILETABLE_RECIPIENTS]
		       : names[writer->table];
}

/* Asks a table for a domain, or for a user without a rule there. Returns
 * whether there is an answer. */
static bool ask_table(struct writer *writer, const char *table,
	struct bytes name, struct answer *answer)
{
	char key[2 * ADDRESS_KEY_MAX];
	const char *front = is_about_addresses(writer) ? ANY "@" : "";
	const char *below = bytes_take(&name, "*.") ? ANY "." : "";

	(void)snprintf(key, sizeof key, "%s%s%.*s", front, below, (int)name.len,
		name.data);
	answer_query(writer->reader, writer->config, writer->autoroutes,
		bytes_of(table), bytes_of(key), answer);
	return answer->status == ANSWER_OK;
}

static bool ask_domain(
	struct writer *writer, struct bytes name, struct answer *answer)
{
	return ask_table(writer, table_of(writer), name, answer);
}

static int damaged(const struct answer *answer)
{
	return answer->status == ANSWER_TEMP ? ERR_BAD : 0;
}

/* Writes a line for the user if what is said of others in the domain does not
 * hold for him. */
static int put_user(struct writer *writer, struct bytes key)
{
	const char *at = memrchr(key.data, '@', key.len);
	struct bytes local = { key.data, (size_t)(at - key.data) };
	struct bytes domain = { at + 1, key.len - local.len - 1 };
	const char *table = table_of(writer);
	bool all = ask_domain(writer, domain, &writer->other);
	char text[ADDRESS_TEXT_MAX];

	(void)rule_source_text(key, text);
	answer_query(writer->reader, writer->config, writer->autoroutes,
		bytes_of(table), bytes_of(text), &writer->answer);
	if (writer->answer.status != ANSWER_OK ||
		(all && writer->answer.len == writer->other.len &&
			!memcmp(writer->answer.text, writer->other.text,
				writer->answer.len)))
		return damaged(&writer->answer);
	(void)fputs("/^", writer->file);
	/* Postfix asks with the quotes of the client. */
	if (*text == '"')
		(void)fputs("\"?", writer->file);
	put_local(writer, local);
	if (*text == '"')
		(void)fputs("\"?", writer->file);
	(void)fputc('@', writer->file);
	put_domain(writer, domain);
	(void)fputs("$/", writer->file);
	put_value(writer->file, &writer->answer);
	return 0;
}

static int put_users(struct writer *writer)
{
	struct map_walk walk = { .map = writer->map, .table = RULE_INBOUND };
	int result;

	while ((result = map_walk_next(&walk)) == 1) {
		if (!rule_key_is_domain(walk.rule.key))
			result = put_user(writer, walk.rule.key);
		if (result < 0)
			break;
	}
	map_walk_close(&walk);
	return result < 0 ? result : 0;
}

/* Writes the lines of domains; below says which: those of names, or those of
 * what is below a name, the longest first. */
static int put_domains(struct writer *writer, bool below)
{
	size_t longest = ADDRESS_KEY_MAX;

	for (size_t len = below ? longest : 1; len; len--) {
		for (size_t i = 0; i < writer->count; i++) {
			struct bytes name = writer->domains[i];

			if ((*name.data == '*') != below ||
				(below && name.len != len))
				continue;
			if (!ask_domain(writer, name, &writer->answer)) {
				if (damaged(&writer->answer))
					return ERR_BAD;
				continue;
			}
			(void)fputs(is_about_addresses(writer) ? "/@" : "/^",
				writer->file);
			put_domain(writer, name);
			(void)fputs("$/", writer->file);
			put_value(writer->file, &writer->answer);
		}
	}
	return 0;
}

/* Writes "if !/^(a|b)$/" for the names that are an exception to what is below
 * another one. Returns whether there is any. */
static bool put_exceptions(struct writer *writer)
{
	bool any = false;

	for (size_t i = 0; i < writer->count; i++) {
		if (*writer->domains[i].data == '*' ||
			ask_domain(writer, writer->domains[i], &writer->answer))
			continue;
		(void)fputs(any				 ? "|"
			    : is_about_addresses(writer) ? "if !/@("
							 : "if !/^(",
			writer->file);
		put_domain(writer, writer->domains[i]);
		any = true;
	}
	if (any)
		(void)fputs(")$/\n", writer->file);
	return any;
}

/* Users of domains that are not ours are accepted as before. Those that are not
 * have a look-up that is open, and no other one. */
static void put_open(struct writer *writer)
{
	bool any = false;

	for (size_t i = 0; i < writer->count; i++) {
		struct bytes name = writer->domains[i];

		if (ask_table(writer, names[FILETABLE_RECIPIENTS_OPEN], name,
			    &writer->answer) &&
			!ask_domain(writer, name, &writer->other))
			continue;
		(void)fputs(any ? "|" : "if !/@(", writer->file);
		put_domain(writer, name);
		any = true;
	}
	(void)fputs(any ? ")$/\n/@/ OK\nendif\n" : "/@/ OK\n", writer->file);
}

static int write_all(struct writer *writer)
{
	bool excepts;
	int result = 0;

	if (is_about_addresses(writer))
		result = put_users(writer);
	if (!result)
		result = put_domains(writer, false);
	if (result)
		return result;
	excepts = put_exceptions(writer);
	result = put_domains(writer, true);
	if (excepts)
		(void)fputs("endif\n", writer->file);
	if (!result && writer->table == FILETABLE_RECIPIENTS_OPEN)
		put_open(writer);
	return result;
}

/* Gathers the domains that rules of inbound and rows of routes name. */
static int gather(const struct map *map, struct nameset *names_of)
{
	static const enum rule_table tables[] = { RULE_INBOUND, RULE_ROUTES };
	int result = 0;

	for (int i = 0; result >= 0 && i < 2; i++) {
		struct map_walk walk = { .map = map, .table = tables[i] };

		while ((result = map_walk_next(&walk)) == 1) {
			const char *at = memrchr(
				walk.rule.key.data, '@', walk.rule.key.len);
			size_t front = (size_t)(at - walk.rule.key.data) + 1;

			result = nameset_add(
				names_of, (struct bytes){ at + 1,
						  walk.rule.key.len - front });
			if (result < 0)
				break;
		}
		map_walk_close(&walk);
	}
	return result < 0 ? result : 0;
}

int filetable_write(enum filetable table, const struct map *map,
	const struct config *config, const struct autoroutes *autoroutes,
	FILE *file)
{
	struct writer *writer = calloc(1, sizeof *writer);
	struct nameset *set = nameset_open();
	int result = writer && set ? gather(map, set) : ERR_NOMEM;

	if (!result) {
		writer->table = table;
		writer->map = map;
		writer->config = config;
		writer->autoroutes = autoroutes;
		writer->file = file;
		writer->domains = nameset_sorted(set, &writer->count);
		result = writer->domains || !writer->count
				 ? map_reader_open(&writer->reader, map)
				 : ERR_NOMEM;
	}
	if (!result) {
		result = write_all(writer);
		if (!result && writer->failed)
			result = ERR_NOMEM;
		map_reader_close(writer->reader);
	}
	nameset_close(set);
	free(writer);
	return result;
}
