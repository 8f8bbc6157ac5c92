#include "mta/greet.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "map/lookup.h"
#include "mta/talk.h"
#include "postconf.h"
#include "routing/domainrole.h"
#include "runtime/greeting.h"
#include "setup/services.h"
#include "setup/tables.h"

#define ROUNDS	   3   /* a service is greeted at most so often */
#define NOTED_MS   300 /* until the milter has noted what it saw */
#define BATCH	   30  /* MAILs before the next look */
#define BATCHES	   20
#define TEXTS_MAX  (1 << 20) /* bytes of what the tables say */
#define PAUSE_NANO 50000000L

enum greeted { GREETED, GREETED_NOT, GREETED_CLOSED };

static void set_address(const struct instance *instance,
	const struct postfix_service *service, char host[256], char port[64])
{
	const char *colon = strrchr(service->name, ':');
	const char *interfaces =
		postfix_value(instance->expanded, service, "inet_interfaces");
	size_t len = strcspn(interfaces, ", \t");

	(void)snprintf(port, 64, "%s", colon ? colon + 1 : service->name);
	(void)snprintf(host, 256, "127.0.0.1");
	if (colon) {
		struct bytes name = { service->name,
			(size_t)(colon - service->name) };

		name = bytes_trim(name, "[]");
		if (name.len)
			(void)snprintf(
				host, 256, "%.*s", (int)name.len, name.data);
	} else if (strcasecmp(interfaces, "all") != 0 &&
		   strncasecmp(interfaces, "loopback-only", len) != 0) {
		(void)snprintf(host, 256, "%.*s", (int)len, interfaces);
	}
}

static bool is_noted(const struct tool *tool, const struct greeting *greeting)
{
	uint64_t until = clock_ms() + NOTED_MS;
	struct timespec pause = { 0, PAUSE_NANO };

	while (!greeting_is_noted(tool->config->runtime_dir, greeting)) {
		if (clock_ms() >= until)
			return false;
		(void)nanosleep(&pause, NULL);
	}
	return true;
}

/*
 * Says MAIL until the milter has noted it. Postfix keeps what it has to tell a
 * milter that sends no reply, until its buffer is full or the message is there;
 * and forgets it when the client goes.
 */
static bool insist(struct talk *talk, const struct tool *tool,
	const struct greeting *greeting, const char *hello, const char *mail)
{
	for (int i = 0; i < BATCHES; i++) {
		if (is_noted(tool, greeting))
			return true;
		for (int k = 0; k < BATCH; k++)
			if (talk_say(talk, hello) != 250 ||
				talk_say(talk, mail) != 250)
				return false;
	}
	return is_noted(tool, greeting);
}

/* Greets one service with a sender of its own. */
static enum greeted greet(const struct instance *instance,
	const struct postfix_service *service, const struct tool *tool,
	const struct greeting *greeting, char said[512])
{
	const char *name =
		postfix_value(instance->expanded, NULL, "myhostname");
	struct talk talk;
	enum greeted result = GREETED_NOT;
	char host[256];
	char port[64];
	char sender[GREETING_TEXT];
	char hello[300];
	char mail[400];
	int code = 0;

	greeting_format(greeting, sender);
	(void)snprintf(hello, sizeof hello, "EHLO %.255s\r\n", name);
	(void)snprintf(
		mail, sizeof mail, "MAIL FROM:<%s@%.255s>\r\n", sender, name);
	set_address(instance, service, host, port);
	if (talk_open(&talk, host, port) && talk_hear(&talk) == 220 &&
		talk_say(&talk, hello) == 250)
		code = talk_say(&talk, mail);
	(void)snprintf(said, 512, "%.511s", talk.reply);
	if (code == 530 || code == 538) {
		result = GREETED_CLOSED;
	} else if (code == 250 && talk_say(&talk, "RSET\r\n") == 250) {
		(void)snprintf(said, 512, "the milter did not see its MAIL");
		if (insist(&talk, tool, greeting, hello, mail))
			result = GREETED;
	}
	if (code)
		(void)talk_say(&talk, "QUIT\r\n");
	talk_close(&talk);
	return result;
}

static int greet_until_noted(const struct instance *instance,
	const struct postfix_service *service, const struct tool *tool,
	struct error *error)
{
	struct timespec pause = { 0, PAUSE_NANO };
	char said[512] = "";

