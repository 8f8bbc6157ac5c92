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

#define LINE_SIZE 1024

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
	(void)snprintf(line, sizeof line, "%s %s %.512s" AUDIT_MADE "%" PRIu64,
		stamp, user, what, generation);
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

uint64_t audit_number(struct bytes text, const char *word)
{
	const char *end = text.data + text.len;
	size_t len = strlen(word);
	uint64_t number = 0;

	while ((text.data = memmem(text.data, text.len, word, len))) {
		struct bytes rest = { text.data + len, 0 };

		rest.len = (size_t)(end - rest.data);
		(void)bytes_number(&rest, STATE_DIGITS_MAX, &number);
		text.data++;
		text.len = (size_t)(end - text.data);
	}
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
	*failed = strstr(line.data, not_made) &&
		  bytes_take(&text, AUDIT_NOT_MADE);
	if (!*failed)
		return audit_number(line, AUDIT_MADE);
	(void)bytes_number(&text, STATE_DIGITS_MAX, &generation);
	return generation;
}

int audit_last(
	const struct state *state, struct audit_last *last, struct error *error)
{
	char path[STATE_PATH_MAX];
	char *line = NULL;
	size_t size = 0;
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
	while (getline(&line, &size, file) >= 0) {
		bool failed;
		uint64_t generation = line_generation(bytes_of(line), &failed);

		if (generation > last->generation) {
			last->generation = generation;
			last->not_made = failed;
		} else if (generation && generation == last->generation) {
			last->not_made = last->not_made || failed;
		}
	}
	if (!feof(file)) /* an error, or memory is exhausted */
		result = state_set_errno(error, "cannot read %s", path);
	free(line);
	fclose(file);
	return result;
}
