/*
 * html: writes text, numbers and times into a page in HTML. A text can end
 * neither an element nor an attribute, and what nobody can see in it or what
 * would change the writing direction is shown as U+XXXX, as text.h does.
 * Tested by tests/e2e/report.test and tests/page.
 */
#ifndef READDRESS_TOOL_REPORT_HTML_H
#define READDRESS_TOOL_REPORT_HTML_H

#include <stdint.h>
#include <stdio.h>

#include "base/bytes.h"

/* Writes a text, also within an attribute in quotes. */
void html_text(FILE *file, struct bytes text);

/* Writes an address or a domain as precis_show() does, isolated from the
 * writing direction of what is around it. */
void html_name(FILE *file, struct bytes name);

/* Writes a number with commas: "12,345". */
void html_number(FILE *file, uint64_t number);

/* Writes a number of things: "1 rule", "12,345 rules". */
void html_count(FILE *file, uint64_t number, const char *one, const char *more);

/* Writes seconds since 1970 as "21 Nov 2026, 15:09", in UTC, and as a time that
 * programs can read; 0 as "never". */
void html_time(FILE *file, int64_t seconds);

/* Writes the day of such a time, for a table; a pointer over it shows the rest.
 */
void html_date(FILE *file, int64_t seconds);

/* Writes a day, in days since 1970, as "21 Nov 2026". */
void html_day(FILE *file, int64_t day);

#endif
