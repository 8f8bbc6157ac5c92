/*
 * csverror: collects the errors of a CSV file, in whatever order they are
 * found. The first ones by line are kept and shown; the others are only
 * counted.
 *
 * Tested by tests/unit/csv/test_csvfile.c.
 */
#ifndef READDRESS_CSV_CSVERROR_H
#define READDRESS_CSV_CSVERROR_H

#include <stdint.h>

#include "base/error.h"

#define CSVERROR_SHOWN 20

struct csverror;

/* Returns an empty collection, or NULL when out of memory. */
struct csverror *csverror_open(void) MUST_CHECK;
void csverror_close(struct csverror *errors); /* may be NULL */

/* Adds an error in this line. */
void csverror_add(struct csverror *errors, uint32_t line, const char *format,
	...) __attribute__((format(printf, 3, 4)));

/* Calls complain for each of the first CSVERROR_SHOWN errors by line, with
 * "NAME:17: ...", and once more for the number of the others, if any. complain
 * may be NULL. Returns the number of all errors. */
uint64_t csverror_complain(const struct csverror *errors, const char *name,
	void (*complain)(void *context, const char *line), void *context);

#endif
