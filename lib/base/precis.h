/*
 * precis: which characters an address in a rule may hold, and how one that it
 * may not hold is named and printed.
 *
 * The base is the IdentifierClass of RFC 8264, derived by the algorithm of its
 * section 8 from the Unicode data of libunistring. An address that was pasted
 * with a NO-BREAK SPACE or a ZERO WIDTH SPACE in it looks right, loads, and
 * never fires: such a rule mis-sends mail, and is refused.
 *
 * Everything here takes valid UTF-8. A byte that is in no valid character is
 * passed over when characters are looked for, and printed as \xHH.
 */
#ifndef READDRESS_BASE_PRECIS_H
#define READDRESS_BASE_PRECIS_H

#include "base/bytes.h"

/* The derived property of a code point in the IdentifierClass. */
enum precis_property {
	PRECIS_PVALID,
	PRECIS_CONTEXTJ,   /* the joiners U+200C and U+200D */
	PRECIS_CONTEXTO,   /* valid where its neighbours say so */
	PRECIS_DISALLOWED, /* "ID_DIS or FREE_PVAL" among them */
	PRECIS_UNASSIGNED
};

/* RFC 8264 section 8. c: a code point up to U+10FFFF. */
enum precis_property precis_property(uint32_t c);

/*
 * Finds the first character of text that a rule may not hold, and its span.
 * Allowed are PVALID characters, CONTEXTO characters where RFC 5892 appendices
 * A.3 to A.9 allow them, and full-width letters. Joiners are refused wherever
 * they stand, for nobody can see them. U+0020 is allowed: address_parse knows
 * where quotes are. Returns false when there is none.
 */
bool precis_find(struct bytes text, struct span *found);

/* Strips U+0020, tabs and all spaces and invisible characters of Unicode from
 * both ends, but no control characters. */
struct bytes precis_trim(struct bytes text);

/* True if a person cannot see c or know what it is: controls, spaces other
 * than U+0020, format characters, what Unicode says to ignore, private use and
 * unassigned code points. */
bool precis_is_invisible(uint32_t c);

/* The length of the character that text begins with; 0 when text is empty or
 * begins with no valid one. */
size_t precis_character(struct bytes text);

#define PRECIS_NAME_MAX 512

/*
 * Writes what was found, and where, for a message:
 *
 *	U+00A0 NO-BREAK SPACE before "bob"
 *
 * Behind the last character before an "@" or the end it is: after "bob". The
 * text is cut after some 40 bytes.
 */
void precis_name(
	struct bytes text, struct span found, char name[PRECIS_NAME_MAX]);

/*
 * Writes an address or a row's field for people and for JSON: characters that
 * a rule may not hold as U+XXXX, U+0020 as it is. Cut to fit, NUL-terminated.
 * Returns the length.
 */
size_t precis_show(struct bytes text, char *out, size_t size);

/* The same for any other text: only invisible characters become U+XXXX. */
size_t precis_show_text(struct bytes text, char *out, size_t size);

/* Bytes that precis_show and precis_show_text need for text of len bytes: no
 * character grows to more than six times its length ("U+0001"). */
#define PRECIS_SHOWN(len) (6 * (len) + 1)

#endif
