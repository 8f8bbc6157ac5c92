/*
 * filters: where FILTER in a table sends mail to a content filter:
 * header_checks and body_checks, and the tables of access(5) in restrictions of
 * smtpd.
 */
#ifndef READDRESS_DOCTOR_FILTERS_H
#define READDRESS_DOCTOR_FILTERS_H

#include "diagnosis/diagnosis.h"

struct filters_found {
	const char *parameter; /* that names the table: "header_checks" */
	const char *transport; /* "scan:[127.0.0.1]:10025" */
};

/* Calls look for each FILTER that mail may meet which passes the milter, or, if
 * all is true, any mail, until one call returns other than 0. Tables that
 * cannot be read are left out. Returns what look returned, or ERR_NOMEM. */
int filters_each(struct diagnosis *diagnosis, bool all,
	int (*look)(void *context, const struct filters_found *found),
	void *context) MUST_CHECK;

#endif
