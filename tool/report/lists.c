#include "report/lists.h"

#include <inttypes.h>

#include "report/chart.h"
#include "report/html.h"

#define WHOLE 100.0

/* Begins a section. id is what links lead to; about says in full sentences what
 * is in it. */
static void begin_section(const struct lists *lists, const char *id,
	const char *title, uint64_t count, const char *about)
{
	(void)fprintf(lists->file,
		"<section id=\"%s\" aria-labelledby=\"%s-title\">\n"
		"<h2 id=\"%s-title\">%s <span class=\"count\">",
		id, id, id, title);
	html_number(lists->file, count);
	(void)fprintf(lists->file, "</span></h2>\n<p class=\"about\">%s</p>\n",
		about);
}

static void say_incomplete(const struct lists *lists, enum usage_what what)
{
	uint32_t since = master_incomplete(lists->report->master, what);

	if (!since)
		return;
	(void)fputs("<p class=\"note\">This list has been incomplete since ",
		lists->file);
	html_time(lists->file, since);
	(void)fputs(": there were more than are kept, and the rarest were "
		    "dropped.</p>\n",
		lists->file);
}

static void end_section(
	const struct lists *lists, uint64_t count, const char *option)
{
	if (!count)
		(void)fputs("<p class=\"empty\">None.</p>\n", lists->file);
	if (count > lists->top) {
		(void)fputs("<p class=\"more\">and ", lists->file);
		html_number(lists->file, count - lists->top);
		(void)fprintf(lists->file,
			" more: <code>readdress report%s --top 0</code></p>\n",
			option);
	}
	(void)fputs("</section>\n", lists->file);
}

static void begin_table(const struct lists *lists, const char *what)
{
	(void)fprintf(lists->file,
		"<table class=\"list\"><thead><tr><th scope=\"col\">%s</th>"
		"<th scope=\"col\" class=\"uses\">Messages</th>"
		"<th scope=\"col\" class=\"last\">Last</th></tr></thead>"
		"<tbody>\n",
		what);
}

static void begin_row(const struct lists *lists)
{
	(void)fputs("<tr><th scope=\"row\">", lists->file);
}

/* Ends a row with its use, beside the most of the table, and its last time. */
static void end_row(
	const struct lists *lists, uint64_t uses, uint64_t most, uint32_t last)
{
	(void)fprintf(lists->file,
		"</th><td class=\"uses\" style=\"--part:%.1f%%\">",
		most ? WHOLE * (double)uses / (double)most : 0);
	html_number(lists->file, uses);
	(void)fputs("</td><td class=\"last\">", lists->file);
	html_date(lists->file, last);
	(void)fputs("</td></tr>\n", lists->file);
}

static void end_table(const struct lists *lists)
{
	(void)fputs("</tbody></table>\n", lists->file);
}

/* Writes the small print of a row. */
static void put_small(
	const struct lists *lists, const struct usage_entry *entry)
{
	struct bytes parts[REPORT_PARTS];

	report_parts(entry, parts);
	(void)fputs("<small>", lists->file);
	if (entry->what == USAGE_DOMAIN) {
		if (bytes_equal(parts[0], bytes_of("<>")))
			(void)fputs("bounces, ", lists->file);
		(void)fputs("to ", lists->file);
		html_name(lists->file, parts[1]);
	} else if (entry->what == USAGE_LEAK) {
		html_text(lists->file, parts[1]);
		(void)fputs(", client ", lists->file);
		html_text(lists->file, parts[2]);
	} else {
		html_text(lists->file, bytes_of(rule_table_name(entry->table)));
	}
	if (entry->hashed)
		(void)fputs(", hashed", lists->file);
	(void)fputs("</small>", lists->file);
}

static void put_name(const struct lists *lists, const struct usage_entry *entry)
{
	char text[ADDRESS_TEXT_MAX];
	struct bytes parts[REPORT_PARTS];

	report_parts(entry, parts);
	html_name(lists->file, entry->what == USAGE_RULE
				       ? report_source(entry, text)
				       : parts[0]);
	(void)fputc(' ', lists->file);
	put_small(lists, entry);
}

/* Writes the table of entries of one kind, of one table of rules or of all
 * (RULE_TABLES), and ends its section. count is their number. */
