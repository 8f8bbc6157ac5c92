#include "trace/trace.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/array.h"
#include "map/nameset.h"

#define MEMORY_MAX ((size_t)256 << 20)
/* Each reading follows one more link from message to message. */
#define READINGS_MAX 6

struct trace {
	struct arena *arena;
	struct arena_mark mark; /* what comes later is of one reading */
	struct nameset *ids;	/* of the messages that are told */
	size_t id_count;
	struct bytes id;  /* that was asked for; empty: none was */
	char *needle;	  /* "<bob@a.example>"; NULL: an ID was asked for */
	size_t old_count; /* ids before this reading */
	unsigned readings;
	size_t number; /* of the line */
	struct story **stories;
	size_t count;
	size_t room;
};

static int add_id(struct trace *trace, struct bytes id)
{
	if (nameset_has(trace->ids, id))
		return 0;
	if (trace->id_count == TRACE_MESSAGES_MAX)
		return ERR_BAD;
	trace->id_count++;
	return nameset_add(trace->ids, id);
}

static bool is_id(const char *text)
{
	size_t len = strlen(text);

	for (size_t i = 0; i < len; i++)
		if (!isalnum((unsigned char)text[i]))
			return false;
	return len >= 6;
}

int trace_open(struct trace **trace, const char *asked, struct error *error)
{
	struct trace *made = calloc(1, sizeof *made);
	size_t len = strlen(asked);
	int result = 0;

	*trace = NULL;
	if (!made)
		return ERR_NOMEM;
	made->arena = arena_open(MEMORY_MAX);
	made->ids = nameset_open();
	if (!made->arena || !made->ids)
		result = ERR_NOMEM;
	else if (strchr(asked, '@') || asked[0] == '<') {
		made->needle = arena_bytes(made->arena, len + 3);
		if (made->needle)
			(void)snprintf(made->needle, len + 3,
				asked[0] == '<' ? "%s" : "<%s>", asked);
		else
			result = ERR_NOMEM;
	} else if (is_id(asked)) {
		made->id = bytes_of(asked);
		result = add_id(made, made->id);
	} else {
		result = error_set(error, ERR_USAGE,
			"found \"%s\"; expected a queue ID such as 4F2A91C03, "
			"an address, or a message-id in <>",
			asked);
	}
	if (result) {
		trace_close(made);
		return result;
	}
	made->mark = arena_mark(made->arena);
	*trace = made;
	return 0;
}

void trace_close(struct trace *trace)
{
	if (!trace)
		return;
	nameset_close(trace->ids);
	arena_close(trace->arena);
	free(trace->stories);
	free(trace);
}

/* True for a line that was asked for by address or message-id. */
static bool is_asked(const struct trace *trace, struct bytes line)
{
	return trace->needle && strcasestr(line.data, trace->needle);
}

/* Returns the story that goes on: the last one of this queue ID, unless that
 * message has left the queue, and Postfix uses the ID again. NULL: none. */
static struct story *find_story(
	const struct trace *trace, const struct maillog_line *line)
{
	for (size_t i = trace->count; i > 0; i--) {
		struct story *story = trace->stories[i - 1];

		if (bytes_equal(story->queue_id, line->queue_id))
			return story->removed ? NULL : story;
	}
	return NULL;
}

static int new_story(struct trace *trace, struct story **story)
{
	struct story **stories = array_grow(trace->stories, trace->count,
		&trace->room, sizeof(struct story *));

	if (!stories)
		return ERR_NOMEM;
	trace->stories = stories;
	*story = arena_alloc(trace->arena, sizeof **story);
	if (!*story)
		return ERR_NOMEM;
	memset(*story, 0, sizeof **story);
	stories[trace->count++] = *story;
	return 0;
}

/* Keeps a line of a message that is told. */
static int keep(struct trace *trace, const struct maillog_line *line,
	struct bytes whole, bool asked)
{
	struct story *story = NULL;
	struct maillog_line kept;
	int result = 0;

	whole.data = arena_copy(trace->arena, whole.data, whole.len);
	if (!whole.data || !maillog_cut(whole, &kept))
		return ERR_NOMEM;
	/* NOQUEUE stands for many messages. */
	if (!bytes_equal(line->queue_id, bytes_of("NOQUEUE")))
		story = find_story(trace, &kept);
	if (!story)
		result = new_story(trace, &story);
	if (result)
		return result;
	result = story_add(story, trace->arena, &kept, trace->number);
	story->asked = story->asked || asked ||
		       bytes_equal(story->queue_id, trace->id);
	return result;
}

int trace_line(struct trace *trace, struct bytes line)
{
	struct maillog_line cut;
	struct bytes other;
	const char *what;
	bool asked = is_asked(trace, line);
	bool told;
	int result = 0;

	trace->number++;
	if (!maillog_cut(line, &cut) || !cut.queue_id.len)
		return 0;
	if (bytes_equal(cut.queue_id, bytes_of("NOQUEUE")))
		return asked ? keep(trace, &cut, line, true) : 0;
	told = nameset_has(trace->ids, cut.queue_id);
	if (!told && asked)
		result = add_id(trace, cut.queue_id);
	/* From a message to those that it led to, and back. */
	if (!result && (told || asked)) {
		if (story_names(&cut, &other, &what))
			result = add_id(trace, other);
	} else if (!result && story_names(&cut, &other, &what) &&
		   nameset_has(trace->ids, other)) {
		result = add_id(trace, cut.queue_id);
	}
	if (result)
		return result;
	return told || asked ? keep(trace, &cut, line, asked) : 0;
}

bool trace_again(struct trace *trace)
{
	bool again = trace->id_count != trace->old_count &&
		     ++trace->readings < READINGS_MAX;

	/* The first reading by queue ID has everything, if no link was found.
	 */
	if (again && !trace->needle && trace->readings == 1 &&
		trace->id_count == 1)
		again = false;
	trace->old_count = trace->id_count;
	if (again) {
		arena_rewind(trace->arena, trace->mark);
		trace->count = 0;
		trace->number = 0;
	}
	return again;
}

static bool links_to(const struct story *story, const struct story *other)
{
	for (const struct story_link *link = story->links; link;
		link = link->next)
		if (bytes_equal(link->queue_id, other->queue_id) &&
			other->first_line >= story->first_line &&
			other->first_line <= story->last_line)
			return true;
	return false;
}

const struct story *const *trace_stories(struct trace *trace, size_t *count)
{
	bool changed = true;
	size_t kept = 0;

	*count = 0;
	/* A queue ID that Postfix has used twice is told only where it was
	 * asked for, or led from or to what was. */
	while (changed) {
		changed = false;
		for (size_t i = 0; i < trace->count; i++) {
			for (size_t j = 0; j < trace->count; j++) {
				struct story *a = trace->stories[i];
				struct story *b = trace->stories[j];

				if (a->asked == b->asked || !links_to(a, b))
					continue;
				a->asked = b->asked = true;
				changed = true;
			}
		}
	}
	for (size_t i = 0; i < trace->count; i++)
		if (trace->stories[i]->asked)
			trace->stories[kept++] = trace->stories[i];
	trace->count = kept;
	*count = kept;
	return (const struct story *const *)trace->stories;
}
