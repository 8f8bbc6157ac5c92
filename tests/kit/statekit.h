/*
 * statekit: what the tests of state/ and update/ share: a state directory in a
 * kit, changes as the tool makes them, and what is in the directory then. Every
 * failure here fails the test.
 */
#ifndef READDRESS_STATEKIT_H
#define READDRESS_STATEKIT_H

#include "kit/mapkit.h"

#include <dirent.h>

#include "state/state.h"
#include "state/statedir.h"

#define KIT_TEXT 8192

/* Returns the kit's state directory, which is made if it is missing. The caller
 * closes it. */
struct state *kit_state(struct kit *kit);

/* Returns the newest generation's map. The caller closes it. */
struct map *kit_newest_map(struct kit *kit);

/* Returns the newest generation's number. */
uint64_t kit_newest(struct kit *kit);

/* Returns the change that `load inbound users.csv` makes of these rows, which
 * must outlive it. */
struct change kit_load(const struct row *rows, size_t count);

/* Opens the state directory, applies the change and closes it: what the tool
 * does for each command. Returns what state_open() or update_apply() returned;
 * the text is in kit->error. */
int kit_apply(struct kit *kit, const struct change *change,
	struct change_result *result);

/* Writes "key value\n" for each row of the newest generation's table. */
void kit_table(struct kit *kit, enum rule_table table, char text[KIT_TEXT]);

/* Fails the test unless kit_table() writes this text. */
void kit_assert_table(
	struct kit *kit, enum rule_table table, const char *expected);

/*
 * Writes a line for each file and directory in the state directory: path, mode,
 * owner, size and a hash of the content. If changed is true, a line also has
 * the inode and the time of the last change, so that it differs for a file that
 * was written again with the same content.
 */
void kit_files(struct kit *kit, bool changed, char text[KIT_TEXT]);

#endif
