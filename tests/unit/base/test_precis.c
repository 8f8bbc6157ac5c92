/* precis: the IdentifierClass at its boundaries; finding, trimming, naming and
 * printing characters. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "base/precis.h"

#define V PRECIS_PVALID
#define J PRECIS_CONTEXTJ
#define O PRECIS_CONTEXTO
#define D PRECIS_DISALLOWED
#define U PRECIS_UNASSIGNED

/* What precis-tables-6.3.0 of IANA says of these code points, and what Unicode
 * has assigned since then. */
static const struct {
	uint32_t first;
	uint32_t last;
	enum precis_property property;
} properties[] = {
	{ 0x0000, 0x0020, D }, /* controls, SPACE */
	{ 0x0021, 0x007e, V }, /* ASCII7 */
	{ 0x007f, 0x00b6, D }, /* DEL, C1, NBSP, Latin-1 symbols, SHY */
	{ 0x00b7, 0x00b7, O }, /* MIDDLE DOT */
	{ 0x00b8, 0x00bf, D },
	{ 0x00c0, 0x00d6, V },
	{ 0x00d7, 0x00d7, D }, /* MULTIPLICATION SIGN */
	{ 0x00d8, 0x00f6, V }, /* U+00DF among them */
	{ 0x00f7, 0x00f7, D },
	{ 0x00f8, 0x0131, V },
	{ 0x0132, 0x0133, D }, /* LIGATURE IJ */
	{ 0x0134, 0x013e, V },
	{ 0x013f, 0x0140, D },
	{ 0x0149, 0x0149, D },
	{ 0x017f, 0x017f, D }, /* LONG S */
	{ 0x01c4, 0x01cc, D }, /* DZ and the like; title case among them */
	{ 0x0300, 0x033f, V }, /* combining marks */
	{ 0x0340, 0x0341, D },
	{ 0x034f, 0x034f, D }, /* COMBINING GRAPHEME JOINER */
	{ 0x0375, 0x0375, O },
	{ 0x0378, 0x0379, U },
	{ 0x037e, 0x037e, D },
	{ 0x03c2, 0x03c2, V }, /* FINAL SIGMA */
	{ 0x0430, 0x0481, V },
	{ 0x0488, 0x0489, D }, /* Me */
	{ 0x05d0, 0x05ea, V },
	{ 0x05f3, 0x05f4, O },
	{ 0x0600, 0x0605, D },
	{ 0x061c, 0x061c, D }, /* ARABIC LETTER MARK */
	{ 0x0640, 0x0640, D }, /* TATWEEL */
	{ 0x0660, 0x0669, O },
	{ 0x066a, 0x066d, D },
	{ 0x06dd, 0x06dd, D },
	{ 0x06f0, 0x06f9, O },
	{ 0x06fd, 0x06fe, V },
	{ 0x07fa, 0x07fa, D },
	{ 0x0958, 0x095f, D }, /* composition exclusions */
	{ 0x0966, 0x096f, V },
	{ 0x0f0b, 0x0f0b, V },
	{ 0x0f0c, 0x0f0c, D },
	{ 0x1100, 0x11ff, D }, /* OldHangulJamo */
	{ 0x1680, 0x1680, D },
	{ 0x180b, 0x180e, D },
	{ 0x1fc1, 0x1fc1, D },
	{ 0x2000, 0x200b, D },
	{ 0x200c, 0x200d, J },
	{ 0x200e, 0x2064, D },
	{ 0x2065, 0x2065, U },
	{ 0x2066, 0x2071, D },
	{ 0x212a, 0x212b, D }, /* KELVIN, ANGSTROM */
	{ 0x2160, 0x217f, D }, /* Roman numerals */
	{ 0x2603, 0x2603, D },
	{ 0x2800, 0x28ff, D },
	{ 0x3000, 0x3004, D },
	{ 0x3007, 0x3007, V },
	{ 0x302e, 0x302f, D },
	{ 0x3031, 0x3035, D },
	{ 0x303b, 0x303b, D },
	{ 0x3041, 0x3096, V },
	{ 0x30fb, 0x30fb, O },
	{ 0x3131, 0x318e, D },
	{ 0x4e00, 0x9fcc, V },
	{ 0xa960, 0xa97c, D },
	{ 0xac00, 0xd7a3, V },
	{ 0xd7a4, 0xd7af, U },
	{ 0xd7b0, 0xd7c6, D },
	{ 0xe000, 0xf8ff, D }, /* private use */
	{ 0xfb00, 0xfb06, D }, /* ligatures */
	{ 0xfdd0, 0xfdef, D }, /* noncharacters */
	{ 0xfe00, 0xfe0f, D },
	{ 0xfeff, 0xfeff, D },
	{ 0xff01, 0xffbe, D }, /* full and half width */
	{ 0xfff9, 0xffff, D },
	{ 0x10000, 0x1000b, V },
	{ 0x1000c, 0x1000c, U },
	{ 0x1f600, 0x1f64f, D },
	{ 0x1fffe, 0x1ffff, D },
	{ 0x20000, 0x2a6d6, V },
	{ 0xe0000, 0xe0000, U },
	{ 0xe0001, 0xe0001, D },
	{ 0xe0100, 0xe01ef, D },
	{ 0xf0000, 0xf0000, D },
	{ 0x10fffe, 0x10ffff, D },
};

