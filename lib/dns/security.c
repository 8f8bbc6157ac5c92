#include "dns/security.h"

#include "dns/policy.h"

#define POLICY_PATH ".well-known/mta-sts.txt"

/* Returns a name of this relay that the policy does not list; NULL: there is
 * none. Once this relay is in MX records, it is the names there that count. */
static const char *find_missing(
	const struct survey *survey, const struct policy_sts *sts)
{
	for (size_t i = 0; i < survey->host_count; i++)
		if (survey->hosts[i].ours &&
			!policy_sts_lists(sts, survey->hosts[i].name))
			return survey->hosts[i].name;
	for (size_t i = 0; !survey->listed && i < survey->relay->host_count;
		i++)
		if (policy_sts_lists(sts, survey->relay->hosts[i]))
			return NULL;
	return survey->listed ? NULL : survey_helo(survey);
}

/* Fetches and reads the policy of MTA-STS. */
static int check_sts_policy(struct survey *survey)
{
	const char *host = survey_text(survey, "mta-sts.%s", survey->domain);
	struct survey_document document = { { NULL, 0 }, "it cannot" };
	struct policy_sts sts;
	struct reply addresses;
	enum policy_found kind = POLICY_NONE;
	const char *missing;
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
	missing = find_missing(survey, &sts);
	if (!missing || !bytes_equal(sts.mode, bytes_of("enforce")))
		return survey_pass(
			survey, survey_text(survey, "mode %.*s; it %s %s",
					(int)sts.mode.len, sts.mode.data,
					missing ? "does not list" : "lists",
					missing ? missing : "this relay"));
	return survey_say(survey, DIAGNOSIS_FAIL,
		survey_text(survey,
			"the policy has mode enforce and does not list %s",
			missing),
		"Senders that follow it do not deliver to this relay.",
		survey_text(survey,
			"Add the line \"mx: %s\" to the policy and change the "
			"id in the TXT record, at least max_age before the "
			"switch.",
			missing));
}

int security_check_mta_sts(struct survey *survey)
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

int security_check_tlsrpt(struct survey *survey)
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

int security_check_dane(struct survey *survey)
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
