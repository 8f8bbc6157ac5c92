/*
 * plan: the changes that Postfix's configuration needs, in the order in which
 * they are to be made, and what they are derived from. Nothing is run here.
 *
 * A failure for want of memory is remembered: the functions go on, texts are
 * then "", and plan_result() tells it in the end.
 */
#ifndef READDRESS_SETUP_PLAN_H
#define READDRESS_SETUP_PLAN_H

#include "config/config.h"
#include "map/map.h"
#include "postfix/postfix.h"
#include "setup/reference.h"

enum plan_kind {
	PLAN_SET,	    /* name = value in main.cf */
	PLAN_UNSET,	    /* name goes from main.cf */
	PLAN_SERVICE,	    /* the service name is the line value */
	PLAN_SERVICE_UNSET, /* the service name goes from master.cf */
	PLAN_OPTION,	    /* name, "smtp/inet/x", is value, without blanks */
	PLAN_OPTION_UNSET,  /* name, likewise, goes */
	PLAN_SHELL,	    /* value is a command of the shell */
	PLAN_RELOAD, /* Postfix has to read its files before what follows;
			name is the only one of its kind */
	PLAN_NOTE    /* nothing can be done here; why tells about it */
};

/* A parameter whose tables lead the target of a rule back to its source. */
enum plan_back {
	PLAN_BACK_CANONICAL = 1,  /* canonical_maps */
	PLAN_BACK_RECIPIENT = 2,  /* recipient_canonical_maps */
	PLAN_BACK_MASQUERADE = 4, /* masquerade_domains */
};

/* Texts live as long as the plan's arena. */
struct plan_change {
	enum plan_kind kind;
	const char *name;
	const char *value;
	const char *why; /* full sentences. Changes that follow each other and
			    have the same pointer belong together */
};

/* The inputs are set by the caller; zero is what is not known. */
struct plan {
	const struct postfix *expanded; /* with each $name replaced */
	const struct postfix *written;	/* as main.cf and master.cf have it:
					   what they set themselves, alone */
	const struct postfix *defaults; /* the defaults of all parameters */
	const struct config *config;
	const struct map *map; /* NULL: there is none yet */
	/* What stands before the name of each table:
	 * "socketmap:unix:readdress/lookup.sock:", "regexp:/dir/". */
	const char *tables;
	bool runs;	 /* Postfix runs, and has to read what changes */
	unsigned leads_back; /* of enum plan_back */
	bool filtered;	     /* a table of Postfix has FILTER */
	/* True if nobody listens on the port of any address of this host:
	 * master(8) ends if it cannot have one. NULL: all are free. */
	bool (*is_free)(void *context, unsigned port);
	void *context;

	struct arena *arena; /* set by the caller */
	const char *why;     /* of the changes that are added next */
	struct plan_change *changes;
	size_t count;
	size_t room;
	bool failed; /* memory was exhausted */
};

/* Adds a change, unless the plan has it. */
void plan_add(struct plan *plan, enum plan_kind kind, const char *name,
	const char *value);

/* Returns a text in the arena, or "". */
const char *plan_text(struct plan *plan, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Returns the text, or "" and remembers the failure if it is NULL. */
const char *plan_keep(struct plan *plan, const char *text);

/* Returns 0 or ERR_NOMEM. */
int plan_result(const struct plan *plan);

/* Returns what the parameter of main.cf has as it is written, or else its
 * default. */
const char *plan_value(const struct plan *plan, const char *name);

/* Has Postfix read its files before the changes that follow, if it runs and if
 * there are changes since it did so last. */
void plan_reload(struct plan *plan);

/* True if the plan itself says when Postfix reads its files. */
bool plan_reloads(const struct plan *plan);

/* True if main.cf sets the parameter. */
bool plan_is_set(const struct plan *plan, const char *name);

/* Returns what the service itself sets, as it is written; NULL if it does not
 * set the option. service is one of expanded or of written. */
const char *plan_option_value(const struct plan *plan,
	const struct postfix_service *service, const char *option);

/* Has main.cf define a parameter of ours, unless it has this value. */
void plan_define(struct plan *plan, const char *name, const char *value);

/* Where a reference stands in a list. */
enum plan_place { PLAN_FIRST, PLAN_LAST };

/* Has the list parameter refer to name, a parameter of ours whose value is
 * defined likewise. Does nothing more if the list refers to it already. */
void plan_list(struct plan *plan, const char *parameter, enum plan_place place,
	const char *name, const char *value);

/* Has the parameter take its value from name, a parameter of ours, likewise.
 * What it had before stays, for the day when ours goes. */
void plan_scalar(struct plan *plan, const char *parameter, const char *name,
	const char *value);

/* Adds a reference to name, a parameter of ours, to an option of a service, or
 * the option. where: before that byte of what the option has; SIZE_MAX is
 * behind all of it. Does nothing if the option refers to it already. */
void plan_option_word(struct plan *plan, const struct postfix_service *service,
	const char *option, size_t where, const char *name);

/* Has an option that the service sets take its value from name, likewise. */
void plan_option_scalar(struct plan *plan,
	const struct postfix_service *service, const char *option,
	const char *name, const char *value);

/* Sets an option of a service to a value that may have blanks. */
void plan_option(struct plan *plan, const struct postfix_service *service,
	const char *option, const char *value);

/* "smtp/inet" */
const char *plan_service_name(
	struct plan *plan, const struct postfix_service *service);

/* True if the map has rules in the table. */
bool plan_has_rules(const struct plan *plan, enum rule_table table);

#endif
