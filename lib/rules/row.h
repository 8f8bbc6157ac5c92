/*
 * row: a rule with the line it came from, and lists of them: what a CSV file is
 * read into, what changes a table, and what rowsort.h sorts.
 */
#ifndef READDRESS_RULES_ROW_H
#define READDRESS_RULES_ROW_H

#include <stdint.h>

#include "rules/rule.h"

struct row {
	struct rule rule; /* its bytes are in the arena of the reader */
	uint32_t line;	  /* 1 is the first line of the file */
};

struct rows {
	struct row *rows; /* sorted by key, no key twice; the owner frees it */
	size_t count;
	uint64_t repeated; /* identical rows that were dropped */
};

#endif
