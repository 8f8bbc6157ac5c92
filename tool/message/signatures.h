/*
 * signatures: which DKIM and ARC signatures of a message the edits of its
 * headers break. Nothing is verified: one that was broken before is told of as
 * well.
 */
#ifndef READDRESS_TOOL_MESSAGE_SIGNATURES_H
#define READDRESS_TOOL_MESSAGE_SIGNATURES_H

#include "decide/decide.h"

struct signature {
	struct bytes name;     /* DKIM-Signature, ARC-Message-Signature */
	struct bytes domain;   /* d=, len 0 when there is none */
	struct bytes selector; /* s= */
	struct bytes *covered; /* names of edited headers that it covers, each
				  once; none: it survives */
	size_t covered_count;
};

struct signatures {
	struct signature *items; /* in the message's order */
	size_t count;
};

/* All of *signatures lives in arena and message. 0 or ERR_NOMEM. */
int signatures_find(const struct decide_message *message,
	const struct decision *decision, struct arena *arena,
	struct signatures *signatures) MUST_CHECK;

#endif
