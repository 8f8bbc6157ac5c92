/*
 * relay: the names and addresses of this host, for `readdress dns`, unless the
 * options --host and --address give them. Tested by tests/e2e/dns.test.
 */
#ifndef READDRESS_TOOL_OUTSIDE_RELAY_H
#define READDRESS_TOOL_OUTSIDE_RELAY_H

#include "dns/survey.h"
#include "options.h"

/*
 * Finds them. The name is that of the host, or if that has no domain, the one
 * that fallback() returns (NULL: there is none). The addresses are those of its
 * interfaces, without loopback and link-local ones; if some are public, those
 * alone. Texts live in arena, or as long as options. Returns 0, ERR_NOMEM, or
 * ERR_IO.
 */
int relay_find(struct survey_relay *relay, struct arena *arena,
	const struct options *options, const char *(*fallback)(void *context),
	void *context, struct error *error) MUST_CHECK;

#endif
