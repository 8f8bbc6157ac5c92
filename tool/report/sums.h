/*
 * sums: what a page adds up of a report: days, old domains, and how many of
 * each kind. Tested by tests/e2e/report.test.
 */
#ifndef READDRESS_TOOL_REPORT_SUMS_H
#define READDRESS_TOOL_REPORT_SUMS_H

#include "base/arena.h"
#include "report/report.h"

#define SUMS_SECONDS_PER_DAY 86400
#define SUMS_BARS_MAX	     400 /* more days than that share bars */
#define SUMS_RECENT	     7	 /* days: how mail is shared out now */
#define SUMS_QUIET	     30	 /* days without mail: a domain is quiet */

/* Messages that were looked up in inbound rules, but not refused, by what they
 * used. */
struct sums_share {
	uint64_t moved;	  /* a rule for a user */
	uint64_t domains; /* only rules for whole domains */
	uint64_t none;	  /* no rule */
};

/* A bar of the charts: one UTC day, or sums.per days. */
struct sums_bar {
	struct sums_share share;
	uint64_t directions[DECISION_DIRECTIONS];
};

/* A source domain of inbound rules. first and last are 0 if no rule of it was
 * used. */
struct sums_domain {
	struct bytes name;
	uint64_t messages;
	uint32_t first;
	uint32_t last;
};

struct sums {
	int64_t now; /* seconds since 1970 */
	int64_t day; /* the first day of the first bar, in days since 1970 */
	int64_t per; /* days in a bar */
	size_t count;
	struct sums_bar *bars;
	struct sums_share recent; /* the last SUMS_RECENT days */
	struct sums_share total;
	struct sums_domain *domains; /* those with the latest use first */
	size_t domain_count;
	size_t domains_busy;	       /* used in the last SUMS_QUIET days */
	uint64_t unruled[RULE_TABLES]; /* addresses without a rule */
	uint64_t leaked;	       /* addresses that left, each once */
	uint64_t rules;		       /* inbound and outbound, in the map */
	uint64_t unused;
	struct usage_entry *lists[USAGE_WHATS];
	size_t counts[USAGE_WHATS];
	uint32_t first;	     /* of all entries; 0: there are none */
	struct arena *arena; /* private: the names of the domains */
};

/* Adds up a report that has a map. Returns 0; ERR_NOMEM, or an error of
 * report_unused(), with a text. The caller calls sums_free(), after an error
 * too. The names live as long as the report and the sums. */
int sums_make(struct sums *sums, const struct report *report,
	struct error *error) MUST_CHECK;
void sums_free(struct sums *sums);

/* Returns all messages of a share. */
uint64_t sums_all(const struct sums_share *share);

/* Returns part in hundredths of all, rounded, but 0 and 100 only if they are
 * exact; 0 if all is 0. */
unsigned sums_percent(uint64_t part, uint64_t all);

#endif
