/* The characters that a target of a rule may contain, and U-labels. Other tests
 * cover the rest of address.h: those of rules, cases and look-ups. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "mail/address.h"

static void test_control_characters(void **state)
{
	static const struct {
		const char *text;
		const char *problem; /* NULL: good */
	} tests[] = {
		{ "bob@a.com", NULL },
		{ u8"böb@a.com", NULL },
		/* U+00A0 is the first character after the control characters,
		 * and the second byte of U+0080 occurs in others, too. */
		{ u8"bob\u00a0@a.com", NULL },
		{ u8"bobÀ@a.com", NULL },
		{ "bob\xc2\x80@a.com", "contains a control character" },
		{ "\xc2\x9f"
		  "bob@a.com",
			"contains a control character" },
		{ "\"bo\xc2\x85 b\"@a.com", "contains a control character" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) {
		struct mailbox mailbox;
		struct error error = { .text = "" };
		int result = address_parse(
			tests[i].text, strlen(tests[i].text), &mailbox, &error);

		if (!result)
			result = address_check(&mailbox, true, &error);
		if (result != (tests[i].problem ? ERR_BAD : 0))
			fail_msg("%zu: %d, %s", i, result, error.text);
		if (tests[i].problem)
			assert_string_equal(error.text, tests[i].problem);
	}
}

static void test_unicode(void **state)
{
	static const struct {
		const char *domain;
		const char *text; /* NULL: nothing to convert */
	} tests[] = {
		{ "a.example", NULL },
		{ "xn--bcher-kva.example", u8"bücher.example" },
		{ "www.xn--bcher-kva.xn--p1ai", u8"www.bücher.рф" },
		{ "xn--strae-oqa.example", u8"straße.example" },
		{ "xn--a.example", NULL },
		{ "xn--.example", NULL },
		{ "[192.0.2.1]", NULL },
		{ "[ipv6:2001:db8::1]", NULL },
		{ "", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) {
		const char *wanted = tests[i].text;
		char text[ADDRESS_TEXT_MAX];
		char key[ADDRESS_KEY_MAX];
		int len =
			address_domain_unicode(bytes_of(tests[i].domain), text);

		if (len != (wanted ? (int)strlen(wanted) : 0))
			fail_msg("%s: %d", tests[i].domain, len);
		if (!wanted)
			continue;
		assert_string_equal(text, wanted);
		/* It leads back to the key. */
		len = address_domain_key(text, (size_t)len, key);
		assert_int_equal(len, strlen(tests[i].domain));
		assert_memory_equal(key, tests[i].domain, (size_t)len);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_control_characters),
		cmocka_unit_test(test_unicode),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
