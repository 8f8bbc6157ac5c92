/* Rows of routes that hold a domain: readdress(1), Routes. */
#include "kit/testmap.h"

#include "rules/rowsort.h"
#include "update/holdcheck.h"

#define MANY                                                                   \
	"in a@w.example;a@t1.example\nin b@w.example;b@T1.example\n"           \
	"in c@w.example;c@t2.example,c@w.example\n"                            \
	"in d@w.example;d@t3.example\nin e@w.example;e@t4.example\n"           \
	"in f@w.example;f@t5.example\nin g@w.example;g@t6.example\n"

struct hold_case {
	const char *old;
	enum rule_table table;
	enum change_mode mode;
	const char *rows;   /* "SOURCE;TARGET" lines */
	const char *reason; /* NULL: it is accepted */
};

#define RTE RULE_ROUTES
#define IN  RULE_INBOUND
#define ADD CHANGE_MERGE
#define SET CHANGE_REPLACE

#define CANNOT                                                                 \
	"is a source domain of inbound rules, which cannot be held: hold is "  \
	"for the domains that rules lead to"
#define WOULD(name)                                                            \
	"inbound would have rules for " name ", which routes holds; hold is "  \
	"for the domains that rules lead to"
#define ENDS(name) "; `readdress delete routes @" name "` ends it"

static const struct hold_case cases[] = {
	/* a row of routes */
	{ "in @w.example;@t.example\n", RTE, ADD, "@t.example;hold", NULL },
	{ "in @w.example;@t.example\n", RTE, ADD, "@w.example;relay", NULL },
	{ "in @w.example;@t.example\n", RTE, ADD, "@w.example;hold:x", NULL },
	{ "", RTE, ADD, "@w.example;hold", NULL },
	{ "out @w.example;@t.example\n", RTE, ADD, "@w.example;hold", NULL },
	{ "in @w.example;@t.example\n", RTE, ADD, "@w.example;hold",
		"w.example " CANNOT ", here t.example; hold this instead" },
	{ "in @w.example;@t.example\n", RTE, SET,
		"@a.example;relay\n@w.example;hold smtp:[x]",
		"w.example " CANNOT ", here t.example; hold this instead" },
	{ "in b@w.example;b@t.example\n", RTE, ADD, "@w.example;hold",
		"w.example " CANNOT ", here t.example; hold this instead" },
	{ "in @w.example;all@t.example\n", RTE, ADD, "@w.example;hold",
		"w.example " CANNOT ", here t.example; hold this instead" },
	{ MANY, RTE, ADD, "@w.example;hold",
		"w.example " CANNOT ", here t1.example, t2.example, "
		"t3.example, t4.example, t5.example and more; hold these "
		"instead" },
	/* nothing to recommend: the rules lead nowhere else */
	{ "in b@w.example;b@w.example\n", RTE, ADD, "@w.example;hold",
		"w.example " CANNOT },
	{ "in @w.example;@w.example\nin b@x.example;b@w.example\n", RTE, ADD,
		"@w.example;hold", "w.example " CANNOT },
	/* sub-domains: of either */
	{ "in @*.w.example;@t.example\n", RTE, ADD, "@w.example;hold", NULL },
	{ "in @*.w.example;@t.example\n", RTE, ADD, "@a.b.w.example;hold",
		"a.b.w.example " CANNOT ", here t.example; hold this "
		"instead" },
	{ "in @*.w.example;@t.example\n", RTE, ADD, "@*.w.example;hold",
		"*.w.example " CANNOT ", here t.example; hold this instead" },
	{ "in @*.w.example;@t.example\n", RTE, ADD, "@*.a.w.example;hold",
		"*.a.w.example " CANNOT ", here t.example; hold this "
		"instead" },
	{ "in @*.a.w.example;@t.example\n", RTE, ADD, "@*.w.example;hold",
		"*.w.example " CANNOT ", here t.example; hold this instead" },
	{ "in @a.b.w.example;@t.example\n", RTE, ADD, "@*.w.example;hold",
		"*.w.example " CANNOT ", here t.example; hold this instead" },
	{ "in @w.example;@t.example\n", RTE, ADD, "@*.w.example;hold", NULL },
	{ "in @aw.example;@t.example\n", RTE, ADD, "@*.w.example;hold", NULL },
	{ "in @*.aw.example;@t.example\n", RTE, ADD, "@*.w.example;hold",
		NULL },
	/* a row that is there already goes with the table */
	{ "in @w.example;@t.example\nroutes @w.example;hold:\n", RTE, SET,
		"@t.example;hold", NULL },
	/* rules of inbound */
	{ "routes @t.example;hold\n", IN, ADD, "@w.example;@t.example", NULL },
	{ "routes @t.example;hold:\n", IN, ADD, "@t.example;@n.example", NULL },
	{ "routes @t.example;hold\n", IN, ADD, "bob@t.example;bob@n.example",
		WOULD("t.example") ", here n.example; hold this instead" ENDS(
			"t.example") },
	{ "routes @t.example;hold\nin @w.example;@t.example\n", IN, SET,
		"@a.example;@t.example\n@t.example;@n.example,@m.example",
		WOULD("t.example") ", here n.example, m.example; hold these "
				   "instead" ENDS("t.example") },
	{ "routes @t.example;hold\n", IN, ADD, "@t.example;@t.example",
		WOULD("t.example") ENDS("t.example") },
	{ "routes @*.t.example;hold\n", IN, ADD, "u@a.t.example;u@n.example",
		WOULD("*.t.example") ", here n.example; hold this instead" ENDS(
			"*.t.example") },
	{ "routes @a.t.example;hold\n", IN, ADD, "@*.t.example;@n.example",
		WOULD("a.t.example") ", here n.example; hold this instead" ENDS(
			"a.t.example") },
	{ "routes @t.example;hold\n", IN, ADD, "@*.t.example;@n.example",
		NULL },
	{ "routes @t.example;hold\n", IN, SET, "@w.example;@t.example", NULL },
	/* the other table, and what only takes away */
	{ "routes @t.example;hold\n", RULE_OUTBOUND, ADD,
		"@t.example;@w.example", NULL },
	{ "in @w.example;@t.example\n", RTE, CHANGE_DELETE, "@w.example;hold",
		NULL },
};

