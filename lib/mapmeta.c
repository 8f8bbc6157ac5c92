#include "mapmeta.h"

#include <inttypes.h>
#include <stdio.h>

#define NUMBER_DIGITS 18 /* any such number fits in 63 bits */

static void clean(char *to, size_t size, const char *from)
{
	size_t at = 0;

	for (; from[at] && at + 1 < size; at++)
		to[at] = (unsigned char)from[at] < 0x20 || from[at] == 0x7f
				 ? '?'
				 : from[at];
	to[at] = '\0';
}

size_t mapmeta_format(const struct map_meta *meta, char text[MAPMETA_MAX])
{
	char user[sizeof meta->user];
	char command[sizeof meta->command];
	int len;

	clean(user, sizeof user, meta->user);
	clean(command, sizeof command, meta->command);
	/* The longest this can be is 128 + 256 + 18 numbers and the words. */
	len = snprintf(text, MAPMETA_MAX,
		"version %" PRIu32 "\ngeneration %" PRIu64 "\ntime %" PRId64
		"\nuser %s\ncommand %s\n",
		meta->version, meta->generation, meta->time, user, command);
	for (unsigned t = 0; t < RULE_TABLES; t++) {
		len += snprintf(text + len, MAPMETA_MAX - (size_t)len,
			"rows %s", rule_table_name((enum rule_table)t));
		for (unsigned k = 0; k < RULE_KINDS; k++)
			len += snprintf(text + len, MAPMETA_MAX - (size_t)len,
				" %" PRIu64, meta->rows[t][k]);
		len += snprintf(text + len, MAPMETA_MAX - (size_t)len, "\n");
	}
	return (size_t)len;
}

static bool take_word(struct bytes *text, const char *word)
{
	size_t len = strlen(word);

	if (text->len < len || memcmp(text->data, word, len) != 0)
		return false;
	text->data += len;
	text->len -= len;
	return true;
}

static bool take_number(struct bytes *text, uint64_t *number)
{
	size_t digits = 0;

	*number = 0;
	while (digits < text->len && digits < NUMBER_DIGITS &&
		text->data[digits] >= '0' && text->data[digits] <= '9')
		*number = *number * 10 + (uint64_t)(text->data[digits++] - '0');
	text->data += digits;
	text->len -= digits;
	return digits > 0;
}

static bool take_line(struct bytes *text, char *line, size_t size)
{
	const char *end = memchr(text->data, '\n', text->len);
	size_t len = end ? (size_t)(end - text->data) : size;

	if (len >= size)
		return false;
	memcpy(line, text->data, len);
	line[len] = '\0';
	text->data += len + 1;
	text->len -= len + 1;
	return true;
}

static bool take_rows(struct bytes *text, unsigned table, struct map_meta *meta)
{
	if (!take_word(text, "rows ") ||
		!take_word(text, rule_table_name((enum rule_table)table)))
		return false;
	for (unsigned k = 0; k < RULE_KINDS; k++)
		if (!take_word(text, " ") ||
			!take_number(text, &meta->rows[table][k]))
			return false;
	return take_word(text, "\n");
}

int mapmeta_parse(struct bytes text, struct map_meta *meta)
{
	uint64_t version;
	uint64_t time;

	if (!take_word(&text, "version ") || !take_number(&text, &version) ||
		version != MAP_VERSION)
		return ERR_BAD;
	if (!take_word(&text, "\ngeneration ") ||
		!take_number(&text, &meta->generation) || !meta->generation)
		return ERR_BAD;
	if (!take_word(&text, "\ntime ") || !take_number(&text, &time))
		return ERR_BAD;
	if (!take_word(&text, "\nuser ") ||
		!take_line(&text, meta->user, sizeof meta->user))
		return ERR_BAD;
	if (!take_word(&text, "command ") ||
		!take_line(&text, meta->command, sizeof meta->command))
		return ERR_BAD;
	for (unsigned t = 0; t < RULE_TABLES; t++)
		if (!take_rows(&text, t, meta))
			return ERR_BAD;
	meta->version = (uint32_t)version;
	meta->time = (int64_t)time;
	return text.len ? ERR_BAD : 0;
}
