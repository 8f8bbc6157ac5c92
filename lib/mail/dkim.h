/*
 * dkim: the headers that a DKIM-Signature (RFC 6376 section 3.5) or an
 * ARC-Message-Signature (RFC 8617) covers, read from its h= list. Nothing is
 * verified.
 */
#ifndef READDRESS_MAIL_DKIM_H
#define READDRESS_MAIL_DKIM_H

#include "base/bytes.h"

/* True if this is the name of a header that contains such a signature. */
bool dkim_is_signature(struct bytes name);

/* Returns how many times the h= list of the signature names this header. A
 * count of n means that the signature covers the last n headers with this name
 * in the message; 0 means that it covers none (section 5.4.2). */
size_t dkim_covers(struct bytes signature, struct bytes name);

/* Returns the value of a tag ("d", "s") without the white space around it; its
 * len is 0 if the tag is missing. */
struct bytes dkim_tag(struct bytes signature, const char *tag);

#endif
