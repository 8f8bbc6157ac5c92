/*
 * report: the command that tells what the milter counted in served/usage: rules
 * that are used or not, addresses without a rule of their own, leaks, strangers
 * and days. Tested by tests/e2e/usage.test.
 */
#include "command/command.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "print/json.h"
#include "print/terminal.h"
#include "print/text.h"
#include "usage/mask.h"
#include "usage/usagefile.h"

#define TOP   10
#define SEED  1 /* nobody chooses what is in our file to harm us */
#define PARTS 4

struct report {
	struct tool *tool;
	struct master *master;
	struct log log; /* its key hashes addresses */
	bool has_key;
	uint32_t since; /* what was seen before is left out */
	uint64_t top;
	struct error *error;
};

static uint64_t uses_of(const struct usage_entry *entry)
{
	return entry->what == USAGE_DAY ? entry->counts[USAGE_MESSAGES]
					: entry->counts[USAGE_MESSAGES] +
						  entry->counts[USAGE_SHADOWED];
}

/* Days go by their name, other entries by their use. */
static int compare(const void *a, const void *b)
{
	const struct usage_entry *left = a;
	const struct usage_entry *right = b;
	uint64_t uses_left = uses_of(left);
	uint64_t uses_right = uses_of(right);

	if (left->what != USAGE_DAY && uses_left != uses_right)
		return uses_left < uses_right ? 1 : -1;
	if (left->table != right->table && left->what != USAGE_DAY)
		return left->table < right->table ? -1 : 1;
	return bytes_compare(left->name, right->name);
}

/* Cuts a name into its texts; those that are missing are empty. */
static void cut(const struct usage_entry *entry, struct bytes parts[PARTS])
{
	struct bytes rest = entry->name;

	for (int i = 0; i < PARTS; i++)
		parts[i] = bytes_cut(&rest, '\0');
}

static struct bytes source_of(
	const struct usage_entry *entry, char text[ADDRESS_TEXT_MAX])
{
	if (entry->hashed || entry->name.len >= ADDRESS_KEY_MAX)
		return entry->name;
	return (struct bytes){ text, rule_source_text(entry->name, text) };
}

static void put_times(struct json *json, const struct usage_entry *entry)
{
	char text[CLOCK_TEXT_MAX];

	clock_text(entry->first, text);
	json_put_text(json, "first", text);
	clock_text(entry->last, text);
	json_put_text(json, "last", text);
}

static int print_json(struct report *report, const struct usage_entry *entry)
{
	static const char *const names[USAGE_WHATS] = { "rule", "unruled",
		"leak", "day", "domain" };
	char text[ADDRESS_TEXT_MAX];
	struct bytes parts[PARTS];
	struct json json;

	cut(entry, parts);
	json_begin(&json);
	json_put_text(&json, "what", names[entry->what]);
	json_put_text(&json, "table", rule_table_name(entry->table));
	if (entry->what == USAGE_RULE)
		json_put_row(&json, "source", source_of(entry, text));
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
	return json_end(&json, report->error);
}

static int print_text(struct report *report, const struct usage_entry *entry)
{
	char text[ADDRESS_TEXT_MAX];
	char last[CLOCK_TEXT_MAX];
	struct bytes parts[PARTS];

	cut(entry, parts);
	if (entry->what == USAGE_RULE)
		parts[0] = source_of(entry, text);
	clock_text(entry->last, last);
	(void)printf("  %8" PRIu64 "  %-20s  %-8s  ", uses_of(entry),
		entry->last ? last : "never", rule_table_name(entry->table));
	for (int i = 0; i < PARTS && parts[i].len; i++) {
		if (i)
			(void)fputs("  ", stdout);
		(void)text_print_row(stdout, parts[i]);
	}
	(void)putchar('\n');
	return ferror(stdout) ? tool_output_failed(report->error) : 0;
}

