#include "doctor/running.h"

#include <inttypes.h>

#include "diagnosis/remedy.h"
#include "doctor/clouds.h"

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

/* Without a map the milter does not start. After an outage of the look-up
 * service, a process of Postfix still fails for what it asked last. */
static int say_down(struct diagnosis *diagnosis)
{
	const char *remedy = "systemctl start readdress-milter";

	if (!diagnosis->map)
		remedy = "readdress init && systemctl start readdress-milter";
	else if (*diagnosis->config->lookup_socket)
		remedy = "systemctl start readdress-milter && postfix reload "
			 "(a process of Postfix remembers a look-up that "
			 "failed)";
	return diagnosis_say(diagnosis, DIAGNOSIS_FAIL,
		"the milter is not running",
		"no mail is accepted by a service that has the milter: Postfix "
		"tells every client to try again later",
		remedy);
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
		return say_down(diagnosis);
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
	for (size_t i = 0;
		!result && !diagnosis->said &&
		(service = diagnosis_next_any(diagnosis, &i, &item));) {
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

int running_check_required(struct diagnosis *diagnosis)
{
	const struct config *config = diagnosis->config;
	int result = 0;

	if (!config->outbound_required_count)
		return clouds_check(diagnosis);
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
