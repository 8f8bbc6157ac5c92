#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "state/required.h"
#include "state/state.h"
#include "state/statedir.h"

#define KEY_SIZE  32
#define LINE_SIZE 1024
/* The limit for served/required is 4096 headers, far more than are listed. */
#define PROOFS_SIZE ((size_t)REQUIRED_LINE * 4096 + 1)

int state_served(struct state *state, uint64_t *served, uint64_t *previous,
	struct error *error)
{
	char path[STATE_PATH_MAX];
	char text[64];
	struct error cause = { .text = "" };
	struct bytes rest;
	int got;

	*served = *previous = 0;
	state_path(state, STATE_NOTE, path);
	got = state_failed(&cause, file_read_small(state->fd, STATE_NOTE, path,
					   text, sizeof text, &cause));
	if (got == ERR_NOENT)
		return 0;
	if (got < 0)
		return error_pass(error, got, &cause);
	rest = (struct bytes){ text, (size_t)got };
	if (!bytes_number(&rest, STATE_DIGITS_MAX, served) ||
		!bytes_take(&rest, " ") ||
		!bytes_number(&rest, STATE_DIGITS_MAX, previous) ||
		!bytes_equal(rest, bytes_of("\n"))) {
		*served = *previous = 0;
		return error_set(error, ERR_BAD,
			"%s is damaged: expected two numbers, the generation "
			"served and the one served before it; remove the file, "
			"and the milter makes a new one",
			path);
	}
	return 0;
}

/* Opens served/, which needs an fsync when a file in it is replaced. */
static int open_served(
	struct state *state, struct stat *status, struct error *error)
{
	int fd = state_open_subdir(
		state, STATE_SERVED_DIR, STATE_MODE_SERVED, false, error);

	if (fd >= 0 && fstat(fd, status)) {
		int result = state_set_errno(
			error, "cannot stat %s/" STATE_SERVED_DIR, state->dir);

		close(fd);
		return result;
	}
	return fd;
}

/* Returns NAME of "served/NAME". */
static const char *base(const char *path)
{
	return strrchr(path, '/') + 1;
}

static int write_note(struct state *state, uint64_t generation,
	uint64_t previous, struct error *error)
{
	char path[STATE_PATH_MAX];
	char text[64];
	struct stat status;
	int len;
	int result;
	int fd = open_served(state, &status, error);

	if (fd < 0)
		return fd;
	state_path(state, STATE_NOTE, path);
	len = snprintf(text, sizeof text, "%" PRIu64 " %" PRIu64 "\n",
		generation, previous);
	result = file_replace(fd, base(STATE_NOTE), path, STATE_MODE_FILE,
		status.st_gid, text, (size_t)len, error);
	close(fd);
	return result;
}

int state_note_served(
	struct state *state, uint64_t generation, struct error *error)
{
	uint64_t served;
	uint64_t previous;
	int result = state_served(state, &served, &previous, error);

	/* A damaged note is replaced. */
	if (result && result != ERR_BAD)
		return result;
	if (!result && served == generation)
		return 0;
	result = write_note(state, generation, served, error);
	/* The new note may be in place even so, if only the directory's fsync
	 * failed. */
	if (result && served)
		(void)write_note(state, served, previous, NULL);
	return result;
}

