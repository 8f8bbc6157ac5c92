#include "resolver/resolver.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "resolver/packet.h"
#include "resolver/wire.h"

#define SERVERS_MAX  4
#define SILENT_LIMIT 2	   /* questions without an answer in a row */
#define GRACE_MILLI  20000 /* since a server answered anything */
#define BUCKETS	     8192u
#define REMEMBER_MAX ((size_t)256 << 20)
#define NAME_SERVERS "/etc/resolv.conf"

struct remembered {
	struct remembered *next;
	const char *key; /* "SERVER TYPE NAME" */
	struct reply answer;
};

/* How a server behaved. */
struct behaviour {
	struct behaviour *next;
	const char *name;
	unsigned silent;   /* questions in a row without an answer */
	uint64_t answered; /* when it answered last, by clock_ms(); 0: never */
};

struct resolver {
	struct wire_server servers[SERVERS_MAX];
	size_t count;
	bool only;
	pthread_mutex_t mutex; /* of what follows */
	struct arena *arena;
	struct remembered *buckets[BUCKETS];
	struct behaviour *behaviours;
};

/* One question on its way. */
struct inquiry {
	struct resolver *resolver;
	struct arena *arena;
	struct packet_question question;
	struct reply *answer;
	char next[REPLY_NAME_MAX]; /* where a chain of CNAMEs leads out of the
				      answer; "" if it does not */
	char name[REPLY_NAME_MAX]; /* the end of the chain, which is asked for
				    */
};

/* Reads the lines "nameserver ADDRESS" (resolv.conf(5)). */
static int read_name_servers(struct resolver *resolver, struct error *error)
{
	char *line = NULL;
	size_t size = 0;
	FILE *file = fopen(NAME_SERVERS, "re");

	if (!file)
		return error_set(error, ERR_NOENT,
			"cannot read " NAME_SERVERS
			"; use --server ADDRESS to name a name server");
	while (resolver->count < SERVERS_MAX &&
		getline(&line, &size, file) > 0) {
		struct bytes text = bytes_trim(bytes_of(line), BYTES_FWS);
		char address[WIRE_NAME_MAX] = "";

		if (!bytes_take(&text, "nameserver"))
			continue;
		text = bytes_trim(text, BYTES_FWS);
		if (text.len && text.len < sizeof address)
			memcpy(address, text.data, text.len);
		if (!wire_server(
			    &resolver->servers[resolver->count], address, NULL))
			resolver->count++;
	}
	free(line);
	(void)fclose(file);
	if (!resolver->count)
		return error_set(error, ERR_NOENT,
			NAME_SERVERS " names no name server; use --server "
				     "ADDRESS to name one");
	return 0;
}

int resolver_open(
	struct resolver **resolver, const char *only, struct error *error)
{
	struct resolver *made = calloc(1, sizeof *made);
	int result;

	if (!made)
		return error_set(error, ERR_NOMEM, "out of memory");
	made->arena = arena_open(REMEMBER_MAX);
	if (!made->arena || pthread_mutex_init(&made->mutex, NULL)) {
		arena_close(made->arena);
		free(made);
		return error_set(error, ERR_NOMEM, "out of memory");
	}
	made->only = only != NULL;
	if (only) {
		result = wire_server(&made->servers[0], only, error);
		made->count = 1;
	} else {
		result = read_name_servers(made, error);
	}
	if (result)
		resolver_close(made);
	else
		*resolver = made;
	return result;
}

void resolver_close(struct resolver *resolver)
{
	if (!resolver)
		return;
	(void)pthread_mutex_destroy(&resolver->mutex);
	arena_close(resolver->arena);
	free(resolver);
}

static size_t bucket_of(const char *key)
{
	uint32_t hash = 2166136261u; /* FNV-1a */

	for (; *key; key++)
		hash = (hash ^ (unsigned char)*key) * 16777619u;
	return hash % BUCKETS;
}

