#include "doctor/order.h"

#include "diagnosis/remedy.h"
#include "doctor/chain.h"
#include "postfix/milterkind.h"

/* True if mail that the service takes may be outbound, so that it is signed by
 * us. Local mail is never outbound, but it is signed as such. */
static bool may_be_outbound(const struct diagnosis *diagnosis,
	const struct postfix_service *service)
{
	const struct config *config = diagnosis->config;
	struct bytes daemon = bytes_of(diagnosis_daemon(diagnosis, service));

	if (config_list_has(&config->outbound_daemons, daemon) ||
		diagnosis_is_local(diagnosis, service))
		return true;
	if (config_list_has(&config->inbound_daemons, daemon))
		return false;
	return config->outbound_networks_count > 0 ||
	       (config->outbound_authenticated &&
		       postfix_is_yes(postfix_value(diagnosis->postfix, service,
			       "smtpd_sasl_auth_enable")));
}

/* True if mail that the service takes may be a stranger's. */
static bool may_be_inbound(const struct diagnosis *diagnosis,
	const struct postfix_service *service)
{
	return diagnosis_is_public(diagnosis, service) &&
	       !config_list_has(&diagnosis->config->outbound_daemons,
		       bytes_of(diagnosis_daemon(diagnosis, service)));
}

static int say_order(struct diagnosis *diagnosis,
	const struct postfix_service *service, struct bytes milter, bool signs)
{
	const char *name = diagnosis_name(diagnosis, service);

	return diagnosis_say(diagnosis, signs ? DIAGNOSIS_FAIL : DIAGNOSIS_WARN,
		diagnosis_text(diagnosis,
			signs ? "%s has %.*s, which signs, before the milter"
			      : "%s has %.*s, which verifies, behind the "
				"milter",
			name ? name : "", (int)milter.len, milter.data),
		signs ? "mail of your own is signed first and rewritten then: "
			"its signature is broken, and outsiders refuse it or "
			"call it junk"
		      : "it sees strangers' mail after To and Cc were "
			"rewritten: good signatures look broken, and mail is "
			"refused or called junk",
		remedy_milters(diagnosis, service, REMEDY_ORDER));
}

static int check_order(
	struct diagnosis *diagnosis, const struct postfix_service *service)
{
	struct bytes rest = bytes_of(
		postfix_value(diagnosis->postfix, service, "smtpd_milters"));
	struct milterlist_item item;
	bool behind = false;
	int result = 0;

	while (!result && milterlist_next(&rest, &item)) {
		enum milterkind kind = milterkind_of(item.endpoint);

		if (diagnosis_is_ours(diagnosis, item.endpoint))
			behind = true;
		else if ((!behind && kind == MILTERKIND_SIGNS &&
				 may_be_outbound(diagnosis, service)) ||
			 (behind && kind == MILTERKIND_VERIFIES &&
				 may_be_inbound(diagnosis, service)))
			result = say_order(diagnosis, service, item.endpoint,
				kind == MILTERKIND_SIGNS);
	}
	return result;
}

/* A signer among non_smtpd_milters sees the mail of pickup before the local
 * service does. */
static int check_pickup(
	struct diagnosis *diagnosis, const struct postfix_service *service)
{
	const struct postfix *postfix = diagnosis->postfix;
	const char *cleanup =
		postfix_value(postfix, service, "cleanup_service_name");
	struct bytes rest = bytes_of(postfix_value(postfix,
		postfix_find_service(
			postfix, bytes_of(cleanup), bytes_of("unix")),
		"non_smtpd_milters"));
	const struct postfix_service *to = chain_service_at(diagnosis,
		chain_hop(postfix_value(postfix, service, "content_filter")));
	struct milterlist_item item;
	int result = 0;

	if (!to || !diagnosis_count_ours(diagnosis, to, NULL) ||
		postfix_list_has(postfix_value(postfix, service,
					 "receive_override_options"),
			"no_milters"))
		return 0;
	while (!result && milterlist_next(&rest, &item))
		if (diagnosis_is_ours(diagnosis, item.endpoint) ||
			milterkind_of(item.endpoint) == MILTERKIND_SIGNS)
			result = diagnosis_say(diagnosis, DIAGNOSIS_FAIL,
				diagnosis_text(diagnosis,
					"mail of pickup passes %.*s in "
					"non_smtpd_milters before the service "
					"that has the milter",
					(int)item.endpoint.len,
					item.endpoint.data),
				"mail of local programs is changed or signed "
				"first and rewritten then: recipients are "
				"doubled, or its signature is broken",
				remedy_no_milters(diagnosis, service));
	return result;
}

/* True if a rule may change a header that a sender's signature covers. */
static bool breaks_signatures(const struct diagnosis *diagnosis)
{
	const struct config *config = diagnosis->config;

	return diagnosis->map && map_rows(diagnosis->map, RULE_INBOUND) &&
	       config->inbound_mode == CONFIG_MODE_ENFORCE &&
	       config->inbound_rewrite_headers == CONFIG_HEADERS_ALWAYS &&
	       config->inbound_headers.count;
}

int order_check(struct diagnosis *diagnosis)
{
	const struct postfix_service *service;
	int result = 0;

	for (size_t i = 0;
		!result && (service = diagnosis_next(diagnosis, &i, NULL));)
		result = check_order(diagnosis, service);
	for (size_t i = 0;
		!result && (service = postfix_service(diagnosis->postfix, i));
		i++)
		if (!strcmp(service->command, "pickup"))
			result = check_pickup(diagnosis, service);
	if (!result && !diagnosis->said && breaks_signatures(diagnosis))
		result = diagnosis_pass(diagnosis,
			"those that verify come before the milter, those that "
			"sign behind it; rewriting To breaks a sender's DKIM "
			"signature that covers it, and SPF fails behind any "
			"relay: targets must trust this relay (by its address, "
			"or an ARC seal), or they refuse mail of senders with "
			"p=reject; else set inbound_rewrite_headers = "
			"\"unless-signed\"");
	return result;
}

int order_check_twice(struct diagnosis *diagnosis)
{
	const struct postfix_service *service;
	int result = 0;

	for (size_t i = 0;
		!result && (service = diagnosis_next(diagnosis, &i, NULL));) {
		const char *name;

		if (diagnosis_count_ours(diagnosis, service, NULL) < 2)
			continue;
		name = diagnosis_name(diagnosis, service);
		result = diagnosis_say(diagnosis, DIAGNOSIS_FAIL,
			diagnosis_text(diagnosis,
				"the milter stands more than once in "
				"smtpd_milters of %s",
				name ? name : ""),
			"each message is rewritten twice: a rule that holds "
			"for another rule's target is applied after it",
			remedy_milters(diagnosis, service, REMEDY_ONCE));
	}
	return result ? result : chain_check_ends(diagnosis);
}
