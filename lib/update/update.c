#include "update/update.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "update/merge.h"

#define PROGRESS_ROWS	16384
#define MAX_DELETE_ROWS 3 /* a table this small may lose them all */
#define DOMAINS_SHOWN	3

/* What the first walk finds out, before anything is written. */
struct plan {
	const struct edit *edit;
	struct edit_result *result;
	uint64_t before;       /* rows in the table */
	uint64_t before_scope; /* of them, in scope */
	uint64_t after;	       /* rows in the table when it is done */
	uint64_t octets;       /* of their keys and values */
	uint64_t domains_lost;
	char domains[256]; /* the first ones, for the refusal */
};

static void note_domain(struct plan *plan, struct bytes key)
{
	size_t at = strlen(plan->domains);

	if (plan->domains_lost < DOMAINS_SHOWN)
		(void)snprintf(plan->domains + at, sizeof plan->domains - at,
			"%s%.*s", at ? ", " : "", (int)key.len, key.data);
	else if (plan->domains_lost == DOMAINS_SHOWN)
		(void)snprintf(
			plan->domains + at, sizeof plan->domains - at, ", ...");
	plan->domains_lost++;
}

int edit_count(struct edit_result *result, enum edit_change change,
	struct bytes key, struct bytes value, struct error *error)
{
	enum rule_kind kind = rule_value_kind(value);

	if (kind >= RULE_KINDS)
		return error_set(error, ERR_BAD,
			"%.*s has a value of no known kind", (int)key.len,
			key.data);
	result->counts[change]++;
	result->by_kind[change][kind]++;
	return 0;
}

static int count_step(
	struct plan *plan, const struct merge_step *step, struct error *error)
{
	const struct edit *edit = plan->edit;
	int code;

	if (step->old.data) {
		plan->before++;
		plan->before_scope += edit_in_scope(edit->scope, step->key);
	}
	if (step->new.data) {
		plan->after++;
		plan->octets += step->key.len + step->new.len;
	}
	if (step->kind == MERGE_KEPT)
		return 0;
	if (step->kind == MERGE_MISSING)
		return !edit->require_existing
			       ? 0
			       : error_set(error, ERR_NOTFOUND,
					 "%.*s is not in %s; nothing was "
					 "deleted",
					 (int)step->key.len, step->key.data,
					 rule_table_name(edit->table));
	if (edit->refuse_existing && step->old.data)
		return error_set(error, ERR_BAD,
			"%.*s is in %s already (target %.*s); --replace "
			"changes it",
			(int)step->key.len, step->key.data,
			rule_table_name(edit->table), (int)step->old.len - 1,
			step->old.data + 1);
	code = edit_count(plan->result, step->change, step->key,
		step->new.data ? step->new : step->old, error);
	if (code)
		return code;
	if (step->change == EDIT_DELETED && rule_key_is_domain(step->key))
		note_domain(plan, step->key);
	if (step->change != EDIT_UNCHANGED && edit->changed)
		edit->changed(edit->context, step->change, step->key, step->old,
			step->new);
	return 0;
}

/* How a refusal names --merge, which --only excludes. */
static const char *merge_option(const struct edit *edit)
{
	return edit->scope == EDIT_ALL ? "--merge"
				       : "--merge in place of --only";
}

