#include "update/rollback.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "update/build.h"
#include "update/mapdiff.h"

#define WHAT_MAX 480 /* of the audit line */

static void note(const struct rollback *rollback, const char *line)
{
	if (rollback->note)
		rollback->note(rollback->context, line);
}

/* The place of this map among the generations; see rollback.h. */
static int find_place(struct state *state, const struct map *newest,
	uint64_t *place, struct error *error)
{
	uint64_t from = map_meta(newest)->origin; /* an earlier one, always */
	int code = 0;

	*place = map_meta(newest)->generation;
	while (from) {
		struct map *map = NULL;

		*place = from;
		code = state_open_generation(state, from, false, &map, error);
		if (code)
			break;
		from = map_meta(map)->origin;
		map_close(map);
	}
	/* Not kept, or damaged: that is as far as is known. */
	return code == ERR_NOENT || code == ERR_BAD ? 0 : code;
}

/* The last good generation before limit, other in content than newest where
 * that is not NULL. ERR_NOTFOUND: there is none. */
static int find_earlier(struct state *state, const struct rollback *rollback,
	const struct map *newest, uint64_t limit, struct map **found,
	struct error *error)
{
	uint64_t *list = NULL;
	size_t count = 0;
	int code = state_history(state, &list, &count, error);
	int differs = 0;

	while (!code && !differs && count > 0) {
		struct error damage = { .text = "" };
		struct map *map = NULL;

		if (list[--count] >= limit)
			continue;
		code = state_open_generation(
			state, list[count], false, &map, &damage);
		if (code == ERR_BAD || code == ERR_NOENT) {
			note(rollback, damage.text);
			code = 0;
			continue;
		}
		if (code) {
			(void)error_pass(error, code, &damage);
			break;
		}
		differs = newest ? mapdiff_any(newest, map, error) : 1;
		if (differs > 0) {
			*found = map;
		} else {
			map_close(map);
			code = differs;
		}
	}
	free(list);
	return code ? code : differs ? 0 : ERR_NOTFOUND;
}

/* When the newest is no good: what to go back to by default. */
static int find_last_good(struct state *state, const struct rollback *rollback,
	struct map **found, struct error *error)
{
	int code =
		find_earlier(state, rollback, NULL, UINT64_MAX, found, error);

	return code != ERR_NOTFOUND
		       ? code
		       : error_set(error, ERR_BAD,
				 "no good generation is kept in %s/"
				 "history: move map.mdb away and load the "
				 "tables again",
				 state_dir(state));
}

static int find_further_back(struct state *state,
	const struct rollback *rollback, const struct map *newest,
	struct map **found, struct error *error)
{
	uint64_t place;
	int code = find_place(state, newest, &place, error);

	if (!code)
		code = find_earlier(
			state, rollback, newest, place, found, error);
	if (code != ERR_NOTFOUND)
		return code;
	return error_set(error, code,
		"nothing is kept that is further back than generation %" PRIu64
		"; `readdress history` lists what is, `readdress rollback N` "
		"takes any of it",
		place);
}

/* *newest NULL: it is damaged or gone, result->lost says which. */
static int open_newest(struct state *state, const struct rollback *rollback,
	struct map **newest, struct rollback_result *result,
	struct error *error)
{
	struct error cause = { .text = "" };
	int code = state_try_newest(state, newest, &cause);

	if (!code)
		return 0;
	if (code == ERR_NOENT) {
		uint64_t *list = NULL;
		size_t count = 0;

		code = state_history(state, &list, &count, error);
		free(list);
		if (code)
			return code;
		if (!count)
			return state_no_newest(state, ERR_NOENT, &cause, error);
		result->lost = "gone";
	} else if (code == ERR_BAD) {
		result->lost = "damaged";
	} else {
		return error_pass(error, code, &cause);
	}
	note(rollback, cause.text);
	return 0;
}

static int count_changes(const struct map *newest, const struct map *map,
	struct rollback_result *result, struct error *error)
{
	int code = 0;

	result->unchanged = true;
	for (unsigned t = 0; !code && t < RULE_TABLES; t++) {
		struct mapdiff mapdiff;
		struct mapdiff_step step;

		code = mapdiff_init(
			&mapdiff, newest, map, (enum rule_table)t, error);
		while (!code &&
			(code = mapdiff_next(&mapdiff, &step, error)) == 1) {
			if (step.change != CHANGE_UNCHANGED)
				result->unchanged = false;
			code = change_count(&result->tables[t], step.change,
				step.key, step.new.data ? step.new : step.old,
				error);
		}
		mapdiff_free(&mapdiff);
	}
	return code;
}

static int make_generation(struct state *state, const struct rollback *rollback,
	const struct map *map, struct rollback_result *result,
	struct error *error)
{
	char command[sizeof "rollback " + STATE_DIGITS_MAX + 1];
	const struct build copy = { .old = map,
		.command = command,
		.origin = result->to,
		.progress = rollback->progress,
		.context = rollback->context };
	char what[WHAT_MAX];

	(void)snprintf(
		command, sizeof command, "rollback %" PRIu64, result->to);
	rollback_describe(result, what, sizeof what);
	return build_publish(state, &copy, what, &result->generation, error);
}

int rollback_apply(struct state *state, const struct rollback *rollback,
	struct rollback_result *result, struct error *error)
{
	struct map *newest = NULL;
	struct map *map = NULL;
	int code = state_lock(state, STATE_LOCK_SECONDS, error);

	*result = (struct rollback_result){ 0 };
	if (!code)
		code = open_newest(state, rollback, &newest, result, error);
	if (code)
		return code;
	if (rollback->to)
		code = state_open_generation(
			state, rollback->to, false, &map, error);
	else if (newest)
		code = find_further_back(state, rollback, newest, &map, error);
	else
		code = find_last_good(state, rollback, &map, error);
	if (!code && newest) {
		result->generation = map_meta(newest)->generation;
		code = count_changes(newest, map, result, error);
	}
	if (!code) {
		result->to = map_meta(map)->generation;
		if (!result->unchanged)
			code = make_generation(
				state, rollback, map, result, error);
	}
	map_close(map);
	map_close(newest);
	return code;
}

void rollback_describe(
	const struct rollback_result *result, char *text, size_t size)
{
	size_t at = (size_t)snprintf(
		text, size, "rollback to generation %" PRIu64 ": ", result->to);
	const char *comma = "";

	if (result->lost) {
		(void)snprintf(text + at, size - at, "the newest was %s",
			result->lost);
		return;
	}
	for (unsigned t = 0; t < RULE_TABLES && at < size; t++) {
		const uint64_t *counts = result->tables[t].counts;
		char table[WHAT_MAX / 2];

		if (!counts[CHANGE_NEW] && !counts[CHANGE_CHANGED] &&
			!counts[CHANGE_DELETED])
			continue;
		change_describe(&result->tables[t], (enum rule_table)t, table,
			sizeof table);
		at += (size_t)snprintf(
			text + at, size - at, "%s%s", comma, table);
		comma = "; ";
	}
	if (!*comma && at < size)
		(void)snprintf(text + at, size - at, "no change");
}
