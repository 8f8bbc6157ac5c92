/*
 * change: how changed rows and their counts are printed, by `load --dry-run`
 *and `diff` alike.
 *
 *	+ bob@a.com;bob.owen@b.com
 *	- eve@a.com;eve@old.com
 *	~ ann@a.com;ann@old.com -> ann@b.com
 *	inbound: 1 new, 1 changed, 12 unchanged, 1 deleted
 */
#ifndef READDRESS_TOOL_PRINT_CHANGE_H
#define READDRESS_TOOL_PRINT_CHANGE_H

#include "update/change.h"
#include "print/json.h"

struct changes {
	enum rule_table table;
	char delimiter;
	bool json;
	int failed; /* the first failure's code, and its text */
	struct error error;
};

/* One row. values with data NULL: there is none. Rows that did not change are
 * not printed. */
void change_print(struct changes *changes, enum change_kind kind,
	struct bytes key, struct bytes old_value, struct bytes new_value);

/* The counts, without a newline: more may follow. */
void change_print_counts(
	const struct changes *changes, const struct change_result *result);

/* The counts as an object, put into json. */
void change_put_counts(
	struct json *json, const char *key, const struct change_result *result);

/* The table's name and its counts as an object, to which more may be put. */
void change_begin_counts(const struct changes *changes,
	const struct change_result *result, struct json *json);

#endif
