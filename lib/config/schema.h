/*
 * schema: the one table of the options of readdress.conf, a row for each, and
 * the parser of libconfuse that is made of it.
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

/* One row of the table: all that is to be known of an option. */
struct schema_option {
	const char *name;
	size_t offset; /* in struct config; SCHEMA_OWN: it has code of its own
			*/
	enum schema_type type;
	char *text;  /* default of TEXT and LIST, as libconfuse reads it;
			it is not written to */
	long number; /* default of all others */
	cfg_validate_callback_t check; /* of TEXT and LIST */
	const char *const *words;      /* of WORD; NULL behind the last */
	long min;		       /* of NUMBER and MODE */
	long max;
	const char *unit; /* of NUMBER: "seconds" */
};

#define SCHEMA_OWN SIZE_MAX

/* The rows in the manual's order, counted from 0; NULL behind the last. */
const struct schema_option *schema_option(size_t index);

/* A parser with all options and their defaults. cfg_free() it; NULL when out of
 * memory. */
cfg_t *schema_open(void);

#endif
