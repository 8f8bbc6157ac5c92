/*
 * messagemodel: random recipients, as Postfix holds them and as smtpd(8) shows
 * them to a milter.
 */
#ifndef READDRESS_MESSAGEMODEL_H
#define READDRESS_MESSAGEMODEL_H

#include "kit/postfixmodel.h"
#include "kit/rulesmodel.h"

#include "decide/decide.h"

#define RECIPIENTS 12
#define SPELT	   (2 * POSTFIX_TEXT)

/* How a client names a recipient to Postfix. */
enum form {
	AS_SHOWN,
	DOT,	 /* "b@p.test." */
	BARE,	 /* "b" */
	PERCENT, /* "b%p.test" */
	BANG,	 /* "p.test!b" */
	FORMS
};

struct message {
	bool unresolved; /* there is no {rcpt_addr}: "b" is no address */
	unsigned count;
	unsigned address[RECIPIENTS];
	enum form form[RECIPIENTS];
	char held[RECIPIENTS][POSTFIX_TEXT];
	char orcpt[RECIPIENTS][POSTFIX_TEXT]; /* as Postfix has it */
	char text[RECIPIENTS][SPELT];
	char resolved[RECIPIENTS][SPELT];
	struct decide_recipient recipients[RECIPIENTS];
	bool before[ADDRESSES];
	bool after[ADDRESSES];
	bool wanted[ADDRESSES]; /* of after, what others become */
};

static inline enum form choose_form(unsigned address)
{
	unsigned local = address / DOMAINS;
	enum form form = below(2) ? AS_SHOWN : (enum form)below(FORMS);

	if (form > DOT && (local >= PLAIN || is_quoted(locals[local])))
		form = DOT;
	if (form == BARE && address % DOMAINS)
		form = DOT;
	return form;
}

/* As Postfix holds it. */
static inline void write_held(char *out, unsigned address, enum form form)
{
	static const char *const between[FORMS] = { "@", "@", "", "%", "" };
	bool sharp = address % DOMAINS == 4 && below(3) == 0;
	const char *domain = sharp ? sharp_domain : domains[address % DOMAINS];

	(void)snprintf(out, POSTFIX_TEXT, "%s%s%s%s%s%s",
		form == BANG ? domain : "", form == BANG ? "!" : "",
		locals[address / DOMAINS], between[form],
		form == BANG || form == BARE ? "" : domain,
		form == DOT ? "." : "");
	for (char *c = out; *c; c++)
		if (below(6) == 0)
			*c = (char)toupper((unsigned char)*c);
}

/* With quotes, at times also where they need not be. */
static inline void write_quoted(char *out, const char *held, bool quotes)
{
	const char *at = strrchr(held, '@');
	char local[POSTFIX_TEXT];

	if (!at) {
		(void)snprintf(out, SPELT, "%s", held);
		return;
	}
	(void)snprintf(local, sizeof local, "%.*s", (int)(at - held), held);
	quotes = quotes || is_quoted(local);
	(void)snprintf(out, SPELT, "%s%s%s%s", quotes ? "\"" : "", local,
		quotes ? "\"" : "", at);
}

/* It has no rule and stays, whatever becomes of its address. */
static inline bool is_no_address(const struct message *message, size_t i)
{
	return i < message->count && message->unresolved &&
	       message->form[i] > DOT;
}

static inline void spell_smtp(struct message *message, unsigned i)
{
	static const char *const notify[] = { NULL, NULL, "NEVER", "SUCCESS",
		"DELAY" };
	static const char *const orcpts[] = { "rfc822;l@f.test",
		"RFC822;L@F.test", "rfc822;+4C@f.test", "rfc822;a@strasse.test",
		"rfc822;b@xn--strae-oqa.test", "rfc822;a@xn--strae-oqa.test",
		"utf-8;a@stra\\x{DF}e.test", "rfc822;+6c@f.test",
		"rfc822;b@strasse.test" };
	struct decide_recipient *one = &message->recipients[i];
	bool angle = below(4) != 0;
	char clean[POSTFIX_TEXT];
	char path[SPELT];

	write_quoted(path, message->held[i],
		message->form[i] < BARE && below(3) == 0);
	(void)snprintf(message->text[i], SPELT, "%s%s%.400s%s",
		angle ? "<" : "", angle && below(6) == 0 ? "@hop,:" : "",
		path, angle ? ">" : "");
	one->address = message->text[i];
	one->notify = notify[below(5)];
	one->orcpt = below(3) ? NULL : orcpts[below(9)];
	if (message->form[i] > DOT && !message->unresolved) {
		postfix_complete(domains[0], message->held[i], clean);
		write_quoted(message->resolved[i], clean, false);
		one->resolved = message->resolved[i];
	}
	if (one->orcpt)
		(void)snprintf(
			message->orcpt[i], POSTFIX_TEXT, "%s", one->orcpt);
	else
		(void)snprintf(message->orcpt[i], POSTFIX_TEXT, "rfc822;%.*s",
			(int)strlen(message->text[i]) - 2 * angle,
			message->text[i] + angle);
}

static inline bool make_message(const struct model *model,
	struct message *message, struct decide_message *view)
{
	unsigned often[2] = { below(LOCALS), below(LOCALS) };

	memset(message, 0, sizeof *message);
	message->unresolved = below(4) == 0;
	message->count = 1 + below(RECIPIENTS);
	for (unsigned i = 0; i < message->count; i++) {
		unsigned any = below(5);
		unsigned address =
			below(DOMAINS) +
			DOMAINS * (any < 2 ? below(LOCALS) : often[any % 2]);
		bool set[ADDRESSES] = { false };

		message->address[i] = address;
		message->form[i] = choose_form(address);
		write_held(message->held[i], address, message->form[i]);
		spell_smtp(message, i);
		if (is_no_address(message, i))
			continue;
		message->before[address] = true;
		if (!apply(model, address, set))
			return false;
		for (unsigned k = 0; k < ADDRESSES; k++) {
			message->after[k] |= set[k];
			message->wanted[k] |= set[k] && k != address;
		}
	}
	view->recipients = message->recipients;
	view->recipient_count = message->count;
	return true;
}

#endif
