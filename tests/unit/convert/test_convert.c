/* Exports of each format, and the rules that they make. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "convert/convert.h"
#include "convert/encoding.h"
#include "convert/imceaex.h"

#define TEXT 4096

enum { OUTBOUND = 1, IMCEAEX = 2, UTF8 = 4 };

static char said[TEXT];

static void complain(void *context, const char *line)
{
	size_t used = strlen(said);

	(void)context;
	(void)snprintf(said + used, sizeof said - used, "%s\n", line);
}

/* Converts a text, in a block of just its size. Writes the rules, a line each,
 * and what was left out, as "N=COUNT". Returns what convert_read() returned. */
static int run(struct bytes text, enum format format, unsigned how,
	const char *domains, struct csvstart_columns columns, char out[TEXT],
	struct error *error)
{
	struct arena *arena = arena_open(1 << 24);
	struct bytes rest = bytes_of(domains);
	struct bytes list[4];
	struct convert_options options = { .format = format,
		.columns = columns,
		.domains = list,
		.outbound = how & OUTBOUND,
		.imceaex = how & IMCEAEX,
		.allow_utf8 = how & UTF8,
		.name = "x.csv",
		.complain = complain };
	struct convert_result result;
	char *copy = malloc(text.len ? text.len : 1);
	size_t used = 0;
	int code;

	assert_non_null(arena);
	assert_non_null(copy);
	if (text.len)
		memcpy(copy, text.data, text.len);
	while (rest.len)
		list[options.domain_count++] = bytes_cut(&rest, ' ');
	said[0] = out[0] = '\0';
	code = convert_read((struct bytes){ copy, text.len }, &options, arena,
		&result, error);
	for (size_t i = 0; !code && i < result.rows.count; i++) {
		const struct rule *rule = &result.rows.rows[i].rule;
		struct bytes targets = rule_value_targets(rule->value);

		used += (size_t)snprintf(out + used, TEXT - used, "%.*s %.*s\n",
			(int)rule->key.len, rule->key.data, (int)targets.len,
			targets.data);
	}
	for (unsigned i = 0; !code && i < RECORD_LEFTS; i++)
		if (result.left[i])
			used += (size_t)snprintf(out + used, TEXT - used,
				"%s: %u\n",
				record_left_text((enum record_left)i),
				(unsigned)result.left[i]);
	if (!code && result.several)
		(void)snprintf(out + used, TEXT - used, "several: %u\n",
			(unsigned)result.several);
	free(result.rows.rows);
	free(copy);
	arena_close(arena);
	return code;
}

#define X500	"X500 addresses: "
#define OTHER	"SIP and other addresses that are not for mail: "
#define ALIASES "aliases (only the primary address is shown to outsiders): "
#define NO_TARGET                                                              \
	"mailboxes without an address outside the domains of --domain: "
#define NO_SOURCE "mailboxes without an address in a domain of --domain: "
#define NO_PRIMARY                                                             \
	"mailboxes without a primary address in a domain of --domain: "
#define DOMAINS "rows of other domains than --domain names: "
#define MANY	"rows with several targets (outbound rules have one): "
#define LOCAL	"rows with a name without a domain: "
#define MARK	"rows that only name a domain of virtual(5): "
#define EMPTY	"rows without a source or a target: "
#define REFUSED "rows that no table accepts: "

#define MAILBOXES                                                              \
	"\"Name\",\"PrimarySmtpAddress\",\"EmailAddresses\"\r\n"               \
	"\"Bob\",\"bob@a.com\",\"SMTP:bob@a.com smtp:b.o@a.com "               \
	"smtp:bob@t.com X500:/o=Org/cn=b SIP:bob@a.com\"\r\n"                  \
	"\"Eve\",\"eve@t.com\",\"smtp:eve@a.com;SMTP:eve@t.com\"\r\n"          \
	"\"Al\",\"\",\"smtp:al@a.com\nsmtp:al@t.com\"\r\n"                     \
	"\"No\",\"no@a.com\",\"SMTP:no@a.com\"\r\n"                            \
	"\"Out\",\"out@t.com\",\"\"\r\n"                                       \
	"\"Two\",\"two@a.com\",\"smtp:two@u.com,smtp:two@t.com\"\r\n"
#define REWRITE                                                                \
	"Name,InternalAddress,ExternalAddress,ExceptionList,OutboundOnly\n"    \
	"1,bob@i.com,bob@e.com,,False\n2,i.com,e.com,,False\n"                 \
	"3,*.j.com,e.com,\"r.j.com,s.j.com\",True\n"
