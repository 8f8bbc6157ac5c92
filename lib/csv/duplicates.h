/*
 * duplicates: rows of a CSV file with the same key.
 */
#ifndef READDRESS_CSV_DUPLICATES_H
#define READDRESS_CSV_DUPLICATES_H

#include "csv/csverror.h"
#include "rules/row.h"

/* Of sorted rows with the same key, keeps the first and counts the others as
 * repeated; one with another value is added to errors. Sets count and repeated
 * of *out; its rows are the caller's affair. */
void duplicates_drop(struct row *rows, size_t count, struct csverror *errors,
	struct rows *out);

#endif
