#include "mta/waiting.h"

#include <time.h>

#include "base/clock.h"
#include "postconf.h"
#include "queue.h"
#include "setup/localmail.h"

#define FREE_MS	   60000 /* what is being delivered is waited for */
#define PAUSE_NANO 300000000L
#define QUIET	   3 /* looks in a row that find nothing */
#define ARENA_MAX  ((size_t)1 << 30)

/* True if the domain of the address is a target of an inbound rule. */
static int is_target(struct map_reader *reader, const char *address)
{
	const char *at = strrchr(address, '@');
	char key[ADDRESS_KEY_MAX];
	unsigned roles = 0;
	int len;
	int result;

	if (!at)
		return 0;
	len = address_domain_key(at + 1, strlen(at + 1), key);
	if (len < 0)
		return len == ERR_NOMEM ? len : 0;
	result = map_domain_roles(
		reader, (struct bytes){ key, (size_t)len }, &roles);
	return result ? result : (roles & MAP_ROLE_TARGET) != 0;
}

/* Counts the recipients of a message in domains of targets. */
static int count_in(struct map_reader *reader,
	const struct queue_message *message, size_t *count)
{
	int result = 0;

	for (size_t i = 0; result >= 0 && i < message->count; i++) {
		result = is_target(reader, message->recipients[i].address);
		*count += result > 0;
	}
	return result < 0 ? result : 0;
}

int waiting_count_targets(const struct instance *instance,
	const struct tool *tool, size_t *count, struct error *error)
{
	struct arena *arena;
	struct map_reader *reader = NULL;
	struct queue queue = { .count = 0 };
	int result;

	*count = 0;
	/* Without its programs there is no list, and nothing is sent. */
	if (!tool->map || !postconf_master(instance->expanded))
		return 0;
	arena = arena_open(ARENA_MAX);
	if (!arena)
		return error_set(error, ERR_NOMEM, "out of memory");
	result = queue_list(&queue, instance->directory, arena, error);
	if (!result) {
		result = map_reader_open(&reader, tool->map);
		for (size_t i = 0; !result && i < queue.count; i++)
			result = count_in(reader, &queue.messages[i], count);
		map_reader_close(reader);
		if (result)
			error_set(error, result, "the map cannot be read");
	}
	arena_close(arena);
	return result;
}

static bool waits_for_us(const struct queue_message *message)
{
	static const char front[] = LOCALMAIL_CLIENT ":";

	return !message->gone && message->filter &&
	       !strncmp(message->filter, front, strlen(front));
}

/* Puts the message into the queue again. */
static int free_message(
	const struct instance *instance, const char *id, struct error *error)
{
	const char *const arguments[] = { "postsuper", "-c",
		instance->directory, "-r", id, NULL };

	return postconf_call(arguments, NULL, error);
}

/* Puts what is deferred, and waits for us, into the queue again, and counts it
 * in *freed; counts in *left what is on its way. */
static int free_deferred(const struct instance *instance, size_t *freed,
	size_t *left, struct error *error)
{
	struct arena *arena = arena_open(ARENA_MAX);
	struct queue queue = { .count = 0 };
	int result =
		arena ? queue_read(&queue, instance->directory, arena, error)
		      : error_set(error, ERR_NOMEM, "out of memory");

	*left = 0;
	for (size_t i = 0; !result && i < queue.count; i++) {
		const struct queue_message *message = &queue.messages[i];

		/* What is on hold is the administrator's. */
		if (!waits_for_us(message) || !strcmp(message->queue, "hold"))
			continue;
		if (strcmp(message->queue, "deferred") != 0) {
			(*left)++;
			continue;
		}
		result = free_message(instance, message->id, error);
		*freed += !result;
	}
	arena_close(arena);
	return result;
}

int waiting_free_local(const struct instance *instance, size_t *freed,
	size_t *left, struct error *error)
{
	uint64_t until = clock_ms() + FREE_MS;
	struct timespec pause = { 0, PAUSE_NANO };
	int quiet = 0;
	int result = 0;

	*freed = 0;
	/* What is active now finds no such service, and is then deferred. */
	while (!result && quiet < QUIET && clock_ms() < until) {
		size_t before = *freed;

		result = free_deferred(instance, freed, left, error);
		quiet = *left || *freed != before ? 0 : quiet + 1;
		if (!result && quiet < QUIET)
			(void)nanosleep(&pause, NULL);
	}
	return result;
}