/* The rows of a change. */
static struct rows read_rows(struct arena *arena, const struct hold_case *one)
{
	struct rows rows = { .rows = calloc(32, sizeof *rows.rows) };
	struct bytes rest = bytes_of(one->rows);

	assert_non_null(rows.rows);
	while (rest.len) {
		struct bytes target = bytes_cut(&rest, '\n');
		struct bytes source = bytes_cut(&target, ';');
		struct error error;

		if (rule_make(arena, one->table, source, target, false,
			    &rows.rows[rows.count++].rule, &error))
			fail_msg("%s", error.text);
	}
	assert_int_equal(rowsort(rows.rows, rows.count), 0);
	return rows;
}

static void check(const struct hold_case *one)
{
	struct arena *arena = arena_open((size_t)1 << 20);
	struct map *old = *one->old ? testmap_open(one->old) : NULL;
	struct rows rows = read_rows(arena, one);
	struct change change = { .table = one->table,
		.mode = one->mode,
		.rows = rows.rows,
		.count = rows.count,
		.force = true };
	struct error error = { .text = "" };
	int result = holdcheck(&change, old, &error);

	if (result != (one->reason ? ERR_BAD : 0))
		fail_msg(
			"%s%s: %d %s", one->old, one->rows, result, error.text);
	if (one->reason && strcmp(error.text, one->reason) != 0)
		fail_msg("%s%s: %s", one->old, one->rows, error.text);
	assert_int_equal(holdcheck(&change, old, NULL), result);
	map_close(old);
	free(rows.rows);
	arena_close(arena);
}

static void test_holdcheck(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		check(&cases[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_holdcheck),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
