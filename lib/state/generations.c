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
	/* The list is short: those of option history, two served ones and the
	 * newest. */
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
	int result = 0;
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
		result = state_set_errno(
			error, "cannot read %s/" STATE_HISTORY_DIR, state->dir);
		close(fd);
		return result;
	}
	errno = 0;
	while (!result && (entry = readdir(dir))) {
		uint64_t generation = parse_name(entry->d_name);

		if (generation)
			result = push(list, count, generation, error);
	}
	if (!result && errno)
		result = state_set_errno(
			error, "cannot read %s/" STATE_HISTORY_DIR, state->dir);
	closedir(dir);
	if (result) {
		free(*list);
		*list = NULL;
		*count = 0;
	} else if (*count) {
		qsort(*list, *count, sizeof **list, compare);
	}
	return result;
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
	int result = state_history(state, &list, &count, error);

	if (result)
		return result;
	if (why == ERR_NOENT && !count)
		result = error_set(error, why,
			"there is no map in %s yet; make one with `readdress "
			"init` or `readdress load`",
			state->dir);
	else if (count)
		result = error_set(error, ERR_BAD,
			"%s; `readdress rollback` goes back to generation "
			"%" PRIu64 ", or the last good one before it",
			cause->text, list[count - 1]);
	else
		result = error_set(error, why,
			"%s. No earlier generation is kept: move this file "
			"away and load the tables again",
			cause->text);
	free(list);
	return result;
}

/* Notes what try_newest() found. It stays true as long as the lock is held. */
static void note_newest(struct state *state, int result, const struct map *map)
{
	state->damaged = result == ERR_BAD;
	if (state->lock < 0)
		return;
	state->newest_known = !result || result == ERR_NOENT;
	state->newest = result ? 0 : map_meta(map)->generation;
}

static int try_newest(struct state *state, bool isolated, struct map **map,
	struct error *error)
{
	int result = state_open_map(state->map_path, isolated, map, error);

	note_newest(state, result, result ? NULL : *map);
	if (result == ERR_NOENT)
		(void)error_set(error, result, "%s is gone", state->map_path);
	return result;
}

int state_try_newest(struct state *state, struct map **map, struct error *error)
{
	return try_newest(state, false, map, error);
}

int state_open_newest(struct state *state, bool isolated, struct map **map,
	struct error *error)
{
	struct error cause = { .text = "" };
	int result = try_newest(state, isolated, map, &cause);

	if (result == ERR_NOENT || result == ERR_BAD)
		return state_no_newest(state, result, &cause, error);
	return result ? error_pass(error, result, &cause) : 0;
}

int state_newest(struct state *state, uint64_t *generation, struct error *error)
{
	struct map *map = NULL;
	int result;

	*generation = state->newest;
	if (state->lock >= 0 && state->newest_known)
		return 0;
	*generation = 0;
	result = try_newest(state, false, &map, error);
	if (!result) {
		*generation = map_meta(map)->generation;
		map_close(map);
	}
	return result == ERR_NOENT || result == ERR_BAD ? 0 : result;
}

int state_generations(struct state *state, uint64_t **list, size_t *count,
	struct error *error)
{
	uint64_t newest;
	int result = state_newest(state, &newest, error);

	if (!result)
		result = state_history(state, list, count, error);
	if (result || !newest)
		return result;
	for (size_t i = 0; i < *count; i++)
		if ((*list)[i] == newest)
			return 0; /* a crash left it linked in both places */
	result = push(list, count, newest, error);
	if (result) {
		free(*list);
		*list = NULL;
		*count = 0;
		return result;
	}
	qsort(*list, *count, sizeof **list, compare);
	return 0;
}

/* Opens a map, which is ERR_NOENT if it is another generation; sets *found to
 * its number then. */
static int open_numbered(const char *path, uint64_t generation, bool isolated,
	struct map **opened, uint64_t *found, struct error *error)
{
	struct map *map = NULL;
	int result = state_open_map(path, isolated, &map, error);

	if (result)
		return result;
	if (map_meta(map)->generation != generation) {
		*found = map_meta(map)->generation;
		map_close(map);
		return ERR_NOENT;
	}
	*opened = map;
	return 0;
}

/* other: the generation that is in the file at path instead; 0: there is no
 * such file. */
static int not_kept(struct state *state, uint64_t generation, const char *path,
	uint64_t other, struct error *error)
{
	char text[256];
	char instead[STATE_PATH_MAX + 64] = "";
	uint64_t *list = NULL;
	size_t count = 0;
	int result = state_generations(state, &list, &count, error);

	if (result)
		return result;
	for (size_t i = 0; other && i < count; i++)
		if (list[i] == generation)
			memmove(&list[i], &list[i + 1],
				(--count - i) * sizeof *list);
	write_list(list, count, text, sizeof text);
	free(list);
	if (other)
		(void)snprintf(instead, sizeof instead,
			": %s holds generation %" PRIu64, path, other);
	return error_set(error, ERR_NOENT,
		"generation %" PRIu64 " is not kept%s; the kept ones are: %s",
		generation, instead, text);
}

int state_open_generation(struct state *state, uint64_t generation,
	bool isolated, struct map **map, struct error *error)
{
	char name[STATE_NAME_MAX];
	char path[STATE_PATH_MAX];
	struct error cause = { .text = "" };
	uint64_t newest = 0;
	uint64_t other = 0;
	int result;

	state_history_name(name, generation);
	state_path(state, name, path);
	result = open_numbered(path, generation, isolated, map, &other, &cause);
	if (result == ERR_NOENT)
		result = open_numbered(state->map_path, generation, isolated,
			map, &newest, &cause);
	/* A change may have moved it to history/ in the meantime. */
	other = 0;
	if (result == ERR_NOENT)
		result = open_numbered(
			path, generation, isolated, map, &other, &cause);
	if (result == ERR_NOENT)
		return not_kept(state, generation, path, other, error);
	return result ? error_pass(error, result, &cause) : 0;
}
