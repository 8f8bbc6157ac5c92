#include "kit/statekit.h"
#include "kit/faults.h"

#include <signal.h>
#include <time.h>

#define KILLS 50

static struct change_result result; /* of the last change */

static int apply(struct kit *kit, const struct change *change)
{
	return kit_apply(kit, change, &result);
}

static void assert_counts(
	uint64_t added, uint64_t changed, uint64_t unchanged, uint64_t deleted)
{
	assert_int_equal(result.counts[CHANGE_NEW], added);
	assert_int_equal(result.counts[CHANGE_CHANGED], changed);
	assert_int_equal(result.counts[CHANGE_UNCHANGED], unchanged);
	assert_int_equal(result.counts[CHANGE_DELETED], deleted);
}

static const struct row at_first[] = {
	{ { { "@*.a.com", 8 }, { "s@b.com", 7 } }, 0 },
	{ { { "@a.com", 6 }, { "d@b.com", 7 } }, 0 },
	{ { { "ann@a.com", 9 }, { "uann@b.com", 10 } }, 0 },
	{ { { "bob@a.com", 9 }, { "ubob@b.com", 10 } }, 0 },
	{ { { "eve@a.com", 9 }, { "xeve@a.com", 10 } }, 0 },
};

/* A kit with two generations. */
static int start(void **test)
{
	const struct row out[] = { kit_row("ann@b.com", "uann@a.com") };
	struct change change = kit_load(at_first, 5);
	struct kit *kit;

	kit_open(test);
	kit = *test;
	KIT_OK(kit, apply(kit, &change));
	assert_counts(5, 0, 0, 0);
	assert_int_equal(result.generation, 1);
	change = kit_load(out, 1);
	change.table = RULE_OUTBOUND;
	KIT_OK(kit, apply(kit, &change));
	assert_int_equal(result.generation, 2);
	return 0;
}

#define START_TEST(name) cmocka_unit_test_setup_teardown(name, start, kit_close)

static void test_replace(void **test)
{
	struct kit *kit = *test;
	const struct row rows[] = {
		kit_row("@*.a.com", "s@b.com"),
		kit_row("@a.com", "call@b.com"),
		kit_row("ann@a.com", "uann@b.com"),
		kit_row("zoe@a.com", "uzoe@b.com"),
	};
	struct change change = kit_load(rows, 4);
	char text[256];

	KIT_OK(kit, apply(kit, &change));
	assert_counts(1, 1, 2, 2);
	assert_int_equal(result.by_kind[CHANGE_NEW][RULE_USER], 1);
	assert_int_equal(result.by_kind[CHANGE_CHANGED][RULE_CATCHALL], 1);
	assert_int_equal(result.by_kind[CHANGE_UNCHANGED][RULE_SUBDOMAIN], 1);
	assert_int_equal(result.by_kind[CHANGE_DELETED][RULE_USER], 1);
	assert_int_equal(result.by_kind[CHANGE_DELETED][RULE_EXCEPTION], 1);
	assert_int_equal(result.generation, 3);
	assert_false(result.unchanged);
	kit_assert_table(kit, RULE_INBOUND,
		"@*.a.com s@b.com\n@a.com call@b.com\nann@a.com uann@b.com\n"
		"zoe@a.com uzoe@b.com\n");
	kit_assert_table(kit, RULE_OUTBOUND, "ann@b.com uann@a.com\n");
	change_describe(&result, RULE_INBOUND, text, sizeof text);
	assert_string_equal(text,
		"inbound: 1 user added, 1 catch-all changed, 1 user deleted, "
		"1 exception deleted");
}

static void test_merge(void **test)
{
	struct kit *kit = *test;
	const struct row rows[] = {
		kit_row("aaa@a.com", "uaaa@b.com"),
		kit_row("ann@a.com", "uann@c.com"),
		kit_row("bob@a.com", "ubob@b.com"),
	};
	struct change change = kit_load(rows, 3);

	change.mode = CHANGE_MERGE;
	KIT_OK(kit, apply(kit, &change));
	assert_counts(1, 1, 1, 0);
	kit_assert_table(kit, RULE_INBOUND,
		"@*.a.com s@b.com\n@a.com d@b.com\naaa@a.com uaaa@b.com\n"
		"ann@a.com uann@c.com\nbob@a.com ubob@b.com\n"
		"eve@a.com xeve@a.com\n");
}

