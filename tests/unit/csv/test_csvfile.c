#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "csv/csvfile.h"

#define COMPLAINTS 40
#define H	   "Source;Target\n"

struct outcome {
	int result;
	struct rows rows;
	struct error error;
	struct arena *arena;
	size_t complaints;
	char complaint[COMPLAINTS][ERROR_TEXT_MAX];
	uint64_t progress_octets;
	uint64_t progress_rows;
};

static void complain(void *context, const char *line)
{
	struct outcome *outcome = context;

	assert_true(outcome->complaints < COMPLAINTS);
	(void)snprintf(outcome->complaint[outcome->complaints++],
		ERROR_TEXT_MAX, "%s", line);
}

static void progress(void *context, uint64_t octets, uint64_t rows)
{
	struct outcome *outcome = context;

	assert_true(octets >= outcome->progress_octets);
	outcome->progress_octets = octets;
	outcome->progress_rows = rows;
}

static struct outcome *read_with(
	const char *text, size_t len, struct csvfile_options options)
{
	struct outcome *outcome = calloc(1, sizeof *outcome);
	FILE *file = tmpfile();

	assert_non_null(outcome);
	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, len, file), len);
	rewind(file);
	outcome->arena = arena_open((size_t)256 << 20);
	assert_non_null(outcome->arena);
	options.name = "users.csv";
	options.complain = complain;
	options.progress = progress;
	options.context = outcome;
	outcome->result = csvfile_read(file, &options, outcome->arena,
		&outcome->rows, &outcome->error);
	(void)fclose(file);
	if (!outcome->result)
		assert_int_equal(outcome->progress_octets, len);
	return outcome;
}

static struct outcome *read_text(const char *text)
{
	return read_with(text, strlen(text),
		(struct csvfile_options){
			.table = RULE_INBOUND, .delimiter = ';' });
}

/* Expects four complaints that begin like these. */
static void assert_four(
	const struct outcome *outcome, const char *const lines[4])
{
	assert_int_equal(outcome->result, ERR_BAD);
	assert_int_equal(outcome->complaints, 4);
	for (size_t i = 0; i < 4; i++)
		assert_memory_equal(
			outcome->complaint[i], lines[i], strlen(lines[i]));
}

static void done(struct outcome *outcome)
{
	free(outcome->rows.rows);
	arena_close(outcome->arena);
	free(outcome);
}

/* Writes what was read as export would write it. */
static char *written(const struct outcome *outcome, char delimiter)
{
	char *text = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&text, &size);

	assert_non_null(file);
	assert_int_equal(csvfile_write_header(file, delimiter), 0);
	for (size_t i = 0; i < outcome->rows.count; i++)
		assert_int_equal(csvfile_write(file, delimiter,
					 &outcome->rows.rows[i].rule),
			0);
	assert_int_equal(fclose(file), 0);
	return text;
}

static void assert_reads(const char *text, const char *expected)
{
	struct outcome *outcome = read_text(text);
	char *out;

	if (outcome->result)
		fail_msg("%s: %s", outcome->error.text, outcome->complaint[0]);
	assert_int_equal(outcome->complaints, 0);
	out = written(outcome, ';');
	assert_string_equal(out, expected);
	free(out);
	done(outcome);
}

