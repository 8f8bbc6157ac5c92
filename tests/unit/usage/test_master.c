/* What is remembered, its bounds, and the file that holds it. */
#include <stdio.h>
#include <stdlib.h>

#include "kit/testmap.h"

#include "usage/mask.h"
#include "usage/usagefile.h"

#define DAY 86400
#define NOW INT64_C(1795262400) /* 2026-11-21T12:00:00Z */

static void add(struct master *master, enum usage_what what, const char *name,
	uint64_t count, int64_t last)
{
	struct usage_entry entry = { .what = what,
		.name = bytes_of(name),
		.first = (uint32_t)last - 1,
		.last = (uint32_t)last,
		.counts = { count } };

	assert_int_equal(master_add(master, &entry), 0);
}

/* Returns the count of an entry; -1 if there is none. */
static int64_t count_of(
	const struct master *master, enum usage_what what, const char *name)
{
	struct usage_entry entry = { .what = what, .name = bytes_of(name) };

	return master_find(master, &entry)
		       ? (int64_t)entry.counts[USAGE_MESSAGES]
		       : -1;
}

/* A model: an array in which the least one is searched for. */
static void test_bound(void **state)
{
	enum { MAX = 50, NAMES = 200, STEPS = 20000 };
	struct master *master = master_open(3);
	struct {
		uint64_t count;
		int64_t last;
	} model[NAMES] = { { 0 } };
	unsigned seed = 1;
	size_t held = 0;

	(void)state;
	assert_non_null(master);
	master_limit(master, MAX);
	for (int step = 0; step < STEPS; step++) {
		char name[16];
		size_t n;

		seed = seed * 1103515245 + 12345;
		n = (seed >> 16) % NAMES;
		n = n % 3 ? n : n % 40;
		(void)snprintf(name, sizeof name, "%zu@a", n);
		if (!model[n].count && held == MAX) {
			size_t least = NAMES;

			for (size_t i = 0; i < NAMES; i++)
				if (model[i].count &&
					(least == NAMES ||
						model[i].count <
							model[least].count ||
						(model[i].count ==
								model[least]
									.count &&
							model[i].last <
								model[least]
									.last)))
					least = i;
			model[least].count = 0;
			held--;
		}
		held += !model[n].count;
		model[n].count++;
		model[n].last = NOW + step;
		add(master, USAGE_UNRULED, name, 1, NOW + step);
	}
	assert_int_equal(master_count(master, USAGE_UNRULED), MAX);
	for (size_t i = 0; i < NAMES; i++) {
		char name[16];

		(void)snprintf(name, sizeof name, "%zu@a", i);
		assert_int_equal(count_of(master, USAGE_UNRULED, name),
			model[i].count ? (int64_t)model[i].count : -1);
	}
	assert_true(master_incomplete(master, USAGE_UNRULED) >= NOW);
	assert_int_equal(master_incomplete(master, USAGE_LEAK), 0);
	master_limit(master, 7);
	assert_int_equal(master_count(master, USAGE_UNRULED), 7);
	master_close(master);
}

/* Rules have no bound, and leaks their own. */
static void test_bounds(void **state)
{
	struct master *master = master_open(3);
	char name[32];

	(void)state;
	assert_non_null(master);
	master_limit(master, 1);
	for (int i = 0; i < MASTER_LEAKS + 10; i++) {
		(void)snprintf(name, sizeof name, "%d@a.example", i);
		add(master, USAGE_RULE, name, 1, NOW);
		add(master, USAGE_LEAK, name, 1, NOW + i);
	}
	assert_int_equal(master_count(master, USAGE_RULE), MASTER_LEAKS + 10);
	assert_int_equal(master_count(master, USAGE_LEAK), MASTER_LEAKS);
	assert_int_equal(count_of(master, USAGE_LEAK, "9@a.example"), -1);
	assert_int_equal(count_of(master, USAGE_LEAK, "10@a.example"), 1);
	master_close(master);
}

static void test_expire(void **state)
{
	struct master *master = master_open(3);

	(void)state;
	assert_non_null(master);
	add(master, USAGE_RULE, "old@a", 9, NOW - 10 * DAY - 1);
	add(master, USAGE_RULE, "just@a", 1, NOW - 10 * DAY);
	add(master, USAGE_RULE, "future@a", 1, NOW + 400 * DAY);
	add(master, USAGE_DAY, "2026-11-21|x", 1, NOW);
	add(master, USAGE_DAY, "2026-11-22|x", 1, NOW);
	add(master, USAGE_DAY, "2038-01-01|x", 1, NOW);
	master_set_incomplete(master, USAGE_LEAK, NOW - 10 * DAY - 1);
	master_set_incomplete(master, USAGE_DOMAIN, NOW - DAY);
	master_expire(master, NOW, 10);
	assert_int_equal(count_of(master, USAGE_RULE, "old@a"), -1);
	assert_int_equal(count_of(master, USAGE_RULE, "just@a"), 1);
	assert_int_equal(count_of(master, USAGE_RULE, "future@a"), 1);
	assert_int_equal(count_of(master, USAGE_DAY, "2026-11-21|x"), 1);
	assert_int_equal(count_of(master, USAGE_DAY, "2026-11-22|x"), 1);
	assert_int_equal(count_of(master, USAGE_DAY, "2038-01-01|x"), -1);
	assert_int_equal(master_incomplete(master, USAGE_LEAK), 0);
	assert_int_equal(master_incomplete(master, USAGE_DOMAIN), NOW - DAY);
	/* what was in the future is now, and gets old */
	master_expire(master, NOW + 11 * DAY, 10);
	assert_int_equal(count_of(master, USAGE_RULE, "future@a"), -1);
	assert_int_equal(master_total(master), 0);
	master_close(master);
}

