#include "dns/survey.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

int survey_unanswered(struct survey *survey, const char *name,
	enum reply_type type, const char *failure)
{
	survey->unanswered = true;
	return diagnosis_skip(&survey->diagnosis,
		diagnosis_text(&survey->diagnosis,
			"the question \"%s %s\" was not answered: %s", name,
			reply_type_name(type), failure));
}

const char *survey_helo(const struct survey *survey)
{
	return survey->relay->host_count ? survey->relay->hosts[0]
					 : "localhost";
}

bool survey_is_ours(const struct survey *survey, const char *name,
	const struct reply *addresses)
{
	const struct survey_relay *relay = survey->relay;

	for (size_t i = 0; i < relay->host_count; i++)
		if (reply_same_name(relay->hosts[i], name))
			return true;
	for (size_t i = 0; addresses && i < addresses->count; i++)
		for (size_t n = 0; n < relay->address_count; n++)
			if (reply_same_address(addresses->records[i].data.data,
				    relay->addresses[n]))
				return true;
	return false;
}

/* The servers of a domain while they are asked. */
struct servers {
	struct observation_server list[OBSERVATION_SERVERS];
	size_t count;
};

static bool has_server(const struct servers *servers, const char *address)
{
	for (size_t i = 0; i < servers->count; i++)
		if (!strcmp(servers->list[i].address, address))
			return true;
	return servers->count == OBSERVATION_SERVERS;
}

/* Notes what a server answered. */
static int note_server(struct survey *survey, struct servers *servers,
	const char *address, const struct reply *answer)
{
	struct observation_server *server = &servers->list[servers->count];

	*server = (struct observation_server){ .address = address,
		.ttl = answer->ttl };
	servers->count++;
	if (answer->kind == REPLY_UNKNOWN) {
		if (!survey->failure)
			survey->failure = answer->failure;
		return 0;
	}
	if (survey->mx.kind == REPLY_UNKNOWN)
		survey->mx = *answer;
	server->set = observation_set(survey->diagnosis.arena, answer, true);
	return server->set ? 0 : ERR_NOMEM;
}

/* Asks a server of the domain at all its addresses. One that this host has no
 * way to is left out if there is another. */
static int ask_name_server(
	struct survey *survey, struct servers *servers, const char *name)
{
	struct reply addresses;
	struct reply answer = { .kind = REPLY_UNKNOWN };
	size_t asked = 0;
	int result = reply_ask_addresses(
		survey->source, survey->diagnosis.arena, name, &addresses);

	if (result)
		return result;
	if (addresses.kind == REPLY_UNKNOWN)
		return has_server(servers, name)
			       ? 0
			       : note_server(survey, servers, name, &addresses);
	for (size_t i = 0; !result && i < addresses.count; i++) {
		const char *address = addresses.records[i].data.data;

		if (has_server(servers, address)) {
			asked++;
			continue;
		}
		result = reply_ask(survey->source, survey->diagnosis.arena,
			address, survey->domain, REPLY_MX, &answer);
		if (!result && !answer.unreachable) {
			asked++;
			result = note_server(survey, servers, address, &answer);
		}
	}
	if (!result && !asked && addresses.count && !has_server(servers, name))
		return note_server(survey, servers, name, &answer);
	return result;
}

/* Finds the name servers of the zone that the domain is in. */
static int find_name_servers(struct survey *survey, struct reply *ns)
{
	const char *zone = survey->domain;

	for (;;) {
		const char *dot = strchr(zone, '.');
		int result = reply_ask(survey->source, survey->diagnosis.arena,
			NULL, zone, REPLY_NS, ns);

		if (result || ns->kind == REPLY_UNKNOWN ||
			(ns->count && !ns->alias) || !dot)
			return result;
		zone = dot + 1;
	}
}

static int compare_servers(const void *left, const void *right)
{
	const struct observation_server *a = left;
	const struct observation_server *b = right;

	return strcmp(a->address, b->address);
}

static int keep_servers(struct survey *survey, struct servers *servers,
	struct observation *observation)
{
	struct observation_server *kept = arena_array(
		survey->diagnosis.arena, servers->count, sizeof *kept);

	if (!kept)
		return ERR_NOMEM;
	qsort(servers->list, servers->count, sizeof *kept, compare_servers);
	memcpy(kept, servers->list, servers->count * sizeof *kept);
	observation->servers = kept;
	observation->count = servers->count;
	return 0;
}

