/* How large a message next hops take, and the file that keeps it. */
#include "kit/mapkit.h"

#include "routing/hopsizes.h"

#define NOW INT64_C(1795273740)

static const char *file_of(struct kit *kit)
{
	return kit_path(kit, HOPSIZES_FILE);
}

static void put(struct arena *arena, struct hopsizes *sizes,
	const char *nexthop, uint64_t bytes)
{
	const struct hopsize one = { bytes_of(nexthop), bytes_of("new.example"),
		bytes, NOW };

	assert_int_equal(hopsizes_put(arena, sizes, &one), 0);
}

static void test_put(void **state)
{
	struct arena *arena = arena_open(1 << 20);
	struct hopsizes sizes = { .list = NULL };
	static const char *const words[] = { "", "a b", "a\n", "a\x7f" };

	(void)state;
	assert_null(hopsizes_largest(NULL));
	assert_null(hopsizes_largest(&sizes));
	put(arena, &sizes, "[a]", 10);
	put(arena, &sizes, "[b]", 30);
	put(arena, &sizes, "[c]", 20);
	assert_int_equal(hopsizes_largest(&sizes)->bytes, 30);
	/* It says something else now, and then that it has no limit. */
	put(arena, &sizes, "[b]", 5);
	assert_int_equal(hopsizes_largest(&sizes)->bytes, 20);
	assert_int_equal(sizes.count, 3);
	put(arena, &sizes, "[c]", 0);
	assert_int_equal(hopsizes_largest(&sizes)->bytes, 10);
	assert_int_equal(sizes.count, 2);
	put(arena, &sizes, "[none]", 0);
	assert_int_equal(sizes.count, 2);
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		struct hopsize one = { bytes_of(words[i]), bytes_of("d"), 1,
			NOW };

		assert_int_equal(hopsizes_put(arena, &sizes, &one), ERR_BAD);
		one = (struct hopsize){ bytes_of("[d]"), bytes_of(words[i]), 1,
			NOW };
		assert_int_equal(hopsizes_put(arena, &sizes, &one), ERR_BAD);
	}
	assert_int_equal(sizes.count, 2);
	arena_close(arena);
}

/* The largest are kept: message_size_limit is compared with these. */
static void test_full(void **state)
{
	static char names[HOPSIZES_MAX + 50][16];
	struct arena *arena = arena_open(4 << 20);
	struct hopsizes sizes = { .list = NULL };

	(void)state;
	for (size_t i = 0; i < HOPSIZES_MAX + 50; i++) {
		(void)snprintf(names[i], sizeof names[i], "[h%zu]", i);
		put(arena, &sizes, names[i], i + 1);
	}
	assert_int_equal(sizes.count, HOPSIZES_MAX);
	for (size_t i = 0; i < sizes.count; i++)
		assert_true(sizes.list[i].bytes > 50);
	assert_int_equal(hopsizes_largest(&sizes)->bytes, HOPSIZES_MAX + 50);
	arena_close(arena);
}

static void test_file(void **test)
{
	struct kit *kit = *test;
	struct arena *arena = arena_open(8 << 20);
	struct hopsizes sizes = { .list = NULL };
	char *text;

	/* No file, and no directory. */
	KIT_OK(kit, hopsizes_read(kit->dir, NOW, arena, &sizes, &kit->error));
	assert_int_equal(sizes.count, 0);
	KIT_OK(kit, hopsizes_read(kit_path(kit, "none"), NOW, arena, &sizes,
			    &kit->error));
	KIT_FAILS(kit, ERR_NOENT, "none",
		hopsizes_write(kit_path(kit, "none"), &sizes, &kit->error));
	put(arena, &sizes, "[mx.new.example]:25", 36700160);
	put(arena, &sizes, "other.example", 10);
	KIT_OK(kit, hopsizes_write(kit->dir, &sizes, &kit->error));
	assert_int_equal(kit_mode(file_of(kit)), 0640);
	text = kit_read(file_of(kit), NULL);
	assert_string_equal(text,
		"[mx.new.example]:25 new.example 36700160 1795273740\n"
		"other.example new.example 10 1795273740\n");
	free(text);
	KIT_OK(kit, hopsizes_read(kit->dir, NOW, arena, &sizes, &kit->error));
	assert_int_equal(sizes.count, 2);
	assert_int_equal(hopsizes_largest(&sizes)->bytes, 36700160);
	/* What was not asked for long is forgotten. */
	KIT_OK(kit, hopsizes_read(kit->dir, NOW + HOPSIZES_KEEP_SECONDS, arena,
			    &sizes, &kit->error));
	assert_int_equal(sizes.count, 0);
	arena_close(arena);
}

static void test_damaged(void **test)
{
	static const char *const lines[] = { "[a] a.example 0 1795273740",
		"[a] a.example 10", "[a] a.example ten 1795273740",
		"[a]  10 1795273740", " a.example 10 1795273740",
		"[a] a.example 10 1795273740 ", "[a] a.example 10 253402300800",
		"[a] a.example 10 -1", "" };
	struct kit *kit = *test;
	struct arena *arena = arena_open(64 << 20);
	struct hopsizes sizes;

	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		FILE *file = fopen(file_of(kit), "w");

		assert_non_null(file);
		(void)fprintf(
			file, "[b] b.example 7 1795273740\n%s\n", lines[i]);
		assert_int_equal(fclose(file), 0);
		KIT_FAILS(kit, ERR_BAD, "sizes:2: the line is damaged",
			hopsizes_read(
				kit->dir, NOW, arena, &sizes, &kit->error));
	}
	assert_int_equal(truncate(file_of(kit), (1 << 20) + 1), 0);
	KIT_FAILS(kit, ERR_BAD, "longer than",
		hopsizes_read(kit->dir, NOW, arena, &sizes, &kit->error));
	arena_close(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_put),
		cmocka_unit_test(test_full),
		KIT_TEST(test_file),
		KIT_TEST(test_damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
