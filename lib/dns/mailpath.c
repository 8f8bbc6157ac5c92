#include "dns/mailpath.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>

#include "base/clock.h"
#include "dns/safeafter.h"

static bool expects_first(const struct survey *survey)
{
	return survey->role == ROUTE_NONE || survey->role == ROUTE_RELAY ||
	       survey->role == ROUTE_LOCAL;
}

/* True if mail for the domain does not come here yet, but is to come one day.
 */
static bool may_switch(const struct survey *survey)
{
	return !survey->listed &&
	       (expects_first(survey) || survey->role == ROUTE_AUTO);
}

static const char *relay_name(const struct survey *survey)
{
	return survey->relay->host_count ? survey->relay->hosts[0]
					 : "this host";
}

/* The MX records as text, for messages. */
static const char *show_mx(struct survey *survey)
{
	const char *set;

	if (!survey->mx.count)
		return "no MX record";
	set = observation_set(survey->diagnosis.arena, &survey->mx, true);
	return set ? diagnosis_text(&survey->diagnosis, "MX %s", set) : NULL;
}

/* Names what is wrong with one host of the MX set. */
static int check_host(struct survey *survey, const struct survey_host *host)
{
	const char *lost = "Mail servers that follow RFC 5321 do not deliver "
			   "to it, so mail is delayed or bounces.";
	const char *remedy = diagnosis_text(&survey->diagnosis,
		"In the zone, let the MX record of %s name a host that has an "
		"A or AAAA record of its own.",
		survey->domain);

	if (reply_is_address(host->name))
		return diagnosis_say(&survey->diagnosis, DIAGNOSIS_FAIL,
			diagnosis_text(&survey->diagnosis,
				"found the address %s as MX, expected the name "
				"of a host",
				host->name),
			lost, remedy);
	if (host->addresses.kind == REPLY_UNKNOWN)
		return survey_unanswered(
			survey, host->name, REPLY_A, host->addresses.failure);
	if (host->addresses.alias && survey->mx.count)
		return diagnosis_say(&survey->diagnosis, DIAGNOSIS_FAIL,
			diagnosis_text(&survey->diagnosis,
				"the MX %s is an alias (CNAME), expected a "
				"name with addresses of its own",
				host->name),
			lost, remedy);
	if (!host->addresses.count)
		return diagnosis_say(&survey->diagnosis, DIAGNOSIS_FAIL,
			diagnosis_text(&survey->diagnosis,
				"%s%s has no address",
				survey->mx.count ? "the MX "
						 : "there is no MX "
						   "record, and ",
				host->name),
			lost, remedy);
	return 0;
}

int mailpath_check_mx(struct survey *survey)
{
	int result = 0;

	if (survey->mx.kind == REPLY_UNKNOWN)
		return survey_unanswered(
			survey, survey->domain, REPLY_MX, survey->mx.failure);
	if (survey->mx.kind == REPLY_NO_NAME)
		return diagnosis_say(&survey->diagnosis, DIAGNOSIS_FAIL,
			"the domain does not exist in the DNS",
			"Nobody can send mail to it.",
			"Publish the zone, or delete the rules of the domain: "
			"`readdress list inbound` shows them.");
	for (size_t i = 0; !result && i < survey->host_count; i++) {
		if (!*survey->hosts[i].name)
			return diagnosis_say(&survey->diagnosis, DIAGNOSIS_FAIL,
				"found a null MX (RFC 7505)",
				"It says that the domain takes no mail, so all "
				"mail bounces.",
				"In the zone, replace the MX record \"0 .\" by "
				"the mail servers of the domain.");
		result = check_host(survey, &survey->hosts[i]);
	}
	if (result)
		return result;
	if (!survey->listed || !expects_first(survey) ||
		survey->best > survey->ours)
		return survey->diagnosis.said
			       ? 0
			       : diagnosis_pass(
					 &survey->diagnosis, show_mx(survey));
	return diagnosis_say(&survey->diagnosis, DIAGNOSIS_FAIL,
		diagnosis_text(&survey->diagnosis,
			"%s is an MX at preference %u, this relay at %u",
			survey->other, survey->best, survey->ours),
		"Mail that goes to that host passes this relay by, and is not "
		"rewritten.",
		diagnosis_text(&survey->diagnosis,
			"In the zone, remove that MX record, or give it a "
			"preference above %u; if that host is one of your "
			"relays, add --host %s.",
			survey->ours, survey->other));
}

