#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "kit/headerkit.h"

/* One character for each token type, in their order. */
static const char type_chars[] = ".sCQALSOU";

struct lex_row {
	const char *in;
	const char *types;  /* one of type_chars for each token */
	const char *tokens; /* the tokens, joined with "|" */
};

static const struct lex_row lex_rows[] = {
	{ "", "", "" },
	{ " \t\r\n ", "s", " \t\r\n " },
	{ "a.b@c", "ASASA", "a|.|b|@|c" },
	{ "<a@b>", "SASAS", "<|a|@|b|>" },
	{ "\"a b\"@c", "QSA", "\"a b\"|@|c" },
	{ "\"a\\\"b\"x", "QA", "\"a\\\"b\"|x" },
	{ "\"a\\\\\"x", "QA", "\"a\\\\\"|x" },
	{ "\"a", "U", "\"a" },
	{ "\"a\\\"", "U", "\"a\\\"" },
	{ "\"\\", "U", "\"\\" },
	{ "a\"b", "AU", "a|\"b" },
	{ "(a)b", "CA", "(a)|b" },
	{ "(a(b)c)d", "CA", "(a(b)c)|d" },
	{ "(a\\)b)c", "CA", "(a\\)b)|c" },
	{ "(\"a)b", "CA", "(\"a)|b" },
	{ "(a(b)c", "U", "(a(b)c" },
	{ "(\\", "U", "(\\" },
	{ ")", "S", ")" },
	{ "[1.2]", "L", "[1.2]" },
	{ "[IPv6:::1]a", "LA", "[IPv6:::1]|a" },
	{ "[a", "SA", "[|a" },
	{ "[a[b]", "SAL", "[|a|[b]" },
	{ "]", "S", "]" },
	{ "\x01\x7f", "OO", "\x01|\x7f" },
	{ "\xff\xc3\xbc.", "AS", "\xff\xc3\xbc|." },
	{ "a\\b", "ASA", "a|\\|b" },
	{ "a:;,b", "ASSSA", "a|:|;|,|b" },
	{ "a\r\n\tb", "AsA", "a|\r\n\t|b" },
};

static void lexes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof lex_rows / sizeof *lex_rows; i++) {
		const struct lex_row *row = &lex_rows[i];
		size_t len = strlen(row->in);
		char *in = holds_block(row->in, len);
		struct bytes value = { in, len };
		char types[64] = "";
		char tokens[64] = "";
		size_t off = 0;
		size_t used = 0;

		for (size_t n = 0; off < len; n++) {
			struct addrlist_token token = addrlist_lex(value, off);

			assert_true(n < 60);
			types[n] = type_chars[token.type];
			if (n)
				tokens[used++] = '|';
			memcpy(tokens + used, in + off, token.span.len);
			used += token.span.len;
			off += token.span.len;
		}
		assert_string_equal(types, row->types);
		assert_string_equal(tokens, row->tokens);
		assert_int_equal(addrlist_lex(value, len).type, ADDRLIST_END);
		assert_int_equal(
			addrlist_lex(value, len + 9).type, ADDRLIST_END);
		free(in);
	}
}

/* NUL is an ordinary byte, not a special. */
static void lexes_nul(void **state)
{
	static const char in[] = "a\0b\"\0\"(\0)[\0]";
	struct bytes value = { in, sizeof in - 1 };

	(void)state;
	assert_int_equal(addrlist_lex(value, 1).type, ADDRLIST_OTHER);
	assert_int_equal(addrlist_lex(value, 1).span.len, 1);
	assert_int_equal(addrlist_lex(value, 3).type, ADDRLIST_QUOTED);
	assert_int_equal(addrlist_lex(value, 6).type, ADDRLIST_COMMENT);
	assert_int_equal(headerkit_tiles(value), 8);
}

struct find_row {
	const char *in;
	/* A line for each element: flags (g in a group, a angle, b bad,
	 * k broken, r rest), then element, local part and domain, with "|"
	 * between them; only the element where it is bad. */
	const char *elements;
};

