#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/metrics.h"

static int make_dir(void **state)
{
	char *dir = strdup("/tmp/readdress-status-XXXXXX");

	if (!dir || !mkdtemp(dir))
		return -1;
	*state = dir;
	return 0;
}

static int remove_dir(void **state)
{
	char path[200];
	int result;

	(void)snprintf(
		path, sizeof path, "%s/status.prom", (const char *)*state);
	(void)unlink(path);
	/* fails if another file was left behind */
	result = rmdir(*state);
	free(*state);
	return result;
}

static char *read_status(const char *dir)
{
	char path[200];
	char *text = calloc(1, 65536);
	FILE *file;

	(void)snprintf(path, sizeof path, "%s/status.prom", dir);
	file = fopen(path, "r");
	assert_non_null(file);
	assert_non_null(text);
	assert_in_range(fread(text, 1, 65535, file), 1, 65534);
	(void)fclose(file);
	return text;
}

static double value_of(const char *dir, const char *name)
{
	double value = -1;

	if (metrics_read(dir, name, &value, NULL) != 1)
		fail_msg("%s is not there", name);
	return value;
}

static void test_write(void **state)
{
	struct metrics status = { .unparsable = 5,
		.reloads_ok = 3,
		.reloads_failed = 1,
		.connections = 2,
		.lookup_connections = 3 };
	struct map_meta meta = { .generation = 12 };
	const char *dir = *state;
	struct error error = { .text = "" };
	struct stat attributes;
	char path[200];

	status.messages[DECISION_INBOUND][METRICS_REWRITTEN] = 7;
	status.messages[DECISION_OUTBOUND][METRICS_REFUSED] = 8;
	status.addresses[DECISION_HEADER][DECISION_UNCHANGED] = 9;
	metrics_lookup(&status, bytes_of("domains"), ANSWER_NOTFOUND);
	metrics_lookup(&status, bytes_of("recipients-open"), ANSWER_OK);
	metrics_lookup(&status, bytes_of("recipients-open"), ANSWER_OK);
	metrics_lookup(&status, bytes_of("recipients-"), ANSWER_TEMP);
	metrics_lookup(&status, bytes_of(""), ANSWER_TEMP);
	meta.rows[RULE_INBOUND][RULE_USER] = 1200;
	meta.rows[RULE_OUTBOUND][RULE_SUBDOMAIN] = 3;
	(void)umask(0117); /* the milter's, for its socket */
	if (metrics_write(&status, dir, 1700000000, &meta, &error))
		fail_msg("%s", error.text);
	(void)umask(022);
	(void)snprintf(path, sizeof path, "%s/status.prom", dir);
	assert_int_equal(stat(path, &attributes), 0);
	assert_int_equal(attributes.st_mode & 07777, 0644);

	assert_true(value_of(dir, "readdress_up") == 1);
	assert_true(value_of(dir, "readdress_generation") == 12);
	assert_true(value_of(dir, "readdress_lookup_connections") == 3);
	assert_true(value_of(dir, "readdress_lookups_total{name=\"domains\","
				  "result=\"notfound\"}") == 1);
	assert_true(value_of(dir, "readdress_lookups_total{name=\"recipients-"
				  "open\",result=\"ok\"}") == 2);
	assert_true(value_of(dir, "readdress_lookups_total{name=\"unknown\","
				  "result=\"temp\"}") == 2);
	assert_true(value_of(dir, "readdress_lookups_total{name=\"outbound\","
				  "result=\"ok\"}") == 0);
	assert_true(
		value_of(dir, "readdress_start_time_seconds") == 1700000000);
	assert_true(value_of(dir, "readdress_rules{table=\"inbound\","
				  "kind=\"user\"}") == 1200);
	assert_true(value_of(dir, "readdress_rules{table=\"outbound\","
				  "kind=\"sub-domain\"}") == 3);
	assert_true(value_of(dir, "readdress_messages_total{direction="
				  "\"inbound\",result=\"rewritten\"}") == 7);
	assert_true(value_of(dir, "readdress_messages_total{direction="
				  "\"outbound\",result=\"refused\"}") == 8);
	assert_true(value_of(dir, "readdress_messages_total{direction="
				  "\"outbound\",result=\"tempfail\"}") == 0);
	assert_true(value_of(dir, "readdress_addresses_total{field="
				  "\"header\",result=\"unchanged\"}") == 9);
	assert_true(value_of(dir, "readdress_unparsable_total") == 5);
	assert_true(
		value_of(dir, "readdress_reloads_total{result=\"ok\"}") == 3);
	assert_true(value_of(dir,
			    "readdress_reloads_total{result=\"failed\"}") == 1);
	assert_true(value_of(dir, "readdress_connections") == 2);
	assert_true(value_of(dir, "readdress_message_seconds_count") == 0);
}

