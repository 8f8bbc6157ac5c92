#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>

#include "twice.h"

static struct twice table;

static bool seen(
	const char *queue, const char *client, const char *sender, uint64_t now)
{
	return twice_seen(&table, bytes_of(queue), bytes_of(client),
		bytes_of(sender), now);
}

static int clear(void **state)
{
	(void)state;
	table = (struct twice){ { 0 } };
	return 0;
}

static void test_same(void **state)
{
	(void)state;
	assert_false(seen("4F2A", "192.0.2.1", "<a@b.example>", 5000));
	assert_true(seen("4F2A", "192.0.2.1", "<a@b.example>", 5000));
	assert_true(seen("4F2A", "192.0.2.1", "<a@b.example>", 5999));
	/* A second later it counts as another message. */
	assert_false(seen("4F2A", "192.0.2.1", "<a@b.example>", 6999));
	assert_true(seen("4F2A", "192.0.2.1", "<a@b.example>", 7000));
}

static void test_different(void **state)
{
	static const char *const other[][3] = {
		{ "4F2B", "192.0.2.1", "<a@b.example>" },
		{ "4F2A", "192.0.2.2", "<a@b.example>" },
		{ "4F2A", "192.0.2.1", "<a@c.example>" },
		{ "4F2A1", "92.0.2.1", "<a@b.example>" },
		{ "4F2A", "192.0.2.1<", "a@b.example>" },
		{ "4F2A", "192.0.2.1", "" },
		{ "4F2A", "", "<a@b.example>" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof other / sizeof *other; i++) {
		clear(NULL);
		assert_false(seen("4F2A", "192.0.2.1", "<a@b.example>", 1));
		assert_false(seen(other[i][0], other[i][1], other[i][2], 1));
		assert_true(seen("4F2A", "192.0.2.1", "<a@b.example>", 1));
	}
	/* Without a queue ID no message can be recognized. */
	assert_false(seen("", "192.0.2.1", "<a@b.example>", 1));
	assert_false(seen("", "192.0.2.1", "<a@b.example>", 1));
}

/* The same when the clock's bits wrap around. */
static void test_clock(void **state)
{
	static const uint64_t times[] = { 0, 1, (1 << 20) - 500, (1 << 20) - 1,
		1 << 20, UINT64_MAX - 500 };

	(void)state;
	for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
		clear(NULL);
		assert_false(seen("4F2A", "192.0.2.1", "<>", times[i]));
		assert_true(seen("4F2A", "192.0.2.1", "<>", times[i] + 999));
		assert_false(seen("4F2A", "192.0.2.1", "<>", times[i] + 1999));
	}
}

/* A second with much mail: no message counts as another. */
static void test_many(void **state)
{
	char queue[32];

	(void)state;
	for (unsigned i = 0; i < 200000; i++) {
		(void)snprintf(queue, sizeof queue, "%X", i);
		assert_false(seen(queue, "192.0.2.1", "<a@b.example>", 7));
	}
	assert_true(seen(queue, "192.0.2.1", "<a@b.example>", 7));
}

static void *see_many(void *context)
{
	const char *client = context;
	uintptr_t count = 0;
	char queue[32];

	for (unsigned i = 0; i < 20000; i++) {
		(void)snprintf(queue, sizeof queue, "%X", i);
		count += seen(queue, client, "<>", i);
	}
	return (void *)count;
}

static void test_threads(void **state)
{
	static char clients[4][16] = { "192.0.2.1", "192.0.2.2", "192.0.2.3",
		"192.0.2.4" };
	pthread_t threads[4];

	(void)state;
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(
			pthread_create(&threads[i], NULL, see_many, clients[i]),
			0);
	for (size_t i = 0; i < 4; i++) {
		void *count;

		assert_int_equal(pthread_join(threads[i], &count), 0);
		assert_null(count);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_same, clear),
		cmocka_unit_test_setup(test_different, clear),
		cmocka_unit_test_setup(test_clock, clear),
		cmocka_unit_test_setup(test_many, clear),
		cmocka_unit_test_setup(test_threads, clear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
