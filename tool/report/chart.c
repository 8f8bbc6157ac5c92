#include "report/chart.h"

#include <inttypes.h>

#include "report/html.h"

/* From top to bottom, in pixels. */
#define TOP    10.0
#define BOTTOM 190.0
#define HEIGHT (BOTTOM - TOP)

#define ALL	   100.0 /* the width, in per cent */
#define GAP	   0.2	 /* of the width of a bar */
#define GAPLESS	   100	 /* with more bars there are no gaps, */
#define OVERLAP	   (-0.1) /* and no hair lines between them */
#define TICKS	   4
#define LINES	   2
#define SPAN_INSET 1.5 /* a dot at the edge stays whole */

static void begin(FILE *file, const struct sums *sums, const char *label)
{
	(void)fprintf(file,
		"<svg class=\"chart%s\" role=\"img\" aria-label=\"%s. The "
		"numbers are in the table below.\" width=\"100%%\" "
		"height=\"220\">\n",
		sums->count > GAPLESS ? " dense" : "", label);
}

/* Draws a line across at the height of value, and writes what it stands for:
 * a percentage, or messages. */
static void put_line(FILE *file, double at, uint64_t value, bool percent)
{
	double y = BOTTOM - at * HEIGHT;

	(void)fprintf(file,
		"<line class=\"%s\" x2=\"100%%\" y1=\"%.1f\" y2=\"%.1f\"/>"
		"<text class=\"y\" x=\"-8\" y=\"%.1f\">",
		at > 0 ? "grid" : "base", y, y, y + 4);
	html_number(file, value);
	(void)fprintf(file, "%s</text>\n", percent ? "\xc2\xa0%" : "");
}

static double width_of(const struct sums *sums)
{
	return ALL / (double)sums->count;
}

/* Writes the days below the bars. Those that a narrow screen has no room for
 * have a class of their own. */
static void put_days(FILE *file, const struct sums *sums)
{
	for (int i = 0; i <= TICKS; i++) {
		size_t bar = (sums->count - 1) * (size_t)i / TICKS;
		double x = i == 0	? 0
			   : i == TICKS ? ALL
					: ((double)bar + 0.5) * width_of(sums);

		(void)fprintf(file,
			"<text class=\"%s%s\" x=\"%.3f%%\" y=\"%g\">",
			i == 0	     ? "start"
			: i == TICKS ? "end"
				     : "middle",
			i % 2 ? " minor" : "", x, BOTTOM + 22);
		html_day(file, sums->day + (int64_t)bar * sums->per);
		(void)fputs("</text>\n", file);
	}
	(void)fputs("</svg>\n", file);
}

/* Draws a part of a bar between two heights, 0 to 1. */
static void put_bar(FILE *file, const struct sums *sums, size_t bar,
	const char *class, double from, double upto)
{
	double gap = sums->count > GAPLESS ? OVERLAP : GAP;
	double width = width_of(sums);

	if (upto <= from)
		return;
	(void)fprintf(file,
		"<rect class=\"%s\" x=\"%.3f%%\" width=\"%.3f%%\" y=\"%.2f\" "
		"height=\"%.2f\"/>",
		class, ((double)bar + gap / 2) * width, (1 - gap) * width,
		BOTTOM - upto * HEIGHT, (upto - from) * HEIGHT);
}

/* Begins the drawing of a bar with what a pointer over it shows. */
static void begin_bar(FILE *file, const struct sums *sums, size_t bar)
{
	(void)fputs("<g><title>", file);
	html_day(file, sums->day + (int64_t)bar * sums->per);
	if (sums->per > 1)
		(void)fprintf(
			file, " and %" PRId64 " days more", sums->per - 1);
	(void)fputs(": ", file);
}

void chart_share(FILE *file, const struct sums *sums)
{
	begin(file, sums, "Share of messages to users who have moved, by day");
	for (int i = 0; i <= LINES; i++)
		put_line(file, (double)i / LINES, (uint64_t)(100 * i / LINES),
			true);
	for (size_t i = 0; i < sums->count; i++) {
		const struct sums_share *share = &sums->bars[i].share;
		uint64_t messages = sums_all(share);
		double all = (double)messages;
		double moved = (double)share->moved / all;
		double domains = (double)share->domains / all;

		if (!messages)
			continue;
		begin_bar(file, sums, i);
		(void)fprintf(file, "%u %% of ",
			sums_percent(share->moved, messages));
		html_count(file, messages, "message", "messages");
		(void)fputs("</title>", file);
		put_bar(file, sums, i, "none", moved + domains, 1);
		put_bar(file, sums, i, "domains", moved, moved + domains);
		put_bar(file, sums, i, "moved", 0, moved);
		(void)fputs("</g>\n", file);
	}
	put_days(file, sums);
}