static const struct find_row find_rows[] = {
	{ "", "" },
	{ " \t", "" },
	{ ",,;,", "" },
	{ "(x)", "" },
	{ "(x),(y);", "" },
	{ "a@b", "|a@b|a|b\n" },
	{ " a@b ", "|a@b|a|b\n" },
	{ " (x) a@b (y) ", "|(x) a@b (y)|a|b\n" },
	{ "a@b,c@d", "|a@b|a|b\n|c@d|c|d\n" },
	{ "a@b;c@d;", "|a@b|a|b\n|c@d|c|d\n" },
	{ "A <a@b>", "a|A <a@b>|a|b\n" },
	{ "A <a@b> (x)", "a|A <a@b> (x)|a|b\n" },
	{ "x@y <a@b>", "a|x@y <a@b>|a|b\n" },
	{ "<@r,@s:a@b>", "a|<@r,@s:a@b>|a|b\n" },
	{ "<,@r,,:a@b>", "a|<,@r,,:a@b>|a|b\n" },
	{ "<(x)a@b(y)>", "a|<(x)a@b(y)>|a|b\n" },
	{ "a . b @ c . d", "|a . b @ c . d|a . b|c . d\n" },
	{ "a@b.", "|a@b.|a|b.\n" },
	{ ".a..b.@c", "|.a..b.@c|.a..b.|c\n" },
	{ "\"a b\".c@d", "|\"a b\".c@d|\"a b\".c|d\n" },
	{ "a@[1.2]", "|a@[1.2]|a|[1.2]\n" },
	{ "a(x)@b", "k|a(x)@b|a|b\n" },
	{ "a@\n b", "k|a@\n b|a|b\n" },
	{ "a @ b", "|a @ b|a|b\n" },
	{ "a@b(\n)", "|a@b(\n)|a|b\n" },
	{ "G:a@b,c@d;e@f", "g|a@b|a|b\ng|c@d|c|d\n|e@f|e|f\n" },
	{ "G:;a@b", "|a@b|a|b\n" },
	{ "G:a@b", "g|a@b|a|b\n" },
	{ "G:,,a@b,,;", "g|a@b|a|b\n" },
	{ "a,b@c", "b|a\n|b@c|b|c\n" },
	{ "a b@c,d@e", "b|a b@c\n|d@e|d|e\n" },
	{ "<a@b>x,d@e", "b|<a@b>x\n|d@e|d|e\n" },
	{ "<a@b>:c@d,e@f", "b|<a@b>:c@d\n|e@f|e|f\n" },
	{ "<a@b><c@d>,e@f", "b|<a@b><c@d>\n|e@f|e|f\n" },
	{ "<a@b,c@d>,e@f", "ab|<a@b,c@d>\n|e@f|e|f\n" },
	{ "<a@b,c@d", "b|<a@b\n|c@d|c|d\n" },
	{ "<a@b,C <c@d>", "b|<a@b\na|C <c@d>|c|d\n" },
	{ "<>,a@b", "ab|<>\n|a@b|a|b\n" },
	{ "a@b,\"c@d,e@f", "|a@b|a|b\nbr|\"c@d,e@f\n" },
	{ "a@b (x,c@d", "br|a@b (x,c@d\n" },
	{ "G:a@b,(;c@d", "g|a@b|a|b\ngbr|(;c@d\n" },
	{ "a@b@c,d@e", "b|a@b@c\n|d@e|d|e\n" },
	{ "\xfc <a@b>", "a|\xfc <a@b>|a|b\n" },
	{ "\xfc@b,a@b", "b|\xfc@b\n|a@b|a|b\n" },
	{ u8"ü@b", u8"|ü@b|ü|b\n" },
	{ "a@\xfc", "b|a@\xfc\n" },
	{ "a(\xfc)@b", "k|a(\xfc)@b|a|b\n" },
};

static size_t put(char *out, size_t used, struct bytes value, struct span span)
{
	out[used++] = '|';
	memcpy(out + used, value.data + span.off, span.len);
	return used + span.len;
}

