#include "kit/rulesmodel.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

const char *const model_locals[LOCALS] = { "a", "b", "c.d", "x y", "a+t", "b+t",
	"b@p.test", "b%p.test", "p.test!b", "b." };
const char *const model_domains[DOMAINS] = { "p.test", "q.test", "s.q.test",
	"r.test", u8"straße.test", "strasse.test" };
const char model_sharp[] = "xn--strae-oqa.test";

uint64_t model_seed = 20261121;

unsigned model_below(unsigned limit)
{
	model_seed = model_seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(model_seed >> 33) % limit;
}

bool model_quoted(const char *local)
{
	return strpbrk(local, " @") || local[strlen(local) - 1] == '.';
}

/* True if the local part has a character that Postfix takes for a route. */
static bool is_routed(unsigned local)
{
	return strpbrk(model_locals[local], "@%!") != NULL;
}

void model_write(char *out, unsigned address)
{
	const char *local = model_locals[address / DOMAINS];

	(void)sprintf(out, model_quoted(local) ? "\"%s\"@%s" : "%s@%s", local,
		model_domains[address % DOMAINS]);
}

unsigned model_find(const char *plain)
{
	const char *at = strrchr(plain, '@');
	size_t len = at ? (size_t)(at - plain) : 0;
	unsigned domain = 0;

	while (at && domain < DOMAINS &&
		strcasecmp(at + 1, model_domains[domain]))
		domain++;
	if (at && !strcasecmp(at + 1, model_sharp))
		domain = 4;
	for (unsigned i = 0; at && domain < DOMAINS && i < LOCALS; i++)
		if (strlen(model_locals[i]) == len &&
			!strncasecmp(plain, model_locals[i], len))
			return i * DOMAINS + domain;
	return NOBODY;
}

static void add_rule(struct model *model, struct model_rule *rule,
	const char *source, enum what what)
{
	rule->what = what;
	rule->count = 1 + (model_below(3) ? 0 : model_below(3));
	model->used +=
		(size_t)sprintf(model->rules + model->used, "in %s;", source);
	if (what == EXCEPTION)
		model->used += (size_t)sprintf(
			model->rules + model->used, "%s", source);
	for (unsigned i = 0; what != EXCEPTION && i < rule->count; i++) {
		char target[64];

		rule->to[i] =
			model_below(what == KEEP ? DOMAINS : PLAIN * DOMAINS);
		if (what == KEEP)
			(void)snprintf(target, sizeof target, "@%s",
				model_domains[rule->to[i]]);
		else
			model_write(target, rule->to[i]);
		model->used += (size_t)sprintf(model->rules + model->used,
			"%s%s", i ? "," : "", target);
	}
	model->used += (size_t)sprintf(model->rules + model->used, "\n");
}

void model_make(struct model *model)
{
	unsigned rarely = 2 + model_below(6);
	char source[64];

	memset(model, 0, sizeof *model);
	for (unsigned i = 0; i < PLAIN * DOMAINS; i++) {
		model_write(source, i);
		if (model_below(rarely) == 0)
			add_rule(model, &model->user[i], source,
				model_below(6) ? MANY : EXCEPTION);
	}
	for (unsigned i = 0; i < DOMAINS; i++) {
		(void)snprintf(source, sizeof source, "@%s", model_domains[i]);
		if (model_below(3) == 0)
			add_rule(model, &model->domain[i], source,
				model_below(5) == 0   ? EXCEPTION
				: model_below(4) == 0 ? MANY
						      : KEEP);
	}
	if (model_below(2))
		add_rule(model, &model->parent, "@*.q.test",
			model_below(4) ? KEEP : MANY);
}

/* Adds to the set what becomes of "a+t" or "b+t" by the rule of "a" or "b",
 * which keeps the extension. Returns false if the model does not have the
 * addresses. */
static bool apply_extension(const struct model_rule *rule, bool *set)
{
	for (unsigned i = 0; rule->what == MANY && i < rule->count; i++)
		if (rule->to[i] / DOMAINS > 1)
			return false;
	for (unsigned i = 0; rule->what == MANY && i < rule->count; i++)
		set[rule->to[i] + 4 * DOMAINS] = true;
	return true;
}

bool model_apply(const struct model *model, unsigned address, bool *set)
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
