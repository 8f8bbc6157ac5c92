/* lookup: the command that tells what becomes of an address. */
#include "tool.h"

#include <stdlib.h>

#include "json.h"
#include "lookup.h"

struct query {
	const struct tool *tool;
	struct map_reader *reader;
	bool bad;     /* one was no address */
	bool missing; /* no rule holds for one */
};

static void complain(const char *text, const struct error *reason)
{
	struct error line;

	if (text[0] == '@') /* names the text itself */
		(void)error_set(&line, 0, "%s", reason->text);
	else
		(void)error_set(&line, 0, "\"%.300s\" %s: expected an address",
			text, reason->text);
	(void)fprintf(stderr, "readdress: %s\n", line.text);
}

static int failed(int code, struct error *error)
{
	return error_set(error, code,
		"the map could not be read: it is damaged, or readdress is out "
		"of memory");
}

/* What was asked and did not come to an answer: reason NULL where no rule
 * holds.
 */
static int print_no_answer(
	const char *address, const struct error *reason, struct error *error)
{
	struct json json;

	json_begin(&json);
	json_put_text(&json, "address", address);
	json_put_flag(&json, "found", false);
	if (reason)
		json_put_text(&json, "error", reason->text);
	return json_end(&json, error);
}

static int print_json(const char *address, struct bytes targets,
	const char *rule, enum rule_kind kind, struct error *error)
{
	struct json json;

	json_begin(&json);
	json_put_text(&json, "address", address);
	json_put_flag(&json, "found", true);
	json_put_bytes(&json, "target", targets);
	json_put_text(&json, "rule", rule);
	json_put_text(&json, "kind", rule_kind_name(kind));
	return json_end(&json, error);
}

/* 1, or an error. */
static int print_answer(const struct query *query, const char *address,
	struct bytes targets, struct bytes key, enum rule_kind kind,
	struct error *error)
{
	char rule[ADDRESS_TEXT_MAX];

	(void)rule_source_text(key, rule);
	if (query->tool->options.json) {
		int code = print_json(address, targets, rule, kind, error);

		return code ? code : 1;
	}
	(void)printf("%s;%.*s", address, (int)targets.len, targets.data);
	if (query->tool->options.verbose)
		(void)printf(";%s;%s", rule, rule_kind_name(kind));
	(void)putchar('\n');
	return 1;
}

/* A rule by its source: "@domain", and everything in routes. */
static int find_rule(const struct query *query, const char *address,
	const char *source, struct error *error)
{
	char key_octets[ADDRESS_KEY_MAX];
	struct bytes key = { key_octets, 0 };
	struct bytes value;
	int code = rule_source_key(
		query->tool->table, bytes_of(source), key_octets, error);

	if (code < 0)
		return code;
	key.len = (size_t)code;
	code = map_get(query->reader, query->tool->table, key, &value);
	if (code < 0)
		return failed(ERR_IO, error);
	if (!code)
		return 0;
	return print_answer(query, address, rule_value_targets(value), key,
		rule_value_kind(value), error);
}

static int find_route(const struct query *query, const char *address,
	const struct mailbox *mailbox, struct error *error)
{
	char source[ADDRESS_DOMAIN_MAX * 3 + 2];

	(void)snprintf(source, sizeof source, "@%.*s", (int)mailbox->domain_len,
		mailbox->domain);
	return find_rule(query, address, source, error);
}

/* Writes the targets as they come out for this address, joined with ",". */
static int join_targets(
	const struct lookup *lookup, const struct mailbox *mailbox, FILE *file)
{
	struct bytes targets = lookup->targets;
	struct lookup_target target;
	const char *comma = "";
	int more;

	while ((more = lookup_next(lookup, mailbox, &targets, &target)) > 0) {
		char text[ADDRESS_TEXT_MAX];
		int len = address_format(&target.mailbox, text);

		if (len < 0)
			return len;
		(void)fprintf(file, "%s%s", comma, text);
		comma = ",";
	}
	return more;
}

