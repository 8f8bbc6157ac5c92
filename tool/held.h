/*
 * held: how long the target domains that routes holds have been held, by the
 * generations that are kept. Tested by tests/e2e/doctor.test.
 */
#ifndef READDRESS_TOOL_HELD_H
#define READDRESS_TOOL_HELD_H

#include "base/arena.h"
#include "diagnosis/diagnosis.h"
#include "tool.h"

/*
 * Lists the domains that tool->map holds. Each has been held since the oldest
 * of the generations that hold it, back from the newest one without a gap. Mail
 * in the queue may be that old. *held lives in the arena. Generations that
 * cannot be read end the search. Returns 0; ERR_NOMEM; or an error of
 * map_walk_next().
 */
int held_find(const struct tool *tool, struct arena *arena,
	struct diagnosis_held **held, size_t *count,
	struct error *error) MUST_CHECK;

#endif
