#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdalign.h>

#include "base/arena.h"

static void test_alignment(void **state)
{
	struct arena *arena = arena_open(1 << 20);

	(void)state;
	assert_non_null(arena);
	for (size_t size = 1; size < 100; size++) {
		void *object;
		char *octets = arena_bytes(arena, size);

		assert_non_null(octets);
		memset(octets, 'o', size);
		object = arena_alloc(arena, size);
		assert_non_null(object);
		assert_int_equal((uintptr_t)object % alignof(max_align_t), 0);
		memset(object, 'a', size);
		for (size_t i = 0; i < size; i++)
			assert_int_equal(octets[i], 'o');
	}
	arena_close(arena);
	arena_close(NULL);
}

static void test_octets_pack(void **state)
{
	struct arena *arena = arena_open(1 << 20);
	char *first;

	(void)state;
	assert_non_null(arena);
	first = arena_bytes(arena, 3);
	assert_non_null(first);
	assert_ptr_equal(arena_bytes(arena, 5), first + 3);
	assert_ptr_equal(arena_bytes(arena, 1), first + 8);
	arena_close(arena);
}

static void test_copy(void **state)
{
	struct arena *arena = arena_open(1 << 20);
	char *copy;

	(void)state;
	assert_non_null(arena);
	copy = arena_copy(arena, "a\0b", 3);
	assert_non_null(copy);
	assert_memory_equal(copy, "a\0b", 4);
	copy = arena_copy(arena, NULL, 0);
	assert_non_null(copy);
	assert_string_equal(copy, "");
	assert_null(arena_copy(arena, "a", SIZE_MAX));
	arena_close(arena);
}

static void test_cap(void **state)
{
	struct arena *arena = arena_open(100000);
	size_t octets = 0;

	(void)state;
	assert_non_null(arena);
	assert_null(arena_alloc(arena, 100001));
	assert_null(arena_alloc(arena, SIZE_MAX));
	assert_null(arena_bytes(arena, SIZE_MAX - 1));
	while (arena_bytes(arena, 100))
		octets += 100;
	assert_in_range(octets, 50000, 100000);
	assert_true(arena_used(arena) <= 100000);
	arena_reset(arena);
	octets = 0;
	while (arena_bytes(arena, 100))
		octets += 100;
	assert_in_range(octets, 50000, 100000);
	arena_close(arena);
}

static void test_large(void **state)
{
	struct arena *arena = arena_open((size_t)16 << 20);
	char *small;
	char *large;

	(void)state;
	assert_non_null(arena);
	small = arena_copy(arena, "small", 5);
	large = arena_alloc(arena, (size_t)10 << 20);
	assert_non_null(small);
	assert_non_null(large);
	memset(large, 'x', (size_t)10 << 20);
	assert_string_equal(small, "small");
	assert_true(arena_used(arena) >= (size_t)10 << 20);
	assert_null(arena_alloc(arena, (size_t)10 << 20));
	arena_reset(arena);
	assert_non_null(arena_alloc(arena, (size_t)10 << 20));
	arena_close(arena);
}

static void test_rewind(void **state)
{
	struct arena *arena = arena_open((size_t)8 << 20);
	struct arena_mark mark;
	char *kept;
	char *first;

	(void)state;
	assert_non_null(arena);
	kept = arena_copy(arena, "kept", 4);
	mark = arena_mark(arena);
	first = arena_bytes(arena, 10);
	assert_non_null(kept);
	assert_non_null(first);
	/* far more than the maximum, if nothing were given back */
	for (int round = 0; round < 100; round++) {
		for (int i = 0; i < 100; i++) {
			char *octets = arena_bytes(arena, 10000);

			assert_non_null(octets);
			memset(octets, 'x', 10000);
		}
		arena_rewind(arena, mark);
	}
	assert_string_equal(kept, "kept");
	assert_ptr_equal(arena_bytes(arena, 10), first);
	arena_close(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_alignment),
		cmocka_unit_test(test_octets_pack),
		cmocka_unit_test(test_copy),
		cmocka_unit_test(test_cap),
		cmocka_unit_test(test_large),
		cmocka_unit_test(test_rewind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
