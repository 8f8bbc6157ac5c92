#include "doctor/running.h"

#include <inttypes.h>

#include "base/network.h"
#include "diagnosis/remedy.h"
#include "postfix/restrictions.h"
#include "postfix/words.h"

static int check_generation(
	struct diagnosis *diagnosis, uint64_t served, uint64_t newest)
{
	uint64_t approved = diagnosis->milter->approved;
	uint64_t wanted = approved ? approved : newest;

	if (served == wanted)
		return 0;
	if (!served)
		return diagnosis_say(diagnosis, DIAGNOSIS_FAIL,
			diagnosis_text(diagnosis,
				"the milter serves no generation, and the "
				"newest is %" PRIu64,
				newest),
			"no rule has an effect", "readdress reload");
	return diagnosis_say(diagnosis, DIAGNOSIS_FAIL,
		diagnosis_text(diagnosis,
			approved ? "the milter serves generation %" PRIu64
				   ", and %" PRIu64 " is approved"
				 : "the milter serves generation %" PRIu64
				   ", and the newest is %" PRIu64,
			served, wanted),
		approved ? "mail is rewritten by rules that are not the "
			   "approved ones"
			 : "mail is rewritten by rules that are not the newest",
		approved ? "systemctl restart readdress-milter (readdress "
			   "status says why it does not serve that one)"
			 : "readdress reload (readdress diff shows what "
			   "changes then)");
}

int running_check_up(struct diagnosis *diagnosis)
{
	const struct diagnosis_milter *milter = diagnosis->milter;
	int result = 0;

	if (!milter)
		return diagnosis_say(diagnosis, DIAGNOSIS_SKIP,
			"cannot know whether the milter runs; readdress status "
			"says why",
			"", "");
	if (!milter->up)
		return diagnosis_say(diagnosis, DIAGNOSIS_FAIL,
			"the milter is not running",
			"no mail is accepted: Postfix tells every client to "
			"try again later",
			"systemctl start readdress-milter");
	if (diagnosis->map)
		result = check_generation(diagnosis, milter->served,
			map_meta(diagnosis->map)->generation);
	for (enum rule_table t = RULE_INBOUND; !result && t <= RULE_OUTBOUND;
		t++) {
		const char *name = rule_table_name(t);

		if (milter->shadow[t])
			result = diagnosis_say(diagnosis, DIAGNOSIS_WARN,
				diagnosis_text(diagnosis,
					"%s rules are in shadow mode", name),
				"no mail is rewritten by them; the log says "
				"what would be",
				diagnosis_text(diagnosis,
					"set %s_mode = \"enforce\" in "
					"readdress.conf, then `readdress "
					"reload`",
					name));
	}
	return result;
}

/* Returns the endpoint of our milter as a program of the service finds it: in
 * the chroot, every path begins at the queue directory. */
static const char *endpoint_of(struct diagnosis *diagnosis,
	const struct postfix_service *service, struct bytes endpoint)
{
	const char *queue =
		postfix_value(diagnosis->postfix, service, "queue_directory");
	struct bytes path = endpoint;

	if (!bytes_take(&path, "unix:") && !bytes_take(&path, "local:"))
		return diagnosis_text(
			diagnosis, "%.*s", (int)endpoint.len, endpoint.data);
	if (path.len && *path.data == '/')
		return diagnosis_text(diagnosis, "unix:%s%.*s",
			service->chroot ? queue : "", (int)path.len, path.data);
	return diagnosis_text(
		diagnosis, "unix:%s/%.*s", queue, (int)path.len, path.data);
}

