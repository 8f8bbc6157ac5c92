#include "report/sums.h"

#include <stdlib.h>
#include <time.h>

#include "base/array.h"
#include "base/clock.h"
#include "diagnosis/ruledomains.h"
#include "map/nameset.h"
#include "usage/uses.h"

#define NAMES_MAX     ((size_t)1 << 30)
#define LEAST_DAYS    14	       /* on the axis */
#define LAST_DAY      INT64_C(2932896) /* 9999-12-31 */
#define SECONDS_OF(x) ((x)*SUMS_SECONDS_PER_DAY)

uint64_t sums_all(const struct sums_share *share)
{
	return share->moved + share->domains + share->none;
}

unsigned sums_percent(uint64_t part, uint64_t all)
{
	double share;

	if (!all || !part)
		return 0;
	if (part >= all)
		return 100;
	share = 100.0 * (double)part / (double)all + 0.5;
	return share < 1 ? 1 : share > 99 ? 99 : (unsigned)share;
}

/* Returns the day of an entry in days since 1970, or -1 if it has none. */
static int64_t day_of(struct bytes text)
{
	int64_t seconds;

	if (!clock_parse(text, &seconds) || seconds < 0)
		return -1;
	return seconds / SUMS_SECONDS_PER_DAY;
}

static void add_share(struct sums_share *share, const struct usage_entry *entry,
	struct bytes result)
{
	uint64_t messages = entry->counts[USAGE_MESSAGES];
	uint64_t users = entry->counts[USAGE_USERS];
	uint64_t others = messages > users ? messages - users : 0;

	share->moved += users;
	if (bytes_equal(result, bytes_of(uses_result_name(USAGE_UNCHANGED))))
		share->none += others;
	else
		share->domains += others;
}

/* Finds the days that the bars stand for: up to today, and at least
 * LEAST_DAYS. */
static int make_bars(struct sums *sums, struct error *error)
{
	const struct usage_entry *days = sums->lists[USAGE_DAY];
	int64_t today = sums->now / SUMS_SECONDS_PER_DAY;
	int64_t first = today - LEAST_DAYS + 1;
	int64_t last = today;

	for (size_t i = 0; i < sums->counts[USAGE_DAY]; i++) {
		struct bytes parts[REPORT_PARTS];
		int64_t day;

		report_parts(&days[i], parts);
		day = day_of(parts[0]);
		if (day >= 0 && day < first)
			first = day;
		if (day > last && day <= LAST_DAY)
			last = day;
	}
	sums->day = first;
	sums->per = (last - first) / SUMS_BARS_MAX + 1;
	sums->count = (size_t)((last - first) / sums->per + 1);
	sums->bars = calloc(sums->count, sizeof *sums->bars);
	return sums->bars ? 0 : error_set(error, ERR_NOMEM, "out of memory");
}

/* Adds one entry to its bar, and to what is shared out. */
static void add_day(struct sums *sums, const struct usage_entry *entry)
{
	struct bytes parts[REPORT_PARTS];
	struct sums_bar *bar;
	int64_t day;

	report_parts(entry, parts);
	day = day_of(parts[0]);
	if (day < sums->day ||
		day >= sums->day + (int64_t)sums->count * sums->per)
		return;
	bar = &sums->bars[(day - sums->day) / sums->per];
	/* A message may have an entry for each table; that of its direction is
	 * always there. */
	for (int i = 0; i < DECISION_DIRECTIONS; i++) {
		enum rule_table own =
			i == DECISION_INBOUND ? RULE_INBOUND : RULE_OUTBOUND;

		if (entry->table == own &&
			bytes_equal(
				parts[1], bytes_of(decision_direction_name(
						  (enum decision_direction)i))))
			bar->directions[i] += entry->counts[USAGE_MESSAGES];
	}
	if (entry->table != RULE_INBOUND ||
		bytes_equal(
			parts[2], bytes_of(uses_result_name(USAGE_REFUSED))))
		return;
	add_share(&bar->share, entry, parts[2]);
	add_share(&sums->total, entry, parts[2]);
	if (day > sums->now / SUMS_SECONDS_PER_DAY - SUMS_RECENT)
		add_share(&sums->recent, entry, parts[2]);
}

struct gathering {
	struct sums *sums;
	size_t room;
};

static int add_domain(void *context, struct bytes domain)
{
	struct gathering *gathering = context;
	struct sums *sums = gathering->sums;
	char *name = arena_copy(sums->arena, domain.data, domain.len);
	struct sums_domain *grown = array_grow(sums->domains,
		sums->domain_count, &gathering->room, sizeof *grown);

	if (grown)
		sums->domains = grown;
	if (!grown || !name)
		return ERR_NOMEM;
	sums->domains[sums->domain_count++] =
		(struct sums_domain){ .name = { name, domain.len } };
	return 0;
}

static int compare_names(const void *a, const void *b)
{
	const struct sums_domain *left = a;
	const struct sums_domain *right = b;

	return bytes_compare(left->name, right->name);
}

