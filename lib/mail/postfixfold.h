/*
 * postfixfold: what Postfix alone believes of addresses. It cuts paths at the
 * first colon, compares addresses without their quotes and with their case
 * folded, and keeps an ORCPT without xtext. A recipient is deleted by the text
 * that Postfix holds, and an add that Postfix takes for a duplicate is dropped
 * without a word, so these must be its rules to the byte (measured with Postfix
 * 3.7). RFC 5321's grammar, by which tables and headers are read, is in
 * address.h.
 */
#ifndef READDRESS_MAIL_POSTFIXFOLD_H
#define READDRESS_MAIL_POSTFIXFOLD_H

#include "base/arena.h"

/*
 * What smtpd(8) takes for the address in the argument of MAIL FROM and RCPT TO:
 * the argument without the "<" and ">" around it; and then, if it begins with
 * "@", without everything up to the first ":", whether that is a source route
 * or not, in quotes and brackets, too ("@a,:b@c", "@[IPv6:::1]:b@c"). Always
 * succeeds; points into argument.
 */
struct bytes postfixfold_path(const char *argument);

/* Returns 1 if both texts are one to Postfix, which folds case in domains, too:
 * it takes U+00DF for "ss", which IDNA2008 tells apart; 0 if they are two, or
 * not UTF-8; ERR_NOMEM. */
int postfixfold_is_same(struct bytes a, struct bytes b) MUST_CHECK;

/*
 * The texts that Postfix compares, in arena; or the argument itself where it is
 * not UTF-8. An address: without quotes and without the dot at its end. An
 * ORCPT, with its type, as a milter hands it to Postfix: without xtext. The
 * ORCPT that smtpd(8) makes of RCPT TO's argument when the client gave none.
 * All return 0 or ERR_NOMEM.
 */
int postfixfold_address(struct arena *arena, struct bytes address,
	struct bytes *folded) MUST_CHECK;
int postfixfold_orcpt(struct arena *arena, const char *orcpt,
	struct bytes *folded) MUST_CHECK;
int postfixfold_made_orcpt(struct arena *arena, const char *argument,
	struct bytes *folded) MUST_CHECK;

#endif
