/*
 * story: what the log says of one message, in the order of what happened:
 * where it came from, what readdress made of it, where it went. Tested by
 * tests/unit/trace/test_story.c.
 */
#ifndef READDRESS_TRACE_STORY_H
#define READDRESS_TRACE_STORY_H

#include "base/arena.h"
#include "trace/maillog.h"

/* An address that readdress has changed, or found to leave. */
struct story_address {
	struct bytes field; /* "from", "rcpt" */
	struct bytes old;
	struct bytes new; /* of one to many the first "<" and the last ">" are
			     left out: "a@x.example>,<b@y.example" */
	struct story_address *next;
};

/* What became of one recipient. Attempts with the same result are counted. */
struct story_delivery {
	struct bytes recipient;
	struct bytes original; /* orig_to: empty if it was the same */
	struct bytes relay;
	struct bytes status; /* "sent", "deferred", "bounced" ... */
	struct bytes dsn;
	struct bytes reply;
	struct bytes first; /* the time of the first of these attempts */
	struct bytes last;
	size_t attempts;
	struct story_delivery *next;
};

/* Another message that this one led to, or came from. */
struct story_link {
	struct bytes queue_id;
	const char *what; /* "bounce", "notification", "queued again",
			     "requeued from" */
	bool earlier;	  /* this one came from it, by `postsuper -r` */
	struct story_link *next;
};

/* A line that says more than the members above: rejections, warnings, what
 * postsuper(1) did. */
struct story_note {
	struct bytes time;
	struct bytes process;
	struct bytes text;
	struct story_note *next;
};

struct story {
	struct bytes queue_id; /* or "NOQUEUE" */
	struct bytes host;     /* of Postfix; empty: it has no such line yet */
	struct bytes first;    /* the times of its first and last line */
	struct bytes last;
	size_t first_line; /* their numbers, from 1 */
	size_t last_line;
	bool asked; /* a line of it is what was asked for */
	struct bytes client;
	struct bytes login; /* the name of an authenticated client */
	struct bytes message_id;
	struct bytes sender;
	bool has_sender; /* sender is known; it may be empty */
	struct bytes size;

	struct bytes direction; /* these are readdress's; empty: it was not
				   logged */
	struct bytes why;
	struct bytes generation;
	struct bytes headers;
	bool shadow;
	struct story_address *rewritten;
	struct story_address *leaks;

	struct story_delivery *deliveries;
	struct story_link *links; /* each once */
	struct story_note *notes;
	bool removed; /* it is no longer in the queue */

	/* Where the next one of each list goes; NULL: the list is empty. */
	struct story_address **rewritten_end;
	struct story_address **leaks_end;
	struct story_delivery **deliveries_end;
	struct story_link **links_end;
	struct story_note **notes_end;
	/* Trees of tsearch(3): the deliveries, and the links. */
	void *delivery_tree;
	void *link_tree;
	/* For trace.c: the last message before that had this queue ID. */
	struct story *before;
};

/* Adds a line to the story, which begins as zeros. Its memory comes from the
 * arena, but for two trees that story_end() frees; what it points to must live
 * as long. Lines must come in the order of the log, and number is theirs.
 * Returns 0 or ERR_NOMEM. */
int story_add(struct story *story, struct arena *arena,
	const struct maillog_line *line, size_t number) MUST_CHECK;

/* True for a line of readdress, not of Postfix. */
bool story_is_ours(const struct maillog_line *line);

/* Must be called before the arena is freed. No line can be added any more. */
void story_end(struct story *story);

/* Removes the first address from the `new` of struct story_address, and stores
 * it in *address. Returns false if none is left. */
bool story_next_address(struct bytes *addresses, struct bytes *address);

/* Finds the queue ID of another message that a line names, and sets *what as in
 * struct story_link. Returns false if it names none. */
bool story_names(const struct maillog_line *line, struct bytes *queue_id,
	const char **what);

#endif
