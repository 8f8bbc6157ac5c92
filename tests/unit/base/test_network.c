#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/network.h"

static void test_parse(void **state)
{
	static const struct {
		const char *text;
		int prefix; /* -1: refused */
	} tests[] = {
		{ "192.0.2.0/24", 96 + 24 },
		{ "192.0.2.1", 128 },
		{ "[192.0.2.1]", 128 },
		{ "0.0.0.0/0", 96 },
		{ "255.255.255.255/32", 128 },
		{ "2001:db8::/32", 32 },
		{ "[2001:db8::]/32", 32 },
		{ "[2001:db8::1]", 128 },
		{ "::/0", 0 },
		{ "::ffff:192.0.2.0/120", 120 },
		{ "8000::/1", 1 },
		{ "", -1 },
		{ "/", -1 },
		{ "/24", -1 },
		{ "[]", -1 },
		{ "192.0.2", -1 },
		{ "192.0.2.0/", -1 },
		{ "192.0.2.0/33", -1 },
		{ "192.0.2.0/-1", -1 },
		{ "192.0.2.0/ 24", -1 },
		{ "192.0.2.0/24/24", -1 },
		{ "192.0.2.0/255.255.255.0", -1 },
		{ "192.0.2.1/24", -1 },
		{ "192.0.2.128/24", -1 },
		{ "0.0.0.1/0", -1 },
		{ "2001:db8::1/32", -1 },
		{ "2001:db8::/129", -1 },
		{ "2001:db8::/9999999999", -1 },
		{ "[2001:db8::/32", -1 },
		{ " 192.0.2.0/24", -1 },
		{ "example.com", -1 },
		{ "fe80::1%lo", -1 },
		{ "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc:"
		  "dddd:eeee",
			-1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) {
		struct network network;
		struct error error = { .text = "" };
		int result = network_parse(tests[i].text, &network, &error);

		if (tests[i].prefix < 0) {
			if (result != ERR_BAD || !error.text[0])
				fail_msg("\"%s\" was taken", tests[i].text);
		} else if (result || (int)network.prefix != tests[i].prefix) {
			fail_msg("\"%s\": %s", tests[i].text, error.text);
		}
	}
}

static void test_contains(void **state)
{
	static const struct {
		const char *network;
		const char *address;
		bool inside;
	} tests[] = {
		{ "192.0.2.0/24", "192.0.2.0", true },
		{ "192.0.2.0/24", "192.0.2.255", true },
		{ "192.0.2.0/24", "192.0.3.0", false },
		{ "192.0.2.0/24", "192.0.1.255", false },
		{ "192.0.2.0/24", "::ffff:192.0.2.7", true },
		{ "192.0.2.0/25", "192.0.2.127", true },
		{ "192.0.2.0/25", "192.0.2.128", false },
		{ "192.0.2.1", "192.0.2.1", true },
		{ "192.0.2.1", "192.0.2.2", false },
		{ "::ffff:192.0.2.0/120", "192.0.2.9", true },
		{ "0.0.0.0/0", "203.0.113.9", true },
		{ "0.0.0.0/0", "2001:db8::1", false },
		{ "::/0", "2001:db8::1", true },
		{ "::/0", "192.0.2.1", false },
		{ "2001:db8::/32", "2001:DB8:ffff::1", true },
		{ "2001:db8::/32", "[2001:db8::1]", true },
		{ "2001:db8::/32", "2001:db9::1", false },
		{ "192.0.2.0/24", "", false },
		{ "192.0.2.0/24", "unknown", false },
		{ "0.0.0.0/0", "192.0.2", false },
		{ "192.0.2.0/24", "192.0.2.1/24", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) {
		struct network network;

		assert_int_equal(
			network_parse(tests[i].network, &network, NULL), 0);
		if (network_contains(&network, 1, tests[i].address) !=
			tests[i].inside)
			fail_msg(
				"%s in %s", tests[i].address, tests[i].network);
	}
	assert_false(network_contains(NULL, 0, "192.0.2.1"));
	assert_false(network_contains(NULL, 0, NULL));
}

static void test_several(void **state)
{
	struct network networks[2];

	(void)state;
	assert_int_equal(network_parse("10.0.0.0/8", &networks[0], NULL), 0);
	assert_int_equal(network_parse("2001:db8::/32", &networks[1], NULL), 0);
	assert_true(network_contains(networks, 2, "10.9.9.9"));
	assert_true(network_contains(networks, 2, "2001:db8::1"));
	assert_false(network_contains(networks, 2, "11.0.0.0"));
	assert_false(network_contains(networks, 1, "2001:db8::1"));
}

static void test_within(void **state)
{
	static const struct {
		const char *network;
		const char *other;
		bool within;
	} cases[] = {
		{ "192.0.2.0/24", "192.0.2.0/24", true },
		{ "192.0.2.128/25", "192.0.2.0/24", true },
		{ "192.0.2.0/24", "192.0.2.128/25", false },
		{ "192.0.3.0/24", "192.0.2.0/24", false },
		{ "192.0.2.1", "0.0.0.0/0", true },
		{ "2001:db8::/48", "2001:db8::/32", true },
		{ "2001:db8::/32", "0.0.0.0/0", false },
		{ "192.0.2.1", "::/0", true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct network network;
		struct network other;

		assert_int_equal(
			network_parse(cases[i].network, &network, NULL), 0);
		assert_int_equal(
			network_parse(cases[i].other, &other, NULL), 0);
		assert_int_equal(
			network_is_in(&network, &other), cases[i].within);
		assert_int_equal(network_is_v4(&network),
			!strchr(cases[i].network, ':'));
	}
}

static void test_private(void **state)
{
	static const struct {
		const char *network;
		bool is_private;
	} cases[] = {
		{ "127.0.0.1", true },
		{ "10.1.2.3", true },
		{ "10.0.0.0/7", false },
		{ "172.31.0.0/16", true },
		{ "172.32.0.0/16", false },
		{ "192.168.1.0/24", true },
		{ "100.64.0.1", true },
		{ "169.254.1.1", true },
		{ "192.0.2.1", false },
		{ "8.8.8.8", false },
		{ "::1", true },
		{ "fe80::1", true },
		{ "fd00::/8", true },
		{ "2001:db8::1", false },
		{ "::/0", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct network network;

		assert_int_equal(
			network_parse(cases[i].network, &network, NULL), 0);
		assert_int_equal(
			network_is_private(&network), cases[i].is_private);
	}
}

static void test_text(void **state)
{
	static const char *const texts[] = { "192.0.2.0/24", "192.0.2.1/32",
		"0.0.0.0/0", "255.255.255.255/32", "2001:db8::/32", "::/0",
		"::1/128", "2001:db8:1111:2222:3333:4444:5555:6666/128" };

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct network network = { .prefix = 0 };
		char text[NETWORK_TEXT_MAX];

		assert_int_equal(network_parse(texts[i], &network, NULL), 0);
		network_text(&network, text);
		assert_string_equal(text, texts[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_contains),
		cmocka_unit_test(test_several),
		cmocka_unit_test(test_within),
		cmocka_unit_test(test_private),
		cmocka_unit_test(test_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