static int find_address(const struct query *query, const char *address,
	const struct mailbox *mailbox, struct error *error)
{
	struct lookup lookup;
	char *text = NULL;
	size_t len = 0;
	FILE *file = NULL;
	int found = lookup_find(query->reader, query->tool->table, mailbox,
		query->tool->config->delimiter, &lookup);

	if (found <= 0)
		return found ? failed(found, error) : 0;
	if (lookup.kind == RULE_EXCEPTION)
		return print_answer(query, address, bytes_of(address),
			(struct bytes){ lookup.key, lookup.key_len },
			lookup.kind, error);
	file = open_memstream(&text, &len);
	if (!file)
		return error_set(error, ERR_NOMEM, "out of memory");
	found = join_targets(&lookup, mailbox, file);
	if (fclose(file))
		found = ERR_NOMEM;
	if (found)
		found = failed(found, error);
	else
		found = print_answer(query, address,
			(struct bytes){ text, len },
			(struct bytes){ lookup.key, lookup.key_len },
			lookup.kind, error);
	free(text);
	return found;
}

/* An address or, where it begins with @, a rule. Not a route: "@a,@b:u@d". */
static bool is_source(const char *text)
{
	return text[0] == '@' && !strchr(text, ':');
}

static int find(
	const struct query *query, const char *text, struct error *error)
{
	struct mailbox mailbox;
	int code;

	if (is_source(text))
		return find_rule(query, text, text, error);
	code = address_parse(text, strlen(text), &mailbox, error);
	if (code)
		return code;
	if (query->tool->table == RULE_ROUTES)
		return find_route(query, text, &mailbox, error);
	return find_address(query, text, &mailbox, error);
}

/* Only a failure of the map ends the run; what is no address, and what no rule
 * holds for, is told and remembered. */
static int look_up(struct query *query, const char *text, struct error *error)
{
	bool json = query->tool->options.json;
	struct error reason = { "" };
	int code = find(query, text, &reason);

	if (code > 0)
		return 0;
	if (code == ERR_BAD) {
		complain(text, &reason);
		query->bad = true;
		return json ? print_no_answer(text, &reason, error) : 0;
	}
	if (code < 0)
		return error_set(error, code, "%s", reason.text);
	tool_say(query->tool, "\"%s\" is not found in %s", text,
		rule_table_name(query->tool->table));
	query->missing = true;
	return json ? print_no_answer(text, NULL, error) : 0;
}

static int look_up_lines(struct query *query, FILE *file, struct error *error)
{
	static const struct error nul = { "is followed by a NUL octet" };
	char *line = NULL;
	size_t size = 0;
	ssize_t len;
	int code = 0;

	while (!code && !ferror(stdout) &&
		(len = getline(&line, &size, file)) >= 0) {
		while (len > 0 && strchr("\r\n", line[len - 1]))
			line[--len] = '\0';
		if (memchr(line, '\0', (size_t)len)) {
			complain(line, &nul);
			query->bad = true;
		} else if (len > 0) {
			code = look_up(query, line, error);
		}
	}
	if (!code && ferror(file))
		code = error_set_errno(error, "standard input");
	free(line);
	return code;
}

int command_lookup(struct tool *tool, struct error *error)
{
	struct query query = { .tool = tool };
	int code = map_reader_open(&query.reader, tool->map);

	if (code)
		return failed(code, error);
	for (int i = 0; !code && i < tool->operand_count; i++) {
		if (strcmp(tool->operands[i], "-") != 0)
			code = look_up(&query, tool->operands[i], error);
		else
			code = look_up_lines(&query, stdin, error);
	}
	map_reader_close(query.reader);
	if (!code && query.bad)
		return ERR_BAD;
	if (!code && query.missing)
		return ERR_NOTFOUND;
	return code;
}
