#include "kit/statekit.h"
#include "kit/faults.h"

#include "update/mapdiff.h"
#include "update/rollback.h"

/* Contents are named by a letter: "A" is one rule of inbound with that target,
 * "-" none. */
static uint64_t make(struct kit *kit, char content)
{
	char value[] = "ux@b.com";
	struct row rows[1] = { { .line = 1 } };
	struct change change = kit_load(rows, content != '-');
	struct change_result result;

	value[1] = content;
	rows[0] = kit_row("bob@a.com", value);
	change.force = true;
	KIT_OK(kit, kit_apply(kit, &change, &result));
	return result.generation;
}

/* One generation after the other. */
static void make_all(struct kit *kit, const char *contents)
{
	for (; *contents; contents++)
		(void)make(kit, *contents);
}

static char content(struct kit *kit)
{
	char text[KIT_TEXT];

	kit_table(kit, RULE_INBOUND, text);
	return text[0] ? text[strlen("bob@a.com u")] : '-';
}

static char notes[2048];

static void take_note(void *context, const char *line)
{
	size_t at = strlen(notes);

	(void)context;
	(void)snprintf(notes + at, sizeof notes - at, "%s\n", line);
}

static uint64_t written; /* as progress told last */

static void note_progress(void *context, uint64_t rows, uint64_t of)
{
	(void)context;
	assert_true(rows <= of);
	written = rows;
}

static struct rollback_result result; /* of the last one */

static int back(struct kit *kit, uint64_t to)
{
	struct rollback rollback = {
		.to = to, .say = take_note, .progress = note_progress
	};
	struct state *state;
	int code;

	notes[0] = '\0';
	written = 0;
	KIT_OK(kit, state_open(&state, &kit->config, false, &kit->error));
	code = rollback_apply(state, &rollback, &result, &kit->error);
	state_close(state);
	return code;
}

/* Checks that one step back goes to this generation and has this content. */
static void assert_back(struct kit *kit, uint64_t to, char letter)
{
	KIT_OK(kit, back(kit, 0));
	assert_int_equal(result.to, to);
	assert_false(result.unchanged);
	assert_int_equal(content(kit), letter);
	assert_int_equal(written, letter != '-');
}

static void assert_at_the_end(struct kit *kit)
{
	KIT_FAILS(kit, ERR_NOTFOUND, "further back than generation 1;",
		back(kit, 0));
}

static void test_each_goes_one_further(void **test)
{
	struct kit *kit = *test;

	make_all(kit, "ABC");
	assert_back(kit, 2, 'B');
	assert_back(kit, 1, 'A');
	assert_at_the_end(kit);
	assert_at_the_end(kit);
	assert_int_equal(content(kit), 'A');
}

/* A generation that was undone comes back only by its number. */
static void test_edit_in_between(void **test)
{
	struct kit *kit = *test;

	make_all(kit, "ABC");
	assert_back(kit, 2, 'B'); /* 4 */
	assert_int_equal(make(kit, 'D'), 5);
	assert_back(kit, 4, 'B');
	assert_back(kit, 1, 'A');
	assert_at_the_end(kit);
	KIT_OK(kit, back(kit, 3));
	assert_int_equal(content(kit), 'C');
	assert_int_equal(result.generation, 8);
	assert_back(kit, 2, 'B');
}

/* Generations with the rules of the newest are no step. */
static void test_same_content(void **test)
{
	struct kit *kit = *test;

	make_all(kit, "ABA");
	assert_back(kit, 2, 'B');
	assert_back(kit, 1, 'A');
	KIT_OK(kit, back(kit, 3)); /* the same rules: no change */
	assert_true(result.unchanged);
	assert_int_equal(result.generation, 5);
	KIT_OK(kit, back(kit, 5));
	assert_true(result.unchanged);
	assert_at_the_end(kit);
}

static void test_counts_and_log(void **test)
{
	struct kit *kit = *test;
	struct row rows[] = { kit_row("@c.com", "d@d.com"),
		kit_row("zoe@c.com", "uzoe@d.com") };
	struct change change = kit_load(rows, 2);
	struct change_result edited;
	struct map *map;
	char text[256];
	char *log;

	make_all(kit, "AB");
	change.table = RULE_OUTBOUND;
	KIT_OK(kit, kit_apply(kit, &change, &edited));
	KIT_OK(kit, back(kit, 1));
	assert_int_equal(result.generation, 4);
	assert_int_equal(result.tables[RULE_INBOUND].counts[CHANGE_CHANGED], 1);
	assert_int_equal(
		result.tables[RULE_OUTBOUND].counts[CHANGE_DELETED], 2);
	rollback_describe(&result, text, sizeof text);
	assert_string_equal(text,
		"rollback to generation 1: inbound: 1 user changed; outbound: "
		"1 user deleted, 1 domain deleted");
	log = kit_read(kit_path(kit, "state/audit.log"), NULL);
	assert_non_null(strstr(log, text));
	assert_non_null(strstr(log, " domain deleted; ~ "));
	assert_non_null(strstr(log, "; - @c.com;@d.com; - zoe@c.com;zoe@d.com; "
				    "generation 4\n"));
	free(log);
	map = kit_newest_map(kit);
	assert_string_equal(map_meta(map)->command, "rollback 1");
	assert_int_equal(map_meta(map)->origin, 1);
	map_close(map);
	rollback_describe(&result, text, 20);
	assert_int_equal(strlen(text), 19);
}

