/*
 * Each allocation fails in turn while CSV files and status.prom are read and
 * written.
 */
#include "kit/mapkit.h"
#include "kit/torture.h"
#include "kit/alloccalls.h"

#include "csv/csvfile.h"
#include "runtime/metrics.h"

#define CSV_ROWS 1500 /* more than the first room */
#define CSV_MAX	 ((size_t)64 * CSV_ROWS)

static void complain(void *context, const char *line)
{
	torture_tell(context, "%s\n", line);
}

static int run_csv(void *text, struct torture_told *told, struct error *error)
{
	struct csvfile_options options = { .table = RULE_INBOUND,
		.delimiter = ';',
		.allow_utf8 = true,
		.name = "users.csv",
		.complain = complain,
		.context = told };
	struct rows rows = { .rows = NULL };
	struct arena *arena = arena_open((size_t)1 << 24);
	FILE *file = arena ? fmemopen(text, strlen(text), "r") : NULL;
	int code = file ? csvfile_read(file, &options, arena, &rows, error)
			: error_set(error, ERR_NOMEM, "no file");

	for (size_t i = 0; !code && i < rows.count; i += 100)
		torture_tell(told, "%.*s\n", (int)rows.rows[i].rule.key.len,
			rows.rows[i].rule.key.data);
	torture_tell(told, "%zu %s", rows.count, error->text);
	free(rows.rows);
	if (file)
		(void)fclose(file);
	arena_close(arena);
	return code;
}

static void test_csv(void **test)
{
	static char bad[] =
		"Source;Target\nbob@a.com;bob\nbob@a.com;x@b.com\n"
		"\"bob@a.com\";y@b.com\n"
		u8"jörg@bücher.example;j@bücher.example\n\"never closed";
	static char good[CSV_MAX] = "Source;Target\n";
	size_t used = strlen(good);
	const struct torture tortures[] = {
		{ .name = "csvfile_read", .run = run_csv, .context = good },
		{ .name = "csvfile_read, bad",
			.run = run_csv,
			.context = bad,
			.code = ERR_BAD },
	};

	(void)test;
	for (unsigned i = 0; i < CSV_ROWS; i++)
		used += (size_t)snprintf(good + used, CSV_MAX - used,
			"u%04u@a.com;x@b.com\n", CSV_ROWS - i);
	torture_all(tortures, 2);
}

static int run_status(void *kit, struct torture_told *told, struct error *error)
{
	const struct map_meta meta = { .generation = 12 };
	struct metrics status = { .unparsable = 3 };
	double value = 0;
	const char *dir = ((struct kit *)kit)->dir;
	int code = metrics_write(&status, dir, 1795273740, &meta, error);

	if (!code)
		code = metrics_read(dir, "readdress_generation", &value, error);
	torture_tell(told, "%g", value);
	return code;
}

/* The old or the new file must be there, complete, and no other file. */
static char *files(void *kit)
{
	char *text = kit_read(kit_path(kit, "status.prom"), NULL);

	assert_false(kit_exists(kit_path(kit, "status.prom.tmp")));
	assert_true(strlen(text) > 1000);
	return text;
}

static void test_status(void **test)
{
	const struct torture tortures[] = { { .name = "status",
		.run = run_status,
		.context = *test,
		.files = files } };
	struct torture_told told = { "", 0 };

	assert_int_equal(run_status(*test, &told, NULL), 1);
	torture_all(tortures, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		KIT_TEST(test_csv),
		KIT_TEST(test_status),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
