/*
 * traffic: the checks of doctor about which mail comes to the milter, and which
 * way it goes there. Each tells what is wrong by diagnosis_say(), and nothing
 * when all is well. Each returns 0, ERR_NOMEM, or what diagnosis->found
 * returned.
 */
#ifndef READDRESS_DOCTOR_TRAFFIC_H
#define READDRESS_DOCTOR_TRAFFIC_H

#include "diagnosis/diagnosis.h"

int traffic_check_sendmail(struct diagnosis *diagnosis) MUST_CHECK;
int traffic_check_bounces(struct diagnosis *diagnosis) MUST_CHECK;
int traffic_check_networks(struct diagnosis *diagnosis) MUST_CHECK;
int traffic_check_daemon_name(struct diagnosis *diagnosis) MUST_CHECK;
int traffic_check_direction(struct diagnosis *diagnosis) MUST_CHECK;

#endif
