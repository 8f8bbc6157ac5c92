#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "state/approval.h"
#include "state/state.h"
#include "state/statedir.h"

static uint64_t larger(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

int state_next_generation(
	struct state *state, uint64_t *generation, struct error *error)
{
	struct audit_last last;
	uint64_t *list = NULL;
	size_t count = 0;
	uint64_t newest;
	int result = state_newest(state, &newest, error);

	if (!result)
		result = state_history(state, &list, &count, error);
	if (!result)
		result = audit_last(state, &last, error);
	if (!result) {
		if (count)
			newest = larger(newest, list[count - 1]);
		*generation = larger(newest, last.generation) + 1;
		/* A crash came between its line and its rename, unless it is
		 * the map that is now damaged. */
		if (last.generation > newest && !last.not_made &&
			!state->damaged)
			result = audit_not_made(state, last.generation,
				"the change was interrupted", error);
	}
	free(list);
	return result;
}

/* Opens and verifies the new map as the milter will do: a map that it would
 * refuse must not become the newest one. */
static int read_back(
	struct state *state, const struct map_meta *meta, struct error *error)
{
	struct error cause = { .text = "" };
	struct map *map = NULL;
	int result;

	if (meta->time < 0 || meta->time > CLOCK_LAST)
		return error_set(error, ERR_BAD,
			"the system clock says %" PRId64 " seconds since "
			"1970, a time that a map cannot store; nothing was "
			"changed; set the clock with `date` and run this "
			"command again",
			meta->time);
	result = state_open_map(state->build_path, true, &map, &cause);
	if (!result && map_meta(map)->generation != meta->generation)
		result = error_set(&cause, ERR_BAD,
			"it has generation %" PRIu64 ", expected %" PRIu64,
			map_meta(map)->generation, meta->generation);
	map_close(map);
	if (result == ERR_BAD)
		return error_set(error, result,
			"the new map cannot be read back; nothing was "
			"changed: %s",
			cause.text);
	return result ? error_pass(error, result, &cause) : 0;
}

/* Sets owner and mode of the new map, and writes them to disk before it gets
 * its final name. */
static int own_build(struct state *state, struct error *error)
{
	int changed;
	int result = 0;
	int fd = state_open_map_file(
		state->fd, STATE_BUILD, state->build_path, error);

	if (fd < 0)
		return fd;
	changed = file_own(fd, state->fd, STATE_MODE_FILE, state->group);
	if (changed < 0 || (changed && fsync(fd)))
		result = state_set_errno(error,
			"cannot set group and mode of %s", state->build_path);
	close(fd);
	return result;
}

/* Links map.mdb into history/ as well. */
static int keep_old(struct state *state, uint64_t old, struct error *error)
{
	char name[STATE_NAME_MAX];
	int result = 0;
	int fd = state_open_subdir(
		state, STATE_HISTORY_DIR, STATE_MODE_DIR, true, error);

	if (fd < 0)
		return fd;
	state_history_name(name, old);
	/* A crash may have left it there. */
	if (unlinkat(state->fd, name, 0) && errno != ENOENT)
		result = state_set_errno(
			error, "cannot replace %s/%s", state->dir, name);
	else if (linkat(state->fd, STATE_MAP, state->fd, name, 0))
		result = state_set_errno(error, "cannot link %s to %s/%s",
			state->map_path, state->dir, name);
	else if (fsync(fd))
		result = state_set_errno(error,
			"cannot write %s/" STATE_HISTORY_DIR, state->dir);
	close(fd);
	return result;
}

/* Keeps a damaged map.mdb as evidence under another name. A link suffices,
 * since the new map's rename replaces map.mdb; what is not a file is renamed.
 */
static int set_aside(struct state *state, struct error *error)
{
	if (unlinkat(state->fd, STATE_DAMAGED, 0) && errno == EISDIR)
		(void)unlinkat(state->fd, STATE_DAMAGED, AT_REMOVEDIR);
	if (!linkat(state->fd, STATE_MAP, state->fd, STATE_DAMAGED, 0) ||
		!renameat(state->fd, STATE_MAP, state->fd, STATE_DAMAGED))
		return 0;
	return state_set_errno(error, "cannot move %s to %s/" STATE_DAMAGED,
		state->map_path, state->dir);
}

/* Restores the old map.mdb after a rename that may not have reached the disk.
 * Errors are ignored: the disk has failed already. */
static void restore_old(struct state *state, uint64_t old)
{
	char name[STATE_NAME_MAX];

	state_history_name(name, old);
	if (!old)
		(void)unlinkat(state->fd, STATE_MAP, 0);
	else if (!linkat(state->fd, name, state->fd, STATE_BUILD, 0))
		(void)renameat(state->fd, STATE_BUILD, state->fd, STATE_MAP);
}

static int go_live(struct state *state, uint64_t old, struct error *error)
{
	if (renameat(state->fd, STATE_BUILD, state->fd, STATE_MAP))
		return state_set_errno(error, "cannot rename %s to %s",
			state->build_path, state->map_path);
	if (fsync(state->fd)) {
		int result =
			state_set_errno(error, "cannot write %s", state->dir);

		restore_old(state, old);
		return result;
	}
	return 0;
}

/* True if the file system has no room for one more map as large as the newest.
 * An error counts as no: nothing is removed for it. */
static bool lacks_room(const struct state *state)
{
	struct statvfs disk;
	struct stat status;

	return !fstatat(state->fd, STATE_MAP, &status, AT_SYMLINK_NOFOLLOW) &&
	       !fstatvfs(state->fd, &disk) &&
	       (uint64_t)disk.f_bavail * disk.f_frsize <
		       (uint64_t)status.st_size;
}

/* True if the generation in history/, which list has at i, must stay. */
static bool must_stay(const struct state *state, const uint64_t *list,
	size_t count, size_t i, uint64_t served, uint64_t previous)
{
	/* The last one, which was the newest until now, is always kept. */
	return i + 1 >= count || list[i] == served || list[i] == previous ||
	       (i + state->history >= count && !lacks_room(state));
}

/* Takes the lock of what is approved, and reads it; generation 0: nothing.
 * Returns false if it is not known what is approved. */
static bool may_prune(
	const struct state *state, int *lock, struct approval *approval)
{
	bool is_new = faccessat(state->fd, STATE_APPROVED_LOCK, F_OK,
			      AT_SYMLINK_NOFOLLOW) != 0;

	if (approval_lock(state, lock, NULL))
		return false;
	/* Errors are ignored: after a crash, the file is made again. */
	if (is_new)
		(void)fsync(state->fd);
	return approval_read(state, approval, NULL) >= 0;
}

/* Removes the generations that are no longer kept. Errors are ignored: the new
 * generation is live, and the next change tries again. */
static void prune(struct state *state)
{
	struct approval approval = { .generation = 0 };
	uint64_t *list = NULL;
	size_t count = 0;
	uint64_t served;
	uint64_t previous;
	int lock = -1;

	/* If it is not known what is served, nothing is removed. */
	if (state_served(state, &served, &previous, NULL) ||
		state_history(state, &list, &count, NULL))
		return;
	for (size_t i = 0; i < count; i++) {
		char name[STATE_NAME_MAX];

		if (must_stay(state, list, count, i, served, previous))
			continue;
		/* Nor if it is not known what is approved. With the lock,
		 * nothing is approved meanwhile. */
		if (lock < 0 && !may_prune(state, &lock, &approval))
			break;
		if (list[i] == approval.generation)
			continue;
		state_history_name(name, list[i]);
		(void)unlinkat(state->fd, name, 0);
	}
	if (lock >= 0)
		close(lock);
	free(list);
}

static void unkeep_old(struct state *state, uint64_t old)
{
	char name[STATE_NAME_MAX];

	state_history_name(name, old);
	if (old)
		(void)unlinkat(state->fd, name, 0);
}

int state_publish(struct state *state, const struct map_meta *meta,
	const char *what, struct error *error)
{
	struct error own = { .text = "" };
	uint64_t old = 0;
	bool logged = false;
	bool aside = false;
	int result = state_newest(state, &old, &own);

	if (!result)
		result = read_back(state, meta, &own);
	if (!result)
		result = own_build(state, &own);
	if (!result && old)
		result = keep_old(state, old, &own);
	if (!result && state->damaged) {
		result = set_aside(state, &own);
		aside = !result;
	}
	if (!result)
		result = audit_made(
			state, meta->time, what, meta->generation, &own);
	if (!result) {
		logged = true;
		result = go_live(state, old, &own);
	}
	if (result) {
		(void)unlinkat(state->fd, STATE_BUILD, 0);
		if (logged)
			audit_not_made(state, meta->generation, own.text, NULL);
		else
			unkeep_old(state, old);
		if (aside)
			(void)renameat(
				state->fd, STATE_DAMAGED, state->fd, STATE_MAP);
		return error_pass(error, result, &own);
	}
	state->newest = meta->generation;
	state->newest_known = true;
	state->damaged = false;
	prune(state);
	return 0;
}
