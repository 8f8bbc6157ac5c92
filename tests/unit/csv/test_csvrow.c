/* Any CSV, row by row. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "csv/csvrow.h"

/* Reads a text and writes "LINE:field|field|" and a line break for each row. */
static int read_all(const char *text, char delimiter, char *out, size_t size,
	struct error *error)
{
	static struct csvrow row;
	struct arena *arena = arena_open(1 << 20);
	size_t len = strlen(text);
	char *copy = malloc(len ? len : 1); /* of just this size */
	size_t used = 0;
	int result;

	assert_non_null(arena);
	assert_non_null(copy);
	memcpy(copy, text, len);
	row = (struct csvrow){
		.rest = { copy, len }, .delimiter = delimiter, .line = 1
	};
	out[0] = '\0';
	while ((result = csvrow_next(&row, arena, error)) == 1) {
		used += (size_t)snprintf(
			out + used, size - used, "%u:", row.row_line);
		for (unsigned i = 0; i < row.count; i++)
			used += (size_t)snprintf(out + used, size - used,
				"%.*s|", (int)row.fields[i].len,
				row.fields[i].data);
		used += (size_t)snprintf(out + used, size - used, "\n");
	}
	free(copy);
	arena_close(arena);
	return result;
}

static void test_rows(void **state)
{
	static const struct {
		const char *text;
		const char *rows;
	} cases[] = {
		{ "", "" },
		{ "\n\r\n\r", "" },
		{ "a", "1:a|\n" },
		{ "a,b\n\nc,d\n", "1:a|b|\n3:c|d|\n" },
		{ "a,b\r\nc,d\r\n", "1:a|b|\n2:c|d|\n" },
		{ "a,b\rc,d", "1:a|b|\n2:c|d|\n" },
		{ ",\na,\n", "1:||\n2:a||\n" },
		{ "\"a\",\"b,c\"\n", "1:a|b,c|\n" },
		{ "\"\",\"\"\"\"\n", "1:|\"|\n" },
		{ "\"a \"\"b\"\" c\"", "1:a \"b\" c|\n" },
		{ "\"a\r\nb\",c\nd,e\n", "1:a\r\nb|c|\n3:d|e|\n" },
		{ "a\"b,c d", "1:a\"b|c d|\n" },
		{ "\"a\"", "1:a|\n" },
		{ "a;b\tc", "1:a;b\tc|\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char out[200];
		struct error error = { .text = "" };

		assert_int_equal(
			read_all(cases[i].text, ',', out, sizeof out, &error),
			0);
		assert_string_equal(out, cases[i].rows);
	}
}

static void test_refused(void **state)
{
	static const struct {
		const char *text;
		const char *why;
	} cases[] = {
		{ "a\n\"b", "2: a field begins with a quote here" },
		{ "\"", "1: a field begins with a quote here" },
		{ "\"a\"\"", "1: a field begins with a quote here" },
		{ "a\n\"b\"c,d", "2: found text after a closing quote" },
		{ "\"a\nb\" ,d", "2: found text after a closing quote" },
	};
	static char many[2 * CSVROW_COLUMNS + 3];
	static char out[8 * CSVROW_COLUMNS];
	struct error error = { .text = "" };

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_int_equal(
			read_all(cases[i].text, ',', out, sizeof out, &error),
			ERR_BAD);
		assert_int_equal(
			strncmp(error.text, cases[i].why, strlen(cases[i].why)),
			0);
	}
	memset(many, ',', CSVROW_COLUMNS - 1);
	assert_int_equal(read_all(many, ',', out, sizeof out, &error), 0);
	memset(many, ',', CSVROW_COLUMNS);
	assert_int_equal(read_all(many, ',', out, sizeof out, &error), ERR_BAD);
	assert_string_equal(error.text, "1: found more than 1024 columns");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
