#include "mta/show.h"

#include <stdio.h>

#include "print/json.h"
#include "setup/commands.h"

static int show_json(struct instance *instance, const char *command,
	const char *why, struct error *error)
{
	struct json json;

	json_begin(&json);
	json_put_text(&json, "command", command);
	json_put_text(&json, "why", why);
	json_put_text(&json, "instance", instance->directory);
	return json_end(&json, error);
}

static int show_all_json(
	struct instance *instance, const char *reload, struct error *error)
{
	struct plan *plan = &instance->plan;
	int result = 0;

	for (size_t i = 0; !result && i < plan->count; i++)
		result = show_json(instance,
			commands_line(
				plan, instance->option, &plan->changes[i]),
			plan->changes[i].why, error);
	if (!result && reload)
		result = show_json(instance, reload,
			"Postfix reads the new files.", error);
	return result;
}

int show_plan(
	struct instance *instance, const struct tool *tool, struct error *error)
{
	struct plan *plan = &instance->plan;
	const char *reload = NULL;
	const char *text;

	if (plan->count && plan->runs && !plan_reloads(plan))
		reload = commands_reload(plan, instance->option);
	if (tool->options.json) {
		int result = show_all_json(instance, reload, error);

		if (result)
			return result;
	} else {
		text = commands_text(plan, instance->option);
		if (reload)
			text = plan_text(plan, "%s\n%s\n", text, reload);
		(void)fputs(text, stdout);
	}
	if (plan_result(plan))
		return error_set(error, ERR_NOMEM, "out of memory");
	return fflush(stdout) || ferror(stdout) ? tool_output_failed(error) : 0;
}