/* What the MX records make of this host. */
static const char *find_role(const struct survey *survey)
{
	if (!survey->listed)
		return "not listed";
	return survey->ours <= survey->best ? "first" : "behind another";
}

int mailpath_check_role(struct survey *survey)
{
	const char *is = find_role(survey);
	const char *expected = "first";
	const char *role = route_role_name(survey->role);
	const char *why = "Mail goes elsewhere, and is not rewritten here.";

	if (survey->mx.kind == REPLY_UNKNOWN)
		return survey_unanswered(
			survey, survey->domain, REPLY_MX, survey->mx.failure);
	if (survey->role == ROUTE_AUTO || survey->role == ROUTE_HOLD)
		return diagnosis_pass(&survey->diagnosis,
			diagnosis_text(&survey->diagnosis, "auto: %s is %s",
				relay_name(survey), is));
	if (survey->role == ROUTE_BACKUP)
		expected = "behind another";
	else if (survey->role == ROUTE_REMOTE)
		expected = "not listed";
	if (!strcmp(is, expected))
		return 0;
	if (survey->role == ROUTE_REMOTE)
		why = "Mail comes to this host, which does not accept it.";
	else if (survey->role == ROUTE_BACKUP && survey->listed)
		why = "Mail comes to this host, and waits for a primary that "
		      "no MX record names.";
	return diagnosis_say(&survey->diagnosis, DIAGNOSIS_WARN,
		diagnosis_text(&survey->diagnosis,
			"among the MX records, %s is %s; the role %s expects "
			"it %s%s",
			relay_name(survey), is, *role ? role : "relay",
			expected, survey->listed ? "" : " (not switched yet?)"),
		why,
		diagnosis_text(&survey->diagnosis,
			"Change the MX records of %s when all is ready, or its "
			"role: `readdress add routes @%s ROLE --replace`.",
			survey->domain, survey->domain));
}

/* Says why nothing is known about the TTL; *known becomes false then. */
static int check_known(struct survey *survey, bool *known)
{
	*known = false;
	if (survey->from_cache)
		return diagnosis_skip(&survey->diagnosis,
			diagnosis_text(&survey->diagnosis,
				"%s does not serve the zone: it tells how long "
				"it still remembers the MX records, and not "
				"their TTL",
				survey->source->only));
	if (survey->failure)
		return survey_unanswered(
			survey, survey->domain, REPLY_MX, survey->failure);
	*known = survey->count > 0;
	return 0;
}

/* Finds the highest and the lowest TTL that servers answer now. */
static void find_ttls(
	const struct survey *survey, uint32_t *lowest, uint32_t *highest)
{
	const struct observation *now = &survey->list[survey->count - 1];

	*lowest = UINT32_MAX;
	*highest = 0;
	for (size_t i = 0; i < now->count; i++) {
		uint32_t ttl = now->servers[i].ttl;

		*lowest = ttl < *lowest ? ttl : *lowest;
		*highest = ttl > *highest ? ttl : *highest;
	}
}

static int warn_of_low(struct survey *survey, uint32_t ttl)
{
	struct safeafter after;

	safeafter_find(survey->list, survey->count, &after);
	if (after.state == SAFEAFTER_SPREADING ||
		after.time + MAILPATH_SETTLE > survey->now)
		return 0;
	return diagnosis_say(&survey->diagnosis, DIAGNOSIS_WARN,
		diagnosis_text(&survey->diagnosis,
			"the TTL of the MX records is still %" PRIu32
			" s, more than seven days after the change is over",
			ttl),
		"Everybody asks the name servers again and again, and mail is "
		"late when they fail.",
		diagnosis_text(&survey->diagnosis,
			"In the zone, raise the TTL of the MX records of %s "
			"again, to 86400.",
			survey->domain));
}

