/*
 * mapmeta: the metadata record of a map, and the same as text, a line for each
 * field in this order: "version N", "generation N", "time SECONDS", "user
 * TEXT", "command TEXT", only where there is one "origin N", and for each table
 * "rows TABLE N N N N N", in the order of rule_kind.
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
	/* The earlier generation whose rules a rollback gave to this one; 0: it
	 * was made otherwise. */
	uint64_t origin;
	uint64_t rows[RULE_TABLES][RULE_KINDS];
};

#define MAPMETA_MAX 1024

/* Control octets in user and command become "?". Returns the length. */
size_t mapmeta_format(const struct map_meta *meta, char text[MAPMETA_MAX]);

/* Returns 0, or ERR_BAD when the text is anything but what mapmeta_format
 * writes for this MAP_VERSION. */
int mapmeta_parse(struct bytes text, struct map_meta *meta) MUST_CHECK;

#endif
