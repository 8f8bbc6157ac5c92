/*
 * milterkind: what a well-known milter does to a message, guessed from its name
 * or address: "unix:opendkim/opendkim.sock", "inet:localhost:11332". The order
 * of milters depends on it (contrib/postfix/guides/dkim.md).
 */
#ifndef READDRESS_POSTFIX_MILTERKIND_H
#define READDRESS_POSTFIX_MILTERKIND_H

#include "base/bytes.h"

enum milterkind {
	MILTERKIND_UNKNOWN,
	MILTERKIND_SIGNS,   /* it belongs behind a milter that edits headers */
	MILTERKIND_VERIFIES /* it belongs before one */
};

/* Returns the kind of the milter that text names: its endpoint, with or without
 * options, or the parameter of Postfix that holds it ("$opendkim_milter"). */
enum milterkind milterkind_of(struct bytes text);

#endif