static void test_properties(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof properties / sizeof *properties; i++) {
		for (uint32_t c = properties[i].first; c <= properties[i].last;
			c++) {
			if (precis_property(c) != properties[i].property)
				fail_msg("U+%04X is %d instead of %d",
					(unsigned)c, (int)precis_property(c),
					(int)properties[i].property);
		}
	}
}

/* Copies text into a block of exactly its size, so that reads beyond the end
 * are found. */
static char *block_of(const char *text)
{
	char *block = malloc(strlen(text) + 1);

	assert_non_null(block);
	memcpy(block, text, strlen(text));
	return realloc(block, strlen(text) ? strlen(text) : 1);
}

static const struct {
	const char *text;
	const char *name; /* NULL: a rule may contain all of it */
} found[] = {
	{ "", NULL },
	{ "bob.o'neil+x@old.example", NULL },
	{ "\"john doe\"@old.example", NULL },
	{ "j\u00f6rg@b\u00fccher.example", NULL },
	{ "jo\u0308rg@old.example", NULL },
	{ "\uff22\uff4f\uff42@old.example", NULL }, /* full-width letters */
	{ "\uff22\uff11@old.example",
		"U+FF11 FULLWIDTH DIGIT ONE after \"\uff22\"" },
	{ "\uff71@x.example", "U+FF71 HALFWIDTH KATAKANA LETTER A" },
	{ "\u00a0bob@old.example", "U+00A0 NO-BREAK SPACE before \"bob\"" },
	{ "bo\u200bb@old.example", "U+200B ZERO WIDTH SPACE before \"b\"" },
	{ "bob\u200b@old.example", "U+200B ZERO WIDTH SPACE after \"bob\"" },
	{ "bob@\u202aold.example",
		"U+202A LEFT-TO-RIGHT EMBEDDING before \"old.example\"" },
	{ "bob@old.example\ufeff",
		"U+FEFF ZERO WIDTH NO-BREAK SPACE after \"old.example\"" },
	{ "\u200b\u200b\u00a0bob@x.example",
		"U+200B ZERO WIDTH SPACE before \"bob\"" },
	{ "\ufffd", "U+FFFD REPLACEMENT CHARACTER" },
	{ "a\tb", "U+0009 <control> before \"b\"" },
	{ "a\xc2\x9b"
	  "b",
		"U+009B <control> before \"b\"" },
	{ "a\u0378b", "U+0378 <unassigned> before \"b\"" },
	{ "a\ue000b", "U+E000 <private use> before \"b\"" },
	{ "a\uffffb", "U+FFFF <noncharacter> before \"b\"" },
	{ "a\U000e0001b", "U+E0001 LANGUAGE TAG before \"b\"" },
	{ "o\ufb03ce@x.example",
		"U+FB03 LATIN SMALL LIGATURE FFI before \"ce\"" },
	{ "x\u00b2@x.example", "U+00B2 SUPERSCRIPT TWO after \"x\"" },
	{ "a\xff\u00a0", "U+00A0 NO-BREAK SPACE" },
	/* joiners are invisible, even where Unicode wants them */
	{ "\u0915\u094d\u200d\u0937",
		"U+200D ZERO WIDTH JOINER before \"\u0937\"" },
	{ "a\u200cb", "U+200C ZERO WIDTH NON-JOINER before \"b\"" },
	/* RFC 5892 appendix A */
	{ "paral\u00b7lel", NULL },
	{ "PARAL\u00b7LEL", NULL },
	{ "a\u00b7l", "U+00B7 MIDDLE DOT before \"l\"" },
	{ "l\u00b7a", "U+00B7 MIDDLE DOT before \"a\"" },
	{ "l\u00b7", "U+00B7 MIDDLE DOT after \"l\"" },
	{ "\u0375\u03b1", NULL },
	{ "\u0375a", "U+0375 GREEK LOWER NUMERAL SIGN before \"a\"" },
	{ "\u05d0\u05f3", NULL },
	{ "a\u05f4", "U+05F4 HEBREW PUNCTUATION GERSHAYIM after \"a\"" },
	{ "\u30a2\u30fb\u30a2", NULL },
	{ "a\u30fbb", "U+30FB KATAKANA MIDDLE DOT before \"b\"" },
	{ "\u0661\u0662", NULL },
	{ "\u06f1\u06f2", NULL },
	{ "\u0661\u06f2", "U+0661 ARABIC-INDIC DIGIT ONE before \"\u06f2\"" },
};