static void test_delete(void **test)
{
	struct kit *kit = *test;
	const struct row rows[] = {
		kit_row("@a.com", ""),
		kit_row("bob@a.com", ""),
		kit_row("nobody@a.com", ""),
	};
	struct change change = kit_load(rows, 3);

	change.mode = CHANGE_DELETE;
	change.require_existing = true;
	KIT_FAILS(kit, ERR_NOTFOUND, "nobody@a.com is not in inbound",
		apply(kit, &change));
	assert_int_equal(kit_newest(kit), 2);
	change.count = 2; /* a domain rule, too, because its key was given */
	KIT_OK(kit, apply(kit, &change));
	assert_counts(0, 0, 0, 2);
	assert_int_equal(result.by_kind[CHANGE_DELETED][RULE_DOMAIN], 1);
	change.count = 3;
	change.require_existing = false;
	KIT_OK(kit, apply(kit, &change));
	assert_true(result.unchanged);
	assert_int_equal(result.generation, 3);
	kit_assert_table(kit, RULE_INBOUND,
		"@*.a.com s@b.com\nann@a.com uann@b.com\n"
		"eve@a.com xeve@a.com\n");
}

static void test_add(void **test)
{
	struct kit *kit = *test;
	const struct row rows[] = { kit_row("bob@a.com", "uz@b.com") };
	struct change change = kit_load(rows, 1);

	change.mode = CHANGE_MERGE;
	change.refuse_existing = true;
	KIT_FAILS(kit, ERR_BAD, "bob@a.com is in inbound already",
		apply(kit, &change));
	assert_non_null(strstr(kit->error.text, "--replace"));
	assert_int_equal(kit_newest(kit), 2);
	change.refuse_existing = false;
	KIT_OK(kit, apply(kit, &change));
	assert_counts(0, 1, 0, 0);
}

static void assert_domain(const char *key, const char *domain)
{
	struct bytes found = rule_key_domain(bytes_of(key));

	assert_true(bytes_equal(found, bytes_of(domain)));
}

/* The scope of --domain, alone and together with --only. */
static void test_domains(void **test)
{
	struct kit *kit = *test;
	const struct row first[] = { kit_row("@*.a.com", "s@z.com"),
		kit_row("@a.com", "d@z.com"), kit_row("@c.com", "d@z.com"),
		kit_row("bob@a.com", "ubob@z.com"),
		kit_row("eve@a.com", "ueve@z.com"),
		kit_row("eve@c.com", "ueve@z.com"),
		kit_row("eve@x.a.com", "ueve@z.com") };
	const struct row ours[] = { kit_row("@a.com", "d@y.com"),
		kit_row("zoe@a.com", "uzoe@z.com") };
	const struct row theirs[] = { kit_row("eve@x.a.com", "uy@z.com") };
	const struct row below[] = { kit_row("@*.a.com", "s@y.com") };
	const struct bytes domains[] = { bytes_of("a.com"),
		bytes_of("*.a.com") };
	struct change change = kit_load(first, 7);

	assert_domain("bob@a.com", "a.com");
	assert_domain("b@b@a.com", "a.com");
	assert_domain("@a.com", "a.com");
	assert_domain("@*.a.com", "*.a.com");
	change.force = true;
	KIT_OK(kit, apply(kit, &change));

	change = kit_load(theirs, 1);
	change.domains = domains;
	change.domain_count = 2;
	KIT_FAILS(kit, ERR_BAD, "eve@x.a.com is in another domain",
		apply(kit, &change));
	change = kit_load(ours, 1);
	change.domains = domains;
	change.domain_count = 1;
	change.scope = CHANGE_USERS;
	KIT_FAILS(kit, ERR_BAD, "@a.com is a domain rule", apply(kit, &change));
	/* Two of three rows: no more than three are counted. */
	change = kit_load(ours, 2);
	change.domains = domains;
	change.domain_count = 1;
	KIT_OK(kit, apply(kit, &change));
	assert_counts(1, 1, 0, 2);
	kit_assert_table(kit, RULE_INBOUND,
		"@*.a.com s@z.com\n@a.com d@y.com\n@c.com d@z.com\n"
		"eve@c.com ueve@z.com\neve@x.a.com ueve@z.com\n"
		"zoe@a.com uzoe@z.com\n");
	change.rows = ours + 1;
	change.count = 1;
	KIT_FAILS(kit, ERR_BAD,
		"would delete 1 domain rule (@a.com); --merge in place of "
		"--domain adds",
		apply(kit, &change));
	change.scope = CHANGE_USERS;
	KIT_OK(kit, apply(kit, &change));
	assert_true(result.unchanged);
	/* All rules of @a.com and below it, and no others. */
	change = kit_load(below, 1);
	change.domains = domains;
	change.domain_count = 2;
	change.force = true;
	KIT_OK(kit, apply(kit, &change));
	kit_assert_table(kit, RULE_INBOUND,
		"@*.a.com s@y.com\n@c.com d@z.com\neve@c.com ueve@z.com\n"
		"eve@x.a.com ueve@z.com\n");
}