static int print_entry(struct report *report, const struct usage_entry *entry)
{
	return report->tool->options.json ? print_json(report, entry)
					  : print_text(report, entry);
}

static void print_title(struct report *report, enum usage_what what,
	const char *title, uint64_t count)
{
	uint32_t since = master_incomplete(report->master, what);
	char text[CLOCK_TEXT_MAX];

	clock_text(since, text);
	if (!report->tool->options.json) {
		terminal_put(TERMINAL_TITLE, title);
		(void)printf(": %" PRIu64 "%s%s\n", count,
			since ? ", incomplete since " : "", since ? text : "");
	} else if (since)
		tool_say(report->tool, "%s: incomplete since %s", title, text);
}

static void print_rest(const struct report *report, uint64_t count)
{
	if (count > report->top && !report->tool->options.json)
		(void)printf("  and %" PRIu64 " more\n", count - report->top);
}

/* Prints the entries of one kind. */
static int print_section(
	struct report *report, enum usage_what what, const char *title)
{
	size_t room = master_count(report->master, what);
	struct usage_entry *list = calloc(room + 1, sizeof *list);
	struct usage_entry entry;
	size_t cursor = 0;
	size_t count = 0;
	int code = 0;

	if (!list)
		return error_set(report->error, ERR_NOMEM, "out of memory");
	while (master_next(report->master, &cursor, &entry))
		if (entry.what == what && entry.last >= report->since)
			list[count++] = entry;
	qsort(list, count, sizeof *list, compare);
	print_title(report, what, title, count);
	for (size_t i = 0; !code && i < count; i++)
		/* Of the days, the last ones are shown. */
		if (what == USAGE_DAY ? count - i <= report->top
				      : i < report->top)
			code = print_entry(report, &list[i]);
	if (!code)
		print_rest(report, count);
	free(list);
	return code;
}

/* Sets *entry to the use of a rule, plain or hashed. Returns false if it was
 * not used since --since. */
static bool find_rule(const struct report *report, enum rule_table table,
	struct bytes key, struct usage_entry *entry)
{
	char text[USAGE_NAME_MAX];
	bool found;

	*entry = (struct usage_entry){
		.what = USAGE_RULE, .table = table, .name = key
	};
	found = master_find(report->master, entry) &&
		entry->last >= report->since;
	if (found || !report->has_key)
		return found;
	*entry = (struct usage_entry){
		.what = USAGE_RULE, .table = table, .name = key
	};
	return mask_name(entry, &report->log, text) &&
	       master_find(report->master, entry) &&
	       entry->last >= report->since;
}

/* Goes through the rules of a table that were not used. Prints them, or only
 * counts them. */
static int walk_unused(struct report *report, enum rule_table table, bool print,
	uint64_t *count)
{
	struct map_walk walk = { .map = report->tool->map, .table = table };
	struct usage_entry entry;
	int code;

	while ((code = map_walk_next(&walk)) == 1) {
		if (find_rule(report, table, walk.rule.key, &entry))
			continue;
		(*count)++;
		if (!print || *count > report->top)
			continue;
		entry = (struct usage_entry){ .what = USAGE_RULE,
			.table = table,
			.name = walk.rule.key };
		if (print_entry(report, &entry) < 0) {
			map_walk_close(&walk);
			return ERR_IO;
		}
	}
	map_walk_close(&walk);
	return code < 0 ? error_set(
				  report->error, code, "the map cannot be read")
			: 0;
}

static int print_unused(struct report *report)
{
	uint64_t count = 0;
	int code = 0;

	for (enum rule_table t = RULE_INBOUND; !code && t <= RULE_OUTBOUND; t++)
		code = walk_unused(report, t, false, &count);
	if (code)
		return code;
	print_title(report, USAGE_RULE, "Rules that were not used", count);
	count = 0;
	for (enum rule_table t = RULE_INBOUND; !code && t <= RULE_OUTBOUND; t++)
		code = walk_unused(report, t, true, &count);
	if (!code)
		print_rest(report, count);
	return code;
}

