/*
 * mapfile: the databases of a map's file. For map.c and mapbuild.c alone.
 */
#ifndef READDRESS_MAP_MAPFILE_H
#define READDRESS_MAP_MAPFILE_H

#include "map/lmdbfile.h"
#include "rules/rule.h"

/* The databases: the tables, in the order of enum rule_table, and these. Maps
 * that were made before 0.2 have no "roles". */
enum {
	MAPFILE_DOMAINS = RULE_TABLES,
	MAPFILE_META,
	MAPFILE_NEEDED,
	MAPFILE_ROLES = MAPFILE_NEEDED,
	MAPFILE_DATABASES
};

/* The one record of "meta": see mapmeta.h. */
#define MAPFILE_META_KEY "meta"

/* Their names, NULL behind the last. */
extern const char *const mapfile_names[MAPFILE_DATABASES + 1];

#endif
