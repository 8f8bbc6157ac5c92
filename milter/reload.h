/*
 * reload: loads configuration and map, at the start and at SIGHUP. Tested by
 * tests/e2e/reload.test and daemon.test.
 */
#ifndef READDRESS_MILTER_RELOAD_H
#define READDRESS_MILTER_RELOAD_H

#include "server.h"
#include "state/state.h"

/*
 * Notes what is served, makes the first snapshot, puts it in force and logs the
 * start. gone is that of firstmap_open(). Must be called when the socket is
 * open and before the control thread runs. The snapshot owns config and map if
 * this returns 0; else the caller does.
 *
 * Returns 0; or, with its text in *error, ERR_BUSY if another milter serves
 * this state directory, or an error of the state directory: ERR_NOENT, ERR_BAD,
 * ERR_PERM, ERR_CREATE, ERR_IO; or ERR_NOMEM, which may have no text.
 */
int reload_start(struct server *server, struct config *config, struct map *map,
	uint64_t gone, struct error *error) MUST_CHECK;

/*
 * Loads configuration and newest map together, at SIGHUP, in the control
 * thread. If either is bad, the old snapshot stays in force. While something is
 * approved (approved.h), the map stays, and the configuration alone is loaded.
 * Logs, counts and notes the result.
 */
void reload_run(struct server *server);

/*
 * Puts the approved map in force, with the configuration of old, which is the
 * snapshot in force; at is the time from which on it is approved. Notes, counts
 * and logs it. The snapshot owns map if this returns 0; else the caller does,
 * and the old one stays in force. Returns 0, ERR_NOMEM, or an error of
 * state_note_served(), with its text in *error. For the control thread only.
 */
int reload_switch(struct server *server, struct state *state,
	struct snapshot *old, struct map *map, int64_t at,
	struct error *error) MUST_CHECK;

/* Logs, counts and notes that old stays in force for this reason. state may be
 * NULL. */
void reload_failed(struct server *server, struct state *state,
	const struct snapshot *old, const char *reason);

#endif
