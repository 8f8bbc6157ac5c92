/*
 * probe: the command that asks, by Postfix, whether the targets of rules exist.
 * Tested by tests/e2e/probe.test.
 */
#include "command/command.h"

#include <inttypes.h>
#include <stdlib.h>

#include "command/userfile.h"
#include "mta/sizes.h"
#include "postconf.h"
#include "print/json.h"
#include "print/progress.h"
#include "print/text.h"
#include "probe/against.h"
#include "setup/services.h"

#define ARENA_MAX ((size_t)2 << 30)

struct job {
	struct tool *tool;
	struct error *error;
	struct arena *arena;
	struct targets targets;
	struct verifier verifier;
	struct progress progress;
	struct postfix *postfix; /* of this host; NULL: there is none */
	bool is_own;		 /* the service is one of it */
	char host[256];
	char port[64];
	size_t printed;			 /* targets */
	uint64_t counts[PROBE_WAIT + 1]; /* of each result */
	uint64_t any;			 /* unknown, for the domain takes any */
	uint64_t no_rule;		 /* users of --against */
	uint64_t no_user;
};

static int print_object(const struct job *job, struct bytes address,
	const char *result, const char *reply)
{
	struct json json;

	json_begin(&json);
	json_put_row(&json, "address", address);
	json_put_text(&json, "result", result);
	json_put_text(&json, "reply", reply);
	return json_end(&json, job->error);
}

/* Prints "ADDRESS: RESULT", and "(DETAIL)" if there is one. */
static int print_line(const struct job *job, struct bytes address,
	const char *result, const char *detail)
{
	(void)text_print_row(stdout, address);
	(void)printf(": %s", result);
	if (detail) {
		(void)fputs(" (", stdout);
		(void)text_print(stdout, bytes_of(detail));
		(void)fputs(")", stdout);
	}
	(void)putchar('\n');
	return ferror(stdout) ? tool_output_failed(job->error) : 0;
}

static int print_answer(struct job *job, size_t index)
{
	struct bytes address = job->targets.list[index].address;
	const struct answer *answer = &job->verifier.answers[index];
	const char *result = probe_result_name(answer->result);
	const char *reply = answer->takes_any ? "takes any" : answer->reply;

	job->counts[answer->result]++;
	job->any += answer->takes_any;
	if (job->tool->options.json)
		return print_object(job, address, result, reply);
	return print_line(job, address, result,
		answer->result == PROBE_YES ? NULL : reply);
}

static int tell(void *context, size_t done, size_t answered)
{
	struct job *job = context;
	bool more = job->printed < done;
	int result = 0;

	if (more)
		progress_end(&job->progress);
	while (!result && job->printed < done)
		result = print_answer(job, job->printed++);
	if (!result && more && fflush(stdout))
		result = tool_output_failed(job->error);
	progress_show(&job->progress, answered, job->targets.count, answered);
	return result;
}

static int print_difference(
	void *context, enum against_kind kind, struct bytes key)
{
	struct job *job = context;
	char text[ADDRESS_TEXT_MAX];
	struct bytes address = { text, rule_source_text(key, text) };
	bool no_rule = kind == AGAINST_NO_RULE;
	const char *result = no_rule ? "no rule" : "no user";

	if (no_rule)
		job->no_rule++;
	else
		job->no_user++;
	return job->tool->options.json
		       ? print_object(job, address, result, NULL)
		       : print_line(job, address, result, NULL);
}

/* Compares the rules with the users of a directory. */
static int compare(struct job *job)
{
	const struct tool *tool = job->tool;
	struct userfile users = { .keys = NULL };
	int result;

	if (!tool->options.against)
		return 0;
	result = userfile_read(&users, tool->options.against,
		tool->options.columns.source, job->arena, job->error);
	if (result)
		return result;
	job->error->text[0] = '\0';
	result = against_compare(users.keys, users.count, tool->map,
		tool->table, print_difference, job);
	if (result && !job->error->text[0])
		return error_set(job->error, result,
			"the map cannot be read: it is damaged");
	if (!result)
		tool_say(job->tool,
			"%s: %zu users; %" PRIu64 " without a user rule, "
			"%" PRIu64 " user rules without a user",
			tool->options.against, users.count, job->no_rule,
			job->no_user);
	return result;
}

static void set_place(struct job *job, struct bytes place)
{
	const char *colon = memrchr(place.data, ':', place.len);
	struct bytes host = { place.data, (size_t)(colon - place.data) };
	struct bytes port = { colon + 1, place.len - host.len - 1 };

	host = bytes_trim(host, "[]");
	(void)snprintf(
		job->host, sizeof job->host, "%.*s", (int)host.len, host.data);
	(void)snprintf(
		job->port, sizeof job->port, "%.*s", (int)port.len, port.data);
}

