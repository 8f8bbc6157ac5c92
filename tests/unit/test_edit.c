#include "mapkit.h"
#include "faults.h"

#include <dirent.h>
#include <signal.h>
#include <time.h>

#include "statedir.h"

#define LOG_MAX 4096
#define KILLS	50

/* Opens the state, applies, closes: what the tool does for each command. */
static int apply(
	struct kit *kit, const struct edit *edit, struct edit_result *result)
{
	struct state *state;
	int code = state_open(&state, &kit->config, true, &kit->error);

	*result = (struct edit_result){ 0 };
	if (code)
		return code;
	code = edit_apply(state, edit, result, &kit->error);
	state_close(state);
	return code;
}

static struct edit replace(const struct csvfile_row *rows, size_t count)
{
	return (struct edit){ .table = RULE_INBOUND,
		.mode = EDIT_REPLACE,
		.rows = rows,
		.count = count,
		.max_delete = 50,
		.command = "load inbound users.csv" };
}

/* "key value\n" for each row of the newest generation. */
static void assert_table(
	struct kit *kit, enum rule_table table, const char *expected)
{
	char text[LOG_MAX] = "";
	size_t at = 0;
	struct state *state;
	struct map *map;
	struct map_reader *reader;
	struct map_cursor *cursor = NULL;
	struct rule rule;

	KIT_OK(kit, state_open(&state, &kit->config, false, &kit->error));
	KIT_OK(kit, state_open_newest(state, false, &map, &kit->error));
	assert_int_equal(map_reader_open(&reader, map), 0);
	assert_int_equal(map_cursor_open(&cursor, reader, table), 0);
	while (map_cursor_next(cursor, &rule) == 1)
		at += (size_t)snprintf(text + at, sizeof text - at,
			"%.*s %.*s\n", (int)rule.key.len, rule.key.data,
			(int)rule.value.len, rule.value.data);
	assert_string_equal(text, expected);
	map_cursor_close(cursor);
	map_reader_close(reader);
	map_close(map);
	state_close(state);
}

static uint64_t newest(struct kit *kit)
{
	struct state *state;
	struct map *map;
	uint64_t generation;

	KIT_OK(kit, state_open(&state, &kit->config, false, &kit->error));
	KIT_OK(kit, state_open_newest(state, true, &map, &kit->error));
	generation = map_meta(map)->generation;
	map_close(map);
	state_close(state);
	return generation;
}

static void assert_counts(const struct edit_result *result, uint64_t added,
	uint64_t changed, uint64_t unchanged, uint64_t deleted)
{
	assert_int_equal(result->counts[EDIT_NEW], added);
	assert_int_equal(result->counts[EDIT_CHANGED], changed);
	assert_int_equal(result->counts[EDIT_UNCHANGED], unchanged);
	assert_int_equal(result->counts[EDIT_DELETED], deleted);
}

static void start(struct kit *kit)
{
	const struct csvfile_row rows[] = {
		kit_row("@*.a.com", "s@b.com"),
		kit_row("@a.com", "d@b.com"),
		kit_row("ann@a.com", "uann@b.com"),
		kit_row("bob@a.com", "ubob@b.com"),
		kit_row("eve@a.com", "xeve@a.com"),
	};
	const struct csvfile_row out[] = { kit_row("ann@b.com", "uann@a.com") };
	struct edit edit = replace(rows, 5);
	struct edit_result result;

	KIT_OK(kit, apply(kit, &edit, &result));
	assert_counts(&result, 5, 0, 0, 0);
	assert_int_equal(result.generation, 1);
	edit = replace(out, 1);
	edit.table = RULE_OUTBOUND;
	KIT_OK(kit, apply(kit, &edit, &result));
	assert_int_equal(result.generation, 2);
}

