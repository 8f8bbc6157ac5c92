/*
 * address: mailboxes (RFC 5321 section 4.1.2), their keys, their spelling.
 *
 * A struct mailbox holds an address by meaning: the local part without quotes
 * and quoted-pairs, the domain as it came. It is a value; nothing in it points
 * anywhere. Addresses longer than the buffers are not addresses to us.
 */
#ifndef READDRESS_MAIL_ADDRESS_H
#define READDRESS_MAIL_ADDRESS_H

/*
 * The wing mail/: addresses, and the headers and SMTP parameters that hold
 * them. Parsers return places in the bytes that they were given, never recurse,
 * and take linear time; what they cannot read is left as it is.
 *
 *   localpart    BATV tag and extension in a local part
 *   addrlist     the addresses in an address header
 *   splice       a header value with some places replaced
 *   unread       addresses in a text that cannot be parsed
 *   dkim         the headers that a signature covers
 *   dsn          NOTIFY and ORCPT
 *   received     what Postfix writes into Received
 *   postfixfold  how Postfix cuts, folds and compares addresses: the one room
 *                of lib that knows it
 */

#include "base/bytes.h"
#include "base/error.h"

#define ADDRESS_MAX	   254 /* octets of local-part@domain, RFC 5321 4.5.3.1.3 */
#define ADDRESS_LOCAL_MAX  64 /* of what a rule writes, not of what comes */
#define ADDRESS_DOMAIN_MAX 255
#define ADDRESS_KEY_MAX	   511 /* LMDB's limit for a key */
/* Room for any mailbox written out: every octet of the local part quoted. */
#define ADDRESS_TEXT_MAX 1300

struct mailbox {
	char local[513]; /* unquoted; NUL-terminated for people only */
	size_t local_len;
	char domain[513]; /* as it came; may be U-labels; trailing dot kept */
	size_t domain_len;
};

/*
 * Reads what stands in MAIL FROM or RCPT TO, or in a CSV field: an addr-spec,
 * bare or in <>, with a source route (RFC 5321 appendix C) that is dropped.
 * Quoted and dotted local parts, empty atoms ("a..b"), UTF-8 and a trailing dot
 * of the domain are taken. A text without domain is refused, as are control
 * octets, octets over 0x7F that are not UTF-8, and what exceeds the buffers.
 * Returns 0 or ERR_BAD, with the reason in error.
 */
int address_parse(const char *text, size_t len, struct mailbox *mailbox,
	struct error *error) MUST_CHECK;

/*
 * Reads Postfix's internal form, as in {rcpt_addr}: no quotes, the last "@"
 * ends the local part. Returns 0 or ERR_BAD.
 */
int address_parse_internal(
	const char *text, size_t len, struct mailbox *mailbox) MUST_CHECK;

/* The octets of text (as for address_parse) without <>, blanks around it, and
 * source route. Always succeeds; what is no path is returned whole. What
 * Postfix makes of a path is postfixfold's affair. */
struct bytes address_strip_path(const char *text, size_t len);

/*
 * The key under which rules are stored and found: "local@domain" with the
 * local part in NFC and case-folded, the domain as lower-case A-labels
 * (IDNA2008, UTS 46 mapping) without a trailing dot. Not NUL-terminated.
 * An empty local part gives "@domain".
 * Returns its length, or ERR_BAD where the domain has no A-label form or the
 * key would exceed ADDRESS_KEY_MAX; ERR_NOMEM.
 */
int address_key(
	const struct mailbox *mailbox, char key[ADDRESS_KEY_MAX]) MUST_CHECK;

/* The halves of address_key, without "@"; they return the same way. */
int address_local_key(const char *local, size_t local_len,
	char key[ADDRESS_KEY_MAX]) MUST_CHECK;
int address_domain_key(
	const char *domain, size_t len, char key[ADDRESS_KEY_MAX]) MUST_CHECK;

/*
 * Writes local-part@domain, the local part quoted where RFC 5321 needs it, the
 * domain without trailing dot: U-labels as A-labels, an ASCII domain in the
 * spelling that it has. NUL-terminated. Returns the length, or ERR_BAD,
 * ERR_NOMEM.
 */
int address_format(
	const struct mailbox *mailbox, char text[ADDRESS_TEXT_MAX]) MUST_CHECK;

/* Writes the local part alone, quoted where needed. Returns its length. */
size_t address_format_local(
	const struct mailbox *mailbox, char text[ADDRESS_TEXT_MAX]);

/*
 * Is it fit to be the target of a rule? RFC 5321: local part of 1 to 64 octets,
 * domain of LDH labels of 1 to 63 octets or an address literal, 254 octets in
 * all, no control octets; and no '%' or '!' in the local part, which Postfix
 * would take for a route. utf8: may the local part hold UTF-8 (RFC 6531)?
 * Returns 0; ERR_BAD with the reason in error ("has no domain" and so on);
 * ERR_NOMEM.
 */
int address_check(const struct mailbox *mailbox, bool utf8,
	struct error *error) MUST_CHECK;

/* The domain half of address_check: LDH labels (U-labels are taken where they
 * have A-labels) or an address literal, 255 octets. Returns the same way. */
int address_check_domain(
	const char *domain, size_t len, struct error *error) MUST_CHECK;

/* The same for a domain that mail comes to, which may hold underscores: those
 * of Windows networks do, and Postfix takes them. */
int address_check_source_domain(
	const char *domain, size_t len, struct error *error) MUST_CHECK;

/* Has the local part an octet over 0x7F? */
bool address_local_is_utf8(const struct mailbox *mailbox);

/* Valid UTF-8, RFC 3629? Empty is. */
bool address_utf8_valid(const char *data, size_t len);

/* True if Postfix would resolve an address with such a local part to another
 * place ("u%host", "host!u", "u@host"). */
bool address_is_routed(const char *local, size_t len);

#endif
