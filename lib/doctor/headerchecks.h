/*
 * headerchecks: the checks of doctor about actions in header_checks and
 * body_checks of Postfix. Each tells what is wrong by diagnosis_say(), and
 * nothing when all is well. Each returns 0, ERR_NOMEM, or what diagnosis->found
 * returned.
 */
#ifndef READDRESS_DOCTOR_HEADERCHECKS_H
#define READDRESS_DOCTOR_HEADERCHECKS_H

#include "doctor/actions.h"

struct headerchecks_found {
	const char *parameter; /* "header_checks" */
	const struct postfix_service *cleanup;
	bool used; /* by a service that has the milter */
	struct bytes table;
	const struct actions_entry *entry; /* NULL: it cannot be read */
};

int headerchecks_check(struct diagnosis *diagnosis) MUST_CHECK;

/* Calls look for each entry of header_checks and body_checks of all cleanups,
 * until one call returns other than 0. Returns that, 0, or ERR_NOMEM. */
int headerchecks_each(struct diagnosis *diagnosis,
	int (*look)(void *context, const struct headerchecks_found *found),
	void *context) MUST_CHECK;

#endif