static void test_replace(void **test)
{
	struct kit *kit = *test;
	const struct csvfile_row rows[] = {
		kit_row("@*.a.com", "s@b.com"),
		kit_row("@a.com", "call@b.com"),
		kit_row("ann@a.com", "uann@b.com"),
		kit_row("zoe@a.com", "uzoe@b.com"),
	};
	struct edit edit = replace(rows, 4);
	struct edit_result result;
	char text[256];

	start(kit);
	KIT_OK(kit, apply(kit, &edit, &result));
	assert_counts(&result, 1, 1, 2, 2);
	assert_int_equal(result.by_kind[EDIT_NEW][RULE_USER], 1);
	assert_int_equal(result.by_kind[EDIT_CHANGED][RULE_CATCHALL], 1);
	assert_int_equal(result.by_kind[EDIT_UNCHANGED][RULE_SUBDOMAIN], 1);
	assert_int_equal(result.by_kind[EDIT_DELETED][RULE_USER], 1);
	assert_int_equal(result.by_kind[EDIT_DELETED][RULE_EXCEPTION], 1);
	assert_int_equal(result.generation, 3);
	assert_false(result.unchanged);
	assert_table(kit, RULE_INBOUND,
		"@*.a.com s@b.com\n@a.com call@b.com\nann@a.com uann@b.com\n"
		"zoe@a.com uzoe@b.com\n");
	assert_table(kit, RULE_OUTBOUND, "ann@b.com uann@a.com\n");
	edit_describe(&result, RULE_INBOUND, text, sizeof text);
	assert_string_equal(text,
		"inbound: 1 user added, 1 catch-all changed, 1 user deleted, "
		"1 exception deleted");
}

static void test_merge(void **test)
{
	struct kit *kit = *test;
	const struct csvfile_row rows[] = {
		kit_row("aaa@a.com", "uaaa@b.com"),
		kit_row("ann@a.com", "uann@c.com"),
		kit_row("bob@a.com", "ubob@b.com"),
	};
	struct edit edit = replace(rows, 3);
	struct edit_result result;

	start(kit);
	edit.mode = EDIT_MERGE;
	KIT_OK(kit, apply(kit, &edit, &result));
	assert_counts(&result, 1, 1, 1, 0);
	assert_table(kit, RULE_INBOUND,
		"@*.a.com s@b.com\n@a.com d@b.com\naaa@a.com uaaa@b.com\n"
		"ann@a.com uann@c.com\nbob@a.com ubob@b.com\n"
		"eve@a.com xeve@a.com\n");
}

static void test_delete(void **test)
{
	struct kit *kit = *test;
	const struct csvfile_row rows[] = {
		kit_row("@a.com", ""),
		kit_row("bob@a.com", ""),
		kit_row("nobody@a.com", ""),
	};
	struct edit edit = replace(rows, 3);
	struct edit_result result;

	start(kit);
	edit.mode = EDIT_DELETE;
	edit.require_existing = true;
	KIT_FAILS(kit, ERR_NOTFOUND, "nobody@a.com is not in inbound",
		apply(kit, &edit, &result));
	assert_int_equal(newest(kit), 2);
	edit.count = 2; /* a domain's rule too: it was named */
	KIT_OK(kit, apply(kit, &edit, &result));
	assert_counts(&result, 0, 0, 0, 2);
	assert_int_equal(result.by_kind[EDIT_DELETED][RULE_DOMAIN], 1);
	edit.count = 3;
	edit.require_existing = false;
	KIT_OK(kit, apply(kit, &edit, &result));
	assert_true(result.unchanged);
	assert_int_equal(result.generation, 3);
	assert_table(kit, RULE_INBOUND,
		"@*.a.com s@b.com\nann@a.com uann@b.com\n"
		"eve@a.com xeve@a.com\n");
}

static void test_add(void **test)
{
	struct kit *kit = *test;
	const struct csvfile_row rows[] = { kit_row("bob@a.com", "uz@b.com") };
	struct edit edit = replace(rows, 1);
	struct edit_result result;

	start(kit);
	edit.mode = EDIT_MERGE;
	edit.refuse_existing = true;
	KIT_FAILS(kit, ERR_BAD, "bob@a.com is in inbound already",
		apply(kit, &edit, &result));
	assert_non_null(strstr(kit->error.text, "--replace"));
	assert_int_equal(newest(kit), 2);
	edit.refuse_existing = false;
	KIT_OK(kit, apply(kit, &edit, &result));
	assert_counts(&result, 0, 1, 0, 0);
}

