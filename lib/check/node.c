#include "check/node.h"

#include <stdio.h>

static int set_key(struct place *place)
{
	int len = address_key(&place->mailbox, place->key);

	if (len < 0)
		return len;
	place->key_len = (size_t)len;
	return 0;
}

int place_read(struct bytes target, struct place *place)
{
	struct mailbox *mailbox = &place->mailbox;
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
	return result ? result : set_key(place);
}

void place_text(const struct place *place, char text[ADDRESS_TEXT_MAX])
{
	if (place_is_domain(place))
		(void)snprintf(text, ADDRESS_TEXT_MAX, "@%.*s",
			(int)place->mailbox.domain_len, place->mailbox.domain);
	else if (address_format(&place->mailbox, text) < 0)
		(void)snprintf(text, ADDRESS_TEXT_MAX, "?");
}

int place_follow(const struct place_rules *rules, enum rule_table table,
	const struct place *from, struct lookup *lookup, struct place *to)
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
	if (result == ERR_BAD) /* leads to what is no address */
		return 0;
	return result ? result : 1;
}

int place_leads_to(const struct place_rules *rules, enum rule_table table,
	const struct place *from, const struct place *to)
{
	struct lookup lookup;
	struct lookup_target target;
	struct bytes rest;
	int result = lookup_find(rules->reader, table, &from->mailbox,
		&rules->localpart, &lookup);

	if (result <= 0)
		return result;
	if (lookup.kind == RULE_EXCEPTION)
		return place_equal(from, to);
	rest = lookup.targets;
	while ((result = lookup_next(&lookup, &from->mailbox, &rest, &target)) >
		0) {
		char key[ADDRESS_KEY_MAX];
		int len = address_key(&target.mailbox, key);

		if (len == ERR_NOMEM)
			return len;
		if (len > 0 && bytes_equal((struct bytes){ key, (size_t)len },
				       place_key(to)))
			return 1;
	}
	return result;
}

struct bytes place_domain(const struct place *place)
{
	size_t at = place->key_len;

	while (at && place->key[at - 1] != '@')
		at--;
	return (struct bytes){ place->key + at, place->key_len - at };
}