static void damage(struct kit *kit, const char *name)
{
	assert_int_equal(truncate(kit_path(kit, name), 5000), 0);
}

static void test_newest_damaged(void **test)
{
	struct kit *kit = *test;

	make_all(kit, "ABCD");
	damage(kit, "state/map.mdb");
	damage(kit, "state/history/3.mdb");
	KIT_FAILS(kit, ERR_BAD, "history/3.mdb", back(kit, 3));
	KIT_OK(kit, back(kit, 0));
	assert_int_equal(result.to, 2);
	assert_int_equal(result.generation, 5);
	assert_string_equal(result.lost, "damaged");
	assert_non_null(strstr(notes,
		"map.mdb is an LMDB file without the seal of readdress"));
	assert_non_null(strstr(notes,
		"history/3.mdb is an LMDB file without the seal of readdress"));
	assert_int_equal(content(kit), 'B');
	assert_true(kit_exists(kit_path(kit, "state/map.mdb.damaged")));
	assert_back(kit, 1, 'A');

	/* The newest does not exist: goes back to the last undamaged one. */
	assert_int_equal(unlink(kit_path(kit, "state/map.mdb")), 0);
	KIT_OK(kit, back(kit, 0));
	assert_string_equal(result.lost, "gone");
	assert_int_equal(result.to, 5);
	assert_int_equal(content(kit), 'B');
	/* By number, too. */
	damage(kit, "state/map.mdb");
	KIT_OK(kit, back(kit, 1));
	assert_int_equal(content(kit), 'A');
}

/* A damaged generation further back is named and skipped. */
static void test_history_damaged(void **test)
{
	struct kit *kit = *test;

	make_all(kit, "ABC");
	damage(kit, "state/history/2.mdb");
	assert_back(kit, 1, 'A');
	assert_non_null(strstr(notes, "history/2.mdb"));
	damage(kit, "state/history/1.mdb");
	damage(kit, "state/history/3.mdb");
	damage(kit, "state/map.mdb");
	KIT_FAILS(
		kit, ERR_BAD, "no undamaged generation is kept", back(kit, 0));
}

/* The generation behind a damaged one has the rules that are there already. */
static void test_same_behind_damaged(void **test)
{
	struct kit *kit = *test;

	make_all(kit, "ABA");
	kit_write(kit_path(kit, "state/history/2.mdb"), "x", 1);
	KIT_FAILS(kit, ERR_NOTFOUND, "further back than generation 3;",
		back(kit, 0));
	assert_non_null(strstr(notes, "2.mdb"));
	assert_int_equal(content(kit), 'A');
}

/* No command says where a generation came from, whatever its words are. */
static void test_command_like_a_rollback(void **test)
{
	static const char *const commands[] = { "rollback 1",
		"rollback 1 again", "rollback 1x", "rollback one",
		"rollbacks 1" };
	struct kit *kit = *test;

	make_all(kit, "AB");
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
		char value[] = "u?@b.com";
		struct row row = kit_row("bob@a.com", value);
		struct change change = kit_load(&row, 1);
		uint64_t before = kit_newest(kit);
		struct change_result made;

		value[1] = (char)('C' + (char)i);
		change.force = true;
		change.command = commands[i];
		KIT_OK(kit, kit_apply(kit, &change, &made));
		KIT_OK(kit, back(kit, 0));
		assert_int_equal(result.to, before);
		KIT_OK(kit, back(kit, made.generation));
	}
}

static void test_nothing_there(void **test)
{
	struct kit *kit = *test;

	state_close(kit_state(kit));
	KIT_FAILS(kit, ERR_NOENT, "readdress init", back(kit, 0));
	make(kit, 'A');
	KIT_FAILS(kit, ERR_NOENT, "the kept ones are: 1", back(kit, 7));
	damage(kit, "state/map.mdb");
	KIT_FAILS(
		kit, ERR_BAD, "no undamaged generation is kept", back(kit, 0));
}

/* The position of a generation is known as far as its origin is kept. */
static void test_pruned(void **test)
{
	struct kit *kit = *test;

	kit->config.history = 10;
	for (int i = 0; i < 12; i++)
		make(kit, (char)('A' + i));
	KIT_OK(kit, back(kit, 3)); /* 13: C; 3 is pruned by it */
	assert_int_equal(result.generation, 13);
	assert_int_equal(content(kit), 'C');
	KIT_FAILS(kit, ERR_NOTFOUND, "further back than generation 3",
		back(kit, 0));
	KIT_OK(kit, back(kit, 12));
	assert_back(kit, 11, 'K');
}

