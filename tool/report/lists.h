/*
 * lists: the tables of a page: what was used, and what was not. Tested by
 * tests/e2e/report.test and tests/page.
 */
#ifndef READDRESS_TOOL_REPORT_LISTS_H
#define READDRESS_TOOL_REPORT_LISTS_H

#include <stdio.h>

#include "report/sums.h"

struct lists {
	FILE *file;
	const struct report *report;
	const struct sums *sums;
	uint64_t top; /* rows of each table, at most */
};

/* Each writes a section of the page. */
void lists_domains(const struct lists *lists); /* old domains */
void lists_unruled(const struct lists *lists);
void lists_leaks(const struct lists *lists);
void lists_rules(const struct lists *lists);
void lists_writers(const struct lists *lists);
/* Returns 0, or an error of report_unused() with a text. */
int lists_unused(const struct lists *lists, struct error *error) MUST_CHECK;

#endif
