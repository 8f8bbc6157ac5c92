/* Who closes a snapshot. The rest is in tests/e2e/reload.test. */
#include "kit/testmap.h"

#include "snapshot.h"

static struct snapshot *make(void)
{
	static const unsigned char key[LOG_HASH_KEY];
	struct snapshot *snapshot = NULL;

	assert_int_equal(
		snapshot_make(&snapshot, testmap_config(NULL),
			testmap_open("in a@old.example;b@new.example\n"), key,
			NULL),
		0);
	return snapshot;
}

/* A message that ends after a reload closes nothing: it would be late. */
static void test_sweep(void **state)
{
	struct snapshot_current current = { .mutex =
						    PTHREAD_MUTEX_INITIALIZER };
	struct snapshot *first = make();
	struct snapshot *second = make();
	struct snapshot *used;
	struct snapshot *last;

	(void)state;
	snapshot_put(&current, first);
	used = snapshot_get(&current);
	assert_ptr_equal(used, first);
	snapshot_put(&current, second);
	assert_ptr_equal(current.retired, first);
	last = snapshot_get(&current);
	assert_ptr_equal(last, second);
	assert_true(snapshot_sweep(&current));

	snapshot_put(&current, make());
	assert_ptr_equal(current.retired, second);
	assert_ptr_equal(second->next, first);
	snapshot_drop(used);
	/* It is there still, and only the sweep's. */
	assert_int_equal(atomic_load(&first->references), 1);
	assert_int_equal(map_rows(first->map, RULE_INBOUND), 1);
	assert_true(snapshot_sweep(&current));
	assert_ptr_equal(current.retired, second);
	assert_null(second->next);

	snapshot_drop(last);
	assert_false(snapshot_sweep(&current));
	assert_null(current.retired);
	snapshot_put(&current, NULL);
	assert_null(current.retired);
}

/* What nobody uses is closed at once. */
static void test_put(void **state)
{
	struct snapshot_current current = { .mutex =
						    PTHREAD_MUTEX_INITIALIZER };

	(void)state;
	for (int i = 0; i < 3; i++) {
		snapshot_put(&current, make());
		assert_null(current.retired);
	}
	snapshot_put(&current, NULL);
	assert_null(current.snapshot);
	assert_null(current.retired);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_sweep),
		cmocka_unit_test(test_put) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
