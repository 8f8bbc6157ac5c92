#include "update/adopt.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "rules/ruletarget.h"
#include "update/build.h"
#include "update/editlog.h"
#include "update/guard.h"
#include "update/holdcheck.h"
#include "update/mapdiff.h"

#define WHAT_MAX 480 /* the size of the text for the audit log */

struct work {
	const struct adopt *adopt;
	struct adopt_result *done;
	struct map *newest; /* NULL: there is none */
	struct map *map;    /* that is adopted */
	struct guard guards[RULE_TABLES];
	struct editlog log;
	uint64_t refused; /* rows */
};

/* Opens the map that is adopted, and computes its digest from its rows. */
static int open_map(struct work *work, struct error *error)
{
	const char *path = work->adopt->path;
	struct adopt_result *done = work->done;
	int result = map_open(&work->map, path, false, error);

	if (result)
		return result;
	done->from = *map_meta(work->map);
	result = map_digest(work->map, done->digest);
	if (result)
		return error_set(error, result, "cannot read %s", path);
	if (done->from.version > 1 &&
		strcmp(done->digest, done->from.digest) != 0)
		return error_set(error, ERR_BAD,
			"%s is damaged: its rules have the digest %s, but it "
			"says %s",
			path, done->digest, done->from.digest);
	return 0;
}

static int open_newest(
	struct work *work, struct state *state, struct error *error)
{
	char digest[DIGEST_LEN + 1];
	int result =
		state ? state_open_newest(state, false, &work->newest, error)
		      : ERR_NOENT;

	if (result)
		return result == ERR_NOENT ? 0 : result;
	work->done->generation = map_meta(work->newest)->generation;
	memcpy(digest, map_meta(work->newest)->digest, sizeof digest);
	if (map_meta(work->newest)->version == 1) {
		result = map_digest(work->newest, digest);
		if (result)
			return error_set(
				error, result, "cannot read the newest map");
	}
	work->done->unchanged = !strcmp(digest, work->done->digest);
	return 0;
}

/* Complains of a row that load would refuse. */
static int check_row(struct work *work, enum rule_table table,
	const struct rule *rule, struct error *error)
{
	const struct adopt *adopt = work->adopt;
	struct error reason = { .text = "" };
	struct error line;
	int result = rule_refused(table, rule, &reason);

	if (result <= 0)
		return result ? error_set(error, result, "out of memory") : 0;
	if (work->refused++ < ADOPT_COMPLAINTS && adopt->complain) {
		(void)error_set(&line, 0, "%s: %s: %.700s", adopt->path,
			rule_table_name(table), reason.text);
		adopt->complain(adopt->context, line.text);
	}
	return 0;
}

static int count_step(struct work *work, enum rule_table table,
	const struct mapdiff_step *step, struct error *error)
{
	const struct adopt *adopt = work->adopt;
	struct rule rule = { step->key, step->new };
	int result = 0;

	if (step->new.data)
		result = check_row(work, table, &rule, error);
	if (!result)
		result = change_count(&work->done->tables[table], step->change,
			step->key, step->new.data ? step->new : step->old,
			error);
	if (result)
		return result;
	work->guards[table].before += step->old.data != NULL;
	if (step->change == CHANGE_DELETED)
		guard_delete(&work->guards[table], step->key);
	editlog_add(&work->log, step->change, step->key, step->old, step->new);
	if (step->change != CHANGE_UNCHANGED && adopt->changed)
		adopt->changed(adopt->context, table, step->change, step->key,
			step->old, step->new);
	return 0;
}

/* Walks all rows of both maps once, before anything is written. */
static int count_all(struct work *work, struct error *error)
{
	int result = 0;

	for (unsigned t = 0; !result && t < RULE_TABLES; t++) {
		struct mapdiff mapdiff;
		struct mapdiff_step step;

		result = mapdiff_init(&mapdiff, work->newest, work->map,
			(enum rule_table)t, error);
		while (!result &&
			(result = mapdiff_next(&mapdiff, &step, error)) == 1)
			result = count_step(
				work, (enum rule_table)t, &step, error);
		mapdiff_free(&mapdiff);
	}
	return result;
}

