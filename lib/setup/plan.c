#include "setup/plan.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/array.h"
#include "setup/masterline.h"

void plan_add(struct plan *plan, enum plan_kind kind, const char *name,
	const char *value)
{
	struct plan_change *grown;

	for (size_t i = 0; i < plan->count; i++)
		if (plan->changes[i].kind == kind &&
			!strcmp(plan->changes[i].name, name) &&
			!strcmp(plan->changes[i].value, value))
			return;
	grown = array_grow_in(plan->arena, plan->changes, plan->count,
		&plan->room, sizeof *grown);
	if (!grown) {
		plan->failed = true;
		return;
	}
	plan->changes = grown;
	grown[plan->count++] =
		(struct plan_change){ kind, name, value, plan->why };
}

const char *plan_keep(struct plan *plan, const char *text)
{
	if (!text)
		plan->failed = true;
	return text ? text : "";
}

const char *plan_text(struct plan *plan, const char *format, ...)
{
	const char *text;
	va_list args;

	va_start(args, format);
	text = arena_vformat(plan->arena, format, args);
	va_end(args);
	return plan_keep(plan, text);
}

int plan_result(const struct plan *plan)
{
	return plan->failed ? ERR_NOMEM : 0;
}

void plan_reload(struct plan *plan)
{
	if (plan->runs && plan->count &&
		plan->changes[plan->count - 1].kind != PLAN_RELOAD)
		plan_add(plan, PLAN_RELOAD, plan_text(plan, "%zu", plan->count),
			"");
}

bool plan_reloads(const struct plan *plan)
{
	for (size_t i = 0; i < plan->count; i++)
		if (plan->changes[i].kind == PLAN_RELOAD)
			return true;
	return false;
}

bool plan_is_set(const struct plan *plan, const char *name)
{
	return postfix_overrides(plan->written, NULL, name);
}

const char *plan_value(const struct plan *plan, const char *name)
{
	return postfix_value(
		plan_is_set(plan, name) ? plan->written : plan->defaults, NULL,
		name);
}

const char *plan_option_value(const struct plan *plan,
	const struct postfix_service *service, const char *option)
{
	const struct postfix_service *own;

	for (size_t i = 0; (own = postfix_service(plan->written, i)); i++)
		if (!strcmp(own->name, service->name) &&
			!strcmp(own->type, service->type))
			return postfix_overrides(plan->written, own, option)
				       ? postfix_value(
						 plan->written, own, option)
				       : NULL;
	return NULL;
}

void plan_define(struct plan *plan, const char *name, const char *value)
{
	if (!plan_is_set(plan, name) ||
		strcmp(postfix_value(plan->written, NULL, name), value) != 0)
		plan_add(plan, PLAN_SET, name, value);
}

void plan_list(struct plan *plan, const char *parameter, enum plan_place place,
	const char *name, const char *value)
{
	const char *had = plan_value(plan, parameter);

	plan_define(plan, name, value);
	if (reference_is_in(had, name))
		return;
	plan_add(plan, PLAN_SET, parameter,
		plan_keep(plan, reference_add(plan->arena, had,
					place == PLAN_FIRST ? 0 : SIZE_MAX,
					name, plan_is_set(plan, parameter),
					postfix_value(plan->defaults, NULL,
						parameter))));
}

void plan_scalar(struct plan *plan, const char *parameter, const char *name,
	const char *value)
{
	const char *had = plan_value(plan, parameter);
	const char *text;

	plan_define(plan, name, value);
	if (reference_is_in(had, name))
		return;
	text = reference_replace(
		plan->arena, had, name, plan_is_set(plan, parameter));
	/* It has braces that do not pair, which no parameter that comes here
	 * means. */
	if (!text)
		text = plan_text(plan, "$%s", name);
	plan_add(plan, PLAN_SET, parameter, text);
}

const char *plan_service_name(
	struct plan *plan, const struct postfix_service *service)
{
	return plan_text(plan, "%s/%s", service->name, service->type);
}

/* Returns what stands behind "SERVICE/" in the name of a change of an option;
 * NULL if it is about another service. */
static const char *option_of(
	const struct plan_change *change, const char *service)
{
	size_t len = strlen(service);

	if ((change->kind != PLAN_OPTION &&
		    change->kind != PLAN_OPTION_UNSET) ||
		strncmp(change->name, service, len) != 0 ||
		change->name[len] != '/' || strchr(change->name + len + 1, '/'))
		return NULL;
	return change->name + len + 1;
}

static bool is_line(const struct plan_change *change, const char *service)
{
	return change->kind == PLAN_SERVICE && !strcmp(change->name, service);
}

/* Returns the service's line after the changes that are planned. */
static const char *line_after(
	struct plan *plan, const char *line, const char *service)
{
	for (size_t i = 0; line && i < plan->count; i++) {
		const struct plan_change *change = &plan->changes[i];
		const char *option = option_of(change, service);

		if (is_line(change, service))
			line = change->value;
		else if (option && change->kind == PLAN_OPTION)
			line = masterline_set(
				plan->arena, line, option, change->value);
		else if (option)
			line = masterline_unset(plan->arena, line, option);
	}
	return line;
}

/* Takes the changes out, back to the last reload, that a new line of the
 * service has in it. */
static void supersede(struct plan *plan, const char *service)
{
	size_t from = plan->count;
	size_t kept;

	while (from && plan->changes[from - 1].kind != PLAN_RELOAD)
		from--;
	kept = from;
	for (size_t i = from; i < plan->count; i++)
		if (!is_line(&plan->changes[i], service) &&
			!option_of(&plan->changes[i], service))
			plan->changes[kept++] = plan->changes[i];
	plan->count = kept;
}

void plan_option(struct plan *plan, const struct postfix_service *service,
	const char *option, const char *value)
{
	const char *name = plan_service_name(plan, service);
	const char *line;

	/* postconf -P takes no blanks in a value. */
	if (!strpbrk(value, " \t")) {
		plan_add(plan, PLAN_OPTION,
			plan_text(plan, "%s/%s", name, option), value);
		return;
	}
	line = line_after(plan, service->line, name);
	if (line)
		line = masterline_set(plan->arena, line, option, value);
	supersede(plan, name);
	plan_add(plan, PLAN_SERVICE, name, plan_keep(plan, line));
}

void plan_option_word(struct plan *plan, const struct postfix_service *service,
	const char *option, size_t where, const char *name)
{
	const char *had = plan_option_value(plan, service, option);
	size_t len = had ? strlen(had) : 0;
	const char *value;

	if (had && reference_is_in(had, name))
		return;
	/* The braces tell that the option was there, as in reference_add(); a
	 * list of milters always was. */
	if (!len)
		value = plan_text(plan,
			had && strcmp(option, "smtpd_milters") != 0 ? "${%s}"
								    : "$%s",
			name);
	else if (where >= len)
		value = plan_text(plan, "%s,$%s", had, name);
	else
		value = plan_text(
			plan, "%.*s$%s,%s", (int)where, had, name, had + where);
	plan_option(plan, service, option, value);
}

void plan_option_scalar(struct plan *plan,
	const struct postfix_service *service, const char *option,
	const char *name, const char *value)
{
	const char *had = plan_option_value(plan, service, option);
	const char *text;

	plan_define(plan, name, value);
	if (!had || reference_is_in(had, name))
		return;
	text = reference_replace(plan->arena, had, name, true);
	plan_option(plan, service, option,
		text ? text : plan_text(plan, "$%s", name));
}

bool plan_has_rules(const struct plan *plan, enum rule_table table)
{
	return plan->map && map_rows(plan->map, table) > 0;
}
