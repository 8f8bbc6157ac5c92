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
	const char *host = diagnosis_text(
		&survey->diagnosis, "mta-sts.%s", survey->domain);
	struct survey_document document = { { NULL, 0 }, "it cannot" };
	struct policy_sts sts;
	struct reply addresses;
	enum policy_found kind = POLICY_NONE;
	const char *missing;
	int result;

	if (!host)
		return ERR_NOMEM;
	result = reply_ask_addresses(
		survey->source, survey->diagnosis.arena, host, &addresses);
	if (!result && addresses.kind == REPLY_UNKNOWN)
		return survey_unanswered(
			survey, host, REPLY_A, addresses.failure);
	if (!result && !addresses.count)
		document.failure = "the name has no address";
	else if (!result && survey->fetch)
		result = survey->fetch(survey->tool_context,
			survey->diagnosis.arena, host, POLICY_PATH, &addresses,
			&document);
	if (result)
		return result;
	if (!document.failure)
		kind = policy_read_sts(document.text, &sts);
	if (!document.failure && kind != POLICY_FOUND)
		document.failure = "it is no policy (RFC 8461)";
	if (document.failure)
		return diagnosis_say(&survey->diagnosis, DIAGNOSIS_WARN,
			diagnosis_text(&survey->diagnosis,
				"the policy at https://%s/" POLICY_PATH
				" cannot be used: %s",
				host, document.failure),
			"Who has an older policy goes on using that one until "
			"it expires; others send without one.",
			"Correct the web server, or remove the TXT record.");
	missing = find_missing(survey, &sts);
	if (!missing || !bytes_equal_nocase(sts.mode, bytes_of("enforce")))
		return diagnosis_pass(&survey->diagnosis,
			diagnosis_text(&survey->diagnosis,
				"mode %.*s; it %s %s", (int)sts.mode.len,
				sts.mode.data,
				missing ? "does not list" : "lists",
				missing ? missing : "this relay"));
	return diagnosis_say(&survey->diagnosis, DIAGNOSIS_FAIL,
		diagnosis_text(&survey->diagnosis,
			"the policy has mode enforce and does not list %s",
			missing),
		"Senders that follow it do not deliver to this relay.",
		diagnosis_text(&survey->diagnosis,
			"Add the line \"mx: %s\" to the policy and change the "
			"id in the TXT record, at least max_age before the "
			"switch.",
			missing));
}

/* A TXT record that a domain publishes once, or not at all. */
struct published {
	const char *label; /* in front of the domain */
	enum policy_found (*read)(struct bytes text);
	const char *lacks; /* what is missing of one that is damaged */
	const char *why;   /* if it cannot be used */
	const char *example;
};

/* Asks for the record. Sets *found if there is one that can be used; otherwise
 * says what there is. */
static int check_published(
	struct survey *survey, const struct published *kind, bool *found)
{
	struct diagnosis *diagnosis = &survey->diagnosis;
	const char *name =
		diagnosis_text(diagnosis, "%s.%s", kind->label, survey->domain);
	struct reply answer;
	unsigned records = 0;
	bool damaged = false;
	int result;

	*found = false;
	if (!name)
		return ERR_NOMEM;
	result = reply_ask(survey->source, diagnosis->arena, NULL, name,
		REPLY_TXT, &answer);
	if (result)
		return result;
	if (answer.kind == REPLY_UNKNOWN)
		return survey_unanswered(
			survey, name, REPLY_TXT, answer.failure);
	for (size_t i = 0; i < answer.count; i++) {
		enum policy_found one = kind->read(answer.records[i].data);

		records += one != POLICY_NONE;
		damaged = damaged || one == POLICY_DAMAGED;
	}
	if (!records)
		return diagnosis_pass(diagnosis, "none is published");
	*found = records == 1 && !damaged;
	if (*found)
		return 0;
	return diagnosis_say(diagnosis, DIAGNOSIS_WARN,
		diagnosis_text(diagnosis,
			"the TXT record %s cannot be used: found %s", name,
			damaged ? kind->lacks : "several"),
		kind->why,
		diagnosis_text(diagnosis, "Publish one TXT record at %s: %s.",
			name, kind->example));
}

static enum policy_found read_sts(struct bytes text)
{
	struct bytes id;

	return policy_read_sts_record(text, &id);
}

int security_check_mta_sts(struct survey *survey)
{
	static const struct published kind = { "_mta-sts", read_sts,
		"no valid id=", "Senders take it for none.",
		"\"v=STSv1; id=20260101000000\"" };
	bool found;
	int result = check_published(survey, &kind, &found);

	return result || !found ? result : check_sts_policy(survey);
}

int security_check_tlsrpt(struct survey *survey)
{
	static const struct published kind = { "_smtp._tls", policy_read_tlsrpt,
		"no valid rua=", "Nobody sends reports about TLS.",
		"\"v=TLSRPTv1; rua=mailto:ADDRESS\"" };
	bool found;
	int result = check_published(survey, &kind, &found);

	return result || !found ? result
				: diagnosis_pass(&survey->diagnosis,
					  "reports are asked for");
}

/* Compares the TLSA records of one name of this relay with its keys. */
static int check_tlsa(struct survey *survey, const char *host, bool *published)
{
	const char *name =
		diagnosis_text(&survey->diagnosis, "_25._tcp.%s", host);
	struct reply answer;
	int has = 0;
	int result;

	if (!name)
		return ERR_NOMEM;
	result = reply_ask(survey->source, survey->diagnosis.arena, NULL, name,
		REPLY_TLSA, &answer);
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
	return diagnosis_say(&survey->diagnosis, DIAGNOSIS_WARN,
		diagnosis_text(&survey->diagnosis,
			"%s of the TLSA records of %s: %s",
			has < 0 ? "nothing can be said" : "none", name,
			has < 0 ? "no certificate of Postfix can be read"
				: "this host has no such key"),
		"Senders that follow DANE do not deliver to a host whose key "
		"is another.",
		diagnosis_text(&survey->diagnosis,
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
	if (!result && !survey->diagnosis.said)
		return diagnosis_pass(&survey->diagnosis,
			published ? "this host has the key of a TLSA record"
				  : "no TLSA record is published for this "
				    "relay");
	return result;
}
