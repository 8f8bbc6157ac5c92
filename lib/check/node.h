/*
 * place: one end of a rule: an address, or a whole domain ("@a.com"), and where
 * the rules lead from there. For check.c.
 */
#ifndef READDRESS_PLACE_H
#define READDRESS_PLACE_H

#include "map/lookup.h"

struct place {
	struct mailbox mailbox; /* of a domain: the local part is empty */
	char key[ADDRESS_KEY_MAX];
	size_t key_len;
};

/* Which rules, and how they are looked up. */
struct place_rules {
	struct map_reader *reader;
	struct localpart_syntax localpart;
};

/* A target as the map holds it, "@*.a.com" not. 0, ERR_BAD, ERR_NOMEM. */
int place_read(struct bytes target, struct place *place) MUST_CHECK;

/* As in a CSV, NUL-terminated. */
void place_text(const struct place *place, char text[ADDRESS_TEXT_MAX]);

/*
 * The rule that holds, in *lookup, and the first place that it leads to; from
 * itself for an exception. Returns 1; 0 when no rule holds; ERR_NOMEM, or, when
 * the map failed, ERR_IO, ERR_BAD.
 */
int place_follow(const struct place_rules *rules, enum rule_table table,
	const struct place *from, struct lookup *lookup,
	struct place *to) MUST_CHECK;

/* Does the rule that holds lead from one place to the other, among others?
 * 1, 0, or as place_follow. */
int place_leads_to(const struct place_rules *rules, enum rule_table table,
	const struct place *from, const struct place *to) MUST_CHECK;

static inline struct bytes place_key(const struct place *place)
{
	return (struct bytes){ place->key, place->key_len };
}

static inline bool place_equal(const struct place *a, const struct place *b)
{
	return bytes_equal(place_key(a), place_key(b));
}

static inline bool place_is_domain(const struct place *place)
{
	return !place->mailbox.local_len;
}

/* The key's part behind the last "@". */
struct bytes place_domain(const struct place *place);

#endif
