#include "base/precis.h"

#include <stdio.h>
#include <stdlib.h>
#include <uniname.h>
#include <uninorm.h>
#include <unistr.h>
#include <unictype.h>

#define SHOWN_BYTES	  ((size_t)40) /* of the quoted text in precis_name() */
#define DECOMPOSITION_MAX 32
#define CODE_POINT_MAX	  12 /* "U+10FFFF", NUL */

/* RFC 8264 section 9.6. */
static const struct {
	uint32_t first;
	uint32_t last;
	enum precis_property property;
} exceptions[] = {
	{ 0x00b7, 0x00b7, PRECIS_CONTEXTO },
	{ 0x00df, 0x00df, PRECIS_PVALID },
	{ 0x0375, 0x0375, PRECIS_CONTEXTO },
	{ 0x03c2, 0x03c2, PRECIS_PVALID },
	{ 0x05f3, 0x05f4, PRECIS_CONTEXTO },
	{ 0x0640, 0x0640, PRECIS_DISALLOWED },
	{ 0x0660, 0x0669, PRECIS_CONTEXTO },
	{ 0x06f0, 0x06f9, PRECIS_CONTEXTO },
	{ 0x06fd, 0x06fe, PRECIS_PVALID },
	{ 0x07fa, 0x07fa, PRECIS_DISALLOWED },
	{ 0x0f0b, 0x0f0b, PRECIS_PVALID },
	{ 0x3007, 0x3007, PRECIS_PVALID },
	{ 0x302e, 0x302f, PRECIS_DISALLOWED },
	{ 0x3031, 0x3035, PRECIS_DISALLOWED },
	{ 0x303b, 0x303b, PRECIS_DISALLOWED },
	{ 0x30fb, 0x30fb, PRECIS_CONTEXTO },
};

/* RFC 8264 section 9.9: the conjoining letters, but not the syllables. */
static bool is_old_hangul(uint32_t c)
{
	return (c >= 0x1100 && c <= 0x11ff) || (c >= 0xa960 && c <= 0xa97c) ||
	       (c >= 0xd7b0 && c <= 0xd7fb);
}

/* RFC 8264 section 9.17: toNFKC(c) is not c. */
static bool has_compat(uint32_t c)
{
	ucs4_t room[DECOMPOSITION_MAX];
	size_t len = DECOMPOSITION_MAX;
	ucs4_t *made = u32_normalize(UNINORM_NFKC, &c, 1, room, &len);
	bool same = made && len == 1 && made[0] == c;

	if (made != room)
		free(made);
	return !same;
}

static bool is_category(uint32_t c, uint32_t mask)
{
	return uc_is_general_category_withtable(c, mask);
}

/* RFC 8264 section 9.1. */
static bool is_letter_or_digit(uint32_t c)
{
	return is_category(
		c, UC_CATEGORY_MASK_Ll | UC_CATEGORY_MASK_Lu |
			   UC_CATEGORY_MASK_Lo | UC_CATEGORY_MASK_Nd |
			   UC_CATEGORY_MASK_Lm | UC_CATEGORY_MASK_Mn |
			   UC_CATEGORY_MASK_Mc);
}

enum precis_property precis_property(uint32_t c)
{
	for (size_t i = 0; i < sizeof exceptions / sizeof *exceptions; i++) {
		if (c >= exceptions[i].first && c <= exceptions[i].last)
			return exceptions[i].property;
	}
	if (is_category(c, UC_CATEGORY_MASK_Cn) &&
		!uc_is_property_not_a_character(c))
		return PRECIS_UNASSIGNED;
	if (c > 0x20 && c < 0x7f)
		return PRECIS_PVALID;
	if (c == 0x200c || c == 0x200d)
		return PRECIS_CONTEXTJ;
	if (is_old_hangul(c) || uc_is_property_not_a_character(c) ||
		uc_is_property_default_ignorable_code_point(c) ||
		is_category(c, UC_CATEGORY_MASK_Cc) || has_compat(c))
		return PRECIS_DISALLOWED;
	/* All other characters (symbols, punctuation, spaces) belong to the
	 * FreeformClass. */
	return is_letter_or_digit(c) ? PRECIS_PVALID : PRECIS_DISALLOWED;
}

bool precis_is_invisible(uint32_t c)
{
	if (c >= 0x20 && c < 0x7f)
		return false;
	return is_category(c, UC_CATEGORY_MASK_C | UC_CATEGORY_MASK_Z) ||
	       uc_is_property_default_ignorable_code_point(c);
}

