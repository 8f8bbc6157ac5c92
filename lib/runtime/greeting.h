/*
 * greeting: runtime_dir/greetings, by which `readdress postfix --apply` learns
 * that a service of Postfix asks the milter. The tool says MAIL to the service
 * with a sender that no one else has, and the milter notes the senders of this
 * form that it saw. Tested by tests/unit/runtime/test_greeting.c.
 */
#ifndef READDRESS_RUNTIME_GREETING_H
#define READDRESS_RUNTIME_GREETING_H

#include <stdint.h>

#include "base/error.h"

#define GREETING_DIGITS 32 /* hex digits of a token */
#define GREETING_SLOTS	64 /* the last tokens that are kept */

/* The number that makes the sender of one greeting unlike others. */
struct greeting {
	uint64_t halves[2];
};

/* Writes the local part of the sender, "readdress-check.TOKEN", and a NUL. */
#define GREETING_TEXT (sizeof "readdress-check." + GREETING_DIGITS)
void greeting_format(const struct greeting *greeting, char text[GREETING_TEXT]);

/* Reads the argument of MAIL, with its angle brackets or without. Returns false
 * if it is not the sender of a greeting. */
bool greeting_parse(struct bytes sender, struct greeting *greeting);

/* Replaces the file with count greetings. Returns 0, or ERR_NOENT, ERR_PERM,
 * ERR_NOMEM, ERR_IO or ERR_CREATE. */
int greeting_write(const char *runtime_dir, const struct greeting *greetings,
	size_t count, struct error *error) MUST_CHECK;

/* True if the file has the greeting. */
bool greeting_is_noted(
	const char *runtime_dir, const struct greeting *greeting);

#endif
