#include "update/update.h"

#include <inttypes.h>
#include <stdio.h>

#include "update/build.h"
#include "update/editlog.h"
#include "update/guard.h"
#include "update/holdcheck.h"
#include "update/merge.h"

/* The result of the first walk, which comes before anything is written. */
struct plan {
	const struct change *change;
	struct change_result *done;
	struct guard guard; /* of the old table's rows that are in scope */
	uint64_t after;	    /* the rows of the new table */
	uint64_t bytes;	    /* the bytes of their keys and values */
	struct editlog log;
};

static int count_step(
	struct plan *plan, const struct merge_step *step, struct error *error)
{
	const struct change *change = plan->change;
	int result;

	if (step->old.data)
		plan->guard.before += change_concerns(change, step->key);
	if (step->new.data) {
		plan->after++;
		plan->bytes += step->key.len + step->new.len;
	}
	if (step->kind == MERGE_KEPT)
		return 0;
	if (step->kind == MERGE_MISSING)
		return !change->require_existing
			       ? 0
			       : error_set(error, ERR_NOTFOUND,
					 "%.*s is not in %s; nothing was "
					 "deleted",
					 (int)step->key.len, step->key.data,
					 rule_table_name(change->table));
	if (change->refuse_existing && step->old.data)
		return error_set(error, ERR_BAD,
			"%.*s is in %s already (target %.*s); --replace "
			"changes it",
			(int)step->key.len, step->key.data,
			rule_table_name(change->table), (int)step->old.len - 1,
			step->old.data + 1);
	result = change_count(plan->done, step->change, step->key,
		step->new.data ? step->new : step->old, error);
	if (result)
		return result;
	if (step->change == CHANGE_DELETED)
		guard_delete(&plan->guard, step->key);
	editlog_add(&plan->log, step->change, step->key, step->old, step->new);
	if (step->change != CHANGE_UNCHANGED && change->changed)
		change->changed(change->context, step->change, step->key,
			step->old, step->new);
	return 0;
}

/* Returns how a refusal names --merge, which excludes --only and --domain. */
static const char *merge_option(const struct change *change)
{
	if (change->domain_count)
		return change->scope == CHANGE_ALL
			       ? "--merge in place of --domain"
			       : "--merge in place of --domain and --only";
	return change->scope == CHANGE_ALL ? "--merge"
					   : "--merge in place of --only";
}

static int refuse(const struct plan *plan, struct error *error)
{
	const struct change *change = plan->change;
	char advice[256];
	char domain_advice[256];

	if (change->mode == CHANGE_DELETE || change->force)
		return 0;
	/* A file with only a header row may come from a failed export. */
	if (!change->count)
		return error_set(error, ERR_BAD,
			"%s%sthere is no row below the header row, expected "
			"at least one rule; nothing was changed; %s",
			change->input ? change->input : "",
			change->input ? ": " : "",
			change->mode == CHANGE_MERGE
				? "--force accepts the file anyway"
				: "--force deletes what the file does not "
				  "have");
	if (change->mode != CHANGE_REPLACE)
		return 0;
	(void)snprintf(advice, sizeof advice,
		"%s adds and changes rules and deletes none; --force, or a "
		"larger --max-delete, deletes what the file does not have",
		merge_option(change));
	(void)snprintf(domain_advice, sizeof domain_advice,
		"%s adds and changes rules and deletes none%s; --force "
		"deletes what the file does not have",
		merge_option(change),
		change->scope == CHANGE_ALL && change->table != RULE_ROUTES
			? "; --only users replaces all user rules and keeps "
			  "the domain rules"
			: "");
	return guard_check(&plan->guard, change->max_delete,
		change->max_delete_always, domain_advice, advice, error);
}

static int check_scope(const struct change *change, struct error *error)
{
	for (size_t i = 0; i < change->count; i++) {
		struct bytes key = change->rows[i].rule.key;

		if (!change_in_scope(change->scope, key))
			return error_set(error, ERR_BAD,
				"%.*s is a %s rule, expected %s rules alone",
				(int)key.len, key.data,
				change->scope == CHANGE_USERS ? "domain"
							      : "user",
				change->scope == CHANGE_USERS ? "user"
							      : "domain");
		if (!change_concerns(change, key))
			return error_set(error, ERR_BAD,
				"%.*s is in another domain than expected",
				(int)key.len, key.data);
	}
	return 0;
}

/* Walks the rows a first time, and refuses what must not be done. */
static int make_plan(
	struct plan *plan, const struct map *old, struct error *error)
{
	struct merge merge;
	struct merge_step step;
	int result = check_scope(plan->change, error);

	if (result)
		return result;
	result = merge_init(&merge, plan->change, old, error);
	while (!result && (result = merge_next(&merge, &step, error)) == 1)
		result = count_step(plan, &step, error);
	merge_free(&merge);
	return result ? result : refuse(plan, error);
}

static void note_newest(struct change_result *done, const struct map *newest)
{
	done->generation = map_meta(newest)->generation;
	memcpy(done->digest, map_meta(newest)->digest, sizeof done->digest);
}

int update_apply(struct state *state, const struct change *change,
	struct change_result *done, struct error *error)
{
	struct plan plan = { .change = change, .done = done };
	struct map *old = NULL;
	int result = 0;

	*done = (struct change_result){ 0 };
	if (!change->dry_run)
		result = state_lock(state, STATE_LOCK_SECONDS, error);
	if (result)
		return result;
	result = state ? state_open_newest(state, false, &old, error)
		       : ERR_NOENT;
	if (result == ERR_NOENT)
		result = 0;
	else if (!result)
		note_newest(done, old);
	if (!result)
		result = make_plan(&plan, old, error);
	if (result)
		goto out;
	done->unchanged = old && !done->counts[CHANGE_NEW] &&
			  !done->counts[CHANGE_CHANGED] &&
			  !done->counts[CHANGE_DELETED];
	if (!done->unchanged)
		result = holdcheck(change, old, error);
	if (result)
		goto out;
	if (!done->unchanged && !change->dry_run) {
		const struct build build = { .old = old,
			.change = change,
			.rows = plan.after,
			.bytes = plan.bytes,
			.command = change->command,
			.progress = change->progress,
			.context = change->context };
		char counts[256];
		char what[STATE_WHAT_MAX];

		change_describe(done, change->table, counts, sizeof counts);
		editlog_text(&plan.log, counts, change->note, what);
		result = build_publish(state, &build, what, &done->generation,
			done->digest, error);
	}
out:
	map_close(old);
	return result;
}

int update_init(struct state *state, const char *command, const char *note,
	uint64_t *generation, struct error *error)
{
	const struct build empty = { .command = command };
	char digest[DIGEST_LEN + 1];
	char what[STATE_WHAT_MAX];
	struct map *old;
	int result = state_lock(state, STATE_LOCK_SECONDS, error);

	if (result)
		return result;
	result = state_open_newest(state, false, &old, error);
	if (!result) {
		result = error_set(error, ERR_BAD,
			"there is a map already, generation %" PRIu64
			"; it was left as it is (`readdress load` changes it, "
			"`readdress purge` deletes it)",
			map_meta(old)->generation);
		map_close(old);
	}
	if (result != ERR_NOENT)
		return result;
	editlog_text(NULL, "init: empty map", note, what);
	return build_publish(state, &empty, what, generation, digest, error);
}