static int refuse(const struct plan *plan, struct error *error)
{
	const struct edit *edit = plan->edit;
	uint64_t deleted = plan->result->counts[EDIT_DELETED];

	if (edit->mode == EDIT_DELETE || edit->force)
		return 0;
	/* What a failed export leaves behind: a header row alone. */
	if (!edit->count)
		return error_set(error, ERR_BAD,
			"%s%sthere is no row below the header row, expected "
			"at least one rule; nothing was changed; %s",
			edit->input ? edit->input : "", edit->input ? ": " : "",
			edit->mode == EDIT_MERGE
				? "--force takes the file all the same"
				: "--force deletes what the file does not "
				  "have");
	if (edit->mode != EDIT_REPLACE)
		return 0;
	if (plan->domains_lost)
		return error_set(error, ERR_BAD,
			"would delete %" PRIu64 " domain rule%s (%s); "
			"%s adds and changes rules and deletes none%s; --force "
			"deletes what the file does not have",
			plan->domains_lost, plan->domains_lost == 1 ? "" : "s",
			plan->domains, merge_option(edit),
			edit->scope == EDIT_ALL ? "; --only users replaces all "
						  "user rules and keeps the "
						  "domain rules"
						: "");
	if (plan->before_scope && /* else nothing was deleted */
		(edit->max_delete_always || plan->before > MAX_DELETE_ROWS) &&
		deleted * 100 > edit->max_delete * plan->before_scope)
		return error_set(error, ERR_BAD,
			"would delete %" PRIu64 " of %" PRIu64
			" rules (%" PRIu64
			" %%), more than --max-delete %u; %s adds and changes "
			"rules and deletes none; --force, or a larger "
			"--max-delete, deletes what the file does not have",
			deleted, plan->before_scope,
			deleted * 100 / plan->before_scope, edit->max_delete,
			merge_option(edit));
	return 0;
}

static int check_scope(const struct edit *edit, struct error *error)
{
	for (size_t i = 0; edit->scope != EDIT_ALL && i < edit->count; i++) {
		struct bytes key = edit->rows[i].rule.key;

		if (!edit_in_scope(edit->scope, key))
			return error_set(error, ERR_BAD, "%.*s is no %s rule",
				(int)key.len, key.data,
				edit->scope == EDIT_USERS ? "user" : "domain");
	}
	return 0;
}

/* The first walk. */
static int make_plan(
	struct plan *plan, const struct map *old, struct error *error)
{
	struct merge merge;
	struct merge_step step;
	int code = check_scope(plan->edit, error);

	if (code)
		return code;
	code = merge_init(&merge, plan->edit, old, error);
	while (!code && (code = merge_next(&merge, &step, error)) == 1)
		code = count_step(plan, &step, error);
	merge_free(&merge);
	return code ? code : refuse(plan, error);
}

struct build {
	const struct edit *edit;
	const struct map *old; /* NULL: there is none */
	struct map_builder *builder;
	uint64_t rows; /* put so far */
	uint64_t of;
};

/* The second walk; another table than the edit's stays as it is. */
static int build_table(
	struct build *build, enum rule_table table, struct error *error)
{
	const struct edit *edit = build->edit;
	const struct edit none = { .table = table, .mode = EDIT_MERGE };
	struct merge merge;
	struct merge_step step;
	int code = merge_init(
		&merge, table == edit->table ? edit : &none, build->old, error);

	while (!code && (code = merge_next(&merge, &step, error)) == 1) {
		struct rule rule = { step.key, step.new };

		code = 0;
		if (!step.new.data)
			continue;
		if (edit->progress && build->rows % PROGRESS_ROWS == 0)
			edit->progress(edit->context, build->rows, build->of);
		build->rows++;
		code = map_builder_put(build->builder, table, &rule, error);
	}
	merge_free(&merge);
	return code;
}

static int build_map(struct state *state, struct build *build,
	const struct map_meta *meta, uint64_t octets, struct error *error)
{
	const struct edit *edit = build->edit;
	int code = map_builder_open(&build->builder, state_build_path(state),
		build->of, octets, error);

	if (code)
		return code;
	for (unsigned t = 0; !code && t < RULE_TABLES; t++)
		code = build_table(build, (enum rule_table)t, error);
	if (!code && edit->progress)
		edit->progress(edit->context, build->rows, build->of);
	if (!code)
		code = map_builder_seal(build->builder, meta, error);
	map_builder_close(build->builder);
	return code;
}

