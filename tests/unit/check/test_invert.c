/* invert, with rules and rows of the other table as text. */
#include "kit/testmap.h"

#include "check/invert.h"

#define TOLD_MAX 8192

struct told {
	char text[TOLD_MAX];
	int count;
	int progress;
};

static void add(struct told *told, const char *mark, struct bytes key,
	struct bytes value)
{
	size_t used = strlen(told->text);
	struct bytes targets = rule_value_targets(value);
	char source[ADDRESS_TEXT_MAX];

	(void)rule_source_text(key, source);
	(void)snprintf(told->text + used, TOLD_MAX - used, "%s%s;%.*s", mark,
		source, (int)targets.len, targets.data);
}

static void tell_left(void *context, const struct invert_left *left)
{
	static const char *const reasons[] = {
		[INVERT_MANY] = "many",
		[INVERT_DECIDED] = "decided",
		[INVERT_SEVERAL] = "several",
		[INVERT_CATCHALL] = "catch-all",
		[INVERT_SUBDOMAIN] = "sub-domain",
		[INVERT_REFUSED] = "refused",
	};
	struct told *told = context;
	size_t used;

	assert_true(left->text && *left->text);
	assert_int_equal(left->other != NULL,
		left->reason == INVERT_MANY || left->reason == INVERT_DECIDED);
	add(told, "! ", left->rule.key, left->rule.value);
	used = strlen(told->text);
	(void)snprintf(told->text + used, TOLD_MAX - used, " %s%s%s\n",
		reasons[left->reason], left->other ? " " : "",
		left->other ? left->other : "");
	told->count++;
}

static void progress(void *context, uint64_t rows, uint64_t of)
{
	struct told *told = context;

	assert_true(rows <= of);
	told->progress++;
}

/* Returns what invert_table did; left-out rules with "! ", then the rows. */
static int invert(const char *rules, enum rule_table table, struct told *told)
{
	struct invert_options options = { .table = table,
		.left = tell_left,
		.progress = progress,
		.context = told };
	struct arena *arena = arena_open((size_t)64 << 20);
	struct map *map = testmap_open(rules);
	struct rows rows;
	struct error error = { .text = "" };
	int code;

	assert_non_null(arena);
	code = invert_table(map, &options, arena, &rows, &error);
	for (size_t i = 0; i < rows.count; i++) {
		size_t used;

		assert_true(
			rule_value_kind(rows.rows[i].rule.value) != RULE_KINDS);
		add(told, "", rows.rows[i].rule.key, rows.rows[i].rule.value);
		used = strlen(told->text);
		(void)snprintf(told->text + used, TOLD_MAX - used, "\n");
	}
	free(rows.rows);
	map_close(map);
	arena_close(arena);
	return code;
}

static const struct {
	const char *rules;
	const char *told;
} cases[] = {
	{ "", "" },
	{ "out a@b.c;d@e.f\nroutes @a.com;relay\n", "" }, /* other tables */
	{ "in bob@w.com;bob.owen@d.com\n", "bob.owen@d.com;bob@w.com\n" },
	{ "in @w.com;@old.com\n", "@old.com;@w.com\n" },
	{ "in x@w.com;x@w.com\nin @v.com;@v.com\nin @*.u.com;@*.u.com\n",
		"@*.u.com;@*.u.com\n@v.com;@v.com\nx@w.com;x@w.com\n" },
	/* sorted by what is the source then, by keys */
	{ "in a@w.com;Z@d.com\nin b@w.com;y@d.com\nin c@w.com;X@d.com\n",
		"x@d.com;c@w.com\ny@d.com;b@w.com\nz@d.com;a@w.com\n" },
	{ "in \"a b\"@w.com;\"c,d\"@x.com\n", "\"c,d\"@x.com;\"a b\"@w.com\n" },
	{ "in \"@x\"@w.com;y@d.com\n", "y@d.com;\"@x\"@w.com\n" },
	{ u8"in jörg@w.com;j@bücher.de\n",
		u8"j@xn--bcher-kva.de;jörg@w.com\n" },
	{ "in @[192.0.2.1];@w.com\n", "@w.com;@[192.0.2.1]\n" },

	/* many to one: the first source, whatever the spelling of the target */
	{ "in b@w.com;x@d.com\nin a@w.com;X@d.com\nin c@w.com;x@D.com\n",
		"! b@w.com;x@d.com many a@w.com\n"
		"! c@w.com;x@D.com many a@w.com\n"
		"x@d.com;a@w.com\n" },
	{ "in @a.com;@d.com\nin @b.com;@d.com\n",
		"! @b.com;@d.com many @a.com\n@d.com;@a.com\n" },
	{ "in a@w.com;x@w.com\nin x@w.com;x@w.com\n",
		"! x@w.com;x@w.com many a@w.com\nx@w.com;a@w.com\n" },
	/* a user rule and a domain rule side by side are two keys */
	{ "in a@w.com;x@d.com\nin @w.com;@d.com\n",
		"@d.com;@w.com\nx@d.com;a@w.com\n" },

	{ "in t@w.com;a@d.com,b@d.com\nin a@w.com;a@d.com\n",
		"! t@w.com;a@d.com,b@d.com several\na@d.com;a@w.com\n" },
	{ "in t@w.com;t@w.com,b@d.com\n",
		"! t@w.com;t@w.com,b@d.com several\n" },
	{ "in @w.com;@a.com,@b.com\n", "! @w.com;@a.com,@b.com several\n" },
	{ "in @w.com;all@d.com\nin @*.w.com;all@d.com\n",
		"! @*.w.com;all@d.com catch-all\n"
		"! @w.com;all@d.com catch-all\n" },
	{ "in @*.w.com;@d.com\n", "! @*.w.com;@d.com sub-domain\n" },
	/* valid as a source, and not as a target */
	{ "in a%b@w.com;c@d.com\n", "! a%b@w.com;c@d.com refused\n" },
	{ "in \"a!b\"@w.com;c@d.com\nin x@w.com;y@d.com\n",
		"! a!b@w.com;c@d.com refused\ny@d.com;x@w.com\n" },
};

