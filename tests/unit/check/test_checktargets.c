#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "check/checktargets.h"
#include "kit/mapkit.h"

#define SOURCES 20000
#define TARGETS 3000

/* Against a model that counts by the target's number. */
static void test_model(void **test)
{
	static char sources[SOURCES][24];
	static size_t counts[TARGETS];
	static const char *first[TARGETS];
	struct checktargets list = { 0 };
	uint32_t seed = 20261129;

	(void)test;
	for (unsigned i = 0; i < SOURCES; i++) {
		char target[32];
		/* Half of them have the same target. */
		unsigned number = i % 2 ? 0 : kit_random(&seed) % TARGETS;

		(void)snprintf(sources[i], sizeof sources[i], "u%08x@b.example",
			(unsigned)kit_random(&seed));
		(void)snprintf(target, sizeof target, "t%u@y.example", number);
		assert_int_equal(checktargets_add(&list, bytes_of(target),
					 bytes_of(sources[i])),
			0);
		if (!counts[number]++ || strcmp(sources[i], first[number]) < 0)
			first[number] = sources[i];
	}
	checktargets_sort(&list);
	assert_true(list.shared);
	for (unsigned number = 0; number < TARGETS; number++) {
		struct bytes source = { NULL, 0 };
		char target[32];

		(void)snprintf(target, sizeof target, "t%u@y.example", number);
		assert_int_equal(
			checktargets_find(&list, bytes_of(target), &source),
			counts[number]);
		if (counts[number])
			assert_true(
				bytes_equal(source, bytes_of(first[number])));
		else
			assert_null(source.data);
	}
	checktargets_free(&list);
}

/* Targets of all lengths, which differ in any one byte, have hashes of their
 * own, whatever is behind them. */
static void test_lengths(void **test)
{
	char longest[CHECKTARGETS_SOURCE + 9];
	struct checktargets list = { 0 };
	struct bytes source;

	(void)test;
	memset(longest, 'a', sizeof longest);
	for (size_t len = 0; len < 300; len++)
		assert_int_equal(
			checktargets_add(&list, (struct bytes){ longest, len },
				(struct bytes){ longest, CHECKTARGETS_SOURCE }),
			0);
	for (size_t at = 0; at < 64; at++) {
		longest[at] = 'b';
		assert_int_equal(
			checktargets_add(&list, (struct bytes){ longest, 64 },
				(struct bytes){ longest, at }),
			0);
		longest[at] = 'a';
	}
	checktargets_sort(&list);
	assert_false(list.shared);
	for (size_t len = 0; len < 300; len++) {
		longest[len] = 'x';
		assert_int_equal(
			checktargets_find(
				&list, (struct bytes){ longest, len }, &source),
			1);
		assert_int_equal(source.len, CHECKTARGETS_SOURCE);
		longest[len] = 'a';
	}
	for (size_t at = 0; at < 64; at++) {
		longest[at] = 'b';
		assert_int_equal(
			checktargets_find(
				&list, (struct bytes){ longest, 64 }, &source),
			1);
		assert_int_equal(source.len, at);
		assert_ptr_equal(source.data, longest);
		longest[at] = 'a';
	}
	checktargets_free(&list);
	checktargets_sort(&list);
	assert_int_equal(checktargets_find(&list, bytes_of("a"), &source), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_model),
		cmocka_unit_test(test_lengths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