static void test_find_and_name(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof found / sizeof *found; i++) {
		char *block = block_of(found[i].text);
		struct bytes text = { block, strlen(found[i].text) };
		struct span at;
		char name[PRECIS_NAME_MAX];
		bool is = precis_find(text, &at);

		if (is != (found[i].name != NULL))
			fail_msg("%s: found %d", found[i].text, is);
		if (is) {
			precis_name(text, at, name);
			if (strcmp(name, found[i].name) != 0)
				fail_msg("%s instead of %s", name,
					found[i].name);
		}
		free(block);
	}
}

static void test_trim(void **state)
{
	static const char *const tests[][2] = {
		{ "", "" },
		{ " \t\u00a0\u2003\u3000", "" },
		{ " bob ", "bob" },
		{ "\u00a0bob@x\u00a0", "bob@x" },
		{ "\ufeff\u200b\u202a\u2066bob\u2069\u202c\u00ad", "bob" },
		{ "\u200d\u034f\ufe0f\u115f\u3164\u180e\U000e0001bob", "bob" },
		{ "\u2028bob\u2029", "bob" },
		{ "b\u00a0b", "b\u00a0b" },
		/* controls, and code points that may be assigned later, are
		 * refused */
		{ "\nbob\r", "\nbob\r" },
		{ "\xc2\x85"
		  "bob\xc2\x9b",
			"\xc2\x85"
			"bob\xc2\x9b" },
		{ "\u0378bob\ufffd", "\u0378bob\ufffd" },
		{ "\xa0"
		  "bob\xff",
			"\xa0"
			"bob\xff" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) {
		char *block = block_of(tests[i][0]);
		struct bytes trimmed = precis_trim(
			(struct bytes){ block, strlen(tests[i][0]) });

		if (!bytes_equal(trimmed, bytes_of(tests[i][1])))
			fail_msg("%zu: \"%.*s\"", i, (int)trimmed.len,
				trimmed.data);
		free(block);
	}
}

static void test_show(void **state)
{
	static const struct {
		const char *text;
		const char *row;
		const char *other;
	} tests[] = {
		{ "bob smith", "bob smith", "bob smith" },
		{ "\u00a0bob\u200b", "U+00A0bobU+200B", "U+00A0bobU+200B" },
		{ "\x1b[31m\x7f\xc2\x9b", "U+001B[31mU+007FU+009B",
			"U+001B[31mU+007FU+009B" },
		{ "o\ufb03ce \u2603", "oU+FB03ce U+2603", "o\ufb03ce \u2603" },
		{ "\ufffd\u0378", "U+FFFDU+0378", "\ufffdU+0378" },
		{ "\xff\xc3", "\\xFF\\xC3", "\\xFF\\xC3" },
		{ "\u00fc\uff21", "\u00fc\uff21", "\u00fc\uff21" },
		{ "\U0010ffff", "U+10FFFF", "U+10FFFF" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) {
		char out[PRECIS_SHOWN(32)];
		size_t len =
			precis_show(bytes_of(tests[i].text), out, sizeof out);

		assert_string_equal(out, tests[i].row);
		assert_int_equal(len, strlen(out));
		assert_true(len < PRECIS_SHOWN(strlen(tests[i].text)));
		(void)precis_show_text(
			bytes_of(tests[i].text), out, sizeof out);
		assert_string_equal(out, tests[i].other);
	}
}

/* The text is never cut within a character or within "U+XXXX". */
static void test_show_cut(void **state)
{
	(void)state;
	for (size_t size = 1; size < 40; size++) {
		char *out = malloc(size);
		size_t len;

		assert_non_null(out);
		len = precis_show(bytes_of("\u00fc\u00a0\u00fc\xff"
					   "ab"),
			out, size);
		assert_int_equal(len, strlen(out));
		assert_true(len == 0 || len == 2 || len == 8 || len == 10 ||
			    len == 14 || len == 15 || len == 16);
		free(out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_properties),
		cmocka_unit_test(test_find_and_name),
		cmocka_unit_test(test_trim),
		cmocka_unit_test(test_show),
		cmocka_unit_test(test_show_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
