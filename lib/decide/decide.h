/*
 * decide: the heart. Given a direction, an envelope, headers and a map, list
 * the edits. No I/O; nothing is changed that was given; the milter and
 * `readdress rewrite` both call it.
 */
#ifndef READDRESS_DECIDE_DECIDE_H
#define READDRESS_DECIDE_DECIDE_H

#include "base/arena.h"
#include "decide/decision.h"
#include "map/map.h"

/* What a decision is made of. */
struct decide_input {
	const struct config *config;
	const struct map *map;
	enum decision_direction direction; /* from direction_find, or given */
	enum decision_why why;		   /* likewise, or COMMAND */
	const struct decide_message *message;
};

/*
 * Makes the decision. All of *decision lives in arena, or points into message
 * and map. Returns 0; or ERR_NOMEM (the arena's cap, too), ERR_IO, ERR_BAD when
 * the map failed or Postfix cannot be told what the rules want (lookalike.h):
 * then the message is to be deferred.
 */
int decide(const struct decide_input *input, struct arena *arena,
	struct decision *decision, struct error *error) MUST_CHECK;

#endif
