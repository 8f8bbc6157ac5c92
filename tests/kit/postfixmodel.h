/*
 * postfixmodel: the recipients of one message as Postfix 3.7 keeps them in
 * cleanup(8), and what it makes of a milter's deletes and adds. Written from
 * what was measured, and shares nothing with lib. Addresses are given without
 * <> and source route.
 */
#ifndef READDRESS_POSTFIXMODEL_H
#define READDRESS_POSTFIXMODEL_H

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unicase.h>

#define POSTFIX_MOST 512 /* recipients, those that were added among them */
#define POSTFIX_TEXT 300 /* longest address */

struct postfix_recipient {
	char held[POSTFIX_TEXT];  /* without quotes; deletes go by it */
	char clean[POSTFIX_TEXT]; /* completed; where the mail goes */
	char parameters[POSTFIX_TEXT + 16]; /* ORCPT without xtext, NOTIFY */
	char *filed;  /* in the filter of duplicates; NULL: no longer */
	size_t index; /* as the caller numbers them */
	bool deleted;
};

struct postfix {
	const char *origin; /* the domain of those that have none */
	/* canonical_maps: what becomes of a completed address; NULL: nothing */
	void (*canonical)(const void *tables, char clean[POSTFIX_TEXT]);
	const void *tables;
	size_t count;
	struct postfix_recipient all[POSTFIX_MOST];
};

static inline void postfix_clear(struct postfix *postfix)
{
	for (size_t i = 0; i < postfix->count; i++)
		free(postfix->all[i].filed);
	postfix->count = 0;
}

static inline void postfix_dequote(const char *text, char out[POSTFIX_TEXT])
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

/* As trivial-rewrite(8) completes it. */
static inline void postfix_complete(
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

/* As it goes into the queue: completed, then by canonical_maps. */
static inline void postfix_clean(
	const struct postfix *postfix, const char *held, char out[POSTFIX_TEXT])
{
	postfix_complete(postfix->origin, held, out);
	if (postfix->canonical)
		postfix->canonical(postfix->tables, out);
}

static inline char *postfix_fold(const char *text)
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

static inline int postfix_notify(const char *value)
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
static inline void postfix_unquote(const char *value, char out[POSTFIX_TEXT])
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

/* What the filter of duplicates knows a recipient by. */
static inline char *postfix_entry(
	const char *parameters, const char *held, const char *clean)
{
	char text[4 * POSTFIX_TEXT];

	(void)snprintf(
		text, sizeof text, "%s\n%s\n%s", parameters, held, clean);
	return postfix_fold(text);
}

static inline bool postfix_file(struct postfix *postfix, const char *held,
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

/*
 * One more, unless it is a duplicate: then false. held: without quotes. orcpt:
 * smtpd(8) takes RCPT TO's argument where there is none.
 */
static inline bool postfix_recipient(struct postfix *postfix, const char *held,
	const char *orcpt, const char *notify, size_t index)
{
	char clean[POSTFIX_TEXT];

	postfix_clean(postfix, held, clean);
	return postfix_file(postfix, held, clean, orcpt, notify, index);
}

/* smfi_addrcpt_par(): filed under the form that it has in the queue. False:
 * dropped as a duplicate. */
static inline bool postfix_add(struct postfix *postfix, const char *address,
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
static inline void postfix_unfile(struct postfix *postfix, const char *entry)
{
	for (size_t i = 0; i < postfix->count; i++) {
		struct postfix_recipient *one = &postfix->all[i];

		if (one->filed && !strcmp(one->filed, entry)) {
			free(one->filed);
			one->filed = NULL;
		}
	}
}

/* smfi_delrcpt(): all that were held so. Who it was is forgotten only where
 * what is held and what is in the queue are the same. */
static inline void postfix_delete(struct postfix *postfix, const char *address)
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

#endif
