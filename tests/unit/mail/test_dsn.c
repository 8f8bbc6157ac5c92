/* dsn: NOTIFY and ORCPT (RFC 3461 section 4, RFC 6533 section 3). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "mail/dsn.h"

#define NONE "(none)" /* the recipient had no NOTIFY */

static void test_notify(void **state)
{
	static const struct {
		const char *values[4];
		const char *united;
	} cases[] = {
		{ { NULL }, "" },
		{ { NONE }, "" },
		{ { NONE, NONE }, "" },
		{ { "" }, "" },
		{ { "NEVER" }, "NEVER" },
		{ { "never" }, "NEVER" },
		{ { "SUCCESS" }, "SUCCESS" },
		{ { "FAILURE" }, "FAILURE" },
		{ { "DELAY" }, "DELAY" },
		{ { "success,delay" }, "SUCCESS,DELAY" },
		{ { "DELAY,FAILURE" }, "FAILURE,DELAY" },
		{ { "SUCCESS,FAILURE,DELAY" }, "SUCCESS,FAILURE,DELAY" },
		/* NEVER only if all said so */
		{ { "NEVER", "NEVER" }, "NEVER" },
		{ { "NEVER", "NEVER", "NEVER" }, "NEVER" },
		{ { "NEVER", "FAILURE" }, "FAILURE" },
		{ { "FAILURE", "NEVER" }, "FAILURE" },
		{ { "NEVER", "SUCCESS", "NEVER" }, "SUCCESS" },
		{ { "NEVER", NONE }, "" },
		{ { NONE, "NEVER" }, "" },
		/* the union; nothing said means FAILURE and DELAY */
		{ { "SUCCESS", "DELAY" }, "SUCCESS,DELAY" },
		{ { "SUCCESS", "FAILURE", "DELAY" }, "SUCCESS,FAILURE,DELAY" },
		{ { "FAILURE", NONE }, "" },
		{ { NONE, "DELAY" }, "" },
		{ { "SUCCESS", NONE }, "SUCCESS,FAILURE,DELAY" },
		{ { NONE, "SUCCESS" }, "SUCCESS,FAILURE,DELAY" },
		{ { "NEVER", NONE, "SUCCESS" }, "SUCCESS,FAILURE,DELAY" },
		/* what is no keyword says nothing */
		{ { "SUCCESSES,XFAILURE,DELAY" }, "DELAY" },
		{ { ",,SUCCESS,," }, "SUCCESS" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct dsn_notify notify = { 0 };

		for (size_t v = 0; v < 4 && cases[i].values[v]; v++) {
			const char *value = cases[i].values[v];

			dsn_notify_add(
				&notify, strcmp(value, NONE) ? value : NULL);
		}
		if (strcmp(dsn_notify_text(&notify), cases[i].united))
			fail_msg("%zu: \"%s\" instead of \"%s\"", i,
				dsn_notify_text(&notify), cases[i].united);
	}
}

static void test_orcpt(void **state)
{
	static const struct {
		const char *address;
		const char *orcpt;
	} cases[] = {
		{ "bob@w.com", "rfc822;bob@w.com" },
		{ "Bob@W.Com.", "rfc822;Bob@W.Com." },
		{ "bob+news@w.com", "rfc822;bob+2Bnews@w.com" },
		{ "a=b@w.com", "rfc822;a+3Db@w.com" },
		{ "\"a b\"@w.com", "rfc822;\"a+20b\"@w.com" },
		{ "\"x NOTIFY=NEVER\"@w.com",
			"rfc822;\"x+20NOTIFY+3DNEVER\"@w.com" },
		{ "\"x\\\" ORCPT=rfc822;y@z\"@w.com",
			"rfc822;\"x\\\"+20ORCPT+3Drfc822;y@z\"@w.com" },
		{ "bob@[192.0.2.1]", "rfc822;bob@[192.0.2.1]" },
		/* ASCII by its A-labels */
		{ u8"bob+x@bücher.example",
			"rfc822;bob+2Bx@xn--bcher-kva.example" },
		/* utf-8-addr-xtext */
		{ u8"jörg@w.com", "utf-8;j\\x{F6}rg@w.com" },
		{ u8"jörg+x=y@w.com",
			"utf-8;j\\x{F6}rg\\x{2B}x\\x{3D}y@w.com" },
		{ u8"\"jö \\\\\"@w.com",
			"utf-8;\"j\\x{F6}\\x{20}\\x{5C}\\x{5C}\"@w.com" },
		{ u8"€@w.com", "utf-8;\\x{20AC}@w.com" },
		{ u8"🍕@w.com", "utf-8;\\x{1F355}@w.com" },
		{ u8"jörg@bücher.example",
			"utf-8;j\\x{F6}rg@b\\x{FC}cher.example" },
	};
	struct arena *arena = arena_open((size_t)1 << 20);

	(void)state;
	assert_non_null(arena);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct bytes spelt = bytes_of(cases[i].address);
		struct mailbox mailbox;

		assert_int_equal(
			address_parse(spelt.data, spelt.len, &mailbox, NULL),
			0);
		assert_string_equal(
			dsn_orcpt(arena, &mailbox, spelt), cases[i].orcpt);
	}
	arena_close(arena);
}

