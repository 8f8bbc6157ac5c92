#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "decisionlog/logaddress.h"

/* An address has the same hash in every spelling. */
static void test_spellings(const struct log *log)
{
	static const char *const pairs[][2] = {
		{ u8"Ü@x.com", u8"ü@X.com" },
		{ u8"u\u0308@x.com", u8"Ü@x.com" },
		{ u8"bob@bücher.example", "Bob@XN--BCHER-KVA.example." },
		{ "\"bob\"@a.com", "bob@a.com" },
		{ u8"Ив@x.com", u8"ив@x.com" },
		{ "no Address", "NO address" },
	};

	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
		char a[64];
		char b[64];

		(void)logaddress(log, bytes_of(pairs[i][0]), a, sizeof a);
		(void)logaddress(log, bytes_of(pairs[i][1]), b, sizeof b);
		assert_int_equal(strlen(a), 12);
		assert_string_equal(a, b);
	}
}

static void test_address(void **state)
{
	struct log log = { .addresses = true };
	char a[64];
	char b[64];

	(void)state;
	assert_int_equal(
		logaddress(&log, bytes_of("Bob@a.com"), a, sizeof a), 9);
	assert_string_equal(a, "Bob@a.com");

	log.addresses = false;
	assert_int_equal(
		logaddress(&log, bytes_of("Bob@a.com"), a, sizeof a), 12);
	assert_int_equal(
		logaddress(&log, bytes_of("bob@A.com"), b, sizeof b), 12);
	assert_string_equal(a, b);
	/* printf bob@a.com | openssl dgst -sha256 -mac HMAC -macopt
	 * hexkey:00..00 (32 bytes) */
	assert_string_equal(a, "b6d7b892ff0b");
	assert_int_equal(
		logaddress(&log, bytes_of("rob@a.com"), b, sizeof b), 12);
	assert_string_not_equal(a, b);
	test_spellings(&log);
	log.key[31] = 1;
	assert_int_equal(
		logaddress(&log, bytes_of("bob@a.com"), b, sizeof b), 12);
	assert_string_not_equal(a, b);
	assert_int_equal(logaddress(&log, bytes_of(""), b, sizeof b), 0);
	assert_string_equal(b, "");
	assert_int_equal(logaddress(&log, bytes_of("bob@a.com"), b, 5), 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_address) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
