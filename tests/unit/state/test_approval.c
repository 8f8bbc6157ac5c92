#include "kit/statekit.h"
#include "kit/faults.h"

#include "base/clock.h"
#include "state/approval.h"

#define DIGEST                                                                 \
	"0123456789abcdef0123456789abcdef"                                     \
	"0123456789abcdef0123456789abcdef"
#define UPPER                                                                  \
	"0123456789ABCDEF0123456789abcdef"                                     \
	"0123456789abcdef0123456789abcdef"
#define OTHER                                                                  \
	"fedcba9876543210fedcba9876543210"                                     \
	"fedcba9876543210fedcba9876543210"

static const char *file(struct kit *kit)
{
	return kit_path(kit, "state/" STATE_APPROVED);
}

static struct approval approval(
	uint64_t generation, const char *digest, int64_t at)
{
	struct approval made = { .generation = generation, .at = at };

	(void)snprintf(made.digest, sizeof made.digest, "%s", digest);
	return made;
}

static void write_approval(
	struct kit *kit, struct state *state, const struct approval *what)
{
	int lock;

	KIT_OK(kit, approval_lock(state, &lock, &kit->error));
	KIT_OK(kit, approval_write(state, what, &kit->error));
	close(lock);
}

static void test_round_trip(void **test)
{
	static const struct {
		uint64_t generation;
		const char *digest;
		int64_t at;
		const char *text;
	} cases[] = {
		{ 12, DIGEST, 1795986000, "12 " DIGEST " 1795986000\n" },
		{ 1, "-", 0, "1 - 0\n" },
		{ 999999999999999999u, DIGEST, CLOCK_LAST,
			"999999999999999999 " DIGEST " 253402300799\n" },
	};
	struct kit *kit = *test;
	struct state *state = kit_state(kit);
	struct approval found;

	assert_int_equal(approval_read(state, &found, &kit->error), 0);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct approval made = approval(
			cases[i].generation, cases[i].digest, cases[i].at);
		char *text;

		write_approval(kit, state, &made);
		text = kit_read(file(kit), NULL);
		assert_string_equal(text, cases[i].text);
		free(text);
		assert_int_equal(kit_mode(file(kit)), 0640);
		assert_int_equal(approval_read(state, &found, &kit->error), 1);
		assert_true(approval_equal(&found, &made));
	}
	found = approval(1, "-", 1);
	assert_false(approval_equal(&found, &(struct approval){ 1, "-", 2 }));
	assert_false(approval_equal(&found, &(struct approval){ 2, "-", 1 }));
	assert_false(
		approval_equal(&found, &(struct approval){ 1, DIGEST, 1 }));
	assert_int_equal(approval_remove(state, &kit->error), 1);
	assert_int_equal(approval_remove(state, &kit->error), 0);
	assert_int_equal(approval_read(state, &found, &kit->error), 0);
	state_close(state);
}

static void test_is_for(void **test)
{
	struct approval made = approval(12, DIGEST, 1);
	struct map_meta meta = { .generation = 12, .digest = DIGEST };

	(void)test;
	assert_true(approval_is_for(&made, &meta));
	meta.generation = 13;
	assert_false(approval_is_for(&made, &meta));
	meta = (struct map_meta){ .generation = 12, .digest = OTHER };
	assert_false(approval_is_for(&made, &meta));
	meta = (struct map_meta){ .generation = 12, .digest = "-" };
	assert_false(approval_is_for(&made, &meta));
}

static void test_damaged(void **test)
{
	static const char *const texts[] = { "", "\n", "12\n",
		"12 " DIGEST "\n", "12 " DIGEST " 1795986000",
		"12 " DIGEST " 1795986000\n\n", "0 " DIGEST " 1795986000\n",
		"-1 " DIGEST " 1795986000\n", "12 " DIGEST " -1\n",
		"12 " DIGEST "0 1795986000\n", "12 0123456789ab 1795986000\n",
		"12  " DIGEST " 1795986000\n", "12 " DIGEST " 1795986000 x\n",
		"12 " DIGEST " 253402300800\n",
		"1000000000000000000 " DIGEST " 1795986000\n",
		"12 " DIGEST " 1795986000\n12 " DIGEST " 1795986000\n",
		"12 " UPPER " 1795986000\n" };
	struct kit *kit = *test;
	struct state *state = kit_state(kit);
	struct approval found;

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		kit_write(file(kit), texts[i], strlen(texts[i]));
		KIT_FAILS(kit, ERR_BAD, "readdress reload --newest",
			approval_read(state, &found, &kit->error));
	}
	assert_int_equal(approval_remove(state, &kit->error), 1);
	assert_int_equal(mkdir(file(kit), 0700), 0);
	KIT_FAILS(kit, ERR_BAD, "is damaged",
		approval_read(state, &found, &kit->error));
	assert_int_equal(rmdir(file(kit)), 0);
	assert_int_equal(symlink("/etc/passwd", file(kit)), 0);
	KIT_FAILS(kit, ERR_BAD, "is damaged",
		approval_read(state, &found, &kit->error));
	state_close(state);
}

