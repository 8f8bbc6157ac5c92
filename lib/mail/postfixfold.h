/*
 * postfixfold: how Postfix alone reads and compares addresses. It cuts paths at
 * the first colon, compares addresses without their quotes and with their case
 * folded, and keeps an ORCPT without xtext. A recipient is deleted by the text
 * that Postfix has stored, and Postfix silently drops an added recipient that
 * it takes for a duplicate. So these functions must follow its rules to the
 * byte (measured with Postfix 3.7). The grammar of RFC 5321, by which tables
 * and headers are read, is in address.h.
 */
#ifndef READDRESS_MAIL_POSTFIXFOLD_H
#define READDRESS_MAIL_POSTFIXFOLD_H

#include "base/arena.h"

/*
 * Returns what smtpd(8) takes for the address in the argument of MAIL FROM and
 * RCPT TO: the argument without the "<" and ">" around it; and then, if it
 * begins with "@", without everything up to the first ":". It does so even if
 * that is not a source route, and inside quotes and brackets, too ("@a,:b@c",
 * "@[IPv6:::1]:b@c"). Always succeeds; the result points into argument.
 */
struct bytes postfixfold_path(const char *argument);

/* Returns 1 if Postfix takes both texts for the same address. It folds case in
 * domains, too, so U+00DF equals "ss", which IDNA2008 tells apart. Returns 0 if
 * they differ or are not UTF-8; ERR_NOMEM. */
int postfixfold_is_same(struct bytes a, struct bytes b) MUST_CHECK;

/*
 * Make the texts that Postfix compares, in arena; a text that is not UTF-8 is
 * not folded.
 *
 * postfixfold_address(): an address without quotes and without a dot at its
 * end.
 *
 * postfixfold_orcpt(): an ORCPT with its type, as a milter passes it to
 * Postfix, without xtext.
 *
 * postfixfold_made_orcpt(): the ORCPT that smtpd(8) makes from the argument of
 * RCPT TO when the client sent none.
 *
 * All three return 0 or ERR_NOMEM.
 */
int postfixfold_address(struct arena *arena, struct bytes address,
	struct bytes *folded) MUST_CHECK;
int postfixfold_orcpt(struct arena *arena, const char *orcpt,
	struct bytes *folded) MUST_CHECK;
int postfixfold_made_orcpt(struct arena *arena, const char *argument,
	struct bytes *folded) MUST_CHECK;

#endif
