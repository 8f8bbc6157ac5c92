#include "doctor/running.h"

#include <inttypes.h>

static int check_generation(
	struct diagnosis *diagnosis, uint64_t served, uint64_t newest)
{
	if (served == newest)
		return 0;
	if (!served)
		return diagnosis_say(diagnosis, DIAGNOSIS_FAIL,
			diagnosis_text(diagnosis,
				"the milter serves no generation, and the "
				"newest is %" PRIu64,
				newest),
			"no rule has an effect", "readdress reload");
	return diagnosis_say(diagnosis, DIAGNOSIS_FAIL,
		diagnosis_text(diagnosis,
			"the milter serves generation %" PRIu64
			", and the newest is %" PRIu64,
			served, newest),
		"mail is rewritten by rules that are not the newest",
		"readdress reload (readdress diff shows what changes then)");
}

int running_check_up(struct diagnosis *diagnosis)
{
	const struct diagnosis_milter *milter = diagnosis->milter;
	int result = 0;

	if (!milter)
		return diagnosis_say(diagnosis, DIAGNOSIS_SKIP,
			"cannot know whether the milter runs; readdress status "
			"says why",
			"", "");
	if (!milter->up)
		return diagnosis_say(diagnosis, DIAGNOSIS_FAIL,
			"the milter is not running",
			"no mail is accepted: Postfix tells every client to "
			"try again later",
			"systemctl start readdress-milter");
	if (diagnosis->map)
		result = check_generation(diagnosis, milter->served,
			map_meta(diagnosis->map)->generation);
	for (enum rule_table t = RULE_INBOUND; !result && t <= RULE_OUTBOUND;
		t++) {
		const char *name = rule_table_name(t);

		if (milter->shadow[t])
			result = diagnosis_say(diagnosis, DIAGNOSIS_WARN,
				diagnosis_text(diagnosis,
					"%s rules are in shadow mode", name),
				"no mail is rewritten by them; the log says "
				"what would be",
				diagnosis_text(diagnosis,
					"set %s_mode = \"enforce\" in "
					"readdress.conf, then `readdress "
					"reload`",
					name));
	}
	return result;
}

int running_check_required(struct diagnosis *diagnosis)
{
	const struct config *config = diagnosis->config;
	int result = 0;

	if (!diagnosis->seen && config->outbound_required_count)
		return diagnosis_say(diagnosis, DIAGNOSIS_SKIP,
			"cannot know which of outbound_required_headers the "
			"milter has seen; readdress status says why",
			"", "");
	for (size_t i = 0; !result && i < config->outbound_required_count;
		i++) {
		const struct config_required *required =
			&config->outbound_required[i];

		if (diagnosis->seen[i])
			continue;
		result = diagnosis_say(diagnosis, DIAGNOSIS_WARN,
			diagnosis_text(diagnosis,
				"\"%s: %s\" of outbound_required_headers was "
				"never seen right",
				required->name, required->value),
			"if it is misspelt, mail of your own mail system is "
			"refused; until it is seen, with 450 4.7.1",
			"send a message by that mail system through this "
			"relay; if this stays, correct the header in "
			"readdress.conf as the message has it, then "
			"`readdress reload`");
	}
	return result;
}
