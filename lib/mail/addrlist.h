/*
 * addrlist: addr-specs in the address headers of mail (RFC 5322 section 3.4
 * with the obsolete forms of section 4.4, RFC 6532), found as places in the
 * bytes that came. Nothing is changed or allocated here, nothing recurses, and
 * the time is linear in the length.
 *
 * Two layers: a lexer whose tokens tile the input, and a finder on top.
 */
#ifndef READDRESS_MAIL_ADDRLIST_H
#define READDRESS_MAIL_ADDRLIST_H

#include "mail/address.h"
#include "base/bytes.h"

enum addrlist_token_type {
	ADDRLIST_END,
	ADDRLIST_SPACE,	       /* FWS: blanks, CR, LF */
	ADDRLIST_COMMENT,      /* "(" ... ")", nested */
	ADDRLIST_QUOTED,       /* DQUOTE ... DQUOTE */
	ADDRLIST_ATOM,	       /* a run of atext and of octets over 0x7F */
	ADDRLIST_LITERAL,      /* "[" dtext "]" */
	ADDRLIST_SPECIAL,      /* one octet of ()<>[]:;@\,." */
	ADDRLIST_OTHER,	       /* one control octet */
	ADDRLIST_UNTERMINATED, /* a quote or comment that does not end: the rest
				*/
};

struct addrlist_token {
	enum addrlist_token_type type;
	struct span span;
};

/* The token at off; its span is never empty but for ADDRLIST_END. The next one
 * stands at span.off + span.len. */
struct addrlist_token addrlist_lex(struct bytes value, size_t off);

/* Flags of an element */
#define ADDRLIST_ELEMENT_GROUP 1u /* it stands in a group */
#define ADDRLIST_ELEMENT_ANGLE 2u /* the addr-spec stands in <> */
#define ADDRLIST_ELEMENT_BAD   4u /* no addr-spec could be read */
#define ADDRLIST_ELEMENT_BROKEN                                                \
	8u /* a comment or a fold lies inside addr_spec,                       \
	      between its local part and its domain */
#define ADDRLIST_ELEMENT_REST 16u /* bad, and so is all behind it */

struct addrlist_element {
	unsigned flags;
	struct span element;   /* from its first to its last octet that is no
				  white space; what an element is ends at a
				  separator "," or ";" or at ":" of a group */
	struct span addr_spec; /* first of the local part, last of the domain */
	struct span local;
	struct span domain;
};

struct addrlist_iter {
	struct bytes value;
	size_t off;
	bool in_group;
};

/* value: all octets behind the colon of the header's name, folds included. It
 * must live as long as iter is used. */
void addrlist_iter_init(struct addrlist_iter *iter, struct bytes value);

/* Returns 1 and the next element that is not empty, good or bad; 0 at the end.
 * Of a bad element only flags and element are set. */
int addrlist_next(struct addrlist_iter *iter, struct addrlist_element *element);

/* The mailbox by meaning: quotes, quoted-pairs, comments and folds removed.
 * Returns 0, or ERR_BAD when it exceeds the buffers of struct mailbox. */
int addrlist_mailbox(struct bytes value, const struct addrlist_element *element,
	struct mailbox *mailbox) MUST_CHECK;

#endif