/* Returns a round number that is at least value: 1, 2, 4, 6, 8 or 10 times a
 * power of ten; half of it is an integer. */
static uint64_t round_up(uint64_t value)
{
	static const unsigned steps[] = { 2, 4, 6, 8, 10 };
	uint64_t unit = 1;

	for (;; unit *= 10)
		for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
			if (unit > UINT64_MAX / 100 || steps[i] * unit >= value)
				return steps[i] * unit;
}

static uint64_t all_directions(const struct sums_bar *bar)
{
	uint64_t all = 0;

	for (int i = 0; i < DECISION_DIRECTIONS; i++)
		all += bar->directions[i];
	return all;
}

void chart_directions(FILE *file, const struct sums *sums)
{
	uint64_t most = 0;

	for (size_t i = 0; i < sums->count; i++)
		if (all_directions(&sums->bars[i]) > most)
			most = all_directions(&sums->bars[i]);
	most = round_up(most);
	begin(file, sums, "Messages by day and direction");
	for (unsigned i = 0; i <= LINES; i++)
		put_line(file, (double)i / LINES, most / LINES * i, false);
	for (size_t i = 0; i < sums->count; i++) {
		const struct sums_bar *bar = &sums->bars[i];
		double from = 0;

		if (!all_directions(bar))
			continue;
		begin_bar(file, sums, i);
		for (int d = 0; d < DECISION_DIRECTIONS; d++) {
			html_number(file, bar->directions[d]);
			(void)fprintf(file, " %s%s",
				decision_direction_name(
					(enum decision_direction)d),
				d + 1 < DECISION_DIRECTIONS ? ", " : "");
		}
		(void)fputs("</title>", file);
		for (int d = 0; d < DECISION_DIRECTIONS; d++) {
			double upto = from +
				      (double)bar->directions[d] / (double)most;

			put_bar(file, sums, i,
				decision_direction_name(
					(enum decision_direction)d),
				from, upto);
			from = upto;
		}
		(void)fputs("</g>\n", file);
	}
	put_days(file, sums);
}

void chart_numbers(FILE *file, const struct sums *sums)
{
	(void)fprintf(file,
		"<details><summary>The numbers of each day</summary>\n"
		"<table class=\"days\"><thead><tr><th scope=\"col\">%s</th>"
		"<th scope=\"col\">Inbound</th><th scope=\"col\">Outbound</th>"
		"<th scope=\"col\">To users who have moved</th></tr></thead>"
		"<tbody>\n",
		sums->per > 1 ? "From" : "Day");
	for (size_t i = sums->count; i-- > 0;) {
		const struct sums_bar *bar = &sums->bars[i];

		if (!all_directions(bar) && !sums_all(&bar->share))
			continue;
		(void)fputs("<tr><th scope=\"row\">", file);
		html_day(file, sums->day + (int64_t)i * sums->per);
		(void)fputs("</th>", file);
		for (int d = 0; d < DECISION_DIRECTIONS; d++) {
			(void)fputs("<td>", file);
			html_number(file, bar->directions[d]);
			(void)fputs("</td>", file);
		}
		(void)fputs("<td>", file);
		html_number(file, bar->share.moved);
		(void)fprintf(file, " (%u\xc2\xa0%%)</td></tr>\n",
			sums_percent(bar->share.moved, sums_all(&bar->share)));
	}
	(void)fputs("</tbody></table></details>\n", file);
}

/* Returns where a time is on the axis. */
static double place(const struct sums *sums, uint32_t time)
{
	double begin = (double)sums->day * SUMS_SECONDS_PER_DAY;
	double len =
		(double)sums->count * (double)sums->per * SUMS_SECONDS_PER_DAY;
	double at = ((double)time - begin) / len;

	at = at < 0 ? 0 : at > 1 ? 1 : at;
	return SPAN_INSET + at * (ALL - 2 * SPAN_INSET);
}

void chart_span(
	FILE *file, const struct sums *sums, uint32_t first, uint32_t last)
{
	(void)fputs("<svg class=\"span\" aria-hidden=\"true\" width=\"100%\" "
		    "height=\"12\"><line class=\"track\" x1=\"1%\" x2=\"99%\" "
		    "y1=\"6\" y2=\"6\"/>",
		file);
	if (last)
		(void)fprintf(file,
			"<line class=\"use\" x1=\"%.2f%%\" x2=\"%.2f%%\" "
			"y1=\"6\" y2=\"6\"/><circle cx=\"%.2f%%\" cy=\"6\" "
			"r=\"4\"/>",
			place(sums, first), place(sums, last),
			place(sums, last));
	(void)fputs("</svg>", file);
}
