/*
 * postfix: the configuration of one Postfix instance, as postconf(1) printed
 * it: the parameters of main.cf and the services of master.cf with their own
 * values. Nothing is run or read here; the caller hands over the texts.
 *
 * Every function here that returns int returns 0 or a positive count, or one
 * of: ERR_NOMEM; ERR_BAD when a text is not what postconf prints, with its line
 * in the error.
 */
#ifndef READDRESS_POSTFIX_POSTFIX_H
#define READDRESS_POSTFIX_POSTFIX_H

/*
 * The wing postfix/: what main.cf and master.cf tell Postfix.
 *
 *   words       cuts words off values and lines
 *   milterlist  the milters in the value of smtpd_milters
 *   milterkind  which milters sign, and which verify
 *   domainlist  the lists of domains, such as relay_domains
 *   queuefile   the envelope of a message in the queue, as postcat prints it
 *   askahead    what tables said that were asked for many keys at once
 *   postmap     what tables and files say that parameters name
 *   restrictions  what the restrictions of an smtpd do with strangers
 *   regexptable  domains as lines of regexp_table(5)
 */

#include "base/error.h"

struct postfix;

/* One line of master.cf. All texts live as long as the struct postfix. */
struct postfix_service {
	const char *name; /* "smtp", "192.0.2.26:smtp", "pickup" */
	const char *type; /* "inet", "unix", "fifo", "unix-dgram", "pass" */
	bool chroot;
	size_t max_processes; /* 0: any number; default_process_limit is
				 already put in where master.cf says "-" */
	const char *command;  /* "smtpd", without its arguments */
	const char *line;     /* all of it, as postconf printed it */
};

/* NULL when out of memory. postfix_close() it; NULL may be given there. */
struct postfix *postfix_open(void) MUST_CHECK;
void postfix_close(struct postfix *postfix);

/* Reads the output of `postconf -x`: "name = value", one a line. A parameter
 * that was read before gets the new value. */
int postfix_read_main(struct postfix *postfix, struct bytes text,
	struct error *error) MUST_CHECK;

/* Reads the output of `postconf -M`, once, after the parameters. */
int postfix_read_services(struct postfix *postfix, struct bytes text,
	struct error *error) MUST_CHECK;

/* Reads the output of `postconf -Px`: "service/type/name = value", after the
 * services. */
int postfix_read_overrides(struct postfix *postfix, struct bytes text,
	struct error *error) MUST_CHECK;

/* The services in the order of master.cf, counted from 0; NULL behind the last.
 */
const struct postfix_service *postfix_service(
	const struct postfix *postfix, size_t index);

/* The value that a program of the service works with: that of the service
 * itself, or else that of main.cf. service may be NULL: main.cf's alone. ""
 * when neither has the parameter. Lives as long as the struct postfix. */
const char *postfix_value(const struct postfix *postfix,
	const struct postfix_service *service, const char *name);

/* True if the service itself sets the parameter; of NULL, main.cf. */
bool postfix_overrides(const struct postfix *postfix,
	const struct postfix_service *service, const char *name);

/* The value of the parameter that was read as the index-th one, from 0, of
 * whichever service, and its name in *name (may be NULL). NULL behind the last.
 */
const char *postfix_setting(
	const struct postfix *postfix, size_t index, const char **name);

/* The service that sets this parameter, counted likewise; NULL: main.cf. */
const struct postfix_service *postfix_setting_service(
	const struct postfix *postfix, size_t index);

/* The service of that name and type; NULL if there is none. */
const struct postfix_service *postfix_find_service(
	const struct postfix *postfix, struct bytes name, struct bytes type);

/* True if the list (separated by commas or white space, postconf(5)) holds the
 * word, whatever its ASCII case. */
bool postfix_list_has(const char *list, const char *word);

/* Returns a time, "30s", "5m", "5d", in seconds; of a number alone, unit is the
 * unit. 0 if it is none. */
uint64_t postfix_seconds(struct bytes text, char unit);

/* True if the value is yes, as Postfix reads a boolean: "yes" or "true". */
bool postfix_is_yes(const char *value);

#endif
