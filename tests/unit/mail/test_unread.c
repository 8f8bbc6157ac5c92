/* unread: the addresses in a text that cannot be parsed. */
#include "kit/testmap.h"

#include "mail/unread.h"

#define LONG60 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static void test_places(void **state)
{
	static const struct {
		const char *text;
		const char *places; /* each with ";" behind it */
	} cases[] = {
		{ "Zoe Zander zoe@new.example", "zoe@new.example;" },
		{ "Zoe Zander <zoe@new.example", "zoe@new.example;" },
		{ "zoe@new.example.", "zoe@new.example;" },
		{ "(zoe@new.example)", "zoe@new.example;" },
		{ "a@b@c", "a@b;b@c;" },
		{ "a @ b", "a@b;" },
		{ "a\r\n @\r\n\tb c", "a@b;" },
		{ "Z z@(work)new.example", "z@new.example;" },
		{ "Z z@ (a(b)c) (d)\r\n new.example", "z@new.example;" },
		{ "Z z@(new.example", "" },
		{ "a@(@b", "@b;" },
		{ "a@" LONG60 " (" LONG60 LONG60 LONG60 LONG60 LONG60 ")b",
			"a@" LONG60 ";" },
		{ "a@(" LONG60 LONG60 LONG60 LONG60 LONG60 ")b", "" },
		{ "Z z@new\r\n .example", "z@new.example;" },
		{ "Z z @ new . new . example .", "z@new.new.example;" },
		/* all that it may be */
		{ "z@new.example. Thanks",
			"z@new.example.Thanks;z@new.example;" },
		{ "z@new.example. (Thanks)", "z@new.example;" },
		{ "z@new. a. b. c. d. e",
			"z@new.a.b.c.d;z@new.a.b.c;z@new.a.b;z@new.a;z@new;" },
		{ "z@new. a .b. c", "z@new.a.b.c;z@new.a.b;z@new;" },
		{ u8"z@new.aü. b. c",
			u8"z@new.aü.b.c;z@new.aü.b;z@new.aü;z@new.a;" },
		{ u8"z@new. aü. b", u8"z@new.aü.b;z@new.aü;z@new.a;z@new;" },
		{ u8"z@new. ü", "z@new;" },
		{ "z@. b", "z@.b;" },
		{ "Z Z q@new. example", "q@new.example;q@new;" },
		{ "Z z@new.\r\n\texample", "z@new.example;z@new;" },
		{ "z@new .@b", "z@new;.@b;" },
		{ "a@ .b", "a@.b;" },
		{ "Z 'z@new.example'", "z@new.example;" },
		{ "Z 'z@new.example.'", "'z@new.example;" },
		{ "Z 'z@new.example", "'z@new.example;" },
		{ "'@b'", "'@b;" },
		{ "x \"a b\"@c", "\"a b\"@c;" },
		{ "x a b\"@c", "@c;" },
		{ "\"@c", "@c;" },
		{ "@c", "@c;" },
		{ "@", "" },
		{ "a@", "" },
		{ "a@;", "" },
		{ "@@@", "" },
		{ "a@-.", "" },
		{ "", "" },
		{ "none", "" },
		{ u8"zö@bücher.example", u8"zö@bücher.example;zö@b;" },
		/* a word too long for a local part is none */
		{ LONG60 LONG60 LONG60 LONG60 LONG60 "@b", "@b;" },
		/* nor is this a domain */
		{ "a@" LONG60 LONG60 LONG60 LONG60 LONG60 LONG60 LONG60 LONG60
				LONG60 LONG60,
			"" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		size_t len = strlen(cases[i].text);
		char *block = malloc(len + (len == 0)); /* of exact size */
		struct bytes rest = { block, len };
		struct unread unread;
		char found[2000] = "";
		size_t used = 0;

		assert_non_null(block);
		memcpy(block, cases[i].text, len);
		while (unread_next(&rest, &unread)) {
			assert_true(unread.text[unread.at] == '@');
			assert_in_range(unread.len_count, 1, UNREAD_READINGS);
			for (unsigned n = 0; n < unread.len_count; n++) {
				assert_true(unread.len[n] > unread.at + 1);
				used += (size_t)snprintf(found + used,
					sizeof found - used, "%.*s;",
					(int)unread.len[n], unread.text);
			}
		}
		if (strcmp(found, cases[i].places))
			fail_msg("%s: %s", cases[i].text, found);
		free(block);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_places),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
