#include "trace/story.h"

#include <search.h>

#include "base/error.h"

static bool ends_with(struct bytes text, const char *end)
{
	size_t len = strlen(end);

	return text.len >= len && !memcmp(text.data + text.len - len, end, len);
}

static bool starts_with(struct bytes text, const char *start)
{
	return bytes_take(&text, start);
}

/* Appends an object to a list of the story. */
#define APPEND(story, list, object)                                            \
	do {                                                                   \
		*((story)->list##_end ? (story)->list##_end                    \
				      : &(story)->list) = (object);            \
		(story)->list##_end = &(object)->next;                         \
	} while (0)

/* Appends a copy of an object. */
#define APPEND_COPY(story, list, type, arena, ...)                             \
	do {                                                                   \
		type *object = arena_alloc(arena, sizeof *object);             \
                                                                               \
		if (!object)                                                   \
			return ERR_NOMEM;                                      \
		*object = (type){ __VA_ARGS__ };                               \
		APPEND(story, list, object);                                   \
	} while (0)

/* ---- lines of readdress ---- */

/* Returns where the address in a text ends, at its ">", or the end. */
static size_t end_of_address(struct bytes text)
{
	bool quoted = false;

	for (size_t i = 0; i < text.len; i++) {
		char c = text.data[i];

		if (c == '\\')
			i++;
		else if (c == '"')
			quoted = !quoted;
		else if (c == '>' && !quoted)
			return i;
	}
	return text.len;
}

static void skip(struct bytes *text, size_t len)
{
	if (len > text->len)
		len = text->len;
	text->data += len;
	text->len -= len;
}

bool story_next_address(struct bytes *addresses, struct bytes *address)
{
	size_t end = end_of_address(*addresses);

	if (!addresses->len)
		return false;
	*address = (struct bytes){ addresses->data, end };
	skip(addresses, end + 1);
	(void)bytes_take(addresses, ",<");
	return true;
}

/* Takes what stands behind a "<", up to the last ">" of a list "<a@x>,<b@y>".
 */
static struct bytes take_addresses(struct bytes *text)
{
	struct bytes all = *text;
	struct bytes rest = *text;

	do {
		size_t end = end_of_address(rest);

		skip(&rest, end);
		all.len = (size_t)(rest.data - all.data);
		skip(&rest, 1);
	} while (bytes_take(&rest, ",<"));
	*text = rest;
	return all;
}

/* A pair like "rcpt=<a@x>:<b@y>". */
static int take_pair(struct story *story, struct arena *arena,
	const char *field, struct bytes *text)
{
	struct bytes old = take_addresses(text);
	struct bytes new = { NULL, 0 };

	if (bytes_take(text, ":<"))
		new = take_addresses(text);
	else
		return 0;
	APPEND_COPY(story, rewritten, struct story_address, arena,
		.field = bytes_of(field), .old = old, .new = new);
	return 0;
}

static int add_leak(struct story *story, struct arena *arena, struct bytes text)
{
	struct bytes address;
	struct bytes field;

	if (!maillog_value(text, "leak=", &address) ||
		!maillog_value(text, "field=", &field))
		return 0;
	field = bytes_cut(&field, ' ');
	APPEND_COPY(story, leaks, struct story_address, arena, .field = field,
		.old = address);
	return 0;
}

static int note(struct story *story, struct arena *arena,
	const struct maillog_line *line)
{
	APPEND_COPY(story, notes, struct story_note, arena, .time = line->time,
		.process = line->process, .text = line->text);
	return 0;
}

