/*
 * rulesmodel: random rules, and what becomes of addresses under them. It knows
 * addresses as numbers, so that it shares nothing with lib. They are few, and
 * often alike: one local part in several domains, one that looks like another
 * address, two domains that are one to Postfix.
 */
#ifndef READDRESS_RULESMODEL_H
#define READDRESS_RULESMODEL_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define LOCALS	  10
#define PLAIN	  6 /* of them may be in a rule */
#define DOMAINS	  6
#define ADDRESSES (LOCALS * DOMAINS)
#define NOBODY	  ADDRESSES
#define RULES	  (PLAIN * DOMAINS + DOMAINS + 1)
#define RULE_TEXT 160

static const char *const locals[LOCALS] = { "a", "b", "c.d", "x y", "a+t",
	"b+t", "b@p.test", "b%p.test", "p.test!b", "b." };
static const char *const domains[DOMAINS] = { "p.test", "q.test", "s.q.test",
	"r.test",
	("stra\xc3\x9f"
	 "e.test"),
	"strasse.test" };
/* How the fifth is written into mail. */
static const char sharp_domain[] = "xn--strae-oqa.test";

static uint64_t seed = 20261121;

static inline unsigned below(unsigned limit)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(seed >> 33) % limit;
}

enum what { NOTHING, EXCEPTION, MANY, KEEP };

/* A rule: what becomes of what it holds for. */
struct model_rule {
	enum what what;
	unsigned count;
	unsigned to[3]; /* addresses; of KEEP, domains */
};

struct model {
	struct model_rule user[PLAIN * DOMAINS];
	struct model_rule domain[DOMAINS];
	struct model_rule parent; /* @*.q.test */
	char rules[RULES * RULE_TEXT];
	size_t used;
};

static inline bool is_quoted(const char *local)
{
	return strpbrk(local, " @") || local[strlen(local) - 1] == '.';
}

/* Has it what Postfix takes for a route? */
static inline bool is_routed(unsigned local)
{
	return strpbrk(locals[local], "@%!") != NULL;
}

static inline void write_address(char *out, unsigned address)
{
	const char *local = locals[address / DOMAINS];

	(void)sprintf(out, is_quoted(local) ? "\"%s\"@%s" : "%s@%s", local,
		domains[address % DOMAINS]);
}

/* Which address is it, without quotes? */
static inline unsigned find_address(const char *plain)
{
	const char *at = strrchr(plain, '@');
	size_t len = at ? (size_t)(at - plain) : 0;
	unsigned domain = 0;

	while (at && domain < DOMAINS && strcasecmp(at + 1, domains[domain]))
		domain++;
	if (at && !strcasecmp(at + 1, sharp_domain))
		domain = 4;
	for (unsigned i = 0; at && domain < DOMAINS && i < LOCALS; i++)
		if (strlen(locals[i]) == len &&
			!strncasecmp(plain, locals[i], len))
			return i * DOMAINS + domain;
	return NOBODY;
}

static inline void add_rule(struct model *model, struct model_rule *rule,
	const char *source, enum what what)
{
	rule->what = what;
	rule->count = 1 + (below(3) ? 0 : below(3));
	model->used +=
		(size_t)sprintf(model->rules + model->used, "in %s;", source);
	if (what == EXCEPTION)
		model->used += (size_t)sprintf(
			model->rules + model->used, "%s", source);
	for (unsigned i = 0; what != EXCEPTION && i < rule->count; i++) {
		char target[64];

		rule->to[i] = below(what == KEEP ? DOMAINS : PLAIN * DOMAINS);
		if (what == KEEP)
			(void)snprintf(target, sizeof target, "@%s",
				domains[rule->to[i]]);
		else
			write_address(target, rule->to[i]);
		model->used += (size_t)sprintf(model->rules + model->used,
			"%s%s", i ? "," : "", target);
	}
	model->used += (size_t)sprintf(model->rules + model->used, "\n");
}

/* One target that is the source again is an exception, too; the model need not
 * know: it maps the address to itself. */
static inline void make_rules(struct model *model)
{
	unsigned rarely = 2 + below(6);
	char source[64];

	memset(model, 0, sizeof *model);
	for (unsigned i = 0; i < PLAIN * DOMAINS; i++) {
		write_address(source, i);
		if (below(rarely) == 0)
			add_rule(model, &model->user[i], source,
				below(6) ? MANY : EXCEPTION);
	}
	for (unsigned i = 0; i < DOMAINS; i++) {
		(void)snprintf(source, sizeof source, "@%s", domains[i]);
		if (below(3) == 0)
			add_rule(model, &model->domain[i], source,
				below(5) == 0	? EXCEPTION
				: below(4) == 0 ? MANY
						: KEEP);
	}
	if (below(2))
		add_rule(model, &model->parent, "@*.q.test",
			below(4) ? KEEP : MANY);
}

/* What becomes of "a+t" or "b+t" by the rule of "a" or "b", which carries the
 * extension along. False: to addresses that the model has not. */
static inline bool apply_extension(const struct model_rule *rule, bool *set)
{
	for (unsigned i = 0; rule->what == MANY && i < rule->count; i++)
		if (rule->to[i] / DOMAINS > 1)
			return false;
	for (unsigned i = 0; rule->what == MANY && i < rule->count; i++)
		set[rule->to[i] + 4 * DOMAINS] = true;
	return true;
}

/* What becomes of an address, as a set. False: the model does not know. */
static inline bool apply(const struct model *model, unsigned address, bool *set)
{
	unsigned local = address / DOMAINS;
	unsigned domain = address % DOMAINS;
	const struct model_rule *rule = NULL;

	if (local < PLAIN && model->user[address].what != NOTHING)
		rule = &model->user[address];
	if (!rule && (local == 4 || local == 5)) {
		rule = &model->user[address - 4 * DOMAINS];
		if (rule->what == MANY)
			return apply_extension(rule, set);
	}
	if (!rule || rule->what == NOTHING)
		rule = &model->domain[domain];
	if (rule->what == NOTHING && domain == 2)
		rule = &model->parent;
	if (rule->what < MANY || (rule->what == KEEP && is_routed(local))) {
		set[address] = true;
		return true;
	}
	for (unsigned i = 0; i < rule->count; i++)
		set[rule->what == MANY ? rule->to[i]
				       : local * DOMAINS + rule->to[i]] = true;
	return true;
}

#endif
