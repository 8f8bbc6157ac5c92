#include "kit/statekit.h"

#include "map/trailer.h"
#include "update/adopt.h"

struct line {
	const char *key;
	const char *value;
};

static char lines[4096];
static const char *held; /* the source of a row of routes in the next map */

static void complain(void *context, const char *line)
{
	size_t at = strlen(lines);

	(void)context;
	(void)snprintf(lines + at, sizeof lines - at, "%s\n", line);
}

/* A map as another host made it. */
static const char *foreign(struct kit *kit, const struct line *rows)
{
	static char path[KIT_PATH];
	const struct map_meta meta = { .generation = 12,
		.time = 1795986000,
		.host = "relay.example",
		.user = "root",
		.command = "load" };
	struct map_builder *builder;

	(void)snprintf(path, sizeof path, "%s", kit_path(kit, "other.mdb"));
	KIT_OK(kit, map_builder_open(&builder, path, 200, 9000, &kit->error));
	for (size_t i = 0; rows[i].key; i++)
		kit_put(kit, builder, RULE_INBOUND, rows[i].key, rows[i].value);
	if (held)
		kit_put(kit, builder, RULE_ROUTES, held, "dhold");
	KIT_OK(kit, map_builder_seal(builder, &meta, &kit->error));
	map_builder_close(builder);
	return path;
}

static int adopt(struct kit *kit, const char *path, bool force,
	struct adopt_result *done)
{
	const struct adopt asked = { .path = path,
		.max_delete = 50,
		.force = force,
		.command = "adopt",
		.complain = complain };
	struct state *state = kit_state(kit);
	int code;

	lines[0] = '\0';
	code = adopt_apply(state, &asked, done, &kit->error);
	state_close(state);
	return code;
}

static void test_adopt(void **test)
{
	static const struct line rows[] = { { "@warmsushi.example",
						    "d@DryPizza.example" },
		{ "a@b.example", "ux@y.example" }, { NULL, NULL } };
	struct kit *kit = *test;
	const char *path = foreign(kit, rows);
	struct adopt_result done;
	char text[256];
	struct map *map;

	KIT_OK(kit, adopt(kit, path, false, &done));
	assert_int_equal(done.generation, 1);
	assert_false(done.unchanged);
	kit_assert_table(kit, RULE_INBOUND,
		"@warmsushi.example d@DryPizza.example\n"
		"a@b.example ux@y.example\n");
	map = kit_newest_map(kit);
	assert_string_equal(map_meta(map)->adopted.host, "relay.example");
	assert_int_equal(map_meta(map)->adopted.generation, 12);
	assert_int_equal(map_meta(map)->adopted.time, 1795986000);
	assert_string_equal(map_meta(map)->digest, done.digest);
	assert_string_equal(done.from.digest, done.digest);
	map_close(map);
	adopt_describe(&done, text, sizeof text);
	assert_string_equal(text,
		"adopt generation 12 of relay.example, 2026-11-29T21:00:00Z: "
		"inbound: 1 user added, 1 domain added");
	KIT_OK(kit, adopt(kit, path, false, &done));
	assert_true(done.unchanged);
	assert_int_equal(done.generation, 1);
	/* It is a map like any other: an edit drops where it came from. */
	{
		struct row row = kit_row("c@b.example", "ux@y.example");
		struct change change = kit_load(&row, 1);
		struct change_result result;

		change.mode = CHANGE_MERGE;
		KIT_OK(kit, kit_apply(kit, &change, &result));
		map = kit_newest_map(kit);
		assert_int_equal(map_meta(map)->adopted.generation, 0);
		map_close(map);
	}
}

/* Rows that load refuses are refused here, too, and all are named. */
static void test_bad_rows(void **test)
{
	static const struct line rows[] = { { "a@b.example", "ux%y@z.example" },
		{ "c@b.example", "ux@y.example" },
		{ "d\xe2\x80\x8b" "d@b.example", "ux@y.example" }, { NULL, NULL } };
	static struct line many[ADOPT_COMPLAINTS + 5];
	static char keys[ADOPT_COMPLAINTS + 5][32];
	struct kit *kit = *test;
	struct adopt_result done;
	const char *path = foreign(kit, rows);
	unsigned count = 0;

	KIT_FAILS(kit, ERR_BAD, "2 rows are refused; nothing was changed",
		adopt(kit, path, true, &done));
	assert_non_null(strstr(lines, "other.mdb: inbound: "));
	assert_non_null(strstr(lines, "x%y@z.example"));
	assert_false(kit_exists(kit_path(kit, "state/" STATE_MAP)));

	for (unsigned i = 0; i < ADOPT_COMPLAINTS + 4; i++) {
		(void)snprintf(keys[i], sizeof keys[i], "u%03u@b.example", i);
		many[i].key = keys[i];
		many[i].value = "ux!y@z.example";
	}
	path = foreign(kit, many);
	KIT_FAILS(kit, ERR_BAD, "24 rows are refused, of which the first 20",
		adopt(kit, path, true, &done));
	for (const char *at = lines; (at = strchr(at, '\n')); at++)
		count++;
	assert_int_equal(count, ADOPT_COMPLAINTS);
}

