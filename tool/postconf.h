/*
 * postconf: runs postconf(1) and reads the configuration of a Postfix instance
 * from what it prints; runs postmap(1) to look up keys in its tables. Tested by
 * tests/e2e/doctor.test.
 */
#ifndef READDRESS_TOOL_POSTCONF_H
#define READDRESS_TOOL_POSTCONF_H

#include "base/error.h"
#include "postfix/postfix.h"

/*
 * Runs postconf(1), from PATH or /usr/sbin, on the directory that holds main.cf
 * and master.cf; NULL: the directory of Postfix itself. *expanded gets every
 * parameter and service with each $name replaced, *written what the two files
 * set, as it is written there. postfix_close() both. Returns 0; ERR_CONFIG if
 * there is no Postfix, or if postconf cannot read the files, with its own text;
 * ERR_BAD if its output is not understood; ERR_NOMEM or ERR_IO.
 */
int postconf_read(const char *directory, struct postfix **expanded,
	struct postfix **written, struct error *error) MUST_CHECK;

/* Runs postmap(1), which is found likewise, to look up a key in a table such as
 * "hash:/etc/postfix/relay". directory is that of main.cf. Returns 1 if the
 * table has the key, 0 if not, or -1 if it cannot be known, for example because
 * there is no such table. */
int postconf_ask(
	const char *directory, const char *table, const char *key) MUST_CHECK;

#endif
