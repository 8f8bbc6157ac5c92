/*
 * signatures: the DKIM and ARC signatures of a message, and which of them the
 * edits of its headers break. Signatures are not verified: one that was broken
 * before counts like any other. Tested by tests/e2e/rewrite.test.
 */
#ifndef READDRESS_TOOL_MESSAGE_SIGNATURES_H
#define READDRESS_TOOL_MESSAGE_SIGNATURES_H

#include "decide/decide.h"

struct signature {
	struct bytes name;     /* DKIM-Signature, ARC-Message-Signature */
	struct bytes domain;   /* d=; len 0: it has none */
	struct bytes selector; /* s=; len 0: it has none */
	struct bytes *covered; /* names of the edited headers that it covers,
				  each once; if none, it survives */
	size_t covered_count;
};

struct signatures {
	struct signature *items; /* in the order of the message */
	size_t count;
};

/* Finds the signatures. *signatures points into arena and into *message.
 * Returns 0 or ERR_NOMEM. */
int signatures_find(const struct decide_message *message,
	const struct decision *decision, struct arena *arena,
	struct signatures *signatures) MUST_CHECK;

#endif
