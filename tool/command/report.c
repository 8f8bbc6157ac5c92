/*
 * report: the command that tells what the milter counted in served/usage: rules
 * that are used or not, addresses without a rule of their own, leaks, strangers
 * and days; as text, as JSON Lines, or as a page. Tested by
 * tests/e2e/usage.test and tests/e2e/report.test.
 */
#include "command/command.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/clock.h"
#include "print/json.h"
#include "print/terminal.h"
#include "print/text.h"
#include "report/page.h"
#include "report/report.h"

#define TOP 10

/* What is printed of a report. */
struct printing {
	struct report *report;
	bool json;
	uint64_t top;	/* entries of each kind */
	uint64_t count; /* rules that were not used, so far */
	struct error *error;
};

static void put_times(struct json *json, const struct usage_entry *entry)
{
	char text[CLOCK_TEXT_MAX];

	clock_text(entry->first, text);
	json_put_text(json, "first", text);
	clock_text(entry->last, text);
	json_put_text(json, "last", text);
}

static int print_json(
	struct printing *printing, const struct usage_entry *entry)
{
	static const char *const names[USAGE_WHATS] = { "rule", "unruled",
		"leak", "day", "domain" };
	char text[ADDRESS_TEXT_MAX];
	struct bytes parts[REPORT_PARTS];
	struct json json;

	report_parts(entry, parts);
	json_begin(&json);
	json_put_text(&json, "what", names[entry->what]);
	json_put_text(&json, "table", rule_table_name(entry->table));
	if (entry->what == USAGE_RULE)
		json_put_row(&json, "source", report_source(entry, text));
	else if (entry->what != USAGE_DAY)
		json_put_row(&json, "address", parts[0]);
	if (entry->what == USAGE_LEAK) {
		json_put_bytes(&json, "field", parts[1]);
		json_put_bytes(&json, "client", parts[2]);
	} else if (entry->what == USAGE_DAY) {
		json_put_bytes(&json, "day", parts[0]);
		json_put_bytes(&json, "direction", parts[1]);
		json_put_bytes(&json, "result", parts[2]);
	} else if (entry->what == USAGE_DOMAIN) {
		json_put_row(&json, "domain", parts[1]);
	}
	json_put_number(&json, "count", entry->counts[USAGE_MESSAGES]);
	json_put_number(&json, entry->what == USAGE_DAY ? "users" : "shadow",
		entry->counts[USAGE_SHADOWED]);
	if (entry->what == USAGE_RULE) {
		json_put_number(
			&json, "envelope", entry->counts[USAGE_ENVELOPE]);
		json_put_number(&json, "header", entry->counts[USAGE_HEADER]);
	}
	if (entry->last) {
		put_times(&json, entry);
	} else {
		json_put_null(&json, "first");
		json_put_null(&json, "last");
	}
	if (entry->hashed)
		json_put_flag(&json, "hashed", true);
	return json_end(&json, printing->error);
}

static int print_text(
	struct printing *printing, const struct usage_entry *entry)
{
	char text[ADDRESS_TEXT_MAX];
	char last[CLOCK_TEXT_MAX];
	struct bytes parts[REPORT_PARTS];

	report_parts(entry, parts);
	if (entry->what == USAGE_RULE)
		parts[0] = report_source(entry, text);
	clock_text(entry->last, last);
	(void)printf("  %8" PRIu64 "  %-20s  %-8s  ", report_uses(entry),
		entry->last ? last : "never", rule_table_name(entry->table));
	for (int i = 0; i < REPORT_PARTS && parts[i].len; i++) {
		if (i)
			(void)fputs("  ", stdout);
		(void)text_print_row(stdout, parts[i]);
	}
	(void)putchar('\n');
	return ferror(stdout) ? tool_output_failed(printing->error) : 0;
}

static int print_entry(
	struct printing *printing, const struct usage_entry *entry)
{
	return printing->json ? print_json(printing, entry)
			      : print_text(printing, entry);
}

