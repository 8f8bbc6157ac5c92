#include "mta/arrival.h"

#include <fcntl.h>
#include <ifaddrs.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "resolver/resolver.h"
#include "diagnosis/diagnosis.h"
#include "dns/safeafter.h"
#include "milter.h"
#include "mta/waiting.h"
#include "routing/domainrole.h"
#include "runtime/metrics.h"
#include "usage/usagefile.h"
#include "usage/uses.h"

#define DAY	    86400
#define ANSWERS_MAX (8 << 20) /* bytes of what DNS answers for a domain */
#define TOLD_MAX    5 /* reasons of one kind that are printed one by one */

enum seen { SEEN_ELSEWHERE, SEEN_HERE, SEEN_UNKNOWN };

static int add_accepted(struct map_reader *reader,
	const struct autoroutes *autoroutes, struct bytes key,
	struct nameset *names, struct nameset *local)
{
	const char *at = memrchr(key.data, '@', key.len);
	char example[ADDRESS_KEY_MAX + 8];
	struct domainrole role;
	struct bytes name;
	struct bytes domain;
	int result;

	if (!at)
		return 0;
	name = (struct bytes){ at + 1, key.len - (size_t)(at + 1 - key.data) };
	domain = name;
	if (bytes_take(&domain, "*.")) {
		(void)snprintf(example, sizeof example, "any.%.*s",
			(int)domain.len, domain.data);
		domain = bytes_of(example);
	}
	result = domainrole_find(reader, autoroutes, domain, &role);
	if (!result && role.accepted)
		return nameset_add(names, name);
	if (!result && role.source && role.role == ROUTE_LOCAL)
		return nameset_add(local, name);
	return result;
}

int arrival_domains(
	const struct tool *tool, struct nameset *names, struct nameset *local)
{
	static const enum rule_table tables[] = { RULE_INBOUND, RULE_ROUTES };
	struct autoroutes *autoroutes = NULL;
	struct map_reader *reader = NULL;
	int result;

	if (!tool->map)
		return 0;
	(void)!autoroutes_read(
		tool->config->state_dir, &autoroutes, NULL, NULL);
	result = map_reader_open(&reader, tool->map);
	for (int i = 0; !result && i < 2; i++) {
		struct map_walk walk = { .map = tool->map, .table = tables[i] };

		while ((result = map_walk_next(&walk)) == 1) {
			result = add_accepted(reader, autoroutes, walk.rule.key,
				names, local);
			if (result)
				break;
		}
		map_walk_close(&walk);
	}
	map_reader_close(reader);
	autoroutes_close(autoroutes);
	return result;
}

/* What is asked, and what was seen before. */
struct question {
	const struct instance *instance;
	struct ifaddrs *own; /* the addresses of this host */
	struct reply_source source;
	struct resolver *resolver; /* NULL: nobody can be asked */
	struct observations *before;
	struct arena *arena;
	size_t told; /* domains */
};

/* True if an address of this host, or one that is translated to it, is the
 * address. */
static bool is_own(const struct question *question, const char *address)
{
	const char *others = postfix_value(
		question->instance->expanded, NULL, "proxy_interfaces");
	char text[NI_MAXHOST];

	for (const struct ifaddrs *own = question->own; own;
		own = own->ifa_next) {
		socklen_t size =
			own->ifa_addr && own->ifa_addr->sa_family == AF_INET6
				? sizeof(struct sockaddr_in6)
				: sizeof(struct sockaddr_in);

		if (own->ifa_addr &&
			!getnameinfo(own->ifa_addr, size, text, sizeof text,
				NULL, 0, NI_NUMERICHOST) &&
			reply_same_address(text, address))
			return true;
	}
	return postfix_list_has(others, address);
}

/* Whether a host name is this host: its name, or one of its addresses. */
static enum seen see_host(struct question *question, const char *host)
{
	struct reply answer = { .kind = REPLY_UNKNOWN };

	if (reply_same_name(host, postfix_value(question->instance->expanded,
					  NULL, "myhostname")))
		return SEEN_HERE;
	if (reply_ask_addresses(
		    &question->source, question->arena, host, &answer) ||
		answer.kind == REPLY_UNKNOWN)
		return SEEN_UNKNOWN;
	for (size_t i = 0; answer.kind == REPLY_RECORDS && i < answer.count;
		i++)
		if (is_own(question, answer.records[i].data.data))
			return SEEN_HERE;
	return SEEN_ELSEWHERE;
}

/* Whether mail for the domain comes to this host: by its MX records or, without
 * any, by its own address. */
static enum seen see_domain(struct question *question, const char *domain)
{
	struct reply answer = { .kind = REPLY_UNKNOWN };
	enum seen seen = SEEN_ELSEWHERE;

	if (!question->resolver ||
		reply_ask(&question->source, question->arena, NULL, domain,
			REPLY_MX, &answer) ||
		answer.kind == REPLY_UNKNOWN)
		return SEEN_UNKNOWN;
	if (answer.kind == REPLY_NO_RECORD)
		return see_host(question, domain);
	for (size_t i = 0; answer.kind == REPLY_RECORDS && i < answer.count;
		i++) {
		enum seen this =
			see_host(question, answer.records[i].data.data);

		if (this == SEEN_HERE)
			return this;
		if (this == SEEN_UNKNOWN)
			seen = this;
	}
	return seen;
}

/* Says that other servers may remember records that name this host, if
 * `readdress dns` has seen such. Returns true if it has. */
