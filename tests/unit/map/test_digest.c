#include "kit/mapkit.h"

#include "map/digest.h"
#include "map/lmdbfile.h"

static const struct map_meta meta = {
	.generation = 7, .time = 1795273740, .user = "root", .command = "load"
};

struct line {
	enum rule_table table;
	const char *key;
	const char *value;
};

/* The digest of a map that is built of these lines. */
static void build(struct kit *kit, const struct line *lines, size_t count,
	uint64_t generation, char text[DIGEST_LEN + 1])
{
	const char *path = kit_path(kit, "map.mdb");
	struct map_meta numbered = meta;
	char again[DIGEST_LEN + 1];
	struct map_builder *builder;
	struct map *map;

	numbered.generation = generation;
	KIT_OK(kit, map_builder_open(&builder, path, 20, 20000, &kit->error));
	for (size_t i = 0; i < count; i++)
		kit_put(kit, builder, lines[i].table, lines[i].key,
			lines[i].value);
	KIT_OK(kit, map_builder_seal(builder, &numbered, &kit->error));
	map_builder_close(builder);
	KIT_OK(kit, map_open(&map, path, true, &kit->error));
	(void)snprintf(text, DIGEST_LEN + 1, "%s", map_meta(map)->digest);
	KIT_OK(kit, map_digest(map, again));
	assert_string_equal(text, again);
	map_close(map);
}

#define BUILD(lines, text)                                                     \
	build(kit, lines, sizeof lines / sizeof *lines, 7, text)

/* The expected digests were computed by Python's hashlib from the text in
 * digest.h; tests/e2e/digest.test computes others from CSV files. */
static void test_known(void **test)
{
	static const struct line lines[] = {
		{ RULE_INBOUND, "@*.deep.example", "s@new.example" },
		{ RULE_INBOUND, "bob@warmsushi.example",
			"uBob.Owen@DryPizza.example" },
		{ RULE_INBOUND, "team@warmsushi.example",
			"ua@X.example,\"B,@Z\"@Y.example" },
		{ RULE_OUTBOUND, "bob.owen@drypizza.example",
			"ubob@warmsushi.example" },
		{ RULE_ROUTES, "@warmsushi.example", "drelay SMTP:[Mx]:25" },
	};
	struct kit *kit = *test;
	char text[DIGEST_LEN + 1];

	build(kit, lines, 0, 7, text);
	assert_string_equal(text, "cd3d6394f984e45c76a30e9bcae46f14"
				  "ef2757fff05b84a08172bed637fe266b");
	BUILD(lines, text);
	assert_string_equal(text, "bab017f54534351849a8f8591c9b5ce4"
				  "d14773fb042206e13f92ddfef96fa2ea");
}

/* Only what the rules say makes a difference. */
static void test_what_counts(void **test)
{
	static const struct line base[] = {
		{ RULE_INBOUND, "a@b.example", "ux@y.example" },
		{ RULE_INBOUND, "c@b.example", "ux@y.example,z@y.example" },
	};
	static const struct line domain_case[] = {
		{ RULE_INBOUND, "a@b.example", "ux@Y.EXAMPLE" },
		{ RULE_INBOUND, "c@b.example", "ux@y.example,z@y.Example" },
	};
	static const struct line local_case[] = {
		{ RULE_INBOUND, "a@b.example", "uX@y.example" },
		{ RULE_INBOUND, "c@b.example", "ux@y.example,z@y.example" },
	};
	static const struct line kind[] = {
		{ RULE_INBOUND, "a@b.example", "xx@y.example" },
		{ RULE_INBOUND, "c@b.example", "ux@y.example,z@y.example" },
	};
	static const struct line table[] = {
		{ RULE_OUTBOUND, "a@b.example", "ux@y.example" },
		{ RULE_OUTBOUND, "c@b.example", "ux@y.example,z@y.example" },
	};
	static const struct line fewer[] = {
		{ RULE_INBOUND, "a@b.example", "ux@y.example" },
	};
	struct kit *kit = *test;
	char expected[DIGEST_LEN + 1];
	char text[DIGEST_LEN + 1];

	BUILD(base, expected);
	build(kit, base, 2, 12345, text);
	assert_string_equal(text, expected);
	BUILD(domain_case, text);
	assert_string_equal(text, expected);
	BUILD(local_case, text);
	assert_string_not_equal(text, expected);
	BUILD(kind, text);
	assert_string_not_equal(text, expected);
	BUILD(table, text);
	assert_string_not_equal(text, expected);
	BUILD(fewer, text);
	assert_string_not_equal(text, expected);
}

/* Rows that fill the buffer of the digest several times, in pieces and in one
 * value that is longer than it. */
static void test_long(void **test)
{
	struct kit *kit = *test;
	struct digest *one = digest_open();
	struct digest *other = digest_open();
	size_t len = 40000;
	char *value = malloc(len);
	char text[2][DIGEST_LEN + 1];
	struct rule rule = { bytes_of("a@b.example"), { value, len } };

	assert_non_null(one);
	assert_non_null(other);
	assert_non_null(value);
	memset(value, 'A', len);
	value[0] = 'u';
	value[100] = '@';
	digest_table(one, RULE_INBOUND, 1);
	digest_row(one, &rule);
	KIT_OK(kit, digest_end(one, text[0]));
	for (size_t i = 101; i < len; i++)
		value[i] = 'a';
	digest_table(other, RULE_INBOUND, 1);
	digest_row(other, &rule);
	KIT_OK(kit, digest_end(other, text[1]));
	assert_string_equal(text[0], text[1]);
	digest_close(one);
	digest_close(other);
	free(value);
}

static void test_text(void **test)
{
	static const char whole[] = "0123456789abcdef0123456789abcdef"
				    "0123456789abcdef0123456789abcdef";
	char longer[DIGEST_LEN + 2];

	(void)test;
	(void)snprintf(longer, sizeof longer, "%s0", whole);
	assert_true(digest_is_whole(bytes_of(whole)));
	assert_true(digest_is_whole(bytes_of("-")));
	assert_false(digest_is_whole(bytes_of("")));
	assert_false(digest_is_whole(bytes_of(whole + 1)));
	assert_false(digest_is_whole(bytes_of(longer)));
	assert_true(digest_is_part(bytes_of(whole)));
	assert_true(digest_is_part(bytes_of("0123456789AB")));
	assert_false(digest_is_part(bytes_of("0123456789a")));
	assert_false(digest_is_part(bytes_of("0123456789ag")));
	assert_false(digest_is_part(bytes_of(longer)));
	assert_false(digest_is_part(bytes_of("-")));
	assert_true(digest_begins(whole, bytes_of("0123456789AB")));
	assert_true(digest_begins(whole, bytes_of(whole)));
	assert_false(digest_begins(whole, bytes_of("0123456789ac")));
	assert_false(digest_begins("-", bytes_of("0123456789ab")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		KIT_TEST(test_known),
		KIT_TEST(test_what_counts),
		KIT_TEST(test_long),
		KIT_TEST(test_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
