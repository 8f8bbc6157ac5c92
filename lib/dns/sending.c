#include "dns/sending.h"

#include <stdio.h>

#include "dns/policy.h"
#include "dns/spf.h"

/* What to write into the record, so that it has the address. */
static const char *spf_remedy(struct survey *survey, const char *address)
{
	return diagnosis_text(&survey->diagnosis,
		"In the zone, add ip%c:%s to the SPF record of %s (TXT "
		"\"v=spf1 ...\"), before its all; if this relay has another "
		"address outside, use --address.",
		strchr(address, ':') ? '6' : '4', address, survey->domain);
}

static int say_spf(struct survey *survey, const struct spf *spf)
{
	const char *suspect = "Receivers may take mail from this relay for "
			      "forged, and reject it.";

	switch (spf->result) {
	case SPF_PASS:
		return 0;
	case SPF_NONE:
		return diagnosis_say(&survey->diagnosis, DIAGNOSIS_WARN,
			"there is no SPF record",
			"Receivers trust mail of the domain less, and anybody "
			"can send in its name.",
			spf_remedy(survey, spf->address));
	case SPF_TEMPERROR:
		survey->unanswered = true;
		return diagnosis_skip(&survey->diagnosis, spf->reason);
	case SPF_PERMERROR:
		return diagnosis_say(&survey->diagnosis, DIAGNOSIS_FAIL,
			diagnosis_text(&survey->diagnosis,
				"receivers cannot use the SPF record: %s",
				spf->reason),
			"It protects nothing, and some receivers reject all "
			"mail of the domain.",
			diagnosis_text(&survey->diagnosis,
				"Correct the TXT record of %s that begins with "
				"v=spf1: one record, at most %d look-ups, at "
				"most %d that bring nothing (RFC 7208).",
				survey->domain, SPF_LOOKUPS_MAX, SPF_VOID_MAX));
	case SPF_NEUTRAL:
	case SPF_FAIL:
	case SPF_SOFTFAIL:
		break;
	}
	return diagnosis_say(&survey->diagnosis, DIAGNOSIS_FAIL,
		diagnosis_text(&survey->diagnosis,
			"the SPF record says %s for %s (%s)",
			spf_result_name(spf->result), spf->address,
			spf->reason),
		suspect, spf_remedy(survey, spf->address));
}

int sending_check_spf(struct survey *survey)
{
	int result = 0;

	for (size_t i = 0; !result && i < survey->relay->address_count; i++) {
		struct spf spf = { .source = survey->source,
			.arena = survey->diagnosis.arena,
			.domain = survey->domain,
			.address = survey->relay->addresses[i],
			.helo = survey_helo(survey) };

		result = spf_check(&spf);
		if (!result)
			result = say_spf(survey, &spf);
		/* These do not depend on the address. */
		if (spf.result == SPF_NONE || spf.result == SPF_PERMERROR ||
			spf.result == SPF_TEMPERROR)
			break;
	}
	if (!result && !survey->relay->address_count)
		return diagnosis_skip(&survey->diagnosis,
			"no address of this relay is known; use --address");
	return result;
}

/* Finds the DMARC record of a name. *kind becomes what is there; answers that
 * did not come are told by *failed. */
static int find_dmarc(struct survey *survey, const char *name,
	enum policy_found *kind, struct policy_dmarc *dmarc, bool *failed)
{
	const char *asked =
		diagnosis_text(&survey->diagnosis, "_dmarc.%s", name);
	struct reply answer;
	unsigned records = 0;
	int result;

	*kind = POLICY_NONE;
	if (!asked)
		return ERR_NOMEM;
	result = reply_ask(survey->source, survey->diagnosis.arena, NULL, asked,
		REPLY_TXT, &answer);
	if (result)
		return result;
	*failed = answer.kind == REPLY_UNKNOWN;
	if (*failed)
		return survey_unanswered(
			survey, asked, REPLY_TXT, answer.failure);
	for (size_t i = 0; i < answer.count; i++) {
		struct policy_dmarc other;
		enum policy_found one =
			policy_read_dmarc(answer.records[i].data, &other);

		if (one == POLICY_NONE)
			continue;
		records++;
		*kind = one;
		*dmarc = other;
	}
	if (records > 1)
		*kind = POLICY_DAMAGED;
	return 0;
}

static int say_dmarc(struct survey *survey, const char *name,
	const struct policy_dmarc *dmarc)
{
	bool own = !strcmp(name, survey->domain);
	struct bytes policy = own ? dmarc->policy : dmarc->subdomain;
	const char *found = diagnosis_text(&survey->diagnosis,
		"the policy is %.*s (_dmarc.%s), alignment %s for DKIM, %s for "
		"SPF",
		(int)policy.len, policy.data, name,
		dmarc->strict_dkim ? "strict" : "relaxed",
		dmarc->strict_spf ? "strict" : "relaxed");

	if (bytes_equal_nocase(policy, bytes_of("none")))
		return diagnosis_pass(&survey->diagnosis, found);
	return diagnosis_say(&survey->diagnosis, DIAGNOSIS_WARN, found,
		"Outbound, a From that becomes this domain breaks the "
		"signature of the system behind, and SPF passes only if the "
		"sender is of this domain, too. Inbound, an edited To breaks "
		"signatures that cover it. What then neither SPF nor DKIM "
		"proves is refused or put into quarantine.",
		diagnosis_text(&survey->diagnosis,
			"Sign outbound mail for %s behind this milter, and let "
			"the target trust this relay, or set "
			"inbound_rewrite_headers = \"unless-signed\".",
			survey->domain));
}

