#include "kit/mapkit.h"
#include "rules/rowsort.h"

enum { WIDTH = 32 };

/* What the rows must be: the same ones, in the order of key and line. */
static int by_key_and_line(const void *a, const void *b)
{
	const struct row *x = a;
	const struct row *y = b;
	int order = bytes_compare(x->rule.key, y->rule.key);

	return order ? order : (x->line > y->line) - (x->line < y->line);
}

/* How keys are made of random numbers below `keys`. */
struct shape {
	uint32_t keys;
	const char *before;
	int width;
	const char *after;
};

/* Sorts count rows, and compares with qsort(). */
static void check(size_t count, const struct shape *shape)
{
	struct row *rows = calloc(count + 1, sizeof *rows);
	struct row *wanted = calloc(count + 1, sizeof *rows);
	char *text = calloc(count + 1, WIDTH);
	uint32_t seed = 20261129;

	assert_true(rows && wanted && text);
	for (size_t i = 0; i < count; i++) {
		char *key = text + i * WIDTH;

		(void)snprintf(key, WIDTH, "%s%0*u%s", shape->before,
			shape->width, kit_random(&seed) % shape->keys,
			shape->after);
		rows[i] = kit_row(key, key);
		rows[i].line = (uint32_t)i + 1;
	}
	memcpy(wanted, rows, count * sizeof *rows);
	qsort(wanted, count, sizeof *wanted, by_key_and_line);
	assert_int_equal(rowsort(rows, count), 0);
	for (size_t i = 0; i < count; i++) {
		assert_ptr_equal(
			rows[i].rule.key.data, wanted[i].rule.key.data);
		assert_int_equal(rows[i].rule.key.len, wanted[i].rule.key.len);
		assert_ptr_equal(
			rows[i].rule.value.data, wanted[i].rule.value.data);
		assert_int_equal(
			rows[i].rule.value.len, wanted[i].rule.value.len);
		assert_int_equal(rows[i].line, wanted[i].line);
	}
	free(text);
	free(wanted);
	free(rows);
}

static void test_sort(void **state)
{
	static const size_t counts[] = { 0, 1, 2, 511, 512, 600, 5000, 20000 };

	static const struct shape shapes[] = {
		{ UINT32_MAX, "", 1, "" },
		{ UINT32_MAX, "user", 10, "@old.example" },
		{ 10, "", 1, "12345678" },
		{ 3, "12345", 1, "" },
		{ 300, "", 1, "" },
		{ 1, "1234567", 1, "" },
		{ 1, "1234567890123", 1, "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
		for (size_t n = 0; n < sizeof shapes / sizeof *shapes; n++)
			check(counts[i], &shapes[n]);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_sort) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