/* Says how Postfix's user gets to the socket. */
static int say_denied(struct diagnosis *diagnosis, const char *user,
	const struct diagnosis_socket *seen)
{
	const char *remedy;

	if (seen->directory)
		remedy =
			diagnosis_text(diagnosis, "chgrp %s %s && chmod g+x %s",
				user, seen->path, seen->path);
	else
		remedy = diagnosis_text(diagnosis,
			"chgrp %s %s && chmod 0660 %s (and set socket_group = "
			"\"%s\" and socket_mode = \"0660\" in "
			"readdress.conf, for the next start)",
			user, seen->path, seen->path, user);
	return diagnosis_say(diagnosis, DIAGNOSIS_FAIL,
		diagnosis_text(diagnosis, "Postfix's user %s may not %s %s",
			user, seen->directory ? "enter" : "write to",
			seen->path),
		"Postfix cannot talk to the milter: all mail waits", remedy);
}

/* Tells what is wrong at the socket that is the milter's. */
static int say_seen(struct diagnosis *diagnosis, const char *endpoint,
	const char *user, const struct diagnosis_socket *seen)
{
	const struct diagnosis_milter *milter = diagnosis->milter;
	bool missing = seen->state == DIAGNOSIS_STATE_MISSING;

	if (!milter || !milter->up)
		return diagnosis_skip(diagnosis, "the milter is not running");
	if (seen->state == DIAGNOSIS_STATE_UNKNOWN)
		return diagnosis_skip(diagnosis,
			"only root can see whether Postfix's user gets to the "
			"socket");
	if (seen->state == DIAGNOSIS_STATE_DENIED)
		return say_denied(diagnosis, user, seen);
	if (!missing && seen->state != DIAGNOSIS_STATE_REFUSED)
		return 0;
	return diagnosis_say(diagnosis, DIAGNOSIS_FAIL,
		diagnosis_text(diagnosis,
			missing ? "the milter runs, and its socket is gone: %s"
				: "the milter runs, and does not listen at %s",
			endpoint),
		"Postfix cannot talk to the milter: all mail waits",
		"systemctl restart readdress-milter");
}

static int say_socket(struct diagnosis *diagnosis,
	const struct postfix_service *service, struct bytes written,
	const char *endpoint, const char *user)
{
	char ours[ENDPOINT_MAX];
	struct diagnosis_socket seen = { .state = DIAGNOSIS_STATE_UNKNOWN };
	bool elsewhere;

	endpoint_for_postfix(diagnosis->config->socket, ours);
	elsewhere =
		!strncmp(endpoint, "unix:", 5) && strcmp(endpoint, ours) != 0;
	diagnosis->see(diagnosis->context, endpoint, user, &seen);
	if (seen.state == DIAGNOSIS_STATE_OTHER)
		return diagnosis_say(diagnosis, DIAGNOSIS_FAIL,
			diagnosis_text(diagnosis,
				"another program listens at %s: %s", endpoint,
				seen.path),
			"Postfix asks that program, not the milter: mail waits "
			"or passes un-rewritten",
			"end that program, or give the milter another socket "
			"in readdress.conf; then `systemctl restart "
			"readdress-milter`");
	if (elsewhere && (seen.state == DIAGNOSIS_STATE_MISSING ||
				 seen.state == DIAGNOSIS_STATE_REFUSED))
		return diagnosis_say(diagnosis, DIAGNOSIS_FAIL,
			diagnosis_text(diagnosis,
				"%s/%s %s looks for the socket at %s, and the "
				"milter's is %s",
				service->name, service->type,
				service->chroot ? "is in a chroot: it" : "",
				endpoint, ours),
			"Postfix cannot talk to the milter: all mail waits",
			remedy_replace(diagnosis, service, written,
				diagnosis_endpoint(diagnosis),
				"give the milter a socket below Postfix's "
				"queue directory in readdress.conf"));
	return say_seen(diagnosis, endpoint, user, &seen);
}

