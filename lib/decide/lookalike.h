/*
 * lookalike: handles recipients that IDNA2008 tells apart but Postfix treats as
 * duplicates. Postfix folds the case of domains, too, so that to it
 * "x@stra\u00dfe.example" is "x@strasse.example". If a milter adds one of them
 * while Postfix holds the other, Postfix drops the added one although it
 * answered 250 (measured with Postfix 3.7), and nobody gets the message. Called
 * by recipients alone. Tested by tests/unit/decide/test_envelope.c and
 * test_envelope_model.c.
 */
#ifndef READDRESS_DECIDE_LOOKALIKE_H
#define READDRESS_DECIDE_LOOKALIKE_H

#include "decide/context.h"

struct lookalike {
	struct bytes folded; /* the address without quotes, its case folded */
	struct bytes orcpt;  /* the ORCPT without xtext, its case folded */
	const struct recipients_before *before;
};

struct lookalikes {
	struct lookalike *all; /* sorted */
	size_t count;	       /* 0 if every address is ASCII: then addresses
				  that look alike have the same key */
};

/*
 * Makes the list of all->before; deleted and joined must be set. *list lives in
 * the context's arena.
 *
 * Returns 0; or ERR_NOMEM; or ERR_BAD, with the context's error set, if one
 * recipient is deleted, or another recipient is rewritten to it, while one that
 * looks like it stays. It cannot be known which of the two Postfix holds.
 */
int lookalikes_list(struct decide_context *context,
	const struct recipients *all, struct lookalikes *list) MUST_CHECK;

/*
 * Changes the ORCPT of an address that is added if Postfix would drop it as a
 * duplicate. Postfix compares the ORCPT, too, so the new one is an address in
 * A-labels: that of the recipient which it looks like, or its own. (Postfix
 * does not compare it with enable_original_recipient = no, a setting that is
 * not supported.)
 *
 * Returns 0; or ERR_NOMEM; or ERR_BAD, with the context's error set, if the
 * recipients' own ORCPTs leave no choice.
 */
int lookalikes_part(struct decide_context *context,
	const struct lookalikes *list,
	struct recipients_after *after) MUST_CHECK;

#endif
