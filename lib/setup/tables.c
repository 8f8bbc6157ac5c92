#include "setup/tables.h"

#include <stdio.h>

#include "diagnosis/shell.h"
#include "postfix/domainlist.h"
#include "postfix/words.h"

static const char *table(struct plan *plan, const char *name)
{
	return plan_text(plan, "%s%s", plan->tables, name);
}

/* True if the list has a word that is that table. */
static bool has_table(
	struct plan *plan, const char *parameter, const char *name)
{
	struct bytes ours = bytes_of(table(plan, name));
	struct bytes rest =
		bytes_of(postfix_value(plan->expanded, NULL, parameter));
	struct bytes word;

	while (words_next(&rest, WORDS_OF_LIST, &word))
		if (bytes_equal(word, ours))
			return true;
	return false;
}

/* True if somebody has put the table into the list himself. */
static bool is_by_hand(struct plan *plan, const char *parameter,
	const char *reference, const char *name)
{
	return !reference_is_in(plan_value(plan, parameter), reference) &&
	       has_table(plan, parameter, name);
}

/* True if the list has words that are not our tables of recipients. */
static bool has_others(struct plan *plan)
{
	struct bytes rest = bytes_of(
		postfix_value(plan->expanded, NULL, "relay_recipient_maps"));
	struct bytes closed = bytes_of(table(plan, "recipients"));
	struct bytes open = bytes_of(table(plan, "recipients-open"));
	struct bytes before = bytes_of(
		postfix_value(plan->expanded, NULL, TABLES_RECIPIENTS));
	struct bytes word;

	while (words_next(&rest, WORDS_OF_LIST, &word))
		if (!bytes_equal(word, closed) && !bytes_equal(word, open) &&
			!bytes_equal(word, before))
			return true;
	return false;
}

/* True if relay_domains has words that are not our table. */
static bool has_other_domains(struct plan *plan)
{
	struct bytes rest =
		bytes_of(postfix_value(plan->expanded, NULL, "relay_domains"));
	struct bytes ours = bytes_of(table(plan, "domains"));
	struct bytes word;

	while (words_next(&rest, WORDS_OF_LIST, &word))
		if (!bytes_equal(word, ours))
			return true;
	return false;
}

static void plan_recipients(struct plan *plan)
{
	static const char list[] = "relay_recipient_maps";
	bool others = has_others(plan);

	if (is_by_hand(plan, list, TABLES_RECIPIENTS, "recipients-open") ||
		(is_by_hand(plan, list, TABLES_RECIPIENTS, "recipients") &&
			(others || !has_other_domains(plan))))
		return;
	plan->why = others ? "Recipients without a rule are refused while "
			     "the client is still connected, beside those "
			     "that are in your own tables."
			   : "Recipients without a rule are refused while "
			     "the client is still connected. Of other relay "
			     "domains any user is accepted, as before.";
	plan_list(plan, list, PLAN_LAST, TABLES_RECIPIENTS,
		table(plan, others ? "recipients" : "recipients-open"));
}

/* True if the role of the domain in routes is local, and no parameter says that
 * its mailboxes are here. */
static bool is_homeless(const struct plan *plan, const struct rule *rule)
{
	static const char *const homes[] = { "mydestination",
		"virtual_mailbox_domains", "virtual_alias_domains" };
	struct bytes value = rule_value_targets(rule->value);
	struct bytes domain = rule->key;

	if (!bytes_take(&value, "local") || (value.len && *value.data != ' ') ||
		!bytes_take(&domain, "@") || bytes_take(&domain, "*."))
		return false;
	for (size_t i = 0; i < sizeof homes / sizeof *homes; i++)
		if (domainlist_match(
			    postfix_value(plan->expanded, NULL, homes[i]),
			    domain, DOMAINLIST_EXACT, NULL,
			    NULL) != DOMAINLIST_NO)
			return false;
	return true;
}

static void plan_mailboxes(struct plan *plan)
{
	struct map_walk walk = { .map = plan->map, .table = RULE_ROUTES };
	bool found = plan_is_set(plan, TABLES_MAILBOXES);

	while (!found && map_walk_next(&walk) == 1)
		found = is_homeless(plan, &walk.rule);
	map_walk_close(&walk);
	if (!found)
		return;
	plan->why = "The table routes says that mailboxes of a domain are on "
		    "this host, and neither mydestination nor "
		    "virtual_mailbox_domains has it.";
	plan_list(plan, "virtual_mailbox_domains", PLAN_LAST, TABLES_MAILBOXES,
		table(plan, "mailboxes"));
}

/* Without the socket for look-ups, Postfix has nobody to ask. */
static void plan_socket(struct plan *plan)
{
	const char *socket = plan->config->socket;
	const char *end = strrchr(socket, '/');
	const char *queue =
		postfix_value(plan->expanded, NULL, "queue_directory");
	const char *directory =
		!strncmp(socket, "unix:/", 6)
			? plan_text(plan, "%.*s", (int)(end - socket - 5),
				  socket + 5)
			: plan_text(plan, "%s/readdress", queue);
	const char *path = plan->config->path;

	path = path ? plan_keep(plan, shell_word(plan->arena, path)) : "";
	plan->why = "Postfix asks readdress for domains, recipients and next "
		    "hops at lookup_socket, which is empty. Set it, and then "
		    "run this command again.";
	plan_add(plan, PLAN_SHELL, "lookup_socket",
		plan_text(plan,
			"sed -i '/^ *lookup_socket *=/d' %s\n"
			"echo 'lookup_socket = \"unix:%s/lookup.sock\"' >>%s\n"
			"systemctl restart readdress-milter",
			path, directory, path));
}

void tables_plan(struct plan *plan)
{
	if (!*plan->tables) {
		plan_socket(plan);
		return;
	}
	plan->why = "Mail for target domains takes the next hop in the table "
		    "routes; mail for a domain that is held waits.";
	if (!is_by_hand(plan, "transport_maps", TABLES_TRANSPORT, "transport"))
		plan_list(plan, "transport_maps", PLAN_FIRST, TABLES_TRANSPORT,
			table(plan, "transport"));
	plan_recipients(plan);
	plan->why = "Mail for the domains of inbound rules is accepted.";
	if (!is_by_hand(plan, "relay_domains", TABLES_DOMAINS, "domains"))
		plan_list(plan, "relay_domains", PLAN_LAST, TABLES_DOMAINS,
			table(plan, "domains"));
	plan_mailboxes(plan);
	if (plan_is_set(plan, "fast_flush_domains"))
		return;
	plan->why = "Otherwise Postfix asks once more for each deferred "
		    "message, only to keep a list for ETRN.";
	plan_scalar(plan, "fast_flush_domains", "readdress_fast_flush", "");
}
