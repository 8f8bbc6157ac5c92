/*
 * ahead: asks the tables that Postfix's lists of domains name for all domains
 * of the rules at once. Each check then asks for one domain after the other,
 * and a program for each of them would take minutes with hundreds of domains.
 */
#ifndef READDRESS_DIAGNOSIS_AHEAD_H
#define READDRESS_DIAGNOSIS_AHEAD_H

#include "diagnosis/diagnosis.h"

/* Fills diagnosis->postmap->ahead, which must be set. A table that cannot be
 * asked is left to the checks. Returns 0; ERR_NOMEM; or ERR_IO or ERR_BAD when
 * the map cannot be read. */
int ahead_ask(struct diagnosis *diagnosis) MUST_CHECK;

#endif
