/*
 * convert: makes rules from what directories export.
 */
#ifndef READDRESS_CONVERT_CONVERT_H
#define READDRESS_CONVERT_CONVERT_H

/*
 * The wing convert/: rules from the exports of directories and other mail
 * systems. Its readers are pure functions of a text in memory, one for each
 * format. What an export has is one of two things: mailboxes with their
 * addresses, of which one is the target, or pairs of source and target.
 *
 *   encoding     UTF-16 to UTF-8
 *   record        mailboxes, pairs, and what is left out
 *   addresslist  the addresses in one field
 *   sheet        CSV with named columns
 *   exchange     mailboxes and address rewrite entries of Exchange
 *   google       users and aliases of Google Workspace
 *   ldif         the records of a directory
 *   postfixmap   virtual(5) and canonical(5)
 *   columns      two columns of any CSV
 *   format       finds the format, and reads it
 *   imceaex      what becomes of an X500 address outside Exchange
 */

#include "convert/record.h"
#include "convert/format.h"
#include "csv/csvstart.h"
#include "rules/row.h"

struct convert_options {
	enum format format; /* FORMAT_FOUND: find it */
	struct csvstart_columns columns;
	/* The domains that outsiders write to, as keys (address_domain_key());
	 * "*.a.com" is any domain below a.com. */
	const struct bytes *domains;
	size_t domain_count;
	bool outbound; /* rules for outbound, not for inbound */
	bool imceaex;  /* X500 addresses are sources, too */
	bool allow_utf8;
	const char *name; /* of the file in messages */
	/* Called for rows that no table accepts, and for errors, with a line
	 * like "users.csv:17: ...", each for the first 20 and how many more
	 * there are; may be NULL. */
	void (*complain)(void *context, const char *line);
	void *context;
};

struct convert_result {
	enum format format;
	struct rows rows;   /* sorted; the caller frees rows.rows */
	uint64_t mailboxes; /* with an address; 0 for an export of pairs */
	uint64_t pairs;
	uint64_t several; /* mailboxes with several addresses outside */
	uint64_t left[RECORD_LEFTS];
};

/*
 * Makes rules from an export. For mailboxes, an inbound rule leads from each of
 * their addresses in the domains to the target: the address that the directory
 * names as such (record.h), else the primary one if it is outside of the
 * domains, else the first one that is. An outbound rule leads from each address
 * outside to the primary one if that is in the domains. Of pairs, those whose
 * source (for outbound: target) is in the domains are taken; all if there are
 * none.
 *
 * Sets *result, whose rules are in arena. Returns 0; ERR_USAGE if mailboxes
 * need domains and there are none; ERR_BAD if the text cannot be read, or if
 * two rules have the same source and different targets (complain was then
 * called); ERR_NOMEM.
 */
int convert_read(struct bytes text, const struct convert_options *options,
	struct arena *arena, struct convert_result *result,
	struct error *error) MUST_CHECK;

#endif