/* The percentage is one of the rows in scope. */
static void test_domains_guarded(void **test)
{
	struct kit *kit = *test;
	const struct bytes domain = bytes_of("c.com");
	const struct row few[] = { kit_row("a@c.com", "ux@z.com"),
		kit_row("b@c.com", "ux@z.com"), kit_row("c@c.com", "ux@z.com"),
		kit_row("d@c.com", "ux@z.com") };
	struct change change = kit_load(few, 4);

	change.mode = CHANGE_MERGE;
	KIT_OK(kit, apply(kit, &change));
	change = kit_load(few, 1);
	change.domains = &domain;
	change.domain_count = 1;
	KIT_FAILS(kit, ERR_BAD, "would delete 3 of 4 rules (75 %)",
		apply(kit, &change));
	change.scope = CHANGE_USERS;
	KIT_FAILS(kit, ERR_BAD, "--merge in place of --domain and --only adds",
		apply(kit, &change));
	change.count = 0;
	KIT_FAILS(kit, ERR_BAD, "there is no row below the header row",
		apply(kit, &change));
	change.count = 2;
	KIT_OK(kit, apply(kit, &change));
	assert_counts(0, 0, 2, 2);
}

static void test_scope(void **test)
{
	struct kit *kit = *test;
	const struct row users[] = { kit_row("zoe@a.com", "uz@b.com") };
	const struct row domains[] = { kit_row("@c.com", "d@b.com") };
	struct change change = kit_load(users, 1);

	change.scope = CHANGE_USERS;
	change.force = true;
	KIT_OK(kit, apply(kit, &change));
	change.force = false;
	assert_counts(1, 0, 0, 3);
	kit_assert_table(kit, RULE_INBOUND,
		"@*.a.com s@b.com\n@a.com d@b.com\nzoe@a.com uz@b.com\n");
	change.scope = CHANGE_DOMAINS;
	KIT_FAILS(kit, ERR_BAD,
		"zoe@a.com is a user rule, expected domain rules alone",
		apply(kit, &change));
	change = kit_load(domains, 1);
	change.scope = CHANGE_USERS;
	KIT_FAILS(kit, ERR_BAD,
		"@c.com is a domain rule, expected user rules alone",
		apply(kit, &change));
	change.scope = CHANGE_DOMAINS;
	KIT_FAILS(kit, ERR_BAD,
		"would delete 2 domain rules (@*.a.com, @a.com); --merge in "
		"place of --only adds and changes rules and deletes none; "
		"--force deletes what the file does not have",
		apply(kit, &change));
	change.force = true;
	KIT_OK(kit, apply(kit, &change));
	assert_counts(1, 0, 0, 2);
	kit_assert_table(
		kit, RULE_INBOUND, "@c.com d@b.com\nzoe@a.com uz@b.com\n");
}

