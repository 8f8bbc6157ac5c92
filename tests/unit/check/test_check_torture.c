/*
 * The n-th allocation fails, for every n. check and invert must either return
 * an error or report everything.
 */
#include "kit/testmap.h"
#include "kit/torture.h"
#include "kit/alloccalls.h"

#include "check/check.h"
#include "check/invert.h"

#define RULES                                                                  \
	"in a@w.com;b@w.com\nin b@w.com;a@w.com\nin x@w.com;m@d.com\n"         \
	u8"in y@w.com;m@d.com\nin z@w.com;jörg@d.com\n"                       \
	"in t@w.com;t1@d.com,t2@d.com\nin @w.com;all@d.com\n"                  \
	"in @v.com;@d.com\nin @d.com;@e.com\nin @*.u.com;@*.u.com\n"           \
	u8"out m@d.com;q@w.com\nout p@d.com;p@bücher.example\n"               \
	"out r@d.com;r@far.com\nout @c.com;@far.com\n"

static int tell(void *context, const struct check_finding *finding)
{
	torture_tell(context, "%s %s\n", finding_kind_name(finding->kind),
		finding->source);
	return 0;
}

static void tell_left(void *context, const struct invert_left *left)
{
	char source[ADDRESS_TEXT_MAX];

	(void)rule_source_text(left->rule.key, source);
	torture_tell(context, "%s %s\n", left->text, source);
}

static int check(void *map, struct torture_told *told, struct error *error)
{
	struct check_options options = {
		.localpart = { "+", 3 }, .found = tell, .context = told
	};

	return check_map(map, &options, error);
}

static int invert(void *map, struct torture_told *told, struct error *error)
{
	struct invert_options options = {
		.table = RULE_INBOUND, .left = tell_left, .context = told
	};
	struct arena *arena = arena_open((size_t)1 << 20);
	struct rows rows = { .rows = NULL };
	int result = arena ? invert_table(map, &options, arena, &rows, error)
			   : error_set(error, ERR_NOMEM, "out of memory");

	for (size_t i = 0; i < rows.count; i++) {
		char source[ADDRESS_TEXT_MAX];

		(void)rule_source_text(rows.rows[i].rule.key, source);
		torture_tell(told, "row %s\n", source);
	}
	assert_true(result >= 0 || !rows.rows);
	free(rows.rows);
	arena_close(arena);
	return result;
}

static void test_both(void **state)
{
	struct map *map = testmap_open(RULES);
	const struct torture tortures[] = {
		{ .name = "check_map", .run = check, .context = map },
		{ .name = "invert_table", .run = invert, .context = map },
	};

	(void)state;
	torture_all(tortures, 2);
	map_close(map);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_both) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
