/*
 * ourtable: the tables of readdress that Postfix asks by the look-up service,
 * and their answers without it.
 */
#ifndef READDRESS_DIAGNOSIS_OURTABLE_H
#define READDRESS_DIAGNOSIS_OURTABLE_H

#include "diagnosis/diagnosis.h"

/* Cuts the name of the table off the word of a socketmap. *endpoint becomes its
 * socket, *name the table's name. Returns false for a table of another type. */
bool ourtable_cut(
	struct bytes table, struct bytes *endpoint, struct bytes *name);

/* True if the endpoint, as Postfix names it, is that of our look-up service. */
bool ourtable_is_ours(const struct diagnosis *diagnosis, struct bytes endpoint);

/* Answers for a table of ours, "socketmap:unix:readdress/lookup.sock:domains",
 * by the map that is looked at, as postmap.h says of own. context is the
 * diagnosis. */
int ourtable_answer(void *context, struct bytes table, struct bytes keys,
	struct bytes *answers) MUST_CHECK;

#endif