static void test_histogram(void **state)
{
	static const struct {
		uint64_t nanoseconds;
		const char *le; /* the first bucket it is in */
	} tests[] = {
		{ 0, "0.0001" },
		{ 100000, "0.0001" },
		{ 100001, "0.00025" },
		{ 1000000, "0.001" },
		{ 999999999, "1" },
		{ 1000000001, "+Inf" },
		{ UINT64_C(3600000000000), "+Inf" },
	};
	const size_t count = sizeof tests / sizeof *tests;
	struct metrics status = { .unparsable = 0 };
	struct map_meta meta = { .generation = 1 };
	const char *dir = *state;
	double previous = 0;
	double sum = 0;
	char name[100];

	for (size_t i = 0; i < count; i++) {
		double before;
		double after;

		(void)snprintf(name, sizeof name,
			"readdress_message_seconds_bucket{le=\"%s\"}",
			tests[i].le);
		assert_int_equal(
			metrics_write(&status, dir, 0, &meta, NULL), 0);
		before = value_of(dir, name);
		metrics_observe(&status, tests[i].nanoseconds);
		assert_int_equal(
			metrics_write(&status, dir, 0, &meta, NULL), 0);
		after = value_of(dir, name);
		assert_true(after == before + 1);
		previous = value_of(
			dir, "readdress_message_seconds_bucket{le=\"+Inf\"}");
		assert_true(previous == (double)(i + 1));
		assert_true(value_of(dir, "readdress_message_seconds_count") ==
			    previous);
		sum += (double)tests[i].nanoseconds / 1e9;
		before = value_of(dir, "readdress_message_seconds_sum") - sum;
		assert_true(before > -1e-6 && before < 1e-6);
	}
	assert_true(value_of(dir, "readdress_message_seconds_bucket{le="
				  "\"0.0001\"}") == 2);
	assert_true(value_of(dir, "readdress_message_seconds_bucket{le="
				  "\"0.00025\"}") == 3);
}

/* The text format: every metric has HELP and TYPE before its samples. */
static void test_format(void **state)
{
	struct metrics status = { .unparsable = 0 };
	struct map_meta meta = { .generation = 1 };
	char *text;
	char *at;
	char *save = NULL;
	char family[100] = "";
	size_t samples = 0;

	assert_int_equal(metrics_write(&status, *state, 0, &meta, NULL), 0);
	text = read_status(*state);
	assert_int_equal(text[strlen(text) - 1], '\n');
	for (at = strtok_r(text, "\n", &save); at;
		at = strtok_r(NULL, "\n", &save)) {
		char name[100];

		if (sscanf(at, "# HELP %99s", name) == 1)
			continue;
		if (sscanf(at, "# TYPE %99s", family) == 1)
			continue;
		assert_int_equal(strncmp(at, family, strlen(family)), 0);
		assert_non_null(strchr(at, ' '));
		assert_int_equal(strspn(strrchr(at, ' ') + 1, "0123456789.-"),
			strlen(strrchr(at, ' ') + 1));
		samples++;
	}
	assert_true(samples > 40);
	free(text);
}

