/*
 * dns: the command that looks at what the DNS says about the domains of the
 * rules. Tested by tests/e2e/dns.test.
 */
#include "command/command.h"

#include <fcntl.h>
#include <pthread.h>

#include <unistd.h>

#include "dns/dns.h"
#include "resolver/resolver.h"
#include "map/lookup.h"
#include "outside/https.h"
#include "outside/lookout.h"
#include "outside/relay.h"
#include "postconf.h"
#include "print/finding.h"

#define RELAY_MEMORY ((size_t)64 << 20)

struct job {
	struct tool *tool;
	struct error *error;
	struct resolver *resolver;
	struct arena *arena;
	struct survey_relay relay;
	struct domains domains;
	struct observations *before;
	pthread_mutex_t mutex; /* of these four */
	bool postfix_read;
	struct certificates *certificates;
	struct postfix *expanded; /* NULL: there is no Postfix to read */
	struct postfix *written;
	struct postconf_tables tables;

	struct map_reader *reader; /* NULL: there is no map */
	struct lookout lookout;
};

/* Opens state and map. Without operands, both must be there. */
static int open_map(struct job *job)
{
	struct tool *tool = job->tool;
	int result = tool_open_state(tool, false, job->error);

	if (!result)
		result = tool_open_map(tool, job->error);
	if (!result)
		result = map_reader_open(&job->reader, tool->map);
	else if (result == ERR_NOENT && tool->operand_count &&
		 !tool->options.autos)
		result = 0;
	return result;
}

/* Reads what was seen before. */
static int read_before(struct job *job)
{
	const char *dir = job->tool->config->state_dir;
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int result = observations_read(&job->before, fd, dir, job->error);

	if (fd >= 0)
		(void)close(fd);
	return result;
}

/* Reads what Postfix says of this host, once, when it is needed: that takes
 * longer than the questions of a domain. Several threads may call it. Returns
 * NULL if there is no Postfix to read. */
static const struct postfix *get_postfix(struct job *job)
{
	(void)pthread_mutex_lock(&job->mutex);
	if (!job->postfix_read) {
		struct error ignored;

		job->postfix_read = true;
		if (postconf_read(
			    NULL, &job->expanded, &job->written, &ignored))
			job->expanded = job->written = NULL;
		else
			job->certificates = certificates_open(job->expanded);
	}
	(void)pthread_mutex_unlock(&job->mutex);
	return job->expanded;
}

static const struct certificates *get_certificates(void *context)
{
	struct job *job = context;

	return get_postfix(job) ? job->certificates : NULL;
}

/* The name by which Postfix calls this host, if it has one. */
static const char *get_name(void *context)
{
	const struct postfix *postfix = get_postfix(context);

	return postfix ? postfix_value(postfix, NULL, "myhostname") : NULL;
}

static int prepare(struct job *job)
{
	const struct options *options = &job->tool->options;
	struct tool *tool = job->tool;
	int result = open_map(job);

	if (!result)
		result = read_before(job);

	job->arena = arena_open(RELAY_MEMORY);
	if (!result && !job->arena)
		result = error_set(job->error, ERR_NOMEM, "out of memory");
	if (!result)
		result = relay_find(&job->relay, job->arena, options, get_name,
			job, job->error);
	if (!result)
		result = domains_find(&job->domains, tool->map, tool->operands,
			tool->operand_count, options->autos, job->error);
	if (!result)
		result = resolver_open(
			&job->resolver, options->server, job->error);
	return result;
}

static int print(struct job *job)
{
	bool json = job->tool->options.json;
	int result = 0;

	for (size_t i = 0; !result && i < job->domains.count; i++) {
		const struct lookout_domain *domain = &job->lookout.list[i];

		for (size_t n = 0; !result && n < domain->count; n++)
			result = finding_print(&domain->findings[n], "domain",
				job->domains.list[i].name, json, job->error);
	}
	return result;
}

/* True if the row of the domain in routes is auto. */
static bool is_auto(void *context, struct bytes domain)
{
	const struct job *job = context;
	struct lookup row;
	struct route route;

	if (!job->reader ||
		lookup_find_domain(job->reader, RULE_ROUTES, domain, &row) <= 0)
		return false;
	route_read(row.targets, &route);
	return route.role == ROUTE_AUTO;
}

