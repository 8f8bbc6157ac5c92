/*
 * confcheck: libconfuse callbacks that check and convert the values of
 * readdress.conf. Each returns 0, or -1 after cfg_error with the name of the
 * option, what was found and what was expected.
 */
#ifndef READDRESS_CONFCHECK_H
#define READDRESS_CONFCHECK_H

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

/* Parsing callbacks: result is a long *, for the flag an int *. */
int confcheck_parse_mode(
	cfg_t *cfg, cfg_opt_t *option, const char *value, void *result);
int confcheck_parse_timeout(
	cfg_t *cfg, cfg_opt_t *option, const char *value, void *result);
int confcheck_parse_memory(
	cfg_t *cfg, cfg_opt_t *option, const char *value, void *result);
int confcheck_parse_table_mode(
	cfg_t *cfg, cfg_opt_t *option, const char *value, void *result);
int confcheck_parse_rewrite(
	cfg_t *cfg, cfg_opt_t *option, const char *value, void *result);
int confcheck_parse_log_target(
	cfg_t *cfg, cfg_opt_t *option, const char *value, void *result);
int confcheck_parse_log_level(
	cfg_t *cfg, cfg_opt_t *option, const char *value, void *result);
int confcheck_parse_flag(
	cfg_t *cfg, cfg_opt_t *option, const char *value, void *result);

/* LOCALPART_PRVS, LOCALPART_BTV1; 0: the name is neither's. */
unsigned confcheck_batv_bit(const char *name);

/* Cuts "Name: value" in two, white space around both removed. False when that
 * leaves no field name (RFC 5322 section 3.6.8) or no value. */
bool confcheck_split_header(
	const char *text, struct bytes *name, struct bytes *value);

#endif
