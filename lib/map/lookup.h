/*
 * lookup: which rule holds for an address, and what it makes of it. Most
 * specific first, one pass: the address, the address without its BATV tag,
 * without its tag and its extension, @domain, @*.parent with the longest parent
 * first.
 */
#ifndef READDRESS_MAP_LOOKUP_H
#define READDRESS_MAP_LOOKUP_H

#include "mail/localpart.h"
#include "map/map.h"
#include "rules/rule.h"

struct lookup {
	enum rule_kind kind;
	char key[ADDRESS_KEY_MAX]; /* of the rule that matched */
	size_t key_len;
	struct bytes targets;  /* in the map: lives as long as it */
	size_t tag_len;	       /* of the tag in mailbox.local to be carried */
	struct span extension; /* of mailbox.local, with the delimiter; len 0
				  when there is none to carry */
	/* address_key of what was looked up, whether or not a rule holds;
	 * len 0: it has none. */
	char address[ADDRESS_KEY_MAX];
	size_t address_len;
};

/*
 * Not for RULE_ROUTES.
 * Returns 1 and *lookup, 0 when no rule holds (also when the address has no
 * key: its domain cannot be written in A-labels), ERR_NOMEM, or, when the map
 * failed, ERR_IO, ERR_BAD.
 */
int lookup_find(struct map_reader *reader, enum rule_table table,
	const struct mailbox *mailbox, const struct localpart_syntax *syntax,
	struct lookup *lookup) MUST_CHECK;

/* One target applied to the address that was looked up. */
struct lookup_target {
	struct mailbox mailbox;
	bool keeps_local; /* the local part is the old one: only the domain is
			     new */
	bool too_long;	  /* for a mailbox: tag and extension are not in it, and
			     it would be over 254 octets */
};

/*
 * Cuts the next target from *targets (begin with lookup->targets) and applies
 * it: the local part kept, or tag and extension carried over. Returns 1, 0 at
 * the end, ERR_BAD when the map holds what is no target. What an address of
 * mail makes too long is not the map's fault: too_long.
 */
int lookup_next(const struct lookup *lookup, const struct mailbox *mailbox,
	struct bytes *targets, struct lookup_target *target) MUST_CHECK;

#endif
