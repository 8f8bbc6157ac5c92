#include "proofs.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "decide/proof.h"
#include "signals.h"

static size_t count_of(const struct snapshot *snapshot)
{
	return snapshot->config->outbound_required_count;
}

void proofs_start(
	struct proofs *proofs, struct snapshot *snapshot, struct state *state)
{
	size_t count = count_of(snapshot);
	bool *seen = calloc(count + 1, sizeof *seen);
	struct error error = { .text = "" };

	if (!seen)
		(void)error_set(&error, ERR_NOMEM, "out of memory");
	else
		(void)(state_proofs(state, snapshot->config, seen, &error) < 0);
	if (error.text[0])
		log_line(&snapshot->log, LOG_LEVEL_ERROR,
			"%s; none of outbound_required_headers counts as seen "
			"until it is seen again",
			error.text);
	for (size_t i = 0; seen && i < count; i++)
		atomic_store(&snapshot->seen[i], seen[i]);
	free(seen);
	atomic_store(&proofs->changed, true);
}

void proofs_reload(struct proofs *proofs, const struct snapshot *old,
	struct snapshot *next)
{
	for (size_t n = 0; n < count_of(next); n++)
		for (size_t o = 0; o < count_of(old); o++)
			if (atomic_load(&old->seen[o]) &&
				proof_is_same(
					&next->config->outbound_required[n],
					&old->config->outbound_required[o]))
				atomic_store(&next->seen[n], true);
	atomic_store(&proofs->changed, true);
}

const bool *proofs_seen(const struct snapshot *snapshot, struct arena *arena)
{
	size_t count = count_of(snapshot);
	bool *seen = arena_array(arena, count, sizeof *seen);

	for (size_t i = 0; seen && i < count; i++)
		seen[i] = atomic_load(&snapshot->seen[i]);
	return seen;
}

void proofs_note(
	struct proofs *proofs, struct snapshot *snapshot, const bool *right)
{
	bool new = false;

	for (size_t i = 0; i < count_of(snapshot); i++)
		if (right[i] && !atomic_load(&snapshot->seen[i]))
			new |= !atomic_exchange(&snapshot->seen[i], true);
	if (!new)
		return;
	atomic_store(&proofs->changed, true);
	(void)kill(getpid(), SIGNALS_WAKE);
}

static int keep(const struct snapshot *snapshot, struct error *error)
{
	size_t count = count_of(snapshot);
	struct state *state = NULL;
	bool *seen = calloc(count + 1, sizeof *seen);
	int result;

	if (!seen)
		return error_set(error, ERR_NOMEM, "out of memory");
	for (size_t i = 0; i < count; i++)
		seen[i] = atomic_load(&snapshot->seen[i]);
	result = state_open(&state, snapshot->config, false, error);
	if (!result)
		result =
			state_note_proofs(state, snapshot->config, seen, error);
	state_close(state);
	free(seen);
	return result;
}

void proofs_keep(struct proofs *proofs, const struct snapshot *snapshot)
{
	struct error error = { .text = "" };
	bool failed;

	/* This is cleared before the flags are read, so that a flag which a
	 * message sets in the meantime is written by the next call. */
	if (!atomic_exchange(&proofs->changed, false))
		return;
	failed = keep(snapshot, &error) < 0;
	if (failed)
		atomic_store(&proofs->changed, true);
	if (failed && !proofs->failed)
		log_line(&snapshot->log, LOG_LEVEL_ERROR,
			"cannot note which of outbound_required_headers were "
			"seen: %s",
			error.text);
	proofs->failed = failed;
}
