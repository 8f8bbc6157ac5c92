#include "update/editlog.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"

/* Before the number in a line of the audit log, and the same escaped. */
static const char ending[] = "; generation ";
static const char escaped_ending[] = "\\x3B generation ";

/* Appends text, escaped, to used bytes of out, as far as EDITLOG_PART bytes
 * hold it. Returns the new length. */
static size_t append(char out[EDITLOG_PART + 1], size_t used, struct bytes text)
{
	const size_t size = EDITLOG_PART + 1;
	char line[EDITLOG_PART + 1];
	const char *rest = line;
	const char *found;

	(void)log_escape(text, line, sizeof line);
	while (used < size && (found = strstr(rest, ending))) {
		used += (size_t)snprintf(out + used, size - used, "%.*s%s",
			(int)(found - rest), rest, escaped_ending);
		rest = found + sizeof ending - 1;
	}
	if (used < size)
		used += (size_t)snprintf(out + used, size - used, "%s", rest);
	return used < size ? used : size - 1;
}

void editlog_add(struct editlog *log, enum change_kind kind, struct bytes key,
	struct bytes old_value, struct bytes new_value)
{
	static const char *const signs[CHANGE_KINDS] = {
		[CHANGE_NEW] = "+ ",
		[CHANGE_CHANGED] = "~ ",
		[CHANGE_DELETED] = "- ",
	};
	char source[ADDRESS_TEXT_MAX + 4];
	char *row;
	size_t used;

	if (!signs[kind] || log->count++ >= EDITLOG_ROWS)
		return;
	row = log->rows[log->count - 1];
	used = rule_source_text(key, source);
	source[used++] = ';';
	used = append(row, append(row, 0, bytes_of(signs[kind])),
		(struct bytes){ source, used });
	if (old_value.data)
		used = append(row, used, rule_value_targets(old_value));
	/* This is not escaped, since it is not from the table. */
	if (old_value.data && new_value.data)
		used += (size_t)snprintf(row + used, EDITLOG_PART + 1 - used,
			"%s", EDITLOG_PART - used >= 4 ? " -> " : "");
	if (new_value.data)
		(void)append(row, used, rule_value_targets(new_value));
}

void editlog_text(const struct editlog *log, const char *counts,
	const char *note, char text[STATE_WHAT_MAX])
{
	char shown[EDITLOG_PART + 1];
	size_t used = (size_t)snprintf(
		text, STATE_WHAT_MAX, "%.*s", STATE_WHAT_MAX / 4, counts);

	for (uint64_t i = 0;
		log && log->count <= EDITLOG_ROWS && i < log->count; i++)
		used += (size_t)snprintf(text + used, STATE_WHAT_MAX - used,
			"; %s", log->rows[i]);
	if (!note || !*note)
		return;
	(void)append(shown, 0, bytes_of(note));
	(void)snprintf(
		text + used, STATE_WHAT_MAX - used, "; note \"%s\"", shown);
}