/* Copies an answer. Returns 0, or ERR_NOMEM. */
static int copy_answer(
	struct arena *arena, const struct reply *from, struct reply *to)
{
	*to = *from;
	if (from->failure) {
		to->failure =
			arena_copy(arena, from->failure, strlen(from->failure));
		if (!to->failure)
			return ERR_NOMEM;
	}
	to->records = arena_array(arena, from->count, sizeof *to->records);
	if (!to->records)
		return ERR_NOMEM;
	for (size_t i = 0; i < from->count; i++) {
		struct reply_record *record = &to->records[i];

		*record = from->records[i];
		record->data.data =
			arena_copy(arena, record->data.data, record->data.len);
		if (!record->data.data)
			return ERR_NOMEM;
	}
	return 0;
}

/* Returns 1 and the answer if it is remembered; 0; or ERR_NOMEM. */
static int recall(struct resolver *resolver, struct arena *arena,
	const char *key, struct reply *answer)
{
	const struct remembered *entry;
	int result = 0;

	(void)pthread_mutex_lock(&resolver->mutex);
	entry = resolver->buckets[bucket_of(key)];
	while (entry && strcmp(entry->key, key) != 0)
		entry = entry->next;
	if (entry)
		result = copy_answer(arena, &entry->answer, answer);
	(void)pthread_mutex_unlock(&resolver->mutex);
	return result ? result : entry != NULL;
}

/* What finds no room is asked for again. */
static void remember(
	struct resolver *resolver, const char *key, const struct reply *answer)
{
	struct remembered **bucket = &resolver->buckets[bucket_of(key)];
	struct remembered *entry;

	(void)pthread_mutex_lock(&resolver->mutex);
	entry = arena_alloc(resolver->arena, sizeof *entry);
	if (entry) {
		entry->key = arena_copy(resolver->arena, key, strlen(key));
		entry->next = *bucket;
		if (entry->key &&
			!copy_answer(resolver->arena, answer, &entry->answer))
			*bucket = entry;
	}
	(void)pthread_mutex_unlock(&resolver->mutex);
}

/* Notes whether a server answered; answered < 0 notes nothing. Returns whether
 * it is worth while to ask it: it has not left several questions in a row
 * without an answer, or it answered another one not long ago. */
static bool note_behaviour(
	struct resolver *resolver, const char *name, int answered)
{
	struct behaviour *entry;
	uint64_t now = clock_ms();
	bool worth = true;

	(void)pthread_mutex_lock(&resolver->mutex);
	entry = resolver->behaviours;
	while (entry && strcmp(entry->name, name) != 0)
		entry = entry->next;
	if (!entry && answered >= 0 &&
		(entry = arena_alloc(resolver->arena, sizeof *entry))) {
		*entry = (struct behaviour){ resolver->behaviours,
			arena_copy(resolver->arena, name, strlen(name)), 0, 0 };
		if (entry->name)
			resolver->behaviours = entry;
	}
	if (entry && answered >= 0)
		entry->silent = answered ? 0 : entry->silent + 1;
	if (entry && answered > 0)
		entry->answered = now;
	if (entry && entry->silent >= SILENT_LIMIT)
		worth = entry->answered && now - entry->answered < GRACE_MILLI;
	(void)pthread_mutex_unlock(&resolver->mutex);
	return worth;
}

static int unknown(struct inquiry *inquiry, const char *server, const char *why)
{
	size_t size = strlen(server) + strlen(why) + 3;
	char *text = arena_bytes(inquiry->arena, size);

	if (!text)
		return ERR_NOMEM;
	(void)snprintf(text, size, "%s%s%s", server, *server ? ": " : "", why);
	*inquiry->answer =
		(struct reply){ .kind = REPLY_UNKNOWN, .failure = text };
	return 0;
}

/* Takes a packet that came. Returns 1 if it is an answer; 0 if it is none, with
 * the reason in the answer; ERR_NOMEM. */
static int take_packet(struct inquiry *inquiry, const char *server,
	struct bytes packet, bool *retry)
{
	bool alias = inquiry->answer->alias;
	char why[PACKET_WHY_MAX];
	int result = packet_read(inquiry->arena, &inquiry->question, packet,
		inquiry->answer, inquiry->next, why, retry);

	if (!result)
		return unknown(inquiry, server, why);
	inquiry->answer->alias = inquiry->answer->alias || alias;
	return result;
}

