#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "file.h"
#include "statedir.h"

#define LINE_MAX_OCTETS 1024

static const char of_generation[] = "; generation ";
static const char failed_generation[] = " generation ";
static const char not_made[] = " was not made: ";

void audit_time(int64_t seconds, char text[AUDIT_TIME_MAX])
{
	time_t time = (time_t)seconds;
	struct tm utc;

	if (!gmtime_r(&time, &utc) ||
		!strftime(text, AUDIT_TIME_MAX, "%Y-%m-%dT%H:%M:%SZ", &utc))
		(void)snprintf(text, AUDIT_TIME_MAX, "-");
}

/* One word, so that the log can be read by fields. */
static void copy_word(char *to, size_t size, const char *from)
{
	size_t at = 0;

	for (; from[at] && at + 1 < size; at++) {
		unsigned char c = (unsigned char)from[at];

		to[at] = c > 0x20 && c < 0x7f ? (char)c : '_';
	}
	to[at] = '\0';
}

void state_user(char *user, size_t size)
{
	char buffer[4096];
	char name[64];
	char sudo[64];
	struct passwd entry;
	struct passwd *found = NULL;
	const char *by = getenv("SUDO_USER");

	if (getpwuid_r(getuid(), &entry, buffer, sizeof buffer, &found) ||
		!found)
		(void)snprintf(
			name, sizeof name, "uid%lu", (unsigned long)getuid());
	else
		copy_word(name, sizeof name, found->pw_name);
	if (by && *by) {
		copy_word(sudo, sizeof sudo, by);
		(void)snprintf(user, size, "%s(%s)", name, sudo);
	} else {
		(void)snprintf(user, size, "%s", name);
	}
}

static int append(
	const struct state *state, const char *line, struct error *error)
{
	char path[STATE_PATH_MAX];

	state_path(state, STATE_AUDIT, path);
	return file_append_line(state->fd, STATE_AUDIT, path, STATE_MODE_FILE,
		state->group, line, error);
}

int audit_made(const struct state *state, int64_t time, const char *what,
	uint64_t generation, struct error *error)
{
	char stamp[AUDIT_TIME_MAX];
	char user[160];
	char line[LINE_MAX_OCTETS];

	audit_time(time, stamp);
	state_user(user, sizeof user);
	(void)snprintf(line, sizeof line, "%s %s %.512s%s%" PRIu64, stamp, user,
		what, of_generation, generation);
	return append(state, line, error);
}

int audit_not_made(const struct state *state, uint64_t generation,
	const char *why, struct error *error)
{
	char stamp[AUDIT_TIME_MAX];
	char user[160];
	char line[LINE_MAX_OCTETS];

	audit_time((int64_t)time(NULL), stamp);
	state_user(user, sizeof user);
	(void)snprintf(line, sizeof line, "%s %s%s%" PRIu64 "%s%.512s", stamp,
		user, failed_generation, generation, not_made, why);
	return append(state, line, error);
}

/* What a line says of a generation; 0 when it names none. */
static uint64_t line_generation(const char *line, bool *failed)
{
	const char *at = strstr(line, not_made);
	char *end;
	const char *number = NULL;
	uint64_t generation;

	/* Behind time and user, at the third word, or at the line's end. */
	*failed = false;
	number = strchr(line, ' ');
	number = number ? strchr(number + 1, ' ') : NULL;
	if (at && number &&
		!strncmp(number, failed_generation,
			sizeof failed_generation - 1)) {
		number += sizeof failed_generation - 1;
		*failed = true;
	} else {
		number = NULL;
		at = line;
		while ((at = strstr(at, of_generation))) {
			at += sizeof of_generation - 1;
			number = at;
		}
	}
	if (!number || *number < '0' || *number > '9')
		return 0;
	generation = strtoull(number, &end, 10);
	return end - number <= STATE_DIGITS_MAX ? generation : 0;
}

int audit_last(
	const struct state *state, struct audit_last *last, struct error *error)
{
	char path[STATE_PATH_MAX];
	char *line = NULL;
	size_t size = 0;
	FILE *file = NULL;
	int code = 0;
	int fd;

	*last = (struct audit_last){ 0 };
	state_path(state, STATE_AUDIT, path);
	fd = file_open(state->fd, STATE_AUDIT, path, NULL, error);
	if (fd < 0)
		return fd == ERR_NOENT ? 0 : fd;
	file = fdopen(fd, "r");
	if (!file) {
		code = error_set_errno(error, "cannot read %s", path);
		close(fd);
		return code;
	}
	while (getline(&line, &size, file) >= 0) {
		bool failed;
		uint64_t generation = line_generation(line, &failed);

		if (generation > last->generation) {
			last->generation = generation;
			last->not_made = failed;
		} else if (generation && generation == last->generation) {
			last->not_made = last->not_made || failed;
		}
	}
	if (!feof(file)) /* an error, or no memory for a line */
		code = error_set_errno(error, "cannot read %s", path);
	free(line);
	fclose(file);
	return code;
}
