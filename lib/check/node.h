/*
 * node: an end of a rule, which is an address or a whole domain ("@a.com"), and
 * where the rules lead from it. Tested by tests/unit/check/test_check.c.
 */
#ifndef READDRESS_CHECK_NODE_H
#define READDRESS_CHECK_NODE_H

#include "map/lookup.h"

struct node {
	struct mailbox mailbox; /* the local part of a domain is empty */
	char key[ADDRESS_KEY_MAX];
	size_t key_len;
};

/* The rules of a map, and how an address is looked up. */
struct node_rules {
	struct map_reader *reader;
	struct localpart_syntax localpart;
};

/* Reads a target as the map has it, but not "@*.a.com". Returns 0, ERR_BAD if
 * it is neither an address nor a domain, or ERR_NOMEM. */
int node_read(struct bytes target, struct node *node) MUST_CHECK;

/* Writes the node as in a CSV file, with a NUL. */
void node_text(const struct node *node, char text[ADDRESS_TEXT_MAX]);

/*
 * Looks up from. Sets *lookup to the rule that matches, and *to to its first
 * target, or to from for an exception. Returns 1; 0 if no rule matches;
 * ERR_NOMEM; or ERR_IO or ERR_BAD if the map cannot be read.
 */
int node_follow(const struct node_rules *rules, enum rule_table table,
	const struct node *from, struct lookup *lookup,
	struct node *to) MUST_CHECK;

/* Returns 1 if the rule that matches from has to among its targets, 0 if not,
 * or an error like node_follow(). */
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

/* Returns the part of the key after the last "@", valid as long as node. */
struct bytes node_domain(const struct node *node);

#endif
