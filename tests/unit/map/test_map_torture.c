/*
 * Each allocation fails in turn while a map is built, opened and read, also in
 * the rooms below it.
 */
#include "base/arena.h"
#include "kit/mapkit.h"
#include "kit/torture.h"
#include "kit/alloccalls.h"

#include "map/nameset.h"

/* Two transactions of lmdbfile, several pages of keys, and more domains than
 * the first size of a nameset. */
#define ROWS	10100
#define DOMAINS 600

/* fsync(2) takes time and does not matter here. */
int fsync(int fd)
{
	(void)fd;
	return 0;
}

static int put(struct map_builder *builder, unsigned rows, struct error *error)
{
	int code = 0;

	for (unsigned i = 0; !code && i < rows; i++) {
		char key[40];
		char value[] = "un@b.com";
		struct rule rule;

		(void)snprintf(
			key, sizeof key, "u%05u@d%u.com", i, i % DOMAINS);
		rule = (struct rule){ bytes_of(key), bytes_of(value) };
		code = map_builder_put(builder, RULE_INBOUND, &rule, error);
	}
	return code;
}

static int build(struct kit *kit, unsigned rows, struct error *error)
{
	struct map_meta meta = { .generation = 12, .time = 1795273740 };
	struct map_builder *builder;
	int code = map_builder_open(
		&builder, kit_path(kit, "map"), rows, rows * 30, error);

	if (code)
		return code;
	code = put(builder, rows, error);
	if (!code)
		code = map_builder_seal(builder, &meta, error);
	map_builder_close(builder);
	return code;
}

static int run_small(void *kit, struct torture_told *told, struct error *error)
{
	(void)told;
	return build(kit, 3, error);
}

static int run_large(void *kit, struct torture_told *told, struct error *error)
{
	(void)told;
	return build(kit, ROWS, error);
}

/* The file is complete, or it does not exist. */
static char *files(void *kit)
{
	struct map *map;
	char text[40];

	if (!kit_exists(kit_path(kit, "map")))
		return strdup("");
	assert_int_equal(map_open(&map, kit_path(kit, "map"), false, NULL), 0);
	(void)snprintf(text, sizeof text, "%llu",
		(unsigned long long)map_rows(map, RULE_INBOUND));
	map_close(map);
	return strdup(text);
}

static void restore(void *kit)
{
	(void)unlink(kit_path(kit, "map"));
}

static void test_build(void **test)
{
	const struct torture tortures[] = {
		{ .name = "build 3 rows",
			.run = run_small,
			.context = *test,
			.restore = restore,
			.files = files },
		{ .name = "build two transactions",
			.run = run_large,
			.context = *test,
			.restore = restore,
			.files = files,
			.step = 3 },
	};

	torture_all(tortures, 2);
}

static int read_all(const struct map *map, struct torture_told *told)
{
	struct map_walk walk = { .map = map, .table = RULE_INBOUND };
	struct map_reader *reader = NULL;
	struct bytes value;
	int code = map_reader_open(&reader, map);

	if (!code)
		code = map_get(reader, RULE_INBOUND, bytes_of("u00001@d1.com"),
			&value);
	if (code == 1)
		code = map_names_domain(reader, bytes_of("d2.com"));
	while (code == 1 && (code = map_walk_next(&walk)) == 1)
		torture_tell(told, "%.*s\n", (int)walk.rule.key.len,
			walk.rule.key.data);
	map_walk_close(&walk);
	map_reader_close(reader);
	return code;
}

static int open_and_walk(struct kit *kit, bool isolated,
	struct torture_told *told, struct error *error)
{
	struct map *map;
	int code = map_open(&map, kit_path(kit, "map"), isolated, error);

	if (code)
		return code;
	code = read_all(map, told);
	map_close(map);
	return code ? error_set(error, code, "read") : 0;
}

static int run_isolated(
	void *kit, struct torture_told *told, struct error *error)
{
	return open_and_walk(kit, true, told, error);
}

static int run_mapped(void *kit, struct torture_told *told, struct error *error)
{
	return open_and_walk(kit, false, told, error);
}

static void test_open(void **test)
{
	struct kit *kit = *test;
	const struct torture tortures[] = {
		{ .name = "open isolated",
			.run = run_isolated,
			.context = kit },
		{ .name = "open", .run = run_mapped, .context = kit },
	};

	KIT_OK(kit, build(kit, 3, &kit->error));
	torture_all(tortures, 2);
}

static int run_nameset(
	void *context, struct torture_told *told, struct error *error)
{
	struct nameset *set = nameset_open();
	size_t count = 0;
	int code = set ? 0 : ERR_NOMEM;

	(void)context;
	(void)error;
	for (unsigned i = 0; !code && i < DOMAINS; i++) {
		char name[24];

		(void)snprintf(name, sizeof name, "d%u.example.com", i);
		code = nameset_add(set, bytes_of(name));
	}
	if (!code)
		(void)nameset_sorted(set, &count);
	torture_tell(told, "%zu", count);
	nameset_close(set);
	return code;
}

static int run_arena(
	void *context, struct torture_told *told, struct error *error)
{
	struct arena *arena = arena_open((size_t)1 << 20);
	char *copy = NULL;
	char *octets = NULL;
	size_t used;

	(void)context;
	(void)told;
	(void)error;
	if (!arena)
		return ERR_NOMEM;
	used = arena_used(arena);
	if (arena_alloc(arena, 5000) && arena_alloc(arena, 3000)) {
		octets = arena_bytes(arena, 20000);
		copy = arena_copy(arena, "abc", 3);
	}
	arena_reset(arena);
	assert_int_equal(arena_used(arena), used);
	arena_close(arena);
	return copy && octets ? 0 : ERR_NOMEM;
}

static void test_below(void **test)
{
	const struct torture tortures[] = {
		{ .name = "nameset", .run = run_nameset, .no_text = true },
		{ .name = "arena", .run = run_arena, .no_text = true },
	};

	(void)test;
	torture_all(tortures, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		KIT_TEST(test_build),
		KIT_TEST(test_open),
		KIT_TEST(test_below),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
