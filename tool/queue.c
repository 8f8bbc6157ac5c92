#include "queue.h"

#include <assert.h>
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/array.h"
#include "mail/address.h"
#include "postfix/queuefile.h"
#include "program.h"

#define IDS_AT_ONCE ((size_t)200) /* messages that one postcat reads */
#define LOOKS	    2		  /* at the queue, one after the other */

static int no_memory(struct error *error)
{
	return error_set(error, ERR_NOMEM, "out of memory");
}

/* Returns the last line of what a program said. */
static struct bytes last_line(const char *text)
{
	struct bytes rest = bytes_of(text);
	struct bytes last = { "", 0 };

	while (rest.len) {
		struct bytes line = bytes_cut(&rest, '\n');

		if (line.len)
			last = line;
	}
	return last;
}

/* Runs a program, and returns its exit status and all that it printed. *text
 * and *said are to be freed. */
static int run(const char *const *arguments, char **text, size_t *len,
	char **said, struct error *error)
{
	int output = memfd_create(arguments[0], MFD_CLOEXEC);
	int words = memfd_create(arguments[0], MFD_CLOEXEC);
	int status = program_run(arguments, -1, output, words);
	size_t said_len = 0;

	*text = *said = NULL;
	if (status < 0)
		status = error_set_errno(error, "cannot run %s", arguments[0]);
	else if (status == 127)
		status = error_set(error, ERR_CONFIG,
			"found no %s in PATH and /usr/sbin: Postfix is not "
			"installed on this host",
			arguments[0]);
	else if (!(*text = program_read_back(output, len)) ||
		 !(*said = program_read_back(words, &said_len)))
		status = error_set_errno(
			error, "cannot read what %s printed", arguments[0]);
	if (output >= 0)
		close(output);
	if (words >= 0)
		close(words);
	assert(status < 0 || (*text && *said));
	return status;
}

static char *copy_string(struct arena *arena, const char *text)
{
	return arena_copy(arena, text, strlen(text));
}

/* Returns an address of postqueue, which has quotes where SMTP needs them, in
 * Postfix's internal form. NULL: out of memory. */
static const char *internal_form(struct arena *arena, const char *address)
{
	struct mailbox mailbox;
	struct error why;
	size_t size;
	char *text;

	if (address[0] != '"' ||
		address_parse(address, strlen(address), &mailbox, &why))
		return copy_string(arena, address);
	size = mailbox.local_len + mailbox.domain_len + 2;
	text = arena_bytes(arena, size);
	if (text)
		(void)snprintf(text, size, "%.*s@%.*s", (int)mailbox.local_len,
			mailbox.local, (int)mailbox.domain_len, mailbox.domain);
	return text;
}

/* Adds a message from a line of `postqueue -j`. */
static int add_message(struct queue *queue, const json_t *object,
	struct arena *arena, struct error *error)
{
	const char *id = json_string_value(json_object_get(object, "queue_id"));
	const char *name =
		json_string_value(json_object_get(object, "queue_name"));
	json_t *list = json_object_get(object, "recipients");
	struct queue_message *longer = array_grow_in(arena, queue->messages,
		queue->count, &queue->room, sizeof *longer);
	struct queue_message *message;
	json_t *one;
	size_t i;

	if (!id || !name || !json_is_array(list))
		return ERR_BAD;
	if (!longer)
		return no_memory(error);
	queue->messages = longer;
	message = &longer[queue->count++];
	*message = (struct queue_message){ .id = copy_string(arena, id),
		.queue = copy_string(arena, name),
		.gone = true };
	message->recipients = arena_array(
		arena, json_array_size(list) + 1, sizeof *message->recipients);
	if (!message->id || !message->queue || !message->recipients)
		return no_memory(error);
	json_array_foreach(list, i, one)
	{
		const char *address =
			json_string_value(json_object_get(one, "address"));
		const char *copy =
			address ? internal_form(arena, address) : NULL;

		if (!address)
			return ERR_BAD;
		if (!copy)
			return no_memory(error);
		message->recipients[message->count++] =
			(struct queue_recipient){ .address = copy };
	}
	return 0;
}

