/*
 * remedy: the commands that mend what the checks of doctor find. Each text can
 * be pasted into a shell. Texts live in diagnosis->arena, and are NULL when out
 * of memory.
 */
#ifndef READDRESS_DIAGNOSIS_REMEDY_H
#define READDRESS_DIAGNOSIS_REMEDY_H

#include "diagnosis/diagnosis.h"

/* Returns the value as it is written for the service, with its $name: its own,
 * that of main.cf, or the default. service may be NULL: main.cf's. */
const char *remedy_written(const struct diagnosis *diagnosis,
	const struct postfix_service *service, const char *name);

/* Returns the command that gives the parameter this value where it is set: in
 * the service, if that has a value of its own, or else in main.cf. service may
 * be NULL. In a service, blanks between the words of a list become commas. */
const char *remedy_set(struct diagnosis *diagnosis,
	const struct postfix_service *service, const char *name,
	const char *value) MUST_CHECK;

/* Returns the command that gives the service a value of its own. */
const char *remedy_set_service(struct diagnosis *diagnosis,
	const struct postfix_service *service, const char *name,
	const char *value) MUST_CHECK;

/* Returns the value without blanks, which postconf -P does not take: those
 * between words become commas, those at braces and "=" go. */
const char *remedy_squeeze(
	struct diagnosis *diagnosis, const char *value) MUST_CHECK;

/* Returns the command that gives the parameter its default: it takes it out of
 * the service, if that has a value of its own, or else out of main.cf. */
const char *remedy_unset(struct diagnosis *diagnosis,
	const struct postfix_service *service, const char *name) MUST_CHECK;

/* Returns the command that writes new for old in the parameter that holds old:
 * one of the service, or else one of main.cf. otherwise is returned if none
 * holds it. */
const char *remedy_replace(struct diagnosis *diagnosis,
	const struct postfix_service *service, struct bytes old,
	const char *new, const char *otherwise) MUST_CHECK;

/* Returns the list without the word, whatever its case. */
const char *remedy_without(struct diagnosis *diagnosis, const char *list,
	const char *word) MUST_CHECK;

/* Returns the command that switches the milters of the service off. */
const char *remedy_no_milters(struct diagnosis *diagnosis,
	const struct postfix_service *service) MUST_CHECK;

/* Returns the command and a restart behind it: Postfix ignores a change of
 * inet_interfaces or inet_protocols at a reload. */
const char *remedy_restart(
	struct diagnosis *diagnosis, const char *command) MUST_CHECK;

/* Returns the command that lets outsiders reach an smtpd service, where they
 * reach none. */
const char *remedy_open(struct diagnosis *diagnosis) MUST_CHECK;

/* How a list of milters is written again. */
enum remedy_list {
	REMEDY_ADD,   /* with ours in it, in place of one that is misspelt */
	REMEDY_VALID, /* without words that are no milters */
	REMEDY_ONCE,  /* with ours in it once */
	REMEDY_ORDER /* those that verify before ours, those that sign behind */
};

/* Returns the command that writes smtpd_milters of the service again. */
const char *remedy_milters(struct diagnosis *diagnosis,
	const struct postfix_service *service, enum remedy_list how) MUST_CHECK;

#endif