static int refuse_rows(const struct work *work, struct error *error)
{
	if (!work->refused)
		return 0;
	return error_set(error, ERR_BAD,
		"%s: %" PRIu64 " row%s refused%s; nothing was changed; correct "
		"%s on the host that made the map",
		work->adopt->path, work->refused,
		work->refused == 1 ? " is" : "s are",
		work->refused > ADOPT_COMPLAINTS ? ", of which the first 20 "
						   "are above"
						 : "",
		work->refused == 1 ? "it" : "them");
}

/* Refuses what load would refuse. */
static int refuse(const struct work *work, struct error *error)
{
	static const char advice[] =
		"--force deletes what the map does not have";
	/* The map as it is. */
	static const struct change none = { .table = RULE_ROUTES,
		.mode = CHANGE_MERGE };
	const struct adopt *adopt = work->adopt;
	uint64_t rows = 0;
	int result = refuse_rows(work, error);

	if (!result)
		result = holdcheck(&none, work->map, error);
	if (result || adopt->force)
		return result;
	for (unsigned t = 0; t < RULE_TABLES; t++)
		rows += map_rows(work->map, (enum rule_table)t);
	if (!rows)
		return error_set(error, ERR_BAD,
			"%s: the map has no rule, expected at least one; "
			"nothing was changed; %s",
			adopt->path, advice);
	for (unsigned t = 0; !result && t < RULE_TABLES; t++) {
		struct error cause = { .text = "" };

		result = guard_check(&work->guards[t], adopt->max_delete,
			adopt->max_delete_always, advice,
			"--force, or a larger --max-delete, deletes what the "
			"map does not have",
			&cause);
		if (result)
			result = error_set(error, result, "%s: %.900s",
				rule_table_name((enum rule_table)t),
				cause.text);
	}
	return result;
}

static int make_generation(
	struct work *work, struct state *state, struct error *error)
{
	const struct adopt *adopt = work->adopt;
	const struct build copy = { .old = work->map,
		.command = adopt->command,
		.adopted = &work->done->from,
		.digest = work->done->digest,
		.progress = adopt->progress,
		.context = adopt->context };
	char counts[WHAT_MAX];
	char what[STATE_WHAT_MAX];
	char digest[DIGEST_LEN + 1]; /* the one that it must be */

	adopt_describe(work->done, counts, sizeof counts);
	editlog_text(&work->log, counts, adopt->note, what);
	return build_publish(
		state, &copy, what, &work->done->generation, digest, error);
}

int adopt_apply(struct state *state, const struct adopt *adopt,
	struct adopt_result *done, struct error *error)
{
	struct work work = { .adopt = adopt, .done = done };
	int result = 0;

	*done = (struct adopt_result){ .unchanged = false };
	if (!adopt->dry_run)
		result = state_lock(state, STATE_LOCK_SECONDS, error);
	if (!result)
		result = open_map(&work, error);
	if (!result)
		result = open_newest(&work, state, error);
	if (!result)
		result = count_all(&work, error);
	if (!result && !done->unchanged)
		result = refuse(&work, error);
	if (!result && !done->unchanged && !adopt->dry_run)
		result = make_generation(&work, state, error);
	map_close(work.newest);
	map_close(work.map);
	return result;
}

void adopt_describe(const struct adopt_result *done, char *text, size_t size)
{
	char when[CLOCK_TEXT_MAX];
	const char *comma = "";
	size_t at;

	clock_text(done->from.time, when);
	at = (size_t)snprintf(text, size,
		"adopt generation %" PRIu64 " of %s, %s: ",
		done->from.generation, done->from.host, when);
	for (unsigned t = 0; t < RULE_TABLES && at < size; t++) {
		const uint64_t *counts = done->tables[t].counts;
		char table[WHAT_MAX / 2];

		if (!counts[CHANGE_NEW] && !counts[CHANGE_CHANGED] &&
			!counts[CHANGE_DELETED])
			continue;
		change_describe(&done->tables[t], (enum rule_table)t, table,
			sizeof table);
		at += (size_t)snprintf(
			text + at, size - at, "%s%s", comma, table);
		comma = "; ";
	}
	if (!*comma && at < size)
		(void)snprintf(text + at, size - at, "no change");
}