#define LDIF                                                                   \
	"# ldapsearch\n\nversion: 1\ndn: cn=Bob\nobjectClass: user\n"          \
	"mail: bob@a.com\nproxyAddresses: smtp:b.o\n @a.com\n"                 \
	"proxyAddresses:: c210cDpib2JAdC5jb20=\nlegacyExchangeDN: "            \
	"/o=Org/cn=b\n\n# and another\r\n  one\r\ndn:: Y249RXZl\r\n"           \
	"changetype: add\r\nmail;lang-de:eve@a.com\r\n"                        \
	"targetAddress: SMTP:eve@old.com\r\nmailAlias:< file:///x\r\n\r\n"     \
	"dn: cn=none\ncn: none\n"
#define VIRTUAL                                                                \
	"# a comment\n\na.com  marks the domain\nroot admin@a.com\n"           \
	"bob@a.com\tbob@t.com,\n# within\n  bob@u.com\n"                       \
	"@b.com @t.com\nlocal@a.com bob\n\"j d\"@a.com jd@t.com\r\n"

static void test_formats(void **state)
{
	static const struct {
		const char *text;
		const char *domains;
		unsigned how;
		const char *rules;
	} cases[] = {
		{ MAILBOXES, "a.com", 0,
			"al@a.com al@t.com\nb.o@a.com bob@t.com\n"
			"bob@a.com bob@t.com\neve@a.com eve@t.com\n"
			"two@a.com two@u.com\n" X500 "1\n" OTHER "1\n" NO_TARGET
			"1\n" NO_SOURCE "1\nseveral: 1\n" },
		{ MAILBOXES, "a.com", IMCEAEX,
			"al@a.com al@t.com\nb.o@a.com bob@t.com\n"
			"bob@a.com bob@t.com\neve@a.com eve@t.com\n"
			"imceaex-_o=org_cn=b@a.com bob@t.com\n"
			"two@a.com two@u.com\n" OTHER "1\n" NO_TARGET
			"1\n" NO_SOURCE "1\nseveral: 1\n" },
		{ MAILBOXES, "a.com", OUTBOUND,
			"bob@t.com bob@a.com\ntwo@t.com two@a.com\n"
			"two@u.com two@a.com\n" X500 "1\n" OTHER "1\n" ALIASES
			"1\n" NO_TARGET "1\n" NO_PRIMARY "3\n" },
		{ MAILBOXES, "t.com u.com", 0,
			"al@t.com al@a.com\nbob@t.com bob@a.com\n"
			"eve@t.com eve@a.com\ntwo@t.com two@a.com\n"
			"two@u.com two@a.com\n" X500 "1\n" OTHER "1\n" NO_TARGET
			"1\n" NO_SOURCE "1\nseveral: 1\n" },
		{ "#TYPE System.Object\r\n" MAILBOXES, "*.com", 0,
			X500 "1\n" OTHER "1\n" NO_TARGET "6\n" },
		{ REWRITE, "", 0,
			"@e.com @i.com\nbob@e.com bob@i.com\n"
			"entries that are for outbound mail alone: 1\n" },
		{ REWRITE, "", OUTBOUND,
			"@*.j.com @e.com\n@i.com @e.com\n@j.com @e.com\n"
			"@r.j.com @r.j.com\n@s.j.com @s.j.com\n"
			"bob@i.com bob@e.com\n" },
		{ "primaryEmail,aliases.0,aliases.1,nonEditableAliases.0,Other "
		  "aliases\nbob@a.com,b.o@a.com,,bob@a.com.test.com,no@b.com\n",
			"a.com", 0,
			"b.o@a.com bob@a.com.test.com\n"
			"bob@a.com bob@a.com.test.com\n" },
		/* gam says in a column of its own how many columns follow. */
		{ "primaryEmail,aliases,aliases.0\n"
		  "bob@t.com,1,bob@a.com\n",
			"a.com", 0, "bob@a.com bob@t.com\n" },
		{ "primaryEmail,aliases,aliasesOfOthers\n"
		  "bob@t.com,bob@a.com b.o@a.com,no@a.com\n",
			"a.com", 0,
			"b.o@a.com bob@t.com\nbob@a.com bob@t.com\n" },
		{ "Alias,Target,TargetType\nb.o@a.com,bob@a.com,User\n"
		  "bob@t.com,BOB@a.com,User\n",
			"a.com", OUTBOUND,
			"bob@t.com bob@a.com\n" ALIASES "1\n" },
		{ "Target,TargetType,Aliases\nbob@t.com,User,bob@a.com "
		  "b@a.com\n",
			"a.com", 0,
			"b@a.com bob@t.com\nbob@a.com bob@t.com\n" },
		{ "First Name [Required],Last Name [Required],Email Address "
		  "[Required],Recovery Email,Home Secondary Email,Work "
		  "Secondary "
		  "Email\nBob,Owen,bob@t.com,me@p.com,h@q.com,bob@a.com\n"
		  "Eve,X,eve@a.com,me@p.com,h@q.com,eve@partner.com\n",
			"a.com", 0, "bob@a.com bob@t.com\n" NO_TARGET "1\n" },
		{ LDIF, "a.com", 0,
			"b.o@a.com bob@t.com\nbob@a.com bob@t.com\n"
			"eve@a.com eve@old.com\n" X500 "1\n" OTHER "1\n" },
		{ LDIF, "a.com", OUTBOUND,
			"bob@t.com bob@a.com\neve@old.com eve@a.com\n" X500
			"1\n" OTHER "1\n" ALIASES "1\n" },
		{ VIRTUAL, "", 0,
			"@b.com @t.com\nbob@a.com bob@t.com,bob@u.com\n"
			"j d@a.com jd@t.com\n" LOCAL "2\n" MARK "1\n" },
		{ VIRTUAL, "a.com", 0,
			"bob@a.com bob@t.com,bob@u.com\nj d@a.com "
			"jd@t.com\n" DOMAINS "1\n" LOCAL "2\n" MARK "1\n" },
		{ VIRTUAL, "", OUTBOUND,
			"@b.com @t.com\nj d@a.com jd@t.com\n" MANY "1\n" LOCAL
			"2\n" MARK "1\n" },
		{ "Source;Target\nbob@a.com;bob@t.com\n;x@t.com\n", "", 0,
			"bob@a.com bob@t.com\n" EMPTY "1\n" },
		{ "Source;Target\nbob@a.com;b\xc3\xbc@t.com\na@a.com;a%b@t."
		  "com\n",
			"", 0, REFUSED "2\n" },
		{ "Source;Target\nbob@a.com;b\xc3\xbc@t.com\n", "", UTF8,
			"bob@a.com b\xc3\xbc@t.com\n" },
		{ "PrimarySmtpAddress\nbob\nbob@\n", "a.com", 0,
			OTHER "1\n" NO_SOURCE "2\n" REFUSED "1\n" },
		{ "\xef\xbb\xbfSource;Target\nbob@a.com;bob@t.com\n", "", 0,
			"bob@a.com bob@t.com\n" },
		{ "\n\na.com x\n", "", 0, NULL },
	};
	struct csvstart_columns none = { NULL, NULL };

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char out[TEXT];
		struct error error = { .text = "" };
		int code = run(bytes_of(cases[i].text), FORMAT_FOUND,
			cases[i].how, cases[i].domains, none, out, &error);

		if (code != (cases[i].rules ? 0 : ERR_BAD))
			fail_msg("case %zu: %d, %s", i, code, error.text);
		if (cases[i].rules && strcmp(out, cases[i].rules) != 0)
			fail_msg("case %zu: found\n%sexpected\n%s", i, out,
				cases[i].rules);
	}
}