int running_check_socket(struct diagnosis *diagnosis)
{
	const char *user =
		postfix_value(diagnosis->postfix, NULL, "mail_owner");
	const struct postfix_service *service;
	struct milterlist_item item;
	const char *before[2] = { "", "" }; /* in no chroot, in one */
	int result = 0;

	if (!diagnosis->see)
		return diagnosis_skip(
			diagnosis, "the socket cannot be looked at");
	for (size_t i = 0; !result && !diagnosis->said &&
			   (service = diagnosis_next(diagnosis, &i, &item));) {
		const char *endpoint =
			endpoint_of(diagnosis, service, item.endpoint);

		if (!endpoint)
			return ERR_NOMEM;
		/* Most services look at the same. */
		if (!strcmp(before[service->chroot], endpoint))
			continue;
		before[service->chroot] = endpoint;
		result = say_socket(
			diagnosis, service, item.endpoint, endpoint, user);
	}
	return result;
}

/* ---- shared clouds ---- */

/* The networks from which large clouds send the mail of all their customers.
 * Exchange Online: endpoint 10 of "Office 365 URLs and IP address ranges",
 * learn.microsoft.com. Google: the SPF records _netblocks, _netblocks2 and
 * _netblocks3.google.com. Both as of 2026; they change seldom, and a network
 * that is not listed here only means that nobody is warned. */
static const struct {
	const char *cloud;
	const char *network;
	const char *sample; /* an address in it */
} clouds[] = {
	{ "Exchange Online", "40.92.0.0/15", "40.92.0.1" },
	{ "Exchange Online", "40.107.0.0/16", "40.107.0.1" },
	{ "Exchange Online", "52.100.0.0/14", "52.100.0.1" },
	{ "Exchange Online", "104.47.0.0/17", "104.47.0.1" },
	{ "Exchange Online", "2a01:111:f400::/48", "2a01:111:f400::1" },
	{ "Exchange Online", "2a01:111:f403::/48", "2a01:111:f403::1" },
	{ "Google", "35.190.247.0/24", "35.190.247.1" },
	{ "Google", "64.233.160.0/19", "64.233.160.1" },
	{ "Google", "66.102.0.0/20", "66.102.0.1" },
	{ "Google", "66.249.80.0/20", "66.249.80.1" },
	{ "Google", "72.14.192.0/18", "72.14.192.1" },
	{ "Google", "74.125.0.0/16", "74.125.0.1" },
	{ "Google", "108.177.8.0/21", "108.177.8.1" },
	{ "Google", "173.194.0.0/16", "173.194.0.1" },
	{ "Google", "209.85.128.0/17", "209.85.128.1" },
	{ "Google", "216.58.192.0/19", "216.58.192.1" },
	{ "Google", "216.239.32.0/19", "216.239.32.1" },
	{ "Google", "172.217.0.0/16", "172.217.0.1" },
	{ "Google", "2001:4860:4000::/36", "2001:4860:4000::1" },
	{ "Google", "2404:6800:4000::/36", "2404:6800:4000::1" },
	{ "Google", "2607:f8b0:4000::/36", "2607:f8b0:4000::1" },
	{ "Google", "2800:3f0:4000::/36", "2800:3f0:4000::1" },
	{ "Google", "2a00:1450:4000::/36", "2a00:1450:4000::1" },
	{ "Google", "2c0f:fb50:4000::/36", "2c0f:fb50:4000::1" },
};

#define CLOUDS (sizeof clouds / sizeof *clouds)

/* Returns the cloud that has addresses in the network, or NULL. */
static const char *cloud_of(const struct network *network)
{
	for (size_t i = 0; i < CLOUDS; i++) {
		struct network wide;

		if (!network_parse(clouds[i].network, &wide, NULL) &&
			(network_is_in(network, &wide) ||
				network_is_in(&wide, network)))
			return clouds[i].cloud;
	}
	return NULL;
}