/* Asks one server. Returns 1, 0 or ERR_NOMEM, as take_packet(). */
static int ask_server(struct inquiry *inquiry, const struct wire_server *server)
{
	struct error why = { .text = "" };
	uint8_t *reply = NULL;
	bool retry = true;
	int result = 0;

	if (!note_behaviour(inquiry->resolver, server->name, -1))
		return unknown(inquiry, server->name,
			"timed out, as several questions before");
	reply = malloc(WIRE_PACKET_MAX);
	if (!reply)
		return ERR_NOMEM;
	for (int edns = 1; !result && retry && edns >= 0; edns--) {
		size_t size = 0;
		size_t got = 0;
		uint8_t *wire = packet_make(&inquiry->question, edns, &size);
		struct bytes sent = { (const char *)wire, size };
		int failed;

		if (!wire) {
			result = unknown(
				inquiry, "", "the name cannot be asked for");
			break;
		}
		failed = wire_ask(server, sent, reply, &got, &why);
		free(wire);
		(void)note_behaviour(inquiry->resolver, server->name, !failed);
		if (failed) {
			result = unknown(inquiry, server->name, why.text);
			inquiry->answer->unreachable = failed == ERR_NOTFOUND;
			break;
		}
		result = take_packet(inquiry, server->name,
			(struct bytes){ (const char *)reply, got }, &retry);
	}
	free(reply);
	return result;
}

/* Asks all servers until one answers. */
static int ask_any(struct inquiry *inquiry)
{
	const struct resolver *resolver = inquiry->resolver;
	int result = 0;

	for (size_t i = 0; !result && i < resolver->count; i++)
		result = ask_server(inquiry, &resolver->servers[i]);
	return result < 0 ? result : 0;
}

static int ask_one(struct inquiry *inquiry, const char *address)
{
	struct wire_server server;
	int result;

	if (wire_server(&server, address, NULL))
		return unknown(inquiry, address, "is no address of a server");
	result = ask_server(inquiry, &server);
	if (result == 1 && !inquiry->answer->authoritative)
		return unknown(inquiry, server.name,
			"does not serve the zone (no authoritative answer)");
	return result < 0 ? result : 0;
}

/* Follows a chain of CNAMEs whose end is in no answer so far. */
static int follow(struct inquiry *inquiry)
{
	unsigned links = 0;
	int result = 0;

	while (!result && inquiry->next[0]) {
		if (links++ >= PACKET_LINKS)
			return unknown(inquiry, "",
				"the CNAME records are a loop, or too many");
		memcpy(inquiry->name, inquiry->next, sizeof inquiry->name);
		inquiry->next[0] = '\0';
		inquiry->question.name = inquiry->name;
		inquiry->question.recursive = true;
		result = ask_any(inquiry);
	}
	return result;
}

/* True if the name has neither an empty label nor one that is too long. ldns
 * would refuse it anyway, but some of its versions do so loudly. */
static bool can_be_asked(const char *name)
{
	size_t label = 0;

	for (const char *c = name; *c; c++) {
		if (*c == '.' && !label)
			return false;
		label = *c == '.' ? 0 : label + 1;
	}
	return *name && strlen(name) < 4 * 255;
}

int resolver_ask(void *context, struct arena *arena, const char *server,
	const char *name, enum reply_type type, struct reply *answer)
{
	struct resolver *resolver = context;
	struct inquiry inquiry = { .resolver = resolver,
		.arena = arena,
		.question = { name, type, resolver->only || !server },
		.answer = answer };
	char key[REPLY_NAME_MAX + WIRE_NAME_MAX + 16];
	int result;

	*answer = (struct reply){ .kind = REPLY_UNKNOWN };
	if (!can_be_asked(name))
		return unknown(&inquiry, "", "the name cannot be asked for");
	(void)snprintf(key, sizeof key, "%s %d %s",
		resolver->only || !server ? "" : server, (int)type, name);
	result = recall(resolver, arena, key, answer);
	if (result)
		return result < 0 ? result : 0;
	result = server && !resolver->only ? ask_one(&inquiry, server)
					   : ask_any(&inquiry);
	if (!result)
		result = follow(&inquiry);
	if (!result)
		remember(resolver, key, answer);
	return result;
}