static void test_columns(void **state)
{
	static const char text[] =
		"Id,Mail,New home\n1,\"SMTP:bob@a.com smtp:b@a.com "
		"X500:/o=x\",bob@t.com\n2,\"smtp:al@a.com,smtp:a@a.com\","
		"al@t.com\n3,eve@a.com,\"eve@t.com, eve@u.com\"\n"
		"4,,x@t.com\n5,y@a.com,\n6,z@b.com,z@t.com\n";
	const struct csvstart_columns columns = { "mail", "NEW HOME" };
	char out[TEXT];
	struct error error = { .text = "" };

	(void)state;
	assert_int_equal(
		run(bytes_of(text), FORMAT_FOUND, 0, "", columns, out, &error),
		0);
	assert_string_equal(out,
		"a@a.com al@t.com\nal@a.com al@t.com\nb@a.com bob@t.com\n"
		"bob@a.com bob@t.com\neve@a.com eve@t.com,eve@u.com\n"
		"z@b.com z@t.com\n" X500 "1\n" EMPTY "2\n");
	assert_int_equal(run(bytes_of(text), FORMAT_CSV, OUTBOUND, "a.com",
				 columns, out, &error),
		0);
	assert_string_equal(out,
		"bob@t.com bob@a.com\n" ALIASES "1\n" NO_PRIMARY "1\n" DOMAINS
		"1\n" MANY "1\n" EMPTY "2\n");
}

