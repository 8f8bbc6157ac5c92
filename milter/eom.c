#include "eom.h"

#include <time.h>

#include "apply.h"
#include "decide/decide.h"
#include "decisionlog/decisionlog.h"
#include "usage.h"

struct emitter {
	const struct log *log;
};

static void emit(void *context, enum log_level level, const char *line)
{
	const struct emitter *emitter = context;

	log_text(emitter->log, level, bytes_of(line));
}

static void add(_Atomic uint64_t *counter, uint64_t count)
{
	atomic_fetch_add_explicit(counter, count, memory_order_relaxed);
}

static const char *queue_id(SMFICTX *ctx)
{
	char name[] = "i";

	return smfi_getsymval(ctx, name);
}

/* Refuses the message for good, since a retry would need as much memory. */
static sfsistat refuse_too_large(struct server *server, SMFICTX *ctx,
	const struct message *message, const char *reason)
{
	char code[] = "552";
	char status[] = "5.3.4";
	char text[] = "The addresses of this message need more memory than a "
		      "message may have";
	char id[64];
	const char *queue = queue_id(ctx);

	(void)log_escape(bytes_of(queue ? queue : "NOQUEUE"), id, sizeof id);
	log_line(&message->snapshot->log, LOG_LEVEL_WARNING,
		"%s: refused: %s reply=\"552 5.3.4\"", id, reason);
	add(&server->metrics.messages[message->direction][METRICS_REFUSED], 1);
	(void)smfi_setreply(ctx, code, status, text);
	return SMFIS_REJECT;
}

sfsistat eom_defer(struct server *server, SMFICTX *ctx,
	const struct message *message, const char *reason)
{
	char code[] = "451";
	char status[] = "4.3.0";
	char text[] = "Address rewriting is not available now, try again later";
	char id[64];
	const char *queue = queue_id(ctx);
	struct snapshot *snapshot = snapshot_get(&server->current);

	(void)log_escape(bytes_of(queue ? queue : "NOQUEUE"), id, sizeof id);
	log_line(&snapshot->log, LOG_LEVEL_ERROR, "%s: deferred: %s", id,
		reason ? reason : message->failed);
	snapshot_drop(snapshot);
	add(&server->metrics.messages[message->direction][METRICS_TEMPFAIL], 1);
	/* If this fails, the MTA answers with a 451 of its own. */
	(void)smfi_setreply(ctx, code, status, text);
	return SMFIS_TEMPFAIL;
}

/* Answers a message on which decide() failed. */
static sfsistat undecided(struct server *server, SMFICTX *ctx,
	const struct message *message, int result, const struct error *error)
{
	bool too_large = false;
	const char *reason = error->text[0] ? error->text : "out of memory";

	if (result == ERR_NOMEM)
		reason = message_no_memory(message, &too_large);
	return too_large ? refuse_too_large(server, ctx, message, reason)
			 : eom_defer(server, ctx, message, reason);
}

static void count_uses(struct metrics *status, const struct decision *decision)
{
	uint64_t hits[RULE_OUTBOUND + 1][RULE_KINDS] = { { 0 } };
	uint64_t unruled = 0;

	for (size_t i = 0; i < decision->use_count; i++) {
		const struct decision_use *use = &decision->uses[i];

		hits[use->table][use->kind]++;
		unruled += use->address.len != 0;
	}
	for (int table = 0; table <= RULE_OUTBOUND; table++)
		for (int kind = 0; kind < RULE_KINDS; kind++)
			if (hits[table][kind])
				add(&status->rule_hits[table][kind],
					hits[table][kind]);
	if (unruled)
		add(&status->unruled, unruled);
}

static void count(struct server *server, const struct decision *decision,
	enum metrics_result result)
{
	struct metrics *status = &server->metrics;

