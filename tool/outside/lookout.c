#include "outside/lookout.h"

#include <fcntl.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/array.h"
#include "dns/dns.h"
#include "outside/https.h"
#include "outside/workers.h"

#define DOMAIN_MEMORY ((size_t)32 << 20)

static int out_of_memory(struct error *error)
{
	return error_set(error, ERR_NOMEM, "out of memory");
}

static const char *keep_text(struct arena *arena, const char *text)
{
	return arena_copy(arena, text, strlen(text));
}

/* Keeps a finding until it is printed. */
static int keep(void *context, const struct diagnosis_finding *finding)
{
	struct lookout_domain *domain = context;
	struct diagnosis_finding *list = array_grow_in(domain->arena,
		domain->findings, domain->count, &domain->room, sizeof *list);
	struct diagnosis_finding *kept;

	if (!list)
		return ERR_NOMEM;
	domain->findings = list;
	kept = &list[domain->count];
	*kept = *finding;
	kept->found = keep_text(domain->arena, finding->found);
	kept->why = keep_text(domain->arena, finding->why);
	kept->remedy = keep_text(domain->arena, finding->remedy);
	if (!kept->found || !kept->why || !kept->remedy)
		return ERR_NOMEM;
	domain->count++;
	if (finding->level == DIAGNOSIS_FAIL)
		domain->failed = true;
	return 0;
}

static int has_key(void *context, struct bytes tlsa)
{
	const struct lookout *lookout = context;

	return certificates_match(
		lookout->certificates(lookout->context), tlsa);
}

/* What the survey says of a domain whose role is auto. */
static enum autoroutes_seen judge(const struct survey *survey)
{
	if (survey->mx.kind == REPLY_UNKNOWN)
		return AUTOROUTES_NO_ANSWER;
	if (survey->listed)
		return survey->ours <= survey->best ? AUTOROUTES_BEST
						    : AUTOROUTES_BEHIND;
	/* A host whose addresses are not known may be this one. */
	for (size_t i = 0; i < survey->host_count; i++)
		if (survey->hosts[i].addresses.kind == REPLY_UNKNOWN)
			return AUTOROUTES_NO_ANSWER;
	return AUTOROUTES_UNLISTED;
}

static void look(void *context, size_t index)
{
	struct lookout *lookout = context;
	const struct domains_entry *entry = &lookout->domains->list[index];
	struct lookout_domain *domain = &lookout->list[index];
	struct survey survey = {
		.source = lookout->source,
		.relay = lookout->relay,
		.domain = entry->name,
		.role = entry->role,
		.targets = entry->targets,
		.target_count = entry->target_count,
		.diagnosis.found = keep,
		.diagnosis.context = domain,
		.fetch = https_fetch,
		.has_key = has_key,
		.tool_context = lookout,
	};

	domain->arena = survey.diagnosis.arena = arena_open(DOMAIN_MEMORY);
	if (!survey.diagnosis.arena) {
		domain->result = ERR_NOMEM;
		return;
	}
	domain->now = (int64_t)time(NULL);
	survey.list =
		observations_of(lookout->before, entry->name, &survey.count);
	domain->result = dns_run(&survey, domain->now, &domain->made);
	domain->unanswered = survey.unanswered;
	domain->seen = judge(&survey);
}

int lookout_run(
	struct lookout *lookout, struct progress *progress, struct error *error)
{
	size_t count = lookout->domains->count;

	lookout->list = calloc(count + 1, sizeof *lookout->list);
	if (!lookout->list || workers_run(count, look, lookout, progress))
		return out_of_memory(error);
	for (size_t i = 0; i < count; i++)
		if (lookout->list[i].result)
			return out_of_memory(error);
	return 0;
}

void lookout_free(struct lookout *lookout)
{
	for (size_t i = 0; lookout->list && i < lookout->domains->count; i++)
		arena_close(lookout->list[i].arena);
	free(lookout->list);
	lookout->list = NULL;
}

int lookout_keep(
	const struct lookout *lookout, const char *dir, struct error *error)
{
	struct observations *all = NULL;
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int result;

	if (fd < 0)
		return error_set_errno(error, "cannot open %s", dir);
	result = observations_read(&all, fd, dir, error);
	for (size_t i = 0; !result && i < lookout->domains->count; i++)
		if (lookout->list[i].made.count &&
			observations_add(all, lookout->domains->list[i].name,
				&lookout->list[i].made))
			result = out_of_memory(error);
	if (!result)
		result = observations_write(all, fd, dir, error);
	observations_close(all);
	(void)close(fd);
	return result;
}

/* Returns the index of a domain among those that were looked at, or their
 * count. */
static size_t find_domain(const struct domains *domains, struct bytes name)
{
	size_t i = 0;

	while (i < domains->count &&
		!bytes_equal(bytes_of(domains->list[i].name), name))
		i++;
	return i;
}

/* Takes over what is known of domains that were not looked at. */
static int copy_others(const struct lookout *lookout,
	const struct autoroutes *old, struct autoroutes *new,
	bool (*is_auto)(void *context, struct bytes domain), void *context)
{
	int result = 0;

	for (size_t i = 0; !result && i < autoroutes_count(old); i++) {
		const struct autoroute *route = autoroutes_at(old, i);

		if (find_domain(lookout->domains, route->domain) ==
				lookout->domains->count &&
			is_auto(context, route->domain))
			result = autoroutes_put(new, route);
	}
	return result;
}

int lookout_route(const struct lookout *lookout, const char *dir,
	bool (*is_auto)(void *context, struct bytes domain),
	bool (*has_mailboxes)(void *context, struct bytes domain),
	void *context, struct error *error)
{
	const struct domains *domains = lookout->domains;
	struct autoroutes *old = NULL;
	struct autoroutes *new = autoroutes_open();
	/* Without what was known before, a domain that is not listed any more
	 * would be refused at once, and not after seven days. */
	int result = autoroutes_read(dir, &old, NULL, error);

	if (result && result != ERR_NOENT) {
		autoroutes_close(new);
		return result;
	}
	result = new ? 0 : ERR_NOMEM;
	if (!result && old)
		result = copy_others(lookout, old, new, is_auto, context);
	for (size_t i = 0; !result && i < domains->count; i++) {
		struct bytes name = bytes_of(domains->list[i].name);
		const struct lookout_domain *domain = &lookout->list[i];
		struct autoroute route;

		if (domains->list[i].role == ROUTE_AUTO &&
			autoroutes_judge(
				old ? autoroutes_find(old, name) : NULL, name,
				domain->seen, has_mailboxes(context, name),
				domain->now, &route))
			result = autoroutes_put(new, &route);
	}
	if (result)
		result = error_set(error, result,
			"cannot keep the roles of %zu domains: out of memory",
			domains->count);
	else
		result = autoroutes_write(dir, new, error);
	autoroutes_close(old);
	autoroutes_close(new);
	return result;
}
