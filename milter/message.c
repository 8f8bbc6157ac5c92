#include "message.h"

#include <limits.h>
#include <stdlib.h>

#include "base/array.h"
#include "decide/direction.h"

static const char no_address[] = "the MTA sent a command without its address";

struct message_name {
	struct bytes name;
	int count;
};

static bool takes(const struct message *message)
{
	return message->snapshot && !message->failed;
}

const char *message_no_memory(const struct message *message, bool *too_large)
{
	*too_large = message->account.answer == BUDGET_TOO_LARGE;
	if (*too_large)
		return "the message needs more than a quarter of memory_max";
	return message->account.answer == BUDGET_EXHAUSTED
		       ? "all messages together need more than memory_max"
		       : "out of memory";
}

static void fail_memory(struct message *message)
{
	message->failed = message_no_memory(message, &message->too_large);
}

/* Gives back the memory of a message that has failed. */
static void give_back(struct message *message)
{
	if (!message->failed || !message->arena)
		return;
	arena_reset(message->arena);
	message->mail = (struct decide_message){ .sender = NULL };
	message->instances = NULL;
	message->names = NULL;
	message->recipient_room = message->header_room = 0;
	message->name_count = message->name_room = 0;
}

/* Makes room for one more item in an array of the arena. Returns NULL, and sets
 * failed, if memory is exhausted. */
static void *grow(struct message *message, void *items, size_t count,
	size_t *room, size_t size)
{
	void *grown = array_grow_in(message->arena, items, count, room, size);

	if (!grown)
		fail_memory(message);
	return grown;
}

static char *keep(struct message *message, const char *text)
{
	char *copy = arena_copy(message->arena, text, strlen(text));

	if (!copy)
		fail_memory(message);
	return copy;
}

/* Returns the value of "KEYWORD=value", or NULL. The case of keywords makes no
 * difference (RFC 5321, 4.1.1.11). */
static const char *parameter(char **arguments, const char *keyword)
{
	size_t len = strlen(keyword);

	for (; *arguments; arguments++) {
		if (!strncasecmp(*arguments, keyword, len) &&
			(*arguments)[len] == '=')
			return *arguments + len + 1;
	}
	return NULL;
}

static bool flag(char **arguments, const char *keyword)
{
	for (; *arguments; arguments++) {
		if (!strcasecmp(*arguments, keyword))
			return true;
	}
	return false;
}

void message_reset(struct message *message)
{
	struct arena *arena = message->arena;

	snapshot_drop(message->snapshot);
	if (arena)
		arena_reset(arena);
	*message =
		(struct message){ .account = message->account, .arena = arena };
	/* The answer to the last message does not concern the next one. */
	message->account.answer = BUDGET_GRANTED;
}

void message_free(struct message *message)
{
	message_reset(message);
	arena_close(message->arena);
	message->arena = NULL;
}

void message_begin(struct message *message, struct snapshot *snapshot,
	const struct decide_client *client, char **arguments,
	const char *resolved)
{
	message_reset(message);
	message->snapshot = snapshot;
	message->direction =
		direction_find(snapshot->config, client, &message->why);
	if (!message->arena)
		message->arena =
			arena_open_account(SIZE_MAX, &message->account);
	if (!message->arena) {
		fail_memory(message);
		return;
	}
	if (!arguments || !arguments[0]) {
		message->failed = no_address;
		return;
	}
	if (client->address)
		message->mail.client = keep(message, client->address);
	if (client->daemon_name)
		message->mail.daemon = keep(message, client->daemon_name);
	message->mail.sender = keep(message, arguments[0]);
	if (resolved)
		message->mail.sender_resolved = keep(message, resolved);
	message->mail.smtputf8 = flag(arguments + 1, "SMTPUTF8");
	if (client->host && direction_is_local(client)) {
		message->mta.user = snapshot->mta_user;
		message->mta.host = keep(message, client->host);
		message->mail.mta = &message->mta;
	}
	give_back(message);
}

