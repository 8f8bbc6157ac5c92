#include "kit/statekit.h"

#include "approve/approve.h"

#define NOW 1795986000

static char digests[8][DIGEST_LEN + 1];

/* Makes generations 1 to count; those with the same letter have the same
 * rules. */
static struct state *generations(struct kit *kit, const char *letters)
{
	for (size_t i = 0; letters[i]; i++) {
		char target[] = "u?@y.example";
		struct row row = kit_row("a@b.example", target);
		struct change change = kit_load(&row, 1);
		struct change_result result;
		struct map *map;

		target[1] = letters[i];
		KIT_OK(kit, kit_apply(kit, &change, &result));
		map = kit_newest_map(kit);
		memcpy(digests[i + 1], map_meta(map)->digest, DIGEST_LEN + 1);
		map_close(map);
	}
	return kit_state(kit);
}

static int make(struct kit *kit, struct state *state, uint64_t generation,
	const char *digest, int64_t at)
{
	const struct approve asked = {
		.generation = generation, .digest = digest, .at = at, .now = NOW
	};
	struct approval made;
	struct approval found;
	int code = approve_make(state, &asked, &made, &kit->error);

	if (code)
		return code;
	assert_int_equal(approval_read(state, &found, &kit->error), 1);
	assert_true(approval_equal(&made, &found));
	assert_int_equal(made.at, at);
	assert_string_equal(made.digest, digests[made.generation]);
	return (int)made.generation;
}

static void test_make(void **test)
{
	struct kit *kit = *test;
	struct state *state = generations(kit, "abac");
	char part[DIGEST_LEAST + 1];

	assert_string_equal(digests[1], digests[3]);
	assert_int_equal(make(kit, state, 2, NULL, NOW), 2);
	assert_int_equal(make(kit, state, 4, NULL, NOW), 4); /* the newest */
	assert_int_equal(make(kit, state, 1, NULL, NOW), 1);
	/* The highest one with this digest, of which a part is enough. */
	assert_int_equal(make(kit, state, 0, digests[1], NOW), 3);
	memcpy(part, digests[2], DIGEST_LEAST);
	part[DIGEST_LEAST] = 0;
	assert_int_equal(make(kit, state, 0, part, NOW), 2);
	assert_int_equal(make(kit, state, 1, digests[3], NOW), 1);
	KIT_FAILS(kit, ERR_BAD, "nothing was approved",
		make(kit, state, 2, digests[3], NOW));
	KIT_FAILS(kit, ERR_NOENT, "not kept", make(kit, state, 9, NULL, NOW));
	KIT_FAILS(kit, ERR_NOENT, "no generation is kept whose rules",
		make(kit, state, 0, "000000000000", NOW));
	/* None of these failures changed what was approved. */
	assert_int_equal(make(kit, state, 1, NULL, NOW + 1), 1);
	state_close(state);
}

static void test_damaged(void **test)
{
	struct kit *kit = *test;
	struct state *state = generations(kit, "abac");
	const char *third = kit_path(kit, "state/history/3.mdb");

	kit_write(third, "?", 1);
	KIT_FAILS(kit, ERR_BAD, "3.mdb", make(kit, state, 3, NULL, NOW));
	/* The next one with this digest is taken. */
	assert_int_equal(make(kit, state, 0, digests[1], NOW), 1);
	kit_write(kit_path(kit, "state/" STATE_APPROVED), "?", 1);
	KIT_FAILS(kit, ERR_BAD, "reload --newest",
		make(kit, state, 1, NULL, NOW));
	state_close(state);
}

static void test_second(void **test)
{
	struct kit *kit = *test;
	struct state *state = generations(kit, "ab");
	struct approval was;
	bool removed;

	assert_int_equal(make(kit, state, 1, NULL, NOW + 1), 1);
	KIT_FAILS(kit, ERR_BAD, "readdress reload --cancel",
		make(kit, state, 2, NULL, NOW + 1));
	KIT_FAILS(kit, ERR_BAD, "readdress reload --cancel",
		make(kit, state, 2, NULL, NOW));
	KIT_OK(kit, approve_cancel(state, NOW, &was, &kit->error));
	assert_int_equal(was.generation, 1);
	assert_int_equal(was.at, NOW + 1);
	KIT_FAILS(kit, ERR_NOTFOUND, "nothing is approved",
		approve_cancel(state, NOW, &was, &kit->error));
	/* One in force is replaced, and cannot be cancelled. */
	assert_int_equal(make(kit, state, 1, NULL, NOW), 1);
	KIT_FAILS(kit, ERR_NOTFOUND, "too late to cancel: generation 1",
		approve_cancel(state, NOW, &was, &kit->error));
	assert_int_equal(make(kit, state, 2, NULL, NOW + 9), 2);
	KIT_OK(kit, approve_end(state, &removed, &kit->error));
	assert_true(removed);
	KIT_OK(kit, approve_end(state, &removed, &kit->error));
	assert_false(removed);
	kit_write(kit_path(kit, "state/" STATE_APPROVED), "?", 1);
	KIT_FAILS(kit, ERR_BAD, "damaged",
		approve_cancel(state, NOW, &was, &kit->error));
	KIT_OK(kit, approve_end(state, &removed, &kit->error));
	assert_true(removed);
	state_close(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		KIT_TEST(test_make),
		KIT_TEST(test_damaged),
		KIT_TEST(test_second),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