/* The mailbox is what Postfix resolved; the original recipient is what the
 * client sent. */
static void test_orcpt_as_it_came(void **state)
{
	struct arena *arena = arena_open((size_t)1 << 20);
	struct mailbox mailbox;

	(void)state;
	assert_non_null(arena);
	assert_int_equal(address_parse("u@in.test", 9, &mailbox, NULL), 0);
	assert_string_equal(dsn_orcpt(arena, &mailbox, bytes_of("in.test!u")),
		"rfc822;in.test!u");
	assert_string_equal(
		dsn_orcpt(arena, &mailbox, bytes_of("u\r\nDATA\x7f")),
		"rfc822;u+0D+0ADATA+7F");
	assert_string_equal(
		dsn_orcpt(arena, &mailbox, (struct bytes){ NULL, 0 }),
		"rfc822;u@in.test");
	assert_string_equal(
		dsn_orcpt(arena, &mailbox, bytes_of(u8"ö\x7f!~ @in.test")),
		"rfc822;u@in.test");
	assert_int_equal(address_parse(u8"ö@in.test", 10, &mailbox, NULL), 0);
	assert_string_equal(
		dsn_orcpt(arena, &mailbox, bytes_of(u8"ö\x7f!~ @in.test")),
		"utf-8;\\x{F6}\\x{7F}!~\\x{20}@in.test");
	arena_close(arena);
}

/* No byte of an address can end the parameter or begin another one. */
static void test_nothing_to_inject(void **state)
{
	struct arena *arena = arena_open((size_t)4 << 20);
	struct mailbox mailbox;
	unsigned seed = 1;

	(void)state;
	assert_non_null(arena);
	assert_int_equal(address_parse(u8"jörg@w.com", 11, &mailbox, NULL), 0);
	for (int round = 0; round < 20000; round++) {
		char text[12];
		size_t len;
		const char *orcpt;

		for (len = 0; len < sizeof text; len++) {
			seed = seed * 1103515245u + 12345u;
			text[len] = (char)(seed >> 16);
		}
		len = seed >> 8 & 7;
		orcpt = dsn_orcpt(arena, &mailbox, (struct bytes){ text, len });
		assert_non_null(orcpt);
		orcpt = strchr(orcpt, ';');
		assert_non_null(orcpt);
		for (orcpt++; *orcpt; orcpt++)
			assert_true(*orcpt > 0x20 && *orcpt < 0x7f &&
				    *orcpt != '=');
		arena_reset(arena);
	}
	arena_close(arena);
}

