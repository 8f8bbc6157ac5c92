#include "approve/approve.h"

#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"

/* Finds the highest generation with the digest. Damaged ones are passed over;
 * the newest may be damaged, too. */
static int find(struct state *state, const char *digest, uint64_t *generation,
	struct error *error)
{
	uint64_t *list = NULL;
	size_t count = 0;
	int result = state_generations(state, &list, &count, error);

	*generation = 0;
	while (!result && count-- && !*generation) {
		struct error cause = { .text = "" };
		struct map *map = NULL;

		result = state_open_generation(
			state, list[count], false, &map, &cause);
		if (!result &&
			digest_begins(map_meta(map)->digest, bytes_of(digest)))
			*generation = list[count];
		map_close(map);
		if (result == ERR_BAD || result == ERR_FOREIGN ||
			result == ERR_NOENT)
			result = 0;
		else if (result)
			result = error_pass(error, result, &cause);
	}
	free(list);
	if (!result && !*generation)
		return error_set(error, ERR_NOENT,
			"no generation is kept whose rules have the digest %s; "
			"`readdress history` lists them",
			digest);
	return result;
}

/* Verifies the generation, and sets *made to its number and digest. */
static int verify(struct state *state, uint64_t generation, const char *digest,
	struct approval *made, struct error *error)
{
	struct map *map = NULL;
	int result =
		state_open_generation(state, generation, true, &map, error);

	if (result)
		return result;
	made->generation = generation;
	memcpy(made->digest, map_meta(map)->digest, sizeof made->digest);
	map_close(map);
	if (digest && !digest_begins(made->digest, bytes_of(digest)))
		return error_set(error, ERR_BAD,
			"generation %" PRIu64 " has the digest %s, expected "
			"%s; nothing was approved",
			generation, made->digest, digest);
	return 0;
}

static int refuse_second(const struct approval *first, struct error *error)
{
	char when[CLOCK_TEXT_MAX];

	clock_text(first->at, when);
	return error_set(error, ERR_BAD,
		"generation %" PRIu64 " is approved already, for %s; cancel "
		"this first with `readdress reload --cancel`",
		first->generation, when);
}

int approve_make(struct state *state, const struct approve *approve,
	struct approval *made, struct error *error)
{
	struct approval before;
	uint64_t generation = approve->generation;
	int lock;
	int result = approval_lock(state, &lock, error);

	if (result)
		return result;
	result = approval_read(state, &before, error);
	if (result == 1)
		result = before.at > approve->now
				 ? refuse_second(&before, error)
				 : 0;
	if (!result && !generation)
		result = find(state, approve->digest, &generation, error);
	if (!result)
		result =
			verify(state, generation, approve->digest, made, error);
	if (!result) {
		made->at = approve->at;
		result = approval_write(state, made, error);
	}
	close(lock);
	return result;
}

int approve_cancel(struct state *state, int64_t now, struct approval *was,
	struct error *error)
{
	char when[CLOCK_TEXT_MAX];
	int lock;
	int result = approval_lock(state, &lock, error);

	if (result)
		return result;
	result = approval_read(state, was, error);
	if (!result) {
		result = error_set(error, ERR_NOTFOUND,
			"nothing is approved, so there is nothing to cancel");
	} else if (result == 1 && was->at <= now) {
		clock_text(was->at, when);
		result = error_set(error, ERR_NOTFOUND,
			"it is too late to cancel: generation %" PRIu64
			" is to be served since %s; approve another one with "
			"`readdress reload --generation N`",
			was->generation, when);
	} else if (result == 1) {
		result = approval_remove(state, error);
		if (result > 0)
			result = 0;
	}
	close(lock);
	return result;
}

int approve_end(struct state *state, bool *removed, struct error *error)
{
	int lock;
	int result = approval_lock(state, &lock, error);

	*removed = false;
	if (result)
		return result;
	result = approval_remove(state, error);
	*removed = result > 0;
	close(lock);
	return result < 0 ? result : 0;
}
