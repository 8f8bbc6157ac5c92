/*
 * twice: has this message been here a moment ago? A milter that stands twice in
 * smtpd_milters is asked twice about each message. A table of fixed size, no
 * lock: two threads that meet in one place may at worst see no repetition.
 */
#ifndef READDRESS_MILTER_TWICE_H
#define READDRESS_MILTER_TWICE_H

#include <stdatomic.h>
#include <stdint.h>

#include "base/bytes.h"

#define TWICE_PLACES 1024 /* messages of one second that are remembered */

/* All zero: nothing was seen. */
struct twice {
	_Atomic uint64_t places[TWICE_PLACES];
};

/*
 * Notes a message that ends now, by its queue ID, its client's address and its
 * sender as it came. True if one with the same three ended less than a second
 * ago. now: clock_ms(). An empty queue ID is never the same as another.
 */
bool twice_seen(struct twice *twice, struct bytes queue_id, struct bytes client,
	struct bytes sender, uint64_t now);

#endif
