#include "firstmap.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "base/clock.h"
#include "state/approval.h"
#include "state/state.h"

/* Adds what to do about a map that was good once and is damaged now. */
static void add_advice(struct error *error)
{
	error_append(error,
		". `readdress rollback` goes back to the last good generation; "
		"if another generation is the newest already, remove this file "
		"and start again");
}

/* Opens the generation that is approved and due. Returns 0; 1 if there is none,
 * or if its time has not come; or an error. *approval has generation 0 if
 * nothing is approved. */
static int open_approved(struct state *state, struct approval *approval,
	struct map **map, struct error *error)
{
	struct map *found = NULL;
	int result = approval_read(state, approval, error);

	if (result <= 0)
		approval->generation = 0;
	if (result < 0)
		return result;
	if (!result || approval->at > (int64_t)time(NULL))
		return 1;
	result = state_open_generation(
		state, approval->generation, true, &found, error);
	if (!result && !approval_is_for(approval, map_meta(found)))
		result = error_set(error, ERR_BAD,
			"generation %" PRIu64 " has the digest %s, but the "
			"approved one is %s",
			approval->generation, map_meta(found)->digest,
			approval->digest);
	if (result)
		map_close(found);
	else
		*map = found;
	return result;
}

/* True if the failure says that the approved map is not there, and not that it
 * cannot be read now. */
static bool is_lasting(int result)
{
	return result == ERR_BAD || result == ERR_NOENT ||
	       result == ERR_FOREIGN;
}

/* Opens the generation that was served last. Sets *served to its number; 0:
 * there was none. Returns ERR_NOENT if there was none, or if it is gone. */
static int open_served(struct state *state, uint64_t *served, struct map **map,
	struct error *error)
{
	uint64_t previous = 0;
	int result = state_served(state, served, &previous, error);

	if (result < 0)
		return result;
	result = ERR_NOENT;
	if (*served)
		result =
			state_open_generation(state, *served, true, map, error);
	if (*served && result == ERR_BAD)
		add_advice(error);
	return result;
}

static int open_newest(
	struct state *state, struct map **map, struct error *error)
{
	int result = state_open_newest(state, true, map, error);

	if (result == ERR_NOENT)
		(void)error_set(error, result,
			"there is no map in %s: run `readdress init`",
			state_dir(state));
	return result;
}

/* What to do if something is approved, and nothing may be served. */
static int refuse(const struct approval *approval, uint64_t gone,
	const char *cause, struct error *error)
{
	char served[64] = "no other one was served";
	char text[CLOCK_TEXT_MAX];

	if (gone)
		(void)snprintf(served, sizeof served,
			"generation %" PRIu64 ", which was served last, is "
			"gone",
			gone);
	clock_text(approval->at, text);
	return error_set(error, ERR_BAD,
		"what is approved cannot be served%s%.400s, and %s. Mail waits "
		"until something else is approved: `readdress history` lists "
		"what is kept, `readdress reload --generation N` approves one "
		"of it, `readdress reload --newest` ends the approval; then "
		"start the milter again",
		*cause ? ": " : " before ", *cause ? cause : text, served);
}

int firstmap_open(const struct config *config, struct map **map, uint64_t *gone,
	struct error *error)
{
	struct error cause = { .text = "" };
	struct approval approval = { .generation = 0 };
	struct state *state = NULL;
	uint64_t served = 0;
	int approved = 1;
	int result;

	*gone = 0;
	result = state_open(&state, config, false, error);
	if (result < 0)
		goto out;
	approved = open_approved(state, &approval, map, &cause);
	if (!approved)
		goto out;
	if (approved < 0 && !is_lasting(approved)) {
		result = error_pass(error, approved, &cause);
		goto out;
	}
	result = open_served(state, &served, map, error);
	/* The newest may be an edit that nobody has approved. */
	if (result == ERR_NOENT &&
		(approved < 0 || (approval.generation && served)))
		result = refuse(&approval, served, cause.text, error);
	else if (result == ERR_NOENT)
		result = open_newest(state, map, error);
	else
		served = 0;
	*gone = served;
out:
	state_close(state);
	return result;
}

int firstmap_check_newest(
	const struct config *config, uint64_t *generation, struct error *error)
{
	struct state *state = NULL;
	struct map *map = NULL;
	int result = state_open(&state, config, false, error);

	if (!result)
		result = state_open_newest(state, true, &map, error);
	if (!result) {
		*generation = map_meta(map)->generation;
		map_close(map);
	}
	state_close(state);
	return result;
}

bool firstmap_approval(const struct config *config, char text[APPROVED_WHY])
{
	struct approved approved = { .stands = true };
	struct state *state = NULL;

	if (!state_open(&state, config, false, NULL)) {
		int result = approval_read(state, &approved.approval, NULL);

		approved.stands = result != 0;
		approved.known = result == 1;
	}
	state_close(state);
	return approved_stands(&approved, text);
}
