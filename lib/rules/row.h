/*
 * row: a rule and where it stood, and many of them: what a CSV file is read
 * into, what changes a table, and what is sorted on the way (rowsort.h).
 */
#ifndef READDRESS_RULES_ROW_H
#define READDRESS_RULES_ROW_H

#include <stdint.h>

#include "rules/rule.h"

struct row {
	struct rule rule; /* in the arena */
	uint32_t line;	  /* 1 is the file's first */
};

struct rows {
	struct row *rows; /* sorted by key, no key twice; free() it */
	size_t count;
	uint64_t repeated; /* rows that stood there twice, the same */
};

#endif