static int read_line(struct queue *queue, struct bytes line,
	struct arena *arena, struct error *error)
{
	json_error_t why;
	json_t *object = json_loadb(line.data, line.len, 0, &why);
	int result =
		object ? add_message(queue, object, arena, error) : ERR_BAD;

	json_decref(object);
	if (result == ERR_BAD)
		return error_set(error, result,
			"postqueue -j printed \"%.*s\", expected an object "
			"with queue_id, queue_name and recipients",
			line.len > 100 ? 100 : (int)line.len, line.data);
	return result;
}

/* Adds what Postfix's showq(8) finds in one look at its queues. */
static int look(struct queue *queue, const char *directory,
	struct arena *arena, struct error *error)
{
	const char *const arguments[] = { "postqueue", "-c", directory, "-j",
		NULL };
	char *text;
	char *said;
	size_t len = 0;
	int result = run(arguments, &text, &len, &said, error);

	if (result > 0) {
		struct bytes why = last_line(said);

		result = error_set(error, ERR_DOWN,
			"postqueue cannot list the queue: %.*s", (int)why.len,
			why.data);
	} else if (!result) {
		struct bytes rest = { text, len };

		while (!result && rest.len) {
			struct bytes line = bytes_cut(&rest, '\n');

			if (line.len)
				result = read_line(queue, line, arena, error);
		}
	}
	free(text);
	free(said);
	return result;
}

/* By queue ID; of the same message, the entry that was added later is first. */
static int by_id(const void *a, const void *b)
{
	const struct queue_message *one = a;
	const struct queue_message *other = b;
	int order = strcmp(one->id, other->id);

	return order ? order : other->number > one->number ? 1 : -1;
}

static int by_number(const void *a, const void *b)
{
	const struct queue_message *one = a;
	const struct queue_message *other = b;

	return one->number > other->number ? 1 : -1;
}

/* Keeps the last entry of each message, in the order of the list. */
static void unite(struct queue *queue)
{
	struct queue_message *messages = queue->messages;
	size_t kept = 0;

	if (!queue->count)
		return;
	for (size_t i = 0; i < queue->count; i++)
		messages[i].number = i;
	qsort(messages, queue->count, sizeof *messages, by_id);
	for (size_t i = 0; i < queue->count; i++)
		if (!kept || strcmp(messages[i].id, messages[kept - 1].id) != 0)
			messages[kept++] = messages[i];
	queue->count = kept;
	qsort(messages, kept, sizeof *messages, by_number);
}

int queue_list(struct queue *queue, const char *directory, struct arena *arena,
	struct error *error)
{
	int result = 0;

	*queue = (struct queue){ .messages = NULL };
	/* showq(8) looks into active before incoming and deferred, and so it
	 * misses a message that qmgr(8) moves to active meanwhile. */
	for (int i = 0; !result && i < LOOKS; i++)
		result = look(queue, directory, arena, error);
	if (!result)
		unite(queue);
	return result;
}

static int keep_address(
	struct queue_list *list, struct bytes address, struct arena *arena)
{
	const char **longer = array_grow_in(
		arena, list->items, list->count, &list->room, sizeof *longer);
	const char *copy = arena_copy(arena, address.data, address.len);

	if (!longer || !copy)
		return ERR_NOMEM;
	list->items = longer;
	longer[list->count++] = copy;
	return 0;
}

static int keep_original(struct queue_message *message,
	const struct queuefile_line *line, struct arena *arena)
{
	for (size_t i = 0; i < message->count; i++) {
		struct queue_recipient *recipient = &message->recipients[i];

		if (!bytes_equal(bytes_of(recipient->address), line->text))
			continue;
		recipient->listed = true;
		if (!line->original.len)
			continue;
		recipient->original = arena_copy(
			arena, line->original.data, line->original.len);
		if (!recipient->original)
			return ERR_NOMEM;
	}
	return 0;
}

static void mark_given(struct queue_message *message, struct bytes canceled)
{
	for (size_t i = 0; i < message->count; i++) {
		struct queue_recipient *recipient = &message->recipients[i];

		if (recipient->listed ||
			bytes_equal(bytes_of(recipient->address), canceled))
			recipient->given = true;
	}
}

