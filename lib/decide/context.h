/*
 * context: what the parts of a decision share while it is made.
 */
#ifndef READDRESS_DECIDE_CONTEXT_H
#define READDRESS_DECIDE_CONTEXT_H

#include "base/arena.h"
#include "decide/decision.h"
#include "map/map.h"

/* What the parts of a decision work with. */
struct decide_context {
	const struct config *config;
	struct map_reader *reader;
	const struct decide_message *message;
	struct arena *arena;   /* what the decision needs */
	struct arena *scratch; /* empty again after each header */
	struct decision *decision;
	size_t findings_room; /* of decision->findings */
	struct error *error;  /* says why, beside memory */
};

/* A recipient as it was; one for each that is an address. */
struct recipients_before {
	struct bytes key;
	struct bytes spelt; /* a delete goes by it */
	const char *orcpt;  /* the client's, for a milter; NULL: it gave none */
	size_t recipient;   /* its index in the message */
	bool rewritten;
	bool deleted; /* no recipient is rewritten to it, or its NOTIFY changes
			 and it is added again */
	bool joined;  /* another recipient is rewritten to it, or it is kept by
			 its own rule */
};

/* A recipient as it is to be: one for each target, or for one that stays. */
struct recipients_after {
	struct bytes key;
	const char *text;  /* NULL: it stays */
	const char *orcpt; /* of the recipient that it comes from */
	bool held;	   /* Postfix holds it, and it is not deleted */
	size_t recipient;
	size_t order;
};

struct recipients {
	struct recipients_before *before;
	size_t before_count;
	struct recipients_after *after;
	size_t after_count;
	size_t after_room;
};

#endif
