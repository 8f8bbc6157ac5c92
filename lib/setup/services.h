/*
 * services: plans which smtpd services have the milter, the one for outbound
 * mail, and the one by which `readdress probe` asks.
 */
#ifndef READDRESS_SETUP_SERVICES_H
#define READDRESS_SETUP_SERVICES_H

#include "setup/plan.h"

#define SERVICES_MILTER	   "readdress_milter"
#define SERVICES_OTHERS	   "readdress_other_milters"
#define SERVICES_CLIENTS   "readdress_outbound_clients"
#define SERVICES_VERIFY	   "readdress-verify"
#define SERVICES_PROBE_LOG "postfix/readdress-probe" /* its name in the log */
/* Where the service for probes is, if its port is free. */
#define SERVICES_PROBE "127.0.0.1:10098"

/* Has main.cf define our milter, for a reference that is planned. */
void services_define_milter(struct plan *plan);

void services_plan_milter(struct plan *plan);
void services_plan_outbound(struct plan *plan);
void services_plan_probe(struct plan *plan);

/* True if the service is the one by which `readdress probe` asks. */
bool services_is_probe(
	const struct postfix *postfix, const struct postfix_service *service);

/* How often our milter stands in the service's smtpd_milters, whether or not
 * no_milters switches them off. */
size_t services_count_ours(
	const struct plan *plan, const struct postfix_service *service);

/* True if the list, as it is written, names our milter itself, and not by a
 * parameter that is another's, or that is defined anew elsewhere. */
bool services_names_ours(struct plan *plan, const char *list);

/* Returns the milters of the list, as it is written, without ours, with ", "
 * between them. */
const char *services_without_ours(struct plan *plan, const char *list);

/* Returns a port, from first on, that no service has and where nobody listens.
 */
unsigned services_free_port(struct plan *plan, unsigned first);

/* Returns "y" or "n", as the line of the service says it, or else "n". */
const char *services_chroot(
	const struct plan *plan, const char *command, const char *type);

#endif