/* Each text is refused, with its line. */
static void test_refused(void **state)
{
	static const struct {
		enum format format;
		const char *text;
		const char *why;
	} cases[] = {
		{ FORMAT_FOUND, "", "x.csv:1: " },
		{ FORMAT_FOUND, "hello\n", "x.csv:1: found \"hello\"" },
		{ FORMAT_FOUND, "Name,Mail\nbob,bob@a.com\n",
			"x.csv:1: found \"Name,Mail\"" },
		{ FORMAT_GOOGLE, MAILBOXES,
			"is not the beginning of an export of Google; leave "
			"out "
			"--from" },
		{ FORMAT_EXCHANGE, "primaryEmail\na@b.com\n", "of Exchange" },
		{ FORMAT_LDIF, MAILBOXES, "of LDIF" },
		{ FORMAT_CSV, "Name,Mail\nbob,bob@a.com\n",
			"found no column \"Source\"; --columns SOURCE,TARGET "
			"names two of these: \"Name\", \"Mail\"" },
		{ FORMAT_FOUND, "Source;Mail\nbob;bob@a.com\n",
			"found no column \"Target\"" },
		{ FORMAT_FOUND,
			"PrimarySmtpAddress,EmailAddresses\n"
			"a@a.com,Microsoft.Exchange.Data."
			"ProxyAddressCollection",
			"x.csv:2: found the type \"Microsoft.Exchange.Data." },
		{ FORMAT_FOUND, "PrimarySmtpAddress\n\"a@a.com\nb\n",
			"x.csv:2: a field begins with a quote here" },
		{ FORMAT_FOUND, "dn: x\nmail a@a.com\n",
			"x.csv:2: found \"mail a@a.com\", expected an "
			"attribute" },
		{ FORMAT_FOUND, "dn: x\nmail:: YQ\n",
			"x.csv:2: the value of mail is not base64" },
		{ FORMAT_FOUND, "dn: x\nmail:: Y?==\n", "not base64" },
		{ FORMAT_FOUND, "dn: x\nmail:: YQ===\n", "not base64" },
		{ FORMAT_FOUND, "dn: x\nmail:: Y\n", "not base64" },
		{ FORMAT_FOUND, "dn: x\n\ndn: y\nchangetype: mod\n ify\n",
			"x.csv:4: found \"changetype: modify\"" },
		{ FORMAT_POSTFIX, "a@a.com b@b.com\n\nc@c.com\n",
			"x.csv:3: found \"c@c.com\" without a value" },
		{ FORMAT_POSTFIX, "/^bob@/ x@b.com\n",
			"x.csv:1: found a regular expression" },
		{ FORMAT_FOUND, "PK\3\4", "x.csv: the file is a ZIP archive" },
	};
	struct csvstart_columns none = { NULL, NULL };

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char out[TEXT];
		struct error error = { .text = "" };
		int code = run(bytes_of(cases[i].text), cases[i].format, 0,
			"a.com", none, out, &error);

		if (code != ERR_BAD || !strstr(error.text, cases[i].why))
			fail_msg("case %zu: %d, %s", i, code, error.text);
	}
}

/* Two mailboxes with one address, and mailboxes without --domain. */
static void test_conflicts(void **state)
{
	struct csvstart_columns none = { NULL, NULL };
	char out[TEXT];
	struct error error = { .text = "" };

	(void)state;
	assert_int_equal(run(bytes_of("EmailAddresses\nx@a.com y@t.com\n"
				      "x@a.com z@t.com\nx@a.com y@t.com\n"),
				 FORMAT_FOUND, 0, "a.com", none, out, &error),
		ERR_BAD);
	assert_non_null(strstr(said, "x.csv:3: \"x@a.com\" has another target "
				     "in line 2"));
	assert_non_null(strstr(error.text, "x.csv: 1 source with several"));
	assert_int_equal(run(bytes_of(MAILBOXES), FORMAT_FOUND, 0, "", none,
				 out, &error),
		ERR_USAGE);
	assert_non_null(strstr(error.text, "--domain DOMAIN must name"));
	assert_int_equal(run(bytes_of("Source,Target\nx@a.com,y\nz@a.com,@q\n"),
				 FORMAT_FOUND, 0, "", none, out, &error),
		0);
	assert_non_null(strstr(said, "x.csv:3: target \"@q\""));
}

