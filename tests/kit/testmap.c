#include "kit/testmap.h"

static int testmap_compare(const void *a, const void *b)
{
	const struct rule *x = a;
	const struct rule *y = b;

	return bytes_compare(x->key, y->key);
}

static void testmap_put(struct map_builder *builder, enum rule_table table,
	struct rule *rules, size_t count)
{
	struct error error = { .text = "" };

	qsort(rules, count, sizeof *rules, testmap_compare);
	for (size_t i = 0; i < count; i++)
		if (map_builder_put(builder, table, &rules[i], &error) < 0)
			fail_msg("%s", error.text);
}

/* Makes the rules of one table. Returns how many there are. */
static size_t testmap_rules(const char *text, enum rule_table table,
	struct arena *arena, struct rule *rules)
{
	const char *name = table == RULE_INBOUND    ? "in"
			   : table == RULE_OUTBOUND ? "out"
						    : "routes";
	struct bytes rest = bytes_of(text);
	size_t count = 0;

	while (rest.len) {
		struct bytes line = bytes_cut(&rest, '\n');
		struct bytes target = line;
		struct bytes word = bytes_cut(&target, ' ');
		struct bytes source = target;
		struct error error = { .text = "" };

		while (source.len && source.data[source.len - 1] != ';')
			source.len--;
		if (!bytes_equal(word, bytes_of(name)))
			continue;
		assert_true(source.len > 0 && count < TESTMAP_ROWS);
		target.data += source.len;
		target.len -= source.len;
		source.len--;
		if (rule_make(arena, table, source, target, true,
			    &rules[count++], &error) < 0)
			fail_msg("%.*s: %s", (int)line.len, line.data,
				error.text);
	}
	return count;
}

/* Writes new over old in each value that holds it. */
static void testmap_replace(
	struct rule *rules, size_t count, const char *old, const char *new)
{
	for (size_t i = 0; i < count; i++) {
		struct bytes value = rules[i].value;
		const char *at =
			memmem(value.data, value.len, old, strlen(old));

		assert_int_equal(strlen(old), strlen(new));
		if (at)
			memcpy((char *)(uintptr_t)at, new, strlen(new));
	}
}

struct map *testmap_open_with(
	const char *text, const char *old, const char *new)
{
	struct arena *arena = arena_open((size_t)256 << 20);
	struct rule *rules = calloc(TESTMAP_ROWS, sizeof *rules);
	char path[] = "/tmp/readdress-test-XXXXXX";
	struct map_meta meta = { .generation = 12, .time = 1795273740 };
	struct map_builder *builder = NULL;
	struct map *map = NULL;
	struct error error = { .text = "" };
	int fd = mkstemp(path);

	assert_true(arena && rules && fd >= 0);
	(void)close(fd);
	(void)unlink(path);
	if (map_builder_open(&builder, path, TESTMAP_ROWS, (uint64_t)4 << 20,
		    &error) < 0)
		fail_msg("%s", error.text);
	for (int t = 0; t < RULE_TABLES; t++) {
		size_t count =
			testmap_rules(text, (enum rule_table)t, arena, rules);

		if (old)
			testmap_replace(rules, count, old, new);
		testmap_put(builder, (enum rule_table)t, rules, count);
	}
	if (map_builder_seal(builder, &meta, &error) < 0 ||
		map_open(&map, path, true, &error) < 0)
		fail_msg("%s", error.text);
	map_builder_close(builder);
	(void)unlink(path);
	free(rules);
	arena_close(arena);
	return map;
}

struct map *testmap_open(const char *text)
{
	return testmap_open_with(text, NULL, NULL);
}

struct map *testmap_keep(const char *text)
{
	static struct map *kept;
	static char *kept_text;

	if (kept && !strcmp(kept_text, text))
		return kept;
	map_close(kept);
	free(kept_text);
	kept = testmap_open(text);
	kept_text = strdup(text);
	assert_non_null(kept_text);
	return kept;
}

struct config *testmap_config(const char *text)
{
	char path[] = "/tmp/readdress-test-XXXXXX";
	struct config *config = NULL;
	struct error error = { .text = "" };
	int fd = mkstemp(path);
	size_t len = text ? strlen(text) : 0;

	assert_true(fd >= 0);
	assert_true(write(fd, text, len) == (ssize_t)len);
	(void)close(fd);
	if (config_open(&config, path, &error) < 0)
		fail_msg("%s", error.text);
	(void)unlink(path);
	return config;
}
