#include "kit/postfixmodel.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unicase.h>

void postfix_clear(struct postfix *postfix)
{
	for (size_t i = 0; i < postfix->count; i++)
		free(postfix->all[i].filed);
	postfix->count = 0;
}

void postfix_dequote(const char *text, char out[POSTFIX_TEXT])
{
	size_t used = 0;

	for (; *text && used < POSTFIX_TEXT - 1; text++) {
		if (*text == '"')
			continue;
		if (*text == '\\' && text[1])
			text++;
		out[used++] = *text;
	}
	out[used] = '\0';
}

void postfix_complete(
	const char *origin, const char *held, char out[POSTFIX_TEXT])
{
	const char *bang = strchr(held, '!');
	char *percent;
	size_t len;

	if (*held == '@' && strchr(held, ':'))
		held = strchr(held, ':') + 1;
	if (!strchr(held, '@') && bang) {
		(void)snprintf(out, POSTFIX_TEXT, "%s@%.*s", bang + 1,
			(int)(bang - held), held);
	} else {
		(void)snprintf(out, POSTFIX_TEXT, "%s", held);
		percent = strrchr(out, '%');
		if (!strchr(out, '@') && percent)
			*percent = '@';
	}
	len = strlen(out);
	if (!strchr(out, '@'))
		(void)snprintf(out + len, POSTFIX_TEXT - len, "@%s", origin);
	else if (len && out[len - 1] == '.')
		out[len - 1] = '\0';
}

/* Writes the address as it is put into the queue: completed, and changed by
 * canonical_maps. */
static void postfix_clean(
	const struct postfix *postfix, const char *held, char out[POSTFIX_TEXT])
{
	postfix_complete(postfix->origin, held, out);
	if (postfix->canonical)
		postfix->canonical(postfix->tables, out);
}

static char *postfix_fold(const char *text)
{
	size_t len = 0;
	uint8_t *folded;
	char *copy;
	bool ascii = true;

	for (const char *c = text; *c; c++)
		ascii = ascii && !((unsigned char)*c & 0x80);
	folded = ascii ? NULL
		       : u8_casefold((const uint8_t *)text, strlen(text), NULL,
				 NULL, NULL, &len);
	copy = folded ? strndup((char *)folded, len) : strdup(text);
	free(folded);
	for (char *c = copy; c && *c; c++)
		*c = (char)tolower((unsigned char)*c);
	return copy;
}

static int postfix_notify(const char *value)
{
	int bits = 0;

	if (!value)
		return 0;
	bits |= strstr(value, "NEVER") ? 1 : 0;
	bits |= strstr(value, "SUCCESS") ? 2 : 0;
	bits |= strstr(value, "FAILURE") ? 4 : 0;
	bits |= strstr(value, "DELAY") ? 8 : 0;
	return bits;
}

/* Undoes xtext and, where the client gave it, utf-8-addr-xtext. */
static void postfix_unquote(const char *value, char out[POSTFIX_TEXT])
{
	char digits[3] = "";
	size_t used = 0;

	for (; *value && used < POSTFIX_TEXT - 4; value++) {
		unsigned long point = 0;
		char *end = NULL;

		if (*value == '+' && isxdigit((unsigned char)value[1]) &&
			isxdigit((unsigned char)value[2])) {
			memcpy(digits, value + 1, 2);
			out[used++] = (char)strtoul(digits, NULL, 16);
			value += 2;
			continue;
		}
		if (!strncasecmp(value, "\\x{", 3))
			point = strtoul(value + 3, &end, 16);
		if (end && *end == '}' && point >= 0x80 && point < 0x800) {
			out[used++] = (char)(0xc0 | point >> 6);
			out[used++] = (char)(0x80 | (point & 0x3f));
			value = end;
			continue;
		}
		out[used++] = *value;
	}
	out[used] = '\0';
}

/* Returns the key of a recipient in the filter of duplicates; free() it. */
static char *postfix_entry(
	const char *parameters, const char *held, const char *clean)
{
	char text[4 * POSTFIX_TEXT];

	(void)snprintf(
		text, sizeof text, "%s\n%s\n%s", parameters, held, clean);
	return postfix_fold(text);
}

static bool postfix_file(struct postfix *postfix, const char *held,
	const char *clean, const char *orcpt, const char *notify, size_t index)
{
	struct postfix_recipient *one = &postfix->all[postfix->count];
	char plain[POSTFIX_TEXT];

	if (postfix->count == POSTFIX_MOST)
		abort();
	(void)snprintf(one->held, sizeof one->held, "%s", held);
	(void)snprintf(one->clean, sizeof one->clean, "%s", clean);
	postfix_unquote(orcpt, plain);
	(void)snprintf(one->parameters, sizeof one->parameters, "%s\n%d", plain,
		postfix_notify(notify));
	one->filed = postfix_entry(one->parameters, one->held, one->clean);
	one->index = index;
	one->deleted = false;
	for (size_t i = 0; i < postfix->count; i++) {
		const char *filed = postfix->all[i].filed;

		if (filed && !strcmp(filed, one->filed)) {
			free(one->filed);
			return false;
		}
	}
	postfix->count++;
	return true;
}

bool postfix_recipient(struct postfix *postfix, const char *held,
	const char *orcpt, const char *notify, size_t index)
{
	char clean[POSTFIX_TEXT];

	postfix_clean(postfix, held, clean);
	return postfix_file(postfix, held, clean, orcpt, notify, index);
}

bool postfix_add(struct postfix *postfix, const char *address,
	const char *esmtp, size_t index)
{
	const char *orcpt = strstr(esmtp, "ORCPT=");
	char notify[64] = "";
	char held[POSTFIX_TEXT];
	char clean[POSTFIX_TEXT];

	if (!strncmp(esmtp, "NOTIFY=", 7))
		(void)snprintf(notify, sizeof notify, "%.*s",
			(int)strcspn(esmtp, " "), esmtp);
	postfix_dequote(address, held);
	postfix_clean(postfix, held, clean);
	return postfix_file(
		postfix, clean, clean, orcpt ? orcpt + 6 : "", notify, index);
}

/* Takes an entry out of the filter of duplicates. */
static void postfix_unfile(struct postfix *postfix, const char *entry)
{
	for (size_t i = 0; i < postfix->count; i++) {
		struct postfix_recipient *one = &postfix->all[i];

		if (one->filed && !strcmp(one->filed, entry)) {
			free(one->filed);
			one->filed = NULL;
		}
	}
}

void postfix_delete(struct postfix *postfix, const char *address)
{
	char held[POSTFIX_TEXT];

	postfix_dequote(address, held);
	for (size_t i = 0; i < postfix->count; i++) {
		struct postfix_recipient *one = &postfix->all[i];
		char *entry;

		if (one->deleted || strcmp(one->held, held) != 0)
			continue;
		one->deleted = true;
		entry = postfix_entry(one->parameters, one->held, held);
		if (entry)
			postfix_unfile(postfix, entry);
		free(entry);
	}
}
