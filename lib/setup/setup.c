#include "setup/setup.h"

#include "setup/localmail.h"
#include "setup/parameters.h"
#include "setup/removal.h"
#include "setup/services.h"
#include "setup/tables.h"

int setup_run(struct plan *plan)
{
	/* The milter comes before what accepts mail: a program of Postfix that
	 * starts between two commands accepts nothing that is not rewritten. */
	services_plan_milter(plan);
	removal_undo(plan);
	localmail_plan(plan);
	localmail_plan_bounces(plan);
	parameters_plan(plan);
	tables_plan(plan);
	services_plan_outbound(plan);
	services_plan_probe(plan);
	return plan_result(plan);
}
