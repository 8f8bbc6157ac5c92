/*
 * csverror: the errors of a CSV file, of which the first ones by line are kept
 * and shown, in whatever order they are found, and the others counted.
 */
#ifndef READDRESS_CSV_CSVERROR_H
#define READDRESS_CSV_CSVERROR_H

#include <stdint.h>

#include "base/error.h"

#define CSVERROR_SHOWN 20

struct csverror;

/* NULL when out of memory. */
struct csverror *csverror_open(void) MUST_CHECK;
void csverror_close(struct csverror *errors);

void csverror_add(struct csverror *errors, uint32_t line, const char *format,
	...) __attribute__((format(printf, 3, 4)));

/* Calls complain (NULL: nobody wants to know) for each of the first
 * CSVERROR_SHOWN by line, with "NAME:17: ...", then once for the number of the
 * others. Returns how many there were in all. */
uint64_t csverror_complain(const struct csverror *errors, const char *name,
	void (*complain)(void *context, const char *line), void *context);

#endif