static int open_newest(struct kit *kit)
{
	struct state *state = kit_state(kit);
	struct map *map;
	int code = state_open_newest(state, false, &map, &kit->error);

	if (!code)
		map_close(map);
	state_close(state);
	return code;
}

/* The n-th call on a file fails: the old map or the new one must be whole. */
static void assert_faults(struct kit *kit, bool damaged)
{
	bool done = false;
	unsigned n;

	for (n = 0; !done && n < 300; n++) {
		int code;

		if (damaged)
			damage(kit, "state/map.mdb");
		faults_arm(n, 1, ENOSPC);
		code = back(kit, damaged ? 0 : 1);
		done = !faults_disarm();
		assert_false(kit_exists(kit_path(kit, "state/" STATE_BUILD)));
		if (!code) {
			assert_int_equal(content(kit), 'A');
			if (!damaged)
				make(kit, 'B');
			continue;
		}
		/* The copy in which it is read back is in memory. */
		if (code == ERR_NOMEM)
			assert_non_null(strstr(kit->error.text, "into memory"));
		else
			assert_int_equal(code, ERR_IO);
		if (damaged)
			assert_int_equal(open_newest(kit), ERR_BAD);
		else
			assert_int_equal(content(kit), 'B');
	}
	assert_true(n > 11 && n < 300);
}

static void test_faults(void **test)
{
	make_all(*test, "AB");
	assert_faults(*test, false);
}

/* And so it is when the newest is damaged: it stays where it was. */
static void test_faults_damaged(void **test)
{
	make_all(*test, "AB");
	assert_faults(*test, true);
}

static void assert_difference(struct kit *kit, const struct map *old,
	const struct map *new, enum rule_table table, const char *expected)
{
	static const char marks[] = "+~ -"; /* in the order of change_kind */
	struct mapdiff difference;
	struct mapdiff_step step;
	char text[512] = "";
	size_t at = 0;
	int more;

	KIT_OK(kit, mapdiff_init(&difference, old, new, table, &kit->error));
	while ((more = mapdiff_next(&difference, &step, &kit->error)) == 1)
		at += (size_t)snprintf(text + at, sizeof text - at,
			"%c%.*s %.*s %.*s;", marks[step.change],
			(int)step.key.len, step.key.data, (int)step.old.len,
			step.old.len ? step.old.data : "", (int)step.new.len,
			step.new.len ? step.new.data : "");
	assert_int_equal(more, 0);
	mapdiff_free(&difference);
	assert_string_equal(text, expected);
}

static struct map *build(struct kit *kit, const char *name, const char *rows)
{
	struct map_meta meta = { .generation = 1 };
	const char *path = kit_path(kit, name);
	struct map_builder *builder;
	struct map *map;

	KIT_OK(kit, map_builder_open(&builder, path, 10, 500, &kit->error));
	for (; *rows; rows += 2) {
		char key[] = "x@a.com";
		char value[] = "ux@b.com";

		key[0] = rows[0];
		value[1] = rows[1];
		kit_put(kit, builder, RULE_OUTBOUND, key, value);
	}
	KIT_OK(kit, map_builder_seal(builder, &meta, &kit->error));
	map_builder_close(builder);
	KIT_OK(kit, map_open(&map, path, false, &kit->error));
	return map;
}

static void test_difference(void **test)
{
	struct kit *kit = *test;
	struct map *old = build(kit, "old", "a1b1c1d1");
	struct map *new = build(kit, "new", "A1b2c1e1");
	struct map *none = build(kit, "none", "");

	assert_difference(kit, old, new, RULE_OUTBOUND,
		"+A@a.com  u1@b.com;-a@a.com u1@b.com ;"
		"~b@a.com u1@b.com u2@b.com; c@a.com u1@b.com u1@b.com;"
		"-d@a.com u1@b.com ;+e@a.com  u1@b.com;");
	assert_difference(kit, old, new, RULE_INBOUND, "");
	assert_difference(kit, none, none, RULE_OUTBOUND, "");
	assert_difference(kit, NULL, new, RULE_OUTBOUND,
		"+A@a.com  u1@b.com;+b@a.com  u2@b.com;+c@a.com  u1@b.com;"
		"+e@a.com  u1@b.com;");
	assert_int_equal(mapdiff_any(old, new, &kit->error), 1);
	assert_int_equal(mapdiff_any(old, old, &kit->error), 0);
	assert_int_equal(mapdiff_any(none, old, &kit->error), 1);
	map_close(old);
	map_close(new);
	map_close(none);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		KIT_TEST(test_difference),
		KIT_TEST(test_each_goes_one_further),
		KIT_TEST(test_edit_in_between),
		KIT_TEST(test_same_content),
		KIT_TEST(test_counts_and_log),
		KIT_TEST(test_newest_damaged),
		KIT_TEST(test_history_damaged),
		KIT_TEST(test_nothing_there),
		KIT_TEST(test_pruned),
		KIT_TEST(test_same_behind_damaged),
		KIT_TEST(test_command_like_a_rollback),
		KIT_TEST(test_faults),
		KIT_TEST(test_faults_damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