/* Returns the cloud that a list of networks has addresses of, or NULL. */
static const char *cloud_in(struct diagnosis *diagnosis, const char *list)
{
	struct bytes rest = bytes_of(postmap_list(diagnosis->postmap, list));
	struct bytes word;

	while (words_next(&rest, WORDS_OF_LIST, &word)) {
		const char *text =
			arena_copy(diagnosis->arena, word.data, word.len);
		struct network network;
		const char *cloud;

		if (!text || network_parse(text, &network, NULL))
			continue;
		cloud = cloud_of(&network);
		if (cloud)
			return cloud;
	}
	if (!strchr(list, ':'))
		return NULL;
	for (size_t i = 0; i < CLOUDS; i++)
		if (diagnosis_has_address(diagnosis, list, clouds[i].sample) ==
			DOMAINLIST_YES)
			return clouds[i].cloud;
	return NULL;
}

static int say_cloud(
	struct diagnosis *diagnosis, const char *cloud, const char *where)
{
	return diagnosis_say(diagnosis, DIAGNOSIS_WARN,
		diagnosis_text(diagnosis,
			"outbound_required_headers is empty, and %s may be "
			"outbound by %s",
			cloud, where ? where : ""),
		"whoever is a customer of a shared cloud sends with your "
		"public names from there (EchoSpoofing, 2024)",
		"set outbound_required_headers = {\"X-OriginatorOrg: "
		"YOUR.TENANT\"} in readdress.conf, or the header by which "
		"your cloud proves who you are; then `readdress reload`");
}

/* Looks whether strangers of a cloud can be outbound, and nothing proves who
 * they are. */
static int check_clouds(struct diagnosis *diagnosis)
{
	const struct config *config = diagnosis->config;
	const struct postfix *postfix = diagnosis->postfix;
	const struct postfix_service *service;
	int result = 0;

	for (size_t i = 0; !result && i < config->outbound_networks_count;
		i++) {
		const struct network *network = &config->outbound_networks[i];
		const char *cloud = cloud_of(network);

		/* Wider ones are named by the check networks. */
		if (cloud && network->prefix >=
				     (network_is_v4(network) ? 96 + 8 : 32))
			result = say_cloud(
				diagnosis, cloud, "outbound_networks");
	}
	for (size_t i = 0;
		!result && (service = diagnosis_next(diagnosis, &i, NULL));) {
		const char *daemon = diagnosis_daemon(diagnosis, service);
		const char *cloud = "everybody";

		if (!config_list_has(
			    &config->outbound_daemons, bytes_of(daemon)) ||
			!diagnosis_is_public(diagnosis, service))
			continue;
		if (restrictions_close(postfix, service))
			cloud = cloud_in(diagnosis,
				postfix_value(postfix, service, "mynetworks"));
		if (cloud)
			result = say_cloud(diagnosis, cloud,
				diagnosis_text(diagnosis,
					"the daemon name %s of %s/%s", daemon,
					service->name, service->type));
	}
	return result;
}

int running_check_required(struct diagnosis *diagnosis)
{
	const struct config *config = diagnosis->config;
	int result = 0;

	if (!config->outbound_required_count)
		return check_clouds(diagnosis);
	if (!diagnosis->seen)
		return diagnosis_say(diagnosis, DIAGNOSIS_SKIP,
			"cannot know which of outbound_required_headers the "
			"milter has seen; readdress status says why",
			"", "");
	for (size_t i = 0; !result && i < config->outbound_required_count;
		i++) {
		const struct config_required *required =
			&config->outbound_required[i];

		if (diagnosis->seen[i])
			continue;
		result = diagnosis_say(diagnosis, DIAGNOSIS_WARN,
			diagnosis_text(diagnosis,
				"\"%s: %s\" of outbound_required_headers was "
				"never seen right",
				required->name, required->value),
			"if it is misspelt, mail of your own mail system is "
			"refused; until it is seen, with 450 4.7.1",
			"send a message by that mail system through this "
			"relay; if this stays, correct the header in "
			"readdress.conf as the message has it, then "
			"`readdress reload`");
	}
	return result;
}
