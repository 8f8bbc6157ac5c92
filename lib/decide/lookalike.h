/*
 * lookalike: addresses that are two to IDNA2008 and one to Postfix, which folds
 * the case of domains, too: to it "x@stra\u00dfe.example" is
 * "x@strasse.example". It drops an add that looks like a recipient which it
 * holds as that one's duplicate: nobody is left, after 250 (measured, Postfix
 * 3.7). Called by recipients alone.
 */
#ifndef READDRESS_DECIDE_LOOKALIKE_H
#define READDRESS_DECIDE_LOOKALIKE_H

#include "decide/context.h"

struct lookalike {
	struct bytes folded; /* the address, without quotes, its case folded */
	struct bytes orcpt;  /* so is this, and without xtext */
	const struct recipients_before *before;
};

struct lookalikes {
	struct lookalike *all; /* sorted */
	size_t count;	       /* 0 where every address is ASCII: then what
				  looks alike has one key */
};

/*
 * Makes the list of all before, whose deleted and joined are known. 0;
 * ERR_NOMEM; ERR_BAD and the context's error when one goes, or is what another
 * becomes, and one that looks like it stays: which of the two Postfix holds
 * cannot be known.
 */
int lookalikes_list(struct decide_context *context,
	const struct recipients *all, struct lookalikes *list) MUST_CHECK;

/*
 * Gives what is to be added another ORCPT where Postfix would drop it as a
 * duplicate: the address that it looks like in A-labels, which Postfix does not
 * take for the same. (With enable_original_recipient = no it does not look at
 * ORCPT; that setting is not supported.) 0; ERR_NOMEM; ERR_BAD and the
 * context's error when the client's ORCPTs leave none.
 */
int lookalikes_part(struct decide_context *context,
	const struct lookalikes *list,
	struct recipients_after *after) MUST_CHECK;

#endif
