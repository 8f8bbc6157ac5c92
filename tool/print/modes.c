#include "print/modes.h"

#include <stdlib.h>

#include "decisionlog/shadow.h"
#include "runtime/metrics.h"
#include "print/terminal.h"
#include "print/text.h"

#define UNSEEN                                                                 \
	"\"%s: %s\" of outbound_required_headers was never seen right; check " \
	"that it is spelt as the cloud sends it. Until it is seen, mail "      \
	"without a proof is refused with 450 4.7.1, not with 550 5.7.1"

static bool is_shadow(const struct tool *tool, bool up, enum rule_table table)
{
	char name[64];
	double value = 0;

	(void)snprintf(name, sizeof name,
		METRICS_SHADOW_METRIC "{table=\"%s\"}", rule_table_name(table));
	if (up && metrics_read(tool->config->runtime_dir, name, &value, NULL) ==
			  1)
		return value > 0;
	return decision_in_shadow(tool->config, table);
}

int modes_see(const struct tool *tool, bool up, struct modes *modes,
	struct error *error)
{
	struct error cause = { .text = "" };

	*modes = (struct modes){ .config = tool->config };
	modes->shadow[RULE_INBOUND] = is_shadow(tool, up, RULE_INBOUND);
	modes->shadow[RULE_OUTBOUND] = is_shadow(tool, up, RULE_OUTBOUND);
	modes->seen = calloc(
		tool->config->outbound_required_count + 1, sizeof *modes->seen);
	if (!modes->seen)
		return error_set(error, ERR_NOMEM, "out of memory");
	if (tool->config->outbound_required_count &&
		state_proofs(tool->state, tool->config, modes->seen, &cause) <
			0) {
		modes->unread = true;
		tool_say(tool, "%s", cause.text);
	}
	return 0;
}

void modes_free(struct modes *modes)
{
	free(modes->seen);
}

void modes_print(const struct modes *modes)
{
	const struct config *config = modes->config;
	struct config told = *config;

	told.inbound_mode = modes->shadow[RULE_INBOUND] ? CONFIG_MODE_SHADOW
							: CONFIG_MODE_ENFORCE;
	told.outbound_mode = modes->shadow[RULE_OUTBOUND] ? CONFIG_MODE_SHADOW
							  : CONFIG_MODE_ENFORCE;
	for (enum rule_table t = RULE_INBOUND; t <= RULE_OUTBOUND; t++)
		if (modes->shadow[t])
			terminal_named("shadow", "%s", shadow_notice(&told, t));
	for (size_t i = 0; i < config->outbound_required_count; i++) {
		if (modes->seen[i])
			continue;
		terminal_named("unseen", UNSEEN,
			config->outbound_required[i].name,
			config->outbound_required[i].value);
	}
}

static json_t *unseen(const struct modes *modes)
{
	const struct config *config = modes->config;
	json_t *array = json_array();

	for (size_t i = 0; array && i < config->outbound_required_count; i++) {
		const struct config_required *required =
			&config->outbound_required[i];
		char *text = NULL;

		if (modes->seen[i])
			continue;
		if (asprintf(&text, "%s: %s", required->name, required->value) <
			0)
			text = NULL;
		if (!text || json_array_append_new(
				     array, json_bytes(bytes_of(text))) < 0) {
			json_decref(array);
			array = NULL;
		}
		free(text);
	}
	return array;
}

void modes_put(const struct modes *modes, struct json *json)
{
	json_put_text(json, "inbound_mode",
		modes->shadow[RULE_INBOUND] ? "shadow" : "enforce");
	json_put_text(json, "outbound_mode",
		modes->shadow[RULE_OUTBOUND] ? "shadow" : "enforce");
	json_put(json, "required_headers_unseen", unseen(modes));
}

bool modes_is_metric(const char *name)
{
	return !strncmp(
		name, METRICS_SHADOW_METRIC "{", sizeof METRICS_SHADOW_METRIC);
}