/* To be called when all of the message was read. */
static void mark_alone(struct queue_message *message)
{
	if (!message || !message->canceled.count)
		return; /* nobody asks */
	for (size_t i = 0; i < message->count; i++) {
		struct queue_recipient *recipient = &message->recipients[i];
		size_t same = 0;

		for (size_t k = 0;
			recipient->original && k < message->originals.count;
			k++)
			same += !strcmp(message->originals.items[k],
				recipient->original);
		recipient->alone = same == 1;
	}
}

/* Takes a line with an address. */
static int take_address(struct queue_message *message,
	const struct queuefile_line *line, struct arena *arena)
{
	int result = 0;

	if (line->original.len)
		result = keep_address(
			&message->originals, line->original, arena);
	if (result)
		return result;
	if (line->kind == QUEUEFILE_RECIPIENT)
		return keep_original(message, line, arena);
	if (line->kind == QUEUEFILE_DONE)
		result = keep_address(
			&message->done_originals, line->original, arena);
	if (result)
		return result;
	if (line->kind == QUEUEFILE_DONE)
		return keep_address(&message->done, line->text, arena);
	mark_given(message, line->text);
	return keep_address(&message->canceled, line->text, arena);
}

/* Takes what postcat printed of messages from first on. Returns how many of
 * them it printed, or ERR_NOMEM. */
static int take_envelopes(struct queue *queue, size_t first, size_t count,
	struct bytes text, struct arena *arena)
{
	struct queuefile file = { .rest = text };
	struct queuefile_line line;
	struct queue_message *message = NULL;
	int result = 0;
	int seen = 0;

	while (!result && queuefile_next(&file, &line)) {
		if (line.kind == QUEUEFILE_FILE) {
			mark_alone(message);
			message =
				(size_t)seen < count
					? &queue->messages[first + (size_t)seen]
					: NULL;
			seen++;
			if (message)
				message->gone = !bytes_equal(
					line.text, bytes_of(message->id));
		} else if (message && line.kind == QUEUEFILE_FILTER) {
			/* The last one counts, as for Postfix. */
			message->filter = arena_copy(
				arena, line.text.data, line.text.len);
			result = message->filter ? 0 : ERR_NOMEM;
		} else if (message && line.kind != QUEUEFILE_OTHER) {
			result = take_address(message, &line, arena);
		}
	}
	mark_alone(message);
	return result ? result : seen;
}

/* Reads the envelopes of up to IDS_AT_ONCE messages. Returns how many of them
 * need not be read again, at least one; or an error. */
static int read_envelopes(struct queue *queue, size_t first,
	const char *directory, struct arena *arena, struct error *error)
{
	const char *arguments[IDS_AT_ONCE + 6] = { "postcat", "-c", directory,
		"-eq" };
	size_t count = queue->count - first;
	char *text;
	char *said;
	size_t len = 0;
	int status;
	int seen = 0;

	if (count > IDS_AT_ONCE)
		count = IDS_AT_ONCE;
	for (size_t i = 0; i < count; i++)
		arguments[4 + i] = queue->messages[first + i].id;
	status = run(arguments, &text, &len, &said, error);
	if (status >= 0)
		seen = take_envelopes(queue, first, count,
			(struct bytes){ text, len }, arena);
	if (seen < 0)
		status = no_memory(error);
	/* postcat ends at the first message that left the queue. */
	else if (status > 0 && !strstr(said, "No such file")) {
		struct bytes why = last_line(said);

		status = error_set(error,
			strstr(said, "ermission") ? ERR_PERM : ERR_IO,
			"postcat cannot read the messages in the queue: %.*s; "
			"run this command as root",
			(int)why.len, why.data);
	}
	free(text);
	free(said);
	if (status < 0)
		return status;
	return status && seen < (int)count ? seen + 1 : (int)count;
}

int queue_read(struct queue *queue, const char *directory, struct arena *arena,
	struct error *error)
{
	size_t first = 0;
	int result;

	result = queue_list(queue, directory, arena, error);
	while (!result && first < queue->count) {
		int done =
			read_envelopes(queue, first, directory, arena, error);

		if (done < 0)
			result = done;
		else
			first += (size_t)done;
	}
	return result;
}
