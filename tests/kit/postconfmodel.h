/*
 * postconfmodel: main.cf and master.cf as texts, changed as postconf(1) changes
 * them and printed as it prints them, for the tests of setup/. Every failure
 * here fails the test. Of Postfix's expressions it knows $name, ${name} and
 * ${name?{a}:{b}}.
 */
#ifndef READDRESS_POSTCONFMODEL_H
#define READDRESS_POSTCONFMODEL_H

#include "postfix/postfix.h"
#include "setup/plan.h"

#define POSTCONFMODEL_MAX 64 /* parameters of main.cf, and services */

struct postconfmodel {
	const char *defaults; /* "name = value", a line each */
	struct {
		char *name;
		char *value;
	} parameters[POSTCONFMODEL_MAX];
	size_t parameter_count;
	char *services[POSTCONFMODEL_MAX]; /* as postconf -M prints them */
	size_t service_count;
};

/* Reads the texts: "name = value", a line each, and lines of services. The
 * caller must close the model. */
void postconfmodel_open(struct postconfmodel *model, const char *defaults,
	const char *main, const char *services);
void postconfmodel_close(struct postconfmodel *model);

/* Does what the command of the change does. */
void postconfmodel_change(
	struct postconfmodel *model, const struct plan_change *change);

/* Returns what postconf -x, -n or -d with -M and -P would have printed, as it
 * was read; the caller closes it. */
struct postfix *postconfmodel_expanded(const struct postconfmodel *model);
struct postfix *postconfmodel_written(const struct postconfmodel *model);
struct postfix *postconfmodel_defaults(const struct postconfmodel *model);

/* Returns main.cf, sorted, and master.cf as one text; free() it. */
char *postconfmodel_text(const struct postconfmodel *model);

#endif