static int lines_with(const char *text, const char *mark)
{
	int count = 0;

	for (const char *p = text; (p = strstr(p, mark)); p++)
		count++;
	return count;
}

static void test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct told told = { .count = 0 };
		int code = invert(cases[i].rules, RULE_INBOUND, &told);

		if (strcmp(told.text, cases[i].told) != 0)
			fail_msg("%s\nwanted:\n%s\nmade:\n%s", cases[i].rules,
				cases[i].told, told.text);
		assert_int_equal(code, lines_with(cases[i].told, "! "));
		assert_int_equal(code, told.count);
	}
}

static void test_outbound(void **state)
{
	struct told told = { .count = 0 };

	(void)state;
	assert_int_equal(invert("in a@b.c;d@e.f\nout @d.com;@w.com\n"
				"out x@d.com;y@w.com\nout z@d.com;y@w.com\n",
				 RULE_OUTBOUND, &told),
		1);
	assert_string_equal(told.text, "! z@d.com;y@w.com many x@d.com\n"
				       "@w.com;@d.com\ny@w.com;x@d.com\n");
	assert_true(told.progress > 0);
}

/* Twice is the table again, where it has an inverse; kinds fit the other table.
 */
static void test_round_trip(void **state)
{
	static const char rules[] =
		"in a@w.com;b@d.com\nin @w.com;@old.com\nin x@w.com;x@w.com\n"
		"in \"q q\"@w.com;r@d.com\nin @v.com;@v.com\n";
	char there[TOLD_MAX] = "";
	struct told first = { .count = 0 };
	struct told second = { .count = 0 };
	struct bytes rest;

	(void)state;
	assert_int_equal(invert(rules, RULE_INBOUND, &first), 0);
	rest = bytes_of(first.text);
	while (rest.len) {
		struct bytes line = bytes_cut(&rest, '\n');
		size_t used = strlen(there);

		(void)snprintf(there + used, sizeof there - used, "out %.*s\n",
			(int)line.len, line.data);
	}
	assert_int_equal(invert(there, RULE_OUTBOUND, &second), 0);
	assert_string_equal(second.text,
		"@v.com;@v.com\n@w.com;@old.com\na@w.com;b@d.com\n"
		"\"q q\"@w.com;r@d.com\nx@w.com;x@w.com\n");
}

/* The callbacks may be NULL, and an arena that is too small is an error, not a
 * short table. */
static void test_edges(void **state)
{
	struct invert_options options = { .table = RULE_INBOUND };
	struct map *map = testmap_open("in t@w.com;a@d.com,b@d.com\n"
				       "in a@w.com;x@d.com\n");
	char rules[60 * 128];
	struct rows rows;
	struct error error = { .text = "" };
	struct arena *arena = arena_open(4096);
	size_t used = 0;

	(void)state;
	assert_non_null(arena);
	assert_int_equal(invert_table(map, &options, arena, &rows, NULL), 1);
	assert_int_equal(rows.count, 1);
	free(rows.rows);
	map_close(map);
	for (int i = 0; i < 128; i++)
		used += (size_t)snprintf(rules + used, sizeof rules - used,
			"in user%03d@warmsushi.example;user%03d@d.example\n", i,
			i);
	map = testmap_open(rules);
	assert_int_equal(
		invert_table(map, &options, arena, &rows, &error), ERR_NOMEM);
	assert_true(*error.text);
	assert_null(rows.rows);
	assert_int_equal(rows.count, 0);
	map_close(map);
	arena_close(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_outbound),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_edges),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
