/*
 * confcheck: callbacks for libconfuse that check and convert the values of
 * readdress.conf. Each returns 0; or -1 after cfg_error() with the name of the
 * option, what was found and what was expected.
 *
 * Tested by tests/unit/config/test_config.c.
 */
#ifndef READDRESS_CONFIG_CONFCHECK_H
#define READDRESS_CONFIG_CONFCHECK_H

#include <confuse.h>

#include "base/bytes.h"

/* Validating callbacks. Each checks the last value of the option.
 * confcheck_text() and confcheck_lookup_socket() also store the line number as
 * the comment of the option. */
int confcheck_text(cfg_t *cfg, cfg_opt_t *option);
int confcheck_outbound(cfg_t *cfg, cfg_opt_t *option);
int confcheck_path(cfg_t *cfg, cfg_opt_t *option);
int confcheck_socket(cfg_t *cfg, cfg_opt_t *option);
int confcheck_lookup_socket(cfg_t *cfg, cfg_opt_t *option);
int confcheck_delimiter(cfg_t *cfg, cfg_opt_t *option);
int confcheck_header(cfg_t *cfg, cfg_opt_t *option);
int confcheck_network(cfg_t *cfg, cfg_opt_t *option);
int confcheck_required(cfg_t *cfg, cfg_opt_t *option);
int confcheck_batv(cfg_t *cfg, cfg_opt_t *option);

/*
 * Parsing callbacks call these for one value of the option, with what the row
 * of the option in schema.c says: the bounds, the unit for the message
 * ("seconds"), or the words, which end with NULL. *result becomes the number,
 * the index of the word, or 0 or 1 for a flag. A mode is written in octal
 * digits.
 */
int confcheck_number(cfg_t *cfg, const cfg_opt_t *option, const char *value,
	long min, long max, const char *unit, long *result);
int confcheck_mode(cfg_t *cfg, const cfg_opt_t *option, const char *value,
	long min, long max, long *result);
int confcheck_word(cfg_t *cfg, const cfg_opt_t *option, const char *value,
	const char *const *words, long *result);
int confcheck_flag(
	cfg_t *cfg, const cfg_opt_t *option, const char *value, int *result);

/* Checks two options together, after the file was read: that socket and
 * lookup_socket are not the same. */
int confcheck_two_sockets(cfg_t *cfg);

/* Returns LOCALPART_PRVS or LOCALPART_BTV1 for its name, or 0 for any other
 * name. */
unsigned confcheck_batv_bit(const char *name);

/* Splits "Name: value" and strips the white space around both. Returns false if
 * there is no field name (RFC 5322 section 3.6.8) or no value. */
bool confcheck_split_header(
	const char *text, struct bytes *name, struct bytes *value);

#endif
