#include "decide/decide.h"

#include "mail/dkim.h"
#include "decide/envelope.h"
#include "decide/headers.h"
#include "decide/leak.h"
#include "decide/proof.h"
#include "decide/outcome.h"

/* For one header at a time, of 60,000 octets where Postfix sends them. */
#define DECIDE_SCRATCH_MAX ((size_t)256 << 20)

const char decide_why_signed[] = "a DKIM signature covers the header";
const char decide_why_unread[] = "it cannot be read as an address";

static bool is_local(const struct decide_client *client)
{
	return client->daemon_name &&
	       !strcmp(client->daemon_name, CONFIG_LOCAL);
}

bool decide_is_local(const struct decide_client *client)
{
	return is_local(client) && client->address &&
	       (!strncmp(client->address, "127.", 4) ||
		       !strcmp(client->address, "::1"));
}

enum direction decide_direction(const struct config *config,
	const struct decide_client *client, enum decide_why *why)
{
	*why = WHY_DAEMON;
	if (client->daemon_name) {
		struct bytes daemon = bytes_of(client->daemon_name);

		if (is_local(client))
			return INBOUND;
		if (config_list_has(&config->outbound_daemons, daemon))
			return OUTBOUND;
		if (config_list_has(&config->inbound_daemons, daemon))
			return INBOUND;
	}
	*why = WHY_AUTHENTICATED;
	if (client->authenticated && config->outbound_authenticated)
		return OUTBOUND;
	*why = WHY_NETWORK;
	if (client->address &&
		network_contains(config->outbound_networks,
			config->outbound_networks_count, client->address))
		return OUTBOUND;
	*why = WHY_DEFAULT;
	return INBOUND;
}

bool decide_wants_header(const struct config *config, enum direction direction,
	enum decide_why why, struct bytes name)
{
	enum config_headers which = config->inbound_rewrite_headers;
	bool unproven = direction == OUTBOUND &&
			config->outbound_required_count &&
			(why == WHY_DAEMON || why == WHY_NETWORK);

	/* Those of outbound tell of leaks in inbound messages. */
	if (config_list_has_nocase(&config->outbound_headers, name) ||
		(unproven && proof_names(config, name)))
		return true;
	if ((direction == OUTBOUND && !unproven) || which == HEADERS_NEVER)
		return false;
	return config_list_has_nocase(&config->inbound_headers, name) ||
	       (which == HEADERS_UNLESS_SIGNED && dkim_is_signature(name));
}

/* Does a rule of inbound name the recipient's domain? 1, 0, or an error. */
static int is_ours(const struct verdict_context *context,
	const struct decide_recipient *recipient, struct bytes *spelt)
{
	struct mailbox mailbox;
	char key[ADDRESS_KEY_MAX];
	int result = envelope_mailbox(
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

/* Postfix's own: the null sender is "<>" or the like of every SMTP client, and
 * empty here alone. Refused, a bounce leaves the message that it is about in
 * the queue for ever, neither delivered nor returned. */
static bool is_bounce(const struct decide_message *message)
{
	return message->sender && !*message->sender;
}

/* A stranger in a shared network: may his message pass to these recipients? */
static int refuse_foreign(struct verdict_context *context)
{
	const struct decide_message *message = context->message;
	struct decision *decision = context->decision;

	for (size_t i = 0; i < message->recipient_count; i++) {
		struct bytes spelt;
		int result = is_ours(context, &message->recipients[i], &spelt);

		if (result < 0)
			return result;
		if (!result) {
			/* Shadow mode changes no mail, and opens no door. */
			decision->refuse = true;
			decision->refused = spelt;
			return 0;
		}
	}
	return 0;
}

/* Who is outbound by daemon name or network must prove that he is ours. */
static int ask_for_proof(struct verdict_context *context)
{
	const struct config *config = context->config;
	const struct decide_message *message = context->message;
	struct decision *decision = context->decision;
	int result;

	if (decision->direction != OUTBOUND ||
		!config->outbound_required_count ||
		(decision->why != WHY_DAEMON && decision->why != WHY_NETWORK &&
			decision->why != WHY_COMMAND))
		return 0;
	result = proof_find(config, message, context->arena, &decision->proof);
	if (result)
		return result < 0 ? result : 0;
	proof_find_unseen(config, message->required_seen, &decision->proof);
	decision->direction = INBOUND;
	decision->why = WHY_UNPROVEN;
	return is_bounce(message) ? 0 : refuse_foreign(context);
}

/* Postfix put it into the queue again, and it had passed the milter. */
static bool was_decided(const struct decide_message *message)
{
	enum received_state state = RECEIVED_NONE;

	for (size_t i = 0; message->mta && i < message->header_count; i++)
		if (!received_next(&state, message->mta,
			    message->headers[i].name,
			    message->headers[i].value))
			break;
	return received_is_requeued(state);
}

static int decide_all(struct verdict_context *context)
{
	const struct config *config = context->config;
	struct decision *decision = context->decision;
	int result;

	if (was_decided(context->message)) {
		decision->why = WHY_REQUEUED;
		return 0;
	}
	result = ask_for_proof(context);
	if (result < 0 || decision->refuse)
		return result;
	if (decision->direction == OUTBOUND)
		result = envelope_sender(context);
	if (!result && (decision->direction == INBOUND ||
			       config->outbound_route_recipients))
		result = envelope_recipients(context);
	if (!result)
		result = headeredit_decide(context);
	if (!result)
		result = leak_find(context);
	return result;
}

int decide(const struct config *config, const struct map *map,
	enum direction direction, enum decide_why why,
	const struct decide_message *message, struct arena *arena,
	struct decision *decision, struct error *error)
{
	struct error doubt = { "" };
	struct verdict_context context = { config, NULL, message, arena,
		arena_open_beside(arena, DECIDE_SCRATCH_MAX), decision, 0,
		&doubt };
	int result = ERR_NOMEM;

	memset(decision, 0, sizeof *decision);
	decision->direction = direction;
	decision->why = why;
	if (context.scratch)
		result = map_reader_open(&context.reader, map);
	if (!result)
		result = decide_all(&context);
	map_reader_close(context.reader);
	arena_close(context.scratch);
	if (result == ERR_NOMEM)
		return error_set(error, result,
			"out of memory, or the message is too large");
	if (result < 0)
		return error_set(error, result, "%s",
			*doubt.text ? doubt.text : "the map cannot be read");
	return 0;
}

bool decide_in_shadow(const struct config *config, enum rule_table table)
{
	enum config_mode mode = table == RULE_OUTBOUND ? config->outbound_mode
						       : config->inbound_mode;

	return mode == MODE_SHADOW;
}

bool decide_changes(const struct decision *decision)
{
	return decision->sender || decision->add_count ||
	       decision->delete_count || decision->header_count;
}

const char *decide_direction_name(enum direction direction)
{
	return direction == OUTBOUND ? "outbound" : "inbound";
}

const char *decide_why_name(enum decide_why why)
{
	static const char *const names[DECIDE_WHYS] = { "default", "daemon",
		"authenticated", "network", "unproven", "command", "requeued" };

	return why < DECIDE_WHYS ? names[why] : "";
}

const char *decide_field_name(enum decide_field field)
{
	static const char *const names[DECIDE_FIELDS] = { "from", "rcpt",
		"header" };

	return field < DECIDE_FIELDS ? names[field] : "";
}

const char *decide_result_name(enum decide_result result)
{
	static const char *const names[DECIDE_RESULTS] = { "rewritten",
		"unchanged", "exception", "left", "unparsable" };

	return result < DECIDE_RESULTS ? names[result] : "";
}
