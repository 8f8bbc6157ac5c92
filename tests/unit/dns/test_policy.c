/* What texts are policies of DMARC, MTA-STS and TLS reporting. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "dns/policy.h"

/* A copy of exact size without a NUL, so that reads beyond its end show. */
static struct bytes block(const char *text)
{
	size_t len = strlen(text);
	char *data = malloc(len ? len : 1);

	assert_non_null(data);
	memcpy(data, text, len);
	return (struct bytes){ data, len };
}

static void release(struct bytes text)
{
	free((void *)(uintptr_t)text.data);
}

static void test_dmarc(void **state)
{
	static const struct {
		const char *text;
		enum policy_found found;
		const char *policy;
		const char *subdomain;
		bool strict_dkim;
		bool strict_spf;
	} cases[] = {
		{ "v=DMARC1; p=none", POLICY_FOUND, "none", "none", false,
			false },
		{ "v=DMARC1;p=reject;sp=quarantine;adkim=s;aspf=s;",
			POLICY_FOUND, "reject", "quarantine", true, true },
		{ " v = DMARC1 ; p = Reject ; adkim=r ", POLICY_FOUND, "Reject",
			"Reject", false, false },
		{ "v=DMARC1; rua=mailto:a@b.example; p=none", POLICY_FOUND,
			"none", "none", false, false },
		{ "v=DMARC1", POLICY_DAMAGED, NULL, NULL, false, false },
		{ "v=DMARC1; p=", POLICY_DAMAGED, NULL, NULL, false, false },
		{ "v=DMARC1; p=all", POLICY_DAMAGED, NULL, NULL, false, false },
		{ "v=DMARC1; p=none; sp=x", POLICY_DAMAGED, NULL, NULL, false,
			false },
		{ "v=DMARC1; p=none; x", POLICY_DAMAGED, NULL, NULL, false,
			false },
		{ "v=DMARC2; p=none", POLICY_NONE, NULL, NULL, false, false },
		{ "v=dmarc1; p=none", POLICY_NONE, NULL, NULL, false, false },
		{ "p=none; v=DMARC1", POLICY_NONE, NULL, NULL, false, false },
		{ "v=spf1 -all", POLICY_NONE, NULL, NULL, false, false },
		{ "", POLICY_NONE, NULL, NULL, false, false },
		{ ";;;", POLICY_NONE, NULL, NULL, false, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct bytes text = block(cases[i].text);
		struct policy_dmarc dmarc;

		if (policy_read_dmarc(text, &dmarc) != cases[i].found)
			fail_msg("%s: found another kind", cases[i].text);
		if (cases[i].policy) {
			assert_true(bytes_equal(
				dmarc.policy, bytes_of(cases[i].policy)));
			assert_true(bytes_equal(
				dmarc.subdomain, bytes_of(cases[i].subdomain)));
			assert_int_equal(
				dmarc.strict_dkim, cases[i].strict_dkim);
			assert_int_equal(dmarc.strict_spf, cases[i].strict_spf);
		}
		release(text);
	}
}

static void test_sts_record(void **state)
{
	static const struct {
		const char *text;
		enum policy_found found;
		const char *id;
	} cases[] = {
		{ "v=STSv1; id=20160831085700Z;", POLICY_FOUND,
			"20160831085700Z" },
		{ "v=STSv1;id=1", POLICY_FOUND, "1" },
		{ "v=STSv1; x=y; id=2", POLICY_FOUND, "2" },
		{ "v=STSv1", POLICY_DAMAGED, NULL },
		{ "v=STSv1; id=", POLICY_DAMAGED, NULL },
		{ "v=STSv1; id=012345678901234567890123456789012",
			POLICY_DAMAGED, NULL },
		{ "v=STSv2; id=1", POLICY_NONE, NULL },
		{ "id=1; v=STSv1", POLICY_NONE, NULL },
		{ "", POLICY_NONE, NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct bytes text = block(cases[i].text);
		struct bytes id;

		if (policy_read_sts_record(text, &id) != cases[i].found)
			fail_msg("%s: found another kind", cases[i].text);
		if (cases[i].id)
			assert_true(bytes_equal(id, bytes_of(cases[i].id)));
		release(text);
	}
}

#define STS "version: STSv1\r\nmode: enforce\r\n"

static void test_sts(void **state)
{
	static const struct {
		const char *text;
		enum policy_found found;
		const char *mode;
		const char *listed;   /* NULL: not asked */
		const char *unlisted; /* likewise */
	} cases[] = {
		{ STS "mx: mail.example.com\r\nmx: *.example.net\r\n"
		      "max_age: 604800\r\n",
			POLICY_FOUND, "enforce", "mail.example.com",
			"example.net" },
		{ STS "mx: *.example.net\nmax_age: 1", POLICY_FOUND, "enforce",
			"MX.Example.NET", "a.mx.example.net" },
		{ STS "mx: relay.example.\nmax_age:1\n", POLICY_FOUND,
			"enforce", NULL, "elay.example" },
		{ "version: STSv1\nmode: testing\nmx: a.example\nmax_age: 1\n",
			POLICY_FOUND, "testing", "a.example", "b.example" },
		{ "version: STSv1\nmode: none\nmax_age: 1\n", POLICY_FOUND,
			"none", NULL, "a.example" },
		{ STS "mx: a.example\n", POLICY_DAMAGED, NULL, NULL, NULL },
		{ STS "max_age: 1\n", POLICY_DAMAGED, NULL, NULL, NULL },
		{ STS "mx: a.example\nmax_age: 1d\n", POLICY_DAMAGED, NULL,
			NULL, NULL },
		{ "version: STSv1\nmode: x\nmx: a.example\nmax_age: 1\n",
			POLICY_DAMAGED, NULL, NULL, NULL },
		{ "version: STSv2\nmode: none\nmax_age: 1\n", POLICY_NONE, NULL,
			NULL, NULL },
		{ "<html>", POLICY_NONE, NULL, NULL, NULL },
		{ "", POLICY_NONE, NULL, NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct bytes text = block(cases[i].text);
		struct policy_sts sts;

		if (policy_read_sts(text, &sts) != cases[i].found)
			fail_msg("%s: found another kind", cases[i].text);
		if (cases[i].mode)
			assert_true(
				bytes_equal(sts.mode, bytes_of(cases[i].mode)));
		if (cases[i].listed)
			assert_true(policy_sts_lists(&sts, cases[i].listed));
		if (cases[i].unlisted)
			assert_false(policy_sts_lists(&sts, cases[i].unlisted));
		release(text);
	}
}

static void test_tlsrpt(void **state)
{
	static const struct {
		const char *text;
		enum policy_found found;
	} cases[] = {
		{ "v=TLSRPTv1; rua=mailto:a@b.example", POLICY_FOUND },
		{ "v=TLSRPTv1;rua=https://b.example/x", POLICY_FOUND },
		{ "v=TLSRPTv1", POLICY_DAMAGED },
		{ "v=TLSRPTv1; rua=ftp://b.example", POLICY_DAMAGED },
		{ "v=TLSRPTv2; rua=mailto:a@b.example", POLICY_NONE },
		{ "", POLICY_NONE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct bytes text = block(cases[i].text);

		if (policy_read_tlsrpt(text) != cases[i].found)
			fail_msg("%s: found another kind", cases[i].text);
		release(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dmarc),
		cmocka_unit_test(test_sts_record),
		cmocka_unit_test(test_sts),
		cmocka_unit_test(test_tlsrpt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
