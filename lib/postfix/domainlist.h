/*
 * domainlist: the values of relay_domains, mydestination and other lists of
 * domains (postconf(5)), matched as Postfix matches them: words, "!word",
 * tables as "type:name", and the name of a file.
 */
#ifndef READDRESS_POSTFIX_DOMAINLIST_H
#define READDRESS_POSTFIX_DOMAINLIST_H

#include "base/bytes.h"

enum domainlist_answer {
	DOMAINLIST_NO,
	DOMAINLIST_YES,
	DOMAINLIST_UNKNOWN /* a table that could not be asked, or a file,
			      decides it */
};

/* How the list matches the parent domains of a name, beside the name itself. */
enum domainlist_parents {
	DOMAINLIST_EXACT,    /* not at all, as mydestination */
	DOMAINLIST_DOTTED,   /* ".example.com" matches what is below it */
	DOMAINLIST_INCLUDING /* "example.com" does (relay_domains, while
				parent_domain_matches_subdomains has it) */
};

/* Asks a table of Postfix, such as "hash:/etc/postfix/relay". Returns 1 if it
 * has the key, 0 if not, or a negative number if that cannot be known. */
typedef int domainlist_ask(void *context, struct bytes table, struct bytes key);

/* Returns whether the list has the domain, which is in lower case. ask may be
 * NULL: then no table can be asked. */
enum domainlist_answer domainlist_match(const char *list, struct bytes domain,
	enum domainlist_parents parents, domainlist_ask *ask, void *context);

#endif
