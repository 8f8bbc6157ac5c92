#include "state/events.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "state/reloadlog.h"
#include "state/statedir.h"

#define TIME_LEN 20 /* "2026-11-21T15:09:00Z" */

struct source {
	const char *name;
	bool milter; /* it is reload.log, whose lines have no user */
	FILE *file;  /* NULL if there is none, or at its end */
	char *line;
	size_t size;
	struct bytes text; /* the next line, without its line break */
};

const char *events_kind_name(enum events_kind event)
{
	static const char *const names[EVENTS_KINDS] = {
		[EVENTS_EDIT] = "edit",
		[EVENTS_ROLLBACK] = "rollback",
		[EVENTS_NOT_MADE] = "not made",
		[EVENTS_START] = "start",
		[EVENTS_RELOAD] = "reload",
		[EVENTS_FAILED] = "reload failed",
		[EVENTS_OTHER] = "other",
	};

	return names[event];
}

static int next_line(
	const struct state *state, struct source *source, struct error *error)
{
	char path[STATE_PATH_MAX];
	ssize_t len;
	int result = 0;

	if (!source->file)
		return 0;
	len = getline(&source->line, &source->size, source->file);
	if (len >= 0) {
		if (len > 0 && source->line[len - 1] == '\n')
			len--;
		source->text = (struct bytes){ source->line, (size_t)len };
		return 0;
	}
	if (!feof(source->file)) { /* an error, or memory is exhausted */
		state_path(state, source->name, path);
		result = state_set_errno(error, "cannot read %s", path);
	}
	(void)fclose(source->file);
	source->file = NULL;
	return result;
}

static int open_source(
	const struct state *state, struct source *source, struct error *error)
{
	char path[STATE_PATH_MAX];
	int fd;

	state_path(state, source->name, path);
	fd = state_failed(
		error, file_open(state->fd, source->name, path, NULL, error));
	if (fd < 0)
		return fd == ERR_NOENT ? 0 : fd;
	source->file = fdopen(fd, "r");
	if (!source->file) {
		int result = state_set_errno(error, "cannot read %s", path);

		close(fd);
		return result;
	}
	return next_line(state, source, error);
}

static void read_edit(struct events_entry *entry)
{
	struct bytes text = entry->text;

	if (bytes_take(&text, AUDIT_NOT_MADE)) {
		entry->event = EVENTS_NOT_MADE;
		(void)bytes_number(&text, STATE_DIGITS_MAX, &entry->generation);
		return;
	}
	entry->event =
		bytes_take(&text, "rollback ") ? EVENTS_ROLLBACK : EVENTS_EDIT;
	entry->generation = audit_number(text);
	if (entry->generation > AUDIT_GENERATION_MAX)
		entry->generation = 0;
}

static void read_milter(struct events_entry *entry)
{
	static const enum events_kind kinds[] = {
		[RELOADLOG_OTHER] = EVENTS_OTHER,
		[RELOADLOG_START] = EVENTS_START,
		[RELOADLOG_MADE] = EVENTS_RELOAD,
		[RELOADLOG_FAILED] = EVENTS_FAILED,
	};

	entry->event = kinds[reloadlog_parse(entry->text, &entry->generation)];
}

/* Cuts the rows and the note from the text of an edit, whose counts come
 * first. */
static struct bytes cut_rows(struct bytes text)
{
	static const char *const marks[] = { "; + ", "; ~ ", "; - ",
		"; note \"" };

	for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
		const char *found =
			memmem(text.data, text.len, marks[i], strlen(marks[i]));

		if (found)
			text.len = (size_t)(found - text.data);
	}
	return text;
}

bool events_concerns(const struct events_entry *entry, enum rule_table table)
{
	struct bytes rest = cut_rows(entry->text);
	char word[32];
	int len = snprintf(word, sizeof word, "%s: ", rule_table_name(table));

	if (entry->event != EVENTS_EDIT && entry->event != EVENTS_ROLLBACK)
		return false;
	for (;;) {
		const char *found = rest.len ? memmem(rest.data, rest.len, word,
						       (size_t)len)
					     : NULL;

		if (!found)
			return false;
		if (found == entry->text.data || found[-1] == ' ')
			return true;
		rest.len -= (size_t)(found + len - rest.data);
		rest.data = found + len;
	}
}

static bool has_time(struct bytes line)
{
	static const char form[] = "dddd-dd-ddTdd:dd:ddZ ";

	if (line.len < sizeof form - 1)
		return false;
	for (size_t i = 0; i < sizeof form - 1; i++) {
		char c = line.data[i];

		if (form[i] == 'd' ? c < '0' || c > '9' : c != form[i])
			return false;
	}
	return true;
}

static struct events_entry read_line(const struct source *source)
{
	struct bytes line = source->text;
	struct events_entry entry = { .event = EVENTS_OTHER, .text = line };

	if (!has_time(line))
		return entry;
	entry.time = (struct bytes){ line.data, TIME_LEN };
	line.data += TIME_LEN + 1;
	line.len -= TIME_LEN + 1;
	entry.user =
		source->milter ? bytes_of("milter") : bytes_cut(&line, ' ');
	entry.text = line;
	if (source->milter)
		read_milter(&entry);
	else
		read_edit(&entry);
	return entry;
}

/* True if the milter's line came before the change of the same second: a reload
 * after the change would serve its generation or a later one. */
static bool milter_was_first(
	const struct source *audit, const struct source *milter)
{
	struct events_entry edit = read_line(audit);
	struct events_entry line = read_line(milter);

	return (line.event == EVENTS_START || line.event == EVENTS_RELOAD) &&
	       line.generation < edit.generation;
}

/* Returns the file whose line comes next. A line without a time belongs to the
 * line before it. */
static struct source *choose(struct source *audit, struct source *milter)
{
	int order;

	if (!audit->file || !milter->file)
		return audit->file ? audit : milter;
	if (!has_time(milter->text))
		return milter;
	if (!has_time(audit->text))
		return audit;
	order = memcmp(audit->text.data, milter->text.data, TIME_LEN);
	if (!order)
		order = milter_was_first(audit, milter) ? 1 : -1;
	return order < 0 ? audit : milter;
}

int events_each(const struct state *state,
	int (*entry)(void *context, const struct events_entry *entry),
	void *context, struct error *error)
{
	struct source audit = { .name = STATE_AUDIT };
	struct source milter = { .name = STATE_RELOAD_LOG, .milter = true };
	int result = open_source(state, &audit, error);

	if (!result)
		result = open_source(state, &milter, error);
	while (!result && (audit.file || milter.file)) {
		struct source *next = choose(&audit, &milter);
		struct events_entry line = read_line(next);

		result = entry(context, &line);
		if (!result)
			result = next_line(state, next, error);
	}
	if (audit.file)
		(void)fclose(audit.file);
	if (milter.file)
		(void)fclose(milter.file);
	free(audit.line);
	free(milter.line);
	return result;
}
