#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "state/state.h"
#include "state/statedir.h"

#define LINE_SIZE (STATE_WHAT_MAX + 512)

static const char not_made[] = " was not made: ";

/* Copies a name as one word, so that the fields of a line stay apart. */
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
	return state_failed(
		error, file_append_line(state->fd, STATE_AUDIT, path,
			       STATE_MODE_FILE, state->group, line, error));
}

int audit_made(const struct state *state, int64_t time, const char *what,
	uint64_t generation, struct error *error)
{
	char stamp[CLOCK_TEXT_MAX];
	char user[160];
	char line[LINE_SIZE];

	clock_text(time, stamp);
	state_user(user, sizeof user);
	(void)snprintf(line, sizeof line, "%s %s %.*s" AUDIT_MADE "%" PRIu64,
		stamp, user, STATE_WHAT_MAX - 1, what, generation);
	return append(state, line, error);
}

int audit_not_made(const struct state *state, uint64_t generation,
	const char *why, struct error *error)
{
	char stamp[CLOCK_TEXT_MAX];
	char user[160];
	char line[LINE_SIZE];

	clock_text((int64_t)time(NULL), stamp);
	state_user(user, sizeof user);
	(void)snprintf(line, sizeof line,
		"%s %s " AUDIT_NOT_MADE "%" PRIu64 "%s%.512s", stamp, user,
		generation, not_made, why);
	return append(state, line, error);
}

uint64_t audit_number(struct bytes line)
{
	size_t word = sizeof AUDIT_MADE - 1;
	size_t at = line.len;
	struct bytes digits;
	uint64_t number;

	while (at && line.data[at - 1] >= '0' && line.data[at - 1] <= '9')
		at--;
	digits = (struct bytes){ line.data + at, line.len - at };
	if (at < word || memcmp(line.data + at - word, AUDIT_MADE, word) != 0)
		return 0;
	(void)bytes_number(&digits, SIZE_MAX, &number);
	return number;
}

/* Returns the generation that a line names, or 0. Sets *failed if the line says
 * that it was not made. */
static uint64_t line_generation(struct bytes line, bool *failed)
{
	struct bytes text = line;
	uint64_t generation;

	(void)bytes_cut(&text, ' '); /* time */
	(void)bytes_cut(&text, ' '); /* user */
	*failed = bytes_take(&text, AUDIT_NOT_MADE) &&
		  bytes_number(&text, SIZE_MAX, &generation) &&
		  bytes_take(&text, not_made);
	return *failed ? generation : audit_number(line);
}

/* Takes note of the generation that a line of audit.log names. */
static int note_line(struct bytes line, unsigned number, const char *path,
	struct audit_last *last, struct error *error)
{
	bool failed;
	uint64_t generation = line_generation(line, &failed);

	/* The next number must be far from any that cannot be counted. */
	if (generation > AUDIT_GENERATION_MAX)
		return error_set(error, ERR_BAD,
			"%s:%u: found a generation over %" PRIu64
			", which readdress cannot have made; nothing was "
			"changed; correct or delete this line: %.*s",
			path, number, AUDIT_GENERATION_MAX, (int)line.len,
			line.data);
	if (generation > last->generation) {
		last->generation = generation;
		last->not_made = failed;
	} else if (generation && generation == last->generation) {
		last->not_made = last->not_made || failed;
	}
	return 0;
}

int audit_last(
	const struct state *state, struct audit_last *last, struct error *error)
{
	char path[STATE_PATH_MAX];
	char *line = NULL;
	size_t size = 0;
	ssize_t len;
	unsigned number = 0;
	FILE *file = NULL;
	int result = 0;
	int fd;

	*last = (struct audit_last){ 0 };
	state_path(state, STATE_AUDIT, path);
	fd = state_failed(
		error, file_open(state->fd, STATE_AUDIT, path, NULL, error));
	if (fd < 0)
		return fd == ERR_NOENT ? 0 : fd;
	file = fdopen(fd, "r");
	if (!file) {
		result = state_set_errno(error, "cannot read %s", path);
		close(fd);
		return result;
	}
	while (!result && (len = getline(&line, &size, file)) >= 0) {
		if (len > 0 && line[len - 1] == '\n')
			len--;
		result = note_line((struct bytes){ line, (size_t)len },
			++number, path, last, error);
	}
	if (!result && !feof(file)) /* an error, or memory is exhausted */
		result = state_set_errno(error, "cannot read %s", path);
	free(line);
	fclose(file);
	return result;
}
