/*
 * address: mailboxes (RFC 5321 section 4.1.2), the keys under which rules are
 * stored, and how an address is written.
 *
 * A struct mailbox contains an address by its meaning: the local part without
 * quotes and quoted-pairs, the domain as it was written. It is a value, without
 * pointers. An address that is longer than its buffers is not an address for
 * us.
 */
#ifndef READDRESS_MAIL_ADDRESS_H
#define READDRESS_MAIL_ADDRESS_H

/*
 * The wing mail/: addresses, and the headers and SMTP parameters that contain
 * them. Parsers return spans of the bytes that they were given, never recurse,
 * and take linear time. What they cannot read is left as it is.
 *
 *   localpart    BATV tag and extension in a local part
 *   addrlist     the addresses in an address header
 *   splice       replaces spans in a header value
 *   unread       addresses in a text that cannot be parsed
 *   dkim         the headers that a signature covers
 *   dsn          NOTIFY and ORCPT
 *   received     what Postfix writes into Received
 *   postfixfold  how Postfix cuts, folds and compares addresses: the only room
 *                of lib that knows it
 */

#include "base/bytes.h"
#include "base/error.h"

/* The most octets of local-part@domain (RFC 5321, 4.5.3.1.3). */
#define ADDRESS_MAX 254
/* The most octets of the local part in a rule (RFC 5321, 4.5.3.1.1); the local
 * parts in mail may be longer. */
#define ADDRESS_LOCAL_MAX  64
#define ADDRESS_DOMAIN_MAX 255
#define ADDRESS_KEY_MAX	   511 /* bytes of the largest key of LMDB */
/* The room that any mailbox needs as text, when each byte of its local part is
 * quoted. */
#define ADDRESS_TEXT_MAX 1300

struct mailbox {
	char local[513]; /* without quotes; ends with a NUL for people only */
	size_t local_len;
	char domain[513]; /* as written, with U-labels and a trailing dot */
	size_t domain_len;
};

/*
 * Reads the argument of MAIL FROM or RCPT TO, or a field of a CSV file: an
 * addr-spec, bare or in <>. A source route (RFC 5321 appendix C) is dropped.
 * Accepted are quoted and dotted local parts, empty atoms ("a..b"), UTF-8, and
 * a trailing dot of the domain. Refused are a text without a domain, control
 * characters, bytes over 0x7F that are not UTF-8, and what is longer than the
 * buffers. Returns 0, or ERR_BAD with the reason in error.
 */
int address_parse(const char *text, size_t len, struct mailbox *mailbox,
	struct error *error) MUST_CHECK;

/*
 * Reads the internal form of Postfix, as in the macro {rcpt_addr}: without
 * quotes; the last "@" ends the local part. Returns 0 or ERR_BAD.
 */
int address_parse_internal(
	const char *text, size_t len, struct mailbox *mailbox) MUST_CHECK;

/* Returns the part of text (as for address_parse()) without the blanks around
 * it, <> and a source route. Always succeeds; a text that is not a path is
 * returned whole. For what Postfix makes of a path, see postfixfold.h. */
struct bytes address_strip_path(const char *text, size_t len);

/*
 * Writes the key under which a rule is stored and found: "local@domain" with
 * the local part in NFC and case-folded, and the domain as lower-case A-labels
 * (IDNA2008, UTS 46 mapping) without a trailing dot. It does not end with a
 * NUL. An empty local part gives "@domain". Returns the length; ERR_BAD when
 * the domain has no A-label form or the key would be longer than
 * ADDRESS_KEY_MAX; ERR_NOMEM.
 */
int address_key(
	const struct mailbox *mailbox, char key[ADDRESS_KEY_MAX]) MUST_CHECK;

/* Write the half of that key before or after the "@". Return the length,
 * ERR_BAD or ERR_NOMEM, for the same reasons. */
int address_local_key(const char *local, size_t local_len,
	char key[ADDRESS_KEY_MAX]) MUST_CHECK;
int address_domain_key(
	const char *domain, size_t len, char key[ADDRESS_KEY_MAX]) MUST_CHECK;

/*
 * Writes a domain of a key with U-labels in place of A-labels (RFC 5890,
 * 2.3.2.1), as mail with SMTPUTF8 has it: in lower case and NFC, with a NUL.
 * Returns the length; 0 if the domain has no A-label or one that stands for no
 * U-label; ERR_NOMEM.
 */
int address_domain_unicode(
	struct bytes domain, char text[ADDRESS_TEXT_MAX]) MUST_CHECK;

/*
 * Writes local-part@domain, with the local part in quotes if RFC 5321 requires
 * it, and the domain without a trailing dot. U-labels become A-labels; an ASCII
 * domain keeps its spelling. The text ends with a NUL. Returns the length;
 * ERR_BAD when the domain has no A-label form or the text is too long;
 * ERR_NOMEM.
 */
int address_format(
	const struct mailbox *mailbox, char text[ADDRESS_TEXT_MAX]) MUST_CHECK;

/* Writes only the local part, in quotes if needed, and a NUL. Returns the
 * length. */
size_t address_format_local(
	const struct mailbox *mailbox, char text[ADDRESS_TEXT_MAX]);

/*
 * Checks that the mailbox can be the target of a rule. RFC 5321 allows a local
 * part of 1 to 64 octets, a domain of LDH labels of 1 to 63 octets or an
 * address literal, 254 octets in all, and no control characters. '%' and '!' in
 * the local part are refused, because Postfix would read a route. utf8 says
 * whether the local part may contain UTF-8 (RFC 6531). Returns 0; ERR_BAD with
 * the reason in error ("has no domain" and so on); ERR_NOMEM.
 */
int address_check(const struct mailbox *mailbox, bool utf8,
	struct error *error) MUST_CHECK;

/* Checks only the domain: LDH labels (U-labels if they have A-labels) or an
 * address literal, of at most 255 octets. Returns 0; ERR_BAD with the reason in
 * error; ERR_NOMEM. */
int address_check_domain(
	const char *domain, size_t len, struct error *error) MUST_CHECK;

/* Does the same for a domain that receives mail. Such a domain may contain
 * underscores: domains of Windows networks do, and Postfix accepts them. */
int address_check_source_domain(
	const char *domain, size_t len, struct error *error) MUST_CHECK;

/* True if c is atext of RFC 5322 or a byte of UTF-8 (RFC 6532). */
static inline bool address_is_atext(char c)
{
	/* A bit for each byte. */
	static const uint32_t atext[8] = { 0, 0xa3ffacfau, 0xc7fffffeu,
		0x7fffffffu, UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX };
	unsigned char byte = (unsigned char)c;

	return (atext[byte / 32] >> (byte % 32) & 1u) != 0;
}

/* Returns how many bytes at the beginning of text are atext or dots: bytes that
 * mean themselves wherever they are in an addr-spec. */
static inline size_t address_plain_len(struct bytes text)
{
	size_t len = 0;

	while (len < text.len &&
		(address_is_atext(text.data[len]) || text.data[len] == '.'))
		len++;
	return len;
}

/* True if the local part has a byte over 0x7F. */
bool address_local_is_utf8(const struct mailbox *mailbox);

/* True if data is valid UTF-8 (RFC 3629). An empty text is valid. */
bool address_utf8_valid(const char *data, size_t len);

/* True if Postfix would send mail for an address with this local part elsewhere
 * ("u%host", "host!u", "u@host"). */
bool address_is_routed(const char *local, size_t len);

#endif
