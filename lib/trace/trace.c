#include "trace/trace.h"

#include <ctype.h>
#include <search.h>
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
	size_t rejected; /* of them, those without a queue ID */
	/* A tree of tsearch(3): the last story of each queue ID. */
	void *tree;
};

static bool is_full(const struct trace *trace)
{
	return trace->id_count + trace->rejected >= TRACE_MESSAGES_MAX;
}

static int add_id(struct trace *trace, struct bytes id)
{
	if (nameset_has(trace->ids, id))
		return 0;
	if (is_full(trace))
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

/* Forgets the stories. */
static void end_stories(struct trace *trace)
{
	for (size_t i = 0; i < trace->count; i++)
		story_end(trace->stories[i]);
	arena_free_tree(trace->tree);
	trace->tree = NULL;
	trace->count = trace->rejected = 0;
}

void trace_close(struct trace *trace)
{
	if (!trace)
		return;
	end_stories(trace);
	nameset_close(trace->ids);
	arena_close(trace->arena);
	free(trace->stories);
	free(trace);
}

/* True for a line that was asked for by address or message-id. */
static bool is_asked(const struct trace *trace, const struct maillog_line *line)
{
	return trace->needle && strcasestr(line->text.data, trace->needle);
}

static int compare_ids(const void *left, const void *right)
{
	const struct story *a = left;
	const struct story *b = right;

	return bytes_compare(a->queue_id, b->queue_id);
}

/* Returns the last story of this queue ID, or NULL. */
static struct story *last_story(
	const struct trace *trace, struct bytes queue_id)
{
	const struct story asked = { .queue_id = queue_id };
	struct story **found = tfind(&asked, &trace->tree, compare_ids);

	return found ? *found : NULL;
}

/* True if both may be of one Postfix. */
static bool is_same_host(struct bytes a, struct bytes b)
{
	return !a.len || !b.len || bytes_equal(a, b);
}

/* Returns the story that a line continues, or NULL. Where the logs of several
 * relays are in one, two messages may have one queue ID at the same time. The
 * milter may be on another host than Postfix: if no story is of its own, its
 * line is for the last one. */
static struct story *story_of(
	const struct trace *trace, const struct maillog_line *line)
{
	struct story *last = last_story(trace, line->queue_id);

	for (struct story *story = last; story; story = story->before)
		if (is_same_host(story->host, line->host))
			return story;
	return story_is_ours(line) ? last : NULL;
}

/* Makes a story. One with a queue ID takes the place of the last one that had
 * it, which it names. */
static int new_story(struct trace *trace, struct bytes queue_id, bool rejected,
	struct story **story)
{
	struct story **stories;
	struct story **place;

	if (rejected && is_full(trace))
		return ERR_BAD;
	stories = array_grow(trace->stories, trace->count, &trace->room,
		sizeof(struct story *));
	if (!stories)
		return ERR_NOMEM;
	trace->stories = stories;
	*story = arena_alloc(trace->arena, sizeof **story);
	if (!*story)
		return ERR_NOMEM;
	memset(*story, 0, sizeof **story);
	(*story)->queue_id = queue_id;
	stories[trace->count++] = *story;
	trace->rejected += rejected;
	if (rejected)
		return 0;
	place = tsearch(*story, &trace->tree, compare_ids);
	if (!place)
		return ERR_NOMEM;
	if (*place != *story)
		(*story)->before = *place;
	*place = *story;
	return 0;
}

/* Keeps a line of a message that is told. */
static int keep(struct trace *trace, const struct maillog_line *line,
	struct bytes whole, bool asked)
{
	/* It stands for many messages. */
	bool rejected = bytes_equal(line->queue_id, bytes_of("NOQUEUE"));
	struct story *story = NULL;
	struct maillog_line kept;
	int result = 0;

	whole.data = arena_copy(trace->arena, whole.data, whole.len);
	if (!whole.data || !maillog_cut(whole, &kept))
		return ERR_NOMEM;
	if (!rejected)
		story = story_of(trace, &kept);
	/* Postfix uses the ID of a message that has left the queue again. */
	if (!story || story->removed)
		result = new_story(trace, kept.queue_id, rejected, &story);
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
	bool asked;
	bool told;
	int result = 0;

	trace->number++;
	if (!maillog_cut(line, &cut) || !cut.queue_id.len)
		return 0;
	asked = is_asked(trace, &cut);
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
		end_stories(trace);
		arena_rewind(trace->arena, trace->mark);
		trace->number = 0;
	}
	return again;
}

/* True if the other one, which has the queue ID of the link, is the one that is
 * meant: Postfix may have used the ID at another time, too. */
static bool is_linked(const struct story *story, const struct story_link *link,
	const struct story *other)
{
	if (!is_same_host(other->host, story->host))
		return false;
	if (link->earlier)
		return other->last_line < story->first_line;
	return other->first_line >= story->first_line &&
	       other->first_line <= story->last_line;
}

/* Marks the story and those that it links to as asked for if one of them is.
 * Returns true if that changes one. */
static bool spread(const struct trace *trace, struct story *story)
{
	bool changed = false;

	for (const struct story_link *link = story->links; link;
		link = link->next)
		for (struct story *other = last_story(trace, link->queue_id);
			other; other = other->before) {
			if (!is_linked(story, link, other))
				continue;
			if (other->asked != story->asked) {
				other->asked = story->asked = true;
				changed = true;
			}
			if (link->earlier)
				break; /* the last one before */
		}
	return changed;
}

const struct story *const *trace_stories(struct trace *trace, size_t *count)
{
	bool changed = true;

	*count = 0;
	/* A queue ID that Postfix has used twice is told only where it was
	 * asked for, or led from or to what was. Each reading has followed one
	 * more link, so there are few rounds. */
	while (changed) {
		changed = false;
		for (size_t i = 0; i < trace->count; i++)
			changed = spread(trace, trace->stories[i]) || changed;
	}
	/* The others go to the end, where trace_close() finds them. */
	for (size_t i = 0; i < trace->count; i++) {
		struct story *story = trace->stories[i];

		if (!story->asked)
			continue;
		trace->stories[i] = trace->stories[*count];
		trace->stories[(*count)++] = story;
	}
	return (const struct story *const *)trace->stories;
}