static void test_domain_guard(void **test)
{
	struct kit *kit = *test;
	const struct row rows[] = {
		kit_row("@*.a.com", "s@b.com"),
		kit_row("ann@a.com", "uann@b.com"),
		kit_row("bob@a.com", "ubob@b.com"),
		kit_row("eve@a.com", "xeve@a.com"),
	};
	struct change change = kit_load(rows, 4);

	for (int dry = 0; dry < 2; dry++) {
		change.dry_run = dry;
		KIT_FAILS(kit, ERR_BAD,
			"would delete 1 domain rule (@a.com); --merge adds and "
			"changes rules and deletes none; --only users replaces "
			"all user rules and keeps the domain rules; --force "
			"deletes what the file does not have",
			apply(kit, &change));
		assert_counts(0, 0, 4, 1);
	}
	assert_int_equal(kit_newest(kit), 2);
	change.rows = rows + 1;
	change.count = 3;
	KIT_FAILS(kit, ERR_BAD, "2 domain rules", apply(kit, &change));
	for (enum change_mode mode = CHANGE_REPLACE; mode <= CHANGE_MERGE;
		mode++) {
		change.mode = mode;
		change.count = 0;
		KIT_FAILS(kit, ERR_BAD, "no row below the header row",
			apply(kit, &change));
	}
	change.mode = CHANGE_REPLACE;
	change.rows = rows;
	change.count = 4;
	change.dry_run = false;
	change.force = true;
	KIT_OK(kit, apply(kit, &change));
}

