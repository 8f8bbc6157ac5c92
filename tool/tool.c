#include "tool.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rules/rulesource.h"

void tool_say(const struct tool *tool, const char *format, ...)
{
	struct error text; /* error_set() escapes control bytes */
	char raw[ERROR_TEXT_MAX];
	va_list args;

	if (tool->quiet)
		return;
	va_start(args, format);
	(void)vsnprintf(raw, sizeof raw, format, args);
	va_end(args);
	(void)error_set(&text, 0, "%s", raw);
	(void)fprintf(stderr, "%s\n", text.text);
}

int tool_output_failed(struct error *error)
{
	return error_set(error, ERR_IO, "standard output: %s",
		strerror(errno ? errno : EIO));
}

int tool_edit_failed(int code, struct error *error)
{
	if (code != ERR_IO && code != ERR_CREATE && code != ERR_NOMEM)
		return code;
	error_append(
		error, "; nothing was changed; correct this, and try again");
	return code;
}

int tool_domain_keys(enum rule_table table, const char *option,
	const char *const *domains, size_t count, struct bytes **keys,
	struct error *error)
{
	/* The keys, and behind them their bytes. */
	struct bytes *made = calloc(count + 1, sizeof *made + ADDRESS_KEY_MAX);
	char *text = (char *)(made + count + 1);

	if (!made)
		return error_set(error, ERR_NOMEM, "out of memory");
	for (size_t i = 0; i < count; i++, text += ADDRESS_KEY_MAX) {
		struct error why = { .text = "" };
		char source[ADDRESS_TEXT_MAX];
		int len;

		(void)snprintf(source, sizeof source, "@%s",
			domains[i] + (domains[i][0] == '@'));
		len = rule_source_key(table, bytes_of(source), text, &why);
		if (len < 0) {
			free(made);
			return error_set(error,
				len == ERR_NOMEM ? ERR_NOMEM : ERR_USAGE,
				"%s \"%s\": %s", option, domains[i], why.text);
		}
		made[i] = (struct bytes){ text + 1, (size_t)len - 1 };
	}
	*keys = made;
	return 0;
}

int tool_open_state(struct tool *tool, bool create, struct error *error)
{
	state_close(tool->state);
	tool->state = NULL;
	return state_open(&tool->state, tool->config, create, error);
}

int tool_open_map(struct tool *tool, struct error *error)
{
	uint64_t generation = tool->options.generation;
	uint64_t previous;
	struct map *map = NULL;
	int code;

	if (tool->options.served && generation)
		return error_set(error, ERR_USAGE,
			"found --served and --generation; expected only one "
			"of them");
	if (tool->options.served) {
		code = state_served(tool->state, &generation, &previous, error);
		if (code < 0)
			return code;
		if (!generation)
			return error_set(error, ERR_NOENT,
				"the milter has not served any generation yet; "
				"leave --served out to read the newest");
	}
	if (generation)
		code = state_open_generation(
			tool->state, generation, false, &map, error);
	else
		code = state_open_newest(tool->state, false, &map, error);
	if (code < 0)
		return code;
	tool->map = map;
	tool_say(tool, "generation %" PRIu64, map_meta(tool->map)->generation);
	return 0;
}
