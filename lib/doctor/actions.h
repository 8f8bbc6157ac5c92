/*
 * actions: the entries of tables whose values are actions: header_checks(5),
 * access(5). They are read as texts, from the file of the table or from the
 * parameter that holds them.
 */
#ifndef READDRESS_DOCTOR_ACTIONS_H
#define READDRESS_DOCTOR_ACTIONS_H

#include "diagnosis/diagnosis.h"

struct actions_entry {
	struct bytes text;    /* of the entry, up to the end of its action */
	size_t line;	      /* where the action stands, from 1; 0: in the
				 parameter */
	size_t column;	      /* of the action in that line, from 0 */
	struct bytes action;  /* "PASS"; of another table, its value's first
				 word */
	struct bytes operand; /* what stands behind it */
};

/* Calls look for each entry of the table ("regexp:/etc/postfix/checks"), until
 * one call returns other than 0. The entries live in diagnosis->arena. Returns
 * what look returned; ERR_IO if the table cannot be read; or ERR_NOMEM. */
int actions_each(struct diagnosis *diagnosis, struct bytes table,
	int (*look)(void *context, const struct actions_entry *entry),
	void *context) MUST_CHECK;

#endif