static void print_title(struct printing *printing, enum usage_what what,
	const char *title, uint64_t count)
{
	uint32_t since = master_incomplete(printing->report->master, what);
	char text[CLOCK_TEXT_MAX];

	clock_text(since, text);
	if (!printing->json) {
		terminal_put(TERMINAL_TITLE, title);
		(void)printf(": %" PRIu64 "%s%s\n", count,
			since ? ", incomplete since " : "", since ? text : "");
	} else if (since) {
		tool_say(printing->report->tool, "%s: incomplete since %s",
			title, text);
	}
}

static void print_rest(const struct printing *printing, uint64_t count)
{
	if (count > printing->top && !printing->json)
		(void)printf("  and %" PRIu64 " more\n", count - printing->top);
}

/* Prints the entries of one kind. */
static int print_section(
	struct printing *printing, enum usage_what what, const char *title)
{
	struct usage_entry *list = NULL;
	size_t count = 0;
	int code = report_list(
		printing->report, what, &list, &count, printing->error);

	if (!code)
		print_title(printing, what, title, count);
	for (size_t i = 0; !code && i < count; i++)
		/* Of the days, the last ones are shown. */
		if (what == USAGE_DAY ? count - i <= printing->top
				      : i < printing->top)
			code = print_entry(printing, &list[i]);
	if (!code)
		print_rest(printing, count);
	free(list);
	return code;
}

static int count_unused(void *context, const struct usage_entry *entry)
{
	struct printing *printing = context;

	(void)entry;
	printing->count++;
	return 0;
}

static int see_unused(void *context, const struct usage_entry *entry)
{
	struct printing *printing = context;

	return printing->count++ < printing->top ? print_entry(printing, entry)
						 : 0;
}

static int print_unused(struct printing *printing)
{
	int code;

	printing->count = 0;
	code = report_unused(
		printing->report, count_unused, printing, printing->error);
	if (code)
		return code;
	print_title(printing, USAGE_RULE, "Rules that were not used",
		printing->count);
	printing->count = 0;
	code = report_unused(
		printing->report, see_unused, printing, printing->error);
	if (!code)
		print_rest(printing, printing->count);
	return code;
}

static int print_all(struct printing *printing)
{
	static const struct {
		enum usage_what what;
		const char *title;
	} sections[] = {
		{ USAGE_RULE, "Rules that were used" },
		{ USAGE_UNRULED, "Addresses without a rule of their own" },
		{ USAGE_LEAK, "Internal addresses that left" },
		{ USAGE_DOMAIN, "Domains that write to ours" },
		{ USAGE_DAY, "Messages by day, direction and result" },
	};
	const struct options *options = &printing->report->tool->options;
	bool all = !options->unused && !options->unruled && !options->leaks;
	int code = 0;

	for (size_t i = 0; !code && i < sizeof sections / sizeof *sections;
		i++) {
		enum usage_what what = sections[i].what;

		if (all || (what == USAGE_UNRULED && options->unruled) ||
			(what == USAGE_LEAK && options->leaks))
			code = print_section(printing, what, sections[i].title);
		if (!code && what == USAGE_RULE && (all || options->unused))
			code = print_unused(printing);
	}
	return code;
}

int command_report(struct tool *tool, struct error *error)
{
	const struct options *options = &tool->options;
	struct report report;
	struct printing printing = { .report = &report,
		.json = options->json,
		.top = options->top    ? options->top
		       : options->json ? UINT64_MAX
				       : TOP,
		.error = error };
	int code = report_open(&report, tool,
		options->html || options->unused ||
			(!options->unruled && !options->leaks),
		error);

	if (!code && options->html)
		code = page_store(&report, options->html,
			options->top ? options->top : TOP, error);
	if (!code && (options->json || !options->html))
		code = print_all(&printing);
	report_close(&report);
	return code;
}
