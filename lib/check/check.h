/*
 * check: finds rules that are valid but doubtful, by comparing the tables of a
 * map with each other. It reads the map and changes nothing.
 *
 * A rewritten address is never looked up again. Most findings are rules whose
 * author expected a second look-up, or answers that take another way than the
 * mail that they answer.
 */
#ifndef READDRESS_CHECK_CHECK_H
#define READDRESS_CHECK_CHECK_H

/*
 * The wing check/: finds rules that are valid but doubtful, and makes the
 * inverse of a table. Nothing here changes a map.
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
 * Calls options->found for each finding. The order is the same for the same
 * rules: the empty outbound table; the rules of inbound, then of outbound,
 * sorted by source; many to one, sorted by source; domains that are not served,
 * sorted by domain; the findings of checkdomains.h; the rows of routes, sorted
 * by source. n rules take O(n log n) time and 16 bytes of memory each, and some
 * 150 for each domain.
 *
 * Returns 0; or what options->found returned, if that was not 0; or ERR_NOMEM;
 * or ERR_IO or ERR_BAD if the map cannot be read.
 */
int check_map(const struct map *map, const struct check_options *options,
	struct error *error) MUST_CHECK;

#endif
