#include "dns/spf.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "dns/spfterm.h"

#define NAMES_MAX 10 /* of an MX set or of a client (section 4.6.4) */

/* What is passed down into included records. */
struct evaluation {
	struct spf *spf;
	bool v6;
	unsigned char octets[16]; /* the client; IPv4: the first 4 */
};

/* The outcome of one record. */
struct outcome {
	enum spf_result result;
	const char *reason;
};

static const char *describe(struct spf *spf, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static const char *describe(struct spf *spf, const char *format, ...)
{
	const char *text;
	va_list args;

	va_start(args, format);
	text = arena_vformat(spf->arena, format, args);
	va_end(args);
	return text;
}

#define SHOWN(text) (int)((text).len < 200 ? (text).len : 200), (text).data

static int stop(
	struct outcome *outcome, enum spf_result result, const char *reason)
{
	outcome->result = result;
	outcome->reason = reason;
	return reason ? 0 : ERR_NOMEM;
}

static bool is_error(enum spf_result result)
{
	return result == SPF_TEMPERROR || result == SPF_PERMERROR;
}

/* Asks, and sets *outcome to SPF_TEMPERROR if nobody answers. */
static int ask(struct evaluation *evaluation, const char *name,
	enum reply_type type, struct reply *answer, struct outcome *outcome)
{
	struct spf *spf = evaluation->spf;
	int result =
		reply_ask(spf->source, spf->arena, NULL, name, type, answer);

	if (result || answer->kind != REPLY_UNKNOWN)
		return result;
	return stop(outcome, SPF_TEMPERROR,
		describe(spf, "the question \"%s %s\" was not answered: %s",
			name, reply_type_name(type), answer->failure));
}

/* Counts a look-up of a term. */
static int count_lookup(struct evaluation *evaluation, struct outcome *outcome)
{
	struct spf *spf = evaluation->spf;

	if (++spf->lookups <= SPF_LOOKUPS_MAX)
		return 0;
	return stop(outcome, SPF_PERMERROR,
		describe(spf, "it needs more than %d look-ups",
			SPF_LOOKUPS_MAX));
}

static int count_void(struct evaluation *evaluation, const struct reply *answer,
	struct outcome *outcome)
{
	struct spf *spf = evaluation->spf;

	if (answer->kind != REPLY_NO_RECORD && answer->kind != REPLY_NO_NAME)
		return 0;
	if (++spf->voids <= SPF_VOID_MAX)
		return 0;
	return stop(outcome, SPF_PERMERROR,
		describe(spf, "more than %d of its look-ups bring nothing",
			SPF_VOID_MAX));
}

static bool same_bits(
	const unsigned char *a, const unsigned char *b, unsigned bits)
{
	unsigned char mask = (unsigned char)(0xff00u >> (bits % 8));

	if (memcmp(a, b, bits / 8) != 0)
		return false;
	return !(bits % 8) || !((a[bits / 8] ^ b[bits / 8]) & mask);
}

static bool matches(const struct evaluation *evaluation,
	const struct spfterm *term, const char *address)
{
	unsigned char octets[16];

	return inet_pton(evaluation->v6 ? AF_INET6 : AF_INET, address,
		       octets) == 1 &&
	       same_bits(octets, evaluation->octets,
		       evaluation->v6 ? term->v6_prefix : term->v4_prefix);
}

static enum reply_type address_type(const struct evaluation *evaluation)
{
	return evaluation->v6 ? REPLY_AAAA : REPLY_A;
}

/* Finds a name of the client that leads back to it, and that is wanted or below
 * it. wanted NULL: any, but rather the domain's. *found is NULL if there is
 * none; what the DNS does not answer is none (section 5.5). */
static int find_client_name(struct evaluation *evaluation, const char *wanted,
	const char *rather, const char **found)
{
	struct spf *spf = evaluation->spf;
	char reverse[REPLY_NAME_MAX];
	struct reply names;
	int result;

	*found = NULL;
	if (!reply_reverse_name(spf->address, reverse))
		return 0;
	result = reply_ask(
		spf->source, spf->arena, NULL, reverse, REPLY_PTR, &names);
	for (size_t i = 0; !result && i < names.count && i < NAMES_MAX; i++) {
		const char *name = names.records[i].data.data;
		const char *below = wanted ? wanted : rather;
		size_t len = strlen(name);
		size_t tail = strlen(below);
		bool in_it = len >= tail &&
			     !strcasecmp(name + len - tail, below) &&
			     (len == tail || name[len - tail - 1] == '.');
		struct reply back;

		if ((wanted && !in_it) || (*found && !in_it))
			continue;
		result = reply_ask(spf->source, spf->arena, NULL, name,
			address_type(evaluation), &back);
		for (size_t n = 0; !result && n < back.count; n++)
			if (reply_same_address(
				    back.records[n].data.data, spf->address))
				*found = name;
	}
	return result;
}

/* Writes the name that a term is about. */
static int expand(struct evaluation *evaluation, const char *domain,
	const struct spfterm *term, char name[SPFTERM_NAME_MAX],
	struct outcome *outcome)
{
	struct spf *spf = evaluation->spf;
	struct spfterm_macros macros = { "postmaster", spf->domain, domain,
		spf->address, spf->helo, NULL };
	int result;

	if (!term->domain.len) {
		(void)snprintf(name, SPFTERM_NAME_MAX, "%s", domain);
		return 0;
	}
	if (spfterm_needs_name(term->domain)) {
		result = count_lookup(evaluation, outcome);
		if (!result)
			result = find_client_name(
				evaluation, NULL, domain, &macros.validated);
		if (result || is_error(outcome->result))
			return result;
	}
	if (spfterm_expand(term->domain, &macros, name))
		return 0;
	return stop(outcome, SPF_PERMERROR,
		describe(spf, "\"%.*s\" leads to no name", SHOWN(term->text)));
}

static int match_addresses(struct evaluation *evaluation,
	const struct spfterm *term, const char *name, bool counts,
	struct outcome *outcome, bool *match)
{
	struct reply answer;
	int result = ask(
		evaluation, name, address_type(evaluation), &answer, outcome);

	if (!result && counts && !is_error(outcome->result))
		result = count_void(evaluation, &answer, outcome);
	if (result || is_error(outcome->result))
		return result;
	for (size_t i = 0; i < answer.count; i++)
		if (matches(evaluation, term, answer.records[i].data.data))
			*match = true;
	return 0;
}

static int match_mx(struct evaluation *evaluation, const struct spfterm *term,
	const char *name, struct outcome *outcome, bool *match)
{
	struct reply answer;
	int result = ask(evaluation, name, REPLY_MX, &answer, outcome);

	if (!result && !is_error(outcome->result))
		result = count_void(evaluation, &answer, outcome);
	if (result || is_error(outcome->result))
		return result;
	if (answer.count > NAMES_MAX)
		return stop(outcome, SPF_PERMERROR,
			describe(evaluation->spf,
				"\"%.*s\" has more than %d MX records",
				SHOWN(term->text), NAMES_MAX));
	for (size_t i = 0; !result && i < answer.count; i++)
		if (answer.records[i].data.len)
			result = match_addresses(evaluation, term,
				answer.records[i].data.data, false, outcome,
				match);
	return result;
}

static int match_exists(struct evaluation *evaluation, const char *name,
	struct outcome *outcome, bool *match)
{
	struct reply answer;
	int result = ask(evaluation, name, REPLY_A, &answer, outcome);

	if (!result && !is_error(outcome->result))
		result = count_void(evaluation, &answer, outcome);
	*match = !result && answer.count;
	return result;
}

static int evaluate(struct evaluation *evaluation, const char *domain,
	const char **record, struct outcome *outcome);

/* An included record matches if it says pass (section 5.2). */
static int match_include(struct evaluation *evaluation,
	const struct spfterm *term, const char *name, struct outcome *outcome,
	bool *match)
{
	struct outcome inner = { .result = SPF_NONE };
	const char *record;
	int result = evaluate(evaluation, name, &record, &inner);

	*match = inner.result == SPF_PASS;
	if (!result && is_error(inner.result))
		*outcome = inner;
	else if (!result && inner.result == SPF_NONE)
		return stop(outcome, SPF_PERMERROR,
			describe(evaluation->spf,
				"\"%.*s\": %s has no SPF record",
				SHOWN(term->text), name));
	return result;
}

static int match_ptr(
	struct evaluation *evaluation, const char *name, bool *match)
{
	const char *found;
	int result = find_client_name(evaluation, name, name, &found);

	*match = found != NULL;
	return result;
}

/* Tries a mechanism. */
static int match_term(struct evaluation *evaluation, const char *domain,
	const struct spfterm *term, struct outcome *outcome, bool *match)
{
	char name[SPFTERM_NAME_MAX];
	int result;

	*match = term->kind == SPFTERM_ALL;
	if (term->kind == SPFTERM_ALL)
		return 0;
	if (term->kind == SPFTERM_IP4 || term->kind == SPFTERM_IP6) {
		bool v6 = term->kind == SPFTERM_IP6;

		*match = evaluation->v6 == v6 &&
			 same_bits(term->octets, evaluation->octets,
				 v6 ? term->v6_prefix : term->v4_prefix);
		return 0;
	}
	result = count_lookup(evaluation, outcome);
	if (!result && !is_error(outcome->result))
		result = expand(evaluation, domain, term, name, outcome);
	if (result || is_error(outcome->result))
		return result;
	switch ((int)term->kind) {
	case SPFTERM_INCLUDE:
		return match_include(evaluation, term, name, outcome, match);
	case SPFTERM_MX:
		return match_mx(evaluation, term, name, outcome, match);
	case SPFTERM_PTR:
		return match_ptr(evaluation, name, match);
	case SPFTERM_EXISTS:
		return match_exists(evaluation, name, outcome, match);
	default: /* a */
		return match_addresses(
			evaluation, term, name, true, outcome, match);
	}
}

static enum spf_result qualified(char qualifier)
{
	switch (qualifier) {
	case '-':
		return SPF_FAIL;
	case '~':
		return SPF_SOFTFAIL;
	case '?':
		return SPF_NEUTRAL;
	default:
		return SPF_PASS;
	}
}

/* Reads all terms: what is wrong anywhere makes the record useless (section
 * 4.6). *redirect and *all become what the record has. */
static int check_syntax(struct evaluation *evaluation, struct bytes terms,
	struct spfterm *redirect, bool *all, struct outcome *outcome)
{
	struct spfterm term;
	bool seen[SPFTERM_OTHER + 1] = { false };
	int found;

	redirect->text.len = 0;
	while ((found = spfterm_next(&terms, &term)) > 0) {
		bool twice =
			seen[term.kind] && (term.kind == SPFTERM_REDIRECT ||
						   term.kind == SPFTERM_EXP);

		if (twice)
			break;
		seen[term.kind] = true;
		if (term.kind == SPFTERM_REDIRECT)
			*redirect = term;
	}
	*all = seen[SPFTERM_ALL];
	if (!found)
		return 0;
	return stop(outcome, SPF_PERMERROR,
		describe(evaluation->spf, "\"%.*s\" is %s", SHOWN(term.text),
			found < 0 ? "a syntax error" : "there twice"));
}

/* Continues with the record of another domain (section 6.1). */
static int follow_redirect(struct evaluation *evaluation, const char *domain,
	const struct spfterm *redirect, struct outcome *outcome)
{
	char name[SPFTERM_NAME_MAX];
	const char *record;
	int result = count_lookup(evaluation, outcome);

	if (!result && !is_error(outcome->result))
		result = expand(evaluation, domain, redirect, name, outcome);
	if (!result && !is_error(outcome->result))
		result = evaluate(evaluation, name, &record, outcome);
	if (result || outcome->result != SPF_NONE)
		return result;
	return stop(outcome, SPF_PERMERROR,
		describe(evaluation->spf, "\"%.*s\": %s has no SPF record",
			SHOWN(redirect->text), name));
}

static int evaluate_terms(struct evaluation *evaluation, const char *domain,
	struct bytes terms, struct outcome *outcome)
{
	struct spfterm redirect;
	struct spfterm term;
	struct outcome first = { .result = SPF_NEUTRAL };
	bool matched = false;
	bool all = false;
	int result = check_syntax(evaluation, terms, &redirect, &all, outcome);

	first.reason = "nothing in it matches";
	while (!result && !is_error(outcome->result) &&
		spfterm_next(&terms, &term) > 0) {
		bool match = false;

		if (term.kind >= SPFTERM_REDIRECT)
			continue;
		result = match_term(evaluation, domain, &term, outcome, &match);
		if (!result && match && !matched &&
			!is_error(outcome->result)) {
			matched = true;
			result = stop(&first, qualified(term.qualifier),
				describe(evaluation->spf, "%.*s",
					SHOWN(term.text)));
		}
		if (term.kind == SPFTERM_ALL)
			break;
	}
	if (!result && !is_error(outcome->result) && redirect.text.len &&
		!all) {
		result =
			follow_redirect(evaluation, domain, &redirect, outcome);
		if (!matched)
			return result;
	}
	if (!result && !is_error(outcome->result))
		*outcome = first;
	return result;
}

/* Evaluates the record of a domain, which is *record. outcome->result begins as
 * SPF_NONE. It calls itself for included records; each is a look-up, so not
 * more than SPF_LOOKUPS_MAX deep. */
static int evaluate(struct evaluation *evaluation, const char *domain,
	const char **record, struct outcome *outcome)
{
	struct reply answer;
	struct bytes terms = { NULL, 0 };
	size_t count = 0;
	int result = ask(evaluation, domain, REPLY_TXT, &answer, outcome);

	*record = NULL;
	if (result || is_error(outcome->result))
		return result;
	for (size_t i = 0; i < answer.count; i++) {
		struct bytes text = answer.records[i].data;

		if (!spfterm_begin(&text))
			continue;
		if (!count++)
			*record = answer.records[i].data.data;
		terms = text;
	}
	if (!count)
		return 0;
	if (count > 1)
		return stop(outcome, SPF_PERMERROR,
			describe(evaluation->spf, "%s has %zu SPF records",
				domain, count));
	return evaluate_terms(evaluation, domain, terms, outcome);
}

int spf_check(struct spf *spf)
{
	struct evaluation evaluation = { .spf = spf };
	struct outcome outcome = { .result = SPF_NONE };
	int result;

	spf->lookups = 0;
	spf->voids = 0;
	evaluation.v6 = strchr(spf->address, ':') != NULL;
	if (inet_pton(evaluation.v6 ? AF_INET6 : AF_INET, spf->address,
		    evaluation.octets) != 1)
		memset(evaluation.octets, 0, sizeof evaluation.octets);
	result = evaluate(&evaluation, spf->domain, &spf->record, &outcome);
	spf->result = outcome.result;
	spf->reason = outcome.reason;
	return result;
}

const char *spf_result_name(enum spf_result result)
{
	switch (result) {
	case SPF_NONE:
		return "none";
	case SPF_NEUTRAL:
		return "neutral";
	case SPF_PASS:
		return "pass";
	case SPF_FAIL:
		return "fail";
	case SPF_SOFTFAIL:
		return "softfail";
	case SPF_TEMPERROR:
		return "temperror";
	case SPF_PERMERROR:
		break;
	}
	return "permerror";
}
