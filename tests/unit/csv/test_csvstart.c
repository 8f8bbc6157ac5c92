/* csvstart: how a CSV file may begin, and what is read from that. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "csv/csvstart.h"
#include "kit/holds.h"

#define BOM u8"\ufeff"

struct begin {
	const char *text;
	char asked; /* 0: find it */
	struct csvstart_columns columns;
	struct csvstart expected;
};

static int read_start(const char *text, size_t len, char asked,
	const struct csvstart_columns *columns, struct csvstart *start,
	struct error *error)
{
	char *block = holds_block(text, len);
	int result = csvstart_read(block, len, asked, columns, start, error);

	free(block);
	return result;
}

static void check_begin(const struct begin *test)
{
	struct csvstart start;
	struct error error = { .text = "" };
	int result = read_start(test->text, strlen(test->text), test->asked,
		&test->columns, &start, &error);

	if (result || start.skip != test->expected.skip ||
		start.lines != test->expected.lines ||
		start.delimiter != test->expected.delimiter ||
		start.found != test->expected.found)
		fail_msg("%s: result %d (%s), skip %zu, lines %u, "
			 "delimiter '%c', found %d",
			test->text, result, error.text, start.skip, start.lines,
			start.delimiter, start.found);
}

static void check_all(const struct begin *tests, size_t count)
{
	for (size_t i = 0; i < count; i++)
		check_begin(&tests[i]);
}

#define CHECK_ALL(tests) check_all(tests, sizeof(tests) / sizeof *(tests))

static const struct csvstart_columns own = { " Old address", "NEW" };

/* Files that begin with the header row. */
static void test_header_row(void **state)
{
	const struct begin tests[] = {
		{ "", 0, { 0 }, { 0, 0, ';', false } },
		{ "\n\n", 0, { 0 }, { 0, 0, ';', false } },
		{ "Source", 0, { 0 }, { 0, 0, ';', false } },
		{ "Source;Target\n", 0, { 0 }, { 0, 0, ';', true } },
		{ "Source,Target\n", 0, { 0 }, { 0, 0, ',', true } },
		{ "Source\tTarget\n", 0, { 0 }, { 0, 0, '\t', true } },
		{ "Source|Target\n", 0, { 0 }, { 0, 0, '|', true } },
		{ "Source:Target\n", 0, { 0 }, { 0, 0, ';', false } },
		{ "\n \r\nSource|Target\n", 0, { 0 }, { 0, 0, '|', true } },
		/* The row alone counts. */
		{ "Source,Target\na;b;c;d\n", 0, { 0 }, { 0, 0, ',', true } },
		/* What was asked for holds, whatever the row shows. */
		{ "Source;Target\n", ',', { 0 }, { 0, 0, ',', false } },
		{ "Source;Target\n", ';', { 0 }, { 0, 0, ';', false } },
		/* By its columns, however often another one stands there. */
		{ "a;b;c;d,Source,Target", 0, { 0 }, { 0, 0, ',', true } },
		{ "a;b;c;Target,Source", 0, { 0 }, { 0, 0, ';', true } },
		{ "a;b;c;d,Target,x,Source\r\n", 0, { 0 },
			{ 0, 0, ',', true } },
		{ "a;b;c,TARGETEMAIL,sourceemail", 0, { 0 },
			{ 0, 0, ',', true } },
		{ "a;b;c;d, \"Source\" ,\t\"Target\"", 0, { 0 },
			{ 0, 0, ',', true } },
		{ u8"a;b;c;d,\u00a0Source,Target\u00a0", 0, { 0 },
			{ 0, 0, ',', true } },
		/* One of the two is not enough. */
		{ "Source;a,b,c", 0, { 0 }, { 0, 0, ',', true } },
		{ "a;Target,b,c", 0, { 0 }, { 0, 0, ',', true } },
		/* Other names: then Source and Target are none. */
		{ "a;b;c;d,old ADDRESS,new", 0, own, { 0, 0, ',', true } },
		{ "Source;Target;a;b,old address,New", 0, own,
			{ 0, 0, ',', true } },
		{ "Source;Target,b,c", 0, own, { 0, 0, ',', true } },
		/* What stands between quotes separates nothing. */
		{ "\"a;Source;Target;b\",Source,Target", 0, { 0 },
			{ 0, 0, ',', true } },
		{ "\"a;b;c;d\",\"e\",f", 0, { 0 }, { 0, 0, ',', true } },
		/* The one that stands there most often, else the first. */
		{ "a;b,c,d", 0, { 0 }, { 0, 0, ',', true } },
		{ "a|b|c,d;e", 0, { 0 }, { 0, 0, '|', true } },
		{ "a|b\tc,d;e", 0, { 0 }, { 0, 0, ';', true } },
	};

	(void)state;
	CHECK_ALL(tests);
}