/* One line is cut into words; what is not known is kept as a note. */
static int add_decision(struct story *story, struct arena *arena,
	const struct maillog_line *line)
{
	struct bytes rest = line->text;
	bool noted = false;
	int result = 0;

	if (starts_with(rest, "leak="))
		return add_leak(story, arena, rest);
	while (!result && rest.len) {
		if (bytes_take(&rest, "rcpt=<")) {
			result = take_pair(story, arena, "rcpt", &rest);
		} else if (bytes_take(&rest, "from=<")) {
			result = take_pair(story, arena, "from", &rest);
		} else if (bytes_take(&rest, "direction=")) {
			story->direction = bytes_cut(&rest, ' ');
			continue;
		} else if (bytes_take(&rest, "why=")) {
			story->why = bytes_cut(&rest, ' ');
			continue;
		} else if (bytes_take(&rest, "generation=")) {
			story->generation = bytes_cut(&rest, ' ');
			continue;
		} else if (bytes_take(&rest, "headers=")) {
			story->headers = bytes_cut(&rest, ' ');
			continue;
		} else if (bytes_take(&rest, "mode=shadow")) {
			story->shadow = true;
		} else if (starts_with(rest, "unchanged")) {
			(void)bytes_cut(&rest, ' ');
			continue;
		} else {
			noted = true;
			break;
		}
		(void)bytes_take(&rest, " ");
	}
	return result || !noted ? result : note(story, arena, line);
}

/* ---- lines of Postfix ---- */

static int compare_deliveries(const void *left, const void *right)
{
	const struct story_delivery *a = left;
	const struct story_delivery *b = right;
	int order = bytes_compare(a->recipient, b->recipient);

	if (!order)
		order = bytes_compare(a->status, b->status);
	if (!order)
		order = bytes_compare(a->relay, b->relay);
	return order ? order : bytes_compare(a->reply, b->reply);
}

static int compare_links(const void *left, const void *right)
{
	const struct story_link *a = left;
	const struct story_link *b = right;

	return bytes_compare(a->queue_id, b->queue_id);
}

/* Cuts a line "to=<bob@x>, relay=mx, dsn=2.0.0, status=sent (reply)". */
static struct story_delivery cut_delivery(const struct maillog_line *line)
{
	struct story_delivery made = {
		.attempts = 1, .first = line->time, .last = line->time
	};
	struct bytes rest;

	(void)maillog_value(line->text, "to=", &made.recipient);
	(void)maillog_value(line->text, "orig_to=", &made.original);
	(void)maillog_value(line->text, "relay=", &made.relay);
	(void)maillog_value(line->text, "dsn=", &made.dsn);
	if (maillog_value(line->text, "status=", &rest)) {
		/* The reply may hold ", ". */
		rest.len =
			(size_t)(line->text.data + line->text.len - rest.data);
		made.status = bytes_cut(&rest, ' ');
		made.reply = rest;
		if (bytes_take(&made.reply, "(") && made.reply.len &&
			made.reply.data[made.reply.len - 1] == ')')
			made.reply.len--;
	}
	return made;
}

static int add_delivery(struct story *story, struct arena *arena,
	const struct maillog_line *line)
{
	struct story_delivery made = cut_delivery(line);
	struct story_delivery **found =
		tfind(&made, &story->delivery_tree, compare_deliveries);
	struct story_delivery *kept = found ? *found : NULL;

	if (kept) {
		kept->attempts++;
		kept->last = line->time;
		return 0;
	}
	kept = arena_alloc(arena, sizeof *kept);
	if (!kept)
		return ERR_NOMEM;
	*kept = made;
	if (!tsearch(kept, &story->delivery_tree, compare_deliveries))
		return ERR_NOMEM;
	APPEND(story, deliveries, kept);
	return 0;
}

/* What pickup(8) has taken after `postsuper -r` has a new queue ID, and pickup
 * names the old one. */
static const char requeued_from[] = "requeued from";

/* Recipients that were handed over together are queued again as one. */
static int add_link(struct story *story, struct arena *arena,
	struct bytes queue_id, const char *what)
{
	struct story_link made = { .queue_id = queue_id,
		.what = what,
		.earlier = what == requeued_from };
	struct story_link *kept;

	if (tfind(&made, &story->link_tree, compare_links))
		return 0;
	kept = arena_alloc(arena, sizeof *kept);
	if (!kept)
		return ERR_NOMEM;
	*kept = made;
	if (!tsearch(kept, &story->link_tree, compare_links))
		return ERR_NOMEM;
	APPEND(story, links, kept);
	return 0;
}

