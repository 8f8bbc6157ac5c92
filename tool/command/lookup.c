/*
 * lookup: the command that prints what an address becomes. Tested by
 * tests/e2e/tool.test.
 */
#include "command/reverse.h"

#include <stdlib.h>

#include "base/precis.h"
#include "command/command.h"
#include "command/judge.h"
#include "map/lookup.h"
#include "print/json.h"
#include "print/text.h"
#include "rules/rulesource.h"

#define SHOWN_MAX 301 /* bytes of an address in a message, with NUL */

struct query {
	const struct tool *tool;
	struct map_reader *reader;
	struct arena *arena; /* of one answer */
	bool bad;	     /* an operand was not an address */
	bool missing;	     /* an address has no rule, or is left */
};

static int failed(int code, struct error *error)
{
	return error_set(error, code,
		"the map cannot be read: it is damaged, or there is not enough "
		"memory");
}

/* What an address becomes. */
struct answer {
	struct bytes targets; /* len 0: it is left as it is */
	struct bytes key;     /* of the rule */
	enum rule_kind kind;
	const char *result; /* NULL: a rule was looked up, not an address */
	const char *why;    /* why it is left; NULL: it is not */
};

static int print_json(const char *address, const struct answer *answer,
	const char *rule, struct error *error)
{
	struct json json;

	json_begin(&json);
	json_put_row(&json, "address", bytes_of(address));
	json_put_flag(&json, "found", !answer->why);
	if (answer->result)
		json_put_text(&json, "result", answer->result);
	if (answer->why)
		json_put_text(&json, "why", answer->why);
	else
		json_put_row(&json, "target", answer->targets);
	json_put_row(&json, "rule", bytes_of(rule));
	json_put_text(&json, "kind", rule_kind_name(answer->kind));
	return json_end(&json, error);
}

static void print_rule(const struct answer *answer, const char *rule)
{
	(void)putchar(';');
	(void)text_print_row(stdout, bytes_of(rule));
	(void)printf(";%s", rule_kind_name(answer->kind));
	if (answer->why)
		(void)printf(";left: %s", answer->why);
}

/* Prints the answer. Returns 1, or an error. */
static int print_answer(const struct query *query, const char *address,
	const struct answer *answer, struct error *error)
{
	char rule[ADDRESS_TEXT_MAX];

	(void)rule_source_text(answer->key, rule);
	if (query->tool->options.json) {
		int code = print_json(address, answer, rule, error);

		return code ? code : 1;
	}
	if (answer->why && !query->tool->options.verbose) {
		char shown[SHOWN_MAX];

		(void)precis_show(bytes_of(address), shown, sizeof shown);
		tool_say(query->tool, "\"%s\" is left as it is: %s", shown,
			answer->why);
		return 1;
	}
	(void)text_print_row(stdout, bytes_of(address));
	(void)putchar(';');
	(void)text_print_row(stdout, answer->targets);
	if (query->tool->options.verbose)
		print_rule(answer, rule);
	(void)putchar('\n');
	return 1;
}

/* Looks up a rule by its source, "@domain". Returns as find_address() does. */
static int find_rule(
	const struct query *query, const char *address, struct error *error)
{
	char key[ADDRESS_KEY_MAX];
	struct answer answer = { .key = { key, 0 } };
	struct bytes value;
	int code = rule_source_key(
		query->tool->table, bytes_of(address), key, error);

	if (code < 0)
		return code;
	answer.key.len = (size_t)code;
	code = map_get(query->reader, query->tool->table, answer.key, &value);
	if (code < 0)
		return failed(ERR_IO, error);
	if (!code)
		return 0;
	answer.targets = rule_value_targets(value);
	answer.kind = rule_value_kind(value);
	return print_answer(query, address, &answer, error);
}

/* Finds the row of routes that holds for the domain of an address. Returns as
 * find_address() does. */
static int find_route(const struct query *query, const char *address,
	const struct mailbox *mailbox, struct error *error)
{
	char domain[ADDRESS_KEY_MAX];
	struct lookup lookup;
	int code = address_domain_key(
		mailbox->domain, mailbox->domain_len, domain);

	if (code == ERR_BAD)
		return 0;
	if (code >= 0)
		code = lookup_find_domain(query->reader, RULE_ROUTES,
			(struct bytes){ domain, (size_t)code }, &lookup);
	if (code < 0)
		return failed(code, error);
	if (!code)
		return 0;
	return print_answer(query, address,
		&(struct answer){ .targets = lookup.targets,
			.key = { lookup.key, lookup.key_len },
			.kind = lookup.kind },
		error);
}

