/* checkgroup: findings of one kind about one domain, as one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "check/checkgroup.h"

static void add(struct checkgroups *groups, enum check_kind kind,
	enum check_severity severity, enum rule_table table, const char *source)
{
	char volatile_source[64];
	char volatile_why[] = "why";
	const struct check_finding finding = { kind, severity, table,
		volatile_source, bytes_of("x@d.com"), volatile_why, "advice" };

	(void)snprintf(volatile_source, sizeof volatile_source, "%s", source);
	assert_int_equal(checkgroups_add(groups, &finding), 0);
	volatile_source[0] = volatile_why[0] = '?'; /* they were copied */
}

static void test_groups(void **state)
{
	static const struct {
		enum check_kind kind;
		enum check_severity severity;
		const char *source;
		const char *domain;
		uint64_t count;
	} wanted[] = {
		{ CHECK_CHAIN, CHECK_WARN, "b@w.com", "w.com", 3 },
		{ CHECK_LOOP, CHECK_WARN, "b@w.com", "w.com", 1 },
		{ CHECK_CHAIN, CHECK_FAIL, "b@w.com", "w.com", 1 },
		{ CHECK_CHAIN, CHECK_WARN, "b@v.com", "v.com", 1 },
		{ CHECK_CHAIN, CHECK_WARN, "@*.w.com", "*.w.com", 1 },
		{ CHECK_CHAIN, CHECK_WARN, "\"b@w.com\"@u.com", "u.com", 1 },
		{ CHECK_NO_OUTBOUND, CHECK_FAIL, "", "", 1 },
	};
	struct checkgroups *groups = checkgroups_open();
	const struct checkgroup *all;
	size_t count;

	(void)state;
	assert_non_null(groups);
	for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
		add(groups, wanted[i].kind, wanted[i].severity, RULE_INBOUND,
			wanted[i].source);
	add(groups, CHECK_CHAIN, CHECK_WARN, RULE_INBOUND, "c@w.com");
	add(groups, CHECK_CHAIN, CHECK_WARN, RULE_INBOUND, "@w.com");
	add(groups, CHECK_CHAIN, CHECK_WARN, RULE_OUTBOUND, "c@w.com");
	all = checkgroups_all(groups, &count);
	assert_int_equal(count, sizeof wanted / sizeof *wanted + 1);
	for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
		assert_int_equal(all[i].example.kind, wanted[i].kind);
		assert_int_equal(all[i].example.severity, wanted[i].severity);
		assert_string_equal(all[i].example.source, wanted[i].source);
		assert_string_equal(all[i].example.why, "why");
		assert_true(
			bytes_equal(all[i].domain, bytes_of(wanted[i].domain)));
		assert_int_equal(all[i].count, wanted[i].count);
	}
	checkgroups_close(groups);
	checkgroups_close(NULL);
}

/* As many domains as a large table has. */
static void test_many(void **state)
{
	struct checkgroups *groups = checkgroups_open();
	size_t count;

	(void)state;
	for (unsigned i = 0; i < 20000; i++) {
		char source[64];

		(void)snprintf(source, sizeof source, "u@d%u.com", i % 10000);
		add(groups, CHECK_UNLISTED, CHECK_INFO, RULE_INBOUND, source);
	}
	assert_int_equal(checkgroups_all(groups, &count)[9999].count, 2);
	assert_int_equal(count, 10000);
	checkgroups_close(groups);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_groups),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
