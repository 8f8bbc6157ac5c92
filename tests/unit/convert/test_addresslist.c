/* The addresses in one field of an export. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "convert/addresslist.h"

static void test_fields(void **state)
{
	static const char letters[] = {
		[RECORD_PRIMARY] = 'P',
		[RECORD_MAIL] = 'M',
		[RECORD_ALIAS] = 'a',
		[RECORD_TARGET] = 'T',
		[RECORD_SECONDARY] = 's',
		[RECORD_X500] = 'X',
		[RECORD_OTHER] = 'o',
	};
	static const struct {
		enum record_kind kind;
		const char *field;
		const char *found;
	} cases[] = {
		{ RECORD_ALIAS, "", "" },
		{ RECORD_ALIAS, " ;,\r\n{}", "" },
		{ RECORD_ALIAS, "a@x", "a:a@x " },
		{ RECORD_MAIL, "a@x", "M:a@x " },
		{ RECORD_ALIAS, "SMTP:a@x smtp:b@x", "P:a@x a:b@x " },
		{ RECORD_ALIAS, "smtp:b@x;SMTP:a@x", "a:b@x P:a@x " },
		{ RECORD_ALIAS, "smtp:b@x,SMTP:a@x", "a:b@x P:a@x " },
		{ RECORD_ALIAS, "Smtp:b@x\r\nSMTP:a@x\r\n", "a:b@x P:a@x " },
		{ RECORD_ALIAS, "{SMTP:a@x, smtp:b@x}", "P:a@x a:b@x " },
		{ RECORD_TARGET, "SMTP:a@x", "T:a@x " },
		{ RECORD_TARGET, "smtp:a@x,b@x", "T:a@x T:b@x " },
		{ RECORD_ALIAS,
			"X500:/o=A B/ou=C, D (E;F)/cn=g SMTP:a@x "
			"x500:/o=H sip:i@x EUM:1;j@x",
			"X:/o=A B/ou=C, D (E;F)/cn=g P:a@x X:/o=H o:i@x "
			"o:1;j@x " },
		{ RECORD_ALIAS, "smtp:\"j d; e\"@x smtp:b@x",
			"a:\"j d; e\"@x a:b@x " },
		{ RECORD_ALIAS, "\"a \\\" b\"@x", "a:\"a \\\" b\"@x " },
		{ RECORD_ALIAS, "\"a b@x", "o:\"a a:b@x " },
		{ RECORD_ALIAS, "a@x\\", "a:a@x\\ " },
		{ RECORD_ALIAS, "bob a@x", "o:bob a:a@x " },
		{ RECORD_ALIAS, "smtp:", "a: " },
		{ RECORD_ALIAS, "smtp: a@x", "a: a:a@x " },
		{ RECORD_ALIAS, ":a@x 1b:c@x", "a::a@x a:1b:c@x " },
		{ RECORD_ALIAS, "averylongprefix:c@x",
			"a:averylongprefix:c@x " },
		{ RECORD_X500, "/o=A", "X:/o=A " },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		size_t len = strlen(cases[i].field);
		char *copy = malloc(len ? len : 1); /* of just this size */
		struct addresslist list = { .rest = { copy, len } };
		struct record_address address;
		char found[400] = "";
		size_t used = 0;

		assert_non_null(copy);
		memcpy(copy, cases[i].field, len);
		while (addresslist_next(&list, cases[i].kind, &address))
			used += (size_t)snprintf(found + used,
				sizeof found - used, "%c:%.*s ",
				letters[address.kind], (int)address.text.len,
				address.text.data);
		assert_string_equal(found, cases[i].found);
		free(copy);
	}
}

/* A quote that is never closed is looked for once, not for each address. */
static void test_long(void **state)
{
	static const struct {
		const char *part;
		const char *end;
	} cases[] = {
		{ "\\\" ", "\\" },    /* all behind the first open quote */
		{ "\\\" ", "\"\"x" }, /* closed at the end, and open again */
		{ "\" ", "x\"" },
		{ "\"\\\" \\", "x" },
		{ "\"a b\" ", "\"" },
		{ "x500:\" ", "\"" },
		{ "a@x ", "\"" },
	};
	enum { LEN = 1 << 20 };
	char *field = malloc(LEN);

	(void)state;
	assert_non_null(field);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct addresslist list = { .rest = { field, LEN } };
		struct record_address address;
		size_t part = strlen(cases[i].part);
		size_t end = strlen(cases[i].end);

		for (size_t at = 0; at < LEN; at++)
			field[at] = cases[i].part[at % part];
		memcpy(field + LEN - end, cases[i].end, end);
		/* It gives up long before a quadratic one would end. */
		while (addresslist_next(&list, RECORD_ALIAS, &address))
			assert_true(list.looked <= (size_t)5 * LEN);
		assert_int_equal(list.rest.len, 0);
	}
	free(field);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
