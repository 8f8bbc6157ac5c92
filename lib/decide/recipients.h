/*
 * recipients: those of a message as they were and as they are to be, and what
 * of it Postfix has to be told: the net difference of keys; and those in both
 * of which another notification is wanted than Postfix holds. Called by
 * envelope alone.
 */
#ifndef READDRESS_RECIPIENTS_H
#define READDRESS_RECIPIENTS_H

#include "decide/outcome.h"

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

/* One more of all->after, in the context's arena, its order set; or NULL. */
struct recipients_after *recipients_new(
	struct verdict_context *context, struct recipients *all);

/*
 * Fills adds and deletes of the decision, all->before and all->after being
 * complete; they are taken apart. 0; ERR_NOMEM; ERR_BAD with the context's
 * error where Postfix cannot be told (see lookalike.h).
 */
int recipients_difference(
	struct verdict_context *context, struct recipients *all) MUST_CHECK;

#endif
