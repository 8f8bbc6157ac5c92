#include "kit/statekit.h"

#include "state/events.h"

static char seen[4096];

static int take(void *context, const struct events_entry *entry)
{
	size_t at = strlen(seen);
	int *stop = context;

	(void)snprintf(seen + at, sizeof seen - at, "%.*s|%.*s|%s|%llu|%.*s\n",
		(int)entry->time.len, entry->time.len ? entry->time.data : "",
		(int)entry->user.len, entry->user.len ? entry->user.data : "",
		events_kind_name(entry->event),
		(unsigned long long)entry->generation, (int)entry->text.len,
		entry->text.data);
	return stop && --*stop == 0 ? ERR_IO : 0;
}

static void logs(struct kit *kit, const char *audit, const char *milter)
{
	kit_write(kit_path(kit, "state/audit.log"), audit, strlen(audit));
	kit_write(kit_path(kit, "state/served/reload.log"), milter,
		strlen(milter));
}

static void assert_seen(struct kit *kit, struct state *state, const char *audit,
	const char *milter, const char *expected)
{
	logs(kit, audit, milter);
	seen[0] = '\0';
	KIT_OK(kit, events_each(state, take, NULL, &kit->error));
	assert_string_equal(seen, expected);
}

static int find_concerned(void *context, const struct events_entry *entry)
{
	size_t at = strlen(seen);

	(void)context;
	(void)snprintf(seen + at, sizeof seen - at, "%d%d%d ",
		events_concerns(entry, RULE_INBOUND),
		events_concerns(entry, RULE_OUTBOUND),
		events_concerns(entry, RULE_ROUTES));
	return 0;
}

/* Rows and notes may name any table; only what comes before them counts. */
static void test_concerns(void **test)
{
	struct kit *kit = *test;
	struct state *state = kit_state(kit);

	logs(kit,
		"2026-11-21T15:00:00Z u init: empty map; generation 1\n"
		"2026-11-21T15:00:00Z u inbound: 1 user added; + a@a;b@b; note "
		"\"routes: x\"; generation 2\n"
		"2026-11-21T15:00:00Z u outbound: 1 user added; + \"; inbound: "
		"x\"@a;b@b; generation 3\n"
		"2026-11-21T15:00:00Z u routes: 7 domains added; note \"; "
		"inbound: \"; generation 4\n"
		"2026-11-21T15:00:00Z u rollback to generation 1: inbound: 1 "
		"user deleted; routes: 2 domains deleted; - a@a;b@b; - @c;d; "
		"note \"outbound: y\"; generation 5\n"
		"2026-11-21T15:00:00Z u generation 6 was not made: inbound: "
		"x\n"
		"2026-11-21T15:00:00Z u xinbound: what\n"
		"inbound: not ours\n",
		"2026-11-21T15:00:00Z reload: generation 1 -> 2, inbound: \n");
	seen[0] = '\0';
	KIT_OK(kit, events_each(state, find_concerned, NULL, &kit->error));
	assert_string_equal(seen, "000 100 000 010 001 101 000 000 000 ");
	state_close(state);
}

static void test_each(void **test)
{
	struct kit *kit = *test;
	struct state *state = kit_state(kit);
	int stop = 2;

	seen[0] = '\0';
	KIT_OK(kit, events_each(state, take, NULL, &kit->error));
	assert_string_equal(seen, "");

	assert_seen(kit, state,
		"2026-11-21T15:00:00Z root init: empty map; generation 1\n"
		"2026-11-21T15:00:05Z root(al) inbound: 2 users added; "
		"generation 2\n"
		"2026-11-21T15:00:07Z root generation 3 was not made: no; "
		"generation 9\n"
		"2026-11-21T15:00:09Z root rollback to generation 1: inbound: "
		"2 users deleted; generation 4\n",
		"2026-11-21T15:00:01Z start: version 0.1.0, generation 1, 0 "
		"users\n"
		"2026-11-21T15:00:05Z reload: generation 1 -> 2, 2 users\n"
		"2026-11-21T15:00:08Z reload: failed, generation 2 stays: x\n"
		"2026-11-21T15:00:10Z something else",
		"2026-11-21T15:00:00Z|root|edit|1|init: empty map; generation "
		"1\n"
		"2026-11-21T15:00:01Z|milter|start|1|start: version 0.1.0, "
		"generation 1, 0 users\n"
		"2026-11-21T15:00:05Z|root(al)|edit|2|inbound: 2 users added; "
		"generation 2\n"
		"2026-11-21T15:00:05Z|milter|reload|2|reload: generation 1 -> "
		"2, 2 users\n"
		"2026-11-21T15:00:07Z|root|not made|3|generation 3 was not "
		"made: no; generation 9\n"
		"2026-11-21T15:00:08Z|milter|reload failed|2|reload: failed, "
		"generation 2 stays: x\n"
		"2026-11-21T15:00:09Z|root|rollback|4|rollback to generation "
		"1: inbound: 2 users deleted; generation 4\n"
		"2026-11-21T15:00:10Z|milter|other|0|something else\n");

	seen[0] = '\0';
	assert_int_equal(events_each(state, take, &stop, &kit->error), ERR_IO);
	assert_non_null(strstr(seen, "start"));
	assert_null(strstr(seen, "root(al)"));
	state_close(state);
}