/* A source that is held, whatever made the map. */
static void test_hold(void **test)
{
	static const struct line rows[] = { { "@a.example", "d@b.example" },
		{ NULL, NULL } };
	struct kit *kit = *test;
	struct adopt_result done;
	const char *path;

	held = "@a.example";
	path = foreign(kit, rows);
	KIT_FAILS(kit, ERR_BAD, "here b.example; hold this instead",
		adopt(kit, path, true, &done));
	held = "@b.example";
	path = foreign(kit, rows);
	KIT_OK(kit, adopt(kit, path, false, &done));
	held = NULL;
	kit_assert_table(kit, RULE_ROUTES, "@b.example dhold\n");
}

static void test_guards(void **test)
{
	static const struct line old[] = { { "@warmsushi.example",
						   "d@drypizza.example" },
		{ "a@b.example", "ux@y.example" },
		{ "b@b.example", "ux@y.example" },
		{ "c@b.example", "ux@y.example" },
		{ "d@b.example", "ux@y.example" }, { NULL, NULL } };
	static const struct line no_domain[] = { { "a@b.example",
							 "ux@y.example" },
		{ "b@b.example", "ux@y.example" },
		{ "c@b.example", "ux@y.example" },
		{ "d@b.example", "ux@y.example" }, { NULL, NULL } };
	static const struct line few[] = { { "@warmsushi.example",
						   "d@drypizza.example" },
		{ "a@b.example", "ux@y.example" }, { NULL, NULL } };
	static const struct line none[] = { { NULL, NULL } };
	struct kit *kit = *test;
	struct adopt_result done;

	KIT_OK(kit, adopt(kit, foreign(kit, old), false, &done));
	KIT_FAILS(kit, ERR_BAD,
		"inbound: would delete 1 domain rule (@warmsushi.example); "
		"--force",
		adopt(kit, foreign(kit, no_domain), false, &done));
	KIT_FAILS(kit, ERR_BAD,
		"inbound: would delete 3 of 5 rules (60 %), more than "
		"--max-delete 50; --force",
		adopt(kit, foreign(kit, few), false, &done));
	KIT_FAILS(kit, ERR_BAD, "the map has no rule",
		adopt(kit, foreign(kit, none), false, &done));
	assert_int_equal(kit_newest(kit), 1);
	KIT_OK(kit, adopt(kit, foreign(kit, few), true, &done));
	KIT_OK(kit, adopt(kit, foreign(kit, none), true, &done));
	assert_int_equal(done.generation, 3);
}

/* The digest in the metadata is computed again. */
static void test_false_digest(void **test)
{
	static const struct line rows[] = { { "a@b.example", "ux@y.example" },
		{ NULL, NULL } };
	struct kit *kit = *test;
	const char *path = foreign(kit, rows);
	struct adopt_result done;
	size_t len;
	char *data = kit_read(path, &len);
	char *at = memmem(data, len, "\ndigest ", 8);
	int fd;

	assert_non_null(at);
	at[8] = at[8] == '0' ? '1' : '0';
	kit_write(path, data, len - TRAILER_SIZE);
	free(data);
	fd = open(path, O_RDWR);
	KIT_OK(kit, trailer_append(fd, path, MAP_VERSION, &kit->error));
	close(fd);
	KIT_FAILS(kit, ERR_BAD, "its rules have the digest",
		adopt(kit, path, false, &done));
}

/* Nothing is written, not even the state directory. */
static void test_dry_run(void **test)
{
	static const struct line rows[] = { { "a@b.example", "ux@y.example" },
		{ NULL, NULL } };
	struct kit *kit = *test;
	const struct adopt asked = {
		.path = foreign(kit, rows), .dry_run = true, .max_delete = 50
	};
	struct adopt_result done;

	KIT_OK(kit, adopt_apply(NULL, &asked, &done, &kit->error));
	assert_int_equal(done.generation, 0);
	assert_int_equal(done.tables[RULE_INBOUND].counts[CHANGE_NEW], 1);
	assert_false(kit_exists(kit_path(kit, "state")));
	KIT_FAILS(kit, ERR_NOENT, "none.mdb",
		adopt(kit, kit_path(kit, "none.mdb"), false, &done));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		KIT_TEST(test_adopt),
		KIT_TEST(test_bad_rows),
		KIT_TEST(test_hold),
		KIT_TEST(test_guards),
		KIT_TEST(test_false_digest),
		KIT_TEST(test_dry_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
