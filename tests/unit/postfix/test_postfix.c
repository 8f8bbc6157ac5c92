/* What postconf(1) printed, read again. The texts are those of Postfix 3.7. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "postfix/postfix.h"

static const char main_text[] =
	"default_process_limit = 100\n"
	"mydestination = relay.example, localhost\n"
	"relayhost =\n"
	"readdress_milter = { unix:r/m, default_action=tempfail }\n"
	"virtual_alias_maps = inline:{{a=b}}\n";
static const char services_text[] =
	"smtp       inet  n       -       y       -       -       smtpd\n"
	"pickup     unix  n       -       n       60      1       pickup\n"
	"192.0.2.26:smtp inet n - y - 0 smtpd -o milter_macro_daemon_name=X\n"
	"private/x  unix  -       n       n       1000?   7       pipe "
	"flags=R\n";
static const char overrides_text[] =
	"192.0.2.26:smtp/inet/milter_macro_daemon_name = OUTBOUND\n"
	"private/x/unix/empty =\n";

static struct postfix *read_all(void)
{
	struct postfix *postfix = postfix_open();
	struct error error = { .text = "" };

	assert_non_null(postfix);
	if (postfix_read_main(postfix, bytes_of(main_text), &error) ||
		postfix_read_services(
			postfix, bytes_of(services_text), &error) ||
		postfix_read_overrides(
			postfix, bytes_of(overrides_text), &error))
		fail_msg("%s", error.text);
	return postfix;
}

static void test_values(void **state)
{
	struct postfix *postfix = read_all();
	const struct postfix_service *outbound = postfix_service(postfix, 2);
	const struct postfix_service *pipe = postfix_service(postfix, 3);

	(void)state;
	assert_string_equal(postfix_value(postfix, NULL, "relayhost"), "");
	assert_string_equal(postfix_value(postfix, NULL, "unknown"), "");
	assert_string_equal(postfix_value(postfix, NULL, "readdress_milter"),
		"{ unix:r/m, default_action=tempfail }");
	assert_string_equal(postfix_value(postfix, NULL, "virtual_alias_maps"),
		"inline:{{a=b}}");
	assert_string_equal(
		postfix_value(postfix, outbound, "milter_macro_daemon_name"),
		"OUTBOUND");
	assert_true(postfix_overrides(
		postfix, outbound, "milter_macro_daemon_name"));
	assert_string_equal(postfix_value(postfix, postfix_service(postfix, 0),
				    "milter_macro_daemon_name"),
		"");
	assert_string_equal(postfix_value(postfix, outbound, "mydestination"),
		"relay.example, localhost");
	assert_false(postfix_overrides(postfix, outbound, "mydestination"));
	assert_string_equal(postfix_value(postfix, pipe, "empty"), "");
	assert_true(postfix_overrides(postfix, pipe, "empty"));
	assert_int_equal(postfix_read_main(postfix,
				 bytes_of("relayhost = [mx.example]"), NULL),
		0);
	assert_string_equal(
		postfix_value(postfix, NULL, "relayhost"), "[mx.example]");
	postfix_close(postfix);
}

static void test_services(void **state)
{
	static const struct postfix_service expected[] = {
		{ "smtp", "inet", true, 100, "smtpd", NULL },
		{ "pickup", "unix", false, 1, "pickup", NULL },
		{ "192.0.2.26:smtp", "inet", true, 0, "smtpd", NULL },
		{ "private/x", "unix", false, 7, "pipe", NULL },
	};
	struct postfix *postfix = read_all();
	size_t count = sizeof expected / sizeof *expected;

	(void)state;
	for (size_t i = 0; i < count; i++) {
		const struct postfix_service *found =
			postfix_service(postfix, i);

		assert_non_null(found);
		assert_string_equal(found->name, expected[i].name);
		assert_string_equal(found->type, expected[i].type);
		assert_int_equal(found->chroot, expected[i].chroot);
		assert_int_equal(
			found->max_processes, expected[i].max_processes);
		assert_string_equal(found->command, expected[i].command);
		/* The whole line, which begins with the name. */
		assert_ptr_equal(strstr(found->line, found->name), found->line);
		assert_non_null(strstr(found->line, found->command));
	}
	assert_null(postfix_service(postfix, count));
	postfix_close(postfix);
}

