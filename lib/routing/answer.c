#include "routing/answer.h"

#include "decide/outcome.h"
#include "routing/domainrole.h"

/* Memory for what one address becomes: many targets with long extensions. */
#define MEMORY_MAX ((size_t)16 << 20)

/* A query, and what its tables share. */
struct query {
	struct map_reader *reader;
	const struct config *config;
	const struct autoroutes *autoroutes;
	struct bytes key;
	struct answer *answer;
	/* For a table whose keys are addresses: */
	struct arena *arena;
	struct mailbox mailbox;
	char domain_text[ADDRESS_KEY_MAX];
	struct bytes domain; /* as in a key; that of a domain, too */
	struct domainrole role;
};

void answer_fail(struct answer *answer, const char *reason)
{
	size_t len = strlen(reason);

	answer->status = ANSWER_TEMP;
	answer->len = len < ANSWER_MAX ? len : ANSWER_MAX;
	memcpy(answer->text, reason, answer->len);
}

/* Makes it ANSWER_OK with that text, which is data of ours, or of the map.
 * Returns 0 or ERR_NOMEM. */
static int give(struct query *query, struct bytes text)
{
	if (text.len > ANSWER_MAX)
		return ERR_NOMEM;
	query->answer->status = ANSWER_OK;
	query->answer->len = text.len;
	memcpy(query->answer->text, text.data, text.len);
	return 0;
}

/* Reads a domain as it stands in a key, and finds its role. Returns 1; 0 if it
 * is not a domain, or an address literal; or a negative error. */
static int read_domain(struct query *query, const char *domain, size_t len)
{
	int result;

	if (!len || domain[0] == '[')
		return 0;
	result = address_check_source_domain(domain, len, NULL);
	if (!result)
		result = address_domain_key(domain, len, query->domain_text);
	if (result < 0)
		return result == ERR_BAD ? 0 : result;
	query->domain = (struct bytes){ query->domain_text, (size_t)result };
	result = domainrole_find(
		query->reader, query->autoroutes, query->domain, &query->role);
	return result < 0 ? result : 1;
}

/* Reads an address, as it stands in mail or as Postfix writes it internally.
 * With a blank in front it is internal: the quotes of " bob"@a.example are
 * gone, which is not bob@a.example. Returns as read_domain(). */
static int read_address(struct query *query)
{
	struct mailbox *mailbox = &query->mailbox;
	struct bytes key = query->key;

	if (!key.len || key.len > ADDRESS_TEXT_MAX ||
		!address_utf8_valid(key.data, key.len))
		return 0;
	if ((key.data[0] == ' ' ||
		    address_parse(key.data, key.len, mailbox, NULL)) &&
		address_parse_internal(key.data, key.len, mailbox))
		return 0;
	if (!mailbox->local_len)
		return 0;
	return read_domain(query, mailbox->domain, mailbox->domain_len);
}

/* Returns 1 if the address itself, as it came, can be written; 0 if not; or
 * ERR_NOMEM. */
static int is_writable(const struct query *query)
{
	char text[ADDRESS_TEXT_MAX];
	int len = address_format(&query->mailbox, text);

	if (len == ERR_NOMEM)
		return len;
	return len >= 0 && len <= ADDRESS_MAX;
}

/* Finds what the milter would make of the address. */
static int find_outcome(struct query *query, enum rule_table table,
	bool smtputf8, struct outcome *outcome)
{
	const struct decide_message message = { .smtputf8 = smtputf8 };
	const struct decide_context context = { .config = query->config,
		.reader = query->reader,
		.message = &message,
		.arena = query->arena };

	return outcome_find(&context, table, &query->mailbox,
		table == RULE_OUTBOUND ? DECISION_SENDER : DECISION_RECIPIENT,
		outcome);
}

static int answer_domains(struct query *query)
{
	return query->role.accepted ? give(query, bytes_of("relay")) : 0;
}

static int answer_mailboxes(struct query *query)
{
	return query->role.role == ROUTE_LOCAL ? give(query, bytes_of("local"))
					       : 0;
}

/* Returns 1 if mail for the address can be accepted, 0 if not, or an error. */
static int is_recipient(struct query *query, bool open)
{
	const struct domainrole *role = &query->role;
	struct outcome outcome;
	/* Mail that needs SMTPUTF8 has it: nothing else is known here. */
	int result = find_outcome(query, RULE_INBOUND, true, &outcome);

	if (result < 0 || outcome.result == DECISION_LEFT)
		return result;
	if (outcome.result == DECISION_REWRITTEN)
		return 1;
	if (outcome.rule.len || (role->accepted && !role->source) ||
		(open && !role->accepted && role->role != ROUTE_LOCAL))
		return is_writable(query);
	return 0;
}

