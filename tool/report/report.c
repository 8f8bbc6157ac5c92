#include "report/report.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "usage/mask.h"
#include "usage/usagefile.h"

#define SEED 1 /* nobody chooses what is in our file to harm us */

uint64_t report_uses(const struct usage_entry *entry)
{
	return entry->what == USAGE_DAY ? entry->counts[USAGE_MESSAGES]
					: entry->counts[USAGE_MESSAGES] +
						  entry->counts[USAGE_SHADOWED];
}

void report_parts(
	const struct usage_entry *entry, struct bytes parts[REPORT_PARTS])
{
	struct bytes rest = entry->name;

	for (int i = 0; i < REPORT_PARTS; i++)
		parts[i] = bytes_cut(&rest, '\0');
}

struct bytes report_source(
	const struct usage_entry *entry, char text[ADDRESS_TEXT_MAX])
{
	if (entry->hashed || entry->name.len >= ADDRESS_KEY_MAX)
		return entry->name;
	return (struct bytes){ text, rule_source_text(entry->name, text) };
}

bool report_is_hashed(const struct report *report)
{
	struct usage_entry entry;
	size_t cursor = 0;

	while (master_next(report->master, &cursor, &entry))
		if (entry.hashed)
			return true;
	return false;
}

/* Days go by their name, other entries by their use. */
static int compare(const void *a, const void *b)
{
	const struct usage_entry *left = a;
	const struct usage_entry *right = b;
	uint64_t uses_left = report_uses(left);
	uint64_t uses_right = report_uses(right);

	if (left->what != USAGE_DAY && uses_left != uses_right)
		return uses_left < uses_right ? 1 : -1;
	if (left->table != right->table && left->what != USAGE_DAY)
		return left->table < right->table ? -1 : 1;
	return bytes_compare(left->name, right->name);
}

int report_list(const struct report *report, enum usage_what what,
	struct usage_entry **list, size_t *count, struct error *error)
{
	struct usage_entry entry;
	size_t cursor = 0;

	*count = 0;
	*list = calloc(master_count(report->master, what) + 1, sizeof **list);
	if (!*list)
		return error_set(error, ERR_NOMEM, "out of memory");
	while (master_next(report->master, &cursor, &entry))
		if (entry.what == what && entry.last >= report->since)
			(*list)[(*count)++] = entry;
	qsort(*list, *count, sizeof **list, compare);
	return 0;
}

/* True if a rule was used since --since, plain or hashed. */
static bool was_used(
	const struct report *report, enum rule_table table, struct bytes key)
{
	const struct usage_entry rule = {
		.what = USAGE_RULE, .table = table, .name = key
	};
	struct usage_entry entry = rule;
	char text[USAGE_NAME_MAX];
	bool found;

	found = master_find(report->master, &entry) &&
		entry.last >= report->since;
	if (found || !report->has_key)
		return found;
	entry = rule;
	return mask_name(&entry, &report->log, text) &&
	       master_find(report->master, &entry) &&
	       entry.last >= report->since;
}

int report_unused(const struct report *report, report_see *see, void *context,
	struct error *error)
{
	int result = 0;

	for (enum rule_table t = RULE_INBOUND; !result && t <= RULE_OUTBOUND;
		t++) {
		struct map_walk walk = { .map = report->tool->map, .table = t };
		int more;

		while (!result && (more = map_walk_next(&walk)) == 1) {
			struct usage_entry entry = { .what = USAGE_RULE,
				.table = t,
				.name = walk.rule.key };

			if (!was_used(report, t, walk.rule.key))
				result = see(context, &entry);
		}
		map_walk_close(&walk);
		if (!result && more < 0)
			result = error_set(
				error, more, "the map cannot be read");
	}
	return result;
}

/* Adds a file to what is reported. */
static int add(struct report *report, const char *path, struct bytes data,
	struct error *error)
{
	struct error cause = { .text = "" };
	int result = usagefile_parse(report->master, data, &cause);

	return result < 0 ? error_set(error, result, "%s: %s", path, cause.text)
			  : 0;
}

static int add_file(
	struct report *report, const char *path, struct error *error)
{
	struct stat status;
	char *data = NULL;
	ssize_t got = -1;
	int result = 0;
	int fd = file_open_linked(AT_FDCWD, path, path, NULL, &status, error);

	if (fd < 0)
		return fd;
	data = malloc((size_t)status.st_size + 1);
	if (data)
		got = file_read_at(fd, data, (size_t)status.st_size, 0);
	if (got < 0)
		result = error_set_errno(error, "cannot read %s", path);
	else
		result = add(report, path, (struct bytes){ data, (size_t)got },
			error);
	free(data);
	close(fd);
	return result;
}

static int add_own(struct report *report, struct error *error)
{
	const struct tool *tool = report->tool;
	char *data = NULL;
	size_t len = 0;
	int result = state_usage(tool->state, &data, &len, error);

	if (result == ERR_NOENT && tool->options.with_count)
		result = 0;
	else if (result == ERR_NOENT)
		result = error_set(error, ERR_NOENT,
			"%s/served/usage does not exist yet: the milter writes "
			"it within a minute of the first message, and after "
			"`readdress reload`",
			state_dir(tool->state));
	else if (!result)
		result = add(report, "served/usage",
			(struct bytes){ data, len }, error);
	free(data);
	return result;
}

/* Adds all files. */
static int add_all(struct report *report, struct error *error)
{
	const struct tool *tool = report->tool;
	const struct options *options = &tool->options;
	int result = add_own(report, error);

	for (size_t i = 0; !result && i < options->with_count; i++)
		result = add_file(report, options->with[i], error);
	for (int i = 0; !result && i < tool->operand_count; i++)
		result = add_file(report, tool->operands[i], error);
	return result;
}

/* Reads the key of the hashes, if there are any. */
static int read_key(struct report *report, struct error *error)
{
	int result;

	if (!report_is_hashed(report))
		return 0;
	result = state_log_key(report->tool->state, report->log.key, error);
	report->has_key = !result;
	return result;
}

int report_open(struct report *report, struct tool *tool, bool needs_rules,
	struct error *error)
{
	int result;

	*report = (struct report){ .tool = tool,
		.master = master_open(SEED),
		.since = usage_time(tool->options.since) };
	if (!report->master)
		return error_set(error, ERR_NOMEM, "out of memory");
	if (tool->operand_count && !tool->options.with_count)
		return error_set(error, ERR_USAGE,
			"operands are files of other relays, after --with");
	if (!tool->config->usage)
		return error_set(error, ERR_NOENT,
			"nothing is counted: %s sets usage = false",
			tool->config->path);
	result = add_all(report, error);
	if (!result && needs_rules)
		result = tool_open_map(tool, error);
	if (!result && needs_rules)
		result = read_key(report, error);
	return result;
}

void report_close(struct report *report)
{
	master_close(report->master);
}
