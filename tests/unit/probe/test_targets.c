/* The targets of a map, domain by domain, and a directory compared with its
 * rules. */
#include "kit/testmap.h"

#include "probe/against.h"
#include "probe/targets.h"

static const char rules[] =
	"in bob@a.example;Bob@New.example\n"
	"in rob@a.example;bob@NEW.example\n"
	"in chloe@a.example;chloe@zoo.example,anna@b.example\n"
	"in @a.example;@new.example\n"
	"in @*.a.example;\"x,y\"@b.example\n"
	"in same@a.example;same@a.example\n"
	"out bob@new.example;bob@a.example\n";

static struct arena *arena_of_test(void)
{
	struct arena *arena = arena_open((size_t)64 << 20);

	assert_non_null(arena);
	return arena;
}

static void assert_address(struct bytes found, const char *expected)
{
	assert_int_equal(found.len, strlen(expected));
	assert_memory_equal(found.data, expected, found.len);
}

static void test_targets(void **state)
{
	static const char *const expected[] = { "anna@b.example",
		"\"x,y\"@b.example", "@new.example", "chloe@zoo.example" };
	struct map *map = testmap_open(rules);
	struct arena *arena = arena_of_test();
	struct targets targets;

	(void)state;
	assert_int_equal(
		targets_read(&targets, map, RULE_INBOUND, arena, NULL), 0);
	assert_int_equal(targets.count, 4);
	assert_int_equal(targets.domains, 1);
	assert_int_equal(targets.bad, 0);
	for (size_t i = 0; i < 4; i++)
		if (i != 2) /* one of two spellings */
			assert_address(targets.list[i].address, expected[i]);
	assert_address(targets.list[2].key, "bob@new.example");
	assert_address(targets_domain(&targets.list[0]), "b.example");
	assert_int_equal(targets_run(&targets, 0), 2);
	assert_int_equal(targets_run(&targets, 1), 1);
	assert_int_equal(targets_run(&targets, 2), 1);
	assert_int_equal(targets_run(&targets, 3), 1);
	assert_int_equal(
		targets_read(&targets, map, RULE_ROUTES, arena, NULL), 0);
	assert_int_equal(targets.count, 0);
	arena_close(arena);
	map_close(map);
}

struct told {
	char text[1024];
	int stop_after; /* calls; 0: never */
};

static int tell(void *context, enum against_kind kind, struct bytes key)
{
	struct told *told = context;
	size_t used = strlen(told->text);

	(void)snprintf(told->text + used, sizeof told->text - used, "%c%.*s ",
		kind == AGAINST_NO_RULE ? '-' : '+', (int)key.len, key.data);
	return told->stop_after && !--told->stop_after ? ERR_IO : 0;
}

static int against(const struct map *map, const char *users, struct told *told)
{
	struct bytes rest = bytes_of(users);
	struct bytes keys[16];
	size_t count = 0;

	told->text[0] = '\0';
	while (rest.len)
		keys[count++] = bytes_cut(&rest, ' ');
	return against_compare(keys, count, map, RULE_INBOUND, tell, told);
}

static void test_against(void **state)
{
	static const struct {
		const char *users;
		const char *told;
	} cases[] = {
		{ "bob@a.example chloe@a.example rob@a.example same@a.example",
			"" },
		{ "", "+bob@a.example +chloe@a.example +rob@a.example "
		      "+same@a.example " },
		{ "same@a.example rob@a.example bob@a.example bob@a.example",
			"+chloe@a.example " },
		{ "zoe@a.example anna@a.example anna@a.example bob@a.example "
		  "rob@a.example chloe@a.example same@a.example",
			"-anna@a.example -zoe@a.example " },
		{ "chloe@b.example", "+bob@a.example +chloe@a.example "
				     "-chloe@b.example +rob@a.example "
				     "+same@a.example " },
	};
	struct map *map = testmap_open(rules);
	struct told told = { .stop_after = 0 };

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_int_equal(against(map, cases[i].users, &told), 0);
		assert_string_equal(told.text, cases[i].told);
	}
	told.stop_after = 2;
	assert_int_equal(against(map, "", &told), ERR_IO);
	assert_string_equal(told.text, "+bob@a.example +chloe@a.example ");
	map_close(map);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_targets),
		cmocka_unit_test(test_against),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