/* Asks the one server of --server. */
static int observe_only(
	struct survey *survey, struct servers *servers, struct reply *ns)
{
	struct reply answer;
	int result = reply_ask(survey->source, survey->diagnosis.arena, NULL,
		survey->domain, REPLY_NS, ns);

	if (!result)
		result = reply_ask(survey->source, survey->diagnosis.arena,
			NULL, survey->domain, REPLY_MX, &answer);
	if (result)
		return result;
	survey->from_cache =
		answer.kind != REPLY_UNKNOWN && !answer.authoritative;
	return note_server(survey, servers, survey->source->only, &answer);
}

int survey_observe(
	struct survey *survey, int64_t now, struct observation *observation)
{
	struct servers servers = { .count = 0 };
	struct reply ns;
	int result;

	*observation = (struct observation){ .time = now };
	survey->now = now;
	survey->failure = NULL;
	survey->from_cache = false;
	survey->unanswered = false;
	survey->mx = (struct reply){ .kind = REPLY_UNKNOWN };
	if (survey->source->only) {
		result = observe_only(survey, &servers, &ns);
	} else {
		result = find_name_servers(survey, &ns);
		for (size_t i = 0; !result && i < ns.count; i++)
			result = ask_name_server(
				survey, &servers, ns.records[i].data.data);
		if (!result && !servers.count) {
			survey->failure = ns.kind == REPLY_UNKNOWN
						  ? ns.failure
						  : "its zone has no server";
			if (ns.kind == REPLY_NO_NAME)
				survey->mx.kind = REPLY_NO_NAME;
		}
	}
	if (result)
		return result;
	if (ns.count && !ns.alias) {
		observation->ns =
			observation_set(survey->diagnosis.arena, &ns, false);
		observation->ns_ttl = ns.ttl;
		if (!observation->ns)
			return ERR_NOMEM;
	}
	if (survey->mx.kind == REPLY_UNKNOWN && survey->failure)
		survey->mx.failure = survey->failure;
	if (survey->mx.kind == REPLY_UNKNOWN || survey->from_cache)
		return 0;
	return keep_servers(survey, &servers, observation);
}

static int compare_hosts(const void *left, const void *right)
{
	const struct survey_host *a = left;
	const struct survey_host *b = right;

	if (a->preference != b->preference)
		return a->preference < b->preference ? -1 : 1;
	return strcmp(a->name, b->name);
}

static int look_at_host(struct survey *survey, struct survey_host *host)
{
	int result = 0;

	if (!*host->name)
		return 0;
	/* An address in place of a name is not asked for. */
	if (reply_is_address(host->name))
		host->addresses.kind = REPLY_NO_NAME;
	else
		result = reply_ask_addresses(survey->source,
			survey->diagnosis.arena, host->name, &host->addresses);
	host->ours = survey_is_ours(survey, host->name, &host->addresses);
	if (host->ours) {
		if (!survey->listed || host->preference < survey->ours)
			survey->ours = host->preference;
		survey->listed = true;
	} else if (host->preference < survey->best) {
		survey->best = host->preference;
		survey->other = host->name;
	}
	return result;
}

int survey_look(struct survey *survey)
{
	const struct reply *mx = &survey->mx;
	size_t count = mx->count ? mx->count : 1;
	int result = 0;

	survey->listed = false;
	survey->host_count = 0;
	survey->best = UINT_MAX;
	survey->hosts = arena_array(
		survey->diagnosis.arena, count, sizeof *survey->hosts);
	if (!survey->hosts)
		return ERR_NOMEM;
	if (mx->kind == REPLY_UNKNOWN || mx->kind == REPLY_NO_NAME)
		return 0;
	for (size_t i = 0; i < mx->count; i++)
		survey->hosts[i] =
			(struct survey_host){ mx->records[i].data.data,
				mx->records[i].number, { 0 }, false };
	if (!mx->count)
		survey->hosts[0] =
			(struct survey_host){ survey->domain, 0, { 0 }, false };
	survey->host_count = count;
	qsort(survey->hosts, count, sizeof *survey->hosts, compare_hosts);
	for (size_t i = 0; !result && i < count; i++)
		result = look_at_host(survey, &survey->hosts[i]);
	return result;
}