static int answer_recipients(struct query *query)
{
	int result = is_recipient(query, false);

	return result == 1 ? give(query, bytes_of("OK")) : result;
}

static int answer_recipients_open(struct query *query)
{
	int result = is_recipient(query, true);

	return result == 1 ? give(query, bytes_of("OK")) : result;
}

/* Returns 1 if a rule leaves the address as it is, at least in one copy; 0 if
 * not; or an error. */
static int stays(struct query *query)
{
	struct outcome outcome;
	int result = find_outcome(query, RULE_INBOUND, true, &outcome);

	if (result < 0 || !outcome.rule.len || outcome.result == DECISION_LEFT)
		return result;
	if (outcome.result != DECISION_REWRITTEN)
		return 1;
	for (size_t i = 0; i < outcome.target_count; i++)
		if (bytes_equal(outcome.targets[i].key, outcome.key))
			return 1;
	return 0;
}

static int answer_transport(struct query *query)
{
	int result = 0;

	if (query->role.role == ROUTE_HOLD)
		return give(query, bytes_of("retry:4.7.1 held by readdress"));
	if (query->role.nexthop.len)
		return give(query, query->role.nexthop);
	/* Mail for a domain whose MX is another host, or whose mailboxes are
	 * here, does not come back. */
	if (query->role.source && query->role.role == ROUTE_RELAY)
		result = stays(query);
	if (result <= 0)
		return result;
	return give(query,
		bytes_of("retry:4.4.6 readdress leaves this address as it is, "
			 "and routes has no next hop for its domain"));
}

/* Answers with what the address becomes. */
static int answer_result(struct query *query, enum rule_table table)
{
	struct outcome outcome;
	struct bytes text;
	char itself[ADDRESS_TEXT_MAX];
	/* As readdress lookup does: SMTPUTF8 is given if the address itself
	 * needs it. */
	int result = find_outcome(
		query, table, address_local_is_utf8(&query->mailbox), &outcome);

	if (result < 0 || !outcome.rule.len || outcome.result == DECISION_LEFT)
		return result;
	if (outcome.target_count) {
		result = outcome_join(query->arena, &outcome, &text);
		return result ? result : give(query, text);
	}
	result = address_format(&query->mailbox, itself);
	if (result < 0)
		return result == ERR_BAD ? 0 : result;
	return give(query, (struct bytes){ itself, (size_t)result });
}

static int answer_inbound(struct query *query)
{
	return answer_result(query, RULE_INBOUND);
}

static int answer_outbound(struct query *query)
{
	return answer_result(query, RULE_OUTBOUND);
}

/* answer() leaves the answer ANSWER_NOTFOUND, or gives one; it returns 0 or a
 * negative error. */
static const struct {
	const char *name;
	bool of_domains; /* the keys are domains, not addresses */
	int (*answer)(struct query *query);
} tables[] = {
	{ "domains", true, answer_domains },
	{ "mailboxes", true, answer_mailboxes },
	{ "recipients", false, answer_recipients },
	{ "recipients-open", false, answer_recipients_open },
	{ "transport", false, answer_transport },
	{ "inbound", false, answer_inbound },
	{ "outbound", false, answer_outbound },
};

#define TABLES (sizeof tables / sizeof *tables)

static int find_answer(struct query *query, size_t table)
{
	int result;

	if (tables[table].of_domains) {
		result = read_domain(query, query->key.data, query->key.len);
		return result == 1 ? tables[table].answer(query) : result;
	}
	result = read_address(query);
	if (result <= 0)
		return result;
	query->arena = arena_open(MEMORY_MAX);
	result = query->arena ? tables[table].answer(query) : ERR_NOMEM;
	arena_close(query->arena);
	return result;
}

void answer_query(struct map_reader *reader, const struct config *config,
	const struct autoroutes *autoroutes, struct bytes name,
	struct bytes key, struct answer *answer)
{
	struct query query = { .reader = reader,
		.config = config,
		.autoroutes = autoroutes,
		.key = key,
		.answer = answer };
	size_t table = 0;
	int result;

	answer->status = ANSWER_NOTFOUND;
	answer->len = 0;
	while (table < TABLES &&
		!bytes_equal(name, bytes_of(tables[table].name)))
		table++;
	if (table == TABLES) {
		answer_fail(answer,
			"readdress has no such table: expected domains, "
			"mailboxes, recipients, recipients-open, transport, "
			"inbound or outbound");
		return;
	}
	result = find_answer(&query, table);
	if (result == ERR_NOMEM)
		answer_fail(answer, "readdress is out of memory");
	else if (result < 0)
		answer_fail(answer, "readdress cannot read its map");
}
