#include "state/approval.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "state/statedir.h"

/* The longest line: two numbers of 18 digits, a digest, and what is between. */
#define LINE_SIZE 128

bool approval_equal(const struct approval *a, const struct approval *b)
{
	return a->generation == b->generation && a->at == b->at &&
	       !strcmp(a->digest, b->digest);
}

bool approval_is_for(
	const struct approval *approval, const struct map_meta *meta)
{
	return approval->generation == meta->generation &&
	       !strcmp(approval->digest, meta->digest);
}

static bool parse(struct bytes text, struct approval *approval)
{
	struct bytes digest;
	uint64_t at;

	if (!bytes_number(&text, STATE_DIGITS_MAX, &approval->generation) ||
		!approval->generation || !bytes_take(&text, " "))
		return false;
	digest = bytes_cut(&text, ' ');
	if (!digest_is_whole(digest) ||
		!bytes_number(&text, STATE_DIGITS_MAX, &at) || at > CLOCK_LAST)
		return false;
	memcpy(approval->digest, digest.data, digest.len);
	approval->digest[digest.len] = '\0';
	approval->at = (int64_t)at;
	return bytes_equal(text, bytes_of("\n"));
}

int approval_read(const struct state *state, struct approval *approval,
	struct error *error)
{
	char path[STATE_PATH_MAX];
	char text[LINE_SIZE];
	struct error cause = { .text = "" };
	int got;

	state_path(state, STATE_APPROVED, path);
	got = state_failed(&cause, file_read_small(state->fd, STATE_APPROVED,
					   path, text, sizeof text, &cause));
	if (got == ERR_NOENT)
		return 0;
	if (got < 0 && got != ERR_BAD)
		return error_pass(error, got, &cause);
	if (got >= 0 && parse((struct bytes){ text, (size_t)got }, approval))
		return 1;
	return error_set(error, ERR_BAD,
		"%s is damaged: expected the number of a generation, its "
		"digest and a time; `readdress reload --newest` removes it",
		path);
}

int approval_lock(const struct state *state, int *lock, struct error *error)
{
	int fd = state_take_lock(
		state, STATE_APPROVED_LOCK, STATE_LOCK_SECONDS, error);

	if (fd < 0)
		return fd;
	*lock = fd;
	return 0;
}

static int replace(const struct state *state, const struct approval *approval,
	struct error *error)
{
	char path[STATE_PATH_MAX];
	char text[LINE_SIZE];
	int len = snprintf(text, sizeof text, "%" PRIu64 " %s %" PRId64 "\n",
		approval->generation, approval->digest, approval->at);

	state_path(state, STATE_APPROVED, path);
	return state_failed(error,
		file_replace(state->fd, STATE_APPROVED, path, STATE_MODE_FILE,
			state->group, text, (size_t)len, error));
}

int approval_write(struct state *state, const struct approval *approval,
	struct error *error)
{
	struct approval before = { .generation = 0 };
	struct approval now = { .generation = 0 };
	int had = approval_read(state, &before, NULL);
	int result = replace(state, approval, error);

	/* The new file may be in place even so, if only the directory's fsync
	 * failed. */
	if (result && approval_read(state, &now, NULL) == 1 &&
		approval_equal(&now, approval)) {
		if (had == 1)
			(void)replace(state, &before, NULL);
		else
			(void)unlinkat(state->fd, STATE_APPROVED, 0);
	}
	return result;
}

int approval_remove(const struct state *state, struct error *error)
{
	char path[STATE_PATH_MAX];

	state_path(state, STATE_APPROVED, path);
	if (unlinkat(state->fd, STATE_APPROVED, 0)) {
		if (errno == ENOENT)
			return 0;
		return state_set_errno(error, "cannot remove %s", path);
	}
	if (fsync(state->fd))
		return state_set_errno(error, "cannot write %s", state->dir);
	return 1;
}
