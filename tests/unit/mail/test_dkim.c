/* dkim: what a signature covers (RFC 6376 sections 3.2, 3.5 and 5.4.2). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "mail/dkim.h"

static const char folded[] =
	" v=1; a=rsa-sha256; d=example.net; s=brisbane;\r\n"
	"\tc=relaxed/simple; q=dns/txt;\r\n"
	" h=from:To : subject:\r\n\tdate:TO:keywords ;\r\n"
	" bh=MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI=;\r\n"
	" b=dzdVyOfAKCdLXdJOc9G2q8LoXSlEniSbav+yuU4zGeeruD00lszZVoG4ZHRNiYzR";

static void test_names(void **state)
{
	static const struct {
		const char *name;
		bool is;
	} cases[] = {
		{ "DKIM-Signature", true },
		{ "dkim-signature", true },
		{ "ARC-Message-Signature", true },
		{ "arc-message-SIGNATURE", true },
		{ "ARC-Seal", false },
		{ "ARC-Authentication-Results", false },
		{ "X-DKIM-Signature", false },
		{ "DKIM-Signatures", false },
		{ "DKIM-Signatur", false },
		{ "", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		if (dkim_is_signature(bytes_of(cases[i].name)) != cases[i].is)
			fail_msg("%s", cases[i].name);
}

static void test_covers(void **state)
{
	static const struct {
		const char *signature;
		const char *name;
		size_t count;
	} cases[] = {
		{ folded, "From", 1 },
		{ folded, "to", 2 },
		{ folded, "To", 2 },
		{ folded, "Keywords", 1 },
		{ folded, "Cc", 0 },
		{ folded, "", 0 },
		{ "h=to", "To", 1 },
		{ "h=to:", "To", 1 },
		{ "h=:to", "To", 1 },
		{ "h=t o", "To", 0 },
		{ "h=xto:tox", "To", 0 },
		{ " h = To ", "To", 1 },
		{ "h=to;h=cc", "Cc", 0 }, /* the first of a doubled tag */
		{ "H=to", "To", 0 },	  /* tag names have case */
		{ "bh=to; xh=to", "To", 0 },
		{ "b=h=to", "To", 0 },
		{ "h", "To", 0 },
		{ "h=", "To", 0 },
		{ "", "To", 0 },
		{ ";;;h=to;", "To", 1 },
		{ "v=1; z=h=to; h=cc", "To", 0 },
		{ "v=1; h=from;\n to", "To", 0 },
		{ "h=to:to:TO:To", "To", 4 }, /* oversigned, section 8.15 */
		{ "h\r\n\t=\r\n\tfrom\r\n\t:\r\n\tto", "To", 1 },
		{ "h=:::", "", 3 }, /* no header has an empty name */
		{ "i=1; a=rsa-sha256; h=to; cv=none", "To", 1 },
		{ "c=simple; l=0; h=to", "To", 1 },
		{ "h=to=cc", "To", 0 },
		{ "=to; h=cc", "To", 0 },
		{ "h=cc; h=to", "To", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		size_t len = strlen(cases[i].signature);
		char *block = malloc(len + !len); /* over-reads show */
		size_t count;

		assert_non_null(block);
		memcpy(block, cases[i].signature, len);
		count = dkim_covers(
			(struct bytes){ block, len }, bytes_of(cases[i].name));
		free(block);
		if (count != cases[i].count)
			fail_msg("%s in %s: %zu", cases[i].name,
				cases[i].signature, count);
	}
}

static void test_tags(void **state)
{
	static const struct {
		const char *tag;
		const char *value;
	} cases[] = { { "d", "example.net" }, { "s", "brisbane" }, { "v", "1" },
		{ "q", "dns/txt" }, { "i", "" },
		{ "bh", "MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI=" } };

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_true(
			bytes_equal(dkim_tag(bytes_of(folded), cases[i].tag),
				bytes_of(cases[i].value)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_covers),
		cmocka_unit_test(test_tags),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
