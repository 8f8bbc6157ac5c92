/*
 * check: rules that are valid and yet doubtful, found by holding the tables
 * against each other. Pure: reads a map, changes nothing.
 *
 * A rule's first-hand effect is one look-up, never repeated; most of what is
 * found here comes from people who expect a second one, or answers that take
 * another way than the mail they answer.
 */
#ifndef READDRESS_CHECK_CHECK_H
#define READDRESS_CHECK_CHECK_H

/*
 * The wing check/: rules that are valid and yet doubtful, and the table that
 * turns another one back. Nothing here changes a map.
 *
 *   node          an end of a rule, and where the rules lead from it
 *   checktargets  the rules that lead to one target
 *   finding       a finding: its kind, its words, its severity
 *   roundtrip     true if one table is the inverse of the other for a rule
 *   checkrule     findings about one rule
 *   checkdomains  findings about domains
 *   checkgroup    findings of one kind about one domain, as one
 *   invert        makes the other table from one
 */

#include "check/finding.h"

/*
 * Findings come in this order, the same for the same rules: the empty outbound
 * table, inbound by source, outbound by source, many to one by target, domains
 * not served by domain, what checkdomains.h finds, routes by source. Time n log
 * n; some 250 bytes of memory for each rule. Returns 0, what found returned, or
 * ERR_NOMEM, ERR_IO, ERR_BAD.
 */
int check_map(const struct map *map, const struct check_options *options,
	struct error *error) MUST_CHECK;

#endif
