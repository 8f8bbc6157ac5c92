#include "report/page.h"

#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "outfile.h"
#include "report/chart.h"
#include "report/html.h"
#include "report/lists.h"
#include "report/style.h"

#define PAGE_MODE 0640 /* it holds addresses */

static void put_style(FILE *file)
{
	(void)fputs("<style>\n", file);
	(void)fwrite(style_text, 1, style_len, file);
	(void)fputs("</style>\n", file);
}

static void put_head(FILE *file, const char *host)
{
	(void)fputs("<!DOCTYPE html>\n"
		    "<html xmlns=\"http://www.w3.org/1999/xhtml\" "
		    "lang=\"en\">\n"
		    "<head>\n<meta charset=\"utf-8\" />\n"
		    "<meta http-equiv=\"Content-Security-Policy\" "
		    "content=\"default-src 'none'; style-src "
		    "'unsafe-inline'\" />\n"
		    "<meta name=\"viewport\" "
		    "content=\"width=device-width, initial-scale=1\" />\n"
		    "<meta name=\"color-scheme\" content=\"light dark\" />\n"
		    "<meta name=\"referrer\" content=\"no-referrer\" />\n"
		    "<meta name=\"robots\" content=\"noindex\" />\n"
		    "<title>Is the migration over? ",
		file);
	html_text(file, bytes_of(host));
	(void)fputs("</title>\n", file);
	put_style(file);
	(void)fputs("</head>\n<body>\n<main>\n", file);
}

/* Begins a reason for the answer: the first one with the answer itself. */
static void begin_reason(FILE *file, const char **answer)
{
	(void)fputs(*answer ? *answer : "; ", file);
	*answer = NULL;
}

/* Writes one reason why the migration is not over. */
static void put_reason(FILE *file, const char **answer, uint64_t count,
	const char *one, const char *more)
{
	if (!count)
		return;
	begin_reason(file, answer);
	html_count(file, count, one, more);
}

/* Writes why nobody knows whether it is over, if nothing was found that says
 * no. */
static void put_doubts(FILE *file, const char **answer,
	const struct report *report, const struct sums *sums)
{
	static const struct {
		enum usage_what what;
		const char *list;
	} lists[] = {
		{ USAGE_RULE, "used rules" },
		{ USAGE_UNRULED, "addresses without a rule" },
		{ USAGE_LEAK, "internal addresses that left" },
	};
	int64_t days = (sums->now - sums->first) / SUMS_SECONDS_PER_DAY;

	if (days < SUMS_QUIET) {
		begin_reason(file, answer);
		(void)fputs("counted for only ", file);
		html_count(file, days > 0 ? (uint64_t)days : 0, "whole day",
			"whole days");
		(void)fprintf(file, ", and %d are needed", SUMS_QUIET);
	}
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
		if (!master_incomplete(report->master, lists[i].what))
			continue;
		begin_reason(file, answer);
		(void)fprintf(
			file, "the list of %s is incomplete", lists[i].list);
	}
	if (report->since) {
		begin_reason(file, answer);
		(void)fputs("what was last seen before ", file);
		html_time(file, report->since);
		(void)fputs(" is left out", file);
	}
}

static void put_answer(
	FILE *file, const struct report *report, const struct sums *sums)
{
	const char *answer = "Not yet: ";

	if (!sums->first) {
		(void)fputs("<p class=\"answer\">Nothing has been counted "
			    "yet.</p>\n",
			file);
		return;
	}
	(void)fputs("<p class=\"answer\">", file);
	put_reason(file, &answer, sums->domains_busy,
		"old domain got mail in the last 30 days",
		"old domains got mail in the last 30 days");
	put_reason(file, &answer, sums->unruled[RULE_INBOUND],
		"address has no rule of its own",
		"addresses have no rule of their own");
	put_reason(file, &answer, sums->leaked, "internal address left",
		"internal addresses left");
	if (answer) {
		answer = "Nobody knows yet: ";
		put_doubts(file, &answer, report, sums);
	}
	(void)fprintf(file, "%s.</p>\n",
		answer ? "Yes, as far as was counted: no old domain got mail "
			 "in the last 30 days, no address was without a rule "
			 "of its own, and no internal address left"
		       : "");
}

