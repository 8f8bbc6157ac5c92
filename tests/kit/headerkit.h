/*
 * headerkit: what holds for the lexer and the finder of mail/addrlist.h on any
 * input. For unit tests and fuzz targets: the program aborts where it does not
 * hold (kit/holds.h).
 */
#ifndef READDRESS_HEADERKIT_H
#define READDRESS_HEADERKIT_H

#include "mail/addrlist.h"
#include "kit/holds.h"

/* Returns the number of tokens. They tile the input: no token is empty, each
 * begins where the last one ended, and the last one ends with the input. */
size_t headerkit_tiles(struct bytes value);

/* Returns the offset of the first byte after the span. */
size_t headerkit_end(struct span span);

/* Returns the number of elements. They are in order, do not overlap, and have
 * no white space at their ends; their addr-specs lie within them. */
size_t headerkit_elements(struct bytes value);

#endif
