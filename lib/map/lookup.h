/*
 * lookup: finds the rule for an address, and applies its targets. The most
 * specific rule wins: for the whole address; for the address without its BATV
 * tag; without its tag and its extension; for @domain; for @*.parent, with the
 * longest parent first.
 */
#ifndef READDRESS_MAP_LOOKUP_H
#define READDRESS_MAP_LOOKUP_H

#include "mail/localpart.h"
#include "map/map.h"
#include "rules/rule.h"

struct lookup {
	enum rule_kind kind;
	char key[ADDRESS_KEY_MAX]; /* the key of the rule that matched */
	size_t key_len;
	struct bytes targets; /* in the map, lives as long as it */
	size_t tag_len; /* length of the tag in mailbox.local that is carried
			   over */
	struct span extension; /* in mailbox.local, with the delimiter; len 0 if
				  no extension is carried over */
	/* The address_key() of the address that was looked up, whether or not a
	 * rule matched; len 0 if it has none. */
	char address[ADDRESS_KEY_MAX];
	size_t address_len;
};

/*
 * Finds the rule for an address. The table must not be RULE_ROUTES, which has
 * rows for domains: see lookup_find_domain(). Returns 1 and *lookup; 0 when no
 * rule matches, or when the domain has no A-label form, so that the address has
 * no key; ERR_NOMEM; or ERR_IO or ERR_BAD when the map could not be read.
 */
int lookup_find(struct map_reader *reader, enum rule_table table,
	const struct mailbox *mailbox, const struct localpart_syntax *syntax,
	struct lookup *lookup) MUST_CHECK;

/*
 * Finds the row of a domain: of @domain, else of @*.parent, with the longest
 * parent first. domain must be as in a key (address_domain_key()). The table
 * may be RULE_ROUTES, whose values route_read() reads. Sets kind, key and
 * targets of *lookup; there is no tag and no extension. Returns as
 * lookup_find().
 */
int lookup_find_domain(struct map_reader *reader, enum rule_table table,
	struct bytes domain, struct lookup *lookup) MUST_CHECK;

/* A target, applied to the address that was looked up. */
struct lookup_target {
	struct mailbox mailbox;
	bool keeps_local; /* the local part is kept; only the domain is new */
	bool too_long;	  /* the result would be too long for a mailbox: tag and
			     extension are left out */
};

/*
 * Removes the next target from *targets, which begins as lookup->targets, and
 * applies it: either the local part is kept, or tag and extension are carried
 * over. Returns 1; 0 at the end; ERR_BAD when the text in the map is not a
 * target. If only the address in the mail makes the result too long, that is no
 * error: too_long is set.
 */
int lookup_next(const struct lookup *lookup, const struct mailbox *mailbox,
	struct bytes *targets, struct lookup_target *target) MUST_CHECK;

#endif
