/*
 * tally: what a check of doctor counts while it goes through the rules: names
 * for one finding, beside those for which nothing can be known.
 */
#ifndef READDRESS_DIAGNOSIS_TALLY_H
#define READDRESS_DIAGNOSIS_TALLY_H

#include "diagnosis/diagnosis.h"

#define TALLY_NAMED_MAX 5 /* names in one finding */

/* Names for one finding. */
struct tally_names {
	size_t count;
	const char
		*text; /* the first TALLY_NAMED_MAX: "a.example, b.example" */
};

struct tally {
	struct diagnosis *diagnosis;
	struct map_reader *reader;
	struct tally_names names;
	struct tally_names unknown; /* where a table decides that cannot be
				       asked */
};

/* Begins a check: opens a reader of diagnosis->map, which must not be NULL.
 * tally_end() must follow, also after an error. Returns 0, or an error of
 * map_reader_open(). */
int tally_begin(struct tally *tally, struct diagnosis *diagnosis) MUST_CHECK;

/* Ends a check that had this result, and closes the reader. What the map did
 * not give, ERR_IO or ERR_BAD, is no error of the check: it is told as SKIP.
 * Returns the result, or that of diagnosis_say(). */
int tally_end(struct tally *tally, int result) MUST_CHECK;

/* Counts a name, whose text is copied. names is one of the tally's. Returns 0
 * or ERR_NOMEM. */
int tally_add(struct tally *tally, struct tally_names *names,
	struct bytes name) MUST_CHECK;

/* Returns the names as a finding lists them, "a.example, b.example and 3 more";
 * NULL if there are none, or when out of memory. */
const char *tally_tell(
	struct tally *tally, const struct tally_names *names) MUST_CHECK;

/* Tells as SKIP that what cannot be known of tally->unknown, if there are such
 * names. Returns 0, or as diagnosis_say() does. */
int tally_say_unknown(struct tally *tally, const char *what) MUST_CHECK;

/* Returns the value of the parameter in main.cf. */
const char *tally_value(const struct tally *tally, const char *name);

/* True if Postfix relays mail for the domain, so that relay_recipient_maps says
 * which users there are. */
bool tally_is_relayed(struct tally *tally, struct bytes domain);

#endif