int sending_check_dmarc(struct survey *survey)
{
	const char *name = survey->domain;
	struct policy_dmarc dmarc;
	enum policy_found kind;
	bool failed;

	/* The domain's own record, or that of a domain above it; the top level
	 * is not asked. */
	for (;;) {
		const char *dot = strchr(name, '.');
		int result = find_dmarc(survey, name, &kind, &dmarc, &failed);

		if (result || failed)
			return result;
		if (kind != POLICY_NONE || !dot || !strchr(dot + 1, '.'))
			break;
		name = dot + 1;
	}
	if (kind == POLICY_FOUND)
		return say_dmarc(survey, name, &dmarc);
	if (kind == POLICY_DAMAGED)
		return diagnosis_say(&survey->diagnosis, DIAGNOSIS_WARN,
			diagnosis_text(&survey->diagnosis,
				"receivers cannot use the DMARC record at "
				"_dmarc.%s: found several, or one without a "
				"valid p=",
				name),
			"They take it for none.",
			diagnosis_text(&survey->diagnosis,
				"Publish one TXT record at _dmarc.%s, such as "
				"\"v=DMARC1; p=none; rua=mailto:ADDRESS\".",
				name));
	return diagnosis_say(&survey->diagnosis, DIAGNOSIS_WARN,
		"there is no DMARC record",
		"Large receivers want one, and without it anybody can send in "
		"the name of the domain.",
		diagnosis_text(&survey->diagnosis,
			"Publish a TXT record at _dmarc.%s: \"v=DMARC1; "
			"p=none; "
			"rua=mailto:ADDRESS\" to begin with.",
			survey->domain));
}

/* True if one of the names leads back to the address. */
static int leads_back(struct survey *survey, const char *address,
	const struct reply *names, bool *back)
{
	int result = 0;

	*back = false;
	for (size_t i = 0; !result && !*back && i < names->count; i++) {
		const char *name = names->records[i].data.data;
		struct reply addresses;

		result = reply_ask_addresses(survey->source,
			survey->diagnosis.arena, name, &addresses);
		if (!result && addresses.kind == REPLY_UNKNOWN) {
			*back = true; /* nothing else is to be said */
			return survey_unanswered(
				survey, name, REPLY_A, addresses.failure);
		}
		for (size_t n = 0; !result && n < addresses.count; n++)
			if (reply_same_address(
				    addresses.records[n].data.data, address))
				*back = true;
	}
	return result;
}

static int check_address(struct survey *survey, const char *address)
{
	char reverse[REPLY_NAME_MAX];
	struct reply names;
	bool back;
	int result;

	if (!reply_reverse_name(address, reverse))
		return 0;
	result = reply_ask(survey->source, survey->diagnosis.arena, NULL,
		reverse, REPLY_PTR, &names);
	if (result)
		return result;
	if (names.kind == REPLY_UNKNOWN)
		return survey_unanswered(
			survey, reverse, REPLY_PTR, names.failure);
	result = leads_back(survey, address, &names, &back);
	if (result || back)
		return result;
	return diagnosis_say(&survey->diagnosis, DIAGNOSIS_FAIL,
		names.count ? diagnosis_text(&survey->diagnosis,
				      "%s has the name %s, which does not lead "
				      "back to it",
				      address, names.records[0].data.data)
			    : diagnosis_text(&survey->diagnosis,
				      "%s has no name (PTR)", address),
		"Many receivers refuse mail from such an address.",
		diagnosis_text(&survey->diagnosis,
			"Let the provider of %s set its PTR record to %s, "
			"whose A or AAAA record must be %s.",
			address, survey_helo(survey), address));
}

int sending_check_ptr(struct survey *survey)
{
	int result = 0;

	for (size_t i = 0; !result && i < survey->relay->address_count; i++)
		result = check_address(survey, survey->relay->addresses[i]);
	if (!result && !survey->relay->address_count)
		return diagnosis_skip(&survey->diagnosis,
			"no address of this relay is known; use --address");
	return result;
}

int sending_check_helo(struct survey *survey)
{
	const char *name = survey_helo(survey);
	struct reply addresses;
	int result;

	if (!survey->relay->host_count)
		return diagnosis_skip(&survey->diagnosis,
			"no name of this relay is known; use --host");
	result = reply_ask_addresses(
		survey->source, survey->diagnosis.arena, name, &addresses);
	if (result)
		return result;
	if (addresses.kind == REPLY_UNKNOWN)
		return survey_unanswered(
			survey, name, REPLY_A, addresses.failure);
	if (addresses.count)
		return 0;
	return diagnosis_say(&survey->diagnosis, DIAGNOSIS_WARN,
		diagnosis_text(&survey->diagnosis,
			"the HELO name %s has no address", name),
		"Some receivers refuse mail from a host that greets them so.",
		diagnosis_text(&survey->diagnosis,
			"Give %s an A or AAAA record, or set myhostname of "
			"Postfix to a name that has one.",
			name));
}
