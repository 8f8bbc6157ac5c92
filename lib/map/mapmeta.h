/*
 * mapmeta: the metadata record of a map, as a struct and as text. The text has
 * a line for each field, in this order: "version N", "generation N", "time
 * SECONDS", "user TEXT", "command TEXT"; "origin N", only if there is an
 * origin; "adopted GENERATION SECONDS HOST", only if the rules were adopted;
 * for each table "rows TABLE N N N N N", in the order of enum rule_kind; and
 * then "host NAME" and "digest HEX". Version 1, which was made before version
 * 0.2 of readdress, has none of "adopted", "host" and "digest".
 *
 * Tested by tests/unit/map/test_map.c.
 */
#ifndef READDRESS_MAP_MAPMETA_H
#define READDRESS_MAP_MAPMETA_H

#include <stdint.h>

#include "base/error.h"
#include "map/digest.h"
#include "rules/rule.h"

#define MAP_VERSION	  2 /* what is written */
#define MAP_VERSION_FIRST 1 /* the oldest that is read */

#define MAP_HOST_MAX 128

struct map_meta {
	uint32_t version;
	uint64_t generation;
	int64_t time; /* seconds since 1970, UTC */
	char user[128];
	char command[256];
	/* The earlier generation whose rules a rollback gave to this one; 0 if
	 * it was made in another way. */
	uint64_t origin;
	/* Where the rules were adopted from: the host that built that map, and
	 * its generation and time. generation 0: they were not adopted. */
	struct {
		char host[MAP_HOST_MAX];
		uint64_t generation;
		int64_t time;
	} adopted;
	uint64_t rows[RULE_TABLES][RULE_KINDS];
	char host[MAP_HOST_MAX];     /* that built the map; "-": not known */
	char digest[DIGEST_LEN + 1]; /* of the rules, or DIGEST_NONE */
};

#define MAPMETA_MAX 2048

/* Writes the text, as meta->version says. Control characters in user and
 * command become "?", and those and spaces in host; an empty host becomes "-".
 * Returns the length. */
size_t mapmeta_format(const struct map_meta *meta, char text[MAPMETA_MAX]);

/* Reads the text. Returns 0; or ERR_BAD when mapmeta_format() would not have
 * written it, or it is of a version that is not read. */
int mapmeta_parse(struct bytes text, struct map_meta *meta) MUST_CHECK;

#endif
