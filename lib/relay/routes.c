#include "relay/routes.h"

#include <inttypes.h>

#include "diagnosis/remedy.h"
#include "diagnosis/ruledomains.h"
#include "diagnosis/tally.h"
#include "relay/shadowloop.h"
#include "routing/domainrole.h"

#define DAY 86400

/* Returns 1 if mail for the domain has a next hop, 0 if it goes to the domain's
 * MX, or a negative number if that is not known. */
static int has_hop(struct tally *tally, struct bytes domain)
{
	struct diagnosis *diagnosis = tally->diagnosis;
	const char *transport = tally_value(tally, "relay_transport");
	const char *own;
	int found = postmap_find_transport(diagnosis->postmap,
		tally_value(tally, "transport_maps"), domain,
		diagnosis_parents(diagnosis, "transport_maps"), &own);

	if (found < 0)
		return found;
	/* By this answer of ours it waits: routing/answer.c. */
	if (found && !strncmp(own, "retry:4.4.6", 11))
		return 0;
	if (found && shadowloop_transport_leads(own))
		return 1;
	return *tally_value(tally, "relayhost") ||
	       shadowloop_transport_leads(transport);
}

/* True if the rule leaves its source as it is, at least in one copy. */
static bool keeps_source(const struct rule *rule)
{
	struct bytes targets = rule_value_targets(rule->value);
	struct bytes target;
	char text[ADDRESS_TEXT_MAX];
	size_t len = rule_source_text(rule->key, text);

	if (rule_value_kind(rule->value) == RULE_EXCEPTION)
		return true;
	while (rule_next_target(&targets, &target))
		if (bytes_equal_nocase(target, (struct bytes){ text, len }))
			return true;
	return false;
}

static int look_at_stay(struct tally *tally, const struct rule *rule)
{
	const char *at = memrchr(rule->key.data, '@', rule->key.len);
	struct domainrole role;
	struct bytes domain;
	int result;

	if (!at || !keeps_source(rule))
		return 0;
	domain.data = at + 1;
	domain.len = (size_t)(rule->key.data + rule->key.len - domain.data);
	(void)bytes_take(&domain, "*.");
	result = domainrole_find(
		tally->reader, tally->diagnosis->autoroutes, domain, &role);
	if (result || role.role != ROUTE_RELAY)
		return result;
	result = has_hop(tally, domain);
	if (result == ERR_NOMEM || result == 1)
		return result == 1 ? 0 : result;
	return tally_add(
		tally, result < 0 ? &tally->unknown : &tally->names, rule->key);
}

int routes_check_stays(struct diagnosis *diagnosis)
{
	struct map_walk walk = { .map = diagnosis->map, .table = RULE_INBOUND };
	struct tally tally;
	int result;

	if (!diagnosis->map)
		return 0;
	result = tally_begin(&tally, diagnosis);
	while (!result && (result = map_walk_next(&walk)) == 1)
		result = look_at_stay(&tally, &walk.rule);
	map_walk_close(&walk);
	if (!result && tally.names.count)
		result = diagnosis_say(diagnosis, DIAGNOSIS_FAIL,
			diagnosis_text(diagnosis,
				"the rules leave %zu address%s as %s, and the "
				"domain has no next hop: %s",
				tally.names.count,
				tally.names.count == 1 ? "" : "es",
				tally.names.count == 1 ? "it is" : "they are",
				tally_tell(&tally, &tally.names)),
			"its mail goes to the domain's MX, which is this "
			"relay: it waits, or comes back and bounces",
			"readdress add routes @DOMAIN 'smtp:[HOST]:25' "
			"--reload && postfix reload (HOST has the mailboxes of "
			"the DOMAIN; without the look-up service: a line in a "
			"table of transport_maps)");
	if (!result)
		result = tally_say_unknown(&tally, "the next hop of them");
	return tally_end(&tally, result);
}

static int look_at_target(void *context, struct bytes domain)
{
	struct tally *tally = context;
	int result;

	if (!tally_is_relayed(tally, domain))
		return 0;
	result = has_hop(tally, domain);
	if (result == ERR_NOMEM || result == 1)
		return result == 1 ? 0 : result;
	return tally_add(
		tally, result < 0 ? &tally->unknown : &tally->names, domain);
}