int mailpath_check_ttl(struct survey *survey)
{
	uint32_t lowest;
	uint32_t highest;
	uint32_t former;
	char time[CLOCK_TEXT_MAX];
	int64_t quick;
	bool known;
	int result = check_known(survey, &known);

	if (result || !known)
		return result;
	if (!survey->mx.count)
		return diagnosis_pass(
			&survey->diagnosis, "there is no MX record");
	find_ttls(survey, &lowest, &highest);
	quick = safeafter_lowered(
		survey->list, survey->count, survey->listed, &former);
	clock_text(quick, time);
	if (quick > survey->now)
		return diagnosis_say(&survey->diagnosis, DIAGNOSIS_FAIL,
			diagnosis_text(&survey->diagnosis,
				"the TTL was lowered from %" PRIu32
				" s to %" PRIu32
				" s; a change of the MX records is quick from "
				"%s on",
				former, lowest, time),
			"Until then, some mail servers remember the MX records "
			"for the former time, and go on sending the old way.",
			diagnosis_text(&survey->diagnosis,
				"Do not change the MX records before %s.",
				time));
	if (may_switch(survey) && highest > MAILPATH_TTL)
		return diagnosis_say(&survey->diagnosis, DIAGNOSIS_WARN,
			diagnosis_text(&survey->diagnosis,
				"the TTL of the MX records is %" PRIu32
				" s, expected at most %d s before the switch",
				highest, MAILPATH_TTL),
			"After the switch, mail goes the old way for that "
			"long, and so it does when you have to go back.",
			diagnosis_text(&survey->diagnosis,
				"In the zone, lower the TTL of the MX records "
				"of %s to 300, at least %" PRIu32
				" s before you change them.",
				survey->domain, highest));
	if (survey->listed && lowest < MAILPATH_TTL)
		return warn_of_low(survey, lowest);
	return 0;
}

static int say_spreading(struct survey *survey, const struct safeafter *after)
{
	return diagnosis_say(&survey->diagnosis, DIAGNOSIS_WARN,
		diagnosis_text(&survey->diagnosis,
			"unknown: the name servers do not answer the same MX "
			"records everywhere yet (%s)",
			after->server ? after->server : "?"),
		"Mail still comes the other way, too.",
		diagnosis_text(&survey->diagnosis,
			"See to it that all name servers of %s have the same "
			"serial of the zone, and keep the old way open; then "
			"run `readdress dns %s` again.",
			survey->domain, survey->domain));
}

int mailpath_check_safe_after(struct survey *survey)
{
	struct safeafter after;
	char time[CLOCK_TEXT_MAX];
	bool known;
	int result = check_known(survey, &known);

	if (result || !known)
		return result;
	safeafter_find(survey->list, survey->count, &after);
	if (after.state == SAFEAFTER_SPREADING)
		return say_spreading(survey, &after);
	clock_text(after.time, time);
	if (after.time <= survey->now)
		return diagnosis_pass(&survey->diagnosis,
			diagnosis_text(&survey->diagnosis,
				"%s is past: nobody remembers other MX records",
				time));
	if (after.state == SAFEAFTER_KNOWN)
		return diagnosis_say(&survey->diagnosis, DIAGNOSIS_WARN,
			diagnosis_text(&survey->diagnosis,
				"%s: until then, other MX records may be "
				"remembered",
				time),
			"Mail may still come the other way.",
			diagnosis_text(&survey->diagnosis,
				"Keep the old way open until %s.", time));
	return diagnosis_say(&survey->diagnosis, DIAGNOSIS_WARN,
		diagnosis_text(&survey->diagnosis,
			"unknown: no other MX records were ever seen here; it "
			"is 72 hours after the change at the earliest, %s if "
			"they changed just now",
			time),
		"If the MX records have just changed, mail may still come the "
		"other way.",
		"Keep the old way open until then. Before the next change, run "
		"`readdress dns` once: it remembers what it sees.");
}

