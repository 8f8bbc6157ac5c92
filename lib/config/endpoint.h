/*
 * endpoint: the address at which a milter listens, as Postfix and as libmilter
 * write it.
 *
 * Tested by tests/unit/config/test_config.c.
 */
#ifndef READDRESS_CONFIG_ENDPOINT_H
#define READDRESS_CONFIG_ENDPOINT_H

#include "base/error.h"

#define ENDPOINT_MAX 300

/*
 * Converts text to the form of libmilter: "unix:/path", "inet:8891@127.0.0.1"
 * or "inet6:8891@::1". text is "unix:/path", "local:/path", "inet:PORT@HOST",
 * "inet6:PORT@HOST", or the form of Postfix, "inet:HOST:PORT". HOST is a name
 * or an address. An IPv6 address needs brackets in "inet:HOST:PORT" and may
 * have them in the other forms. Returns 0, or ERR_BAD with what was expected in
 * error.
 */
int endpoint_parse(const char *text, char out[ENDPOINT_MAX],
	struct error *error) MUST_CHECK;

/* Writes what endpoint_parse() wrote in Postfix's form, as smtpd_milters names
 * it: "unix:/path", "inet:127.0.0.1:8891", "inet:[::1]:8891". */
void endpoint_for_postfix(const char *endpoint, char out[ENDPOINT_MAX]);

#endif