static void take_recipient(
	struct message *message, char **arguments, const char *resolved)
{
	struct decide_recipient recipient = { 0 };
	const char *notify;
	const char *orcpt;
	void *items;

	if (!takes(message))
		return;
	if (!arguments || !arguments[0]) {
		message->failed = no_address;
		return;
	}
	recipient.address = keep(message, arguments[0]);
	if (resolved)
		recipient.resolved = keep(message, resolved);
	notify = parameter(arguments + 1, "NOTIFY");
	if (notify)
		recipient.notify = keep(message, notify);
	orcpt = parameter(arguments + 1, "ORCPT");
	if (orcpt)
		recipient.orcpt = keep(message, orcpt);
	items = grow(message, message->mail.recipients,
		message->mail.recipient_count, &message->recipient_room,
		sizeof recipient);
	if (!items)
		return;
	message->mail.recipients = items;
	message->mail.recipients[message->mail.recipient_count++] = recipient;
}

void message_recipient(
	struct message *message, char **arguments, const char *resolved)
{
	take_recipient(message, arguments, resolved);
	give_back(message);
}

/* Counts a header of this name. Returns how many there are now, or 0 with
 * failed set. Sets name->data to a copy in the arena, which is shared by names
 * that are spelt alike: Postfix writes a changed header with the name that the
 * milter gives. */
static int count_name(struct message *message, struct bytes *name)
{
	struct message_name *names;

	/* There are few names: those that the configuration lists. */
	for (size_t i = 0; i < message->name_count; i++) {
		struct message_name *known = &message->names[i];

		if (!bytes_equal_nocase(known->name, *name))
			continue;
		if (known->count == INT_MAX) {
			fail_memory(message);
			return 0;
		}
		if (bytes_equal(known->name, *name))
			*name = known->name;
		else
			name->data = keep(message, name->data);
		return message->failed ? 0 : ++known->count;
	}
	names = grow(message, message->names, message->name_count,
		&message->name_room, sizeof *names);
	if (!names)
		return 0;
	message->names = names;
	name->data = keep(message, name->data);
	if (message->failed)
		return 0;
	names[message->name_count++] = (struct message_name){ *name, 1 };
	return 1;
}

/* True if decide() needs this header. It needs the topmost Received headers,
 * which tell whether the message was decided before. */
static bool wants(
	struct message *message, struct bytes name, struct bytes value)
{
	bool again = message->mail.mta &&
		     (message->received == RECEIVED_NONE ||
			     message->received == RECEIVED_AGAIN) &&
		     bytes_equal_nocase(name, bytes_of("Received"));

	if (again)
		(void)received_next(
			&message->received, &message->mta, name, value);
	return again || direction_wants_header(message->snapshot->config,
				message->direction, message->why, name);
}

static void take_header(
	struct message *message, const char *name, const char *value)
{
	struct decide_header header = {
		.name = bytes_of(name),
		.value = bytes_of(value),
	};
	size_t room = message->header_room;
	void *headers;
	void *instances;
	int instance;

	if (!takes(message) || !wants(message, header.name, header.value))
		return;
	header.value.data = keep(message, value);
	if (message->failed)
		return;
	instance = count_name(message, &header.name);
	if (!instance)
		return;
	headers = grow(message, message->mail.headers,
		message->mail.header_count, &room, sizeof header);
	instances =
		grow(message, message->instances, message->mail.header_count,
			&message->header_room, sizeof instance);
	if (!headers || !instances)
		return;
	message->mail.headers = headers;
	message->instances = instances;
	message->mail.headers[message->mail.header_count] = header;
	message->instances[message->mail.header_count] = instance;
	message->mail.header_count++;
}

void message_header(
	struct message *message, const char *name, const char *value)
{
	take_header(message, name, value);
	give_back(message);
}