/* Those used latest first, and those never used last. */
static int compare_uses(const void *a, const void *b)
{
	const struct sums_domain *left = a;
	const struct sums_domain *right = b;

	if (left->last != right->last)
		return left->last < right->last ? 1 : -1;
	return compare_names(a, b);
}

/* Adds an entry to its domain, if inbound rules still have that. */
static void add_use(struct sums *sums, struct bytes name,
	const struct usage_entry *entry, uint64_t messages)
{
	struct sums_domain key = { .name = name };
	struct sums_domain *domain =
		!sums->domain_count
			? NULL
			: bsearch(&key, sums->domains, sums->domain_count,
				  sizeof key, compare_names);

	if (!domain)
		return;
	domain->messages += messages;
	if (!domain->last || entry->first < domain->first)
		domain->first = entry->first;
	if (entry->last > domain->last)
		domain->last = entry->last;
}

/* Finds the source domains of inbound rules, and when each was last used: by
 * its rules, and, as these may be hashed, by those who write to it. */
static int make_domains(
	struct sums *sums, const struct report *report, struct error *error)
{
	struct diagnosis diagnosis = { .map = report->tool->map };
	struct gathering gathering = { .sums = sums };
	struct bytes parts[REPORT_PARTS];
	int result = ruledomains_each(
		&diagnosis, RULEDOMAINS_SOURCES, add_domain, &gathering);

	if (result)
		return error_set(error, result,
			result == ERR_NOMEM ? "out of memory"
					    : "the map cannot be read");
	for (size_t i = 0; i < sums->counts[USAGE_RULE]; i++) {
		const struct usage_entry *rule = &sums->lists[USAGE_RULE][i];

		if (rule->table == RULE_INBOUND && !rule->hashed)
			add_use(sums, rule_key_domain(rule->name), rule, 0);
	}
	for (size_t i = 0; i < sums->counts[USAGE_DOMAIN]; i++) {
		const struct usage_entry *writer =
			&sums->lists[USAGE_DOMAIN][i];

		report_parts(writer, parts);
		add_use(sums, parts[1], writer, report_uses(writer));
	}
	if (sums->domain_count)
		qsort(sums->domains, sums->domain_count, sizeof *sums->domains,
			compare_uses);
	for (size_t i = 0; i < sums->domain_count; i++)
		if (sums->domains[i].last >= sums->now - SECONDS_OF(SUMS_QUIET))
			sums->domains_busy++;
	return 0;
}

static int count_unused(void *context, const struct usage_entry *entry)
{
	struct sums *sums = context;

	(void)entry;
	sums->unused++;
	return 0;
}

/* Counts the addresses that left: each has an entry for each field and client.
 */
static int count_leaked(struct sums *sums, struct error *error)
{
	struct nameset *names = nameset_open();
	struct bytes parts[REPORT_PARTS];
	size_t count = 0;
	int result = names ? 0 : ERR_NOMEM;

	for (size_t i = 0; !result && i < sums->counts[USAGE_LEAK]; i++) {
		report_parts(&sums->lists[USAGE_LEAK][i], parts);
		result = nameset_add(names, parts[0]);
	}
	if (!result && sums->counts[USAGE_LEAK] &&
		!nameset_sorted(names, &count))
		result = ERR_NOMEM;
	sums->leaked = count;
	nameset_close(names);
	return result ? error_set(error, result, "out of memory") : 0;
}

/* Finds when the first of all entries was seen. */
static void find_first(struct sums *sums)
{
	for (int what = 0; what < USAGE_WHATS; what++)
		for (size_t i = 0; i < sums->counts[what]; i++) {
			uint32_t first = sums->lists[what][i].first;

			if (first && (!sums->first || first < sums->first))
				sums->first = first;
		}
}

int sums_make(
	struct sums *sums, const struct report *report, struct error *error)
{
	const struct map *map = report->tool->map;
	int result = 0;

	*sums = (struct sums){ .now = (int64_t)time(NULL),
		.arena = arena_open(NAMES_MAX) };
	if (!sums->arena)
		return error_set(error, ERR_NOMEM, "out of memory");
	sums->rules =
		map_rows(map, RULE_INBOUND) + map_rows(map, RULE_OUTBOUND);
	for (int what = 0; !result && what < USAGE_WHATS; what++)
		result = report_list(report, (enum usage_what)what,
			&sums->lists[what], &sums->counts[what], error);
	if (!result)
		result = report_unused(report, count_unused, sums, error);
	if (!result)
		result = make_domains(sums, report, error);
	if (!result)
		result = count_leaked(sums, error);
	if (!result)
		result = make_bars(sums, error);
	if (result)
		return result;
	for (size_t i = 0; i < sums->counts[USAGE_DAY]; i++)
		add_day(sums, &sums->lists[USAGE_DAY][i]);
	for (size_t i = 0; i < sums->counts[USAGE_UNRULED]; i++)
		sums->unruled[sums->lists[USAGE_UNRULED][i].table]++;
	find_first(sums);
	return 0;
}

void sums_free(struct sums *sums)
{
	for (int what = 0; what < USAGE_WHATS; what++)
		free(sums->lists[what]);
	free(sums->bars);
	free(sums->domains);
	if (sums->arena)
		arena_close(sums->arena);
}
