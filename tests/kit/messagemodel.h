/*
 * messagemodel: messages to random recipients of rulesmodel.h, as Postfix holds
 * them and as smtpd(8) shows them to a milter.
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
	/* Of each recipient: */
	unsigned address[RECIPIENTS];
	enum form form[RECIPIENTS];
	char held[RECIPIENTS][POSTFIX_TEXT];  /* in Postfix, without quotes */
	char orcpt[RECIPIENTS][POSTFIX_TEXT]; /* as Postfix has it */
	char text[RECIPIENTS][SPELT];	      /* RCPT TO's argument */
	char resolved[RECIPIENTS][SPELT];     /* {rcpt_addr} */
	struct decide_recipient recipients[RECIPIENTS];
	/* By address: who is a recipient before the rules and after them;
	 * wanted holds those of after that another address becomes. */
	bool before[ADDRESSES];
	bool after[ADDRESSES];
	bool wanted[ADDRESSES];
};

/* True if the recipient has no rule and stays, whatever becomes of its address:
 * Postfix did not complete it. */
bool messagemodel_stays(const struct message *message, size_t i);

/* Makes a message, and points the view's recipients to it. Returns false if the
 * model does not know what becomes of one of them. */
bool messagemodel_make(const struct model *model, struct message *message,
	struct decide_message *view);

#endif