/* Asks where mail for a target goes. *mx is REPLY_RECORDS for a target whose
 * mail arrives. */
static int look_at_target(struct survey *survey,
	const struct survey_target *target, struct reply *mx, bool *by_address)
{
	int result = reply_ask(survey->source, survey->diagnosis.arena, NULL,
		target->name, REPLY_MX, mx);

	*by_address = !result && mx->kind == REPLY_NO_RECORD;
	if (*by_address)
		result = reply_ask_addresses(survey->source,
			survey->diagnosis.arena, target->name, mx);
	return result;
}

int mailpath_check_target(struct survey *survey)
{
	int result = 0;

	for (size_t i = 0; !result && i < survey->target_count; i++) {
		const struct survey_target *target = &survey->targets[i];
		struct reply mx;
		bool by_address;
		bool null;

		if (target->has_nexthop)
			continue;
		result = look_at_target(survey, target, &mx, &by_address);
		if (result)
			break;
		null = mx.count && !mx.records[0].data.len;
		if (mx.kind == REPLY_UNKNOWN)
			result = survey_unanswered(
				survey, target->name, REPLY_MX, mx.failure);
		else if (!mx.count || null)
			result = diagnosis_say(&survey->diagnosis,
				DIAGNOSIS_FAIL,
				diagnosis_text(&survey->diagnosis,
					"the target domain %s has %s",
					target->name,
					null ? "a null MX (RFC 7505): it takes "
					       "no mail"
					     : "neither an MX record nor an "
					       "address"),
				"Mail that is rewritten to it bounces.",
				diagnosis_text(&survey->diagnosis,
					"Correct the rules, or say where its "
					"mail goes: `readdress add routes @%s "
					"smtp:[HOST]:25`.",
					target->name));
	}
	return result;
}

/* True if the best of the target's mail hosts is this relay. */
static int leads_back(
	struct survey *survey, const struct survey_target *target, bool *back)
{
	struct reply mx;
	bool by_address;
	unsigned best = UINT_MAX;
	int result = look_at_target(survey, target, &mx, &by_address);

	*back = !result && by_address && survey_is_ours(survey, "", &mx);
	for (size_t i = 0; !result && !by_address && i < mx.count; i++) {
		const struct reply_record *record = &mx.records[i];
		struct reply addresses;

		if (!record->data.len || record->number > best)
			continue;
		result = reply_ask_addresses(survey->source,
			survey->diagnosis.arena, record->data.data, &addresses);
		if (result || !survey_is_ours(
				      survey, record->data.data, &addresses)) {
			if (record->number < best)
				*back = false;
			best = record->number;
			continue;
		}
		best = record->number;
		*back = true;
	}
	return result;
}

int mailpath_check_target_loop(struct survey *survey)
{
	int result = 0;

	for (size_t i = 0; !result && i < survey->target_count; i++) {
		const struct survey_target *target = &survey->targets[i];
		bool back = false;

		if (target->has_nexthop)
			continue;
		result = leads_back(survey, target, &back);
		if (!result && back)
			result = diagnosis_say(&survey->diagnosis,
				DIAGNOSIS_FAIL,
				diagnosis_text(&survey->diagnosis,
					"the MX of the target domain %s is "
					"this relay",
					target->name),
				"Mail that is rewritten to it comes back here, "
				"and bounces as a loop.",
				diagnosis_text(&survey->diagnosis,
					"Say where its mail goes: `readdress "
					"add routes @%s smtp:[HOST]:25`.",
					target->name));
	}
	return result;
}
