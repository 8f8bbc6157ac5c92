#include "decisionlog/leaklog.h"

#include <stdio.h>

#include "decide/leak.h"
#include "decisionlog/logaddress.h"
#include "decisionlog/prooflog.h"

#define ADDRESS_SHOWN 330 /* an address, escaped and cut */
#define FIELD_SHOWN   60
#define LINE_SHOWN    900

/* Writes the name that metrics use, or the header's own name in lower case if
 * metrics call it "other". */
static void show_field(const struct decision_leak *leak, char out[FIELD_SHOWN])
{
	if (leak->field != DECISION_LEAK_OTHER) {
		(void)snprintf(
			out, FIELD_SHOWN, "%s", leak_field_name(leak->field));
		return;
	}
	(void)log_escape(leak->header, out, FIELD_SHOWN);
	for (char *c = out; *c; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
}

void leaklog_lines(const struct decision *decision,
	const struct decide_message *message, const char *id,
	const struct log *log,
	void (*emit)(void *context, enum log_level level, const char *line),
	void *context)
{
	char origin[PROOFLOG_ORIGIN_MAX];
	char line[LINE_SHOWN];

	if (!decision->leak_total)
		return;
	prooflog_origin(message, origin);
	for (size_t i = 0; i < decision->leak_count; i++) {
		const struct decision_leak *leak = &decision->leaks[i];
		char address[ADDRESS_SHOWN];
		char field[FIELD_SHOWN];

		(void)logaddress(log, leak->address, address, sizeof address);
		show_field(leak, field);
		(void)snprintf(line, sizeof line,
			"%s: leak=<%s> field=%s why=%s%s", id, address, field,
			decision_why_name(decision->why), origin);
		emit(context, LOG_LEVEL_WARNING, line);
	}
	if (decision->leak_total == decision->leak_count)
		return;
	(void)snprintf(line, sizeof line, "%s: leaks=%zu logged=%zu why=%s%s",
		id, decision->leak_total, decision->leak_count,
		decision_why_name(decision->why), origin);
	emit(context, LOG_LEVEL_WARNING, line);
}