static void test_scope(void **test)
{
	struct kit *kit = *test;
	const struct csvfile_row users[] = { kit_row("zoe@a.com", "uz@b.com") };
	const struct csvfile_row domains[] = { kit_row("@c.com", "d@b.com") };
	struct edit edit = replace(users, 1);
	struct edit_result result;

	start(kit);
	edit.scope = EDIT_USERS;
	KIT_OK(kit, apply(kit, &edit, &result));
	assert_counts(&result, 1, 0, 0, 3);
	assert_table(kit, RULE_INBOUND,
		"@*.a.com s@b.com\n@a.com d@b.com\nzoe@a.com uz@b.com\n");
	edit.scope = EDIT_DOMAINS;
	edit.name = "users.csv";
	KIT_FAILS(kit, ERR_BAD, "users.csv:0: zoe@a.com is no domain rule",
		apply(kit, &edit, &result));
	edit = replace(domains, 1);
	edit.scope = EDIT_USERS;
	KIT_FAILS(kit, ERR_BAD, "@c.com is no user rule",
		apply(kit, &edit, &result));
	edit.scope = EDIT_DOMAINS;
	KIT_FAILS(kit, ERR_BAD,
		"would delete 2 domain rules (@*.a.com, @a.com); use --force "
		"if that is meant",
		apply(kit, &edit, &result));
	edit.force = true;
	KIT_OK(kit, apply(kit, &edit, &result));
	assert_counts(&result, 1, 0, 0, 2);
	assert_table(kit, RULE_INBOUND, "@c.com d@b.com\nzoe@a.com uz@b.com\n");
}

static void test_domain_guard(void **test)
{
	struct kit *kit = *test;
	const struct csvfile_row rows[] = {
		kit_row("@*.a.com", "s@b.com"),
		kit_row("ann@a.com", "uann@b.com"),
		kit_row("bob@a.com", "ubob@b.com"),
		kit_row("eve@a.com", "xeve@a.com"),
	};
	struct edit edit = replace(rows, 4);
	struct edit_result result;

	start(kit);
	for (int dry = 0; dry < 2; dry++) {
		edit.dry_run = dry;
		KIT_FAILS(kit, ERR_BAD,
			"would delete 1 domain rule (@a.com); use --only users "
			"to load users alone, or --force",
			apply(kit, &edit, &result));
		assert_counts(&result, 0, 0, 4, 1);
	}
	assert_int_equal(newest(kit), 2);
	edit.rows = NULL;
	edit.count = 0;
	KIT_FAILS(kit, ERR_BAD, "2 domain rules", apply(kit, &edit, &result));
	edit.rows = rows;
	edit.count = 4;
	edit.dry_run = false;
	edit.force = true;
	KIT_OK(kit, apply(kit, &edit, &result));
}

/* n users from "u0000@a.com" on. */
static struct csvfile_row *many(size_t n, char kind)
{
	struct csvfile_row *rows = calloc(n + 1, sizeof *rows);
	char *text = malloc(n * 64 + 1);

	assert_non_null(rows);
	assert_non_null(text);
	for (size_t i = 0; i < n; i++) {
		char *key = text + i * 64;
		char *value = key + 32;

		(void)snprintf(key, 32, "u%04zu@a.com", i);
		(void)snprintf(value, 32, "%cn%04zu@b.com", kind, i);
		rows[i] = kit_row(key, value);
	}
	if (!n)
		free(text);
	return rows;
}

static void free_many(struct csvfile_row *rows, size_t n)
{
	union {
		const char *in;
		char *out;
	} text = { .in = n ? rows[0].rule.key.data : NULL };

	free(text.out);
	free(rows);
}

static void load_many(struct kit *kit, size_t n, struct edit_result *result)
{
	struct csvfile_row *rows = many(n, 'u');
	struct edit edit = replace(rows, n);

	KIT_OK(kit, apply(kit, &edit, result));
	free_many(rows, n);
}

