/*
 * precis: the characters that an address in a rule may contain, and the names
 * of those that it may not contain.
 *
 * The base is the IdentifierClass of RFC 8264, derived by the algorithm of its
 * section 8 from the Unicode data of libunistring. An address that was pasted
 * with a NO-BREAK SPACE or a ZERO WIDTH SPACE looks right and can be loaded,
 * but no mail ever matches it. Such a rule sends mail to the wrong place, so it
 * is refused.
 *
 * All functions expect valid UTF-8. A byte that is not part of a valid
 * character is skipped when characters are searched, and printed as \xHH.
 */
#ifndef READDRESS_BASE_PRECIS_H
#define READDRESS_BASE_PRECIS_H

#include "base/bytes.h"

/* The derived property of a code point in the IdentifierClass. */
enum precis_property {
	PRECIS_PVALID,
	PRECIS_CONTEXTJ,   /* the joiners U+200C and U+200D */
	PRECIS_CONTEXTO,   /* valid next to certain characters only */
	PRECIS_DISALLOWED, /* also "ID_DIS or FREE_PVAL" */
	PRECIS_UNASSIGNED
};

/* Returns the property of the code point c, up to U+10FFFF (RFC 8264 section
 * 8). */
enum precis_property precis_property(uint32_t c);

/*
 * Finds the first character of text that a rule may not contain, and its span.
 * Allowed are PVALID characters, CONTEXTO characters where RFC 5892 appendices
 * A.3 to A.9 allow them, and full-width letters. Joiners are refused
 * everywhere, because nobody can see them. U+0020 is allowed, because
 * address_parse() knows whether it is in quotes. Returns false if there is no
 * such character.
 */
bool precis_find(struct bytes text, struct span *found);

/* Strips U+0020, tabs and all spaces and invisible characters of Unicode from
 * both ends, but no control characters. */
struct bytes precis_trim(struct bytes text);

/* True if a person cannot see c or cannot know what it is: controls, spaces
 * except U+0020, format characters, default-ignorable characters, private-use
 * and unassigned code points. */
bool precis_is_invisible(uint32_t c);

/* Returns the length in bytes of the character that text begins with; 0 if text
 * is empty or does not begin with a valid character. */
size_t precis_character(struct bytes text);

#define PRECIS_NAME_MAX 512

/*
 * Writes the name of the character that was found, and its place, for a
 * message:
 *
 *	U+00A0 NO-BREAK SPACE before "bob"
 *
 * If nothing but "@" or the end follows it, the text is like: after "bob". The
 * quoted text is cut after about 40 bytes.
 */
void precis_name(
	struct bytes text, struct span found, char name[PRECIS_NAME_MAX]);

/*
 * Writes an address or a field of a row for people and for JSON. Characters
 * that a rule may not contain become U+XXXX; U+0020 stays. The result ends with
 * a NUL and is cut to fit in size bytes. Returns its length.
 */
size_t precis_show(struct bytes text, char *out, size_t size);

/* Does the same for any other text: only invisible characters become U+XXXX. */
size_t precis_show_text(struct bytes text, char *out, size_t size);

/* The bytes that precis_show() and precis_show_text() need for a text of len
 * bytes: no character becomes longer than six times its length ("U+0001"). */
#define PRECIS_SHOWN(len) (6 * (len) + 1)

#endif