/* How Postfix 3.7 changes utf-8-addr-xtext: tests/e2e/utf8.test. */
static void test_orcpt_for_milter(void **state)
{
	static const struct {
		const char *orcpt;
		const char *plain;
	} cases[] = {
		{ "rfc822;bob+2Bnews@w.com", "rfc822;bob+2Bnews@w.com" },
		{ "rfc822;a\\x{2B}b@w.com", "rfc822;a\\x{2B}b@w.com" },
		{ "utf-8;j\\x{F6}rg@w.com", u8"utf-8;jörg@w.com" },
		{ "UTF-8;j\\x{f6}rg@w.com", u8"UTF-8;jörg@w.com" },
		{ "utf-8;bob+news@w.com", "utf-8;bob+2Bnews@w.com" },
		{ "utf-8;bob+ab=c@w.com", "utf-8;bob+2Bab+3Dc@w.com" },
		{ "utf-8;bob+2Bnews@w.com", "utf-8;bob+2B2Bnews@w.com" },
		{ "utf-8;a\\x{00000041}b@w.com", "utf-8;aAb@w.com" },
		{ "utf-8;a\\x{100000041}b@w.com",
			"utf-8;a\\x{100000041}b@w.com" },
		{ "utf-8;a+\\y+\\x{0}@w.com", "utf-8;a+2B\\y+2B\\x{0}@w.com" },
		{ u8"utf-8;jörg@w.com", u8"utf-8;jörg@w.com" },
		{ "utf-8;\\x{1F355}@w.com", u8"utf-8;🍕@w.com" },
		{ "utf-8;j\\x{F6}\\x{2B}x\\x{3D}y@w.com",
			u8"utf-8;jö+2Bx+3Dy@w.com" },
		{ "utf-8;\\x{20}NOTIFY\\x{3D}NEVER@w.com",
			"utf-8;+20NOTIFY+3DNEVER@w.com" },
		{ "utf-8;a\\x{7F}b@w.com", "utf-8;a+7Fb@w.com" },
		{ "utf-8;a\\x{7f}\\x{1F}b@w.com", "utf-8;a+7F+1Fb@w.com" },
		{ "utf-8;a\\x{7E}\\x{21}b@w.com", "utf-8;a~!b@w.com" },
		{ "utf-8;\\x{5C}x{F6}@w.com", "utf-8;\\x{F6}@w.com" },
		/* no utf-8-addr-xtext: as it came */
		{ "utf-8;a\\x{@w.com", "utf-8;a\\x{@w.com" },
		{ "utf-8;a\\x{}@w.com", "utf-8;a\\x{}@w.com" },
		{ "utf-8;a\\x{0}@w.com", "utf-8;a\\x{0}@w.com" },
		{ "utf-8;a\\x{D800}@w.com", "utf-8;a\\x{D800}@w.com" },
		{ "utf-8;a\\x{1234567}@w.com", "utf-8;a\\x{1234567}@w.com" },
		{ "utf-8;a\\x{0000041}@w.com", "utf-8;aA@w.com" },
		{ "utf-8;a\\y@w.com", "utf-8;a\\y@w.com" },
		{ "utf-8;", "utf-8;" },
	};
	struct arena *arena = arena_open((size_t)1 << 20);

	(void)state;
	assert_non_null(arena);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_string_equal(dsn_orcpt_for_milter(arena, cases[i].orcpt),
			cases[i].plain);
	arena_close(arena);
}

static void test_no_memory(void **state)
{
	struct arena *arena = arena_open(1);
	struct mailbox mailbox;
	char *last = NULL;

	(void)state;
	assert_non_null(arena);
	assert_int_equal(address_parse("bob@w.com", 9, &mailbox, NULL), 0);
	for (int i = 0; i < 1000; i++)
		last = dsn_orcpt(arena, &mailbox, bytes_of("bob@w.com"));
	assert_null(last);
	arena_close(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_notify),
		cmocka_unit_test(test_orcpt),
		cmocka_unit_test(test_orcpt_as_it_came),
		cmocka_unit_test(test_nothing_to_inject),
		cmocka_unit_test(test_orcpt_for_milter),
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
