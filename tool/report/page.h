/*
 * page: a report as one page in HTML, which loads nothing and runs no script.
 * It is also well-formed as XML, which is how tests read it. Tested by
 * tests/e2e/report.test, and in a browser by tests/page.
 */
#ifndef READDRESS_TOOL_REPORT_PAGE_H
#define READDRESS_TOOL_REPORT_PAGE_H

/*
 * The rooms of a report, from the ground up:
 *
 *   report  what was counted
 *   sums    days, old domains and totals of it
 *   html    text, names, numbers and times in HTML
 *   chart   drawings of days
 *   lists   the tables
 *   style   style.css, of which the build makes a source
 *   page    all of it, and the file
 */

#include "report/report.h"

/* Writes the page to path, with mode 0640, in place of what is there; a reader
 * sees the old page or the new one. report must have a map. top is the most
 * rows of a table. Returns 0; ERR_BAD if path is there, but no regular file;
 * ERR_CREATE; or an error of sums_make() or file_replace(), all with a text. */
int page_store(const struct report *report, const char *path, uint64_t top,
	struct error *error) MUST_CHECK;

#endif