int edit_publish(struct state *state, const struct edit *edit,
	const struct map *old, uint64_t rows, uint64_t octets, const char *what,
	uint64_t *generation, struct error *error)
{
	struct build build = { .edit = edit, .old = old, .of = rows };
	struct map_meta meta = { .time = (int64_t)time(NULL) };
	int code = state_next_generation(state, &meta.generation, error);

	if (code)
		return code;
	for (unsigned t = 0; old && t < RULE_TABLES; t++)
		if (t != edit->table)
			build.of += map_rows(old, (enum rule_table)t);
	state_user(meta.user, sizeof meta.user);
	(void)snprintf(meta.command, sizeof meta.command, "%s",
		edit->command ? edit->command : "");
	code = build_map(state, &build, &meta,
		octets + (old ? map_octets(old) : 0), error);
	if (!code)
		code = state_publish(state, &meta, what, error);
	if (!code)
		*generation = meta.generation;
	return code;
}

int edit_apply(struct state *state, const struct edit *edit,
	struct edit_result *result, struct error *error)
{
	struct plan plan = { .edit = edit, .result = result };
	struct map *old = NULL;
	int code = 0;

	*result = (struct edit_result){ 0 };
	if (!edit->dry_run)
		code = state_lock(state, STATE_LOCK_SECONDS, error);
	if (code)
		return code;
	code = state ? state_open_newest(state, false, &old, error) : ERR_NOENT;
	if (code == ERR_NOENT)
		code = 0;
	else if (!code)
		result->generation = map_meta(old)->generation;
	if (!code)
		code = make_plan(&plan, old, error);
	if (code)
		goto out;
	result->unchanged = old && !result->counts[EDIT_NEW] &&
			    !result->counts[EDIT_CHANGED] &&
			    !result->counts[EDIT_DELETED];
	if (!result->unchanged && !edit->dry_run) {
		char what[256];

		edit_describe(result, edit->table, what, sizeof what);
		code = edit_publish(state, edit, old, plan.after, plan.octets,
			what, &result->generation, error);
	}
out:
	map_close(old);
	return code;
}

static size_t describe_kind(char *text, size_t size, uint64_t number,
	unsigned kind, const char *verb, bool first)
{
	int len = snprintf(text, size, "%s%" PRIu64 " %s%s %s",
		first ? "" : ", ", number, rule_kind_name((enum rule_kind)kind),
		number == 1 ? "" : "s", verb);

	return (size_t)len < size ? (size_t)len : size - 1;
}

void edit_describe(const struct edit_result *result, enum rule_table table,
	char *text, size_t size)
{
	static const struct {
		enum edit_change change;
		const char *verb;
	} verbs[] = { { EDIT_NEW, "added" }, { EDIT_CHANGED, "changed" },
		{ EDIT_DELETED, "deleted" } };
	size_t start =
		(size_t)snprintf(text, size, "%s: ", rule_table_name(table));
	size_t at = start;

	for (size_t v = 0; v < sizeof verbs / sizeof *verbs; v++) {
		for (unsigned k = 0; k < RULE_KINDS; k++) {
			uint64_t number = result->by_kind[verbs[v].change][k];

			if (number)
				at += describe_kind(text + at, size - at,
					number, k, verbs[v].verb, at == start);
		}
	}
	if (at == start)
		(void)snprintf(text + at, size - at, "no change");
}

int edit_init(struct state *state, const char *command, uint64_t *generation,
	struct error *error)
{
	const struct edit none = { .table = RULE_TABLES, .command = command };
	struct map *old;
	int code = state_lock(state, STATE_LOCK_SECONDS, error);

	if (code)
		return code;
	code = state_open_newest(state, false, &old, error);
	if (!code) {
		code = error_set(error, ERR_BAD,
			"there is a map already, generation %" PRIu64
			"; it was left as it is (`readdress load` changes it, "
			"`readdress purge` deletes it)",
			map_meta(old)->generation);
		map_close(old);
	}
	return code != ERR_NOENT
		       ? code
		       : edit_publish(state, &none, NULL, 0, 0,
				 "init: empty map", generation, error);
}