static void hold_lock(void *context)
{
	struct kit *kit = context;
	struct state *state = kit_state(kit);
	int lock;

	if (approval_lock(state, &lock, &kit->error))
		_exit(1);
	kit_write(kit_path(kit, "held"), "", 0);
	(void)usleep(300000);
	_exit(0);
}

/* The lock is its own, and waits for the one who holds it. */
static void test_lock(void **test)
{
	struct kit *kit = *test;
	struct state *state = kit_state(kit);
	struct approval made = approval(1, "-", 1);
	pid_t child;
	int status;

	KIT_OK(kit, state_lock(state, 0, &kit->error));
	write_approval(kit, state, &made); /* not the writers' lock */
	assert_int_equal(
		kit_mode(kit_path(kit, "state/" STATE_APPROVED_LOCK)), 0640);
	child = fork();
	if (!child)
		hold_lock(kit);
	while (!kit_exists(kit_path(kit, "held")))
		(void)usleep(1000);
	write_approval(kit, state, &made);
	assert_int_equal(waitpid(child, &status, WNOHANG), child);
	assert_int_equal(status, 0);
	state_close(state);
}

/* Each call that changes a file fails in turn: what was approved before is
 * approved still, or what is new, and what an error says is true. */
static void test_faults(void **test)
{
	struct kit *kit = *test;
	struct state *state = kit_state(kit);
	struct approval before = approval(1, DIGEST, 100);
	unsigned failures = 0;

	for (int had = 0; had < 2; had++) {
		for (unsigned n = 0; n < 30; n++) {
			struct approval after = approval(2, OTHER, 200 + n);
			struct approval found;
			const char *call;
			int lock;
			int code;

			assert_true(approval_remove(state, NULL) >= 0);
			if (had)
				write_approval(kit, state, &before);
			KIT_OK(kit, approval_lock(state, &lock, &kit->error));
			faults_arm(n, 1, ENOSPC);
			code = approval_write(state, &after, &kit->error);
			call = faults_disarm();
			close(lock);
			if (!call) {
				KIT_OK(kit, code);
				break;
			}
			failures++;
			assert_true(code < 0);
			assert_int_equal(
				approval_read(state, &found, &kit->error), had);
			if (had)
				assert_true(approval_equal(&found, &before));
			assert_false(kit_exists(
				kit_path(kit, "state/" STATE_APPROVED ".new")));
		}
	}
	assert_true(failures >= 8);
	state_close(state);
}

/* Sixty edits do not prune what is approved, and none does while it cannot be
 * read what that is. */
static void test_pruning(void **test)
{
	struct kit *kit = *test;
	char target[32];
	struct state *state;

	kit->config.history = 10;
	for (unsigned i = 0; i < 70; i++) {
		struct row row = kit_row("a@b.example", target);
		struct change change = kit_load(&row, 1);
		struct change_result result;

		(void)snprintf(target, sizeof target, "ux%u@y.example", i);
		row.rule.value.len = strlen(target);
		KIT_OK(kit, kit_apply(kit, &change, &result));
		state = kit_state(kit);
		if (i == 4) {
			struct approval made = approval(3, DIGEST, 100);

			write_approval(kit, state, &made);
		}
		state_close(state);
	}
	assert_false(kit_exists(kit_path(kit, "state/history/2.mdb")));
	assert_true(kit_exists(kit_path(kit, "state/history/3.mdb")));
	assert_false(kit_exists(kit_path(kit, "state/history/4.mdb")));
	assert_false(kit_exists(kit_path(kit, "state/history/59.mdb")));
	assert_true(kit_exists(kit_path(kit, "state/history/60.mdb")));

	kit_write(file(kit), "?", 1);
	for (unsigned i = 70; i < 73; i++) {
		struct row row = kit_row("a@b.example", target);
		struct change change = kit_load(&row, 1);
		struct change_result result;

		(void)snprintf(target, sizeof target, "ux%u@y.example", i);
		row.rule.value.len = strlen(target);
		KIT_OK(kit, kit_apply(kit, &change, &result));
	}
	assert_true(kit_exists(kit_path(kit, "state/history/3.mdb")));
	assert_true(kit_exists(kit_path(kit, "state/history/60.mdb")));
}

static void test_purge(void **test)
{
	struct kit *kit = *test;
	struct state *state = kit_state(kit);
	struct approval made = approval(1, DIGEST, 100);
	struct state_purged purged;

	write_approval(kit, state, &made);
	KIT_OK(kit, state_lock(state, 0, &kit->error));
	KIT_OK(kit, state_purge(state, &purged, &kit->error));
	assert_false(kit_exists(file(kit)));
	assert_false(kit_exists(kit_path(kit, "state/" STATE_APPROVED_LOCK)));
	state_close(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		KIT_TEST(test_round_trip),
		KIT_TEST(test_is_for),
		KIT_TEST(test_damaged),
		KIT_TEST(test_lock),
		KIT_TEST(test_faults),
		KIT_TEST(test_pruning),
		KIT_TEST(test_purge),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
