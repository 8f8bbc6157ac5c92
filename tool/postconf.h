/*
 * postconf: what postconf(1) prints of a Postfix instance, parsed.
 */
#ifndef READDRESS_TOOL_POSTCONF_H
#define READDRESS_TOOL_POSTCONF_H

#include "base/error.h"
#include "postfix/postfix.h"

/*
 * Runs postconf(1), from PATH or /usr/sbin, on the directory that holds main.cf
 * and master.cf; NULL: Postfix's own. *expanded gets every parameter and
 * service with each $name replaced, *written what the two files set, as it is
 * written there. The caller gives both to postfix_close(). Returns 0;
 * ERR_CONFIG when there is no Postfix, or when it cannot read its files, with
 * its own words; ERR_NOMEM; ERR_IO; ERR_BAD when its output is not understood.
 */
int postconf_read(const char *directory, struct postfix **expanded,
	struct postfix **written, struct error *error) MUST_CHECK;

#endif
