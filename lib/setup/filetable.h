/*
 * filetable: the answers to Postfix's look-ups as regexp_table(5) files, for a
 * Postfix that does not ask the milter. What the patterns say is what
 * answer_query() says of each rule and domain. A hash table would not do:
 * relay_domains would take the sub-domains of each domain along.
 */
#ifndef READDRESS_SETUP_FILETABLE_H
#define READDRESS_SETUP_FILETABLE_H

#include <stdio.h>

#include "routing/answer.h"

enum filetable {
	FILETABLE_DOMAINS,
	FILETABLE_MAILBOXES,
	FILETABLE_RECIPIENTS,
	FILETABLE_RECIPIENTS_OPEN,
	FILETABLE_TRANSPORT,
	FILETABLES
};

/* Returns the name by which answer_query() knows the table. */
const char *filetable_name(enum filetable table);

/* Writes the table. autoroutes may be NULL. Returns 0; ERR_NOMEM; or ERR_IO or
 * ERR_BAD if the map cannot be read. The caller looks for errors of file. */
int filetable_write(enum filetable table, const struct map *map,
	const struct config *config, const struct autoroutes *autoroutes,
	FILE *file) MUST_CHECK;

#endif