/* n users from "u0000@a.com" on. */
static struct row *many(size_t n, char kind)
{
	struct row *rows = calloc(n + 1, sizeof *rows);
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

static void free_many(struct row *rows, size_t n)
{
	union {
		const char *in;
		char *out;
	} text = { .in = n ? rows[0].rule.key.data : NULL };

	free(text.out);
	free(rows);
}

static void load_many(struct kit *kit, size_t n)
{
	struct row *rows = many(n, 'u');
	struct change change = kit_load(rows, n);

	KIT_OK(kit, apply(kit, &change));
	free_many(rows, n);
}

static void test_max_delete(void **test)
{
	struct kit *kit = *test;
	struct row *rows = many(1000, 'u');
	const struct row domain = kit_row("@a.com", "d@b.com");
	struct change change = kit_load(&domain, 1);

	load_many(kit, 1000);
	change.mode = CHANGE_MERGE;
	KIT_OK(kit, apply(kit, &change));
	change = kit_load(rows, 188);
	change.scope = CHANGE_USERS;
	for (int dry = 0; dry < 2; dry++) {
		change.dry_run = dry;
		KIT_FAILS(kit, ERR_BAD,
			"would delete 812 of 1000 rules (81 %), more than "
			"--max-delete 50; --merge in place of --only adds and "
			"changes rules and deletes none; --force, or a larger "
			"--max-delete, deletes what the file does not have",
			apply(kit, &change));
	}
	assert_int_equal(kit_newest(kit), 2);
	change.dry_run = false;
	change.max_delete = 81;
	KIT_FAILS(kit, ERR_BAD, "812", apply(kit, &change));
	change.max_delete = 82;
	KIT_OK(kit, apply(kit, &change));
	change.max_delete = 50;
	change.count = 94; /* exactly half */
	KIT_OK(kit, apply(kit, &change));
	change.max_delete = 0;
	change.count = 93;
	KIT_FAILS(kit, ERR_BAD, "1 of 94 rules (1 %)", apply(kit, &change));
	change.force = true;
	change.count = 0;
	KIT_OK(kit, apply(kit, &change));
	kit_assert_table(kit, RULE_INBOUND, "@a.com d@b.com\n");
	free_many(rows, 1000);
}

/* 3 rows may all be replaced, 4 may not. */
static void test_max_delete_small(void **test)
{
	struct kit *kit = *test;
	const struct row other = kit_row("other@a.com", "uo@b.com");
	struct change change = kit_load(&other, 1);

	load_many(kit, 3);
	change.max_delete_always = true;
	KIT_FAILS(kit, ERR_BAD, "3 of 3 rules (100 %)", apply(kit, &change));
	change.max_delete_always = false;
	KIT_OK(kit, apply(kit, &change));
	kit_assert_table(kit, RULE_INBOUND, "other@a.com uo@b.com\n");
	load_many(kit, 4);
	KIT_FAILS(kit, ERR_BAD, "4 of 4 rules (100 %)", apply(kit, &change));
	change.max_delete = 100;
	KIT_OK(kit, apply(kit, &change));
}

static void test_unchanged(void **test)
{
	struct kit *kit = *test;
	struct change change = kit_load(at_first, 5);
	struct stat before;
	struct stat after;
	char text[256];

	assert_int_equal(stat(kit_path(kit, "state/map.mdb"), &before), 0);
	KIT_OK(kit, apply(kit, &change));
	assert_true(result.unchanged);
	assert_int_equal(result.generation, 2);
	assert_counts(0, 0, 5, 0);
	assert_int_equal(stat(kit_path(kit, "state/map.mdb"), &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
	change_describe(&result, RULE_INBOUND, text, sizeof text);
	assert_string_equal(text, "inbound: no change");
}

struct seen {
	char text[KIT_TEXT];
	size_t at;
	uint64_t progress;
	uint64_t of;
};

static void note_change(void *context, enum change_kind change,
	struct bytes key, struct bytes old_value, struct bytes new_value)
{
	static const char marks[CHANGE_KINDS] = { '+', '~', '=', '-' };
	struct seen *seen = context;

	assert_int_equal(!old_value.data, change == CHANGE_NEW);
	assert_int_equal(!new_value.data, change == CHANGE_DELETED);
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
	const struct row rows[] = {
		kit_row("@*.a.com", "s@c.com"),
		kit_row("@a.com", "d@b.com"),
		kit_row("ann@a.com", "uann@b.com"),
		kit_row("zoe@a.com", "uz@b.com"),
	};
	static char before[KIT_TEXT];
	static char after[KIT_TEXT];
	struct seen seen = { .at = 0 };
	struct change change = kit_load(rows, 4);

	kit_files(kit, true, before);
	change.dry_run = true;
	change.changed = note_change;
	change.context = &seen;
	KIT_OK(kit, apply(kit, &change));
	assert_counts(1, 1, 2, 2);
	assert_int_equal(result.generation, 2);
	assert_string_equal(seen.text,
		"~ @*.a.com s@b.com>s@c.com\n- bob@a.com ubob@b.com>\n"
		"- eve@a.com xeve@a.com>\n+ zoe@a.com >uz@b.com\n");
	kit_files(kit, true, after);
	assert_string_equal(before, after);
}

static void test_dry_run_first(void **test)
{
	struct kit *kit = *test;
	const struct row rows[] = { kit_row("a@a.com", "ub@b.com") };
	struct change change = kit_load(rows, 1);

	assert_int_equal(mkdir(kit->state_dir, 0750), 0);
	change.dry_run = true;
	KIT_OK(kit, apply(kit, &change));
	assert_counts(1, 0, 0, 0);
	assert_int_equal(result.generation, 0);
	assert_false(result.unchanged);
	assert_false(kit_exists(kit_path(kit, "state/map.mdb")));
	assert_false(kit_exists(kit_path(kit, "state/lock")));
}

static void test_progress(void **test)
{
	struct kit *kit = *test;
	struct row *rows = many(9999, 'u');
	struct seen seen = { .at = 0 };
	struct change change = kit_load(rows, 9999);

	change.mode = CHANGE_MERGE;
	change.progress = note_progress;
	change.context = &seen;
	KIT_OK(kit, apply(kit, &change));
	assert_int_equal(seen.progress, 9999 + 5 + 1);
	assert_int_equal(seen.of, seen.progress);
	free_many(rows, 9999);
}

static void test_first_map(void **test)
{
	struct kit *kit = *test;
	struct change change = kit_load(NULL, 0);
	struct state *state;
	uint64_t generation;

	change.force = true;
	KIT_OK(kit, apply(kit, &change));
	assert_false(result.unchanged);
	assert_int_equal(result.generation, 1);
	KIT_OK(kit, apply(kit, &change));
	assert_true(result.unchanged);
	assert_int_equal(result.generation, 1);
	state = kit_state(kit);
	KIT_FAILS(kit, ERR_BAD, "generation 1",
		update_init(state, "init", NULL, &generation, &kit->error));
	state_close(state);
}

static void test_init(void **test)
{
	struct kit *kit = *test;
	struct state *state;
	uint64_t generation;
	char *log;

	state = kit_state(kit);
	KIT_OK(kit, update_init(state, "init", NULL, &generation, &kit->error));
	assert_int_equal(generation, 1);
	state_close(state);
	kit_assert_table(kit, RULE_INBOUND, "");
	log = kit_read(kit_path(kit, "state/audit.log"), NULL);
	assert_non_null(strstr(log, " init: empty map; generation 1\n"));
	free(log);
}

static void test_bad_map(void **test)
{
	struct kit *kit = *test;
	const struct row rows[] = { kit_row("zoe@a.com", "uz@b.com") };
	struct change change = kit_load(rows, 1);
	struct state *state;
	uint64_t generation;
	static char before[KIT_TEXT];
	static char after[KIT_TEXT];

	change.mode = CHANGE_MERGE;
	assert_int_equal(truncate(kit_path(kit, "state/map.mdb"), 8192), 0);
	kit_files(kit, true, before);
	for (int dry = 0; dry < 2; dry++) {
		change.dry_run = dry;
		KIT_FAILS(kit, ERR_BAD,
			"`readdress rollback` goes back to generation 1",
			apply(kit, &change));
	}
	state = kit_state(kit);
	KIT_FAILS(kit, ERR_BAD, "readdress rollback",
		update_init(state, "init", NULL, &generation, &kit->error));
	state_close(state);
	kit_files(kit, true, after);
	/* All but the lock's own time. */
	*strstr(before, "./lock") = *strstr(after, "./lock") = '\0';
	assert_string_equal(before, after);

	/* A map that does not exist any more is not an empty one. */
	assert_int_equal(unlink(kit_path(kit, "state/map.mdb")), 0);
	change.dry_run = false;
	KIT_FAILS(kit, ERR_BAD, "is gone", apply(kit, &change));
}

/* Random changes, compared with a plain array. */
struct model {
	char value[64][16]; /* "" is none */
};

static void model_check(struct kit *kit, const struct model *model)
{
	char text[KIT_TEXT] = "";
	size_t at = 0;

	for (int i = 0; i < 64; i++)
		if (model->value[i][0])
			at += (size_t)snprintf(text + at, sizeof text - at,
				"u%04d@a.com %s\n", i, model->value[i]);
	kit_assert_table(kit, RULE_INBOUND, text);
}

static void model_edit(struct kit *kit, struct model *model, uint32_t *seed)
{
	char keys[64][16];
	char values[64][16];
	struct row rows[64] = { { .line = 0 } };
	struct change change = kit_load(rows, 0);
	uint64_t counts[CHANGE_KINDS] = { 0 };
	unsigned density = kit_random(seed) % 8 + 1;

	change.mode = kit_random(seed) % 3;
	change.force = true;
	for (int i = 0; i < 64; i++) {
		char *old = model->value[i];

		if (kit_random(seed) % density) {
			if (change.mode == CHANGE_REPLACE && old[0]) {
				counts[CHANGE_DELETED]++;
				old[0] = '\0';
			}
			continue;
		}
		(void)snprintf(keys[i], sizeof keys[i], "u%04d@a.com", i);
		(void)snprintf(values[i], sizeof values[i], "un%u@b.com",
			kit_random(seed) % 3);
		rows[change.count++] = kit_row(keys[i], values[i]);
		if (change.mode == CHANGE_DELETE) {
			counts[CHANGE_DELETED] += old[0] != '\0';
			old[0] = '\0';
			continue;
		}
		if (!old[0])
			counts[CHANGE_NEW]++;
		else if (strcmp(old, values[i]) != 0)
			counts[CHANGE_CHANGED]++;
		else
			counts[CHANGE_UNCHANGED]++;
		memcpy(old, values[i], sizeof values[i]);
	}
	KIT_OK(kit, apply(kit, &change));
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
	struct row *rows = many(3000, 'u');
	struct change change = kit_load(rows, 3000);
	unsigned silent = 0;
	uint64_t live = 1;
	unsigned n;

	load_many(kit, 2);
	change.force = true;
	for (n = 0; n < 300; n++) {
		const char *failed;
		int code;

		change.count = 3000 - n; /* else nothing would change */
		faults_arm(n, 1, ENOSPC);
		code = apply(kit, &change);
		failed = faults_disarm();
		assert_false(kit_exists(kit_path(kit, "state/" STATE_BUILD)));
		if (!failed)
			break;
		if (!code) { /* the note of who holds the lock */
			silent++;
			live = result.generation;
			continue;
		}
		/* The copy in which it is read back is in memory. */
		if (code == ERR_NOMEM)
			assert_non_null(strstr(kit->error.text, "into memory"));
		else
			assert_int_equal(code, ERR_IO);
		assert_non_null(
			strstr(kit->error.text, "No space left on device"));
		assert_int_equal(kit_newest(kit), live);
	}
	assert_true(n > 11 && n < 300);
	assert_true(silent <= 2);
	assert_int_equal(kit_newest(kit), result.generation);
	free_many(rows, 3000);
}

/* ---- killed ---- */

static void edit_for_ever(struct kit *kit)
{
	struct row *rows = many(2000, 'u');
	struct row *other = many(2000, 'x');

	for (unsigned i = 0;; i++) {
		struct change change = kit_load(i % 2 ? rows : other, 2000);

		if (apply(kit, &change))
			_exit(1);
	}
}

static void assert_whole(struct kit *kit)
{
	struct map *map = kit_newest_map(kit);
	const struct map_meta *meta = map_meta(map);

	/* The map has all of one change or all of the other. */
	assert_int_equal(meta->rows[RULE_INBOUND][RULE_USER] +
				 meta->rows[RULE_INBOUND][RULE_EXCEPTION],
		2000);
	assert_true(meta->rows[RULE_INBOUND][RULE_USER] % 2000 == 0);
	map_close(map);
}

/* Waits until the path exists, a minute at most: on a slow machine, or on one
 * with a single processor, no pause is right. */
static void await(const char *path)
{
	const struct timespec step = { 0, 100000 };

	for (unsigned i = 0; i < 600000 && !kit_exists(path); i++)
		(void)nanosleep(&step, NULL);
}

static void test_killed(void **test)
{
	struct kit *kit = *test;
	struct row *rows = many(2000, 'u');
	uint32_t seed = 99;
	uint64_t last = 0;
	unsigned interrupted = 0;

	load_many(kit, 2000);
	for (int i = 0; i < KILLS; i++) {
		struct row more[] = { kit_row("zz@a.com", "uz@b.com") };
		struct change add = kit_load(more, 1);
		struct change back = kit_load(rows, 2000);
		struct timespec pause = { 0, 0 };
		pid_t pid = fork();
		int status;

		if (!pid)
			edit_for_ever(kit);
		assert_true(pid > 0);
		pause.tv_nsec = (long)(kit_random(&seed) % 60000) * 1000;
		(void)nanosleep(&pause, NULL);
		if (i % 2)
			await(kit_path(kit, "state/" STATE_BUILD));
		assert_int_equal(kill(pid, SIGKILL), 0);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status));

		interrupted += kit_exists(kit_path(kit, "state/" STATE_BUILD));
		assert_whole(kit);
		add.mode = CHANGE_MERGE;
		KIT_OK(kit, apply(kit, &add));
		assert_true(result.generation > last);
		last = result.generation;
		assert_false(kit_exists(kit_path(kit, "state/" STATE_BUILD)));
		KIT_OK(kit, apply(kit, &back));
		assert_whole(kit);
	}
	/* Otherwise nothing was tested. */
	assert_true(interrupted > 0);
	free_many(rows, 2000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		START_TEST(test_replace),
		START_TEST(test_merge),
		START_TEST(test_delete),
		START_TEST(test_add),
		START_TEST(test_scope),
		START_TEST(test_domains),
		START_TEST(test_domains_guarded),
		START_TEST(test_domain_guard),
		KIT_TEST(test_max_delete),
		KIT_TEST(test_max_delete_small),
		START_TEST(test_unchanged),
		START_TEST(test_dry_run),
		KIT_TEST(test_dry_run_first),
		START_TEST(test_progress),
		KIT_TEST(test_first_map),
		KIT_TEST(test_init),
		START_TEST(test_bad_map),
		KIT_TEST(test_model),
		KIT_TEST(test_faults),
		KIT_TEST(test_killed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
