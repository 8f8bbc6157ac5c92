#include "decide/direction.h"

#include "decide/proof.h"
#include "decide/resolved.h"
#include "mail/dkim.h"

static bool is_local(const struct decide_client *client)
{
	return client->daemon_name &&
	       !strcmp(client->daemon_name, CONFIG_LOCAL);
}

bool direction_is_local(const struct decide_client *client)
{
	return is_local(client) && client->address &&
	       (!strncmp(client->address, "127.", 4) ||
		       !strcmp(client->address, "::1"));
}

enum decision_direction direction_find(const struct config *config,
	const struct decide_client *client, enum decision_why *why)
{
	*why = DECISION_WHY_DAEMON;
	if (client->daemon_name) {
		struct bytes daemon = bytes_of(client->daemon_name);

		if (is_local(client))
			return DECISION_INBOUND;
		if (config_list_has(&config->outbound_daemons, daemon))
			return DECISION_OUTBOUND;
		if (config_list_has(&config->inbound_daemons, daemon))
			return DECISION_INBOUND;
	}
	*why = DECISION_WHY_AUTHENTICATED;
	if (client->authenticated && config->outbound_authenticated)
		return DECISION_OUTBOUND;
	*why = DECISION_WHY_NETWORK;
	if (client->address &&
		network_contains(config->outbound_networks,
			config->outbound_networks_count, client->address))
		return DECISION_OUTBOUND;
	*why = DECISION_WHY_DEFAULT;
	return DECISION_INBOUND;
}

bool direction_wants_header(const struct config *config,
	enum decision_direction direction, enum decision_why why,
	struct bytes name)
{
	enum config_headers which = config->inbound_rewrite_headers;
	bool unproven =
		direction == DECISION_OUTBOUND &&
		config->outbound_required_count &&
		(why == DECISION_WHY_DAEMON || why == DECISION_WHY_NETWORK);

	/* Inbound messages, too, are searched for leaks in these headers. */
	if (config_list_has_nocase(&config->outbound_headers, name) ||
		(unproven && proof_names(config, name)))
		return true;
	if ((direction == DECISION_OUTBOUND && !unproven) ||
		which == CONFIG_HEADERS_NEVER)
		return false;
	return config_list_has_nocase(&config->inbound_headers, name) ||
	       (which == CONFIG_HEADERS_UNLESS_SIGNED &&
		       dkim_is_signature(name));
}

/* Returns 1 if the recipient's domain is the source of an inbound rule, 0 if it
 * is not, or a negative error. */
static int is_ours(const struct decide_context *context,
	const struct decide_recipient *recipient, struct bytes *spelt)
{
	struct mailbox mailbox;
	char key[ADDRESS_KEY_MAX];
	int result = resolved_mailbox(
		recipient->address, recipient->resolved, &mailbox, spelt);
	int len;

	if (result <= 0)
		return result;
	len = address_domain_key(mailbox.domain, mailbox.domain_len, key);
	if (len < 0)
		return len == ERR_BAD ? 0 : len;
	return map_names_domain(
		context->reader, (struct bytes){ key, (size_t)len });
}

/* True if Postfix itself made this message. Only then is the sender the empty
 * string; an SMTP client's null sender has at least the "<>". A
 * bounce must not be refused: the message that it is about would stay in the
 * queue, neither delivered nor returned. */
static bool is_bounce(const struct decide_message *message)
{
	return message->sender && !*message->sender;
}

/* Refuses a message that is not proven if it is for another domain than ours:
 * its sender may be another customer of the same cloud. */
static int refuse_foreign(struct decide_context *context)
{
	const struct decide_message *message = context->message;
	struct decision *decision = context->decision;

	for (size_t i = 0; i < message->recipient_count; i++) {
		struct bytes spelt;
		int result = is_ours(context, &message->recipients[i], &spelt);

		if (result < 0)
			return result;
		if (!result) {
			/* Shadow mode does not change this: it must not make
			 * this host an open relay. */
			decision->refuse = true;
			decision->refused = spelt;
			return 0;
		}
	}
	return 0;
}

int direction_ask_for_proof(struct decide_context *context)
{
	const struct config *config = context->config;
	const struct decide_message *message = context->message;
	struct decision *decision = context->decision;
	int result;

	if (decision->direction != DECISION_OUTBOUND ||
		!config->outbound_required_count ||
		(decision->why != DECISION_WHY_DAEMON &&
			decision->why != DECISION_WHY_NETWORK &&
			decision->why != DECISION_WHY_COMMAND))
		return 0;
	result = proof_find(config, message, context->arena, &decision->proof);
	if (result)
		return result < 0 ? result : 0;
	proof_find_unseen(config, message->required_seen, &decision->proof);
	decision->direction = DECISION_INBOUND;
	decision->why = DECISION_WHY_UNPROVEN;
	return is_bounce(message) ? 0 : refuse_foreign(context);
}
