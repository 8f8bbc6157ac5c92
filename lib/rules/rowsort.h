/*
 * rowsort: sorts rows by key. Tested by tests/unit/csv/test_csvfile.c.
 */
#ifndef READDRESS_RULES_ROWSORT_H
#define READDRESS_RULES_ROWSORT_H

#include "base/error.h"
#include "rules/row.h"

/*
 * Sorts rows by the bytes of their keys, as memcmp() orders them, with a prefix
 * before the longer key. Rows with the same key keep their order. Keys must not
 * contain NUL. *rows comes from malloc(3) and may be replaced by another block.
 * Returns 0; or ERR_NOMEM, and *rows is then unchanged.
 */
int rowsort(struct row **rows, size_t count) MUST_CHECK;

#endif