/* Addresses are hashed as in log lines; entries that become one are added. */
static void test_hash(void **state)
{
	static const struct log log = { .key = "0123456789abcdef" };
	struct master *master = master_open(3);
	struct usage_entry entry;
	char text[USAGE_NAME_MAX];
	size_t cursor = 0;
	int seen = 0;

	(void)state;
	assert_non_null(master);
	add(master, USAGE_RULE, "@a.example", 1, NOW);
	add(master, USAGE_RULE, "bob@a.example", 2, NOW);
	add(master, USAGE_UNRULED, "bob@a.example", 3, NOW);
	entry = (struct usage_entry){ .what = USAGE_LEAK,
		.name = { "bob@a.example\0from\0::/48", 24 },
		.counts = { 4 } };
	assert_int_equal(master_add(master, &entry), 0);
	entry = (struct usage_entry){ .what = USAGE_RULE,
		.name = bytes_of("bob@a.example"),
		.counts = { 5 } };
	assert_true(mask_name(&entry, &log, text));
	assert_false(mask_name(&entry, &log, text));
	assert_int_equal(master_add(master, &entry), 0);
	assert_int_equal(master_hash(master, &log), 0);
	while (master_next(master, &cursor, &entry)) {
		bool domain = entry.name.data[0] == '@';

		seen++;
		assert_int_equal(entry.hashed, !domain);
		if (entry.what == USAGE_LEAK) {
			assert_int_equal(entry.name.len, 12 + 11);
			assert_memory_equal(
				entry.name.data + 12, "\0from\0::/48", 11);
		} else if (!domain) {
			assert_int_equal(entry.name.len, 12);
			assert_int_equal(entry.counts[0],
				entry.what == USAGE_RULE ? 7 : 3);
		}
	}
	assert_int_equal(seen, 4);
	master_close(master);
}

static void fill(struct master *master)
{
	add(master, USAGE_RULE, "bob@a.example", 1, NOW);
	add(master, USAGE_UNRULED, "x@a.example", UINT64_MAX, NOW);
	add(master, USAGE_UNRULED, "x@a.example", 1, NOW + 1);
	add(master, USAGE_DAY, "2026-11-21", 3, NOW);
	master_set_incomplete(master, USAGE_DOMAIN, 5);
}

/* What is written is read again; each bit of it matters. */
static void test_file(void **state)
{
	struct master *master = master_open(3);
	struct master *other = master_open(4);
	struct error error;
	char *data;
	char *again;
	size_t len;
	size_t again_len;

	(void)state;
	assert_true(master && other);
	fill(master);
	assert_int_equal(usagefile_format(master, &data, &len), 0);
	assert_int_equal(
		usagefile_parse(other, (struct bytes){ data, len }, &error), 0);
	assert_int_equal(master_total(other), 3);
	assert_int_equal(count_of(other, USAGE_RULE, "bob@a.example"), 1);
	/* UINT64_MAX, which no sum exceeds */
	assert_int_equal(count_of(other, USAGE_UNRULED, "x@a.example"), -1);
	assert_int_equal(master_incomplete(other, USAGE_DOMAIN), 5);
	assert_int_equal(usagefile_format(other, &again, &again_len), 0);
	assert_int_equal(again_len, len);
	for (size_t i = 0; i < len; i++) {
		again[i] ^= 1;
		assert_int_equal(usagefile_parse(other,
					 (struct bytes){ again, len }, &error),
			ERR_BAD);
		assert_true(error.text[0]);
		again[i] ^= 1;
		assert_int_equal(usagefile_parse(other,
					 (struct bytes){ again, i }, &error),
			ERR_BAD);
	}
	assert_int_equal(master_total(other), 3);
	again[16] = '2';
	assert_int_equal(
		usagefile_parse(other, (struct bytes){ again, len }, &error),
		ERR_BAD);
	assert_string_equal(
		error.text, "another version of readdress wrote it");
	free(data);
	free(again);
	master_close(master);
	master_close(other);
}

/* A machine of 32 bits hashes as others do. */
static void test_mix(void **state)
{
	static const struct {
		uint64_t a, b, mixed;
	} cases[] = {
		{ 0, UINT64_MAX, 0 },
		{ 1, UINT64_MAX, UINT64_MAX },
		{ UINT64_C(1) << 32, UINT64_C(1) << 32, 1 },
		{ UINT64_MAX, UINT64_MAX, UINT64_MAX },
		{ UINT64_C(0xdeadbeefcafebabe), UINT64_C(0x123456789abcdef1),
			UINT64_C(0xc5c3e3d0846c9106) },
	};
	uint64_t a = 1;
	uint64_t b = 3;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_true(
			usage_mix(cases[i].a, cases[i].b) == cases[i].mixed);
		assert_true(usage_mix_halves(cases[i].a, cases[i].b) ==
			    cases[i].mixed);
	}
	for (int i = 0; i < 10000; i++) {
		assert_true(usage_mix(a, b) == usage_mix_halves(a, b));
		a = a * UINT64_C(6364136223846793005) + 1;
		b = b * UINT64_C(0x9e3779b97f4a7c15) + (a >> 7);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bound),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_expire),
		cmocka_unit_test(test_hash),
		cmocka_unit_test(test_mix),
		cmocka_unit_test(test_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
