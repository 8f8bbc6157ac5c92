/*
 * certificates: the certificates of this host's Postfix, to compare them with
 * TLSA records (RFC 6698). Tested by tests/e2e/dns.test.
 */
#ifndef READDRESS_TOOL_OUTSIDE_CERTIFICATES_H
#define READDRESS_TOOL_OUTSIDE_CERTIFICATES_H

#include "base/error.h"
#include "postfix/postfix.h"

struct certificates;

/* Reads the files that smtpd_tls_chain_files, smtpd_tls_cert_file and their
 * like name. What cannot be read is left out. Returns NULL when out of memory.
 */
struct certificates *certificates_open(const struct postfix *postfix);
void certificates_close(struct certificates *certificates); /* may be NULL */

/* Tells whether the data of a TLSA record (usage, selector and matching type, a
 * byte each, and what follows) describe one of them: 1 or 0; -1 if there is
 * none, or if it is not known how to compare. Several threads may call it. */
int certificates_match(
	const struct certificates *certificates, struct bytes tlsa);

#endif
