#include "setup/commands.h"

#include <stdio.h>

#include "diagnosis/shell.h"

#define COLUMNS 78

/* Returns the reason in lines that begin with "# ". */
static const char *comment(struct plan *plan, const char *why)
{
	const char *text = "";
	size_t column = COLUMNS;

	while (*why) {
		size_t len = strcspn(why, " ");
		bool breaks = column + 1 + len > COLUMNS;

		text = plan_text(plan, "%s%s%.*s", text,
			breaks ? *text ? "\n# " : "# " : " ", (int)len, why);
		column = breaks ? 2 + len : column + 1 + len;
		why += len;
		why += strspn(why, " ");
	}
	return plan_text(plan, "%s\n", text);
}

const char *commands_option(enum plan_kind kind)
{
	switch (kind) {
	case PLAN_SET:
		return "-e";
	case PLAN_UNSET:
		return "-X";
	case PLAN_SERVICE:
		return "-M";
	case PLAN_SERVICE_UNSET:
		return "-MX";
	case PLAN_OPTION:
		return "-P";
	case PLAN_OPTION_UNSET:
		return "-PX";
	case PLAN_SHELL:
	case PLAN_RELOAD:
	case PLAN_NOTE:
		break;
	}
	return "";
}

const char *commands_operand(
	struct plan *plan, const struct plan_change *change)
{
	const char *text = change->name;

	if (change->kind == PLAN_SET)
		text = plan_text(plan, "%s =%s%s", change->name,
			*change->value ? " " : "", change->value);
	else if (change->kind == PLAN_SERVICE || change->kind == PLAN_OPTION)
		text = plan_text(plan, "%s=%s", change->name, change->value);
	return text;
}

/* Returns the operand as a word of the shell. */
static const char *word(struct plan *plan, const struct plan_change *change)
{
	const char *text = commands_operand(plan, change);

	return plan_keep(plan, shell_quote(plan->arena, text));
}

/* Returns -c and the directory. */
static const char *place_of(struct plan *plan, const char *directory)
{
	if (!directory)
		return "";
	return plan_text(plan, " -c %s",
		plan_keep(plan, shell_word(plan->arena, directory)));
}

const char *commands_line(struct plan *plan, const char *directory,
	const struct plan_change *change)
{
	if (change->kind == PLAN_NOTE)
		return NULL;
	if (change->kind == PLAN_SHELL)
		return change->value;
	if (change->kind == PLAN_RELOAD)
		return commands_reload(plan, directory);
	return plan_text(plan, "postconf%s %s %s", place_of(plan, directory),
		commands_option(change->kind), word(plan, change));
}

const char *commands_reload(struct plan *plan, const char *directory)
{
	return plan_text(plan, "postfix%s reload", place_of(plan, directory));
}

const char *commands_text(struct plan *plan, const char *directory)
{
	const char *text = "";
	const struct plan_change *last = NULL;
	const char *place = place_of(plan, directory);
	bool open = false;

	for (size_t i = 0; i < plan->count && !plan->failed; i++) {
		const struct plan_change *change = &plan->changes[i];
		bool same = last && last->why == change->why;

		if (open && (!same || last->kind != change->kind)) {
			text = plan_text(plan, "%s\n", text);
			open = false;
		}
		if (!same)
			text = plan_text(plan, "%s%s%s", text,
				*text ? "\n" : "", comment(plan, change->why));
		if (change->kind == PLAN_SHELL || change->kind == PLAN_RELOAD) {
			text = plan_text(plan, "%s%s\n", text,
				commands_line(plan, directory, change));
		} else if (change->kind != PLAN_NOTE) {
			text = open ? plan_text(plan, "%s \\\n    %s", text,
					      word(plan, change))
				    : plan_text(plan, "%spostconf%s %s %s",
					      text, place,
					      commands_option(change->kind),
					      word(plan, change));
			open = true;
		}
		last = change;
	}
	return open ? plan_text(plan, "%s\n", text) : text;
}