/* True if Postfix has the mailboxes of the domain. */
static bool has_mailboxes(void *context, struct bytes domain)
{
	static const char *const lists[] = { "mydestination",
		"virtual_mailbox_domains" };
	struct job *job = context;
	const struct postfix *postfix = get_postfix(job);

	for (size_t i = 0; postfix && i < sizeof lists / sizeof *lists; i++)
		if (postmap_match(&job->tables.postmap,
			    postfix_value(postfix, NULL, lists[i]), domain,
			    DOMAINLIST_EXACT) == DOMAINLIST_YES)
			return true;
	return false;
}

/* Stores the roles of the domains whose role is auto. */
static int route(struct job *job, struct error *error)
{
	const struct postfix *postfix = get_postfix(job);
	int result;

	if (postfix) {
		postconf_open_tables(&job->tables,
			postfix_value(postfix, NULL, "config_directory"),
			false);
		job->tables.postmap.arena = job->arena;
		job->tables.postmap.queue_directory =
			postfix_value(postfix, NULL, "queue_directory");
	}
	result = lookout_route(&job->lookout, state_dir(job->tool->state),
		is_auto, has_mailboxes, job, error);
	if (postfix)
		postconf_close_tables(&job->tables);
	return result;
}

/* Stores what was seen. With --auto it must succeed; otherwise the findings
 * count more. */
static int keep(struct job *job)
{
	struct tool *tool = job->tool;
	struct error cause = { .text = "" };
	int result;

	if (!tool->state) {
		tool_say(tool,
			"there is no state directory that could keep what was "
			"seen; make one with `readdress init`, so that "
			"safe-after can be told later");
		return 0;
	}
	result = state_lock(tool->state, STATE_LOCK_SECONDS, &cause);
	if (!result)
		result = lookout_keep(
			&job->lookout, state_dir(tool->state), &cause);
	if (!result && tool->options.autos)
		result = route(job, &cause);
	if (result && !tool->options.autos) {
		tool_say(tool,
			"what was seen is not kept, so that safe-after begins "
			"later: %s",
			cause.text);
		return 0;
	}
	return result ? error_pass(job->error, result, &cause) : 0;
}

/* The first text of a question that was not answered. */
static const char *find_unanswered(const struct job *job)
{
	for (size_t i = 0; i < job->domains.count; i++) {
		const struct lookout_domain *domain = &job->lookout.list[i];

		for (size_t n = 0; domain->unanswered && n < domain->count; n++)
			if (domain->findings[n].level == DIAGNOSIS_SKIP)
				return domain->findings[n].found;
	}
	return NULL;
}

static int conclude(const struct job *job)
{
	const char *unanswered = find_unanswered(job);

	if (unanswered)
		return error_set(job->error, ERR_BUSY,
			"the DNS did not answer everything: %s; try again "
			"later%s",
			unanswered,
			job->tool->options.server
				? ""
				: ", or name your name server with --server if "
				  "no other one can be reached from here");
	for (size_t i = 0; i < job->domains.count; i++)
		if (job->lookout.list[i].failed)
			return ERR_NOTFOUND; /* 1, without a text */
	return 0;
}

static int look(struct job *job)
{
	struct reply_source source = { resolver_ask, job->resolver,
		job->tool->options.server };
	struct progress progress;
	int result;

	job->lookout = (struct lookout){ .source = &source,
		.relay = &job->relay,
		.domains = &job->domains,
		.before = job->before,
		.certificates = get_certificates,
		.context = job };
	progress_init(&progress, job->tool->quiet);
	progress_begin(&progress, "domains");
	result = lookout_run(&job->lookout, &progress, job->error);
	progress_end(&progress);
	if (!result)
		result = print(job);
	if (!result)
		result = keep(job);
	if (!result)
		result = conclude(job);
	lookout_free(&job->lookout);
	return result;
}

int command_dns(struct tool *tool, struct error *error)
{
	struct job job = {
		.tool = tool, .error = error, .mutex = PTHREAD_MUTEX_INITIALIZER
	};

	bool begun = https_begin();
	int result = begun ? prepare(&job)
			   : error_set(error, ERR_NOMEM, "out of memory");

	if (!result && !job.domains.count)
		tool_say(tool, "no inbound rule names a domain");
	if (!result)
		result = look(&job);
	resolver_close(job.resolver);
	domains_free(&job.domains);
	arena_close(job.arena);
	observations_close(job.before);
	certificates_close(job.certificates);
	postfix_close(job.expanded);
	postfix_close(job.written);
	map_reader_close(job.reader);
	if (begun)
		https_end();
	return result;
}
