#include "dns/sending.h"

#include <stdio.h>

#include "dns/policy.h"
#include "dns/spf.h"

#define POLICY_PATH ".well-known/mta-sts.txt"

static const char *helo_name(const struct survey *survey)
{
	return survey->relay->host_count ? survey->relay->hosts[0]
					 : "localhost";
}

/* What to write into the record, so that it has the address. */
static const char *spf_remedy(struct survey *survey, const char *address)
{
	return survey_text(survey,
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
		return survey_say(survey, DIAGNOSIS_WARN,
			"there is no SPF record",
			"Receivers trust mail of the domain less, and anybody "
			"can send in its name.",
			spf_remedy(survey, spf->address));
	case SPF_TEMPERROR:
		survey->unanswered = true;
		return survey_skip(survey, spf->reason);
	case SPF_PERMERROR:
		return survey_say(survey, DIAGNOSIS_FAIL,
			survey_text(survey,
				"receivers cannot use the SPF record: %s",
				spf->reason),
			"It protects nothing, and some receivers reject all "
			"mail of the domain.",
			survey_text(survey,
				"Correct the TXT record of %s that begins with "
				"v=spf1: one record, at most %d look-ups, at "
				"most %d that bring nothing (RFC 7208).",
				survey->domain, SPF_LOOKUPS_MAX, SPF_VOID_MAX));
	case SPF_NEUTRAL:
	case SPF_FAIL:
	case SPF_SOFTFAIL:
		break;
	}
	return survey_say(survey, DIAGNOSIS_FAIL,
		survey_text(survey, "the SPF record says %s for %s (%s)",
			spf_result_name(spf->result), spf->address,
			spf->reason),
		suspect, spf_remedy(survey, spf->address));
}

int sending_check_spf(struct survey *survey)
{
	int result = 0;

	for (size_t i = 0; !result && i < survey->relay->address_count; i++) {
		struct spf spf = { .source = survey->source,
			.arena = survey->arena,
			.domain = survey->domain,
			.address = survey->relay->addresses[i],
			.helo = helo_name(survey) };

		result = spf_check(&spf);
		if (!result)
			result = say_spf(survey, &spf);
		/* These do not depend on the address. */
		if (spf.result == SPF_NONE || spf.result == SPF_PERMERROR ||
			spf.result == SPF_TEMPERROR)
			break;
	}
	if (!result && !survey->relay->address_count)
		return survey_skip(survey,
			"no address of this relay is known; use --address");
	return result;
}

/* Finds the DMARC record of a name. *kind becomes what is there; answers that
 * did not come are told by *failed. */
static int find_dmarc(struct survey *survey, const char *name,
	enum policy_found *kind, struct policy_dmarc *dmarc, bool *failed)
{
	const char *asked = survey_text(survey, "_dmarc.%s", name);
	struct reply answer;
	unsigned records = 0;
	int result;

	*kind = POLICY_NONE;
	if (!asked)
		return ERR_NOMEM;
	result = reply_ask(
		survey->source, survey->arena, NULL, asked, REPLY_TXT, &answer);
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
	const char *found = survey_text(survey,
		"the policy is %.*s (_dmarc.%s), alignment %s for DKIM, %s for "
		"SPF",
		(int)policy.len, policy.data, name,
		dmarc->strict_dkim ? "strict" : "relaxed",
		dmarc->strict_spf ? "strict" : "relaxed");

