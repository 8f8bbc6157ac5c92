/*
 * config: readdress.conf, read with libconfuse. Options, defaults and meanings
 * stand in readdress.conf(5) and in the one table in schema.c.
 */
#ifndef READDRESS_CONFIG_CONFIG_H
#define READDRESS_CONFIG_CONFIG_H

/*
 * The wing config/: readdress.conf. Each option is one row of the table in
 * schema.c, with type, bounds, default and unit. A test holds the manual page
 * and the sample file to that table.
 *
 *   values     the options as the program holds them
 *   confcheck  checks and converts the value of an option
 *   schema     the table of options
 *   prescan    the text of the file before libconfuse reads it
 *   endpoint   the address that the milter listens on
 */

#include "base/error.h"
#include "config/values.h"
#include "mail/localpart.h"

/* What is set aside before an address is looked up; points into config. */
static inline struct localpart_syntax config_localpart(
	const struct config *config)
{
	return (struct localpart_syntax){ config->delimiter, config->batv };
}

/*
 * Reads and checks path. Every failure is ERR_CONFIG with "path:line: what was
 * found, what was expected" (line where there is one), ERR_NOMEM, or ERR_IO
 * where the file could not be read now and may be later (EIO, ESTALE). Uses
 * libconfuse's lexer, which is global: one thread at a time. config_close
 * frees.
 */
int config_open(struct config **config, const char *path,
	struct error *error) MUST_CHECK;
void config_close(struct config *config);

/* All defaults, without a file: for unit tests and for the manual's check. 0 or
 * ERR_NOMEM. */
int config_open_defaults(struct config **config) MUST_CHECK;

bool config_list_has(const struct config_list *list, struct bytes item);
/* As above; ASCII case is ignored: header names. */
bool config_list_has_nocase(const struct config_list *list, struct bytes item);

/* The name of an option, static: index counts them in the manual's order, from
 * 0. NULL behind the last. */
const char *config_option_name(size_t index);

#endif
