/* Well-known milters are told by their names and ports. */
#include "kit/testmap.h"

#include "postfix/milterkind.h"

static void test_kinds(void **state)
{
	static const struct {
		const char *text;
		enum milterkind kind;
	} cases[] = {
		{ "unix:opendkim/opendkim.sock", MILTERKIND_SIGNS },
		{ "inet:localhost:8891", MILTERKIND_SIGNS },
		{ "inet:localhost:12301", MILTERKIND_SIGNS },
		{ "{ inet:localhost:8891, default_action=accept }",
			MILTERKIND_SIGNS },
		{ "$dkim_milter", MILTERKIND_SIGNS },
		{ "unix:/run/OpenDKIM.sock", MILTERKIND_SIGNS },
		{ "local:openarc/openarc.sock", MILTERKIND_SIGNS },
		{ "unix:opendmarc/opendmarc.sock", MILTERKIND_VERIFIES },
		{ "unix:dkim-verify.sock", MILTERKIND_VERIFIES },
		{ "inet:localhost:8893", MILTERKIND_VERIFIES },
		{ "inet:localhost:11332", MILTERKIND_VERIFIES },
		{ "unix:/run/rspamd/milter.sock", MILTERKIND_VERIFIES },
		{ "unix:clamav/clamav-milter.ctl", MILTERKIND_VERIFIES },
		{ "unix:readdress/milter.sock", MILTERKIND_UNKNOWN },
		{ "inet:localhost:88", MILTERKIND_UNKNOWN },
		{ "", MILTERKIND_UNKNOWN },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		if (milterkind_of(bytes_of(cases[i].text)) != cases[i].kind)
			fail_msg("%s", cases[i].text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kinds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
