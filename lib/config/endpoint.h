/*
 * endpoint: where a milter listens, in Postfix's and in libmilter's way of
 * writing it.
 */
#ifndef READDRESS_CONFIG_ENDPOINT_H
#define READDRESS_CONFIG_ENDPOINT_H

#include "base/error.h"

#define ENDPOINT_MAX 300

/*
 * text: "unix:/path", "local:/path", "inet:PORT@HOST", "inet6:PORT@HOST", or
 * Postfix's "inet:HOST:PORT". HOST is a name or an address, an IPv6 one with or
 * without [] where PORT stands in front, with them where it stands behind.
 * Writes libmilter's form: "unix:/path", "inet:8891@127.0.0.1",
 * "inet6:8891@::1". Returns 0, or ERR_BAD with what was expected in error.
 */
int endpoint_parse(const char *text, char out[ENDPOINT_MAX],
	struct error *error) MUST_CHECK;

/* Writes what endpoint_parse() wrote in Postfix's form, as smtpd_milters names
 * it: "unix:/path", "inet:127.0.0.1:8891", "inet:[::1]:8891". */
void endpoint_for_postfix(const char *endpoint, char out[ENDPOINT_MAX]);

#endif
