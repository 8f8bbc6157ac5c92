#include "setup/parameters.h"

#include <stdlib.h>

#include "diagnosis/ourmilter.h"
#include "diagnosis/remedy.h"
#include "setup/removal.h"
#include "setup/services.h"

#define HEADER_SIZE_MIN 60000 /* what readdress writes at most */
#define HEADER_SIZE	"102400"
#define HELD_LIFETIME	"30d"
#define HELD_SECONDS	(30L * 86400)

static const char *expanded(const struct plan *plan, const char *name)
{
	return postfix_value(plan->expanded, NULL, name);
}

static long number(const struct plan *plan, const char *name)
{
	return strtol(expanded(plan, name), NULL, 10);
}

/* "5d", "300": Postfix's time, in seconds; a bare number of the parameter
 * maximal_queue_lifetime is days. */
static long seconds(const char *text)
{
	char *end;
	long count = strtol(text, &end, 10);

	switch (*end) {
	case 's':
		return count;
	case 'm':
		return count * 60;
	case 'h':
		return count * 3600;
	case 'w':
		return count * 604800;
	default:
		return count * 86400;
	}
}

/* The most recipients that an smtpd with our milter takes. */
static long most_recipients(const struct plan *plan)
{
	static const char name[] = "smtpd_recipient_limit";
	const struct postfix_service *service;
	long most = number(plan, name);

	for (size_t i = 0; (service = postfix_service(plan->expanded, i));
		i++) {
		long own = strtol(
			postfix_value(plan->expanded, service, name), NULL, 10);

		if (!strcmp(service->command, "smtpd") && own > most &&
			services_count_ours(plan, service))
			most = own;
	}
	return most;
}

static void plan_limits(struct plan *plan)
{
	long recipients = most_recipients(plan);
	long filter = number(plan, "duplicate_filter_limit");

	if (number(plan, "header_size_limit") < HEADER_SIZE_MIN) {
		plan->why = "Postfix would cut long To and Cc headers: the "
			    "addresses at their end would be gone.";
		plan_scalar(plan, "header_size_limit",
			"readdress_header_size_limit", HEADER_SIZE);
	}
	if (filter && recipients > filter / 2) {
		plan->why = "Postfix remembers two addresses for each "
			    "recipient of a rewritten message. Beyond this "
			    "limit, two recipients with one target get two "
			    "copies.";
		plan_scalar(plan, "duplicate_filter_limit",
			"readdress_duplicate_filter_limit",
			plan_text(plan, "%ld", 2 * recipients));
	}
	if (!postfix_is_yes(expanded(plan, "enable_original_recipient"))) {
		plan->why = "Otherwise Postfix takes a recipient that the "
			    "milter adds for a duplicate, drops it, and the "
			    "mail is lost.";
		plan_scalar(plan, "enable_original_recipient",
			"readdress_original_recipient", "yes");
	}
}

/* How Postfix speaks with milters. What a milter's own braces say is looked at
 * in services.c. */
static void plan_speech(struct plan *plan)
{
	if (number(plan, "milter_protocol") < OURMILTER_PROTOCOL_MIN) {
		plan->why = "By an older protocol the milter cannot change "
			    "recipients and senders, and all mail waits.";
		plan_scalar(plan, "milter_protocol", "readdress_protocol", "6");
	}
	if (postfix_seconds(bytes_of(expanded(plan, "milter_content_timeout")),
		    's') < OURMILTER_SECONDS_MIN) {
		plan->why = "A message to thousands of recipients takes the "
			    "milter longer than that, and would wait for ever.";
		plan_scalar(plan, "milter_content_timeout",
			"readdress_content_timeout", "300s");
	}
}

/* True if both hold the same characters. */
static bool same_characters(const char *a, const char *b)
{
	return strspn(a, b) == strlen(a) && strspn(b, a) == strlen(b);
}

static void plan_delimiter(struct plan *plan)
{
	const char *ours = plan->config->delimiter;

	if (same_characters(expanded(plan, "recipient_delimiter"), ours))
		return;
	/* The form that keeps the old value takes no empty one. */
	if (!*ours) {
		plan->why = "recipient_delimiter in readdress.conf is empty, "
			    "and Postfix's is not: bob+news@ is one mailbox to "
			    "Postfix and another to readdress. Set them to the "
			    "same characters.";
		plan_add(plan, PLAN_NOTE, "recipient_delimiter", "");
		return;
	}
	plan->why = "Postfix and readdress must agree on what an address "
		    "extension is: bob+news@ is bob's mailbox.";
	plan_scalar(plan, "recipient_delimiter",
		"readdress_recipient_delimiter", ours);
}

/* True if the level lets TLS be used. */
static bool is_on(const char *level)
{
	return *level && strcasecmp(level, "none") != 0;
}

static void plan_tls(struct plan *plan)
{
	if (!is_on(expanded(plan, "smtp_tls_security_level")) &&
		!postfix_is_yes(expanded(plan, "smtp_use_tls")) &&
		!plan_is_set(plan, "smtp_tls_security_level")) {
		plan->why = "Mail goes on encrypted to servers that offer "
			    "TLS.";
		plan_scalar(plan, "smtp_tls_security_level",
			"readdress_smtp_tls", "may");
	}
	if (!is_on(expanded(plan, "smtpd_tls_security_level")) &&
		!postfix_is_yes(expanded(plan, "smtpd_use_tls")) &&
		!plan_is_set(plan, "smtpd_tls_security_level")) {
		plan->why = "Clients may send mail encrypted, if "
			    "smtpd_tls_chain_files or smtpd_tls_cert_file name "
			    "a certificate.";
		plan_scalar(plan, "smtpd_tls_security_level",
			"readdress_smtpd_tls", "may");
	}
}

