/*
 * confcheck: libconfuse callbacks that check and convert the values of
 * readdress.conf. Each returns 0, or -1 after cfg_error with the name of the
 * option, what was found and what was expected.
 */
#ifndef READDRESS_CONFIG_CONFCHECK_H
#define READDRESS_CONFIG_CONFCHECK_H

#include <confuse.h>

#include "base/bytes.h"

/* Validating callbacks: the option's last value is looked at. That of
 * confcheck_text keeps the line as the option's comment. */
int confcheck_text(cfg_t *cfg, cfg_opt_t *option);
int confcheck_outbound(cfg_t *cfg, cfg_opt_t *option);
int confcheck_path(cfg_t *cfg, cfg_opt_t *option);
int confcheck_socket(cfg_t *cfg, cfg_opt_t *option);
int confcheck_delimiter(cfg_t *cfg, cfg_opt_t *option);
int confcheck_header(cfg_t *cfg, cfg_opt_t *option);
int confcheck_network(cfg_t *cfg, cfg_opt_t *option);
int confcheck_required(cfg_t *cfg, cfg_opt_t *option);
int confcheck_batv(cfg_t *cfg, cfg_opt_t *option);

/*
 * What parsing callbacks call for one value of the option, with what its row of
 * the table says: the bounds, the unit for the message ("seconds"), the words.
 * *result becomes the number, for a word its index, for a flag 0 or 1.
 */
int confcheck_number(cfg_t *cfg, const cfg_opt_t *option, const char *value,
	long min, long max, const char *unit, long *result);
int confcheck_mode(cfg_t *cfg, const cfg_opt_t *option, const char *value,
	long min, long max, long *result); /* in octal digits */
int confcheck_word(cfg_t *cfg, const cfg_opt_t *option, const char *value,
	const char *const *words, long *result); /* NULL behind the last */
int confcheck_flag(
	cfg_t *cfg, const cfg_opt_t *option, const char *value, int *result);

/* LOCALPART_PRVS, LOCALPART_BTV1; 0: the name is neither's. */
unsigned confcheck_batv_bit(const char *name);

/* Cuts "Name: value" in two, white space around both removed. False when that
 * leaves no field name (RFC 5322 section 3.6.8) or no value. */
bool confcheck_split_header(
	const char *text, struct bytes *name, struct bytes *value);

#endif
