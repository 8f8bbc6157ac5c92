/*
 * reference: references to parameters of our own, "$readdress_domains", within
 * the values of other parameters: put in beside what is there, and taken out so
 * that what was there before is there again, byte for byte.
 *
 * A list gets the reference as one more word. If the list was set to nothing,
 * or to its default, the reference is spelt "${readdress_domains}", and thus
 * tells that the parameter was set. Any other value becomes
 * "${readdress_x?{$readdress_x}:{500}}", which Postfix takes for the value of
 * readdress_x, and which keeps the value of before; a parameter that was not
 * set becomes "$readdress_x".
 *
 * The texts that are returned are in the arena, or NULL when it is exhausted.
 */
#ifndef READDRESS_SETUP_REFERENCE_H
#define READDRESS_SETUP_REFERENCE_H

#include "base/arena.h"

#define REFERENCE_PREFIX "readdress_"

/* True if the value refers to the parameter of that name. */
bool reference_is_in(const char *value, const char *name);

/* Removes the text up to the next reference to a parameter of ours from *rest,
 * and the reference. Returns false if there is none; otherwise sets *name. */
bool reference_next(const char **rest, struct bytes *name);

/* Returns the list with a reference to name before the byte at. value is what
 * the parameter has, or else its default; set tells that it has it. */
const char *reference_add(struct arena *arena, const char *value, size_t at,
	const char *name, bool set, const char *normal) MUST_CHECK;

/* True if the braces of the value pair. */
bool reference_pairs(const char *value);

/* Returns the value that gives name in place of old; set tells that the
 * parameter has a value of its own. NULL also if old has braces that do not
 * pair, so that it could not be kept. */
const char *reference_replace(struct arena *arena, const char *old,
	const char *name, bool set) MUST_CHECK;

/* Takes the references to our parameters out of a value that has some. normal
 * is the default of the parameter. Sets *rest to what was there before, or to
 * "" if the parameter was not set. Returns 1 if it was set, 0 if not;
 * ERR_NOTFOUND if a reference stands where none of these functions put it, and
 * so it cannot be taken out; or ERR_NOMEM. */
int reference_strip(struct arena *arena, const char *value, const char *normal,
	const char **rest) MUST_CHECK;

#endif
