/*
 * change: prints changed rows and their counts, for `load --dry-run` and for
 * `diff`. Tested by tests/e2e/tool.test and tests/e2e/generations.test.
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
	bool json;
	int failed;	    /* the code of the first failure; 0: none */
	struct error error; /* its text */
};

/* Prints a row, unless it did not change. data NULL: there is no such value. */
void change_print(struct changes *changes, enum change_kind kind,
	struct bytes key, struct bytes old_value, struct bytes new_value);

/* Prints the counts without a newline, so that the caller may add to them. */
void change_print_counts(
	const struct changes *changes, const struct change_result *result);

/* Puts the counts into json, as an object. */
void change_put_counts(
	struct json *json, const char *key, const struct change_result *result);

/* Begins an object with the table's name and the counts; the caller may add to
 * it, and ends it. */
void change_begin_counts(const struct changes *changes,
	const struct change_result *result, struct json *json);

#endif
