#include "check/node.h"

#include <stdio.h>

static int set_key(struct node *node)
{
	int len = address_key(&node->mailbox, node->key);

	if (len < 0)
		return len;
	node->key_len = (size_t)len;
	return 0;
}

int node_read(struct bytes target, struct node *node)
{
	struct mailbox *mailbox = &node->mailbox;
	int result = 0;

	if (rule_key_is_domain(target)) {
		if (target.len > sizeof mailbox->domain)
			return ERR_BAD;
		mailbox->local[0] = '\0';
		mailbox->local_len = 0;
		mailbox->domain_len = target.len - 1;
		memcpy(mailbox->domain, target.data + 1, target.len - 1);
		mailbox->domain[target.len - 1] = '\0';
	} else {
		result = address_parse(target.data, target.len, mailbox, NULL);
	}
	return result ? result : set_key(node);
}

void node_text(const struct node *node, char text[ADDRESS_TEXT_MAX])
{
	if (node_is_domain(node))
		(void)snprintf(text, ADDRESS_TEXT_MAX, "@%.*s",
			(int)node->mailbox.domain_len, node->mailbox.domain);
	else if (address_format(&node->mailbox, text) < 0)
		(void)snprintf(text, ADDRESS_TEXT_MAX, "?");
}

int node_follow(const struct node_rules *rules, enum rule_table table,
	const struct node *from, struct lookup *lookup, struct node *to)
{
	struct lookup_target target;
	struct bytes rest;
	int result = lookup_find(rules->reader, table, &from->mailbox,
		&rules->localpart, lookup);

	if (result <= 0)
		return result;
	if (lookup->kind == RULE_EXCEPTION) {
		*to = *from;
		return 1;
	}
	rest = lookup->targets;
	result = lookup_next(lookup, &from->mailbox, &rest, &target);
	if (result <= 0)
		return result ? result : ERR_BAD;
	to->mailbox = target.mailbox;
	result = set_key(to);
	if (result == ERR_BAD) /* the target is not an address */
		return 0;
	return result ? result : 1;
}

int node_leads_to(const struct node_rules *rules, enum rule_table table,
	const struct node *from, const struct node *to)
{
	struct lookup lookup;
	struct lookup_target target;
	struct bytes rest;
	int result = lookup_find(rules->reader, table, &from->mailbox,
		&rules->localpart, &lookup);

	if (result <= 0)
		return result;
	if (lookup.kind == RULE_EXCEPTION)
		return node_equal(from, to);
	rest = lookup.targets;
	while ((result = lookup_next(&lookup, &from->mailbox, &rest, &target)) >
		0) {
		char key[ADDRESS_KEY_MAX];
		int len = address_key(&target.mailbox, key);

		if (len == ERR_NOMEM)
			return len;
		if (len > 0 && bytes_equal((struct bytes){ key, (size_t)len },
				       node_key(to)))
			return 1;
	}
	return result;
}

struct bytes node_domain(const struct node *node)
{
	size_t at = node->key_len;

	while (at && node->key[at - 1] != '@')
		at--;
	return (struct bytes){ node->key + at, node->key_len - at };
}