int state_claim_served(struct state *state, int *fd, struct error *error)
{
	struct flock lock = { .l_type = F_WRLCK,
		.l_whence = SEEK_SET,
		.l_len = STATE_CLAIM_BYTES };
	char path[STATE_PATH_MAX];
	struct stat status;
	int result = 0;
	int file;
	int dir = open_served(state, &status, error);

	if (dir < 0)
		return dir;
	state_path(state, STATE_CLAIM, path);
	file = openat(dir, base(STATE_CLAIM),
		O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
	if (file < 0)
		result = state_set_errno(error, "cannot open %s", path);
	else if (fstat(file, &status))
		result = state_set_errno(error, "cannot stat %s", path);
	else if (linkcheck(dir, base(STATE_CLAIM), &status, NULL, path, error))
		result = ERR_BAD;
	else if (!fcntl(file, F_OFD_SETLK, &lock))
		*fd = file;
	else if (errno == EAGAIN || errno == EACCES)
		result = error_set(error, ERR_BUSY,
			"another readdress-milter serves %s (it holds %s): "
			"give each milter a state_dir of its own",
			state->dir, path);
	else
		result = state_set_errno(error, "cannot lock %s", path);
	if (result && file >= 0)
		close(file);
	else if (!result)
		(void)fchmod(file, 0600); /* the umask may have cut it */
	close(dir);
	return result;
}

int state_log_reload(struct state *state, const char *what, struct error *error)
{
	char path[STATE_PATH_MAX];
	char stamp[CLOCK_TEXT_MAX];
	char line[LINE_SIZE];
	struct stat status;
	int result;
	int fd = open_served(state, &status, error);

	if (fd < 0)
		return fd;
	state_path(state, STATE_RELOAD_LOG, path);
	clock_text((int64_t)time(NULL), stamp);
	(void)snprintf(line, sizeof line, "%s %.900s", stamp, what);
	result = file_append_line(fd, base(STATE_RELOAD_LOG), path,
		STATE_MODE_FILE, status.st_gid, line, error);
	close(fd);
	return result;
}

int state_make_served(
	struct state *state, uid_t uid, gid_t gid, struct error *error)
{
	struct stat status;
	int result = 0;
	int fd = state_open_subdir(
		state, STATE_SERVED_DIR, STATE_MODE_SERVED, true, error);

	if (fd < 0)
		return fd;
	if (fstat(fd, &status)) {
		result = state_set_errno(
			error, "cannot stat %s/" STATE_SERVED_DIR, state->dir);
		goto out;
	}
	if (((uid != (uid_t)-1 && uid != status.st_uid) ||
		    (gid != (gid_t)-1 && gid != status.st_gid)) &&
		fchown(fd, uid, gid)) {
		result = state_set_errno(error,
			"cannot set the owner of %s/" STATE_SERVED_DIR,
			state->dir);
		goto out;
	}
	if ((status.st_mode & 07777) != STATE_MODE_SERVED &&
		fchmod(fd, STATE_MODE_SERVED))
		result = state_set_errno(error,
			"cannot set the mode of %s/" STATE_SERVED_DIR,
			state->dir);
out:
	close(fd);
	return result;
}

int state_log_key(
	struct state *state, unsigned char key[32], struct error *error)
{
	char path[STATE_PATH_MAX];
	char text[KEY_SIZE + 1];
	struct stat status;
	int fd;
	int got;

	state_path(state, STATE_LOG_KEY, path);
	got = file_read_small(
		state->fd, STATE_LOG_KEY, path, text, sizeof text, error);
	if (got == KEY_SIZE) {
		memcpy(key, text, KEY_SIZE);
		return 0;
	}
	if (got >= 0 || got == ERR_BAD)
		return error_set(error, ERR_BAD,
			"%s is not a key of %d bytes; remove the file, and the "
			"milter makes a new one",
			path, KEY_SIZE);
	if (got != ERR_NOENT)
		return got;
	if (getrandom(key, KEY_SIZE, 0) != KEY_SIZE)
		return state_set_errno(
			error, "cannot get random bytes for %s", path);
	fd = open_served(state, &status, error);
	if (fd < 0)
		return fd;
	got = file_replace(fd, base(STATE_LOG_KEY), path, 0600, status.st_gid,
		key, KEY_SIZE, error);
	close(fd);
	return got;
}

/* Reads served/required into *text, which the caller must free(), on errors
 * too. Returns its length, or an error of file_read_small(). */
static int read_proofs(struct state *state, char **text, struct error *error)
{
	char path[STATE_PATH_MAX];

	*text = malloc(PROOFS_SIZE);
	if (!*text) {
		(void)error_set(error, ERR_NOMEM, "out of memory");
		return ERR_NOMEM;
	}
	state_path(state, STATE_PROOFS, path);
	return state_failed(error, file_read_small(state->fd, STATE_PROOFS,
					   path, *text, PROOFS_SIZE, error));
}

int state_proofs(struct state *state, const struct config *config, bool *seen,
	struct error *error)
{
	struct error cause = { .text = "" };
	char *text = NULL;
	int got = read_proofs(state, &text, &cause);

	memset(seen, 0, config->outbound_required_count * sizeof *seen);
	if (got >= 0)
		got = required_parse(
			config, (struct bytes){ text, (size_t)got }, seen);
	if (got == ERR_BAD && !cause.text[0])
		(void)error_set(&cause, ERR_BAD,
			"%s/" STATE_PROOFS " is damaged: expected lines of %d "
			"hexadecimal digits; the milter writes a new one when "
			"it sees a required header",
			state->dir, REQUIRED_LINE - 1);
	free(text);
	if (got == ERR_NOENT)
		return 0;
	if (got < 0)
		memset(seen, 0, config->outbound_required_count * sizeof *seen);
	if (got < 0 && !cause.text[0])
		(void)error_set(&cause, got, "out of memory");
	return got < 0 ? error_pass(error, got, &cause) : 0;
}

/* Replaces a file in served/. */
static int replace(struct state *state, const char *name, const char *text,
	size_t len, struct error *error)
{
	char path[STATE_PATH_MAX];
	struct stat status;
	int result;
	int fd = open_served(state, &status, error);

	if (fd < 0)
		return fd;
	state_path(state, name, path);
	result = file_replace(fd, base(name), path, STATE_MODE_FILE,
		status.st_gid, text, len, error);
	close(fd);
	return result;
}

int state_note_proofs(struct state *state, const struct config *config,
	const bool *seen, struct error *error)
{
	char *old = NULL;
	char *text =
		malloc(config->outbound_required_count * REQUIRED_LINE + 1);
	size_t len = 0;
	int got;
	int result =
		text ? required_format(config, seen, text, &len) : ERR_NOMEM;

	if (result < 0) {
		(void)error_set(error, result, "out of memory");
		goto out;
	}
	got = read_proofs(state, &old, NULL);
	if (got == ERR_NOENT && !len)
		goto out;
	if (got < 0 || (size_t)got != len || memcmp(old, text, len) != 0)
		result = replace(state, STATE_PROOFS, text, len, error);
out:
	free(old);
	free(text);
	return result;
}

int state_usage(
	struct state *state, char **data, size_t *len, struct error *error)
{
	char path[STATE_PATH_MAX];
	struct stat status;
	ssize_t got = -1;
	int result = 0;
	int fd;

	*data = NULL;
	*len = 0;
	state_path(state, STATE_USAGE, path);
	fd = file_open(state->fd, STATE_USAGE, path, &status, error);
	if (fd < 0)
		return state_failed(error, fd);
	*data = malloc((size_t)status.st_size + 1);
	if (*data)
		got = file_read_at(fd, *data, (size_t)status.st_size, 0);
	if (got < 0)
		result = state_set_errno(error, "cannot read %s", path);
	else
		*len = (size_t)got;
	close(fd);
	return result;
}

int state_note_usage(
	struct state *state, const char *data, size_t len, struct error *error)
{
	return replace(state, STATE_USAGE, data, len, error);
}

int state_set_usage_aside(struct state *state, struct error *error)
{
	char path[STATE_PATH_MAX];

	state_path(state, STATE_USAGE, path);
	if (renameat(state->fd, STATE_USAGE, state->fd, STATE_USAGE_BAD) == 0)
		return 0;
	return state_set_errno(error, "cannot rename %s", path);
}
