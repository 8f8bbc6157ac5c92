#include "state/serving.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "state/reloadlog.h"
#include "state/statedir.h"

#define TAIL_MAX 65536
#define TIME_LEN 21 /* "2026-11-21T15:09:00Z " */

/* Returns a lock of the byte after the one that state_claim_served() locks. */
static struct flock signature(void)
{
	return (struct flock){ .l_type = F_WRLCK,
		.l_whence = SEEK_SET,
		.l_start = STATE_CLAIM_BYTES,
		.l_len = 1 };
}

void serving_sign(int claim)
{
	struct flock lock = signature();

	(void)fcntl(claim, F_SETLK, &lock);
}

static int open_file(const struct state *state, const char *name,
	struct stat *status, struct error *error)
{
	char path[STATE_PATH_MAX];

	state_path(state, name, path);
	return state_failed(
		error, file_open(state->fd, name, path, status, error));
}

int serving_process(const struct state *state, pid_t *pid, struct error *error)
{
	struct flock signed_by = signature();
	struct flock claim = { .l_type = F_WRLCK,
		.l_whence = SEEK_SET,
		.l_len = STATE_CLAIM_BYTES };
	int held = 0;
	int fd = open_file(state, STATE_CLAIM, NULL, error);

	*pid = 0;
	if (fd < 0)
		return fd == ERR_NOENT ? 0 : fd;
	if (fcntl(fd, F_GETLK, &claim) || fcntl(fd, F_GETLK, &signed_by))
		held = state_set_errno(error, "%s/" STATE_CLAIM, state->dir);
	else
		held = claim.l_type != F_UNLCK;
	if (held > 0 && signed_by.l_type != F_UNLCK && signed_by.l_pid > 0)
		*pid = signed_by.l_pid;
	close(fd);
	return held;
}

int serving_log_end(const struct state *state, off_t *end, struct error *error)
{
	struct stat status;
	int fd = open_file(state, STATE_RELOAD_LOG, &status, error);

	*end = 0;
	if (fd < 0)
		return fd == ERR_NOENT ? 0 : fd;
	*end = status.st_size;
	close(fd);
	return 0;
}

/* Returns 1 if the line tells of a reload that succeeded, 2 of one that failed,
 * else 0. */
static int read_line(struct bytes line, uint64_t *generation)
{
	enum reloadlog_kind kind;
	uint64_t number;

	if (line.len < TIME_LEN)
		return 0;
	kind = reloadlog_parse(
		(struct bytes){ line.data + TIME_LEN, line.len - TIME_LEN },
		&number);
	if (!number || (kind != RELOADLOG_MADE && kind != RELOADLOG_FAILED))
		return 0;
	*generation = number;
	return kind == RELOADLOG_MADE ? 1 : 2;
}

int serving_reload(const struct state *state, off_t from, uint64_t *generation,
	char fixed[SERVING_FIXED], struct error *error)
{
	struct stat status;
	char *text = NULL;
	char *at;
	char *end;
	ssize_t got;
	int result = 0;
	int fd = open_file(state, STATE_RELOAD_LOG, &status, error);

	if (fixed)
		*fixed = '\0';
	if (fd < 0)
		return fd == ERR_NOENT ? 0 : fd;
	if (status.st_size < from)
		from = 0; /* it is not the same file as before */
	/* Only the last reload counts, so the end of a long log is enough. */
	if (status.st_size - from > TAIL_MAX)
		from = status.st_size - TAIL_MAX;
	text = malloc(TAIL_MAX);
	got = text ? file_read_at(fd, text, TAIL_MAX, from) : -1;
	if (got < 0) {
		result = state_set_errno(
			error, "cannot read %s/" STATE_RELOAD_LOG, state->dir);
		goto out;
	}
	for (at = text; at < text + got; at = end + 1) {
		struct bytes line;
		int found;

		end = memchr(at, '\n', (size_t)(text + got - at));
		if (!end)
			break;
		line = (struct bytes){ at, (size_t)(end - at) };
		found = read_line(line, generation);
		if (found)
			result = found;
		if (found && fixed) {
			struct bytes options = reloadlog_fixed_options(line);

			(void)snprintf(fixed, SERVING_FIXED, "%.*s",
				(int)options.len, options.data);
		}
	}
out:
	free(text);
	close(fd);
	return result;
}
