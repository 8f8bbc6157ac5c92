/* Arrays that grow: their elements stay, and sizes that overflow are
 * refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/array.h"

#define COUNT 1000

static void fill(struct arena *arena)
{
	unsigned *numbers = NULL;
	size_t room = 0;

	for (unsigned i = 0; i < COUNT; i++) {
		unsigned *grown =
			arena ? array_grow_in(arena, numbers, i, &room,
					sizeof *numbers)
			      : array_grow(numbers, i, &room, sizeof *numbers);

		assert_non_null(grown);
		assert_true(room > i);
		numbers = grown;
		numbers[i] = i;
	}
	for (unsigned i = 0; i < COUNT; i++)
		assert_int_equal(numbers[i], i);
	assert_true(room < 4 * (size_t)COUNT);
	if (!arena)
		free(numbers);
}

static void test_grow(void **state)
{
	struct arena *arena = arena_open(1 << 20);

	(void)state;
	assert_non_null(arena);
	fill(NULL);
	fill(arena);
	arena_close(arena);
}

/* The array moves only when it is full. */
static void test_room(void **state)
{
	char here;
	size_t room = 2;

	(void)state;
	assert_ptr_equal(array_grow(&here, 1, &room, 1), &here);
	assert_ptr_equal(array_grow_in(NULL, &here, 1, &room, 1), &here);
	assert_int_equal(room, 2);
}

static void test_too_much(void **state)
{
	struct arena *arena = arena_open(1 << 16);
	size_t rooms[] = { SIZE_MAX / 2, SIZE_MAX / 2 + 1, SIZE_MAX };
	char *array = malloc(1);

	(void)state;
	assert_non_null(arena);
	assert_non_null(array);
	for (size_t i = 0; i < sizeof rooms / sizeof *rooms; i++) {
		size_t room = rooms[i];

		assert_null(array_grow(array, room, &room, 8));
		assert_null(array_grow_in(arena, array, room, &room, 8));
		assert_int_equal(room, rooms[i]);
	}
	assert_null(arena_array(arena, SIZE_MAX / 8 + 2, 8));
	assert_null(arena_array(arena, 2, SIZE_MAX));
	assert_null(arena_array(arena, 1 << 16, 1)); /* more than the maximum */
	assert_non_null(arena_array(arena, 0, 8));
	assert_non_null(arena_array(arena, 8, 0));
	free(array);
	arena_close(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_grow),
		cmocka_unit_test(test_room),
		cmocka_unit_test(test_too_much),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
