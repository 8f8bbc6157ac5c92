#include "runtime/metrics.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "decide/leak.h"

#define GENERATION_DIGITS 20 /* of UINT64_MAX */

/* The upper bounds in nanoseconds, and as they are written. */
static const struct {
	uint64_t nanoseconds;
	const char *le;
} buckets[METRICS_BUCKETS] = {
	{ UINT64_C(100000), "0.0001" },
	{ UINT64_C(250000), "0.00025" },
	{ UINT64_C(500000), "0.0005" },
	{ UINT64_C(1000000), "0.001" },
	{ UINT64_C(10000000), "0.01" },
	{ UINT64_C(100000000), "0.1" },
	{ UINT64_C(1000000000), "1" },
	{ UINT64_MAX, "+Inf" },
};

static const char *result_name(enum metrics_result result)
{
	static const char *const names[METRICS_RESULTS] = {
		[METRICS_REWRITTEN] = "rewritten",
		[METRICS_UNCHANGED] = "unchanged",
		[METRICS_SHADOW] = "shadow",
		[METRICS_TEMPFAIL] = "tempfail",
		[METRICS_REFUSED] = "refused",
	};

	return names[result];
}

static uint64_t load(const _Atomic uint64_t *counter)
{
	return atomic_load_explicit(counter, memory_order_relaxed);
}

static void add(_Atomic uint64_t *counter, uint64_t n)
{
	(void)atomic_fetch_add_explicit(counter, n, memory_order_relaxed);
}

void metrics_observe(struct metrics *metrics, uint64_t nanoseconds)
{
	size_t i = 0;

	while (nanoseconds > buckets[i].nanoseconds)
		i++;
	add(&metrics->seconds_buckets[i], 1);
	add(&metrics->nanoseconds_sum, nanoseconds);
}

