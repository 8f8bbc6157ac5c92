/*
 * postfixmodel: the recipients of one message as Postfix 3.7 keeps them in
 * cleanup(8), and what it makes of a milter's deletes and adds. It was written
 * from measurements and shares nothing with lib. Addresses are given without <>
 * and source route. For unit tests and fuzz targets: the program aborts if a
 * message has more than POSTFIX_MOST recipients.
 */
#ifndef READDRESS_POSTFIXMODEL_H
#define READDRESS_POSTFIXMODEL_H

#include <stdbool.h>
#include <stddef.h>

#define POSTFIX_MOST 512 /* recipients, with those that were added */
#define POSTFIX_TEXT 300 /* longest address, in bytes with its NUL */

struct postfix_recipient {
	char held[POSTFIX_TEXT];  /* without quotes; deletes look for it */
	char clean[POSTFIX_TEXT]; /* completed; where the mail goes */
	char parameters[POSTFIX_TEXT + 16]; /* ORCPT without xtext, NOTIFY */
	char *filed;  /* in the filter of duplicates; NULL: no longer */
	size_t index; /* the caller's number */
	bool deleted;
};

/* Begins as zeros, apart from what the caller sets: origin, and canonical with
 * its tables. */
struct postfix {
	const char *origin; /* the domain of addresses that have none */
	/* canonical_maps: changes a completed address; may be NULL */
	void (*canonical)(const void *tables, char clean[POSTFIX_TEXT]);
	const void *tables;
	size_t count;
	struct postfix_recipient all[POSTFIX_MOST];
};

/* Forgets all recipients, and frees what was allocated for them. */
void postfix_clear(struct postfix *postfix);

/* Writes the address without its quotes and backslashes. */
void postfix_dequote(const char *text, char out[POSTFIX_TEXT]);

/* Completes an address without quotes as trivial-rewrite(8) does. */
void postfix_complete(
	const char *origin, const char *held, char out[POSTFIX_TEXT]);

/* Adds a recipient of the client. held: without quotes. orcpt: where the client
 * gave none, smtpd(8) takes RCPT TO's argument. notify: may be NULL. Returns
 * false if Postfix drops it as a duplicate. */
bool postfix_recipient(struct postfix *postfix, const char *held,
	const char *orcpt, const char *notify, size_t index);

/* Does what smfi_addrcpt_par() does: the recipient is filed in the form that it
 * has in the queue. Returns false if Postfix drops it as a duplicate. */
bool postfix_add(struct postfix *postfix, const char *address,
	const char *esmtp, size_t index);

/* Does what smfi_delrcpt() does: deletes all recipients that are held so. The
 * filter of duplicates forgets one only if its form in the queue is the same.
 */
void postfix_delete(struct postfix *postfix, const char *address);

#endif
