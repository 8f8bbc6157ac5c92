/*
 * reload: loads configuration and map, at the start and at SIGHUP. Tested by
 * tests/e2e/reload.test and daemon.test.
 */
#ifndef READDRESS_MILTER_RELOAD_H
#define READDRESS_MILTER_RELOAD_H

#include "server.h"

/*
 * Opens the map for a start: the generation that was served last, or the newest
 * if none was served. If the one that was served does not exist any more, opens
 * the newest and sets *gone to the number of the other; else sets *gone to 0.
 * Writes nothing.
 *
 * Returns 0 and sets *map, which the caller must map_close(); or returns an
 * error with its text in *error: ERR_CONFIG if there is no map or it is
 * damaged, ERR_IO if it cannot be read now, ERR_PERM, ERR_NOMEM.
 */
int reload_first_map(const struct config *config, struct map **map,
	uint64_t *gone, struct error *error) MUST_CHECK;

/* Opens, verifies and closes the newest map, which SIGHUP would load, and sets
 * *generation. Returns 0 or the errors of reload_first_map(). */
int reload_check_newest(const struct config *config, uint64_t *generation,
	struct error *error) MUST_CHECK;

/*
 * Notes what is served, makes the first snapshot, puts it in force and logs the
 * start. gone is that of reload_first_map(). Must be called when the socket is
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
 * thread. If either is bad, the old snapshot stays in force. Logs, counts and
 * notes the result.
 */
void reload_run(struct server *server);

#endif