/* Finds the service: the one that is named, that of this host's Postfix, or
 * where `readdress postfix` puts it. */
static void find_service(struct job *job)
{
	const char *via = job->tool->options.via;
	struct postfix *written = NULL;
	const struct postfix_service *service;
	struct error ignored;

	set_place(job, bytes_of(via ? via : SERVICES_PROBE));
	if (postconf_read(NULL, &job->postfix, &written, &ignored))
		return;
	for (size_t i = 0; (service = postfix_service(job->postfix, i)); i++) {
		if (!strchr(service->name, ':') ||
			!services_is_probe(job->postfix, service) ||
			(via && strcmp(via, service->name) != 0))
			continue;
		set_place(job, bytes_of(service->name));
		job->is_own = true;
	}
	postfix_close(written);
}

/* Notes how large a message the next hops take. Only of this host's Postfix is
 * it known which they are. What goes wrong here takes nothing from the
 * answers. */
static int note_sizes(struct job *job)
{
	struct tool *tool = job->tool;
	struct error cause = { .text = "" };
	struct sizes sizes;
	int result;

	if (!job->is_own)
		return 0;
	result = sizes_ask(tool, &job->verifier, job->postfix, &sizes);
	if (result)
		return error_set(job->error, result, "out of memory");
	for (size_t i = 0; i < sizes.count; i++)
		if (sizes.list[i].bytes)
			tool_say(tool,
				"%.*s: the next hop %s takes messages of up to "
				"%" PRIu64 " bytes",
				(int)sizes.list[i].domain.len,
				sizes.list[i].domain.data,
				sizes.list[i].nexthop.data,
				sizes.list[i].bytes);
	result = tool_open_state(tool, false, &cause);
	if (!result && tool->state)
		result = sizes_keep(tool, &sizes, job->arena, &cause);
	if (result)
		tool_say(tool,
			"`readdress doctor` cannot compare message_size_limit "
			"with the next hops: %s",
			cause.text);
	return 0;
}

static int ask(struct job *job)
{
	struct tool *tool = job->tool;
	int result;

	find_service(job);
	job->verifier = (struct verifier){ .host = job->host,
		.port = job->port,
		.rate = tool->options.rate ? tool->options.rate : VERIFIER_RATE,
		.targets = &job->targets,
		.arena = job->arena,
		.tell = tell,
		.context = job };
	progress_init(&job->progress, tool->quiet);
	progress_begin(&job->progress, "addresses");
	result = verifier_run(&job->verifier, job->error);
	progress_end(&job->progress);
	return result ? result : note_sizes(job);
}

static void say_counts(const struct job *job)
{
	uint64_t unknown = job->counts[PROBE_UNKNOWN];

	tool_say(job->tool,
		"%zu addresses: %" PRIu64 " yes, %" PRIu64 " no, %" PRIu64
		" unknown",
		job->targets.count, job->counts[PROBE_YES],
		job->counts[PROBE_NO], unknown);
	if (job->any)
		tool_say(job->tool,
			"%" PRIu64 " of the unknown are in domains that take "
			"any user, as a domain does whose gateway does not "
			"know its users",
			job->any);
	if (job->targets.domains)
		tool_say(job->tool,
			"%" PRIu64 " targets are whole domains, and name "
			"nobody who could be asked about",
			job->targets.domains);
	if (job->targets.bad)
		tool_say(job->tool,
			"%" PRIu64 " stored targets are no addresses; "
			"`readdress check` names them",
			job->targets.bad);
}

static int conclude(const struct job *job)
{
	if (job->counts[PROBE_NO] || job->no_rule || job->no_user)
		return ERR_NOTFOUND; /* 1, without a text */
	if (job->counts[PROBE_UNKNOWN])
		return error_set(job->error, ERR_BUSY,
			"it is not known of %" PRIu64 " addresses whether they "
			"exist; where a next hop asked to come back later, try "
			"again in some minutes",
			job->counts[PROBE_UNKNOWN]);
	return 0;
}

int command_probe(struct tool *tool, struct error *error)
{
	struct job job = { .tool = tool, .error = error };
	int result;

	if (tool->table == RULE_ROUTES)
		return error_set(error, ERR_USAGE,
			"found routes, expected inbound or outbound: rows of "
			"routes lead to no address");
	job.arena = arena_open(ARENA_MAX);
	if (!job.arena)
		return error_set(error, ERR_NOMEM, "out of memory");
	result = targets_read(
		&job.targets, tool->map, tool->table, job.arena, error);
	if (!result)
		result = compare(&job);
	if (!result && job.targets.count)
		result = ask(&job);
	if (!result) {
		say_counts(&job);
		result = conclude(&job);
	}
	postfix_close(job.postfix);
	arena_close(job.arena);
	return result;
}
