/*
 * The n-th allocation fails, for every n: check and invert say so, or tell all
 * that there is to tell. Never a crash, never part of it with a 0.
 */
#include "testmap.h"

#include "allocfail.h"
#include "check.h"
#include "invert.h"

#define TOLD_MAX 16384

#define RULES                                                                  \
	"in a@w.com;b@w.com\nin b@w.com;a@w.com\nin x@w.com;m@d.com\n"         \
	"in y@w.com;m@d.com\nin z@w.com;j\xc3\xb6rg@d.com\n"                   \
	"in t@w.com;t1@d.com,t2@d.com\nin @w.com;all@d.com\n"                  \
	"in @v.com;@d.com\nin @d.com;@e.com\nin @*.u.com;@*.u.com\n"           \
	"out m@d.com;q@w.com\nout p@d.com;p@b\xc3\xbc"                         \
	"cher.example\nout r@d.com;r@far.com\nout @c.com;@far.com\n"

struct told {
	char text[TOLD_MAX];
};

static void add(struct told *told, const char *what, const char *source)
{
	size_t used = strlen(told->text);

	(void)snprintf(
		told->text + used, TOLD_MAX - used, "%s %s\n", what, source);
}

static int tell(void *context, const struct check_finding *finding)
{
	add(context, check_kind_name(finding->kind), finding->source);
	return 0;
}

static void tell_left(void *context, const struct invert_left *left)
{
	char source[ADDRESS_TEXT_MAX];

	(void)rule_source_text(left->rule.key, source);
	add(context, left->text, source);
}

static int check(const struct map *map, struct told *told, struct error *error)
{
	struct check_options options = {
		.delimiter = '+', .found = tell, .context = told
	};

	return check_map(map, &options, error);
}

static int invert(const struct map *map, struct told *told, struct error *error)
{
	struct invert_options options = {
		.table = RULE_INBOUND, .left = tell_left, .context = told
	};
	struct arena *arena = arena_open((size_t)1 << 20);
	struct csvfile_rows rows = { .rows = NULL };
	int result = arena ? invert_table(map, &options, arena, &rows, error)
			   : error_set(error, ERR_NOMEM, "out of memory");

	for (size_t i = 0; i < rows.count; i++) {
		char source[ADDRESS_TEXT_MAX];

		(void)rule_source_text(rows.rows[i].rule.key, source);
		add(told, "row", source);
	}
	assert_true(result >= 0 || !rows.rows);
	free(rows.rows);
	arena_close(arena);
	return result;
}

static void torture(int (*run)(
	const struct map *map, struct told *told, struct error *error))
{
	struct map *map = testmap_open(RULES);
	struct told whole = { "" };
	struct error error;
	long needed;
	long refused = 0;
	int code;

	allocfail.count = 0;
	code = run(map, &whole, &error);
	needed = allocfail.count;
	assert_true(code >= 0 && strlen(whole.text) > 100);
	assert_true(needed > 5);
	for (long n = 0; n < 2 * needed; n++) {
		struct told told = { "" };
		int result;

		error.text[0] = '\0';
		allocfail.for_good = n % 2;
		allocfail.countdown = n / 2 + 1;
		result = run(map, &told, &error);
		allocfail.countdown = 0;
		if (result >= 0)
			assert_string_equal(told.text, whole.text);
		else if (result != ERR_NOMEM || !error.text[0])
			fail_msg("allocation %ld: %d %s", n / 2, result,
				error.text);
		refused += result < 0;
	}
	assert_true(refused > needed / 2);
	map_close(map);
}

static void test_check(void **state)
{
	(void)state;
	if (!ALLOCFAIL)
		skip();
	torture(check);
}

static void test_invert(void **state)
{
	(void)state;
	if (!ALLOCFAIL)
		skip();
	torture(invert);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_check),
		cmocka_unit_test(test_invert),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
