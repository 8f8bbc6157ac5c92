/*
 * casemap: the rules of tests/cases as a map, for unit tests and fuzz targets.
 * Whatever fails is written to standard error and aborts the program.
 */
#ifndef READDRESS_CASEMAP_H
#define READDRESS_CASEMAP_H

#include "map/map.h"

/* Writes both to standard error and aborts the program. */
void casemap_die(const char *what, const char *why);

/* Returns a map, generation 1, of the rules in inbound.csv and outbound.csv of
 * the directory; a map without rules if dir is NULL. The caller closes it. No
 * file of it is left. */
struct map *casemap_open(const char *dir);

#endif
