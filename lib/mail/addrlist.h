/*
 * addrlist: the addr-specs in the address headers of mail (RFC 5322 section 3.4
 * with the obsolete forms of section 4.4, RFC 6532), found as spans of the
 * bytes that came. Nothing is changed or allocated, nothing recurses, and the
 * time is linear in the length.
 *
 * There are two layers: a lexer whose tokens cover the input without gaps, and
 * a finder that uses it.
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
	ADDRLIST_ATOM,	       /* a run of atext and of bytes over 0x7F */
	ADDRLIST_LITERAL,      /* "[" dtext "]" */
	ADDRLIST_SPECIAL,      /* one of ()<>[]:;@\,." */
	ADDRLIST_OTHER,	       /* one control character */
	ADDRLIST_UNTERMINATED, /* a quote or comment without end, up to the end
				  of the input */
};

struct addrlist_token {
	enum addrlist_token_type type;
	struct span span;
};

/* Returns the token at off. Its span is empty only for ADDRLIST_END. The next
 * token is at span.off + span.len. */
struct addrlist_token addrlist_lex(struct bytes value, size_t off);

/* Flags of an element. */
#define ADDRLIST_ELEMENT_GROUP 1u /* it is in a group */
#define ADDRLIST_ELEMENT_ANGLE 2u /* the addr-spec is in <> */
#define ADDRLIST_ELEMENT_BAD   4u /* no addr-spec could be read */
/* a comment or a fold is between local part and domain */
#define ADDRLIST_ELEMENT_BROKEN 8u
#define ADDRLIST_ELEMENT_REST	16u /* it is bad, and so is the rest */

struct addrlist_element {
	unsigned flags;
	struct span element;   /* from its first to its last byte that is not
				  white space; an element ends at a separator ","
				  or ";", or at the ":" of a group */
	struct span addr_spec; /* local part to domain */
	struct span local;
	struct span domain;
};

struct addrlist_iter {
	struct bytes value;
	size_t off;
	bool in_group;
};

/* Starts at the beginning of value: all bytes after the colon of the header,
 * with its folds. value must live as long as iter is used. */
void addrlist_iter_init(struct addrlist_iter *iter, struct bytes value);

/* Returns 1 and the next element that is not empty, good or bad; or 0 at the
 * end. A bad element has only flags and element set. */
int addrlist_next(struct addrlist_iter *iter, struct addrlist_element *element);

/* Writes the meaning of the element: without quotes, quoted-pairs, comments and
 * folds. Returns 0, or ERR_BAD when it is longer than the buffers of struct
 * mailbox. */
int addrlist_mailbox(struct bytes value, const struct addrlist_element *element,
	struct mailbox *mailbox) MUST_CHECK;

#endif
