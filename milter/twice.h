/*
 * twice: detects a message that came a moment ago. Postfix asks a milter twice
 * about each message if smtpd_milters lists it twice. The table has a fixed
 * size and no lock; if two messages use the same slot, a repetition may be
 * missed.
 */
#ifndef READDRESS_MILTER_TWICE_H
#define READDRESS_MILTER_TWICE_H

#include <stdatomic.h>
#include <stdint.h>

#include "base/bytes.h"

#define TWICE_SLOTS 1024 /* the most messages that are remembered */

/* All 0 if no message was seen. */
struct twice {
	_Atomic uint64_t slots[TWICE_SLOTS];
};

/*
 * Notes a message that ends now, by its queue ID, its client's address and its
 * sender as it came. True if one with the same three ended less than a second
 * ago. now is clock_ms(). Messages with an empty queue ID are never the same.
 */
bool twice_seen(struct twice *twice, struct bytes queue_id, struct bytes client,
	struct bytes sender, uint64_t now);

#endif