bool story_names(const struct maillog_line *line, struct bytes *queue_id,
	const char **what)
{
	static const struct {
		const char *text;
		const char *what;
	} words[] = {
		{ "sender non-delivery notification: ", "bounce" },
		{ "postmaster non-delivery notification: ", "bounce" },
		{ "sender delay notification: ", "notification" },
		{ "postmaster delay notification: ", "notification" },
		{ "sender delivery status notification: ", "notification" },
	};
	struct bytes relay;
	struct bytes rest = line->text;
	const char *queued;

	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		rest = line->text;
		if (bytes_take(&rest, words[i].text)) {
			*queue_id = rest;
			*what = words[i].what;
			return rest.len > 0;
		}
	}
	if (ends_with(line->process, "/pickup") &&
		maillog_value(line->text, "orig_id=", queue_id)) {
		*what = requeued_from;
		return queue_id->len > 0;
	}
	/* What this Postfix has handed to itself: to a filter, or to the
	 * service of local mail. */
	if (!maillog_value(line->text, "relay=", &relay) ||
		!(starts_with(relay, "127.") || starts_with(relay, "[::1]") ||
			starts_with(relay, "localhost[")))
		return false;
	queued = memmem(line->text.data, line->text.len, "queued as ",
		sizeof "queued as " - 1);
	if (!queued)
		return false;
	rest.data = queued + sizeof "queued as " - 1;
	rest.len = (size_t)(line->text.data + line->text.len - rest.data);
	*queue_id = bytes_cut(&rest, ')');
	*what = "queued again";
	return queue_id->len > 0;
}

static int add_postfix(struct story *story, struct arena *arena,
	const struct maillog_line *line)
{
	struct bytes text = line->text;
	struct bytes other;
	const char *what = NULL;

	if (story_names(line, &other, &what) &&
		add_link(story, arena, other, what) < 0)
		return ERR_NOMEM;
	if (starts_with(text, "to=<"))
		return add_delivery(story, arena, line);
	if (starts_with(text, "client=")) {
		(void)maillog_value(text, "client=", &story->client);
		(void)maillog_value(text, "sasl_username=", &story->login);
		return 0;
	}
	if (starts_with(text, "message-id=")) {
		(void)maillog_value(text, "message-id=", &story->message_id);
		return 0;
	}
	if (starts_with(text, "uid=") && ends_with(line->process, "/pickup")) {
		if (!what)
			story->client = bytes_of("sendmail(1)");
		story->has_sender =
			maillog_value(text, "from=", &story->sender);
		return 0;
	}
	if (starts_with(text, "from=<") && ends_with(line->process, "/qmgr")) {
		story->has_sender =
			maillog_value(text, "from=", &story->sender);
		if (maillog_value(text, "size=", &other))
			story->size = other;
		return maillog_value(text, "status=", &other)
			       ? note(story, arena, line)
			       : 0;
	}
	if (bytes_equal(text, bytes_of("removed"))) {
		story->removed = true;
		return ends_with(line->process, "/qmgr")
			       ? 0
			       : note(story, arena, line);
	}
	if (bytes_equal(text, bytes_of("requeued")))
		story->removed = true;
	return what ? 0 : note(story, arena, line);
}

bool story_is_ours(const struct maillog_line *line)
{
	return starts_with(line->process, "readdress");
}

int story_add(struct story *story, struct arena *arena,
	const struct maillog_line *line, size_t number)
{
	if (!story->first.len) {
		story->queue_id = line->queue_id;
		story->first = line->time;
		story->first_line = number;
	}
	story->last = line->time;
	story->last_line = number;
	if (story_is_ours(line))
		return add_decision(story, arena, line);
	if (!story->host.len)
		story->host = line->host;
	return add_postfix(story, arena, line);
}

void story_end(struct story *story)
{
	arena_free_tree(story->delivery_tree);
	arena_free_tree(story->link_tree);
	story->delivery_tree = story->link_tree = NULL;
}