static void head(
	FILE *file, const char *name, const char *type, const char *help)
{
	(void)fprintf(
		file, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void write_rules(FILE *file, const struct map_meta *meta)
{
	head(file, METRICS_RULES, "gauge", "Rules served.");
	for (enum rule_table t = 0; t < RULE_TABLES; t++)
		for (enum rule_kind k = 0; k < RULE_KINDS; k++)
			(void)fprintf(file,
				METRICS_RULES "{table=\"%s\",kind=\"%s\"} "
					      "%" PRIu64 "\n",
				rule_table_name(t), rule_kind_name(k),
				meta->rows[t][k]);
}

static void write_messages(FILE *file, const struct metrics *metrics)
{
	head(file, "readdress_messages_total", "counter",
		"Messages by direction and result.");
	for (enum decision_direction d = 0; d < DECISION_DIRECTIONS; d++)
		for (enum metrics_result r = 0; r < METRICS_RESULTS; r++)
			(void)fprintf(file,
				"readdress_messages_total{direction=\"%s\","
				"result=\"%s\"} %" PRIu64 "\n",
				decision_direction_name(d), result_name(r),
				load(&metrics->messages[d][r]));
	head(file, METRICS_REWRITTEN_TIME, "gauge",
		"When a message was rewritten last.");
	(void)fprintf(file, METRICS_REWRITTEN_TIME " %" PRId64 "\n",
		atomic_load_explicit(
			&metrics->rewritten_time, memory_order_relaxed));
	head(file, METRICS_TWICE, "counter",
		"Messages that the MTA asked about twice within a second.");
	(void)fprintf(file, METRICS_TWICE " %" PRIu64 "\n",
		load(&metrics->messages_twice));
	head(file, "readdress_addresses_total", "counter",
		"Addresses that were looked up, by field and result.");
	for (enum decision_field f = 0; f < DECISION_FIELDS; f++)
		for (enum decision_result r = 0; r < DECISION_RESULTS; r++)
			(void)fprintf(file,
				"readdress_addresses_total{field=\"%s\","
				"result=\"%s\"} %" PRIu64 "\n",
				decision_field_name(f), decision_result_name(r),
				load(&metrics->addresses[f][r]));
	head(file, "readdress_unparsable_total", "counter",
		"Header elements that could not be parsed.");
	(void)fprintf(file, "readdress_unparsable_total %" PRIu64 "\n",
		load(&metrics->unparsable));
}

static void write_leaks(FILE *file, const struct metrics *metrics)
{
	head(file, "readdress_leaks_total", "counter",
		"Messages to a recipient outside that left with an internal "
		"address, by the field that had it.");
	for (enum decision_leak_field f = 0; f < DECISION_LEAK_FIELDS; f++)
		(void)fprintf(file,
			"readdress_leaks_total{field=\"%s\"} %" PRIu64 "\n",
			leak_field_name(f), load(&metrics->leaks[f]));
}

static void write_uses(FILE *file, const struct metrics *metrics)
{
	head(file, "readdress_rule_hits_total", "counter",
		"Addresses to which a rule applied, by its table and kind.");
	for (enum rule_table t = RULE_INBOUND; t <= RULE_OUTBOUND; t++)
		for (enum rule_kind k = 0; k < RULE_KINDS; k++)
			(void)fprintf(file,
				"readdress_rule_hits_total{table=\"%s\","
				"kind=\"%s\"} %" PRIu64 "\n",
				rule_table_name(t), rule_kind_name(k),
				load(&metrics->rule_hits[t][k]));
	head(file, "readdress_unruled_total", "counter",
		"Addresses to which only a rule for their domain applied.");
	(void)fprintf(file, "readdress_unruled_total %" PRIu64 "\n",
		load(&metrics->unruled));
}

/* The last one stands for all names that are not a table's. */
static const char *const lookup_names[METRICS_LOOKUP_NAMES] = { "domains",
	"mailboxes", "recipients", "recipients-open", "transport", "inbound",
	"outbound", "unknown" };

static const char *const lookup_results[] = { [ANSWER_OK] = "ok",
	[ANSWER_NOTFOUND] = "notfound",
	[ANSWER_TEMP] = "temp" };

void metrics_lookup(
	struct metrics *metrics, struct bytes name, enum answer_status status)
{
	size_t i = 0;

	while (i < METRICS_LOOKUP_NAMES - 1 &&
		!bytes_equal(name, bytes_of(lookup_names[i])))
		i++;
	add(&metrics->lookups[i][status], 1);
}

static void write_lookups(FILE *file, const struct metrics *metrics)
{
	head(file, METRICS_LOOKUPS, "counter",
		"Look-ups of Postfix, by table and result.");
	for (size_t i = 0; i < METRICS_LOOKUP_NAMES; i++)
		for (size_t r = 0; r <= ANSWER_TEMP; r++)
			(void)fprintf(file,
				METRICS_LOOKUPS "{name=\"%s\",result=\"%s\"} "
						"%" PRIu64 "\n",
				lookup_names[i], lookup_results[r],
				load(&metrics->lookups[i][r]));
	head(file, "readdress_lookup_connections", "gauge",
		"Connections of the look-up service that are open.");
	(void)fprintf(file, "readdress_lookup_connections %" PRId64 "\n",
		atomic_load_explicit(
			&metrics->lookup_connections, memory_order_relaxed));
}

static void write_modes(FILE *file, const struct metrics *metrics)
{
	head(file, METRICS_SHADOW_METRIC, "gauge",
		"1 while the table is in shadow mode.");
	for (enum rule_table t = RULE_INBOUND; t <= RULE_OUTBOUND; t++)
		(void)fprintf(file, METRICS_SHADOW_METRIC "{table=\"%s\"} %d\n",
			rule_table_name(t), atomic_load(&metrics->shadow[t]));
}

static void write_seconds(FILE *file, const struct metrics *metrics)
{
	uint64_t count = 0;

	head(file, METRICS_SECONDS, "histogram",
		"Time from the end of a message to the milter's answer.");
	for (size_t i = 0; i < METRICS_BUCKETS; i++) {
		count += load(&metrics->seconds_buckets[i]);
		(void)fprintf(file,
			METRICS_SECONDS "_bucket{le=\"%s\"} %" PRIu64 "\n",
			buckets[i].le, count);
	}
	/* The counters may have grown since the buckets were read, so the count
	 * is the sum of these: it must equal the bucket +Inf. */
	(void)fprintf(file,
		METRICS_SECONDS "_sum %.9f\n" METRICS_SECONDS "_count %" PRIu64
				"\n",
		(double)load(&metrics->nanoseconds_sum) / 1e9, count);
}

static void write_approval(FILE *file, const struct metrics *metrics)
{
	head(file, METRICS_APPROVED, "gauge",
		"Generation that is approved to be served; 0: none.");
	(void)fprintf(file, METRICS_APPROVED " %" PRIu64 "\n",
		load(&metrics->approved_generation));
	head(file, METRICS_APPROVED_TIME, "gauge",
		"When it is to be served, in seconds since 1970; 0: never.");
	(void)fprintf(file, METRICS_APPROVED_TIME " %" PRId64 "\n",
		atomic_load_explicit(
			&metrics->approved_time, memory_order_relaxed));
	head(file, METRICS_APPROVAL_FAILED, "gauge",
		"1 while what is approved cannot be served.");
	(void)fprintf(file, METRICS_APPROVAL_FAILED " %d\n",
		atomic_load(&metrics->approval_failed));
}

static void write_all(FILE *file, const struct metrics *metrics,
	int64_t started, const struct map_meta *meta)
{
	head(file, METRICS_UP, "gauge", "1 while the milter runs.");
	(void)fputs(METRICS_UP " 1\n", file);
	head(file, METRICS_STARTED, "gauge",
		"When the milter was started, in seconds since 1970.");
	(void)fprintf(file, METRICS_STARTED " %" PRId64 "\n", started);
	head(file, METRICS_GENERATION, "gauge",
		"Generation of the map that is served.");
	(void)fprintf(
		file, METRICS_GENERATION " %" PRIu64 "\n", meta->generation);
	write_rules(file, meta);
	head(file, METRICS_RULES_INFO, "gauge",
		"The digest of the rules that are served, in its label.");
	(void)fprintf(
		file, METRICS_RULES_INFO "{digest=\"%s\"} 1\n", meta->digest);
	write_approval(file, metrics);
	write_modes(file, metrics);
	write_messages(file, metrics);
	write_leaks(file, metrics);
	write_uses(file, metrics);
	head(file, METRICS_RELOADS, "counter", "Reloads (SIGHUP).");
	(void)fprintf(file,
		METRICS_RELOADS_OK " %" PRIu64 "\n" METRICS_RELOADS_FAILED
				   " %" PRIu64 "\n",
		load(&metrics->reloads_ok), load(&metrics->reloads_failed));
	head(file, "readdress_log_lines_dropped_total", "counter",
		"Log lines that syslog or standard error did not take.");
	(void)fprintf(file, "readdress_log_lines_dropped_total %" PRIu64 "\n",
		load(&metrics->log_lines_dropped));
	head(file, "readdress_connections", "gauge",
		"Connections of the MTA that are open.");
	(void)fprintf(file, "readdress_connections %" PRId64 "\n",
		atomic_load_explicit(
			&metrics->connections, memory_order_relaxed));
	head(file, "readdress_memory_bytes", "gauge",
		"Memory that messages hold beyond 1 MB each; at most "
		"memory_max.");
	(void)fprintf(file, "readdress_memory_bytes %zu\n",
		atomic_load_explicit(
			&metrics->memory.used, memory_order_relaxed));
	write_lookups(file, metrics);
	write_seconds(file, metrics);
}

static int join(char path[PATH_MAX], const char *dir, const char *name,
	struct error *error)
{
	if (snprintf(path, PATH_MAX, "%s/%s", dir, name) >= PATH_MAX)
		return error_set(error, ERR_IO, "%s/%s: the path is too long",
			dir, name);
	return 0;
}

int metrics_write(const struct metrics *metrics, const char *runtime_dir,
	int64_t started, const struct map_meta *meta, struct error *error)
{
	char path[PATH_MAX];
	char temporary[PATH_MAX];
	FILE *file = NULL;
	int result = join(path, runtime_dir, "status.prom", error);
	int fd;

	if (!result)
		result = join(temporary, runtime_dir, "status.prom.tmp", error);
	if (result < 0)
		return result;
	(void)unlink(temporary);
	fd = open(temporary,
		O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0)
		return error_set_errno(error, "cannot make %s", temporary);
	if (fchmod(fd, 0644) < 0 || !(file = fdopen(fd, "w"))) {
		result = error_set_errno(error, "cannot write %s", temporary);
		(void)close(fd);
		goto out;
	}
	errno = EIO;
	write_all(file, metrics, started, meta);
	if (fflush(file) || ferror(file)) {
		result = error_set_errno(error, "cannot write %s", temporary);
		(void)fclose(file);
		goto out;
	}
	if (fclose(file))
		result = error_set_errno(error, "cannot write %s", temporary);
	else if (rename(temporary, path) < 0)
		result = error_set_errno(
			error, "cannot rename %s to %s", temporary, path);
out:
	if (result)
		(void)unlink(temporary);
	return result;
}

/* Calls sample for each sample, with its name and the text of its value.
 * Returns as metrics_each() does. */
static int each_sample(const char *runtime_dir,
	void (*sample)(void *context, const char *name, const char *value),
	void *context, struct error *error)
{
	char path[PATH_MAX];
	char *text = NULL;
	size_t size = 0;
	FILE *file;
	int fd;
	int result = join(path, runtime_dir, "status.prom", error);

	if (result < 0)
		return result;
	/* This may run as root, and the directory belongs to the milter's user,
	 * so file_open() must not be led elsewhere. */
	fd = file_open(AT_FDCWD, path, path, NULL, error);
	if (fd < 0)
		return fd;
	file = fdopen(fd, "r");
	if (!file) {
		result = error_set_errno(error, "cannot read %s", path);
		(void)close(fd);
		return result;
	}
	while (getline(&text, &size, file) >= 0) {
		char *space = strrchr(text, ' ');

		if (text[0] == '#' || !space)
			continue;
		*space = '\0';
		sample(context, text, space + 1);
	}
	if (!feof(file)) /* an error, or memory is exhausted */
		result = error_set_errno(error, "cannot read %s", path);
	free(text);
	(void)fclose(file);
	return result;
}

struct lines {
	void (*line)(void *context, const char *name, double value);
	void *context;
};

static void take_line(void *context, const char *name, const char *text)
{
	const struct lines *lines = context;
	char *end;
	double value = strtod(text, &end);

	if (end != text)
		lines->line(lines->context, name, value);
}

int metrics_each(const char *runtime_dir,
	void (*line)(void *context, const char *name, double value),
	void *context, struct error *error)
{
	struct lines lines = { line, context };

	return each_sample(runtime_dir, take_line, &lines, error);
}

struct wanted {
	const char *name;
	double value;
	bool found;
};

static void take_wanted(void *context, const char *name, double value)
{
	struct wanted *wanted = context;

	if (strcmp(name, wanted->name) != 0)
		return;
	wanted->value = value;
	wanted->found = true;
}

int metrics_read(const char *runtime_dir, const char *name, double *value,
	struct error *error)
{
	struct wanted wanted = { .name = name };
	int result = metrics_each(runtime_dir, take_wanted, &wanted, error);

	if (result < 0)
		return result;
	if (wanted.found)
		*value = wanted.value;
	return wanted.found;
}

struct wanted_generation {
	uint64_t value;
	bool found;
};

static void take_generation(void *context, const char *name, const char *text)
{
	struct wanted_generation *wanted = context;
	struct bytes digits = bytes_of(text);
	uint64_t value;

	if (strcmp(name, METRICS_GENERATION) != 0 ||
		!bytes_number(&digits, GENERATION_DIGITS, &value))
		return;
	wanted->value = value;
	wanted->found = true;
}

int metrics_read_generation(
	const char *runtime_dir, uint64_t *generation, struct error *error)
{
	struct wanted_generation wanted = { 0 };
	int result = each_sample(runtime_dir, take_generation, &wanted, error);

	if (result < 0)
		return result;
	if (wanted.found)
		*generation = wanted.value;
	return wanted.found;
}

struct wanted_digest {
	char text[DIGEST_LEN + 1];
	bool found;
};

static void take_digest(void *context, const char *name, const char *value)
{
	struct wanted_digest *wanted = context;
	struct bytes rest = bytes_of(name);
	struct bytes digest;

	(void)value;
	if (!bytes_take(&rest, METRICS_RULES_INFO "{digest=\""))
		return;
	digest = bytes_cut(&rest, '"');
	if (!digest_is_whole(digest) || !bytes_equal(rest, bytes_of("}")))
		return;
	memcpy(wanted->text, digest.data, digest.len);
	wanted->text[digest.len] = '\0';
	wanted->found = true;
}

int metrics_read_digest(const char *runtime_dir, char digest[DIGEST_LEN + 1],
	struct error *error)
{
	struct wanted_digest wanted = { .found = false };
	int result = each_sample(runtime_dir, take_digest, &wanted, error);

	if (result < 0)
		return result;
	if (wanted.found)
		memcpy(digest, wanted.text, sizeof wanted.text);
	return wanted.found;
}
