#include "kit/messagemodel.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static enum form choose_form(unsigned address)
{
	unsigned local = address / DOMAINS;
	enum form form =
		model_below(2) ? AS_SHOWN : (enum form)model_below(FORMS);

	if (form > DOT && (local >= PLAIN || model_quoted(model_locals[local])))
		form = DOT;
	if (form == BARE && address % DOMAINS)
		form = DOT;
	return form;
}

/* Writes the address as Postfix holds it. */
static void write_held(char *out, unsigned address, enum form form)
{
	static const char *const between[FORMS] = { "@", "@", "", "%", "" };
	bool sharp = address % DOMAINS == 4 && model_below(3) == 0;
	const char *domain =
		sharp ? model_sharp : model_domains[address % DOMAINS];

	(void)snprintf(out, POSTFIX_TEXT, "%s%s%s%s%s%s",
		form == BANG ? domain : "", form == BANG ? "!" : "",
		model_locals[address / DOMAINS], between[form],
		form == BANG || form == BARE ? "" : domain,
		form == DOT ? "." : "");
	for (char *c = out; *c; c++)
		if (model_below(6) == 0)
			*c = (char)toupper((unsigned char)*c);
}

/* Writes the address with the quotes that it needs, or with quotes anyway. */
static void write_quoted(char *out, const char *held, bool quotes)
{
	const char *at = strrchr(held, '@');
	char local[POSTFIX_TEXT];

	if (!at) {
		(void)snprintf(out, SPELT, "%s", held);
		return;
	}
	(void)snprintf(local, sizeof local, "%.*s", (int)(at - held), held);
	quotes = quotes || model_quoted(local);
	(void)snprintf(out, SPELT, "%s%s%s%s", quotes ? "\"" : "", local,
		quotes ? "\"" : "", at);
}

bool messagemodel_stays(const struct message *message, size_t i)
{
	return i < message->count && message->unresolved &&
	       message->form[i] > DOT;
}

static void spell_smtp(struct message *message, unsigned i)
{
	static const char *const notify[] = { NULL, NULL, "NEVER", "SUCCESS",
		"DELAY" };
	static const char *const orcpts[] = { "rfc822;l@f.test",
		"RFC822;L@F.test", "rfc822;+4C@f.test", "rfc822;a@strasse.test",
		"rfc822;b@xn--strae-oqa.test", "rfc822;a@xn--strae-oqa.test",
		"utf-8;a@stra\\x{DF}e.test", "rfc822;+6c@f.test",
		"rfc822;b@strasse.test" };
	struct decide_recipient *one = &message->recipients[i];
	bool angle = model_below(4) != 0;
	char spelt[SPELT];
	char clean[POSTFIX_TEXT];
	char path[SPELT];

	write_quoted(path, message->held[i],
		message->form[i] < BARE && model_below(3) == 0);
	(void)snprintf(spelt, sizeof spelt, "%s%s%.400s%s",
		angle ? "<" : "", angle && model_below(6) == 0 ? "@hop,:" : "",
		path, angle ? ">" : "");
	memcpy(message->text[i], spelt, sizeof spelt);
	one->address = message->text[i];
	one->notify = notify[model_below(5)];
	one->orcpt = model_below(3) ? NULL : orcpts[model_below(9)];
	if (message->form[i] > DOT && !message->unresolved) {
		postfix_complete(model_domains[0], message->held[i], clean);
		write_quoted(message->resolved[i], clean, false);
		one->resolved = message->resolved[i];
	}
	if (one->orcpt)
		(void)snprintf(
			message->orcpt[i], POSTFIX_TEXT, "%s", one->orcpt);
	else
		(void)snprintf(message->orcpt[i], POSTFIX_TEXT, "rfc822;%.*s",
			(int)strlen(spelt) - 2 * angle, spelt + angle);
}

bool messagemodel_make(const struct model *model, struct message *message,
	struct decide_message *view)
{
	unsigned often[2] = { model_below(LOCALS), model_below(LOCALS) };

	memset(message, 0, sizeof *message);
	message->unresolved = model_below(4) == 0;
	message->count = 1 + model_below(RECIPIENTS);
	for (unsigned i = 0; i < message->count; i++) {
		unsigned any = model_below(5);
		unsigned address = model_below(DOMAINS) +
				   DOMAINS * (any < 2 ? model_below(LOCALS)
						      : often[any % 2]);
		bool set[ADDRESSES] = { false };

		message->address[i] = address;
		message->form[i] = choose_form(address);
		write_held(message->held[i], address, message->form[i]);
		spell_smtp(message, i);
		if (messagemodel_stays(message, i))
			continue;
		message->before[address] = true;
		if (!model_apply(model, address, set))
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
