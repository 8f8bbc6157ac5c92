#include "command/maillogfile.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <zlib.h>

#include "trace/maillog.h"

/* Read at once; the longest line, which syslog cuts far before. */
#define BUFFER ((size_t)1 << 20)

struct reading {
	const struct maillogfile *file;
	int (*take)(void *context, struct bytes line);
	void *context;
	bool reached; /* a line since file->since was seen */
	char *buffer;
	size_t filled;
};

/* True if the line is late enough. Lines after such a one are, too. */
static bool is_reached(struct reading *reading, struct bytes line)
{
	struct maillog_line cut;
	int64_t seconds;

	if (reading->reached || reading->file->since == INT64_MIN)
		return true;
	reading->reached =
		maillog_cut(line, &cut) &&
		maillog_seconds(cut.time, reading->file->now, &seconds) &&
		seconds >= reading->file->since;
	return reading->reached;
}

/* Gives whole lines to take(), and keeps the rest of the buffer. */
static int take_lines(struct reading *reading, bool end)
{
	char *start = reading->buffer;
	char *stop = reading->buffer + reading->filled;
	int code = 0;

	while (!code && start < stop) {
		char *newline = memchr(start, '\n', (size_t)(stop - start));
		struct bytes line;

		if (!newline && !end &&
			(start > reading->buffer || reading->filled < BUFFER))
			break;
		if (!newline)
			newline = stop;
		*newline = '\0';
		line = (struct bytes){ start, (size_t)(newline - start) };
		if (is_reached(reading, line))
			code = reading->take(reading->context, line);
		start = newline < stop ? newline + 1 : stop;
	}
	reading->filled = (size_t)(stop - start);
	memmove(reading->buffer, start, reading->filled);
	return code;
}

/* gzread() reads what is not compressed as it is. */
static int read_file(
	struct reading *reading, const char *path, struct error *error)
{
	gzFile file = gzopen(path, "re");
	const char *reason;
	int number;
	int code = 0;
	int got = 1;

	if (!file)
		return error_set_errno(error, "cannot read %s", path);
	(void)gzbuffer(file, 1 << 18);
	reading->filled = 0;
	while (!code && got > 0) {
		got = gzread(file, reading->buffer + reading->filled,
			(unsigned)(BUFFER - reading->filled));
		reason = gzerror(file, &number);
		if (got < 0 || number == Z_BUF_ERROR) {
			code = error_set(error, ERR_IO,
				"cannot read %s to its end: %s", path, reason);
			break;
		}
		reading->filled += (size_t)got;
		code = take_lines(reading, got == 0);
	}
	(void)gzclose(file);
	return code;
}

/* Starts journalctl(1), whose output *fd is. Returns its process, or -1 with
 * errno. */
static pid_t start_journalctl(int64_t from, int *fd)
{
	char since[40] = "--since=@";
	int ends[2];
	pid_t child;

	(void)snprintf(since + strlen(since), sizeof since - strlen(since),
		"%" PRId64, from);
	if (pipe2(ends, O_CLOEXEC))
		return -1;
	child = fork();
	if (!child) {
		if (dup2(ends[1], STDOUT_FILENO) >= 0)
			(void)execlp("journalctl", "journalctl", "--no-pager",
				"--quiet", "--output=short-iso",
				"SYSLOG_FACILITY=2",
				from == INT64_MIN ? NULL : since, (char *)NULL);
		_exit(127);
	}
	(void)close(ends[1]);
	if (child < 0)
		(void)close(ends[0]);
	*fd = ends[0];
	return child;
}

static int read_journal(struct reading *reading, struct error *error)
{
	int fd;
	pid_t child = start_journalctl(reading->file->since, &fd);
	ssize_t got = 1;
	int status = 0;
	int code = 0;

	if (child < 0)
		return error_set_errno(error, "cannot run journalctl");
	reading->filled = 0;
	while (!code && got) {
		got = read(fd, reading->buffer + reading->filled,
			BUFFER - reading->filled);
		if (got < 0 && errno != EINTR)
			code = error_set_errno(
				error, "cannot read what journalctl prints");
		if (got < 0)
			continue;
		reading->filled += (size_t)got;
		code = take_lines(reading, !got);
	}
	(void)close(fd);
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	if (!code && status)
		return error_set(error, ERR_NOENT,
			"journalctl failed: no mail log could be read; name a "
			"file with --log FILE");
	return code;
}

/* What logrotate makes of "mail.log": "mail.log.1", "mail.log.2.gz",
 * "mail.log-20261129.gz". Returns the number behind it; 0 for another name. */
static unsigned long rotation(const char *path, const char *name)
{
	const char *rest = name + strlen(path);
	char *end;
	unsigned long number;

	if ((*rest != '.' && *rest != '-') || !isdigit((unsigned char)rest[1]))
		return 0;
	number = strtoul(rest + 1, &end, 10);
	return *end && strcmp(end, ".gz") != 0 ? 0 : number;
}

/* Dates ascend, numbers descend: the oldest file comes first. */
static int read_rotated(
	struct reading *reading, const glob_t *found, struct error *error)
{
	const char *path = reading->file->path;
	unsigned long done = 0;
	bool more = true;
	int code = 0;

	for (int dates = 1; dates >= 0; dates--) {
		done = dates ? 0 : ULONG_MAX;
		for (more = true; !code && more;) {
			const char *next = NULL;
			unsigned long best = 0;
			struct stat status;

			for (size_t i = 0; i < found->gl_pathc; i++) {
				const char *name = found->gl_pathv[i];
				unsigned long number = rotation(path, name);

				if (!number ||
					(name[strlen(path)] == '-') != dates)
					continue;
				if (dates ? number > done &&
							(!next || number < best)
					  : number < done && number > best) {
					best = number;
					next = name;
				}
			}
			more = next != NULL;
			done = best;
			if (!next || stat(next, &status) != 0 ||
				status.st_mtime < reading->file->since)
				continue;
			code = read_file(reading, next, error);
		}
	}
	return code;
}

/* Returns a pattern of glob(3) for what logrotate makes of the path, in which
 * nothing but that is one. The caller frees it; NULL: out of memory. */
static char *rotated_pattern(const char *path)
{
	static const char end[] = "[.-]*";
	char *pattern = malloc(2 * strlen(path) + sizeof end);
	size_t len = 0;

	if (!pattern)
		return NULL;
	for (; *path; path++) {
		if (strchr("*?[\\", *path))
			pattern[len++] = '\\';
		pattern[len++] = *path;
	}
	memcpy(pattern + len, end, sizeof end);
	return pattern;
}

int maillogfile_each(const struct maillogfile *file,
	int (*take)(void *context, struct bytes line), void *context,
	struct error *error)
{
	struct reading reading = {
		.file = file, .take = take, .context = context
	};
	glob_t found = { 0 };
	char *pattern = NULL;
	int code = 0;

	reading.buffer = malloc(BUFFER + 1);
	if (!reading.buffer)
		return error_set(error, ERR_NOMEM, "out of memory");
	if (!file->path) {
		code = read_journal(&reading, error);
	} else if (!(pattern = rotated_pattern(file->path))) {
		code = error_set(error, ERR_NOMEM, "out of memory");
	} else {
		if (!glob(pattern, GLOB_NOSORT, NULL, &found))
			code = read_rotated(&reading, &found, error);
		if (!code)
			code = read_file(&reading, file->path, error);
	}
	globfree(&found);
	free(pattern);
	free(reading.buffer);
	return code;
}