/* Prints the answer for an address. Returns 1; 0 if no rule matches; or an
 * error. */
static int find_address(struct query *query, const char *address,
	const struct mailbox *mailbox, struct error *error)
{
	struct outcome outcome;
	struct answer answer = { .targets = bytes_of(address) };
	int code;

	arena_reset(query->arena);
	code = judge_address(
		query->tool, query->reader, query->arena, mailbox, &outcome);
	if (!code && outcome.target_count)
		code = outcome_join(query->arena, &outcome, &answer.targets);
	if (code)
		return failed(code, error);
	if (!outcome.rule.len)
		return 0;
	answer.key = outcome.rule;
	answer.kind = outcome.kind;
	answer.result = decision_result_name(outcome.result);
	if (outcome.result == DECISION_LEFT) {
		answer.targets.len = 0;
		answer.why = decision_reason_text(outcome.reason);
		query->missing = true;
	}
	return print_answer(query, address, &answer, error);
}

/* True if text is the source of a rule, "@domain", and not an address: an
 * address may begin with a source route, "@a,@b:u@d". */
static bool is_source(const char *text)
{
	return text[0] == '@' && !strchr(text, ':');
}

static int find(struct query *query, const char *text, struct error *error)
{
	struct mailbox mailbox;
	int code;

	if (is_source(text))
		return find_rule(query, text, error);
	code = address_parse(text, strlen(text), &mailbox, error);
	if (code)
		return code;
	if (query->tool->table == RULE_ROUTES)
		return find_route(query, text, &mailbox, error);
	return find_address(query, text, &mailbox, error);
}

/* Warns of an invisible character: the address is looked up with it, though it
 * looks like another address. */
static void warn(const struct query *query, const char *text, const char *shown)
{
	char name[PRECIS_NAME_MAX];
	struct span found;

	if (!precis_find(bytes_of(text), &found))
		return;
	precis_name(bytes_of(text), found, name);
	tool_say(query->tool,
		"warning: \"%s\" contains %s, so it is not the address that it "
		"looks like",
		shown, name);
}

/* Prints the answer for one operand. Returns an error only if the map fails;
 * notes in *query that text is not an address, or that no rule matches. */
static int look_up(struct query *query, const char *text, struct error *error)
{
	bool json = query->tool->options.json;
	struct error reason = { .text = "" };
	char shown[ADDRESS_TEXT_MAX];
	int code = find(query, text, &reason);

	(void)precis_show(bytes_of(text), shown, sizeof shown);
	if (code >= 0)
		warn(query, text, shown);
	if (code > 0)
		return 0;
	if (code == ERR_BAD) {
		judge_complain(text, &reason);
		query->bad = true;
		return json ? judge_print_none(text, &reason, error) : 0;
	}
	if (code < 0)
		return error_pass(error, code, &reason);
	tool_say(query->tool, "\"%s\" is not found in %s", shown,
		rule_table_name(query->tool->table));
	query->missing = true;
	return json ? judge_print_none(text, NULL, error) : 0;
}

static int look_up_lines(struct query *query, FILE *file, struct error *error)
{
	static const struct error nul = { .text = "is followed by a NUL byte" };
	char *line = NULL;
	size_t size = 0;
	ssize_t len;
	int code = 0;

	while (!code && !ferror(stdout) &&
		(len = getline(&line, &size, file)) >= 0) {
		while (len > 0 && strchr("\r\n", line[len - 1]))
			line[--len] = '\0';
		if (memchr(line, '\0', (size_t)len)) {
			judge_complain(line, &nul);
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
	int code;

	if (tool->options.reverse)
		return reverse_lookup(tool, error);
	code = map_reader_open(&query.reader, tool->map);
	query.arena = arena_open(JUDGE_ANSWER_MAX);
	if (!code && !query.arena)
		code = ERR_NOMEM;
	if (code)
		code = failed(code, error);
	for (int i = 0; !code && i < tool->operand_count; i++) {
		if (strcmp(tool->operands[i], "-") != 0)
			code = look_up(&query, tool->operands[i], error);
		else
			code = look_up_lines(&query, stdin, error);
	}
	map_reader_close(query.reader);
	arena_close(query.arena);
	if (!code && query.bad)
		return ERR_BAD;
	if (!code && query.missing)
		return ERR_NOTFOUND;
	return code;
}
