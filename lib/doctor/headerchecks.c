#include "doctor/headerchecks.h"

#include "diagnosis/remedy.h"
#include "doctor/chain.h"
#include "postfix/words.h"

/* An entry of a table of header_checks. */
struct entry {
	size_t line;	      /* where its action stands, from 1; 0: inline */
	struct bytes action;  /* "PASS" */
	struct bytes operand; /* what stands behind it */
};

/* Cuts "/pattern/flags" off the text of an entry. */
static void cut_pattern(struct bytes *text)
{
	char delimiter;

	while (bytes_take(text, "!"))
		;
	if (!text->len)
		return;
	delimiter = *text->data;
	if ((delimiter >= 'a' && delimiter <= 'z') ||
		(delimiter >= 'A' && delimiter <= 'Z'))
		return;
	do {
		size_t step = *text->data == '\\' && text->len > 1 ? 2 : 1;

		text->data += step;
		text->len -= step;
	} while (text->len && *text->data != delimiter);
}

/* Reads an entry, "/pattern/flags ACTION operand" or "key ACTION". Returns
 * false if there is no action in it. */
static bool read_entry(struct bytes text, struct entry *entry)
{
	struct bytes word;

	if (!text.len || *text.data == '#')
		return false;
	cut_pattern(&text);
	/* The rest of the pattern: its last delimiter and flags, or a key. */
	(void)words_next(&text, BYTES_FWS, &word);
	if (!words_next(&text, BYTES_FWS, &entry->action))
		return false;
	entry->operand = bytes_trim(text, BYTES_FWS);
	return true;
}

/* Removes the next entry of a file from *text: a line, and those behind it that
 * begin with a blank. line counts the lines before it. */
static struct bytes next_entry(struct bytes *text)
{
	struct bytes entry = { text->data, 0 };

	do {
		struct bytes line = bytes_cut(text, '\n');

		entry.len = (size_t)(line.data + line.len - entry.data);
	} while (text->len && (*text->data == ' ' || *text->data == '\t'));
	return entry;
}

static size_t count_lines(struct bytes text)
{
	size_t count = 0;

	while (text.len) {
		(void)bytes_cut(&text, '\n');
		count++;
	}
	return count;
}

static bool switches_off(const struct entry *entry)
{
	return bytes_equal_nocase(entry->action, bytes_of("PASS")) ||
	       bytes_equal_nocase(entry->action, bytes_of("REDIRECT"));
}

/* What is known where an entry was found. */
struct checks {
	struct diagnosis *diagnosis;
	const char *parameter; /* "header_checks" */
	const struct postfix_service *cleanup;
	bool used; /* by a service that has the milter */
	int (*look)(const struct checks *checks, struct bytes table,
		const struct entry *entry);
};

static int say_off(const struct checks *checks, struct bytes table,
	const struct entry *entry)
{
	struct diagnosis *diagnosis = checks->diagnosis;
	bool pass = bytes_equal_nocase(entry->action, bytes_of("PASS"));
	const char *new = pass ? "DUNNO" : "BCC";
	struct bytes path = table;
	const char *remedy;

	if (!switches_off(entry))
		return 0;
	(void)bytes_cut(&path, ':');
	if (entry->line)
		remedy = diagnosis_text(diagnosis,
			"sed -i '%zus/%.*s/%s/' %.*s && postfix reload",
			entry->line, (int)entry->action.len, entry->action.data,
			new, (int)path.len, path.data);
	else
		remedy = remedy_replace(diagnosis, checks->cleanup,
			entry->action, new,
			diagnosis_text(diagnosis,
				"write %s for %.*s in %s, then `postfix "
				"reload`",
				new, (int)entry->action.len, entry->action.data,
				checks->parameter));
	return diagnosis_say(diagnosis,
		checks->used ? DIAGNOSIS_FAIL : DIAGNOSIS_WARN,
		diagnosis_text(diagnosis, "%s of %s/%s has %.*s in %.*s",
			checks->parameter, checks->cleanup->name,
			checks->cleanup->type, (int)entry->action.len,
			entry->action.data, (int)table.len, table.data),
		"a message that it matches meets no milter: it leaves "
		"un-rewritten, with internal addresses in it, or goes to a "
		"mailbox that is no more",
		remedy);
}

/* FILTER that leads to a service which has the milter, too. */
static int say_filter(const struct checks *checks, struct bytes table,
	const struct entry *entry)
{
	struct diagnosis *diagnosis = checks->diagnosis;
	const struct postfix_service *to;
	const char *hop;

	(void)table;
	if (!checks->used ||
		!bytes_equal_nocase(entry->action, bytes_of("FILTER")))
		return 0;
	hop = diagnosis_text(diagnosis, "%.*s", (int)entry->operand.len,
		entry->operand.data);
	if (!hop)
		return ERR_NOMEM;
	to = chain_service_at(diagnosis, chain_hop(hop));
	if (!to || !diagnosis_count_ours(diagnosis, to, NULL))
		return 0;
	return chain_say_ends(diagnosis, "FILTER", checks->parameter, to);
}

