/*
 * reload: takes up configuration and map, at the start and at SIGHUP.
 */
#ifndef READDRESS_MILTER_RELOAD_H
#define READDRESS_MILTER_RELOAD_H

#include "server.h"

/*
 * At the start: opens the generation that was served before, or the newest when
 * none was or when it is gone; *gone is then its number, else 0. Nothing is
 * written. ERR_CONFIG when there is no map, or it is bad; ERR_IO when it cannot
 * be read; ERR_PERM, ERR_NOMEM. *map is set on 0 alone; map_close it.
 */
int reload_first_map(const struct config *config, struct map **map,
	uint64_t *gone, struct error *error) MUST_CHECK;

/* What SIGHUP would take up: the newest map, opened, verified and closed again.
 * Errors as reload_first_map. */
int reload_check_newest(const struct config *config, uint64_t *generation,
	struct error *error) MUST_CHECK;

/*
 * At the start, when the socket is open and before the control thread runs:
 * notes what is served, makes the first snapshot, logs the start, and puts the
 * snapshot in force. gone: of reload_first_map. config and map are the
 * snapshot's when it returns 0, else the caller's still. Errors of the state
 * directory, as state.h names them for state_open, state_log_key, state_served
 * and state_note_served: ERR_NOENT, ERR_BAD, ERR_PERM, ERR_CREATE, ERR_IO;
 * ERR_BUSY when another milter serves this state directory; ERR_NOMEM, which
 * may be without text.
 */
int reload_start(struct server *server, struct config *config, struct map *map,
	uint64_t gone, struct error *error) MUST_CHECK;

/*
 * At SIGHUP, in the control thread: configuration and newest map, as one. When
 * either is bad the old snapshot stays. Logs, counts and notes the result.
 */
void reload_run(struct server *server);

#endif
