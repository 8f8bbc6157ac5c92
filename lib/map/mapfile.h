/*
 * mapfile: the databases in the file of a map. Only map.c and mapbuild.c use
 * it. Tested by tests/unit/map/test_map.c.
 */
#ifndef READDRESS_MAP_MAPFILE_H
#define READDRESS_MAP_MAPFILE_H

#include "map/lmdbfile.h"
#include "rules/rule.h"

/* The databases: first the tables, in the order of enum rule_table, and then
 * these. Maps that were made before version 0.2 have no "roles". */
enum {
	MAPFILE_DOMAINS = RULE_TABLES,
	MAPFILE_META,
	MAPFILE_NEEDED,
	MAPFILE_ROLES = MAPFILE_NEEDED,
	MAPFILE_DATABASES
};

/* The only key of "meta"; mapmeta.h describes its record. */
#define MAPFILE_META_KEY "meta"

/* The names of the databases; NULL ends the list. */
extern const char *const mapfile_names[MAPFILE_DATABASES + 1];

#endif