	if (bytes_equal_nocase(policy, bytes_of("none")))
		return survey_pass(survey, found);
	return survey_say(survey, DIAGNOSIS_WARN, found,
		"Outbound, a From that becomes this domain breaks the "
		"signature of the system behind, and SPF passes only if the "
		"sender is of this domain, too. Inbound, an edited To breaks "
		"signatures that cover it. What then neither SPF nor DKIM "
		"proves is refused or put into quarantine.",
		survey_text(survey,
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
		return survey_say(survey, DIAGNOSIS_WARN,
			survey_text(survey,
				"receivers cannot use the DMARC record at "
				"_dmarc.%s: found several, or one without a "
				"valid p=",
				name),
			"They take it for none.",
			survey_text(survey,
				"Publish one TXT record at _dmarc.%s, such as "
				"\"v=DMARC1; p=none; rua=mailto:ADDRESS\".",
				name));
	return survey_say(survey, DIAGNOSIS_WARN, "there is no DMARC record",
		"Large receivers want one, and without it anybody can send in "
		"the name of the domain.",
		survey_text(survey,
			"Publish a TXT record at _dmarc.%s: \"v=DMARC1; "
			"p=none; "
			"rua=mailto:ADDRESS\" to begin with.",
			survey->domain));
}

/* Fetches and reads the policy of MTA-STS. */
static int check_sts_policy(struct survey *survey)
{
	const char *host = survey_text(survey, "mta-sts.%s", survey->domain);
	struct survey_document document = { { NULL, 0 }, "it cannot" };
	struct policy_sts sts;
	struct reply addresses;
	enum policy_found kind = POLICY_NONE;
	bool lists = false;
	int result;

	if (!host)
		return ERR_NOMEM;
	result = reply_ask_addresses(
		survey->source, survey->arena, host, &addresses);
	if (!result && addresses.kind == REPLY_UNKNOWN)
		return survey_unanswered(
			survey, host, REPLY_A, addresses.failure);
	if (!result && !addresses.count)
		document.failure = "the name has no address";
	else if (!result && survey->fetch)
		result = survey->fetch(survey->tool_context, survey->arena,
			host, POLICY_PATH, &addresses, &document);
	if (result)
		return result;
	if (!document.failure)
		kind = policy_read_sts(document.text, &sts);
	if (!document.failure && kind != POLICY_FOUND)
		document.failure = "it is no policy (RFC 8461)";
	if (document.failure)
		return survey_say(survey, DIAGNOSIS_WARN,
			survey_text(survey,
				"the policy at https://%s/" POLICY_PATH
				" cannot be used: %s",
				host, document.failure),
			"Who has an older policy goes on using that one until "
			"it expires; others send without one.",
			"Correct the web server, or remove the TXT record.");
	for (size_t i = 0; i < survey->relay->host_count; i++)
		lists = lists ||
			policy_sts_lists(&sts, survey->relay->hosts[i]);
	if (lists || !bytes_equal(sts.mode, bytes_of("enforce")))
		return survey_pass(
			survey, survey_text(survey, "mode %.*s; it %s %s",
					(int)sts.mode.len, sts.mode.data,
					lists ? "lists" : "does not list",
					helo_name(survey)));
	return survey_say(survey, DIAGNOSIS_FAIL,
		survey_text(survey,
			"the policy has mode enforce and does not list %s",
			helo_name(survey)),
		"Senders that follow it do not deliver to this relay.",
		survey_text(survey,
			"Add the line \"mx: %s\" to the policy and change the "
			"id in the TXT record, at least max_age before the "
			"switch.",
			helo_name(survey)));
}

int sending_check_mta_sts(struct survey *survey)
{
	const char *name = survey_text(survey, "_mta-sts.%s", survey->domain);
	struct reply answer;
	struct bytes id;
	unsigned records = 0;
	bool damaged = false;
	int result;

	if (!name)
		return ERR_NOMEM;
	result = reply_ask(
		survey->source, survey->arena, NULL, name, REPLY_TXT, &answer);
	if (result)
		return result;
	if (answer.kind == REPLY_UNKNOWN)
		return survey_unanswered(
			survey, name, REPLY_TXT, answer.failure);
	for (size_t i = 0; i < answer.count; i++) {
		enum policy_found kind =
			policy_read_sts_record(answer.records[i].data, &id);

		records += kind != POLICY_NONE;
		damaged = damaged || kind == POLICY_DAMAGED;
	}
	if (!records)
		return survey_pass(survey, "none is published");
	if (records == 1 && !damaged)
		return check_sts_policy(survey);
	return survey_say(survey, DIAGNOSIS_WARN,
		survey_text(survey,
			"the TXT record %s cannot be used: found %s", name,
			damaged ? "no valid id=" : "several"),
		"Senders take it for none.",
		survey_text(survey,
			"Publish one TXT record at %s: \"v=STSv1; "
			"id=20260101000000\".",
			name));
}

int sending_check_tlsrpt(struct survey *survey)
{
	const char *name = survey_text(survey, "_smtp._tls.%s", survey->domain);
	struct reply answer;
	unsigned records = 0;
	bool damaged = false;
	int result;

	if (!name)
		return ERR_NOMEM;
	result = reply_ask(
		survey->source, survey->arena, NULL, name, REPLY_TXT, &answer);
	if (result)
		return result;
	if (answer.kind == REPLY_UNKNOWN)
		return survey_unanswered(
			survey, name, REPLY_TXT, answer.failure);
	for (size_t i = 0; i < answer.count; i++) {
		enum policy_found kind =
			policy_read_tlsrpt(answer.records[i].data);

		records += kind != POLICY_NONE;
		damaged = damaged || kind == POLICY_DAMAGED;
	}
	if (!records)
		return survey_pass(survey, "none is published");
	if (records == 1 && !damaged)
		return survey_pass(survey, "reports are asked for");
	return survey_say(survey, DIAGNOSIS_WARN,
		survey_text(survey,
			"the TXT record %s cannot be used: found %s", name,
			damaged ? "no valid rua=" : "several"),
		"Nobody sends reports about TLS.",
		survey_text(survey,
			"Publish one TXT record at %s: \"v=TLSRPTv1; "
			"rua=mailto:ADDRESS\".",
			name));
}

/* Compares the TLSA records of one name of this relay with its keys. */
static int check_tlsa(struct survey *survey, const char *host, bool *published)
{
	const char *name = survey_text(survey, "_25._tcp.%s", host);
	struct reply answer;
	int has = 0;
	int result;

	if (!name)
		return ERR_NOMEM;
	result = reply_ask(
		survey->source, survey->arena, NULL, name, REPLY_TLSA, &answer);
	if (result)
		return result;
	if (answer.kind == REPLY_UNKNOWN)
		return survey_unanswered(
			survey, name, REPLY_TLSA, answer.failure);
	*published = *published || answer.count;
	for (size_t i = 0; i < answer.count && has <= 0; i++) {
		int one = survey->has_key
				  ? survey->has_key(survey->tool_context,
					    answer.records[i].data)
				  : -1;

		has = one ? one : has;
	}
	if (has > 0 || !answer.count)
		return 0;
	return survey_say(survey, DIAGNOSIS_WARN,
		survey_text(survey, "%s of the TLSA records of %s: %s",
			has < 0 ? "nothing can be said" : "none", name,
			has < 0 ? "no certificate of Postfix can be read"
				: "this host has no such key"),
		"Senders that follow DANE do not deliver to a host whose key "
		"is another.",
		survey_text(survey,
			"Publish a TLSA record at %s for the certificate in "
			"`postconf smtpd_tls_chain_files smtpd_tls_cert_file`, "
			"before the switch.",
			name));
}

int sending_check_dane(struct survey *survey)
{
	bool published = false;
	int result = 0;

	if (survey->mx.kind == REPLY_UNKNOWN)
		return survey_unanswered(
			survey, survey->domain, REPLY_MX, survey->mx.failure);
	for (size_t i = 0; !result && i < survey->host_count; i++)
		if (survey->hosts[i].ours && *survey->hosts[i].name)
			result = check_tlsa(
				survey, survey->hosts[i].name, &published);
	/* Before the switch, this relay is looked at by its name. */
	if (!result && !survey->listed && survey->relay->host_count)
		result =
			check_tlsa(survey, survey->relay->hosts[0], &published);
	if (!result && !survey->said)
		return survey_pass(survey,
			published ? "this host has the key of a TLSA record"
				  : "no TLSA record is published for this "
				    "relay");
	return result;
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

		result = reply_ask_addresses(
			survey->source, survey->arena, name, &addresses);
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
	result = reply_ask(survey->source, survey->arena, NULL, reverse,
		REPLY_PTR, &names);
	if (result)
		return result;
	if (names.kind == REPLY_UNKNOWN)
		return survey_unanswered(
			survey, reverse, REPLY_PTR, names.failure);
	result = leads_back(survey, address, &names, &back);
	if (result || back)
		return result;
	return survey_say(survey, DIAGNOSIS_FAIL,
		names.count
			? survey_text(survey,
				  "%s has the name %s, which does not lead "
				  "back to it",
				  address, names.records[0].data.data)
			: survey_text(survey, "%s has no name (PTR)", address),
		"Many receivers refuse mail from such an address.",
		survey_text(survey,
			"Let the provider of %s set its PTR record to %s, "
			"whose A or AAAA record must be %s.",
			address, helo_name(survey), address));
}

int sending_check_ptr(struct survey *survey)
{
	int result = 0;

	for (size_t i = 0; !result && i < survey->relay->address_count; i++)
		result = check_address(survey, survey->relay->addresses[i]);
	if (!result && !survey->relay->address_count)
		return survey_skip(survey,
			"no address of this relay is known; use --address");
	return result;
}

int sending_check_helo(struct survey *survey)
{
	const char *name = helo_name(survey);
	struct reply addresses;
	int result;

	if (!survey->relay->host_count)
		return survey_skip(
			survey, "no name of this relay is known; use --host");
	result = reply_ask_addresses(
		survey->source, survey->arena, name, &addresses);
	if (result)
		return result;
	if (addresses.kind == REPLY_UNKNOWN)
		return survey_unanswered(
			survey, name, REPLY_A, addresses.failure);
	if (addresses.count)
		return 0;
	return survey_say(survey, DIAGNOSIS_WARN,
		survey_text(survey, "the HELO name %s has no address", name),
		"Some receivers refuse mail from a host that greets them so.",
		survey_text(survey,
			"Give %s an A or AAAA record, or set myhostname of "
			"Postfix to a name that has one.",
			name));
}