static void test_bad(void **state)
{
	static const struct {
		int (*read)(struct postfix *postfix, struct bytes text,
			struct error *error);
		const char *text;
		const char *reason;
	} cases[] = {
		{ postfix_read_main, "a = b\nno parameter\n",
			"postconf -x printed a line that is not understood: "
			"line 2: no parameter" },
		{ postfix_read_main, "= b\n", "line 1: = b" },
		{ postfix_read_main, "two words = b\n", "line 1" },
		{ postfix_read_services, "smtp inet n - y - -\n", "line 1" },
		{ postfix_read_services, "smtp inet n - y - 1x smtpd\n",
			"postconf -M" },
		{ postfix_read_services, "\n\nsmtp\n", "line 3: smtp" },
		{ postfix_read_overrides, "smtp/inet/a = b\nx/inet/a = b\n",
			"postconf -Px printed a line that is not understood: "
			"line 2" },
		{ postfix_read_overrides, "smtp/unix/a = b\n", "line 1" },
		{ postfix_read_overrides, "a = b\n", "line 1" },
		{ postfix_read_overrides, "smtp/inet/ = b\n", "line 1" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct postfix *postfix = read_all();
		struct error error = { .text = "" };

		assert_int_equal(
			cases[i].read(postfix, bytes_of(cases[i].text), &error),
			ERR_BAD);
		if (!strstr(error.text, cases[i].reason))
			fail_msg("%zu: %s", i, error.text);
		postfix_close(postfix);
	}
}

/* 500 services with 20 values each, as a large site has them. */
static void test_many(void **state)
{
	struct postfix *postfix = postfix_open();
	struct error error = { .text = "" };
	char *text = calloc(500, 100);
	char *overrides = calloc(500 * 20, 100);
	size_t used = 0;
	size_t more = 0;

	(void)state;
	assert_non_null(postfix);
	assert_non_null(text);
	assert_non_null(overrides);
	for (unsigned i = 0; i < 500; i++) {
		used += (size_t)snprintf(
			text + used, 100, "s%u inet n - y - 3 smtpd\n", i);
		for (unsigned k = 0; k < 20; k++)
			more += (size_t)snprintf(overrides + more, 100,
				"s%u/inet/p%u = %u\n", i, k, i * 100 + k);
	}
	assert_int_equal(
		postfix_read_services(postfix, bytes_of(text), &error), 0);
	assert_int_equal(
		postfix_read_overrides(postfix, bytes_of(overrides), &error),
		0);
	assert_string_equal(
		postfix_value(postfix, postfix_service(postfix, 499), "p19"),
		"49919");
	free(text);
	free(overrides);
	postfix_close(postfix);
}

static void test_words(void **state)
{
	(void)state;
	assert_true(postfix_list_has("a, B c", "b"));
	assert_true(postfix_list_has("a", "a"));
	assert_false(postfix_list_has("ab", "a"));
	assert_false(postfix_list_has("", "a"));
	assert_false(postfix_list_has("a,b", "a,b"));
	assert_true(postfix_is_yes("YES"));
	assert_true(postfix_is_yes("true"));
	assert_false(postfix_is_yes("no"));
	assert_false(postfix_is_yes(""));
}

static void test_seconds(void **state)
{
	static const struct {
		const char *text;
		uint64_t seconds; /* the unit is days */
	} cases[] = { { "5d", 432000 }, { "5", 432000 }, { "0", 0 },
		{ "30s", 30 }, { "2m", 120 }, { "3h", 10800 }, { "1w", 604800 },
		{ "", 0 }, { "x", 0 }, { "1x", 0 }, { "9999999999d", 0 } };

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_int_equal(postfix_seconds(bytes_of(cases[i].text), 'd'),
			cases[i].seconds);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_services),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_seconds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
