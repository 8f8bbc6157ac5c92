/*
 * postconf: runs postconf(1) and reads the configuration of a Postfix instance
 * from what it prints; runs postmap(1) to look up keys in its tables. Tested by
 * tests/e2e/doctor.test.
 */
#ifndef READDRESS_TOOL_POSTCONF_H
#define READDRESS_TOOL_POSTCONF_H

#include "base/error.h"
#include "postfix/postfix.h"
#include "postfix/postmap.h"

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

/* What tables and files of an instance say. */
struct postconf_tables {
	const char *directory; /* of main.cf */
	char *text;	       /* what was said last; free() it in the end */
	struct postmap postmap;
};

/* Makes ready tables that are asked by postmap(1), which is found likewise, and
 * files that are read. directory is that of main.cf and must live as long.
 * postconf_close_tables() them. */
void postconf_open_tables(
	struct postconf_tables *tables, const char *directory, bool all);
void postconf_close_tables(struct postconf_tables *tables);

/* Does the same for the defaults of all parameters, which are those of the
 * program itself. */
int postconf_read_defaults(
	struct postfix **defaults, struct error *error) MUST_CHECK;

/* Runs a program of Postfix, which is found likewise, and waits for its end.
 * arguments[0] is its name; NULL follows the last. *said becomes what it
 * printed on standard output, which the caller must free(); said may be NULL.
 * Returns 0; ERR_CONFIG if it failed, with the last line that it printed on
 * standard error; ERR_NOMEM or ERR_IO. */
int postconf_call(const char *const *arguments, char **said,
	struct error *error) MUST_CHECK;

/* Returns the process number of the master(8) of the instance with that
 * configuration if it runs, or 0. */
int postconf_master(const struct postfix *expanded);

#endif
