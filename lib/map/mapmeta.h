/*
 * mapmeta: the metadata record of a map, as a struct and as text. The text has
 * a line for each field, in this order: "version N", "generation N", "time
 * SECONDS", "user TEXT", "command TEXT"; "origin N", only if there is an
 * origin; and for each table "rows TABLE N N N N N", in the order of enum
 * rule_kind.
 *
 * Tested by tests/unit/map/test_map.c.
 */
#ifndef READDRESS_MAP_MAPMETA_H
#define READDRESS_MAP_MAPMETA_H

#include <stdint.h>

#include "base/error.h"
#include "rules/rule.h"

#define MAP_VERSION 1

struct map_meta {
	uint32_t version;
	uint64_t generation;
	int64_t time; /* seconds since 1970, UTC */
	char user[128];
	char command[256];
	/* The earlier generation whose rules a rollback gave to this one; 0 if
	 * it was made in another way. */
	uint64_t origin;
	uint64_t rows[RULE_TABLES][RULE_KINDS];
};

#define MAPMETA_MAX 1024

/* Writes the text. Control characters in user and command become "?". Returns
 * the length. */
size_t mapmeta_format(const struct map_meta *meta, char text[MAPMETA_MAX]);

/* Reads the text. Returns 0; or ERR_BAD when mapmeta_format() would not have
 * written it, or it is of another MAP_VERSION. */
int mapmeta_parse(struct bytes text, struct map_meta *meta) MUST_CHECK;

#endif