static void test_encoding(void **state)
{
	static const struct {
		struct bytes in;
		struct bytes out;
	} cases[] = {
#define OF(in, out)                                                            \
	{                                                                      \
		{ in, sizeof in - 1 },                                         \
		{                                                              \
			out, sizeof out - 1                                    \
		}                                                              \
	}
		OF("", ""),
		OF("a\xc3\xbc", "a\xc3\xbc"),
		OF("\xef\xbb\xbf"
		   "a",
			"a"),
		OF("\xff\xfe"
		   "a\0\xfc\0\xac\x20\x3d\xd8\x00\xde",
			"a\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80"),
		OF("\xfe\xff\0a\0\xfc\x20\xac\xd8\x3d\xde\x00",
			"a\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80"),
		OF("\xff\xfe\x3d\xd8", "\xef\xbf\xbd"),
		OF("\xff\xfe\x3d\xd8"
		   "a\0",
			"\xef\xbf\xbd"
			"a"),
		OF("\xff\xfe\x00\xdc"
		   "a\0b",
			"\xef\xbf\xbd"
			"a\xef\xbf\xbd"),
	};
	struct csvstart_columns none = { NULL, NULL };
	char wide[2 * sizeof MAILBOXES + 2] = "\xff\xfe";
	char out[2][TEXT];
	struct error error = { .text = "" };

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct arena *arena = arena_open(1 << 16);
		struct bytes text = cases[i].in;

		assert_int_equal(encoding_decode(&text, arena, &error), 0);
		assert_true(bytes_equal(text, cases[i].out));
		arena_close(arena);
	}
	for (size_t i = 0; i < sizeof MAILBOXES - 1; i++)
		wide[2 + 2 * i] = MAILBOXES[i];
	assert_int_equal(
		run((struct bytes){ wide, 2 * sizeof MAILBOXES }, FORMAT_FOUND,
			0, "a.com", none, out[0], &error),
		0);
	assert_int_equal(run(bytes_of(MAILBOXES), FORMAT_FOUND, 0, "a.com",
				 none, out[1], &error),
		0);
	assert_string_equal(out[0], out[1]);
}

static void test_imceaex(void **state)
{
	static char longer[IMCEAEX_MAX];
	char out[IMCEAEX_MAX];
	const char *dn = "/o=Warm Sushi/ou=Exchange Administrative Group "
			 "(FYDIBOHF23SPDLT)/cn=Recipients/cn=b_o.1-x";
	const char *expected =
		"IMCEAEX-_o=Warm+20Sushi_ou=Exchange+20Administrative+20Group"
		"+20+28FYDIBOHF23SPDLT+29_cn=Recipients_cn=b+5Fo+2E1-x@a.com";

	(void)state;
	assert_int_equal(imceaex_write(bytes_of(dn), bytes_of("a.com"), out),
		strlen(expected));
	assert_string_equal(out, expected);
	for (size_t len = 0; len < sizeof longer; len++) {
		struct bytes text = { longer, len };
		size_t wrote;
		size_t expect;

		memset(longer, len % 2 ? 'a' : ' ', sizeof longer);
		wrote = imceaex_write(text, bytes_of("a.com"), out);
		expect = 14 + len * (len % 2 ? 1 : 3);
		/* The last bytes of the room may be left free. */
		if (wrote || expect < IMCEAEX_MAX - 8) {
			assert_int_equal(wrote, expect);
			assert_int_equal(strlen(out), expect);
		} else {
			assert_int_equal(wrote, 0);
		}
	}
}

/* A mailbox with a hundred thousand addresses, each twice: quadratic time would
 * mean ten thousand million steps. */
static void test_many_addresses(void **state)
{
	enum { ADDRESSES = 100000, SIZE = 64 };
	static const struct bytes domain = { "a.com", 5 };
	const struct convert_options options = { .format = FORMAT_LDIF,
		.domains = &domain,
		.domain_count = 1,
		.name = "x.ldif",
		.complain = complain };
	struct arena *arena = arena_open((size_t)1 << 28);
	char *text = malloc((size_t)2 * ADDRESSES * SIZE);
	struct convert_result result;
	struct error error;
	size_t used;

	(void)state;
	assert_true(arena && text);
	used = (size_t)snprintf(text, SIZE, "dn: cn=x\nmail: bob@t.com\n");
	for (int i = 0; i < 2 * ADDRESSES; i++)
		used += (size_t)snprintf(text + used, SIZE,
			"proxyAddresses: smtp:u%d@a.com\n", i % ADDRESSES);
	assert_int_equal(convert_read((struct bytes){ text, used }, &options,
				 arena, &result, &error),
		0);
	assert_int_equal(result.rows.count, ADDRESSES);
	assert_int_equal(result.mailboxes, 1);
	free(result.rows.rows);
	free(text);
	arena_close(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_formats),
		cmocka_unit_test(test_columns),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_conflicts),
		cmocka_unit_test(test_encoding),
		cmocka_unit_test(test_imceaex),
		cmocka_unit_test(test_many_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