	add(&status->messages[decision->direction][result], 1);
	if (result == METRICS_REWRITTEN)
		atomic_store_explicit(&status->rewritten_time,
			(int64_t)time(NULL), memory_order_relaxed);
	for (int field = 0; field < DECISION_FIELDS; field++)
		for (int i = 0; i < DECISION_RESULTS; i++)
			if (decision->counts[field][i])
				add(&status->addresses[field][i],
					decision->counts[field][i]);
	if (decision->counts[DECISION_HEADER][DECISION_UNPARSABLE])
		add(&status->unparsable,
			decision->counts[DECISION_HEADER][DECISION_UNPARSABLE]);
	count_uses(status, decision);
	for (unsigned f = 0; f < DECISION_LEAK_FIELDS; f++)
		if (decision->leak_fields & 1u << f)
			add(&status->leaks[f], 1);
}

static sfsistat refuse(SMFICTX *ctx, const struct decision *decision)
{
	char code[] = "550";
	char status[] = "5.7.1";
	char text[] = "Relaying denied: nothing proves that this message is "
		      "from a sender of this relay";
	char later_code[] = "450";
	char later_status[] = "4.7.1";

	/* The header may have a typing error in the configuration, which must
	 * not make every message bounce. */
	if (decision->proof.unseen) {
		(void)smfi_setreply(ctx, later_code, later_status, text);
		return SMFIS_TEMPFAIL;
	}
	(void)smfi_setreply(ctx, code, status, text);
	return SMFIS_REJECT;
}

/* Makes the decision: by the map with which the message began, or by the one in
 * force if only that has a rule for a recipient. Sets *generation to that of
 * the map. */
static int decide_by_map(const struct message *message,
	const struct decide_message *mail, const struct map *in_force,
	uint64_t *generation, struct decision *decision, struct error *error)
{
	const struct snapshot *snapshot = message->snapshot;
	struct decide_input input = { snapshot->config, snapshot->map,
		message->direction, message->why, mail };
	int result = 0;

	if (in_force != snapshot->map)
		result = decide_needs_newer(&input, in_force, message->arena);
	if (result < 0)
		return error_set(error, result, "%s",
			result == ERR_NOMEM ? "out of memory"
					    : "the map cannot be read");
	if (result)
		input.map = in_force;
	*generation = map_meta(input.map)->generation;
	return decide(&input, message->arena, decision, error);
}

static sfsistat answer(struct server *server, SMFICTX *ctx,
	const struct message *message, const struct map *in_force)
{
	struct snapshot *snapshot = message->snapshot;
	uint64_t generation = 0;
	struct emitter emitter;
	struct decide_message mail = message->mail;
	struct decision decision = { 0 };
	struct error error = { .text = "" };
	enum metrics_result counted = METRICS_UNCHANGED;
	int result;

	if (!snapshot)
		return eom_defer(server, ctx, message,
			"the MTA ended a message that did not begin");
	if (message->too_large)
		return refuse_too_large(server, ctx, message, message->failed);
	if (message->failed)
		return eom_defer(server, ctx, message, NULL);
	mail.required_seen = proofs_seen(snapshot, message->arena);
	if (!mail.required_seen) {
		(void)error_set(&error, ERR_NOMEM, "out of memory");
		return undecided(server, ctx, message, ERR_NOMEM, &error);
	}
	result = decide_by_map(
		message, &mail, in_force, &generation, &decision, &error);
	if (result < 0)
		return undecided(server, ctx, message, result, &error);
	if (decision.refuse) {
		counted = METRICS_REFUSED;
	} else if (apply_decision(ctx, message, &decision, &error) < 0) {
		return eom_defer(server, ctx, message, error.text);
	} else if (decision_changes(&decision)) {
		counted = METRICS_REWRITTEN;
	} else if (decision.shadow) {
		counted = METRICS_SHADOW;
	}
	emitter.log = &snapshot->log;
	decisionlog_lines(&decision, &mail, queue_id(ctx), generation,
		&snapshot->log, emit, &emitter);
	count(server, &decision, counted);
	usage_note(server->usage, snapshot, &mail, &decision);
	if (decision.proof.right)
		proofs_note(&server->proofs, snapshot, decision.proof.right);
	return decision.refuse ? refuse(ctx, &decision) : SMFIS_CONTINUE;
}

sfsistat eom_message(
	struct server *server, SMFICTX *ctx, const struct message *message)
{
	struct snapshot *in_force = snapshot_get(&server->current);
	sfsistat result = answer(server, ctx, message, in_force->map);

	snapshot_drop(in_force);
	return result;
}