static void put_header(FILE *file, const struct report *report,
	const struct sums *sums, const char *host)
{
	const struct tool *tool = report->tool;
	uint64_t others =
		tool->options.with_count + (uint64_t)tool->operand_count;

	(void)fputs("<header>\n<p class=\"host\">", file);
	html_name(file, bytes_of(host));
	if (others) {
		(void)fputs(" and ", file);
		html_count(file, others, "other relay", "other relays");
	}
	(void)fputs("</p>\n<h1>Is the migration over?</h1>\n", file);
	put_answer(file, report, sums);
	(void)fputs("<p class=\"when\">Counted ", file);
	if (sums->first) {
		(void)fputs("from ", file);
		html_time(file, sums->first);
		(void)fputs(" to ", file);
	} else {
		(void)fputs("until ", file);
	}
	html_time(file, sums->now);
	(void)fprintf(file, " UTC; rules of generation %" PRIu64 ".",
		map_meta(tool->map)->generation);
	if (report->since) {
		(void)fputs(" What was last seen before ", file);
		html_time(file, report->since);
		(void)fputs(" is left out.", file);
	}
	if (report_is_hashed(report))
		(void)fputs(" Addresses are shown as hashes.", file);
	(void)fputs("</p>\n</header>\n", file);
}

/* Begins a tile, which leads to a section. done: there is nothing left to do
 * about it. */
static void begin_tile(FILE *file, const char *section, bool done)
{
	(void)fprintf(file,
		"<a class=\"tile %s\" href=\"#%s\"><span class=\"value\">",
		done ? "done" : "open", section);
}

static void end_tile(FILE *file, const char *title, const char *about)
{
	(void)fprintf(file,
		"</span> <span class=\"title\">%s</span> "
		"<span class=\"about\">%s</span></a>\n",
		title, about);
}

static void put_tiles(FILE *file, const struct sums *sums)
{
	bool is_recent = sums_all(&sums->recent) > 0;
	const struct sums_share *share =
		is_recent ? &sums->recent : &sums->total;
	uint64_t all = sums_all(share);

	(void)fputs("<nav class=\"tiles\" aria-label=\"Overview\">\n", file);
	begin_tile(file, "days", all && share->moved == all);
	if (all)
		(void)fprintf(
			file, "%u\xc2\xa0%%", sums_percent(share->moved, all));
	else
		(void)fputs("\xe2\x80\x93", file);
	end_tile(file, "of mail goes to users who have moved",
		is_recent ? "in the last 7 days" : "since the beginning");
	begin_tile(file, "domains", !sums->domains_busy);
	html_number(file, sums->domains_busy);
	(void)fputs("<span class=\"of\"> of ", file);
	html_number(file, sums->domain_count);
	(void)fputs("</span>", file);
	end_tile(file, "old domains still get mail", "in the last 30 days");
	begin_tile(file, "unruled", !sums->unruled[RULE_INBOUND]);
	html_number(file, sums->unruled[RULE_INBOUND]);
	end_tile(file,
		sums->unruled[RULE_INBOUND] == 1
			? "address has no rule of its own"
			: "addresses have no rule of their own",
		"inbound, but only for the whole domain");
	begin_tile(file, "leaks", !sums->leaked);
	html_number(file, sums->leaked);
	end_tile(file,
		sums->leaked == 1 ? "internal address left"
				  : "internal addresses left",
		"in mail to strangers");
	begin_tile(file, "unused", !sums->unused);
	html_number(file, sums->unused);
	(void)fputs("<span class=\"of\"> of ", file);
	html_number(file, sums->rules);
	(void)fputs("</span>", file);
	end_tile(file, "rules were not used", "inbound and outbound");
	(void)fputs("</nav>\n", file);
}

/* Writes a line of a legend, with what share of all it has. */
static void put_legend(FILE *file, const char *class, const char *text,
	uint64_t part, uint64_t all)
{
	(void)fprintf(file,
		"<li><i class=\"%s\"></i>%s <b>%u\xc2\xa0%%</b></li>\n", class,
		text, sums_percent(part, all));
}

