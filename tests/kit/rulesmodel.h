/*
 * rulesmodel: random rules, and what becomes of addresses by them. It shares
 * nothing with lib, and knows addresses as numbers: LOCALS local parts in each
 * of DOMAINS domains. They are few and often alike: the same local part in
 * several domains, a local part that looks like another address, two domains
 * that Postfix takes for one.
 */
#ifndef READDRESS_RULESMODEL_H
#define READDRESS_RULESMODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LOCALS	  10
#define PLAIN	  6 /* of them may be in a rule */
#define DOMAINS	  6
#define ADDRESSES (LOCALS * DOMAINS)
#define NOBODY	  ADDRESSES
#define RULES	  (PLAIN * DOMAINS + DOMAINS + 1)
#define RULE_TEXT 160

/* Address n is model_locals[n / DOMAINS] in model_domains[n % DOMAINS]. */
extern const char *const model_locals[LOCALS];
extern const char *const model_domains[DOMAINS];
/* The domain with the sharp s, number 4, as it is written into mail. */
extern const char model_sharp[];

/* Where the random numbers go on. */
extern uint64_t model_seed;

enum what { NOTHING, EXCEPTION, MANY, KEEP };

/* What becomes of the addresses that a rule is for. */
struct model_rule {
	enum what what;
	unsigned count;
	unsigned to[3]; /* addresses; domains if what is KEEP */
};

struct model {
	struct model_rule user[PLAIN * DOMAINS];
	struct model_rule domain[DOMAINS];
	struct model_rule parent;      /* @*.q.test */
	char rules[RULES * RULE_TEXT]; /* all of them, as in testmap.h */
	size_t used;
};

/* Returns a random number less than limit. */
unsigned model_below(unsigned limit);

/* True if the local part needs quotes. */
bool model_quoted(const char *local);

/* Writes the address, with the quotes that it needs. */
void model_write(char *out, unsigned address);

/* Returns the number of an address that is written without quotes, or NOBODY if
 * it is none of ours. */
unsigned model_find(const char *plain);

/* Makes random rules. A rule whose one target is its source is an exception,
 * but the model need not know: it maps the address to itself. */
void model_make(struct model *model);

/* Adds to the set what becomes of an address. Returns false if the model does
 * not know. */
bool model_apply(const struct model *model, unsigned address, bool *set);

#endif