static void put_entries(const struct lists *lists, enum usage_what what,
	enum rule_table table, uint64_t count, const char *column,
	const char *option)
{
	const struct usage_entry *entry = lists->sums->lists[what];
	const struct usage_entry *end = entry + lists->sums->counts[what];
	uint64_t most = 0;
	uint64_t shown = 0;

	say_incomplete(lists, what);
	if (count)
		begin_table(lists, column);
	for (; entry < end && shown < lists->top; entry++) {
		if (table != RULE_TABLES && entry->table != table)
			continue;
		if (!shown++)
			most = report_uses(entry);
		begin_row(lists);
		put_name(lists, entry);
		end_row(lists, report_uses(entry), most, entry->last);
	}
	if (count)
		end_table(lists);
	end_section(lists, count, option);
}

void lists_domains(const struct lists *lists)
{
	const struct sums *sums = lists->sums;
	uint64_t most = 0;

	begin_section(lists, "domains", "Last use of each old domain",
		sums->domain_count,
		"The domains that inbound rules are for, and when mail to each "
		"was last rewritten. The line shows from when to when. A "
		"domain that nobody writes to any more can be given up.");
	say_incomplete(lists, USAGE_DOMAIN);
	for (size_t i = 0; i < sums->domain_count; i++)
		if (sums->domains[i].messages > most)
			most = sums->domains[i].messages;
	if (sums->domain_count)
		begin_table(lists, "Domain");
	for (size_t i = 0; i < sums->domain_count && i < lists->top; i++) {
		const struct sums_domain *domain = &sums->domains[i];

		begin_row(lists);
		html_name(lists->file, domain->name);
		chart_span(lists->file, sums, domain->first, domain->last);
		end_row(lists, domain->messages, most, domain->last);
	}
	if (sums->domain_count)
		end_table(lists);
	end_section(lists, sums->domain_count, " --html FILE");
}

void lists_unruled(const struct lists *lists)
{
	const uint64_t *counts = lists->sums->unruled;

	begin_section(lists, "unruled", "Addresses without a rule of their own",
		counts[RULE_INBOUND],
		"Mail came for them, and only the rule for their whole domain "
		"served them: they are not moved yet, or were forgotten.");
	put_entries(lists, USAGE_UNRULED, RULE_INBOUND, counts[RULE_INBOUND],
		"Address", " --unruled");
	if (!counts[RULE_OUTBOUND])
		return;
	begin_section(lists, "senders", "Senders without a rule of their own",
		counts[RULE_OUTBOUND],
		"They wrote, and only the outbound rule for their whole domain "
		"gave them a public address.");
	put_entries(lists, USAGE_UNRULED, RULE_OUTBOUND, counts[RULE_OUTBOUND],
		"Address", " --unruled");
}

void lists_leaks(const struct lists *lists)
{
	uint64_t count = lists->sums->counts[USAGE_LEAK];

	begin_section(lists, "leaks", "Internal addresses that left", count,
		"Strangers saw these addresses, although outbound rules have "
		"public ones for them: the mail was taken for inbound, for "
		"example. Each field and each client's network has a line of "
		"its own.");
	put_entries(
		lists, USAGE_LEAK, RULE_TABLES, count, "Address", " --leaks");
}

void lists_rules(const struct lists *lists)
{
	uint64_t count = lists->sums->counts[USAGE_RULE];

	begin_section(lists, "rules", "Rules that were used", count,
		"The sources of the rules, the most used first.");
	put_entries(lists, USAGE_RULE, RULE_TABLES, count, "Source", "");
}

void lists_writers(const struct lists *lists)
{
	uint64_t count = lists->sums->counts[USAGE_DOMAIN];

	begin_section(lists, "writers", "Who still writes", count,
		"The domains of senders, and the old domain that they wrote "
		"to. These are the ones to tell the new addresses.");
	put_entries(lists, USAGE_DOMAIN, RULE_TABLES, count,
		"Domain of senders", "");
}

struct unused {
	const struct lists *lists;
	uint64_t count;
};

static int put_unused(void *context, const struct usage_entry *entry)
{
	struct unused *unused = context;

	if (unused->count++ >= unused->lists->top)
		return 0;
	(void)fputs("<li>", unused->lists->file);
	put_name(unused->lists, entry);
	(void)fputs("</li>\n", unused->lists->file);
	return 0;
}

int lists_unused(const struct lists *lists, struct error *error)
{
	struct unused unused = { .lists = lists };
	int result = 0;

	begin_section(lists, "unused", "Rules that were not used",
		lists->sums->unused,
		"No message needed them. After a long time they can be "
		"deleted.");
	if (lists->sums->unused) {
		(void)fputs("<ul class=\"names\">\n", lists->file);
		result = report_unused(
			lists->report, put_unused, &unused, error);
		(void)fputs("</ul>\n", lists->file);
	}
	end_section(lists, lists->sums->unused, " --unused");
	return result;
}