/* Reads the character at the beginning of text, which must not be empty.
 * Returns its length, or 0 if no valid character begins there. */
static size_t first(struct bytes text, uint32_t *c)
{
	ucs4_t found;
	int len = u8_mbtoucr(&found, (const uint8_t *)text.data, text.len);

	*c = len > 0 ? found : 0;
	return len > 0 ? (size_t)len : 0;
}

static struct bytes behind(struct bytes text, size_t len)
{
	return (struct bytes){ text.data + len, text.len - len };
}

/* Reads the last character of text. Returns its length, or 0 if there is
 * none. */
static size_t last(struct bytes text, uint32_t *c)
{
	*c = 0;
	for (size_t len = 1; len <= 4 && len <= text.len; len++) {
		if (first(behind(text, text.len - len), c) == len)
			return len;
	}
	return 0;
}

static bool is_script(uint32_t c, const char *name)
{
	const uc_script_t *script = uc_script(c);

	return script && !strcmp(script->name, name);
}

static bool holds(struct bytes text, bool (*is)(uint32_t c))
{
	uint32_t c;

	while (text.len) {
		size_t len = first(text, &c);

		if (len && is(c))
			return true;
		text = behind(text, len ? len : 1);
	}
	return false;
}

static bool is_japanese(uint32_t c)
{
	return is_script(c, "Hiragana") || is_script(c, "Katakana") ||
	       is_script(c, "Han");
}

static bool is_arabic_digit(uint32_t c)
{
	return c >= 0x0660 && c <= 0x0669;
}

static bool is_extended_digit(uint32_t c)
{
	return c >= 0x06f0 && c <= 0x06f9;
}

/* RFC 5892 appendices A.3 to A.9. */
static bool fits_context(struct bytes text, struct span at, uint32_t c)
{
	struct bytes rest = behind(text, at.off + at.len);
	uint32_t before;
	uint32_t after = 0;

	(void)last((struct bytes){ text.data, at.off }, &before);
	if (rest.len)
		(void)first(rest, &after);
	switch (c) {
	case 0x00b7: /* Catalan; "L" becomes "l" in a key */
		return (before | 0x20) == 'l' && (after | 0x20) == 'l';
	case 0x0375:
		return is_script(after, "Greek");
	case 0x05f3:
	case 0x05f4:
		return is_script(before, "Hebrew");
	case 0x30fb:
		return holds(text, is_japanese);
	default:
		return !holds(text, is_arabic_digit(c) ? is_extended_digit
						       : is_arabic_digit);
	}
}

static bool is_full_width_letter(uint32_t c)
{
	ucs4_t made[UC_DECOMPOSITION_MAX_LENGTH];
	int tag = 0;

	return is_category(c, UC_CATEGORY_MASK_L) &&
	       uc_decomposition(c, &tag, made) > 0 && tag == UC_DECOMP_WIDE;
}

/* True if c is allowed next to suitable characters. */
static bool is_allowed(uint32_t c)
{
	enum precis_property property;

	if (c >= 0x20 && c < 0x7f)
		return true;
	property = precis_property(c);
	return property == PRECIS_PVALID || property == PRECIS_CONTEXTO ||
	       is_full_width_letter(c);
}

static bool is_allowed_at(struct bytes text, struct span at, uint32_t c)
{
	return is_allowed(c) && (precis_property(c) != PRECIS_CONTEXTO ||
					fits_context(text, at, c));
}

static bool is_visible_ascii(char c)
{
	return c > 0x20 && c < 0x7f;
}

bool precis_find(struct bytes text, struct span *found)
{
	size_t off = 0;

	while (off < text.len) {
		uint32_t c;
		size_t len;

		if (text.data[off] == 0x20 ||
			is_visible_ascii(text.data[off])) {
			off++;
			continue;
		}
		len = first(behind(text, off), &c);
		*found = (struct span){ off, len };
		if (len && !is_allowed_at(text, *found, c))
			return true;
		off += len ? len : 1;
	}
	return false;
}

static bool is_trimmed(uint32_t c)
{
	if (c == ' ' || c == '\t')
		return true;
	return is_category(c, UC_CATEGORY_MASK_Z | UC_CATEGORY_MASK_Cf) ||
	       (uc_is_property_default_ignorable_code_point(c) &&
		       !is_category(c, UC_CATEGORY_MASK_Cn));
}

struct bytes precis_trim(struct bytes text)
{
	uint32_t c;
	size_t len;

