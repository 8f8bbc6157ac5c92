/*
 * schema: the table of the options of readdress.conf, one row for each, and the
 * libconfuse parser that is made from it.
 *
 * Tested by tests/unit/config/test_config.c and tests/e2e/manual.test.
 */
#ifndef READDRESS_CONFIG_SCHEMA_H
#define READDRESS_CONFIG_SCHEMA_H

#include <confuse.h>
#include <stddef.h>
#include <stdint.h>

enum schema_type {
	SCHEMA_TEXT,   /* a char * */
	SCHEMA_LIST,   /* a struct config_list */
	SCHEMA_FLAG,   /* a bool */
	SCHEMA_NUMBER, /* an integer, in decimal digits */
	SCHEMA_MODE,   /* an integer, in octal digits */
	SCHEMA_WORD    /* an enum, whose values are the indices of words */
};

/* One row of the table: everything about an option. */
struct schema_option {
	const char *name;
	size_t offset; /* in struct config; or SCHEMA_OWN if the option has its
			  own code in config.c */
	enum schema_type type;
	char *text;  /* the default of TEXT and LIST, as libconfuse reads it;
			nobody writes to it */
	long number; /* the default of all other types */
	cfg_validate_callback_t check; /* of TEXT and LIST */
	const char *const *words;      /* of WORD; NULL ends the list */
	long min;		       /* of NUMBER and MODE */
	long max;
	const char *unit; /* of NUMBER: "seconds" */
};

#define SCHEMA_OWN SIZE_MAX

/* Returns a row of the table, or NULL after the last. index counts the rows in
 * the order of the manual, from 0. */
const struct schema_option *schema_option(size_t index);

/* Returns a parser with all options and their defaults, or NULL when out of
 * memory. The caller calls cfg_free(). */
cfg_t *schema_open(void);

#endif
