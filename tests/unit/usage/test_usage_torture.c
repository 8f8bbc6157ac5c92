/*
 * Each allocation fails in turn while uses are counted, hashed, written and
 * read: what was counted before stays, what is lost is noted, and a file that
 * cannot be read whole for want of memory is no damaged one.
 */
#include "kit/torture.h"
#include "kit/alloccalls.h"

#include "usage/usagefile.h"

/* More than the slots that a master begins with suffice for. */
#define ENTRIES 600
#define NOW	1795262400

static const struct log masked = { .key = "0123456789abcdef" };

static int no_memory(struct error *error)
{
	return error_set(error, ERR_NOMEM, "out of memory");
}

static int add(struct master *master, unsigned n)
{
	char name[32];
	struct usage_entry entry = { .what = n % USAGE_WHATS,
		.first = NOW,
		.last = NOW + n,
		.counts = { n + 1 } };
	size_t before = master_total(master);
	int result;

	(void)snprintf(name, sizeof name, "user%u@a.example", n);
	entry.name = bytes_of(name);
	result = master_add(master, &entry);
	assert_int_equal(master_total(master), before + !result);
	assert_int_equal(master_find(master, &entry), !result);
	return result;
}

static int fill(struct master **master)
{
	int result;

	*master = master_open(3);
	result = *master ? 0 : ERR_NOMEM;
	for (unsigned n = 0; !result && n < ENTRIES; n++)
		result = add(*master, n);
	return result;
}

static void tell(struct torture_told *told, const struct master *master)
{
	torture_tell(told, "%zu rules of %zu", master_count(master, USAGE_RULE),
		master_total(master));
}

static int run_add(
	void *context, struct torture_told *told, struct error *error)
{
	struct master *master;
	int result = fill(&master);

	(void)context;
	if (result)
		(void)no_memory(error);
	else
		tell(told, master);
	master_close(master);
	return result;
}

/* What is lost, because there was no memory for its hash, is noted. */
static int run_hash(
	void *context, struct torture_told *told, struct error *error)
{
	struct master *master;
	int result = fill(&master);

	(void)context;
	if (!result && (result = master_hash(master, &masked)) != 0) {
		bool noted = false;

		for (enum usage_what what = 0; what < USAGE_WHATS; what++)
			noted = noted || master_incomplete(master, what);
		assert_int_equal(noted, master_total(master) < ENTRIES);
	}
	if (result)
		(void)no_memory(error);
	else
		tell(told, master);
	master_close(master);
	return result;
}

/* What a delta has is added, or noted as lost. */
static int run_merge(
	void *context, struct torture_told *told, struct error *error)
{
	struct master *master = master_open(3);
	struct delta *delta = delta_open(5);
	int result = master && delta ? 0 : ERR_NOMEM;

	(void)context;
	for (unsigned n = 0; !result && n < ENTRIES; n++) {
		char name[32];

		(void)snprintf(name, sizeof name, "user%u@a.example", n);
		delta_begin(delta, NOW + n);
		delta_add(
			delta, USAGE_UNRULED, RULE_INBOUND, bytes_of(name), 1);
	}
	if (!result) {
		master_merge(master, delta, NULL);
		if (master_incomplete(master, USAGE_UNRULED))
			result = ERR_NOMEM;
		assert_int_equal(!result, master_total(master) == ENTRIES);
	}
	if (result)
		(void)no_memory(error);
	else
		tell(told, master);
	delta_close(delta);
	master_close(master);
	return result;
}

static int run_file(
	void *context, struct torture_told *told, struct error *error)
{
	struct master *master;
	struct master *other = NULL;
	char *data = NULL;
	size_t len = 0;
	int result = fill(&master);

	(void)context;
	if (!result && !(other = master_open(4)))
		result = ERR_NOMEM;
	if (!result)
		result = usagefile_format(master, &data, &len);
	if (result)
		(void)no_memory(error);
	else
		result = usagefile_parse(
			other, (struct bytes){ data, len }, error);
	if (!result)
		tell(told, other);
	free(data);
	master_close(master);
	master_close(other);
	return result;
}

static void test_all(void **state)
{
	static const struct torture tortures[] = {
		{ .name = "add", .run = run_add, .step = 3 },
		{ .name = "hash", .run = run_hash, .step = 5 },
		{ .name = "merge", .run = run_merge, .step = 3 },
		{ .name = "file", .run = run_file, .step = 5 },
	};

	(void)state;
	torture_all(tortures, sizeof tortures / sizeof *tortures);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