	while (text.len && !is_visible_ascii(text.data[0]) &&
		(len = first(text, &c)) && is_trimmed(c))
		text = behind(text, len);
	while (text.len && !is_visible_ascii(text.data[text.len - 1]) &&
		(len = last(text, &c)) && is_trimmed(c))
		text.len -= len;
	return text;
}

/* Returns a name for characters that have none in Unicode. */
static const char *kind_of(uint32_t c)
{
	if (uc_is_property_not_a_character(c))
		return "<noncharacter>";
	if (is_category(c, UC_CATEGORY_MASK_Cc))
		return "<control>";
	if (is_category(c, UC_CATEGORY_MASK_Co))
		return "<private use>";
	return is_category(c, UC_CATEGORY_MASK_Cn) ? "<unassigned>" : "";
}

/* Returns the next part of text in which no character has to be named; it ends
 * at "@". */
static struct bytes run_behind(struct bytes text)
{
	struct span odd;
	const char *at;

	while (text.len && precis_find(text, &odd) && !odd.off)
		text = behind(text, odd.len);
	if (text.len && precis_find(text, &odd))
		text.len = odd.off;
	at = text.len ? memchr(text.data, '@', text.len) : NULL;
	if (at)
		text.len = (size_t)(at - text.data);
	if (text.len <= SHOWN_BYTES)
		return text;
	text.len = SHOWN_BYTES;
	while (text.len && ((unsigned char)text.data[text.len] & 0xc0) == 0x80)
		text.len--;
	return text;
}

/* Returns the part at the end of text that contains neither "@" nor a character
 * that has to be named. */
static struct bytes run_before(struct bytes text)
{
	size_t off = text.len;
	uint32_t c;
	size_t len;

	while (off && text.len - off < SHOWN_BYTES &&
		(len = last((struct bytes){ text.data, off }, &c)) &&
		c != '@' && is_allowed(c))
		off -= len;
	return behind(text, off);
}

size_t precis_character(struct bytes text)
{
	uint32_t c;

	return text.len ? first(text, &c) : 0;
}

void precis_name(
	struct bytes text, struct span found, char name[PRECIS_NAME_MAX])
{
	struct bytes run = run_behind(behind(text, found.off + found.len));
	const char *where = "before";
	char buffer[UNINAME_MAX];
	char shown[PRECIS_SHOWN(SHOWN_BYTES + 4)];
	const char *called;
	uint32_t c;

	(void)first(behind(text, found.off), &c);
	called = unicode_character_name(c, buffer);
	if (!run.len) {
		run = run_before((struct bytes){ text.data, found.off });
		where = "after";
	}
	(void)precis_show(run, shown, sizeof shown);
	(void)snprintf(name, PRECIS_NAME_MAX, "U+%04X %s%s%s%s%s%s",
		(unsigned)c, called ? called : kind_of(c), run.len ? " " : "",
		run.len ? where : "", run.len ? " \"" : "", shown,
		run.len ? "\"" : "");
}

/* True if the character c at this place of text must be shown as U+XXXX. A text
 * of one character has no neighbours, so the rules about them do not apply. */
static bool is_odd(struct bytes text, struct span at, uint32_t c, bool strict)
{
	if (!strict)
		return precis_is_invisible(c);
	return at.len == text.len ? !is_allowed(c)
				  : !is_allowed_at(text, at, c);
}

static size_t show(struct bytes text, bool strict, char *out, size_t size)
{
	size_t used = 0;
	size_t off = 0;

	while (off < text.len) {
		struct bytes rest = behind(text, off);
		char piece[CODE_POINT_MAX];
		uint32_t c;
		size_t len = first(rest, &c);
		struct bytes shown = { rest.data, len };

		if (!len)
			shown = (struct bytes){ piece,
				(size_t)snprintf(piece, sizeof piece, "\\x%02X",
					(unsigned)(unsigned char)*rest.data) };
		else if (is_odd(text, (struct span){ off, len }, c, strict))
			shown = (struct bytes){ piece,
				(size_t)snprintf(piece, sizeof piece, "U+%04X",
					(unsigned)c) };
		if (shown.len >= size - used)
			break;
		memcpy(out + used, shown.data, shown.len);
		used += shown.len;
		off += len ? len : 1;
	}
	out[used] = '\0';
	return used;
}

size_t precis_show(struct bytes text, char *out, size_t size)
{
	return show(text, true, out, size);
}

size_t precis_show_text(struct bytes text, char *out, size_t size)
{
	return show(text, false, out, size);
}