static void finds(void **state)
{
	static const char letters[] = "gabkr";

	(void)state;
	for (size_t i = 0; i < sizeof find_rows / sizeof *find_rows; i++) {
		const struct find_row *row = &find_rows[i];
		size_t len = strlen(row->in);
		char *in = holds_block(row->in, len);
		struct bytes value = { in, len };
		struct addrlist_iter iter;
		struct addrlist_element element;
		char out[256];
		size_t used = 0;

		addrlist_iter_init(&iter, value);
		while (addrlist_next(&iter, &element) == 1) {
			for (unsigned bit = 0; bit < 5; bit++)
				if (element.flags & (1u << bit))
					out[used++] = letters[bit];
			used = put(out, used, value, element.element);
			if (!(element.flags & ADDRLIST_ELEMENT_BAD)) {
				used = put(out, used, value, element.local);
				used = put(out, used, value, element.domain);
			}
			out[used++] = '\n';
		}
		out[used] = '\0';
		assert_int_equal(addrlist_next(&iter, &element), 0);
		assert_string_equal(out, row->elements);
		(void)headerkit_elements(value);
		free(in);
	}
}

struct meaning_row {
	const char *in;
	const char *local; /* NULL: ERR_BAD */
	const char *domain;
};

static const struct meaning_row meaning_rows[] = {
	{ "a@b", "a", "b" },
	{ "\"a b\"@c", "a b", "c" },
	{ "\"a\\\"\\\\b\"@c", "a\"\\b", "c" },
	{ "\"\"@c", "", "c" },
	{ "a . \"b\" (x) . c @ d (y) . e", "a.b.c", "d.e" },
	{ "\"a\r\n b\"@c", "a b", "c" },
	{ "a.\n b@c\n .d", "a.b", "c.d" },
	{ "a@[ 1.\n 2 ]", "a", "[1.2]" },
	{ "a@b.", "a", "b." },
	{ "\"(a)\"@b", "(a)", "b" },
};

static void means(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof meaning_rows / sizeof *meaning_rows;
		i++) {
		const struct meaning_row *row = &meaning_rows[i];
		size_t len = strlen(row->in);
		char *in = holds_block(row->in, len);
		struct bytes value = { in, len };
		struct addrlist_iter iter;
		struct addrlist_element element;
		struct mailbox mailbox;

		addrlist_iter_init(&iter, value);
		assert_int_equal(addrlist_next(&iter, &element), 1);
		assert_false(element.flags & ADDRLIST_ELEMENT_BAD);
		assert_int_equal(
			addrlist_mailbox(value, &element, &mailbox), 0);
		assert_string_equal(mailbox.local, row->local);
		assert_string_equal(mailbox.domain, row->domain);
		assert_int_equal(mailbox.local_len, strlen(row->local));
		assert_int_equal(mailbox.domain_len, strlen(row->domain));
		free(in);
	}
}

/* An address that fills the buffers of struct mailbox is accepted; one with one
 * byte more is not. */
static void means_too_much(void **state)
{
	const size_t most = sizeof((struct mailbox *)0)->local - 1;

	(void)state;
	for (size_t more = 0; more < 2; more++) {
		for (size_t domain = 0; domain < 2; domain++) {
			size_t long_part = most + more;
			size_t len = long_part + 2;
			char *in = malloc(len);
			struct bytes value = { in, len };
			struct addrlist_iter iter;
			struct addrlist_element element;
			struct mailbox mailbox;

			assert_non_null(in);
			memset(in, 'a', len);
			in[domain ? 1 : long_part] = '@';
			addrlist_iter_init(&iter, value);
			assert_int_equal(addrlist_next(&iter, &element), 1);
			assert_int_equal(
				addrlist_mailbox(value, &element, &mailbox),
				more ? ERR_BAD : 0);
			free(in);
		}
	}
}

/* xorshift: the same numbers each time. */
static uint32_t next_random(uint32_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed;
}

static void any_octets(void **state)
{
	static const char alphabet[] =
		"aaab..@@,,;;::<<>>((()))\"\"\\[[]]  \t\r\n\n\xc3\xbc\xff\x01";
	const char *runs = getenv("READDRESS_RUNS");
	unsigned long count = runs ? strtoul(runs, NULL, 10) : 200000;
	uint32_t seed = 20261121;

	(void)state;
	for (unsigned long i = 0; i < count; i++) {
		size_t len = next_random(&seed) % 48;
		char *in = malloc(len ? len : 1);
		struct bytes value = { in, len };

		assert_non_null(in);
		for (size_t n = 0; n < len; n++) {
			uint32_t random = next_random(&seed) >> 4;

			in[n] = random % 64 == 0
					? (char)(random >> 8)
					: alphabet[random %
						   (sizeof alphabet - 1)];
		}
		(void)headerkit_tiles(value);
		(void)headerkit_elements(value);
		free(in);
	}
}

