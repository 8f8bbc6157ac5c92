/*
 * rowsort: sorts the rows of a CSV file by key, and finds those that stand
 * there twice.
 */
#ifndef READDRESS_ROWSORT_H
#define READDRESS_ROWSORT_H

#include "csv/csverror.h"

/*
 * Sorts by the octets of the keys (memcmp; a shorter key first), rows with the
 * same key by their place in the array. Keys hold no NUL. *rows comes from
 * malloc and may be replaced by another block. Returns 0; or ERR_NOMEM, and
 * *rows is as it was.
 */
int rowsort(struct csvfile_row **rows, size_t count) MUST_CHECK;

/* Of sorted rows with the same key, keeps the first and counts the others as
 * repeated; one with another value is added to errors. Sets count and repeated
 * of *out; its rows are the caller's affair. */
void rowsort_unique(struct csvfile_row *rows, size_t count,
	struct csverror *errors, struct csvfile_rows *out);

#endif