/* The times are in seconds: a line that serves a generation comes after the one
 * that made it, and before the one that made the next. */
static void test_one_second(void **test)
{
	struct kit *kit = *test;
	struct state *state = kit_state(kit);

	assert_seen(kit, state,
		"2026-11-21T15:00:00Z a x; generation 3\n"
		"2026-11-21T15:00:00Z a y; generation 4\n"
		"2026-11-21T15:00:00Z a z; generation 5\n",
		"2026-11-21T15:00:00Z start: version 1, generation 3, x\n"
		"2026-11-21T15:00:00Z reload: generation 3 -> 4, x\n"
		"2026-11-21T15:00:00Z reload: failed, generation 4 stays: x\n",
		"2026-11-21T15:00:00Z|a|edit|3|x; generation 3\n"
		"2026-11-21T15:00:00Z|milter|start|3|start: version 1, "
		"generation 3, x\n"
		"2026-11-21T15:00:00Z|a|edit|4|y; generation 4\n"
		"2026-11-21T15:00:00Z|milter|reload|4|reload: generation 3 -> "
		"4, x\n"
		"2026-11-21T15:00:00Z|a|edit|5|z; generation 5\n"
		"2026-11-21T15:00:00Z|milter|reload failed|4|reload: failed, "
		"generation 4 stays: x\n");
	state_close(state);
}

/* Each file keeps its order, whatever its times are; a line of an unknown form
 * stays after the line before it. */
static void test_odd_lines(void **test)
{
	struct kit *kit = *test;
	struct state *state = kit_state(kit);

	assert_seen(kit, state,
		"2026-11-21T15:00:09Z a x\n"
		"2026-11-21T15:00:01Z b y\n"
		"\n"
		"2026-11-21T15:00:0\n"
		"2026-11-21T15:00:03Z \n"
		"2026-11-21T15:00:04Z c\n",
		"2026-11-21T15:00:05Z reload: generation 1 -> "
		"9999999999999999999999, x\n"
		"rubbish\n",
		"2026-11-21T15:00:05Z|milter|reload|0|reload: generation 1 -> "
		"9999999999999999999999, x\n"
		"||other|0|rubbish\n"
		"2026-11-21T15:00:09Z|a|edit|0|x\n"
		"2026-11-21T15:00:01Z|b|edit|0|y\n"
		"||other|0|\n"
		"||other|0|2026-11-21T15:00:0\n"
		"2026-11-21T15:00:03Z||edit|0|\n"
		"2026-11-21T15:00:04Z|c|edit|0|\n");
	state_close(state);
}

static void test_failures(void **test)
{
	struct kit *kit = *test;
	struct state *state = kit_state(kit);

	logs(kit, "2026-11-21T15:00:09Z a x\n", "");
	assert_int_equal(unlink(kit_path(kit, "state/served/reload.log")), 0);
	assert_int_equal(
		mkdir(kit_path(kit, "state/served/reload.log"), 0755), 0);
	KIT_FAILS(kit, ERR_BAD, "reload.log is a directory",
		events_each(state, take, NULL, &kit->error));
	assert_int_equal(unlink(kit_path(kit, "state/audit.log")), 0);
	assert_int_equal(
		symlink("/etc/passwd", kit_path(kit, "state/audit.log")), 0);
	KIT_FAILS(kit, ERR_BAD, "audit.log is a symbolic link",
		events_each(state, take, NULL, &kit->error));
	state_close(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		KIT_TEST(test_each),
		KIT_TEST(test_concerns),
		KIT_TEST(test_one_second),
		KIT_TEST(test_odd_lines),
		KIT_TEST(test_failures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
