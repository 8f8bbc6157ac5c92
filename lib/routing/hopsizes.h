/*
 * hopsizes: how large a message the next hops of target domains take (SIZE, RFC
 * 1870), as `readdress probe` noted it last. `readdress doctor` compares
 * message_size_limit with it.
 *
 * The file in the state directory has a line for each next hop, its fields
 * separated by one space:
 *
 *   NEXT-HOP DOMAIN BYTES TIME
 *   [mx.new.example]:25 new.example 36700160 1795273740
 *
 * BYTES is above 0: a next hop without a limit is not noted. TIME is in seconds
 * since 1970.
 */
#ifndef READDRESS_ROUTING_HOPSIZES_H
#define READDRESS_ROUTING_HOPSIZES_H

#include "base/arena.h"
#include "base/error.h"

#define HOPSIZES_FILE "sizes"

/* Next hops that are kept, at most. */
#define HOPSIZES_MAX 1000

/* How long a next hop is remembered that is not asked again. */
#define HOPSIZES_KEEP_SECONDS INT64_C(7776000) /* 90 days */

struct hopsize {
	struct bytes nexthop; /* as Postfix writes it, without a space */
	struct bytes domain;  /* one whose mail goes there */
	uint64_t bytes;
	int64_t time; /* seconds since 1970: when the next hop said so */
};

/* In no order. The texts live as long as the arena. */
struct hopsizes {
	struct hopsize *list; /* NULL if count is 0 */
	size_t count;
	size_t room;
};

/*
 * Adds one to sizes, or replaces what was known of its next hop; bytes 0 takes
 * it out. Of more than HOPSIZES_MAX the smallest goes. The texts are not
 * copied. Returns 0; ERR_NOMEM; or ERR_BAD if a text is empty, or has a space
 * or a control character in it.
 */
int hopsizes_put(struct arena *arena, struct hopsizes *sizes,
	const struct hopsize *one) MUST_CHECK;

/* Returns the one with the most bytes; NULL: there is none. sizes may be
 * NULL. */
const struct hopsize *hopsizes_largest(const struct hopsizes *sizes);

/*
 * hopsizes_parse() sets *sizes to what the text of a file says that messages
 * call shown, without what is too old at the time now; the texts live as long
 * as text. Returns 0, ERR_BAD, with the line, or ERR_NOMEM. hopsizes_format()
 * sets *text, which the caller must free(), and returns 0 or ERR_NOMEM.
 */
int hopsizes_parse(struct bytes text, const char *shown, int64_t now,
	struct arena *arena, struct hopsizes *sizes,
	struct error *error) MUST_CHECK;
int hopsizes_format(
	const struct hopsizes *sizes, char **text, size_t *len) MUST_CHECK;

/*
 * Reads the file in state_dir, without what is too old at the time now. No file
 * is an empty one. Sets *sizes. Returns 0; ERR_BAD, with the line, if the file
 * is damaged, too long or no regular file; ERR_PERM; ERR_IO; ERR_NOMEM.
 */
int hopsizes_read(const char *state_dir, int64_t now, struct arena *arena,
	struct hopsizes *sizes, struct error *error) MUST_CHECK;

/* Replaces the file atomically, with the mode 0640 and the group of state_dir.
 * Returns 0; ERR_PERM; ERR_IO; ERR_NOMEM; ERR_NOENT if there is no state_dir;
 * or ERR_CREATE. */
int hopsizes_write(const char *state_dir, const struct hopsizes *sizes,
	struct error *error) MUST_CHECK;

#endif
