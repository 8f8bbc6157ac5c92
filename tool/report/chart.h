/*
 * chart: what a report shows by days, drawn in SVG. Lengths from left to right
 * are percentages, so that a drawing fills what room there is, and text keeps
 * its size. style.css has the colours. Tested by tests/e2e/report.test and
 * tests/page.
 */
#ifndef READDRESS_TOOL_REPORT_CHART_H
#define READDRESS_TOOL_REPORT_CHART_H

#include <stdio.h>

#include "report/sums.h"

/* Draws what share of mail goes to users who have moved. */
void chart_share(FILE *file, const struct sums *sums);

/* Draws how many messages there were in each direction. */
void chart_directions(FILE *file, const struct sums *sums);

/* Writes the numbers of both as a table, the newest first. */
void chart_numbers(FILE *file, const struct sums *sums);

/* Draws from when to when something was used, below the same axis. */
void chart_span(
	FILE *file, const struct sums *sums, uint32_t first, uint32_t last);

#endif