static void test_max_delete(void **test)
{
	struct kit *kit = *test;
	struct csvfile_row *rows = many(1000, 'u');
	const struct csvfile_row domain = kit_row("@a.com", "d@b.com");
	struct edit edit = replace(&domain, 1);
	struct edit_result result;

	load_many(kit, 1000, &result);
	edit.mode = EDIT_MERGE;
	KIT_OK(kit, apply(kit, &edit, &result));
	edit = replace(rows, 188);
	edit.scope = EDIT_USERS;
	for (int dry = 0; dry < 2; dry++) {
		edit.dry_run = dry;
		KIT_FAILS(kit, ERR_BAD,
			"would delete 812 of 1000 rules (81 %), more than "
			"--max-delete 50; use --force or a larger --max-delete "
			"if that is meant",
			apply(kit, &edit, &result));
	}
	assert_int_equal(newest(kit), 2);
	edit.dry_run = false;
	edit.max_delete = 81;
	KIT_FAILS(kit, ERR_BAD, "812", apply(kit, &edit, &result));
	edit.max_delete = 82;
	KIT_OK(kit, apply(kit, &edit, &result));
	edit.max_delete = 50;
	edit.count = 94; /* exactly half */
	KIT_OK(kit, apply(kit, &edit, &result));
	edit.max_delete = 0;
	edit.count = 93;
	KIT_FAILS(kit, ERR_BAD, "1 of 94 rules (1 %)",
		apply(kit, &edit, &result));
	edit.force = true;
	edit.count = 0;
	KIT_OK(kit, apply(kit, &edit, &result));
	assert_table(kit, RULE_INBOUND, "@a.com d@b.com\n");
	free_many(rows, 1000);
}

/* 20 rows may all go, 21 may not. */
static void test_max_delete_small(void **test)
{
	struct kit *kit = *test;
	struct edit edit = replace(NULL, 0);
	struct edit_result result;

	load_many(kit, 20, &result);
	KIT_OK(kit, apply(kit, &edit, &result));
	assert_table(kit, RULE_INBOUND, "");
	load_many(kit, 21, &result);
	KIT_FAILS(kit, ERR_BAD, "21 of 21 rules (100 %)",
		apply(kit, &edit, &result));
	edit.max_delete = 100;
	KIT_OK(kit, apply(kit, &edit, &result));
}

