/*
 * report: what milters counted, read from served/usage of this relay and of
 * others, in the order in which people see it. Tested by tests/e2e/usage.test
 * and tests/e2e/report.test.
 */
#ifndef READDRESS_TOOL_REPORT_REPORT_H
#define READDRESS_TOOL_REPORT_REPORT_H

#include "tool.h"
#include "usage/master.h"

/* The texts in the name of an entry, at most. */
#define REPORT_PARTS 4

struct report {
	struct tool *tool;
	struct master *master;
	struct log log; /* its key hashes addresses */
	bool has_key;
	uint32_t since; /* what was seen before is left out; 0: nothing is */
};

/*
 * Reads served/usage, the files of --with and those that operands name. With
 * needs_rules, also opens the map, and reads the key of the hashes if there are
 * any. Returns 0; ERR_USAGE for operands without --with; ERR_NOENT if nothing
 * is counted or a file does not exist; or what state_usage(),
 * usagefile_parse(), tool_open_map() and state_log_key() return, all with a
 * text. The caller calls report_close(), after an error too.
 */
int report_open(struct report *report, struct tool *tool, bool needs_rules,
	struct error *error) MUST_CHECK;
void report_close(struct report *report);

/* Sets *list to the entries of one kind that were seen since --since: days in
 * their order, others by their use, the most used first. The caller frees it;
 * the names live as long as the report. Returns 0 or ERR_NOMEM. */
int report_list(const struct report *report, enum usage_what what,
	struct usage_entry **list, size_t *count,
	struct error *error) MUST_CHECK;

typedef int report_see(void *context, const struct usage_entry *entry);

/* Calls see for each rule that was not used since --since, with counts and
 * times of 0, until it returns other than 0; then returns that. Returns 0; or
 * an error of map_walk_next() with a text. */
int report_unused(const struct report *report, report_see *see, void *context,
	struct error *error) MUST_CHECK;

/* True if there are hashes in place of addresses. */
bool report_is_hashed(const struct report *report);

/* Returns in how many messages an entry was used, shadow mode included. */
uint64_t report_uses(const struct usage_entry *entry);

/* Cuts a name into its texts; those that are missing are empty. */
void report_parts(
	const struct usage_entry *entry, struct bytes parts[REPORT_PARTS]);

/* Returns the source of a rule as people write it, in text or in the entry. */
struct bytes report_source(const struct usage_entry *entry,
	char text[ADDRESS_TEXT_MAX]) MUST_CHECK;

#endif