/* Adds a file to what is reported. */
static int add(struct report *report, const char *path, struct bytes data)
{
	struct error cause = { .text = "" };
	int code = usagefile_parse(report->master, data, &cause);

	return code < 0 ? error_set(report->error, code, "%s: %s", path,
				  cause.text)
			: 0;
}

static int add_file(struct report *report, const char *path)
{
	struct stat status;
	char *data = NULL;
	ssize_t got = -1;
	int code = 0;
	int fd = file_open_linked(
		AT_FDCWD, path, path, NULL, &status, report->error);

	if (fd < 0)
		return fd;
	data = malloc((size_t)status.st_size + 1);
	if (data)
		got = file_read_at(fd, data, (size_t)status.st_size, 0);
	if (got < 0)
		code = error_set_errno(report->error, "cannot read %s", path);
	else
		code = add(report, path, (struct bytes){ data, (size_t)got });
	free(data);
	close(fd);
	return code;
}

static int add_own(struct report *report)
{
	const struct tool *tool = report->tool;
	char *data = NULL;
	size_t len = 0;
	int code = state_usage(tool->state, &data, &len, report->error);

	if (code == ERR_NOENT && tool->options.with_count)
		code = 0;
	else if (code == ERR_NOENT)
		code = error_set(report->error, ERR_NOENT,
			"%s/served/usage does not exist: the milter writes it "
			"every minute, and after `readdress reload`",
			state_dir(tool->state));
	else if (!code)
		code = add(report, "served/usage", (struct bytes){ data, len });
	free(data);
	return code;
}

static bool has_hashes(const struct report *report)
{
	struct usage_entry entry;
	size_t cursor = 0;

	while (master_next(report->master, &cursor, &entry))
		if (entry.hashed)
			return true;
	return false;
}

/* Reads the key of the hashes, if there are any. */
static int read_key(struct report *report)
{
	int code;

	if (!has_hashes(report))
		return 0;
	code = state_log_key(
		report->tool->state, report->log.key, report->error);
	report->has_key = !code;
	return code;
}

static int print_all(struct report *report)
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
	const struct options *options = &report->tool->options;
	bool all = !options->unused && !options->unruled && !options->leaks;
	int code = 0;

	for (size_t i = 0; !code && i < sizeof sections / sizeof *sections;
		i++) {
		enum usage_what what = sections[i].what;

		if (all || (what == USAGE_UNRULED && options->unruled) ||
			(what == USAGE_LEAK && options->leaks))
			code = print_section(report, what, sections[i].title);
		if (!code && what == USAGE_RULE && (all || options->unused))
			code = print_unused(report);
	}
	return code;
}

int command_report(struct tool *tool, struct error *error)
{
	const struct options *options = &tool->options;
	struct report report = { .tool = tool,
		.master = master_open(SEED),
		.since = usage_time(options->since),
		.top = options->top,
		.error = error };
	int code = 0;

	if (!report.top)
		report.top = options->json ? UINT64_MAX : TOP;
	if (!report.master)
		return error_set(error, ERR_NOMEM, "out of memory");
	if (tool->operand_count && !options->with_count)
		code = error_set(error, ERR_USAGE,
			"operands are files of other relays, after --with");
	else if (!tool->config->usage)
		code = error_set(error, ERR_NOENT,
			"nothing is counted: %s sets usage = false",
			tool->config->path);
	if (!code)
		code = add_own(&report);
	for (size_t i = 0; !code && i < options->with_count; i++)
		code = add_file(&report, options->with[i]);
	for (int i = 0; !code && i < tool->operand_count; i++)
		code = add_file(&report, tool->operands[i]);
	if (!code &&
		(options->unused || (!options->unruled && !options->leaks)))
		code = tool_open_map(tool, error);
	if (!code && tool->map)
		code = read_key(&report);
	if (!code)
		code = print_all(&report);
	master_close(report.master);
	return code;
}