static void test_unchanged(void **test)
{
	struct kit *kit = *test;
	const struct csvfile_row rows[] = {
		kit_row("@*.a.com", "s@b.com"),
		kit_row("@a.com", "d@b.com"),
		kit_row("ann@a.com", "uann@b.com"),
		kit_row("bob@a.com", "ubob@b.com"),
		kit_row("eve@a.com", "xeve@a.com"),
	};
	struct edit edit = replace(rows, 5);
	struct edit_result result;
	struct stat before;
	struct stat after;
	char text[256];

	start(kit);
	assert_int_equal(stat(kit_path(kit, "state/map.mdb"), &before), 0);
	KIT_OK(kit, apply(kit, &edit, &result));
	assert_true(result.unchanged);
	assert_int_equal(result.generation, 2);
	assert_counts(&result, 0, 0, 5, 0);
	assert_int_equal(stat(kit_path(kit, "state/map.mdb"), &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
	edit_describe(&result, RULE_INBOUND, text, sizeof text);
	assert_string_equal(text, "inbound: no change");
}

/* Names, sizes and times of all that is in the state directory. */
static void snapshot(struct kit *kit, char *text, size_t size)
{
	static const char *const dirs[] = { ".", "history", "served" };
	size_t at = 0;

	text[0] = '\0';
	for (size_t d = 0; d < 3; d++) {
		char path[KIT_PATH * 2];
		struct dirent **names;
		int count;

		(void)snprintf(
			path, sizeof path, "%s/%s", kit->state_dir, dirs[d]);
		count = scandir(path, &names, NULL, alphasort);
		assert_true(count >= 0);
		for (int i = 0; i < count; i++) {
			char name[KIT_PATH * 3];
			struct stat status;

			(void)snprintf(name, sizeof name, "%s/%s", path,
				names[i]->d_name);
			assert_int_equal(lstat(name, &status), 0);
			if (strcmp(names[i]->d_name, "..") != 0)
				at += (size_t)snprintf(text + at, size - at,
					"%s/%s %lld %lld.%ld\n", dirs[d],
					names[i]->d_name,
					(long long)status.st_size,
					(long long)status.st_mtim.tv_sec,
					status.st_mtim.tv_nsec);
			free(names[i]);
		}
		free(names);
	}
	assert_true(at > 0 && at < size);
}

struct seen {
	char text[LOG_MAX];
	size_t at;
	uint64_t progress;
	uint64_t of;
};

static void note_change(void *context, enum edit_change change,
	struct bytes key, struct bytes old_value, struct bytes new_value)
{
	static const char marks[EDIT_CHANGES] = { '+', '~', '=', '-' };
	struct seen *seen = context;

	assert_int_equal(!old_value.data, change == EDIT_NEW);
	assert_int_equal(!new_value.data, change == EDIT_DELETED);
	seen->at += (size_t)snprintf(seen->text + seen->at,
		sizeof seen->text - seen->at, "%c %.*s %.*s>%.*s\n",
		marks[change], (int)key.len, key.data, (int)old_value.len,
		old_value.data ? old_value.data : "", (int)new_value.len,
		new_value.data ? new_value.data : "");
}

static void note_progress(void *context, uint64_t rows, uint64_t of)
{
	struct seen *seen = context;

	assert_true(rows >= seen->progress && rows <= of);
	seen->progress = rows;
	seen->of = of;
}

static void test_dry_run(void **test)
{
	struct kit *kit = *test;
	const struct csvfile_row rows[] = {
		kit_row("@*.a.com", "s@c.com"),
		kit_row("@a.com", "d@b.com"),
		kit_row("ann@a.com", "uann@b.com"),
		kit_row("zoe@a.com", "uz@b.com"),
	};
	static char before[LOG_MAX];
	static char after[LOG_MAX];
	struct seen seen = { .at = 0 };
	struct edit edit = replace(rows, 4);
	struct edit_result result;

	start(kit);
	snapshot(kit, before, sizeof before);
	edit.dry_run = true;
	edit.changed = note_change;
	edit.context = &seen;
	KIT_OK(kit, apply(kit, &edit, &result));
	assert_counts(&result, 1, 1, 2, 2);
	assert_int_equal(result.generation, 2);
	assert_string_equal(seen.text,
		"~ @*.a.com s@b.com>s@c.com\n- bob@a.com ubob@b.com>\n"
		"- eve@a.com xeve@a.com>\n+ zoe@a.com >uz@b.com\n");
	snapshot(kit, after, sizeof after);
	assert_string_equal(before, after);
}

static void test_dry_run_first(void **test)
{
	struct kit *kit = *test;
	const struct csvfile_row rows[] = { kit_row("a@a.com", "ub@b.com") };
	struct edit edit = replace(rows, 1);
	struct edit_result result;

	assert_int_equal(mkdir(kit->state_dir, 0750), 0);
	edit.dry_run = true;
	KIT_OK(kit, apply(kit, &edit, &result));
	assert_counts(&result, 1, 0, 0, 0);
	assert_int_equal(result.generation, 0);
	assert_false(result.unchanged);
	assert_false(kit_exists(kit_path(kit, "state/map.mdb")));
	assert_false(kit_exists(kit_path(kit, "state/lock")));
}

static void test_progress(void **test)
{
	struct kit *kit = *test;
	struct csvfile_row *rows = many(9999, 'u');
	struct seen seen = { .at = 0 };
	struct edit edit = replace(rows, 9999);
	struct edit_result result;

	start(kit);
	edit.mode = EDIT_MERGE;
	edit.progress = note_progress;
	edit.context = &seen;
	KIT_OK(kit, apply(kit, &edit, &result));
	assert_int_equal(seen.progress, 9999 + 5 + 1);
	assert_int_equal(seen.of, seen.progress);
	free_many(rows, 9999);
}

static void test_first_map(void **test)
{
	struct kit *kit = *test;
	struct edit edit = replace(NULL, 0);
	struct edit_result result;
	struct state *state;
	uint64_t generation;

	KIT_OK(kit, apply(kit, &edit, &result));
	assert_false(result.unchanged);
	assert_int_equal(result.generation, 1);
	KIT_OK(kit, apply(kit, &edit, &result));
	assert_true(result.unchanged);
	assert_int_equal(result.generation, 1);
	KIT_OK(kit, state_open(&state, &kit->config, true, &kit->error));
	KIT_FAILS(kit, ERR_BAD, "generation 1",
		edit_init(state, "init", &generation, &kit->error));
	state_close(state);
}

static void test_init(void **test)
{
	struct kit *kit = *test;
	struct state *state;
	uint64_t generation;
	char *log;

	KIT_OK(kit, state_open(&state, &kit->config, true, &kit->error));
	KIT_OK(kit, edit_init(state, "init", &generation, &kit->error));
	assert_int_equal(generation, 1);
	state_close(state);
	assert_table(kit, RULE_INBOUND, "");
	log = kit_read(kit_path(kit, "state/audit.log"), NULL);
	assert_non_null(strstr(log, " init: empty map; generation 1\n"));
	free(log);
}

static void test_bad_map(void **test)
{
	struct kit *kit = *test;
	const struct csvfile_row rows[] = { kit_row("zoe@a.com", "uz@b.com") };
	struct edit edit = replace(rows, 1);
	struct edit_result result;
	struct state *state;
	uint64_t generation;
	static char before[LOG_MAX];
	static char after[LOG_MAX];

	start(kit);
	edit.mode = EDIT_MERGE;
	assert_int_equal(truncate(kit_path(kit, "state/map.mdb"), 8192), 0);
	snapshot(kit, before, sizeof before);
	for (int dry = 0; dry < 2; dry++) {
		edit.dry_run = dry;
		KIT_FAILS(kit, ERR_BAD,
			"`readdress rollback` goes back to generation 1",
			apply(kit, &edit, &result));
	}
	KIT_OK(kit, state_open(&state, &kit->config, true, &kit->error));
	KIT_FAILS(kit, ERR_BAD, "readdress rollback",
		edit_init(state, "init", &generation, &kit->error));
	state_close(state);
	snapshot(kit, after, sizeof after);
	/* All but the lock's own time. */
	*strstr(before, "./lock") = *strstr(after, "./lock") = '\0';
	assert_string_equal(before, after);

	/* A map that is gone is not an empty one. */
	assert_int_equal(unlink(kit_path(kit, "state/map.mdb")), 0);
	edit.dry_run = false;
	KIT_FAILS(kit, ERR_BAD, "is gone", apply(kit, &edit, &result));
}

/* Edits at random against a plain array. */
struct model {
	char value[64][16]; /* "" is none */
};

static void model_check(struct kit *kit, const struct model *model)
{
	char text[LOG_MAX] = "";
	size_t at = 0;

	for (int i = 0; i < 64; i++)
		if (model->value[i][0])
			at += (size_t)snprintf(text + at, sizeof text - at,
				"u%04d@a.com %s\n", i, model->value[i]);
	assert_table(kit, RULE_INBOUND, text);
}

static void model_edit(struct kit *kit, struct model *model, uint32_t *seed)
{
	char keys[64][16];
	char values[64][16];
	struct csvfile_row rows[64] = { { .line = 0 } };
	struct edit edit = replace(rows, 0);
	struct edit_result result;
	uint64_t counts[EDIT_CHANGES] = { 0 };
	unsigned density = kit_random(seed) % 8 + 1;

	edit.mode = kit_random(seed) % 3;
	edit.force = true;
	for (int i = 0; i < 64; i++) {
		char *old = model->value[i];

		if (kit_random(seed) % density) {
			if (edit.mode == EDIT_REPLACE && old[0]) {
				counts[EDIT_DELETED]++;
				old[0] = '\0';
			}
			continue;
		}
		(void)snprintf(keys[i], sizeof keys[i], "u%04d@a.com", i);
		(void)snprintf(values[i], sizeof values[i], "un%u@b.com",
			kit_random(seed) % 3);
		rows[edit.count++] = kit_row(keys[i], values[i]);
		if (edit.mode == EDIT_DELETE) {
			counts[EDIT_DELETED] += old[0] != '\0';
			old[0] = '\0';
			continue;
		}
		if (!old[0])
			counts[EDIT_NEW]++;
		else if (strcmp(old, values[i]) != 0)
			counts[EDIT_CHANGED]++;
		else
			counts[EDIT_UNCHANGED]++;
		memcpy(old, values[i], sizeof values[i]);
	}
	KIT_OK(kit, apply(kit, &edit, &result));
	assert_memory_equal(result.counts, counts, sizeof counts);
}

static void test_model(void **test)
{
	struct kit *kit = *test;
	struct model model = { .value = { "" } };
	uint32_t seed = 4711;

	for (int i = 0; i < 120; i++) {
		model_edit(kit, &model, &seed);
		model_check(kit, &model);
	}
}

/* Every call that changes a file fails in turn, as on a full disk. */
static void test_faults(void **test)
{
	struct kit *kit = *test;
	struct csvfile_row *rows = many(3000, 'u');
	struct edit edit = replace(rows, 3000);
	struct edit_result result;
	unsigned silent = 0;
	uint64_t live = 1;
	unsigned n;

	load_many(kit, 2, &result);
	edit.force = true;
	for (n = 0; n < 300; n++) {
		const char *failed;
		int code;

		edit.count = 3000 - n; /* else nothing would change */
		faults_arm(n, 1, ENOSPC);
		code = apply(kit, &edit, &result);
		failed = faults_disarm();
		assert_false(kit_exists(kit_path(kit, "state/" STATE_BUILD)));
		if (!failed)
			break;
		if (!code) { /* the note of who holds the lock */
			silent++;
			live = result.generation;
			continue;
		}
		assert_int_equal(code, ERR_IO);
		assert_non_null(
			strstr(kit->error.text, "No space left on device"));
		assert_int_equal(newest(kit), live);
	}
	assert_true(n > 11 && n < 300);
	assert_true(silent <= 2);
	assert_int_equal(newest(kit), result.generation);
	free_many(rows, 3000);
}

/* ---- killed ---- */

static void edit_for_ever(struct kit *kit)
{
	struct csvfile_row *rows = many(2000, 'u');
	struct csvfile_row *other = many(2000, 'x');

	for (unsigned i = 0;; i++) {
		struct edit edit = replace(i % 2 ? rows : other, 2000);
		struct edit_result result;

		if (apply(kit, &edit, &result))
			_exit(1);
	}
}

static void assert_whole(struct kit *kit)
{
	struct state *state;
	struct map *map;
	const struct map_meta *meta;

	KIT_OK(kit, state_open(&state, &kit->config, false, &kit->error));
	KIT_OK(kit, state_open_newest(state, true, &map, &kit->error));
	meta = map_meta(map);
	/* All of one edit or all of the other. */
	assert_int_equal(meta->rows[RULE_INBOUND][RULE_USER] +
				 meta->rows[RULE_INBOUND][RULE_EXCEPTION],
		2000);
	assert_true(meta->rows[RULE_INBOUND][RULE_USER] % 2000 == 0);
	map_close(map);
	state_close(state);
}

static void test_killed(void **test)
{
	struct kit *kit = *test;
	struct csvfile_row *rows = many(2000, 'u');
	uint32_t seed = 99;
	uint64_t last = 0;
	unsigned interrupted = 0;

	load_many(kit, 2000, &(struct edit_result){ 0 });
	for (int i = 0; i < KILLS; i++) {
		struct csvfile_row more[] = { kit_row("zz@a.com", "uz@b.com") };
		struct edit add = replace(more, 1);
		struct edit back = replace(rows, 2000);
		struct timespec pause = { 0, 0 };
		struct edit_result result;
		pid_t pid = fork();
		int status;

		if (!pid)
			edit_for_ever(kit);
		assert_true(pid > 0);
		pause.tv_nsec = (long)(kit_random(&seed) % 60000) * 1000;
		(void)nanosleep(&pause, NULL);
		assert_int_equal(kill(pid, SIGKILL), 0);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status));

		interrupted += kit_exists(kit_path(kit, "state/" STATE_BUILD));
		assert_whole(kit);
		add.mode = EDIT_MERGE;
		KIT_OK(kit, apply(kit, &add, &result));
		assert_true(result.generation > last);
		last = result.generation;
		assert_false(kit_exists(kit_path(kit, "state/" STATE_BUILD)));
		KIT_OK(kit, apply(kit, &back, &result));
		assert_whole(kit);
	}
	/* Else the test has not tested. */
	assert_true(interrupted > 0);
	free_many(rows, 2000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		KIT_TEST(test_replace),
		KIT_TEST(test_merge),
		KIT_TEST(test_delete),
		KIT_TEST(test_add),
		KIT_TEST(test_scope),
		KIT_TEST(test_domain_guard),
		KIT_TEST(test_max_delete),
		KIT_TEST(test_max_delete_small),
		KIT_TEST(test_unchanged),
		KIT_TEST(test_dry_run),
		KIT_TEST(test_dry_run_first),
		KIT_TEST(test_progress),
		KIT_TEST(test_first_map),
		KIT_TEST(test_init),
		KIT_TEST(test_bad_map),
		KIT_TEST(test_model),
		KIT_TEST(test_faults),
		KIT_TEST(test_killed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
