#include "update/rollback.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "update/build.h"
#include "update/editlog.h"
#include "update/mapdiff.h"

#define WHAT_MAX 480 /* the size of the text for the audit log */

static void say(const struct rollback *rollback, const char *line)
{
	if (rollback->say)
		rollback->say(rollback->context, line);
}

/* Finds the newest map's position in the history (rollback.h). */
static int find_position(struct state *state, const struct map *newest,
	uint64_t *position, struct error *error)
{
	uint64_t from = map_meta(newest)->origin; /* always an earlier one */
	int result = 0;

	*position = map_meta(newest)->generation;
	while (from) {
		struct map *map = NULL;

		*position = from;
		result = state_open_generation(state, from, false, &map, error);
		if (result)
			break;
		from = map_meta(map)->origin;
		map_close(map);
	}
	/* If it is not kept or damaged, its number is the position. */
	return result == ERR_NOENT || result == ERR_BAD ? 0 : result;
}

/* Finds the last undamaged generation before limit whose rules differ from
 * newest, unless that is NULL. Returns ERR_NOTFOUND if there is none. */
static int find_earlier(struct state *state, const struct rollback *rollback,
	const struct map *newest, uint64_t limit, struct map **found,
	struct error *error)
{
	uint64_t *list = NULL;
	size_t count = 0;
	int result = state_history(state, &list, &count, error);
	int differs = 0;

	while (!result && !differs && count > 0) {
		struct error damage = { .text = "" };
		struct map *map = NULL;

		if (list[--count] >= limit)
			continue;
		result = state_open_generation(
			state, list[count], false, &map, &damage);
		if (result == ERR_BAD || result == ERR_NOENT) {
			say(rollback, damage.text);
			result = 0;
			continue;
		}
		if (result) {
			(void)error_pass(error, result, &damage);
			break;
		}
		differs = newest ? mapdiff_any(newest, map, error) : 1;
		if (differs > 0) {
			*found = map;
		} else {
			map_close(map);
			result = differs;
		}
	}
	free(list);
	return result ? result : differs ? 0 : ERR_NOTFOUND;
}

/* Finds the generation to go back to if the newest is damaged or does not
 * exist. */
static int find_last_good(struct state *state, const struct rollback *rollback,
	struct map **found, struct error *error)
{
	int result =
		find_earlier(state, rollback, NULL, UINT64_MAX, found, error);

	return result != ERR_NOTFOUND
		       ? result
		       : error_set(error, ERR_BAD,
				 "no undamaged generation is kept in %s/"
				 "history; move map.mdb away and load the "
				 "tables again",
				 state_dir(state));
}

static int find_further_back(struct state *state,
	const struct rollback *rollback, const struct map *newest,
	struct map **found, struct error *error)
{
	uint64_t position;
	int result = find_position(state, newest, &position, error);

	if (!result)
		result = find_earlier(
			state, rollback, newest, position, found, error);
	if (result != ERR_NOTFOUND)
		return result;
	return error_set(error, result,
		"no generation is kept that is further back than generation "
		"%" PRIu64 "; `readdress history` lists the kept ones, "
		"`readdress rollback N` goes to any of them",
		position);
}

/* Opens the newest map. If it is damaged or does not exist, *newest stays NULL
 * and done->lost says which. */
static int open_newest(struct state *state, const struct rollback *rollback,
	struct map **newest, struct rollback_result *done, struct error *error)
{
	struct error cause = { .text = "" };
	int result = state_try_newest(state, newest, &cause);

	if (!result)
		return 0;
	if (result == ERR_NOENT) {
		uint64_t *list = NULL;
		size_t count = 0;

		result = state_history(state, &list, &count, error);
		free(list);
		if (result)
			return result;
		if (!count)
			return state_no_newest(state, ERR_NOENT, &cause, error);
		done->lost = "gone";
	} else if (result == ERR_BAD) {
		done->lost = "damaged";
	} else {
		return error_pass(error, result, &cause);
	}
	say(rollback, cause.text);
	return 0;
}

static int count_changes(const struct map *newest, const struct map *map,
	struct rollback_result *done, struct editlog *log, struct error *error)
{
	int result = 0;

	done->unchanged = true;
	for (unsigned t = 0; !result && t < RULE_TABLES; t++) {
		struct mapdiff mapdiff;
		struct mapdiff_step step;

		result = mapdiff_init(
			&mapdiff, newest, map, (enum rule_table)t, error);
		while (!result &&
			(result = mapdiff_next(&mapdiff, &step, error)) == 1) {
			if (step.change != CHANGE_UNCHANGED)
				done->unchanged = false;
			editlog_add(
				log, step.change, step.key, step.old, step.new);
			result = change_count(&done->tables[t], step.change,
				step.key, step.new.data ? step.new : step.old,
				error);
		}
		mapdiff_free(&mapdiff);
	}
	return result;
}

static int make_generation(struct state *state, const struct rollback *rollback,
	const struct map *map, const struct editlog *log,
	struct rollback_result *done, struct error *error)
{
	char command[sizeof "rollback " + STATE_DIGITS_MAX + 1];
	const struct build copy = { .old = map,
		.command = command,
		.origin = done->to,
		.progress = rollback->progress,
		.context = rollback->context };
	char counts[WHAT_MAX];
	char what[STATE_WHAT_MAX];

	(void)snprintf(command, sizeof command, "rollback %" PRIu64, done->to);
	rollback_describe(done, counts, sizeof counts);
	editlog_text(log, counts, rollback->note, what);
	return build_publish(
		state, &copy, what, &done->generation, done->digest, error);
}

int rollback_apply(struct state *state, const struct rollback *rollback,
	struct rollback_result *done, struct error *error)
{
	struct editlog log = { 0 };
	struct map *newest = NULL;
	struct map *map = NULL;
	int result = state_lock(state, STATE_LOCK_SECONDS, error);

	*done = (struct rollback_result){ 0 };
	if (!result)
		result = open_newest(state, rollback, &newest, done, error);
	if (result)
		return result;
	if (rollback->to)
		result = state_open_generation(
			state, rollback->to, false, &map, error);
	else if (newest)
		result =
			find_further_back(state, rollback, newest, &map, error);
	else
		result = find_last_good(state, rollback, &map, error);
	if (!result && newest) {
		done->generation = map_meta(newest)->generation;
		result = count_changes(newest, map, done, &log, error);
	}
	if (!result) {
		done->to = map_meta(map)->generation;
		memcpy(done->digest, map_meta(map)->digest,
			sizeof done->digest);
		if (!done->unchanged)
			result = make_generation(
				state, rollback, map, &log, done, error);
	}
	map_close(map);
	map_close(newest);
	return result;
}

void rollback_describe(
	const struct rollback_result *done, char *text, size_t size)
{
	size_t at = (size_t)snprintf(
		text, size, "rollback to generation %" PRIu64 ": ", done->to);
	const char *comma = "";

	if (done->lost) {
		(void)snprintf(
			text + at, size - at, "the newest was %s", done->lost);
		return;
	}
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