static int look_at_text(
	const struct checks *checks, struct bytes table, struct bytes text)
{
	struct bytes all = text;
	int result = 0;

	while (!result && text.len) {
		struct entry entry;

		if (!read_entry(next_entry(&text), &entry))
			continue;
		entry.line = count_lines((struct bytes){
			all.data, (size_t)(entry.action.data - all.data) });
		result = checks->look(checks, table, &entry);
	}
	return result;
}

/* Looks at the entries of "regexp:/file" or "regexp:{{/a/ PASS}, {...}}". */
static int look_at_table(const struct checks *checks, struct bytes table)
{
	struct diagnosis *diagnosis = checks->diagnosis;
	struct postmap *postmap = diagnosis->postmap;
	struct bytes rest = table;
	struct bytes text;
	const char *path;
	int result = 0;

	while (bytes_take(&rest, "proxy:"))
		;
	table = rest;
	(void)bytes_cut(&rest, ':');
	if (words_open(&rest)) {
		struct bytes word;

		while (!result && words_next(&rest, WORDS_OF_LIST, &word)) {
			struct entry entry = { .line = 0 };

			(void)words_open(&word);
			if (read_entry(word, &entry))
				result = checks->look(checks, table, &entry);
		}
		return result;
	}
	path = diagnosis_text(diagnosis, "%.*s", (int)rest.len, rest.data);
	if (!path)
		return ERR_NOMEM;
	if (*path == '/' && postmap->read &&
		postmap->read(postmap->context, path, &text) >= 0) {
		const char *copy =
			arena_copy(diagnosis->arena, text.data, text.len);

		if (!copy)
			return ERR_NOMEM;
		return look_at_text(
			checks, table, (struct bytes){ copy, text.len });
	}
	if (checks->look != say_off)
		return 0;
	return diagnosis_skip(diagnosis,
		diagnosis_text(diagnosis, "cannot read %.*s, which %s names",
			(int)table.len, table.data, checks->parameter));
}

/* True if a service that has the milter hands mail to this cleanup, with checks
 * of headers and bodies. */
static bool is_used(const struct diagnosis *diagnosis,
	const struct postfix_service *cleanup)
{
	const struct postfix *postfix = diagnosis->postfix;
	const struct postfix_service *service;

	for (size_t i = 0; (service = diagnosis_next(diagnosis, &i, NULL));)
		if (!strcmp(postfix_value(
				    postfix, service, "cleanup_service_name"),
			    cleanup->name) &&
			!postfix_list_has(postfix_value(postfix, service,
						  "receive_override_options"),
				"no_header_body_checks"))
			return true;
	return false;
}

/* Looks at all entries of header_checks and body_checks of all cleanups. */
static int look_at_all(struct diagnosis *diagnosis,
	int (*look)(const struct checks *checks, struct bytes table,
		const struct entry *entry))
{
	static const char *const parameters[] = { "header_checks",
		"mime_header_checks", "nested_header_checks", "body_checks" };
	const size_t count = sizeof parameters / sizeof *parameters;
	struct checks checks = { .diagnosis = diagnosis, .look = look };
	int result = 0;

	for (size_t i = 0; !result && (checks.cleanup = postfix_service(
					       diagnosis->postfix, i));
		i++) {
		if (strcmp(checks.cleanup->command, "cleanup") != 0)
			continue;
		checks.used = is_used(diagnosis, checks.cleanup);
		for (size_t k = 0; !result && k < count; k++) {
			const char *value = postfix_value(diagnosis->postfix,
				checks.cleanup, parameters[k]);
			struct bytes rest = bytes_of(value);
			struct bytes word;

			/* By default these two are header_checks. */
			if ((k == 1 || k == 2) &&
				!strcmp(value,
					postfix_value(diagnosis->postfix,
						checks.cleanup, parameters[0])))
				continue;
			checks.parameter = parameters[k];
			while (!result &&
				words_next(&rest, WORDS_OF_LIST, &word))
				result = look_at_table(&checks, word);
		}
	}
	return result;
}

int headerchecks_check(struct diagnosis *diagnosis)
{
	return look_at_all(diagnosis, say_off);
}

int headerchecks_check_filters(struct diagnosis *diagnosis)
{
	return look_at_all(diagnosis, say_filter);
}