	/* A process of Postfix that has not read the new files may answer
	 * first. */
	for (int i = 0; i < ROUNDS; i++) {
		struct greeting greeting;
		enum greeted done;

		if (getrandom(&greeting, sizeof greeting, 0) !=
			(ssize_t)sizeof greeting)
			return error_set_errno(error, "no random numbers");
		done = greet(instance, service, tool, &greeting, said);
		if (done == GREETED_CLOSED) {
			tool_say(tool,
				"%s/%s asks for TLS or a login first (%s), and "
				"so it is not known whether it has the milter",
				service->name, service->type, said);
			return 0;
		}
		if (done == GREETED)
			return 0;
		(void)nanosleep(&pause, NULL);
	}
	return error_set(error, ERR_DOWN,
		"the service %s/%s of Postfix does not reach the milter: %s",
		service->name, service->type, said);
}

int greet_services(const struct instance *instance, const struct tool *tool,
	struct error *error)
{
	const struct postfix_service *service;
	int result = 0;

	for (size_t i = 0;
		!result && (service = postfix_service(instance->expanded, i));
		i++) {
		const char *wraps = postfix_value(
			instance->expanded, service, "smtpd_tls_wrappermode");

		if (strcmp(service->command, "smtpd") != 0 ||
			strcmp(service->type, "inet") != 0 ||
			!services_count_ours(&instance->plan, service) ||
			postfix_list_has(
				postfix_value(instance->expanded, service,
					"receive_override_options"),
				"no_milters"))
			continue;
		if (postfix_is_yes(wraps))
			tool_say(tool,
				"%s/%s speaks TLS alone, and so it is not "
				"known whether it has the milter",
				service->name, service->type);
		else
			result = greet_until_noted(
				instance, service, tool, error);
	}
	return result;
}

/* Finds a domain of an inbound rule that Postfix must accept. Returns 1, 0 if
 * there is none, or an error of the map. */
static int find_domain(const struct tool *tool, char name[ADDRESS_TEXT_MAX])
{
	struct map_walk walk = { .map = tool->map, .table = RULE_INBOUND };
	struct map_reader *reader = NULL;
	int found = tool->map ? map_reader_open(&reader, tool->map) : 0;
	int result = 0;

	while (!found && !result && reader && map_walk_next(&walk) == 1) {
		const char *at =
			memrchr(walk.rule.key.data, '@', walk.rule.key.len);
		struct bytes domain = { at + 1,
			walk.rule.key.len -
				(size_t)(at + 1 - walk.rule.key.data) };
		struct domainrole role;

		if (bytes_equal(
			    (struct bytes){ domain.data, 1 }, bytes_of("*")))
			continue;
		result = domainrole_find(reader, NULL, domain, &role);
		if (result || !role.accepted)
			continue;
		(void)snprintf(name, ADDRESS_TEXT_MAX, "%.*s", (int)domain.len,
			domain.data);
		found = 1;
	}
	map_walk_close(&walk);
	map_reader_close(reader);
	return result ? result : found;
}

int greet_tables(const struct instance *instance, const struct tool *tool,
	struct error *error)
{
	static const char *const names[] = { TABLES_DOMAINS, TABLES_RECIPIENTS,
		TABLES_TRANSPORT };
	const struct postfix *postfix = instance->expanded;
	char domain[ADDRESS_TEXT_MAX] = "readdress-check.invalid";
	char address[ADDRESS_TEXT_MAX + 16];
	struct arena *arena = arena_open(TEXTS_MAX);
	int expected = arena ? find_domain(tool, domain) : ERR_NOMEM;
	int result = expected < 0 ? error_set(error, expected,
					    "the map cannot be read")
				  : 0;
	struct postconf_tables tables;

	postconf_open_tables(&tables, instance->directory, true);
	tables.postmap.arena = arena;
	tables.postmap.queue_directory =
		postfix_value(postfix, NULL, "queue_directory");
	(void)snprintf(address, sizeof address, "postmaster@%s", domain);
	for (size_t i = 0; !result && i < sizeof names / sizeof *names; i++) {
		const char *table = postfix_value(postfix, NULL, names[i]);
		int found =
			*table ? postmap_find(&tables.postmap, bytes_of(table),
					 bytes_of(i ? address : domain), NULL)
			       : 0;

		if (found < 0)
			result = error_set(error, ERR_DOWN,
				"%s does not answer: Postfix would defer all "
				"mail",
				table);
		else if (!i && *table && found != expected)
			result = error_set(error, ERR_DOWN,
				"%s does not know the domain %s of an inbound "
				"rule; run `readdress reload` first",
				table, domain);
	}
	postconf_close_tables(&tables);
	arena_close(arena);
	return result;
}