struct bomb {
	const char *before;
	const char *repeated;
	const char *between;
	const char *again; /* as often as repeated */
	const char *after;
	size_t elements; /* when repeated 1,000 times */
};

static const struct bomb bombs[] = {
	{ "", "(", "x", ")", " a@b", 1 },
	{ "", "(", "", "", " a@b", 1 },
	{ "a@b ", "(", "", ")", ", c@d", 2 },
	{ "", "a@b,", "", "", "", 1000 },
	{ "", "Bob <a@b>, ", "", "", "", 1000 },
	{ "", "<", "a@b", "", "", 1 },
	{ "", "<", "a@b", ">", "", 1 },
	{ "", "<,", "", "", "", 1000 },
	{ "", "<a@b,", "", "", "", 1000 },
	{ "", "<@a,", "", "", "", 1000 },
	{ "<", "@a,", ":a@b", "", ">", 1 },
	{ "", "<(", "", "", "", 1 },
	{ "", "<\"", "", "", "", 1 },
	{ "", "<[", "", "", "", 1 },
	{ "", "[", "", "", "", 1 },
	{ "", "[a", "", "", "", 1 },
	{ "a@", "[", "", "]", "", 1 },
	{ "a@", "[a:", "", "", "", 0 },
	{ "", "\"", "", "", "", 1 },
	{ "", "\"\" ", "", "", "<a@b>", 1 },
	{ "", "\"\\", "", "", "", 1 },
	{ "", "\\", "", "", "", 1 },
	{ "", ":", "", "", "a@b", 1 },
	{ "", "g:", "", "", "a@b", 1 },
	{ "", "g:a@b;", "", "", "", 1000 },
	{ "", ";", "", "", "a@b", 1 },
	{ "", "@", "", "", "", 1 },
	{ "", ".", "", "", "", 1 },
	{ "", "a.", "", "", "a@b", 1 },
	{ "a@", "b.", "", "", "c", 1 },
	{ "", "a@", "", "", "", 1 },
	{ "", "()", "", "", "a@b", 1 },
	{ "a", "(x)", "@", "(y)", "b", 1 },
	{ "", "\n ", "a@b", "\n ", "", 1 },
	{ "", "\x01", "", "", "", 1 },
	{ "", "\xff", "", "", "", 1 },
};

static size_t repeat(char *out, size_t used, const char *text, size_t times)
{
	size_t len = strlen(text);

	for (size_t i = 0; i < times && len; i++) {
		memcpy(out + used, text, len);
		used += len;
	}
	return used;
}

static size_t explode(const struct bomb *bomb, size_t times)
{
	size_t size = (strlen(bomb->repeated) + strlen(bomb->again)) * times +
		      strlen(bomb->before) + strlen(bomb->between) +
		      strlen(bomb->after);
	char *in = malloc(size);
	size_t used = 0;
	size_t elements;

	assert_non_null(in);
	used = repeat(in, used, bomb->before, 1);
	used = repeat(in, used, bomb->repeated, times);
	used = repeat(in, used, bomb->between, 1);
	used = repeat(in, used, bomb->again, times);
	used = repeat(in, used, bomb->after, 1);
	assert_int_equal(used, size);
	(void)headerkit_tiles((struct bytes){ in, size });
	elements = headerkit_elements((struct bytes){ in, size });
	free(in);
	return elements;
}

/* A hundred thousand of each: quadratic time would mean ten thousand million
 * steps for each row, and recursion would overflow the stack. */
static void bombs_are_defused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof bombs / sizeof *bombs; i++) {
		size_t elements = explode(&bombs[i], 1000);

		if (bombs[i].elements != elements)
			fail_msg("%s...: %zu elements", bombs[i].repeated,
				elements);
		(void)explode(&bombs[i], 100000);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lexes),
		cmocka_unit_test(lexes_nul),
		cmocka_unit_test(finds),
		cmocka_unit_test(means),
		cmocka_unit_test(means_too_much),
		cmocka_unit_test(any_octets),
		cmocka_unit_test(bombs_are_defused),
	};

	return cmocka_run_group_tests_name("header", tests, NULL, NULL);
}
