/*
 * rowsort: sorts rows by key.
 */
#ifndef READDRESS_RULES_ROWSORT_H
#define READDRESS_RULES_ROWSORT_H

#include "base/error.h"
#include "rules/row.h"

/*
 * Sorts by the octets of the keys (memcmp; a shorter key first), rows with the
 * same key by their place in the array. Keys hold no NUL. *rows comes from
 * malloc and may be replaced by another block. Returns 0; or ERR_NOMEM, and
 * *rows is as it was.
 */
int rowsort(struct row **rows, size_t count) MUST_CHECK;

#endif
