/*
 * context: the values that the parts of a decision share while it is made.
 * Types only. Tested by tests/unit/decide/test_decide.c.
 */
#ifndef READDRESS_DECIDE_CONTEXT_H
#define READDRESS_DECIDE_CONTEXT_H

#include "base/arena.h"
#include "decide/decision.h"
#include "map/map.h"

struct envelope_memory;

struct decide_context {
	const struct config *config;
	struct map_reader *reader;
	const struct decide_message *message;
	struct arena *arena;		/* holds what the decision points to */
	struct arena *scratch;		/* is emptied after each header */
	struct envelope_memory *memory; /* of the envelope's addresses */
	struct decision *decision;
	size_t findings_room; /* capacity of decision->findings */
	size_t uses_room;     /* capacity of decision->uses */
	struct error *error;  /* gets the text of an error, but for ERR_NOMEM */
};

/* A recipient as the client gave it. Recipients that are not an address are not
 * listed. */
struct recipients_before {
	struct bytes key;
	struct bytes spelt; /* the spelling by which Postfix deletes it */
	const char *orcpt;  /* the client's ORCPT as a milter hands it to
			       Postfix; NULL if the client gave none */
	size_t recipient;   /* index in decide_message.recipients */
	bool rewritten;
	bool deleted; /* Postfix must delete it: no recipient is rewritten to
			 it, or its NOTIFY changes and it is added again */
	bool joined;  /* a recipient is rewritten to it: another one, or itself
			 by its own rule */
};

/* A recipient of the rewritten message: one for each target of a rewritten
 * recipient, one for each recipient that stays. */
struct recipients_after {
	struct bytes key;
	const char *text;  /* the new address; NULL if the recipient stays */
	const char *orcpt; /* of the recipient that is rewritten to it */
	bool held;	   /* Postfix has this recipient and keeps it */
	size_t recipient;  /* index in decide_message.recipients */
	size_t order;	   /* position in which it was listed */
};

struct recipients {
	struct recipients_before *before;
	size_t before_count;
	struct recipients_after *after;
	size_t after_count;
	size_t after_room;
};

#endif
