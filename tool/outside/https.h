/*
 * https: fetches a document by HTTPS, with libcurl: the policy of MTA-STS (RFC
 * 8461 section 3.3). Tested by tests/e2e/dns.test.
 */
#ifndef READDRESS_TOOL_OUTSIDE_HTTPS_H
#define READDRESS_TOOL_OUTSIDE_HTTPS_H

#include "dns/survey.h"

/* Must be called once, while there is one thread, before https_fetch(). Returns
 * false if it fails. */
bool https_begin(void);
void https_end(void);

/*
 * The fetch() of a survey; several threads may call it. Connects to port 443 of
 * one of the addresses and looks up no name. The certificate must be valid for
 * host; the environment variable SSL_CERT_FILE names the authorities to trust
 * in place of the system's. Follows no redirection, uses no proxy, waits 10 s
 * at most, and takes at most 64 KB. Returns 0 or ERR_NOMEM.
 */
int https_fetch(void *context, struct arena *arena, const char *host,
	const char *path, const struct reply *addresses,
	struct survey_document *document) MUST_CHECK;

#endif
