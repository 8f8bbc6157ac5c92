/*
 * doctor: what around readdress loses mail, loops it, leaks addresses or lets
 * strangers in, found by reading the configuration of Postfix beside ours.
 * Pure: it reads what it is given, runs nothing and changes nothing.
 */
#ifndef READDRESS_DOCTOR_DOCTOR_H
#define READDRESS_DOCTOR_DOCTOR_H

/*
 * The wing doctor/: the checks of `readdress doctor`, but for those of relay/.
 *
 *   attachment    where Postfix calls the milter, and what if it fails
 *   references    our parameters in main.cf, and what refers to them
 *   order         other milters, and messages that meet ours twice
 *   actions       entries of tables whose values are actions
 *   headerchecks  actions in header_checks that switch milters off
 *   filters       FILTER in any table, which sends mail to a content filter
 *   chain         mail that Postfix hands to its own services or to a filter
 *   running       the milter that runs now, and what it has seen
 *   clouds        strangers of a shared cloud who can be outbound
 *   traffic       which mail comes to the milter, and which way it goes
 *   settings      parameters of Postfix that lose or harm mail beside it
 */

#include "diagnosis/diagnosis.h"

/*
 * Makes every check in the manual's order and tells what each found: one PASS,
 * or a finding for each thing that is wrong. Returns 0; ERR_NOMEM; or what
 * diagnosis->found returned.
 */
int doctor_run(struct diagnosis *diagnosis) MUST_CHECK;

/* The name of a check, static: index counts them in the manual's order, from 0.
 * NULL behind the last. */
const char *doctor_check_name(size_t index);

#endif
