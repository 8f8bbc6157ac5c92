#include "doctor/doctor.h"

#include "diagnosis/ahead.h"
#include "diagnosis/ourtable.h"
#include "doctor/attachment.h"
#include "doctor/chain.h"
#include "doctor/headerchecks.h"
#include "doctor/order.h"
#include "doctor/references.h"
#include "doctor/running.h"
#include "doctor/settings.h"
#include "doctor/traffic.h"
#include "relay/domains.h"
#include "relay/lookupservice.h"
#include "relay/openrelay.h"
#include "relay/relayrecipients.h"
#include "relay/rewriting.h"
#include "relay/routes.h"
#include "relay/shadowloop.h"

#define TEXTS_MAX ((size_t)16 << 20) /* bytes of all findings of one check */

/* In the manual's order. */
static const struct {
	const char *id;
	int (*check)(struct diagnosis *diagnosis);
	const char *passed;
} checks[] = {
	{ "milter-attached", attachment_check_attached,
		"every smtpd service that outsiders reach has the milter" },
	{ "milter-twice", order_check_twice,
		"no message meets the milter twice" },
	{ "milter-order", order_check,
		"those that verify come before the milter, those that sign "
		"behind it" },
	{ "default-action", attachment_check_default_action,
		"mail waits while the milter is down" },
	{ "references", references_check,
		"every $readdress_ parameter is defined and used" },
	{ "protocol", attachment_check_protocol,
		"the milter protocol is 6, with time enough" },
	{ "socket", running_check_socket,
		"Postfix gets to the milter's socket" },
	{ "milter-up", running_check_up,
		"the milter runs and serves the newest generation" },
	{ "sendmail", traffic_check_sendmail,
		"mail of local programs passes the milter" },
	{ "bounces", traffic_check_bounces,
		"bounces of Postfix pass the milter" },
	{ "open-relay", openrelay_check, "strangers cannot relay" },
	{ "networks", traffic_check_networks,
		"outbound_networks holds nobody else" },
	{ "required-headers", running_check_required,
		"what a shared cloud sends is proved to be yours" },
	{ "daemon-name", traffic_check_daemon_name,
		"daemon names of Postfix are those of readdress.conf" },
	{ "direction", traffic_check_direction,
		"somebody can be outbound, and nobody is both" },
	{ "domains", domains_check,
		"Postfix accepts the domains of inbound rules, to relay them" },
	{ "recipients", relayrecipients_check,
		"Postfix takes mail for every source, and for nobody else" },
	{ "stays", routes_check_stays,
		"what the rules leave as it is has a next hop" },
	{ "hold", routes_check_hold,
		"no domain is held so long that mail bounces" },
	{ "second-rewrite", rewriting_check_second,
		"no table of Postfix changes an address of the rules" },
	{ "target-back", rewriting_check_back,
		"no table of Postfix leads a target back to a source" },
	{ "original-recipient", settings_check_original_recipient,
		"enable_original_recipient is yes" },
	{ "delimiter", settings_check_delimiter,
		"recipient_delimiter is the same on both sides" },
	{ "header-checks", headerchecks_check,
		"no header_checks or body_checks switch milters off" },
	{ "limits", settings_check_limits, "Postfix's limits are wide enough" },
	{ "reinject", chain_check_reinject,
		"a content filter's mail is not looked up again" },
	{ "milter-maps", chain_check_maps,
		"no smtpd_milter_maps can leave the milter out" },
	{ "bare-newline", settings_check_bare_newline,
		"bare newlines are refused or repaired" },
	{ "tls", settings_check_tls, "TLS is offered and used" },
	{ "shadow-loop", shadowloop_check,
		"no mail comes back to this relay by shadow mode" },
	{ "target-loop", routes_check_target_loop,
		"no target comes back to this relay" },
	{ "tables-shared", settings_check_tables_shared,
		"Postfix opens no file of readdress" },
	{ "lookup", lookupservice_check,
		"tables of readdress answer what Postfix asks them" },
	{ "versions", settings_check_versions, "Postfix is new enough" },
};

#define CHECKS (sizeof checks / sizeof *checks)

const char *doctor_check_name(size_t index)
{
	return index < CHECKS ? checks[index].id : NULL;
}

/* True if the check is also for an instance that is not to have the milter. */
static bool is_for_all(int (*check)(struct diagnosis *diagnosis))
{
	return check == references_check || check == openrelay_check ||
	       check == settings_check_bare_newline ||
	       check == settings_check_tls ||
	       check == settings_check_tables_shared ||
	       check == settings_check_versions;
}

/* Stands in for a check in an instance that is not to have the milter, as the
 * first of two that separate insiders from outsiders. */
static int check_elsewhere(
	struct diagnosis *diagnosis, int (*check)(struct diagnosis *diagnosis))
{
	if (check == domains_check)
		return shadowloop_check_elsewhere(diagnosis);
	return diagnosis_say(diagnosis, DIAGNOSIS_SKIP,
		diagnosis_text(diagnosis,
			"this instance has no milter; that in %s has it",
			diagnosis->elsewhere),
		"", "");
}

static int run_checks(struct diagnosis *diagnosis)
{
	int result = 0;

	for (size_t i = 0; !result && i < CHECKS; i++) {
		diagnosis->id = checks[i].id;
		diagnosis->said = 0;
		postmap_reset(diagnosis->postmap);
		result = diagnosis->elsewhere && !is_for_all(checks[i].check)
				 ? check_elsewhere(diagnosis, checks[i].check)
				 : checks[i].check(diagnosis);
		if (!result && !diagnosis->said)
			result = diagnosis_pass(diagnosis, checks[i].passed);
		arena_reset(diagnosis->arena);
	}
	return result;
}

int doctor_run(struct diagnosis *diagnosis)
{
	struct postmap none = { .ask = NULL };
	struct postmap *postmap = diagnosis->postmap;
	int result = 0;

	if (!diagnosis->postmap)
		diagnosis->postmap = &none;
	diagnosis->arena = arena_open(TEXTS_MAX);
	diagnosis->postmap->ahead = askahead_open();
	if (!diagnosis->arena || !diagnosis->postmap->ahead) {
		result = ERR_NOMEM;
		goto out;
	}
	diagnosis->postmap->arena = diagnosis->arena;
	diagnosis->postmap->own = ourtable_answer;
	diagnosis->postmap->own_context = diagnosis;
	diagnosis->postmap->queue_directory =
		postfix_value(diagnosis->postfix, NULL, "queue_directory");
	if (diagnosis->postmap->ask)
		result = ahead_ask(diagnosis);
	/* A map that cannot be read is told by the checks. */
	if (result == ERR_NOMEM)
		goto out;
	arena_reset(diagnosis->arena);
	result = run_checks(diagnosis);
out:
	askahead_close(diagnosis->postmap->ahead);
	diagnosis->postmap->ahead = NULL;
	diagnosis->postmap = postmap;
	arena_close(diagnosis->arena);
	diagnosis->arena = NULL;
	return result;
}
