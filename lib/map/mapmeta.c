#include "map/mapmeta.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"

#define NUMBER_DIGITS 18 /* any number of so many digits fits in 63 bits */

static void clean(char *to, size_t size, const char *from)
{
	size_t at = 0;

	for (; from[at] && at + 1 < size; at++)
		to[at] = (unsigned char)from[at] < 0x20 || from[at] == 0x7f
				 ? '?'
				 : from[at];
	to[at] = '\0';
}

/* Copies the name of a host as one word. */
static const char *clean_host(char to[MAP_HOST_MAX], const char *from)
{
	clean(to, MAP_HOST_MAX, *from ? from : "-");
	for (char *space = to; (space = strchr(space, ' ')); space++)
		*space = '?';
	return to;
}

size_t mapmeta_format(const struct map_meta *meta, char text[MAPMETA_MAX])
{
	char user[sizeof meta->user];
	char command[sizeof meta->command];
	char host[MAP_HOST_MAX];
	int len;

	clean(user, sizeof user, meta->user);
	clean(command, sizeof command, meta->command);
	/* The text is never longer than 128 + 256 + 2 * 128 + 64 + 21 numbers
	 * and the words. */
	len = snprintf(text, MAPMETA_MAX,
		"version %" PRIu32 "\ngeneration %" PRIu64 "\ntime %" PRId64
		"\nuser %s\ncommand %s\n",
		meta->version, meta->generation, meta->time, user, command);
	if (meta->origin)
		len += snprintf(text + len, MAPMETA_MAX - (size_t)len,
			"origin %" PRIu64 "\n", meta->origin);
	if (meta->version > 1 && meta->adopted.generation)
		len += snprintf(text + len, MAPMETA_MAX - (size_t)len,
			"adopted %" PRIu64 " %" PRId64 " %s\n",
			meta->adopted.generation, meta->adopted.time,
			clean_host(host, meta->adopted.host));
	for (unsigned t = 0; t < RULE_TABLES; t++) {
		len += snprintf(text + len, MAPMETA_MAX - (size_t)len,
			"rows %s", rule_table_name((enum rule_table)t));
		for (unsigned k = 0; k < RULE_KINDS; k++)
			len += snprintf(text + len, MAPMETA_MAX - (size_t)len,
				" %" PRIu64, meta->rows[t][k]);
		len += snprintf(text + len, MAPMETA_MAX - (size_t)len, "\n");
	}
	if (meta->version > 1)
		len += snprintf(text + len, MAPMETA_MAX - (size_t)len,
			"host %s\ndigest %s\n", clean_host(host, meta->host),
			meta->digest);
	return (size_t)len;
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
	if (!bytes_take(text, "rows ") ||
		!bytes_take(text, rule_table_name((enum rule_table)table)))
		return false;
	for (unsigned k = 0; k < RULE_KINDS; k++) {
		uint64_t *rows = &meta->rows[table][k];

		if (!bytes_take(text, " ") ||
			!bytes_number(text, NUMBER_DIGITS, rows))
			return false;
	}
	return bytes_take(text, "\n");
}

/* Removes the line "origin N", if there is one. */
static bool take_origin(struct bytes *text, struct map_meta *meta)
{
	meta->origin = 0;
	if (!bytes_take(text, "origin "))
		return true;
	return bytes_number(text, NUMBER_DIGITS, &meta->origin) &&
	       meta->origin && meta->origin < meta->generation &&
	       bytes_take(text, "\n");
}

static bool take_time(struct bytes *text, int64_t *time)
{
	uint64_t number;

	if (!bytes_number(text, NUMBER_DIGITS, &number) || number > CLOCK_LAST)
		return false;
	*time = (int64_t)number;
	return true;
}

static bool take_host(struct bytes *text, char host[MAP_HOST_MAX])
{
	return take_line(text, host, MAP_HOST_MAX) && *host &&
	       !strchr(host, ' ');
}

/* Removes the line "adopted GENERATION SECONDS HOST", if there is one. */
static bool take_adopted(struct bytes *text, struct map_meta *meta)
{
	memset(&meta->adopted, 0, sizeof meta->adopted);
	if (meta->version == 1 || !bytes_take(text, "adopted "))
		return true;
	return bytes_number(text, NUMBER_DIGITS, &meta->adopted.generation) &&
	       meta->adopted.generation && bytes_take(text, " ") &&
	       take_time(text, &meta->adopted.time) && bytes_take(text, " ") &&
	       take_host(text, meta->adopted.host);
}

/* Removes the last lines, which version 1 does not have. */
static bool take_digest(struct bytes *text, struct map_meta *meta)
{
	memcpy(meta->host, "-", 2);
	memcpy(meta->digest, DIGEST_NONE, sizeof DIGEST_NONE);
	if (meta->version == 1)
		return true;
	return bytes_take(text, "host ") && take_host(text, meta->host) &&
	       bytes_take(text, "digest ") &&
	       take_line(text, meta->digest, sizeof meta->digest) &&
	       strlen(meta->digest) == DIGEST_LEN &&
	       digest_is_whole(bytes_of(meta->digest));
}

int mapmeta_parse(struct bytes text, struct map_meta *meta)
{
	uint64_t version;

	if (!bytes_take(&text, "version ") ||
		!bytes_number(&text, NUMBER_DIGITS, &version) ||
		version < MAP_VERSION_FIRST || version > MAP_VERSION)
		return ERR_BAD;
	meta->version = (uint32_t)version;
	if (!bytes_take(&text, "\ngeneration ") ||
		!bytes_number(&text, NUMBER_DIGITS, &meta->generation) ||
		!meta->generation)
		return ERR_BAD;
	if (!bytes_take(&text, "\ntime ") || !take_time(&text, &meta->time))
		return ERR_BAD;
	if (!bytes_take(&text, "\nuser ") ||
		!take_line(&text, meta->user, sizeof meta->user))
		return ERR_BAD;
	if (!bytes_take(&text, "command ") ||
		!take_line(&text, meta->command, sizeof meta->command))
		return ERR_BAD;
	if (!take_origin(&text, meta) || !take_adopted(&text, meta))
		return ERR_BAD;
	for (unsigned t = 0; t < RULE_TABLES; t++)
		if (!take_rows(&text, t, meta))
			return ERR_BAD;
	if (!take_digest(&text, meta))
		return ERR_BAD;
	return text.len ? ERR_BAD : 0;
}