/* Marks and lines of other programs before the header row. */
static void test_in_front(void **state)
{
	const struct begin tests[] = {
		{ BOM, 0, { 0 }, { 3, 0, ';', false } },
		{ BOM "Source,Target", 0, { 0 }, { 3, 0, ',', true } },
		{ BOM BOM "Source,Target", 0, { 0 }, { 3, 0, ',', true } },
		{ "sep=,\nSource;Target\n", 0, { 0 }, { 6, 1, ',', true } },
		{ "SEP=|\r\nSource;Target\n", 0, { 0 }, { 7, 1, '|', true } },
		{ "\"sep=\t\"\nSource;Target\n", 0, { 0 },
			{ 8, 1, '\t', true } },
		{ "sep=:", 0, { 0 }, { 5, 1, ':', true } },
		{ BOM "sep=^\n", 0, { 0 }, { 9, 1, '^', true } },
		{ "sep=,\nSource;Target\n", ';', { 0 }, { 6, 1, ';', false } },
		{ "#TYPE a.B\nSource|Target\n", 0, { 0 },
			{ 10, 1, '|', true } },
		{ "\"#TYPE a.B\"\r\nSource|Target\n", 0, { 0 },
			{ 13, 1, '|', true } },
		{ BOM "sep=,\r\n#TYPE a.B\nSource;Target\n", 0, { 0 },
			{ 20, 2, ',', true } },
		{ "#TYPE a.B\nsep=,\nSource;Target\n", 0, { 0 },
			{ 16, 2, ',', true } },
		/* Columns of that name. */
		{ "#TYPE;a,b,c\n", 0, { 0 }, { 0, 0, ',', true } },
		{ "sep;x\n", 0, { 0 }, { 0, 0, ';', true } },
		{ "separator=;x\n", 0, { 0 }, { 0, 0, ';', true } },
	};

	(void)state;
	CHECK_ALL(tests);
}

static void refuses(const char *text, size_t len, const char *part)
{
	struct csvstart start;
	struct csvstart_columns columns = { 0 };
	struct error error = { .text = "" };
	int result = read_start(text, len, 0, &columns, &start, &error);

	assert_int_equal(result, part ? ERR_BAD : 0);
	if (part && !strstr(error.text, part))
		fail_msg("\"%s\", without \"%s\"", error.text, part);
}

static void test_bad_sep(void **state)
{
	static const char *const lines[] = { "sep=", "sep=;;", "sep=a", "sep=0",
		"sep= ", "sep=@", "sep=.", "\"sep=\"\"", "sep=\x01" };

	(void)state;
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		char text[80];

		(void)snprintf(
			text, sizeof text, "%s\nSource;Target\n", lines[i]);
		refuses(text, strlen(text), "expected sep= and one character");
		(void)snprintf(text, sizeof text, "#TYPE a\r\n%s", lines[i]);
		refuses(text, strlen(text), "expected sep= and one character");
	}
}

/* Checks a file of that many pairs of bytes. NUL is the first byte of `first` of
 * them and the second byte of `second` of them. */
static void check_pairs(size_t pairs, size_t first, size_t second, bool wide)
{
	char text[1024];

	assert_true(2 * pairs <= sizeof text);
	memset(text, 'a', sizeof text);
	for (size_t i = 0; i < first; i++)
		text[2 * i] = '\0';
	for (size_t i = 0; i < second; i++)
		text[2 * i + 1] = '\0';
	refuses(text, 2 * pairs, wide ? "UTF-16 without a byte order" : NULL);
}

static void test_other_formats(void **state)
{
	(void)state;
	refuses("\xff\xfeS\0", 4, "the file is UTF-16; save it as CSV");
	refuses("\xfe\xff\0S", 4, "the file is UTF-16; save it as CSV");
	refuses("\xff\xfe", 2, "the file is UTF-16; save it as CSV");
	refuses("\xff", 1, NULL);
	refuses("PK\3\4", 4, "ZIP archive");
	refuses("PK\3", 3, NULL);
	refuses("PK;x", 4, NULL);
	refuses("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8,
		"the old format of Excel");
	refuses("\xd0\xcf\x11\xe0\xa1\xb1\x1a", 7, NULL);
	refuses("\x1f\x8b", 2, "is compressed");
	refuses("\x1f", 1, NULL);
	/* Six in ten of the one half, and none of the other. */
	check_pairs(10, 0, 10, true);
	check_pairs(10, 10, 0, true);
	check_pairs(10, 0, 6, true);
	check_pairs(10, 6, 0, true);
	check_pairs(10, 0, 5, false);
	check_pairs(10, 5, 0, false);
	check_pairs(10, 1, 10, false);
	check_pairs(10, 10, 1, false);
	check_pairs(10, 0, 0, false);
	check_pairs(1, 0, 1, true);
	refuses("\0", 1, NULL);
	/* The beginning tells. */
	check_pairs(512, 0, 128, true);
	check_pairs(512, 0, 76, false);
}

static void test_names(void **state)
{
	static const struct {
		const char *text;
		const char *wanted;
		bool source;
		bool target;
	} tests[] = {
		{ "Source", NULL, true, false },
		{ " sourceEMAIL\t", NULL, true, false },
		{ u8"\u00a0Target", NULL, false, true },
		{ "targetemail", NULL, false, true },
		{ "Sourc", NULL, false, false },
		{ "Source2", NULL, false, false },
		{ "", NULL, false, false },
		{ "Old", "old ", true, true },
		{ "Source", "old", false, false },
		{ "Target", "old", false, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) {
		struct bytes text = bytes_of(tests[i].text);

		assert_int_equal(csvstart_is_source(text, tests[i].wanted),
			tests[i].source);
		assert_int_equal(csvstart_is_target(text, tests[i].wanted),
			tests[i].target);
	}
}

static void test_delimiter_names(void **state)
{
	char buffer[8];

	(void)state;
	assert_string_equal(
		csvstart_delimiter_name(';', buffer), "a semicolon");
	assert_string_equal(csvstart_delimiter_name(',', buffer), "a comma");
	assert_string_equal(csvstart_delimiter_name('\t', buffer), "a tab");
	assert_string_equal(csvstart_delimiter_name('|', buffer), "\"|\"");
	assert_string_equal(csvstart_delimiter_name('^', buffer), "\"^\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_header_row),
		cmocka_unit_test(test_in_front),
		cmocka_unit_test(test_bad_sep),
		cmocka_unit_test(test_other_formats),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_delimiter_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
