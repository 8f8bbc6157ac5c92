#include "mta/sizes.h"

#include <stdlib.h>
#include <time.h>

#include "base/array.h"
#include "diagnosis/ourtable.h"
#include "postconf.h"
#include "relay/nexthop.h"
#include "state/state.h"

#define SECONDS "10" /* for a connection, and for a reply */

struct look {
	const struct verifier *verifier;
	struct diagnosis diagnosis;
	struct sizes *sizes;
};

/* True if the next hop of the domain said something: another one would only
 * take time. */
static bool has_answered(
	const struct verifier *verifier, size_t first, size_t count)
{
	for (size_t i = first; i < first + count; i++) {
		const struct answer *answer = &verifier->answers[i];

		if (answer->result != PROBE_UNKNOWN || answer->takes_any ||
			(answer->reply && strstr(answer->reply, " said: ")))
			return true;
	}
	return false;
}

/* Greets the next hop. Returns false if that failed; *size becomes 0 if it
 * tells no limit. */
static bool greet(const struct postfix *postfix, const struct nexthop *nexthop,
	uint64_t *size)
{
	const char *lookup =
		postfix_value(postfix, nexthop->service, "smtp_host_lookup");
	const char *const arguments[] = { "posttls-finger", "-l", "may", "-L",
		"none", "-t", SECONDS, "-T", SECONDS, "-h", lookup, "--",
		nexthop->destination, NULL };
	struct error ignored;
	char *said = NULL;

	if (postconf_call(arguments, &said, &ignored))
		return false;
	(void)probe_read_size(bytes_of(said), size);
	free(said);
	return true;
}

static bool was_greeted(const struct sizes *sizes, struct bytes nexthop)
{
	for (size_t i = 0; i < sizes->count; i++)
		if (bytes_equal(sizes->list[i].nexthop, nexthop))
			return true;
	return false;
}

static int look_at(struct look *look, struct bytes domain)
{
	struct diagnosis *diagnosis = &look->diagnosis;
	struct hopsize one = { .domain = domain, .time = (int64_t)time(NULL) };
	struct sizes *sizes = look->sizes;
	struct hopsize *longer;
	struct nexthop nexthop;
	int result = nexthop_find(diagnosis, domain, &nexthop);

	if (result <= 0)
		return result == ERR_NOMEM ? result : 0;
	/* Of several next hops in one place, all but the first stand in. */
	nexthop.destination = diagnosis_text(diagnosis, "%.*s",
		(int)strcspn(nexthop.destination, ", \t"), nexthop.destination);
	if (!nexthop.destination)
		return ERR_NOMEM;
	one.nexthop = bytes_of(nexthop.destination);
	if (was_greeted(sizes, one.nexthop) ||
		!greet(diagnosis->postfix, &nexthop, &one.bytes))
		return 0;
	longer = array_grow_in(diagnosis->arena, sizes->list, sizes->count,
		&sizes->room, sizeof *longer);
	if (!longer)
		return ERR_NOMEM;
	sizes->list = longer;
	longer[sizes->count++] = one;
	return 0;
}

static int look_at_all(struct look *look)
{
	const struct targets *targets = look->verifier->targets;
	int result = 0;

	for (size_t at = 0; !result && at < targets->count;) {
		size_t count = targets_run(targets, at);

		if (has_answered(look->verifier, at, count))
			result = look_at(
				look, targets_domain(&targets->list[at]));
		at += count;
	}
	return result;
}

int sizes_ask(const struct tool *tool, const struct verifier *verifier,
	const struct postfix *postfix, struct sizes *sizes)
{
	struct postconf_tables tables;
	struct autoroutes *autoroutes = NULL;
	struct look look = { .verifier = verifier,
		.diagnosis = { .postfix = postfix,
			.config = tool->config,
			.map = tool->map,
			.postmap = &tables.postmap,
			.arena = verifier->arena },
		.sizes = sizes };
	int result;

	*sizes = (struct sizes){ .list = NULL };
	(void)!autoroutes_read(
		tool->config->state_dir, &autoroutes, NULL, NULL);
	look.diagnosis.autoroutes = autoroutes;
	postconf_open_tables(&tables,
		postfix_value(postfix, NULL, "config_directory"), false);
	tables.postmap.arena = verifier->arena;
	tables.postmap.own = ourtable_answer;
	tables.postmap.own_context = &look.diagnosis;
	tables.postmap.queue_directory =
		postfix_value(postfix, NULL, "queue_directory");
	result = look_at_all(&look);
	postconf_close_tables(&tables);
	autoroutes_close(autoroutes);
	return result;
}

int sizes_keep(const struct tool *tool, const struct sizes *sizes,
	struct arena *arena, struct error *error)
{
	const char *dir = state_dir(tool->state);
	struct hopsizes kept;
	int result = state_lock(tool->state, STATE_LOCK_SECONDS, error);

	if (!result)
		result = hopsizes_read(
			dir, (int64_t)time(NULL), arena, &kept, error);
	for (size_t i = 0; !result && i < sizes->count; i++) {
		result = hopsizes_put(arena, &kept, &sizes->list[i]);
		if (result)
			result = error_set(error, result,
				"cannot note the SIZE of %s",
				sizes->list[i].nexthop.data);
	}
	return result ? result : hopsizes_write(dir, &kept, error);
}
