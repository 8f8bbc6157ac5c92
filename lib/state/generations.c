#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "state/state.h"
#include "state/statedir.h"

void state_history_name(char name[STATE_NAME_MAX], uint64_t generation)
{
	(void)snprintf(name, STATE_NAME_MAX,
		STATE_HISTORY_DIR "/%" PRIu64 ".mdb", generation);
}

/* Returns the generation of a name like "12.mdb", or 0 for any other name. */
static uint64_t parse_name(const char *name)
{
	struct bytes text = bytes_of(name);
	uint64_t generation;

	if (name[0] == '0' ||
		!bytes_number(&text, STATE_DIGITS_MAX, &generation) ||
		!bytes_equal(text, bytes_of(".mdb")))
		return 0;
	return generation;
}

static int compare(const void *left, const void *right)
{
	uint64_t a = *(const uint64_t *)left;
	uint64_t b = *(const uint64_t *)right;

	return (a > b) - (a < b);
}

static int push(uint64_t **list, size_t *count, uint64_t generation,
	struct error *error)
{
	/* The list is short: the last 10, two served ones and the newest. */
	uint64_t *longer = realloc(*list, (*count + 1) * sizeof *longer);

	if (!longer) {
		(void)error_set(error, ERR_NOMEM, "out of memory");
		return ERR_NOMEM;
	}
	longer[(*count)++] = generation;
	*list = longer;
	return 0;
}

int state_history(const struct state *state, uint64_t **list, size_t *count,
	struct error *error)
{
	struct dirent *entry;
	DIR *dir;
	struct error cause = { .text = "" };
	int code = 0;
	int fd = state_open_subdir(
		state, STATE_HISTORY_DIR, STATE_MODE_DIR, false, &cause);

	*list = NULL;
	*count = 0;
	if (fd == ERR_NOENT)
		return 0;
	if (fd < 0)
		return error_pass(error, fd, &cause);
	dir = fdopendir(fd);
	if (!dir) {
		code = state_set_errno(
			error, "cannot read %s/" STATE_HISTORY_DIR, state->dir);
		close(fd);
		return code;
	}
	errno = 0;
	while (!code && (entry = readdir(dir))) {
		uint64_t generation = parse_name(entry->d_name);

		if (generation)
			code = push(list, count, generation, error);
	}
	if (!code && errno)
		code = state_set_errno(
			error, "cannot read %s/" STATE_HISTORY_DIR, state->dir);
	closedir(dir);
	if (code) {
		free(*list);
		*list = NULL;
		*count = 0;
	} else if (*count) {
		qsort(*list, *count, sizeof **list, compare);
	}
	return code;
}

/* Writes the list as "3, 4, 5", or "none". */
static void write_list(
	const uint64_t *list, size_t count, char *text, size_t size)
{
	size_t at = 0;

	(void)snprintf(text, size, "none");
	for (size_t i = 0; i < count && at < size; i++)
		at += (size_t)snprintf(text + at, size - at, "%s%" PRIu64,
			i ? ", " : "", list[i]);
}

int state_no_newest(const struct state *state, int why,
	const struct error *cause, struct error *error)
{
	uint64_t *list;
	size_t count;
	int code = state_history(state, &list, &count, error);

	if (code)
		return code;
	if (why == ERR_NOENT && !count)
		code = error_set(error, why,
			"there is no map in %s yet; make one with `readdress "
			"init` or `readdress load`",
			state->dir);
	else if (count)
		code = error_set(error, ERR_BAD,
			"%s; `readdress rollback` goes back to generation "
			"%" PRIu64 ", or the last good one before it",
			cause->text, list[count - 1]);
	else
		code = error_set(error, why,
			"%s. No earlier generation is kept: move this file "
			"away and load the tables again",
			cause->text);
	free(list);
	return code;
}

/* Notes what try_newest() found. It stays true as long as the lock is held. */
static void note_newest(struct state *state, int code, const struct map *map)
{
	state->damaged = code == ERR_BAD;
	if (state->lock < 0)
		return;
	state->newest_known = !code || code == ERR_NOENT;
	state->newest = code ? 0 : map_meta(map)->generation;
}

static int try_newest(struct state *state, bool isolated, struct map **map,
	struct error *error)
{
	int code = state_open_map(state->map_path, isolated, map, error);

	note_newest(state, code, code ? NULL : *map);
	if (code == ERR_NOENT)
		(void)error_set(error, code, "%s is gone", state->map_path);
	return code;
}

int state_try_newest(struct state *state, struct map **map, struct error *error)
{
	return try_newest(state, false, map, error);
}

int state_open_newest(struct state *state, bool isolated, struct map **map,
	struct error *error)
{
	struct error cause = { .text = "" };
	int code = try_newest(state, isolated, map, &cause);

	if (code == ERR_NOENT || code == ERR_BAD)
		return state_no_newest(state, code, &cause, error);
	return code ? error_pass(error, code, &cause) : 0;
}

int state_newest(struct state *state, uint64_t *generation, struct error *error)
{
	struct map *map = NULL;
	int code;

	*generation = state->newest;
	if (state->lock >= 0 && state->newest_known)
		return 0;
	*generation = 0;
	code = try_newest(state, false, &map, error);
	if (!code) {
		*generation = map_meta(map)->generation;
		map_close(map);
	}
	return code == ERR_NOENT || code == ERR_BAD ? 0 : code;
}

int state_generations(struct state *state, uint64_t **list, size_t *count,
	struct error *error)
{
	uint64_t newest;
	int code = state_newest(state, &newest, error);

	if (!code)
		code = state_history(state, list, count, error);
	if (code || !newest)
		return code;
	for (size_t i = 0; i < *count; i++)
		if ((*list)[i] == newest)
			return 0; /* a crash left it linked in both places */
	code = push(list, count, newest, error);
	if (code) {
		free(*list);
		*list = NULL;
		*count = 0;
		return code;
	}
	qsort(*list, *count, sizeof **list, compare);
	return 0;
}

/* Opens a map as that generation. Returns ERR_NOENT also if it is another one.
 */
static int open_numbered(const char *path, uint64_t generation, bool isolated,
	struct map **result, struct error *error)
{
	struct map *map = NULL;
	int code = state_open_map(path, isolated, &map, error);

	if (code)
		return code;
	if (map_meta(map)->generation != generation) {
		map_close(map);
		return ERR_NOENT;
	}
	*result = map;
	return 0;
}

static int not_kept(
	struct state *state, uint64_t generation, struct error *error)
{
	char text[256];
	uint64_t *list = NULL;
	size_t count = 0;
	int code = state_generations(state, &list, &count, error);

	if (code)
		return code;
	write_list(list, count, text, sizeof text);
	free(list);
	return error_set(error, ERR_NOENT,
		"generation %" PRIu64 " is not kept; the kept ones are: %s",
		generation, text);
}

int state_open_generation(struct state *state, uint64_t generation,
	bool isolated, struct map **map, struct error *error)
{
	char name[STATE_NAME_MAX];
	char path[STATE_PATH_MAX];
	struct error cause = { .text = "" };
	int code;

	state_history_name(name, generation);
	state_path(state, name, path);
	code = open_numbered(path, generation, isolated, map, &cause);
	if (code == ERR_NOENT)
		code = open_numbered(
			state->map_path, generation, isolated, map, &cause);
	/* A change may have moved it to history/ in the meantime. */
	if (code == ERR_NOENT)
		code = open_numbered(path, generation, isolated, map, &cause);
	if (code == ERR_NOENT)
		return not_kept(state, generation, error);
	return code ? error_pass(error, code, &cause) : 0;
}
