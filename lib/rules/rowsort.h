/*
 * rowsort: sorts rows by key. Tested by tests/unit/rules/test_rowsort.c.
 */
#ifndef READDRESS_RULES_ROWSORT_H
#define READDRESS_RULES_ROWSORT_H

#include "base/error.h"
#include "rules/row.h"

/*
 * Sorts rows by the bytes of their keys, as memcmp() orders them, with a prefix
 * before the longer key. Rows with the same key keep their order. Keys must not
 * contain NUL. Needs 18 bytes of memory a row while it runs. Returns 0; or
 * ERR_NOMEM, and the rows are then unchanged.
 */
int rowsort(struct row *rows, size_t count) MUST_CHECK;

#endif
