/*
 * firstmap: finds the map with which the milter starts. Tested by
 * tests/e2e/daemon.test, generations.test and approval.test.
 */
#ifndef READDRESS_MILTER_FIRSTMAP_H
#define READDRESS_MILTER_FIRSTMAP_H

#include "approved.h"
#include "config/config.h"
#include "map/map.h"

/*
 * Opens the map for a start: the generation that is approved, if the approval
 * is due; otherwise the one that was served last, or the newest if none was
 * served. If the approved one cannot be served, opens the one that was served
 * last; switchover.h logs this later. If that one does not exist any more,
 * opens the newest and sets *gone to the number of the other; else sets *gone
 * to 0. Writes nothing.
 *
 * Returns 0 and sets *map, which the caller must map_close(); or returns an
 * error with its text in *error: ERR_CONFIG if there is no map or it is
 * damaged, or if the approved one cannot be served and there is no other that
 * was; ERR_IO if it cannot be read now, ERR_PERM, ERR_NOMEM.
 */
int firstmap_open(const struct config *config, struct map **map, uint64_t *gone,
	struct error *error) MUST_CHECK;

/* Opens, verifies and closes the newest map, which SIGHUP would load, and sets
 * *generation. Returns 0 or the errors of firstmap_open(). */
int firstmap_check_newest(const struct config *config, uint64_t *generation,
	struct error *error) MUST_CHECK;

/* True if something is approved, or it cannot be read what. Writes what to
 * text. */
bool firstmap_approval(const struct config *config, char text[APPROVED_WHY]);

#endif
