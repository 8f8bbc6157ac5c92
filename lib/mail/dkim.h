/*
 * dkim: which headers a DKIM-Signature (RFC 6376 section 3.5) or an
 * ARC-Message-Signature (RFC 8617) covers, from its h= list. Nothing is
 * verified.
 */
#ifndef READDRESS_MAIL_DKIM_H
#define READDRESS_MAIL_DKIM_H

#include "base/bytes.h"

/* Is this the name of a header that holds such a signature? */
bool dkim_is_signature(struct bytes name);

/* How often the h= list of the signature names this header: 0 when it has none.
 * The signature covers those instances whose place is not greater; places are
 * counted from the last one in the message upwards, from 1 (section 5.4.2). */
size_t dkim_covers(struct bytes signature, struct bytes name);

/* The value of a tag ("d", "s"), white space around it removed; len 0 when it
 * is not there. */
struct bytes dkim_tag(struct bytes signature, const char *tag);

#endif
