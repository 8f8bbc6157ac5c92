/*
 * finding: prints what a check of doctor or dns found, as lines or as JSON.
 * Tested by tests/e2e/doctor.test and tests/e2e/dns.test.
 */
#ifndef READDRESS_TOOL_PRINT_FINDING_H
#define READDRESS_TOOL_PRINT_FINDING_H

#include "diagnosis/diagnosis.h"
#include "print/json.h"

/* Puts a finding into an object of JSON, with the keys id, level, found, why
 * and do, and with subject under key, unless it is NULL. */
void finding_put(struct json *json, const struct diagnosis_finding *finding,
	const char *key, const char *subject);

/* Prints a finding on standard output. subject, which may be NULL, is what it
 * is about: an instance of Postfix, a domain. Returns
 * 0, ERR_NOMEM, or ERR_IO if standard output failed. */
int finding_print(const struct diagnosis_finding *finding, const char *key,
	const char *subject, bool json, struct error *error) MUST_CHECK;

#endif
