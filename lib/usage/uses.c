#include "usage/uses.h"

#include <arpa/inet.h>
#include <stdio.h>

#include "base/network.h"
#include "decide/leak.h"
#include "decide/resolved.h"

#define BIT(count) (1u << (count))

struct name {
	char text[USAGE_NAME_MAX];
	size_t len;
	bool cut; /* it was too long */
};

const char *uses_result_name(enum usage_result result)
{
	static const char *const names[USAGE_RESULTS] = {
		[USAGE_REWRITTEN] = "rewritten",
		[USAGE_UNCHANGED] = "unchanged",
		[USAGE_HELD] = "shadow",
		[USAGE_REFUSED] = "refused",
	};

	return names[result];
}

/* A struct name is large, so it is not set to 0 as a whole. */
static void begin(struct name *name)
{
	name->len = 0;
	name->cut = false;
}

static void copy(struct name *to, const struct name *from)
{
	to->len = from->len;
	to->cut = from->cut;
	memcpy(to->text, from->text, from->len);
}

static void put(struct name *name, struct bytes part)
{
	if (part.len > sizeof name->text - name->len) {
		name->cut = true;
		return;
	}
	memcpy(name->text + name->len, part.data, part.len);
	name->len += part.len;
}

static void put_next(struct name *name, struct bytes part)
{
	put(name, (struct bytes){ "", 1 });
	put(name, part);
}

static void add(struct delta *delta, enum usage_what what,
	enum rule_table table, const struct name *name, unsigned bits)
{
	if (name->cut)
		delta_lose(delta);
	else
		delta_add(delta, what, table,
			(struct bytes){ name->text, name->len }, bits);
}

static unsigned mode_bits(bool shadow, enum decision_field field)
{
	bool header = field == DECISION_HEADER;

	if (shadow)
		return BIT(USAGE_SHADOWED) |
		       BIT(header ? USAGE_SHADOWED_HEADER
				  : USAGE_SHADOWED_ENVELOPE);
	return BIT(USAGE_MESSAGES) |
	       BIT(header ? USAGE_HEADER : USAGE_ENVELOPE);
}

/* Adds an address without its tag and its extension, which change with each
 * message. */
static void add_unruled(struct delta *delta, const struct config *config,
	const struct decision_use *use, bool shadow)
{
	struct localpart_syntax syntax = config_localpart(config);
	struct bytes domain = rule_key_domain(use->address);
	struct bytes local = use->address;
	struct name name;
	size_t tag_len;

	if (use->address.len <= domain.len)
		return;
	local.len -= domain.len + 1;
	tag_len = localpart_tag_len(&syntax, local.data, local.len);
	local.data += tag_len;
	local.len -= tag_len;
	local.len = localpart_extension(&syntax, local.data, local.len);
	begin(&name);
	put(&name, local);
	put(&name, (struct bytes){ domain.data - 1, domain.len + 1 });
	add(delta, USAGE_UNRULED, use->table, &name,
		BIT(shadow ? USAGE_SHADOWED : USAGE_MESSAGES));
}

/* Writes the domain of the sender as in a key; "<>" for the null sender, "?" if
 * it has none. */
static void put_sender(struct name *name, const struct decide_message *message)
{
	char key[ADDRESS_KEY_MAX];
	struct mailbox mailbox;
	struct bytes spelt;
	int len = -1;

	if (!message->sender || !message->sender[0] ||
		!strcmp(message->sender, "<>")) {
		put(name, bytes_of("<>"));
		return;
	}
	if (resolved_mailbox(message->sender, message->sender_resolved,
		    &mailbox, &spelt) > 0)
		len = address_domain_key(
			mailbox.domain, mailbox.domain_len, key);
	if (len > 0)
		put(name, (struct bytes){ key, (size_t)len });
	else
		put(name, bytes_of("?"));
}

/* Adds the client's network: /24 or /48. */
static void put_network(struct name *name, const char *client)
{
	struct network network;
	char text[NETWORK_TEXT_MAX];
	bool v4;

	if (!client || network_parse(client, &network, NULL) < 0) {
		put_next(name, bytes_of("?"));
		return;
	}
	v4 = network_is_v4(&network);
	memset(network.octets + (v4 ? 15 : 6), 0, v4 ? 1 : 10);
	network.prefix = v4 ? 96 + 24 : 48;
	network_text(&network, text);
	put_next(name, bytes_of(text));
}

