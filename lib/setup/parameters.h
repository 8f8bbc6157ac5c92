/*
 * parameters: plans parameters of main.cf whose value is no list: limits,
 * times, TLS.
 */
#ifndef READDRESS_SETUP_PARAMETERS_H
#define READDRESS_SETUP_PARAMETERS_H

#include "setup/plan.h"

void parameters_plan(struct plan *plan);

#endif