/* Looks at a row of routes: a host behind NAT does not know itself among the MX
 * records of a domain whose backup it is. */
static int look_at_backup(struct tally *tally, struct bytes domain)
{
	struct domainrole role;
	int result;

	if (*domain.data == '*')
		return 0;
	result = domainrole_find(
		tally->reader, tally->diagnosis->autoroutes, domain, &role);
	if (result || role.role != ROUTE_BACKUP || role.nexthop.len)
		return result;
	result = has_hop(tally, domain);
	if (result)
		return result == ERR_NOMEM ? result : 0;
	return tally_add(tally, &tally->names, domain);
}

static int check_backups(struct tally *tally)
{
	struct diagnosis *diagnosis = tally->diagnosis;
	struct map_walk walk = { .map = diagnosis->map, .table = RULE_ROUTES };
	int result = 0;

	tally->names = (struct tally_names){ 0 };
	if (!diagnosis->is_hidden || *tally_value(tally, "proxy_interfaces"))
		return 0;
	while (!result && (result = map_walk_next(&walk)) == 1)
		result = look_at_backup(
			tally, (struct bytes){ walk.rule.key.data + 1,
				       walk.rule.key.len - 1 });
	map_walk_close(&walk);
	if (result || !tally->names.count)
		return result;
	return diagnosis_say(diagnosis, DIAGNOSIS_FAIL,
		diagnosis_text(diagnosis,
			"this host has no public address, proxy_interfaces is "
			"empty, and it is the backup of %s",
			tally_tell(tally, &tally->names)),
		"Postfix does not know itself among the domain's MX records: "
		"while the primary is down, it sends the mail to itself, and "
		"bounces it",
		"postconf -e 'proxy_interfaces = ADDRESS' && postfix reload "
		"(the public ADDRESS that leads to this host)");
}

int routes_check_target_loop(struct diagnosis *diagnosis)
{
	struct tally tally;
	int result;

	if (!diagnosis->map)
		return 0;
	result = tally_begin(&tally, diagnosis);
	if (!result)
		result = ruledomains_each(
			diagnosis, RULEDOMAINS_TARGETS, look_at_target, &tally);
	if (!result && tally.names.count)
		result = diagnosis_say(diagnosis, DIAGNOSIS_FAIL,
			diagnosis_text(diagnosis,
				"relay_domains has %zu target domain%s of "
				"inbound rules, without a next hop: %s",
				tally.names.count,
				tally.names.count == 1 ? "" : "s",
				tally_tell(&tally, &tally.names)),
			"mail that was rewritten goes to the MX of its domain, "
			"which is this relay: it comes back and bounces",
			"readdress add routes @DOMAIN 'smtp:[HOST]:25' "
			"--reload && postfix reload (HOST has the mailboxes of "
			"the DOMAIN; without the look-up service: a line in a "
			"table of transport_maps)");
	if (!result)
		result = tally_say_unknown(&tally, "the next hop of them");
	if (!result)
		result = check_backups(&tally);
	return tally_end(&tally, result);
}

/* ---- domains that are held ---- */

int routes_check_hold(struct diagnosis *diagnosis)
{
	const char *text = postfix_value(
		diagnosis->postfix, NULL, "maximal_queue_lifetime");
	uint64_t lifetime = postfix_seconds(bytes_of(text), 'd');
	int result = 0;

	for (size_t i = 0; !result && i < diagnosis->held_count; i++) {
		const struct diagnosis_held *held = &diagnosis->held[i];
		uint64_t age = held->age;

		if (age <= lifetime / 2)
			continue;
		result = diagnosis_say(diagnosis,
			age > lifetime / 5 * 4 ? DIAGNOSIS_FAIL
					       : DIAGNOSIS_WARN,
			diagnosis_text(diagnosis,
				"%s is held for %" PRIu64
				" hours, and maximal_queue_lifetime is %s",
				held->domain, age / 3600, text),
			"mail that waits for it bounces when it is as old as "
			"that",
			diagnosis_text(diagnosis,
				"postconf -e 'maximal_queue_lifetime = %" PRIu64
				"d' && postfix reload (or end it: readdress "
				"delete routes @%s --reload)",
				3 * age / DAY + 1, held->domain));
	}
	return result;
}