static void add_leaks(struct delta *delta, const struct decide_message *message,
	const struct decision *decision)
{
	for (size_t i = 0; i < decision->leak_count; i++) {
		const struct decision_leak *leak = &decision->leaks[i];
		struct name name;

		begin(&name);
		put(&name, leak->key);
		put_next(&name, bytes_of(leak_field_name(leak->field)));
		put_network(&name, message->client);
		add(delta, USAGE_LEAK, RULE_OUTBOUND, &name,
			BIT(USAGE_MESSAGES));
	}
	if (decision->leak_total > decision->leak_count)
		delta_lose(delta);
}

/* What one table did to a message. */
struct effect {
	bool used;
	bool rewritten;
	bool users; /* by a rule for a user */
};

static enum usage_result result_of(const struct effect *effect, bool shadow)
{
	if (!effect->rewritten)
		return USAGE_UNCHANGED;
	return shadow ? USAGE_HELD : USAGE_REWRITTEN;
}

static void add_day(struct delta *delta, const struct decision *decision,
	enum rule_table table, enum usage_result result, bool users)
{
	const char *direction = decision_direction_name(decision->direction);
	const char *day = delta_day(delta);
	struct name name;

	if (!*day)
		return;
	begin(&name);
	put(&name, bytes_of(day));
	put_next(&name, bytes_of(direction));
	put_next(&name, bytes_of(uses_result_name(result)));
	add(delta, USAGE_DAY, table, &name,
		BIT(USAGE_MESSAGES) | (users ? BIT(USAGE_USERS) : 0));
}

/* Adds the message to its day: for the table of its direction, and for the
 * other one if that was used. */
static void add_days(struct delta *delta, const struct config *config,
	const struct decision *decision,
	const struct effect effects[RULE_TABLES])
{
	enum rule_table own = decision->direction == DECISION_INBOUND
				      ? RULE_INBOUND
				      : RULE_OUTBOUND;

	for (enum rule_table t = RULE_INBOUND; t <= RULE_OUTBOUND; t++) {
		enum usage_result result =
			result_of(&effects[t], decision_in_shadow(config, t));

		if (decision->refuse)
			result = USAGE_REFUSED;
		if (t == own || effects[t].used)
			add_day(delta, decision, t, result, effects[t].users);
	}
}

/* Adds the domain of the sender, and the domain to which he wrote. */
static void add_stranger(struct delta *delta,
	const struct decide_message *message, const struct decision_use *use,
	bool shadow, struct name *sender)
{
	struct name name;

	if (!sender->len)
		put_sender(sender, message);
	copy(&name, sender);
	put_next(&name, rule_key_domain(use->rule));
	add(delta, USAGE_DOMAIN, use->table, &name,
		BIT(shadow ? USAGE_SHADOWED : USAGE_MESSAGES));
}

void uses_record(struct delta *delta, const struct config *config,
	const struct decide_message *message, const struct decision *decision,
	int64_t now)
{
	struct effect effects[RULE_TABLES] = { { .used = false } };
	struct name sender;

	if (decision->why == DECISION_WHY_REQUEUED)
		return;
	begin(&sender);
	delta_begin(delta, now);
	for (size_t i = 0; i < decision->use_count; i++) {
		const struct decision_use *use = &decision->uses[i];
		struct effect *effect = &effects[use->table];
		bool shadow = decision_in_shadow(config, use->table);

		delta_add(delta, USAGE_RULE, use->table, use->rule,
			mode_bits(shadow, use->field));
		effect->used = true;
		effect->rewritten |= use->rewritten;
		effect->users |= !use->address.len;
		if (use->address.len)
			add_unruled(delta, config, use, shadow);
		if (use->field == DECISION_RECIPIENT &&
			decision->direction == DECISION_INBOUND)
			add_stranger(delta, message, use, shadow, &sender);
	}
	if (decision->uses_lost)
		delta_lose(delta);
	add_leaks(delta, message, decision);
	add_days(delta, config, decision, effects);
}
