/*
 * build: makes the next generation, a complete new file, from the newest or an
 * earlier one, and publishes it. Tested by tests/unit/update/test_update.c and
 * test_rollback.c.
 */
#ifndef READDRESS_UPDATE_BUILD_H
#define READDRESS_UPDATE_BUILD_H

#include "map/map.h"
#include "state/state.h"
#include "update/change.h"

struct build {
	const struct map *old; /* NULL: an empty map */
	/* The change of one table of old, which must have been checked. NULL:
	 * the new generation is a copy of old. */
	const struct change *change;
	/* The rows that the changed table will have, and the bytes of their
	 * keys and values: not less than there will be; 0 for a copy. */
	uint64_t rows;
	uint64_t bytes;
	const char *command; /* for the metadata; may be NULL */
	uint64_t origin;     /* likewise: the generation of a rollback, or 0 */
	/* Another host's map, whose rules these are, and the digest that they
	 * must have; NULL: they are of no other host. */
	const struct map_meta *adopted;
	const char *digest;
	/* Called now and then with the number of rows written and of all rows;
	 * may be NULL. */
	void (*progress)(void *context, uint64_t rows, uint64_t of);
	void *context;
};

/*
 * Makes and publishes the next generation. Needs the lock of state. what is the
 * text for the audit log (state_publish()).
 *
 * Returns 0 and sets *generation and digest, that of the rules; or returns a
 * negative error with its text in *error: ERR_NOMEM, ERR_PERM, ERR_IO,
 * ERR_CREATE, or ERR_BAD if the old map is damaged, if the rules have another
 * digest than build->digest, or if state_publish() refuses the new one. On an
 * error the newest generation stays as it is.
 */
int build_publish(struct state *state, const struct build *build,
	const char *what, uint64_t *generation, char digest[DIGEST_LEN + 1],
	struct error *error) MUST_CHECK;

#endif