static bool say_not_safe(struct question *question, const char *domain)
{
	const struct observation *list;
	struct safeafter after;
	char when[CLOCK_TEXT_MAX];
	size_t count = 0;

	if (!question->before)
		return false;
	list = observations_of(question->before, domain, &count);
	if (!count)
		return false;
	safeafter_find(list, count, &after);
	if (after.state == SAFEAFTER_SPREADING) {
		(void)fprintf(stderr,
			"%s: its name servers do not all give out the same MX "
			"records\n",
			domain);
		return true;
	}
	if (after.time <= (int64_t)time(NULL))
		return false;
	clock_text(after.time, when);
	(void)fprintf(stderr,
		"%s: other servers may remember earlier MX records until %s\n",
		domain, when);
	return true;
}

static void say_domain(struct question *question, const char *name)
{
	enum seen seen = see_domain(question, name);

	if (seen == SEEN_ELSEWHERE) {
		question->told += say_not_safe(question, name);
		return;
	}
	if (question->told++ < TOLD_MAX)
		(void)fprintf(stderr,
			seen == SEEN_HERE
				? "%s: its MX record names this host\n"
				: "%s: DNS does not answer, and so it is not "
				  "known whether its mail still comes here\n",
			name);
}

static int say_domains(const struct instance *instance, const struct tool *tool,
	const struct bytes *domains, size_t count)
{
	const char *dir = tool->config->state_dir;
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct question question = { .instance = instance,
		.arena = arena_open(ANSWERS_MAX) };

	if (!question.arena || getifaddrs(&question.own))
		question.own = NULL;
	if (question.arena && !resolver_open(&question.resolver, NULL, NULL))
		question.source = (struct reply_source){ .ask = resolver_ask,
			.context = question.resolver };
	(void)!observations_read(&question.before, fd, dir, NULL);
	for (size_t i = 0; i < count; i++) {
		char name[ADDRESS_KEY_MAX];

		/* A name for all below it has no record of its own. */
		if (domains[i].len >= sizeof name || *domains[i].data == '*')
			continue;
		(void)snprintf(name, sizeof name, "%.*s", (int)domains[i].len,
			domains[i].data);
		say_domain(&question, name);
		if (question.arena)
			arena_reset(question.arena);
	}
	if (question.told > TOLD_MAX)
		(void)fprintf(stderr, "and %zu domains more\n",
			question.told - TOLD_MAX);
	observations_close(question.before);
	resolver_close(question.resolver);
	freeifaddrs(question.own);
	arena_close(question.arena);
	if (fd >= 0)
		close(fd);
	return question.told > 0;
}

/* Returns when a message was rewritten last, by what the milter counts of the
 * use of its rules: this outlives the milter. 0: that is not known. */
static double last_in_usage(const struct tool *tool)
{
	struct master *master = master_open(1);
	char *data = NULL;
	size_t len = 0;
	struct usage_entry entry;
	size_t cursor = 0;
	double last = 0;

	if (master && tool->state &&
		!state_usage(tool->state, &data, &len, NULL) &&
		!usagefile_parse(master, (struct bytes){ data, len }, NULL))
		while (master_next(master, &cursor, &entry)) {
			const char *result =
				memrchr(entry.name.data, '\0', entry.name.len);
			size_t at =
				result ? (size_t)(result + 1 - entry.name.data)
				       : 0;

			if (entry.what == USAGE_DAY && entry.last > last &&
				bytes_equal(
					(struct bytes){ entry.name.data + at,
						entry.name.len - at },
					bytes_of(uses_result_name(
						USAGE_REWRITTEN))))
				last = entry.last;
		}
	free(data);
	master_close(master);
	return last;
}

/* Whether a message was rewritten within a day, as far as the milter that runs
 * knows, or the one before it counted. */
static int say_rewritten(
	const struct instance *instance, const struct tool *tool)
{
	const struct diagnosis diagnosis = { .postfix = instance->expanded,
		.config = tool->config };
	double when = 0;
	double counted;
	time_t now = time(NULL);
	unsigned minutes;

	/* Where it is gone already, rules have no effect any more. */
	if (!diagnosis_has_milter(&diagnosis))
		return 0;
	counted = last_in_usage(tool);
	if (metrics_read(tool->config->runtime_dir, METRICS_REWRITTEN_TIME,
		    &when, NULL) != 1 ||
		when < counted)
		when = counted;
	if (when <= 0 || when < (double)(now - DAY))
		return 0;
	minutes = (unsigned)(((double)now - when) / 60 + 0.5);
	(void)fprintf(stderr,
		"rules had an effect within a day: the last message was "
		"rewritten %u minute%s ago\n",
		minutes, minutes == 1 ? "" : "s");
	return 1;
}

int arrival_reasons(const struct instance *instance, const struct tool *tool,
	const struct removal_mail *mail, struct error *error)
{
	size_t queued = 0;
	int result = waiting_count_targets(instance, tool, &queued, error);
	int reasons = 0;

	if (result)
		return result;
	reasons += say_domains(instance, tool, mail->domains, mail->count);
	reasons += say_domains(instance, tool, mail->local, mail->local_count);
	reasons += say_rewritten(instance, tool);
	if (queued) {
		(void)fprintf(stderr,
			"mail for %zu recipient%s in domains of targets is in "
			"the queue\n",
			queued, queued == 1 ? "" : "s");
		reasons++;
	}
	return reasons;
}
