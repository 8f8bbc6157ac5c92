/*
 * duplicates: finds rows of a CSV file with the same key. Tested by
 * tests/unit/csv/test_csvfile.c.
 */
#ifndef READDRESS_CSV_DUPLICATES_H
#define READDRESS_CSV_DUPLICATES_H

#include "csv/csverror.h"
#include "rules/row.h"

/* Keeps the first of the sorted rows with the same key. Identical ones are
 * dropped and counted as repeated; one with another value is added to errors.
 * Sets count and repeated of *out; the caller sets its rows. */
void duplicates_drop(struct row *rows, size_t count, struct csverror *errors,
	struct rows *out);

#endif
