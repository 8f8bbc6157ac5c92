/*
 * testmap: a map and a configuration for one test, from text. Every failure
 * here fails the test.
 *
 * Rules are lines "in SOURCE;TARGET", "out SOURCE;TARGET", "routes ...", in any
 * order. The last ";" of a line separates the two. A rule that rule_make()
 * refuses fails the test; UTF-8 local parts are allowed.
 */
#ifndef READDRESS_TESTMAP_H
#define READDRESS_TESTMAP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

/* What their tests need as well. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "config/config.h"
#include "map/map.h"
#include "rules/rule.h"
#include "rules/ruletarget.h"

#define TESTMAP_ROWS 4096

/* Returns a map of these rules, generation 12. The caller closes it. */
struct map *testmap_open(const char *text);

/* Does what testmap_open() does, and then writes new over old, which is as
 * long, in each value that holds it: an earlier version, which accepted more,
 * may have stored such rows. */
struct map *testmap_open_with(
	const char *text, const char *old, const char *new);

/* Returns a map of these rules that is kept until the next call with other
 * rules, for many messages by the same rules. The caller must not close it. */
struct map *testmap_keep(const char *text);

/* Returns the configuration that a readdress.conf with this text gives; NULL or
 * "" gives the defaults. The caller closes it. */
struct config *testmap_config(const char *text);

#endif
