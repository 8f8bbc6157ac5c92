/*
 * node: one end of a rule: an address, or a whole domain ("@a.com"), and where
 * the rules lead from there. For check.c.
 */
#ifndef READDRESS_CHECK_NODE_H
#define READDRESS_CHECK_NODE_H

#include "map/lookup.h"

struct node {
	struct mailbox mailbox; /* of a domain: the local part is empty */
	char key[ADDRESS_KEY_MAX];
	size_t key_len;
};

/* Which rules, and how they are looked up. */
struct node_rules {
	struct map_reader *reader;
	struct localpart_syntax localpart;
};

/* A target as the map holds it, "@*.a.com" not. 0, ERR_BAD, ERR_NOMEM. */
int node_read(struct bytes target, struct node *node) MUST_CHECK;

/* As in a CSV, NUL-terminated. */
void node_text(const struct node *node, char text[ADDRESS_TEXT_MAX]);

/*
 * The rule that holds, in *lookup, and the first place that it leads to; from
 * itself for an exception. Returns 1; 0 when no rule holds; ERR_NOMEM, or, when
 * the map failed, ERR_IO, ERR_BAD.
 */
int node_follow(const struct node_rules *rules, enum rule_table table,
	const struct node *from, struct lookup *lookup,
	struct node *to) MUST_CHECK;

/* Does the rule that holds lead from one place to the other, among others?
 * 1, 0, or as node_follow. */
int node_leads_to(const struct node_rules *rules, enum rule_table table,
	const struct node *from, const struct node *to) MUST_CHECK;

static inline struct bytes node_key(const struct node *node)
{
	return (struct bytes){ node->key, node->key_len };
}

static inline bool node_equal(const struct node *a, const struct node *b)
{
	return bytes_equal(node_key(a), node_key(b));
}

static inline bool node_is_domain(const struct node *node)
{
	return !node->mailbox.local_len;
}

/* The key's part behind the last "@". */
struct bytes node_domain(const struct node *node);

#endif