static void test_good_files(void **state)
{
	static const char *const same[] = {
		H "bob@a.com;x@b.com\n",
		"source;target\nbob@a.com;x@b.com\n",
		"  SOURCE \t; Target  \nbob@a.com;x@b.com\n",
		"SourceEmail;TargetEmail\nbob@a.com;x@b.com\n",
		"sourceemail;TARGET\nbob@a.com;x@b.com\n",
		"\"Source\";\"Target\"\n\"bob@a.com\";\"x@b.com\"\n",
		u8"\ufeffSource;Target\nbob@a.com;x@b.com\n",
		u8"\ufeff\"Source\";Target\r\nbob@a.com;x@b.com\r\n",
		"Source;Target\r\nbob@a.com;x@b.com",
		"\n\r\n  \nSource;Target\n\n \t \nbob@a.com;x@b.com\n\n\n",
		H " bob@a.com ;\tx@b.com \n",
		H "\" bob@a.com\" ; \"x@b.com \"\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof same / sizeof *same; i++)
		assert_reads(same[i], H "bob@a.com;x@b.com\n");
	assert_reads(H, H);
	assert_reads("Source;Target", H);
}

static void test_quotes(void **state)
{
	(void)state;
	assert_reads(H "\"\"\"john doe\"\"@a.com\";x@b.com\n",
		H "\"\"\"john doe\"\"@a.com\";x@b.com\n");
	assert_reads(H "\"\"\"a;b\"\"@a.com\";x@b.com\n",
		H "\"\"\"a;b\"\"@a.com\";x@b.com\n");
	assert_reads(H "x@a.com;\"\"\"john doe\"\"@a.com\"\n",
		H "x@a.com;\"\"\"john doe\"\"@a.com\"\n");
}

static void test_delimiters(void **state)
{
	static const struct {
		char delimiter;
		const char *text;
		const char *out;
	} tests[] = {
		{ ',', "Source,Target\na@a.com,\"b@b.com,c@b.com\"\n",
			"Source,Target\na@a.com,\"b@b.com,c@b.com\"\n" },
		{ '\t', " Source \tTarget\n a@a.com\tb@b.com\n\t\n",
			"Source\tTarget\na@a.com\tb@b.com\n" },
		{ '\t', " Source \tTarget\n a@a.com\t b@b.com\n  \n",
			"Source\tTarget\na@a.com\tb@b.com\n" },
		{ '|', "Source|Target\na@a.com|b@b.com\n",
			"Source|Target\na@a.com|b@b.com\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) {
		struct outcome *outcome =
			read_with(tests[i].text, strlen(tests[i].text),
				(struct csvfile_options){ .table = RULE_INBOUND,
					.delimiter = tests[i].delimiter });
		char *out;

		if (!tests[i].out) {
			assert_int_equal(outcome->result, ERR_BAD);
			assert_int_equal(outcome->complaints, 1);
			done(outcome);
			continue;
		}
		assert_int_equal(outcome->result, 0);
		out = written(outcome, tests[i].delimiter);
		assert_string_equal(out, tests[i].out);
		free(out);
		done(outcome);
	}
}

struct bad {
	const char *text;
	const char *line; /* of the message: its beginning */
	const char *says; /* and what is in it */
};

static void assert_bad(const struct outcome *outcome, const struct bad *bad)
{
	if (outcome->result != ERR_BAD || outcome->complaints < 1 ||
		strncmp(outcome->complaint[0], bad->line, strlen(bad->line)) !=
			0 ||
		!strstr(outcome->complaint[0], bad->says))
		fail_msg("%d, %zu complaints, \"%s\" instead of %s ... %s for "
			 "%s",
			outcome->result, outcome->complaints,
			outcome->complaint[0], bad->line, bad->says, bad->text);
	assert_null(outcome->rows.rows);
}

static void test_bad_files(void **state)
{
	static const struct bad tests[] = {
		{ "", "users.csv:1: ", "empty" },
		{ u8"\ufeff", "users.csv:1: ", "empty" },
		{ "\n \n\n", "users.csv:4: ", "Source;Target" },
		{ "bob@a.com;x@b.com\n", "users.csv:1: ",
			"expected the header row \"Source;"
			"Target\"" },
		{ "bob@a.com;x@b.com\n",
			"users.csv:1: ", "found \"bob@a.com;x@b.com\"" },
		{ "\nSource,Target\na@a.com,b@b.com\n",
			"users.csv:2: ", "leave out --delimiter" },
		{ "Source\tTarget\n",
			"users.csv:1: ", "leave out --delimiter" },
		{ "Source\n", "users.csv:1: ", "found \"Source\"" },
		{ "Target;Source\n", "users.csv:1: ", "Target;Source" },
		{ "PrimarySmtpAddress;EmailAddresses\n",
			"users.csv:1: ", "`readdress convert --domain" },
		{ "primaryEmail;aliases.0\n",
			"users.csv:1: ", "`readdress convert --domain" },
		{ "Source;Target;Comment\n",
			"users.csv:1: ", "and 1 more column" },
		{ "\x89PNG\r\n\x1a\n", "users.csv:1: ", "UTF-8" },
		{ "\x7f"
		  "ELF\x02\x01\n",
			"users.csv:1: ", "found \"?ELF??\"" },
		{ "\xff\xfeS", "users.csv:1: ", "UTF-16" },
		{ "PK\3\4\24\0", "users.csv:1: ", "ZIP archive" },
		{ H "bob@a.com\n",
			"users.csv:2: ", "found 1 column, expected 2" },
		{ H "bob@a.com,x@b.com\n",
			"users.csv:2: ", "found 1 column, expected 2" },
		{ H "\n\nbob@a.com;x@b.com;y\n",
			"users.csv:4: ", "found 3 columns, expected 2" },
		{ H "bob@a.com;x@b.com;y\n",
			"users.csv:2: ", "found 3 columns, expected 2" },
		{ H "a@a.com;b@b.com\r\nbob@a.com;\r\n",
			"users.csv:3: ", "target" },
		{ H ";x@b.com\n", "users.csv:2: ", "source" },
		{ H "bob@a.com;bob\n",
			"users.csv:2: ", "target \"bob\" has no domain" },
		{ H "b\xf6"
		    "b@a.com;x@b.com\n",
			"users.csv:2: ", "source is not UTF-8" },
		{ H "bob@a.com;x\xff@b.com\n",
			"users.csv:2: ", "target is not UTF-8" },
		{ H "\"bob@a.com\n\";x@b.com\n",
			"users.csv:2: ", "source contains a line break" },
		{ H "a@a.com;\"x@b.com\r\n\"\nbob@a.com;bob\n",
			"users.csv:2: ", "target contains a line break" },
		{ H "\"john doe\"@a.com;x@b.com\n",
			"users.csv:2: ", "closing quote" },
		{ H "bob@a.com;\"x@b.com\" y\n",
			"users.csv:2: ", "closing quote" },
		{ H "a@a.com;b@b.com\njohn\"doe@a.com;x@b.com\n",
			"users.csv:3: ", "found a quote inside a field" },
		{ H "\"bob@a.com;x@b.com\nc@a.com;d@b.com\n\"e@a.com\n",
			"users.csv:4: ", "begins in line 2" },
		{ H "a@a.com;b@b.com\n\"bob@a.com;x@b.com\nc@a.com;d@b.com\n",
			"users.csv:3: ", "never closed" },
		{ H "a@a.com;b@b.com\n\n\"bob@a.com\n\n\";\"x\n",
			"users.csv:4: ", "source contains a line break" },
		{ "Source;Target\ra@a.com;b@b.com\r", "users.csv:1: ",
			"found a carriage return without a line feed" },
		{ H "a@a.com;b@b.com\rc@a.com;d@b.com\n", "users.csv:2: ",
			"found a carriage return without a line feed" },
		{ H "a@a.com;b@b.com\r", "users.csv:2: ",
			"found a carriage return without a line feed" },
		{ H "a@a.com;b@b.com\nA@A.com;c@b.com\n", "users.csv:3: ",
			"\"a@a.com\" has another target in line 2; remove one "
			"of the two rows" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) {
		struct outcome *outcome = read_text(tests[i].text);

		assert_bad(outcome, &tests[i]);
		done(outcome);
	}
}

static void test_nul(void **state)
{
	static const char text[] = H "a@a.com;b@b.com\nc@a.com\0;d@b.com\n";
	static const struct bad bad = { "(NUL)",
		"users.csv:3: ", "source contains a NUL byte" };
	struct outcome *outcome = read_with(text, sizeof text - 1,
		(struct csvfile_options){
			.table = RULE_INBOUND, .delimiter = ';' });

	(void)state;
	assert_bad(outcome, &bad);
	done(outcome);
}

/* Lines after a field with line breaks keep their numbers. */
static void test_lines_behind_breaks(void **state)
{
	struct outcome *outcome =
		read_text(H "\"a\n\n@a.com\";b@b.com\nc@a.com;d\n\n"
			    "e@a.com;\"f@b.com\r\n\"\r\ng@a.com;h\n");
	static const char *const lines[] = { "users.csv:2: source contains",
		"users.csv:5: target \"d\"", "users.csv:7: target contains",
		"users.csv:9: target \"h\"" };

	(void)state;
	assert_four(outcome, lines);
	assert_string_equal(outcome->error.text,
		"users.csv: 4 errors, nothing was changed");
	done(outcome);
}

static void test_repeated(void **state)
{
	struct outcome *outcome = read_text(H "bob@a.com;x@b.com\n"
					      "a@a.com;y@b.com\n"
					      "\"bob@a.com\"; x@b.com \n"
					      "BOB@A.COM.;x@b.com\n");
	char *out;

	(void)state;
	assert_int_equal(outcome->result, 0);
	assert_int_equal(outcome->rows.count, 2);
	assert_int_equal(outcome->rows.repeated, 2);
	assert_int_equal(outcome->rows.rows[0].line, 3);
	assert_int_equal(outcome->rows.rows[1].line, 2);
	out = written(outcome, ';');
	assert_string_equal(out, H "a@a.com;y@b.com\nbob@a.com;x@b.com\n");
	free(out);
	done(outcome);
}

/* Errors in rows and duplicates are found at different times, but shown by
 * line. */
static void test_order_of_errors(void **state)
{
	struct outcome *outcome = read_text(
		H "a@a.com;b@b.com\nz@a.com;zz\na@a.com;c@b.com\ny@a.com;y\n"
		  "a@a.com;d@b.com\na@a.com;b@b.com\n");
	static const char *const lines[] = { "users.csv:3: ", "users.csv:4: ",
		"users.csv:5: ", "users.csv:6: " };

	(void)state;
	assert_four(outcome, lines);
	assert_string_equal(outcome->complaint[3],
		"users.csv:6: \"a@a.com\" has another target in line 2; remove "
		"one of the two rows");
	done(outcome);
}

static void test_many_errors(void **state)
{
	char text[4000] = H;
	struct outcome *outcome;

	(void)state;
	for (unsigned i = 0; i < 50; i++)
		(void)snprintf(text + strlen(text), sizeof text - strlen(text),
			"u%u@a.com;bad%u\n", i, i);
	/* found last, but it stands first */
	(void)snprintf(text + strlen(text), sizeof text - strlen(text),
		"q@a.com;c@b.com\nq@a.com;d@b.com\n");
	outcome = read_text(text);
	assert_int_equal(outcome->result, ERR_BAD);
	assert_int_equal(outcome->complaints, CSVFILE_ERRORS_SHOWN + 1);
	assert_string_equal(outcome->complaint[0],
		"users.csv:2: target \"bad0\" has no domain");
	assert_string_equal(outcome->complaint[19],
		"users.csv:21: target \"bad19\" has no domain");
	assert_string_equal(
		outcome->complaint[20], "users.csv: 31 more errors");
	assert_string_equal(outcome->error.text,
		"users.csv: 51 errors, nothing was changed");
	done(outcome);
}

static void test_duplicates_before_errors(void **state)
{
	char text[4000] = H "q@a.com;c@b.com\nq@a.com;d@b.com\n";
	struct outcome *outcome;

	(void)state;
	for (unsigned i = 0; i < 20; i++)
		(void)snprintf(text + strlen(text), sizeof text - strlen(text),
			"u%u@a.com;bad%u\n", i, i);
	outcome = read_text(text);
	assert_int_equal(outcome->complaints, CSVFILE_ERRORS_SHOWN + 1);
	assert_string_equal(outcome->complaint[0],
		"users.csv:3: \"q@a.com\" has another target in line 2; remove "
		"one of the two rows");
	assert_string_equal(outcome->complaint[20], "users.csv: 1 more error");
	done(outcome);
}

static void test_long_fields(void **state)
{
	const size_t len = 3000000;
	char *text = malloc(len);
	static const struct bad open = { "(long)",
		"users.csv:2: ", "never closed" };
	static const struct bad bare = { "(long)",
		"users.csv:2: ", "more than 65536 bytes" };
	struct csvfile_options options = { .table = RULE_INBOUND,
		.delimiter = ';' };
	struct outcome *outcome;

	(void)state;
	assert_non_null(text);
	memset(text, 'x', len);
	memcpy(text, H "\"", strlen(H) + 1);
	outcome = read_with(text, 600000, options);
	assert_bad(outcome, &open);
	done(outcome);
	text[strlen(H)] = 'x';
	outcome = read_with(text, 600000, options);
	assert_bad(outcome, &bare);
	done(outcome);
	/* ended within one chunk */
	memcpy(text + 70000, "\na@a.com;b@b.com\n", 17);
	outcome = read_with(text, 70000 + 17, options);
	assert_bad(outcome, &bare);
	assert_int_equal(outcome->complaints, 1);
	done(outcome);
	free(text);
}

/* A quote that is never closed is reported with its line. The rest of the file
 * is neither read to its end nor kept in memory, however long it is. */
static void test_open_quote(void **state)
{
	const size_t len = (size_t)32 << 20;
	char *text = malloc(len);
	static const struct bad open = { "(open quote)",
		"users.csv:3: ", "never closed" };
	struct csvfile_options options = { .table = RULE_INBOUND,
		.delimiter = ';' };
	struct outcome *outcome;

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i < len; i++)
		text[i] = "u@a.com;u@b.com\n"[i % 16];
	memcpy(text, H "u@c.com;u@b.com\n\"", strlen(H) + 17);
	for (int column = 0; column < 2; column++) {
		outcome = read_with(text, len, options);
		assert_bad(outcome, &open);
		assert_int_equal(outcome->complaints, 1);
		assert_true(outcome->progress_octets < len / 16);
		done(outcome);
		/* of the target */
		memcpy(text + strlen(H) + 16, "u@d.com;\"", 9);
	}
	free(text);
}

static int by_source(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* So many rows that chunks end within them, with runs of equal bytes of all
 * lengths. The order is that of the bytes. */
static void test_many_rows(void **state)
{
	enum { ROWS = 30000, WIDTH = 64 };
	char *rows = malloc((size_t)ROWS * WIDTH);
	char *text = malloc((size_t)ROWS * 2 * WIDTH);
	unsigned random = 12345;
	struct outcome *outcome;
	size_t len;
	char *out;
	char *at;

	(void)state;
	assert_non_null(rows);
	assert_non_null(text);
	for (unsigned i = 0; i < ROWS; i++)
		(void)snprintf(rows + (size_t)i * WIDTH, WIDTH, "%s%u@%s.com",
			i % 3 ? "user-with-a-long-name" : "u", i,
			i % 2 ? "aaaaaaaa" : "b");
	for (unsigned i = ROWS - 1; i > 0; i--) {
		char swap[WIDTH];
		char *a = rows + (size_t)i * WIDTH;
		char *b;

		random = random * 1103515245u + 12345u;
		b = rows + (size_t)(random / 65536u % (i + 1)) * WIDTH;
		memcpy(swap, a, WIDTH);
		memcpy(a, b, WIDTH);
		memcpy(b, swap, WIDTH);
	}
	at = text + sprintf(text, "%s", H);
	for (unsigned i = 0; i < ROWS; i++)
		at += sprintf(at, "%s;x@b.com\r\n", rows + (size_t)i * WIDTH);
	len = (size_t)(at - text);
	outcome = read_with(text, len,
		(struct csvfile_options){
			.table = RULE_INBOUND, .delimiter = ';' });
	assert_int_equal(outcome->result, 0);
	assert_int_equal(outcome->rows.count, ROWS);
	assert_int_equal(outcome->progress_rows, ROWS);
	qsort(rows, ROWS, WIDTH, by_source);
	at = text + sprintf(text, "%s", H);
	for (unsigned i = 0; i < ROWS; i++)
		at += sprintf(at, "%s;x@b.com\n", rows + (size_t)i * WIDTH);
	out = written(outcome, ';');
	assert_string_equal(out, text);
	free(out);
	done(outcome);
	free(text);
	free(rows);
}

static void test_memory_and_disk(void **state)
{
	struct csvfile_options options = {
		.table = RULE_INBOUND, .delimiter = ';', .name = "."
	};
	struct arena *arena = arena_open(1);
	struct rows rows;
	struct error error;
	char text[8192] = H;
	FILE *file = fopen("/", "r");

	(void)state;
	assert_non_null(arena);
	assert_non_null(file);
	assert_int_equal(
		csvfile_read(file, &options, arena, &rows, &error), ERR_IO);
	assert_non_null(strstr(error.text, "Is a directory"));
	(void)fclose(file);

	for (unsigned i = 0; i < 300; i++)
		(void)snprintf(text + strlen(text), sizeof text - strlen(text),
			"u%u@a.com;x@b.com\n", i);
	file = fmemopen(text, strlen(text), "r");
	assert_non_null(file);
	assert_int_equal(
		csvfile_read(file, &options, arena, &rows, &error), ERR_NOMEM);
	assert_null(rows.rows);
	(void)fclose(file);
	arena_close(arena);

	file = fopen("/dev/full", "w");
	assert_non_null(file);
	(void)setvbuf(file, NULL, _IONBF, 0);
	assert_int_equal(csvfile_write_header(file, ';'), ERR_IO);
	(void)fclose(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good_files),
		cmocka_unit_test(test_quotes),
		cmocka_unit_test(test_delimiters),
		cmocka_unit_test(test_bad_files),
		cmocka_unit_test(test_nul),
		cmocka_unit_test(test_lines_behind_breaks),
		cmocka_unit_test(test_repeated),
		cmocka_unit_test(test_order_of_errors),
		cmocka_unit_test(test_many_errors),
		cmocka_unit_test(test_duplicates_before_errors),
		cmocka_unit_test(test_long_fields),
		cmocka_unit_test(test_open_quote),
		cmocka_unit_test(test_many_rows),
		cmocka_unit_test(test_memory_and_disk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
