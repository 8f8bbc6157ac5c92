#include "print/change.h"

#include <inttypes.h>
#include <stdio.h>

#include "print/terminal.h"
#include "print/text.h"

static const char *const words[CHANGE_KINDS] = {
	[CHANGE_NEW] = "new",
	[CHANGE_CHANGED] = "changed",
	[CHANGE_UNCHANGED] = "unchanged",
	[CHANGE_DELETED] = "deleted",
};

static void print_json(struct changes *changes, enum change_kind kind,
	const char *source, struct bytes old, struct bytes new)
{
	struct json json;
	int code;

	json_begin(&json);
	json_put_text(&json, "table", rule_table_name(changes->table));
	json_put_text(&json, "change", words[kind]);
	json_put_row(&json, "source", bytes_of(source));
	if (old.data)
		json_put_row(&json, "old", old);
	if (new.data)
		json_put_row(&json, "new", new);
	code = json_end(&json, changes->failed ? NULL : &changes->error);
	if (code && !changes->failed)
		changes->failed = code;
}

static void print_text(enum change_kind kind, const char *source,
	struct bytes old, struct bytes new)
{
	static const char signs[CHANGE_KINDS] = { [CHANGE_NEW] = '+',
		[CHANGE_CHANGED] = '~',
		[CHANGE_UNCHANGED] = '=',
		[CHANGE_DELETED] = '-' };

	static const enum terminal_style styles[CHANGE_KINDS] = {
		[CHANGE_NEW] = TERMINAL_GOOD,
		[CHANGE_CHANGED] = TERMINAL_DOUBTFUL,
		[CHANGE_DELETED] = TERMINAL_BAD,
	};

	terminal_begin(styles[kind]);
	(void)printf("%c ", signs[kind]);
	(void)text_print_row(stdout, bytes_of(source));
	(void)putchar(';');
	(void)text_print_row(stdout, kind == CHANGE_NEW ? new : old);
	if (kind == CHANGE_CHANGED) {
		(void)fputs(" -> ", stdout);
		(void)text_print_row(stdout, new);
	}
	terminal_end();
	(void)putchar('\n');
}

void change_print(struct changes *changes, enum change_kind kind,
	struct bytes key, struct bytes old_value, struct bytes new_value)
{
	char source[ADDRESS_TEXT_MAX];
	struct bytes old = { NULL, 0 };
	struct bytes new = { NULL, 0 };

	if (kind == CHANGE_UNCHANGED)
		return;
	(void)rule_source_text(key, source);
	if (old_value.data)
		old = rule_value_targets(old_value);
	if (new_value.data)
		new = rule_value_targets(new_value);
	if (changes->json)
		print_json(changes, kind, source, old, new);
	else
		print_text(kind, source, old, new);
}

void change_print_counts(
	const struct changes *changes, const struct change_result *result)
{
	(void)printf("%s:", rule_table_name(changes->table));
	for (int i = 0; i < CHANGE_KINDS; i++)
		(void)printf("%s %" PRIu64 " %s", i ? "," : "",
			result->counts[i], words[i]);
}

void change_put_counts(
	struct json *json, const char *key, const struct change_result *result)
{
	struct json counts;

	json_begin(&counts);
	for (int i = 0; i < CHANGE_KINDS; i++)
		json_put_number(&counts, words[i], result->counts[i]);
	json_put_object(json, key, &counts);
}

void change_begin_counts(const struct changes *changes,
	const struct change_result *result, struct json *json)
{
	json_begin(json);
	json_put_text(json, "table", rule_table_name(changes->table));
	change_put_counts(json, "counts", result);
}