static bool is_off(const char *value)
{
	return !strcasecmp(value, "no") || !strcasecmp(value, "false");
}

static void plan_bare_newline(struct plan *plan)
{
	const char *value = expanded(plan, "smtpd_forbid_bare_newline");

	/* Where it is empty, this Postfix does not know the parameter. */
	if (!is_off(value))
		return;
	plan->why = "A bare <LF> in SMTP can hide a second message inside the "
		    "first one, with a sender that looks like one of yours.";
	plan_scalar(plan, "smtpd_forbid_bare_newline", "readdress_bare_newline",
		"yes");
}

/* True if a row of routes holds mail for a target domain. */
static bool holds(const struct plan *plan)
{
	struct map_walk walk = { .map = plan->map, .table = RULE_ROUTES };
	bool found = false;

	while (!found && map_walk_next(&walk) == 1) {
		struct bytes value = rule_value_targets(walk.rule.value);

		found = bytes_take(&value, "hold") &&
			(!value.len || *value.data == ' ');
	}
	map_walk_close(&walk);
	return found;
}

static void plan_lifetime(struct plan *plan)
{
	static const char parameter[] = "maximal_queue_lifetime";
	static const char name[] = "readdress_queue_lifetime";
	bool ours = reference_is_in(plan_value(plan, parameter), name);

	if (holds(plan)) {
		if (ours || seconds(expanded(plan, parameter)) >= HELD_SECONDS)
			return;
		plan->why = "A row of routes holds mail. It must not be "
			    "bounced before it is released.";
		plan_scalar(plan, parameter, name, HELD_LIFETIME);
	} else if (ours) {
		plan->why = "No row of routes holds mail any more.";
		removal_parameter(plan, parameter);
		plan_add(plan, PLAN_UNSET, name, "");
	}
}

static void plan_canonical(struct plan *plan)
{
	static const struct {
		enum plan_back back;
		const char *classes;
		const char *name;
	} all[] = {
		{ PLAN_BACK_CANONICAL, "canonical_classes",
			"readdress_canonical_classes" },
		{ PLAN_BACK_RECIPIENT, "recipient_canonical_classes",
			"readdress_recipient_classes" },
		{ PLAN_BACK_MASQUERADE, "masquerade_classes",
			"readdress_masquerade_classes" },
	};
	struct diagnosis diagnosis = { .arena = plan->arena };

	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		const char *had = expanded(plan, all[i].classes);
		const char *left;

		if (!(plan->leads_back & all[i].back) ||
			!postfix_list_has(had, "envelope_recipient"))
			continue;
		left = plan_keep(plan,
			remedy_without(&diagnosis, had, "envelope_recipient"));
		/* The form that keeps the old value takes no empty one. */
		if (!*left)
			continue;
		plan->why = "A table of Postfix leads the target of a rule "
			    "back to its source. The mail would go where the "
			    "rule does not lead, or nowhere.";
		plan_scalar(plan, all[i].classes, all[i].name, left);
	}
}

/* True if mail that passes our milter passes the service. */
static bool meets_milter(
	const struct plan *plan, const struct postfix_service *service)
{
	const struct diagnosis diagnosis = { .postfix = plan->expanded,
		.config = plan->config };

	return !strcmp(service->command, "smtpd")
		       ? services_count_ours(plan, service) > 0
		       : diagnosis_has_other(&diagnosis, service, NULL);
}

/* Gives an option that a service sets for itself another value. */
static void mend(struct plan *plan, const struct postfix_service *service,
	const char *option, const char *name, const char *value)
{
	plan->why = "This service sets for itself what does harm: see "
		    "`readdress doctor`.";
	plan_option_scalar(plan, service, option, name, value);
}

/* Looks at what the service sets for itself. */
static void plan_own(struct plan *plan, const struct postfix_service *service)
{
	const struct diagnosis diagnosis = { .postfix = plan->expanded };
	const char *newline =
		plan_option_value(plan, service, "smtpd_forbid_bare_newline");
	const char *size =
		plan_option_value(plan, service, "header_size_limit");
	const char *original =
		plan_option_value(plan, service, "enable_original_recipient");
	const char *protocol =
		plan_option_value(plan, service, "milter_protocol");
	const char *seconds =
		plan_option_value(plan, service, "milter_content_timeout");

	if (newline && is_off(newline) &&
		diagnosis_is_public(&diagnosis, service))
		mend(plan, service, "smtpd_forbid_bare_newline",
			"readdress_bare_newline", "yes");
	if (!strcmp(service->command, "cleanup")) {
		if (size && strtol(size, NULL, 10) < HEADER_SIZE_MIN)
			mend(plan, service, "header_size_limit",
				"readdress_header_size_limit", HEADER_SIZE);
		if (original && is_off(original))
			mend(plan, service, "enable_original_recipient",
				"readdress_original_recipient", "yes");
	}
	if (!meets_milter(plan, service))
		return;
	if (protocol && strtol(protocol, NULL, 10) < OURMILTER_PROTOCOL_MIN)
		mend(plan, service, "milter_protocol", "readdress_protocol",
			"6");
	if (seconds &&
		postfix_seconds(bytes_of(seconds), 's') < OURMILTER_SECONDS_MIN)
		mend(plan, service, "milter_content_timeout",
			"readdress_content_timeout", "300s");
}

void parameters_plan(struct plan *plan)
{
	const struct postfix_service *service;

	plan_limits(plan);
	plan_speech(plan);
	plan_delimiter(plan);
	plan_canonical(plan);
	plan_lifetime(plan);
	plan_bare_newline(plan);
	plan_tls(plan);
	for (size_t i = 0; (service = postfix_service(plan->expanded, i)); i++)
		plan_own(plan, service);
}
