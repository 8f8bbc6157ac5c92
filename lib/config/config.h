/*
 * config: readdress.conf, read with libconfuse. The options, their defaults and
 * their meanings are in readdress.conf(5), and in one table in schema.c.
 */
#ifndef READDRESS_CONFIG_CONFIG_H
#define READDRESS_CONFIG_CONFIG_H

/*
 * The wing config/: readdress.conf. Each option is one row of the table in
 * schema.c, with type, bounds, default and unit. A test compares the manual
 * page and the sample file with that table.
 *
 *   values     the options as the program stores them
 *   confcheck  checks and converts the value of an option
 *   schema     the table of options
 *   prescan    checks the text of the file before libconfuse reads it
 *   endpoint   the address at which the milter listens
 */

#include "base/error.h"
#include "config/values.h"
#include "mail/localpart.h"

/* Returns what is set aside before an address is looked up. The result points
 * into config. */
static inline struct localpart_syntax config_localpart(
	const struct config *config)
{
	return (struct localpart_syntax){ config->delimiter, config->batv };
}

/*
 * Reads and checks the file path. Returns 0; ERR_CONFIG with "path:line: what
 * was found, what was expected" (without a line if none applies); ERR_NOMEM; or
 * ERR_IO when the file could not be read, but a later attempt may succeed (EIO,
 * ESTALE). It uses the lexer of libconfuse, which has global state: only one
 * thread at a time may call it. config_close() frees the configuration.
 */
int config_open(struct config **config, const char *path,
	struct error *error) MUST_CHECK;
void config_close(struct config *config);

/* Makes a configuration with all defaults, without a file, for unit tests and
 * for the check of the manual. Returns 0 or ERR_NOMEM. */
int config_open_defaults(struct config **config) MUST_CHECK;

/* True if the list has the item; the second function ignores the case of ASCII
 * letters, as for header names. */
bool config_list_has(const struct config_list *list, struct bytes item);
bool config_list_has_nocase(const struct config_list *list, struct bytes item);

/* Returns the index of the first item that is equal when the case of ASCII
 * letters is ignored, or list->count if there is none. */
size_t config_list_index_nocase(
	const struct config_list *list, struct bytes item) MUST_CHECK;

/* Returns the name of an option, which is static, or NULL after the last. index
 * counts the options in the order of the manual, from 0. */
const char *config_option_name(size_t index);

#endif