static void put_share(FILE *file, const struct sums *sums)
{
	const struct sums_share *total = &sums->total;
	uint64_t all = sums_all(total);

	(void)fputs("<figure><figcaption>Mail to users who have moved, day by "
		    "day</figcaption>\n<ul class=\"legend\">\n",
		file);
	put_legend(file, "moved", "a rule for the user", total->moved, all);
	put_legend(file, "domains", "only the rule for the domain",
		total->domains, all);
	put_legend(file, "none", "no rule", total->none, all);
	(void)fputs("</ul>\n<div class=\"plot\">", file);
	chart_share(file, sums);
	(void)fputs("</div></figure>\n", file);
}

static void put_directions(FILE *file, const struct sums *sums)
{
	uint64_t totals[DECISION_DIRECTIONS] = { 0 };

	for (size_t i = 0; i < sums->count; i++)
		for (int d = 0; d < DECISION_DIRECTIONS; d++)
			totals[d] += sums->bars[i].directions[d];
	(void)fputs("<figure><figcaption>Messages by direction</figcaption>\n"
		    "<ul class=\"legend\">\n",
		file);
	for (int d = 0; d < DECISION_DIRECTIONS; d++) {
		const char *name =
			decision_direction_name((enum decision_direction)d);

		(void)fprintf(
			file, "<li><i class=\"%s\"></i>%s <b>", name, name);
		html_number(file, totals[d]);
		(void)fputs("</b></li>\n", file);
	}
	(void)fputs("</ul>\n<div class=\"plot\">", file);
	chart_directions(file, sums);
	(void)fputs("</div></figure>\n", file);
}

static void put_footer(FILE *file)
{
	(void)fputs("<footer><p>Written by <code>readdress report "
		    "--html</code>, version " READDRESS_VERSION
		    ". All times are UTC, and a day is a UTC day. A message "
		    "counts once for each rule that it used; messages that "
		    "shadow mode held back count, too.</p></footer>\n"
		    "</main>\n</body>\n</html>\n",
		file);
}

static int put_page(FILE *file, const struct report *report,
	const struct sums *sums, uint64_t top, struct error *error)
{
	struct lists lists = {
		.file = file, .report = report, .sums = sums, .top = top
	};
	char host[HOST_NAME_MAX + 1] = "";
	int result;

	if (gethostname(host, sizeof host - 1))
		host[0] = '\0';
	put_head(file, host);
	put_header(file, report, sums, host);
	put_tiles(file, sums);
	(void)fputs("<section id=\"days\" class=\"charts\" aria-label=\"Days\">"
		    "\n",
		file);
	put_share(file, sums);
	put_directions(file, sums);
	chart_numbers(file, sums);
	(void)fputs("</section>\n<div class=\"lists\">\n", file);
	lists_domains(&lists);
	lists_unruled(&lists);
	lists_leaks(&lists);
	result = lists_unused(&lists, error);
	lists_rules(&lists);
	lists_writers(&lists);
	(void)fputs("</div>\n", file);
	put_footer(file);
	return result;
}

static int replace(
	const char *path, const char *data, size_t len, struct error *error)
{
	struct outfile file;
	int result = outfile_open(&file, path, PAGE_MODE, error);

	if (!result && file_write(file.fd, data, len))
		result = error_set_errno(error, "cannot write %s", path);
	if (!result)
		result = outfile_commit(&file, error);
	outfile_close(&file);
	return result;
}

int page_store(const struct report *report, const char *path, uint64_t top,
	struct error *error)
{
	struct sums sums;
	char *data = NULL;
	size_t len = 0;
	FILE *file = NULL;
	int result = sums_make(&sums, report, error);

	if (!result) {
		file = open_memstream(&data, &len);
		if (!file)
			result = error_set(error, ERR_NOMEM, "out of memory");
	}
	if (file) {
		bool failed;

		result = put_page(file, report, &sums, top, error);
		failed = ferror(file);
		if ((fclose(file) || failed) && !result)
			result = error_set(error, ERR_NOMEM, "out of memory");
	}
	if (!result)
		result = replace(path, data, len, error);
	if (!result)
		tool_say(report->tool, "wrote %s", path);
	free(data);
	sums_free(&sums);
	return result;
}