static void test_read_errors(void **state)
{
	struct error error = { .text = "" };
	char path[200];
	static const struct {
		const char *text;
		uint64_t generation;
	} texts[] = {
		{ "900719925474099301", 900719925474099301u },
		{ "x", 7 },
		{ "", 7 },
		{ "-1", 7 },
	};
	uint64_t generation;
	FILE *file;
	double value;

	assert_int_equal(metrics_read(*state, "readdress_up", &value, &error),
		ERR_NOENT);
	assert_int_equal(metrics_read_generation(*state, &generation, &error),
		ERR_NOENT);
	assert_non_null(strstr(error.text, "status.prom"));
	(void)snprintf(
		path, sizeof path, "%s/status.prom", (const char *)*state);
	file = fopen(path, "w");
	assert_non_null(file);
	(void)fputs("readdress_up\nx y\n# readdress_up 3\n\nreaddress_upper 2\n"
		    "readdress_generation 4",
		file);
	(void)fclose(file);
	assert_int_equal(
		metrics_read(*state, "readdress_up", &value, &error), 0);
	assert_int_equal(
		metrics_read(*state, "readdress_generation", &value, &error),
		1);
	assert_true(value == 4);
	assert_int_equal(
		metrics_read_generation(*state, &generation, &error), 1);
	assert_int_equal(generation, 4);
	/* More digits than a double has; then what is none. */
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		file = fopen(path, "w");
		assert_non_null(file);
		(void)fprintf(file, "readdress_generation %s\n", texts[i].text);
		(void)fclose(file);
		generation = 7;
		assert_int_equal(
			metrics_read_generation(*state, &generation, &error),
			texts[i].generation != 7);
		assert_int_equal(generation, texts[i].generation);
	}
}

static void test_write_errors(void **state)
{
	struct metrics status = { .unparsable = 0 };
	struct map_meta meta = { .generation = 1 };
	struct error error = { .text = "" };
	char path[200];

	assert_int_equal(
		metrics_write(&status, "/nonexistent", 0, &meta, &error),
		ERR_NOENT);
	assert_non_null(strstr(error.text, "/nonexistent/status.prom"));
	/* the rename fails, and the temporary file goes */
	(void)snprintf(
		path, sizeof path, "%s/status.prom", (const char *)*state);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(
		metrics_write(&status, *state, 0, &meta, &error), ERR_IO);
	assert_int_equal(rmdir(path), 0);
}

static void *observe(void *context)
{
	for (int i = 0; i < 100000; i++)
		metrics_observe(context, 200000);
	return NULL;
}

static void test_threads(void **state)
{
	struct metrics status = { .unparsable = 0 };
	struct map_meta meta = { .generation = 1 };
	pthread_t threads[2];

	for (size_t i = 0; i < 2; i++)
		assert_int_equal(
			pthread_create(&threads[i], NULL, observe, &status), 0);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	assert_int_equal(metrics_write(&status, *state, 0, &meta, NULL), 0);
	assert_true(
		value_of(*state, "readdress_message_seconds_count") == 200000);
}

#define IN_DIR(test) cmocka_unit_test_setup_teardown(test, make_dir, remove_dir)

/* A file that a crash left behind does no harm. */
static void test_left_behind(void **state)
{
	const struct map_meta meta = { .generation = 12 };
	const struct metrics status = { .unparsable = 3 };
	struct error error = { .text = "" };
	char path[200];
	FILE *file;

	(void)snprintf(
		path, sizeof path, "%s/status.prom.tmp", (const char *)*state);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs("half", file) >= 0 && !fclose(file));
	for (int i = 0; i < 2; i++)
		assert_int_equal(metrics_write(&status, *state, 1795273740,
					 &meta, &error),
			0);
	assert_int_equal(access(path, F_OK), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_DIR(test_write),
		IN_DIR(test_histogram),
		IN_DIR(test_format),
		IN_DIR(test_read_errors),
		IN_DIR(test_write_errors),
		IN_DIR(test_left_behind),
		IN_DIR(test_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
