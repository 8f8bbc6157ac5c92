#include "switchover.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "base/clock.h"
#include "reload.h"
#include "server.h"

#define AHEAD	 60    /* seconds */
#define AGAIN_MS 10000 /* between two tries */

static bool is_lasting(int result)
{
	return result == ERR_BAD || result == ERR_NOENT ||
	       result == ERR_FOREIGN;
}

/* Logs and counts a failure, unless it is the last one again. */
static void tell(struct server *server, struct state *state,
	const struct snapshot *current, const struct error *error)
{
	struct approved *approved = &server->approved;
	const char *text = error->text[0] ? error->text : "out of memory";
	char why[ERROR_TEXT_MAX];

	atomic_store(&server->metrics.approval_failed, true);
	if (!strcmp(approved->told, text))
		return;
	(void)snprintf(approved->told, sizeof approved->told, "%s", text);
	if (approved->known && !approved->unread)
		(void)snprintf(why, sizeof why,
			"the approved generation %" PRIu64 " cannot be "
			"served: %.900s",
			approved->approval.generation, text);
	else
		(void)snprintf(why, sizeof why,
			"it cannot be read what is approved: %.900s", text);
	reload_failed(server, state, current, why);
}

/* Forgets what was known of the last approval. */
static void forget(struct server *server)
{
	struct approved *approved = &server->approved;

	map_close(approved->next);
	*approved = (struct approved){ .stands = false };
	atomic_store(&server->metrics.approved_generation, 0);
	atomic_store(&server->metrics.approved_time, 0);
	atomic_store(&server->metrics.approval_failed, false);
}

static void note_new(struct server *server, const struct log *log,
	const struct approval *approval)
{
	struct approved *approved = &server->approved;
	char when[CLOCK_TEXT_MAX];

	forget(server);
	approved->stands = approved->known = true;
	approved->approval = *approval;
	atomic_store(
		&server->metrics.approved_generation, approval->generation);
	atomic_store(&server->metrics.approved_time, approval->at);
	clock_text(approval->at, when);
	log_line(log, LOG_LEVEL_INFO,
		"approval: generation %" PRIu64 ", digest %s, is approved for "
		"%s",
		approval->generation, approval->digest, when);
}

/* Reads what is approved. Returns true if it is known, and anything is. */
static bool read_it(struct server *server, struct state *state,
	const struct snapshot *current)
{
	struct approved *approved = &server->approved;
	struct error error = { .text = "" };
	struct approval approval;
	int result = approval_read(state, &approval, &error);

	if (result >= 0 && approved->unread) {
		approved->unread = false;
		approved->told[0] = '\0';
		atomic_store(&server->metrics.approval_failed, false);
	}
	if (result == 1) {
		if (!approved->known ||
			!approval_equal(&approval, &approved->approval))
			note_new(server, &current->log, &approval);
		return true;
	}
	if (!result) {
		if (approved->stands)
			forget(server);
		return false;
	}
	/* Something may be approved, so nothing else may go in force. */
	if (approved->known)
		forget(server);
	approved->stands = approved->unread = true;
	tell(server, state, current, &error);
	return false;
}

/* Opens and verifies the approved map, if it is time. Returns true if it is
 * ready. */
static bool get_ready(struct server *server, struct state *state,
	const struct snapshot *current)
{
	struct approved *approved = &server->approved;
	const struct approval *approval = &approved->approval;
	struct error error = { .text = "" };
	int result;

	if (approved->next)
		return true;
	if (approved->refused || clock_ms() < approved->again ||
		approval->at - AHEAD > (int64_t)time(NULL))
		return false;
	result = state_open_generation(
		state, approval->generation, true, &approved->next, &error);
	if (!result && !approval_is_for(approval, map_meta(approved->next))) {
		result = error_set(&error, ERR_BAD,
			"it has the digest %s, but the approved one is %s",
			map_meta(approved->next)->digest, approval->digest);
		map_close(approved->next);
		approved->next = NULL;
	}
	if (!result)
		return true;
	approved->refused = is_lasting(result);
	approved->again = clock_ms() + AGAIN_MS;
	tell(server, state, current, &error);
	return false;
}

/* Puts the approved map in force. Returns false if it could not. */
static bool put_in_force(
	struct server *server, struct state *state, struct snapshot *current)
{
	struct approved *approved = &server->approved;
	struct error error = { .text = "" };

	if (reload_switch(server, state, current, approved->next,
		    approved->approval.at, &error) < 0) {
		approved->again = clock_ms() + AGAIN_MS;
		tell(server, state, current, &error);
		return false;
	}
	approved->next = NULL; /* it is the snapshot's */
	return true;
}

bool switchover_look(struct server *server)
{
	struct approved *approved = &server->approved;
	struct snapshot *current = snapshot_get(&server->current);
	struct error error = { .text = "" };
	struct state *state = NULL;
	uint64_t before = atomic_load(&server->metrics.approved_generation);
	bool failed = atomic_load(&server->metrics.approval_failed);
	bool changed = false;

	if (state_open(&state, current->config, false, &error) < 0) {
		approved->unread = true;
		tell(server, NULL, current, &error);
		goto out;
	}
	if (!read_it(server, state, current))
		goto out;
	if (approval_is_for(&approved->approval, map_meta(current->map))) {
		map_close(approved->next);
		approved->next = NULL;
		approved->told[0] = '\0';
		atomic_store(&server->metrics.approval_failed, false);
		goto out;
	}
	/* Verifying may take a while, in which it may be cancelled. */
	if (!approved->next && (!get_ready(server, state, current) ||
				       !read_it(server, state, current)))
		goto out;
	if (approved->next && clock_ms() >= approved->again &&
		approved->approval.at <= (int64_t)time(NULL))
		changed = put_in_force(server, state, current);
	if (changed) {
		approved->told[0] = '\0';
		atomic_store(&server->metrics.approval_failed, false);
	}
out:
	state_close(state);
	snapshot_drop(current);
	return changed ||
	       before != atomic_load(&server->metrics.approved_generation) ||
	       failed != atomic_load(&server->metrics.approval_failed);
}
