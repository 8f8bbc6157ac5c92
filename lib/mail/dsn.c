#include "mail/dsn.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistr.h>

static const char hex_digits[] = "0123456789ABCDEFabcdef";

/* True if the comma-separated value has the keyword. */
static bool has_keyword(const char *value, const char *keyword)
{
	while (*value) {
		size_t len = strcspn(value, ",");

		if (bytes_equal_nocase(
			    (struct bytes){ value, len }, bytes_of(keyword)))
			return true;
		value += len;
		value += *value == ',';
	}
	return false;
}

void dsn_notify_add(struct dsn_notify *notify, const char *value)
{
	bool never = value && has_keyword(value, "NEVER");

	notify->all_never = never && (notify->all_never || !notify->any);
	notify->any = true;
	if (never)
		return;
	if (!value || !*value) {
		notify->any_implicit = true;
		notify->bits |= DSN_FAILURE | DSN_DELAY;
		return;
	}
	notify->bits |= has_keyword(value, "SUCCESS") ? DSN_SUCCESS : 0;
	notify->bits |= has_keyword(value, "FAILURE") ? DSN_FAILURE : 0;
	notify->bits |= has_keyword(value, "DELAY") ? DSN_DELAY : 0;
}

const char *dsn_notify_text(const struct dsn_notify *notify)
{
	static const char *const texts[] = { "", "SUCCESS", "FAILURE",
		"SUCCESS,FAILURE", "DELAY", "SUCCESS,DELAY", "FAILURE,DELAY",
		"SUCCESS,FAILURE,DELAY" };

	if (notify->all_never)
		return "NEVER";
	if (notify->any_implicit && !(notify->bits & DSN_SUCCESS))
		return "";
	return texts[notify->bits & 7u];
}

/* Returns prefix and text in xtext (RFC 3461 section 4). */
static char *xtext(struct arena *arena, const char *prefix, struct bytes text)
{
	size_t used = strlen(prefix);
	char *out = arena_bytes(arena, used + 3 * text.len + 1);

	if (!out)
		return NULL;
	memcpy(out, prefix, used);
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.data[i];

		if (c > 0x20 && c < 0x7f && c != '+' && c != '=')
			out[used++] = (char)c;
		else
			used += (size_t)sprintf(out + used, "+%02X", c);
	}
	out[used] = '\0';
	return out;
}

/* Returns "utf-8;" and text in utf-8-addr-xtext (RFC 6533 section 3). */
static char *utf8_xtext(struct arena *arena, struct bytes text)
{
	char *out = arena_bytes(arena, 6 + 12 * text.len + 1);
	size_t used = 6;

	if (!out)
		return NULL;
	memcpy(out, "utf-8;", 6);
	for (size_t i = 0; i < text.len;) {
		ucs4_t c;
		int n = u8_mbtouc(
			&c, (const uint8_t *)text.data + i, text.len - i);

		if (c > 0x20 && c < 0x7f && c != '+' && c != '=' && c != '\\')
			out[used++] = (char)c;
		else
			used += (size_t)sprintf(
				out + used, "\\x{%02X}", (unsigned)c);
		i += n > 0 ? (size_t)n : 1;
	}
	out[used] = '\0';
	return out;
}

char *dsn_orcpt(
	struct arena *arena, const struct mailbox *mailbox, struct bytes spelt)
{
	char text[ADDRESS_TEXT_MAX];
	int len;

	if (spelt.len && bytes_are_ascii(spelt))
		return xtext(arena, "rfc822;", spelt);
	len = address_format(mailbox, text);
	if (len == ERR_NOMEM)
		return NULL;
	if (len > 0 && !address_local_is_utf8(mailbox))
		return xtext(
			arena, "rfc822;", (struct bytes){ text, (size_t)len });
	if (spelt.len)
		return utf8_xtext(arena, spelt);
	if (len <= 0)
		return NULL;
	return utf8_xtext(arena, (struct bytes){ text, (size_t)len });
}

/* Returns the code point of an embedded character like "\x{F6}" at text, and
 * its length in *len; 0 if there is none. */
static ucs4_t embedded(const char *text, size_t *len)
{
	const char *digits;
	size_t count;
	unsigned long c;

	if (strncmp(text, "\\x{", 3) != 0)
		return 0;
	digits = text + 3 + strspn(text + 3, "0");
	count = strspn(digits, hex_digits);
	if (count > 6 || digits[count] != '}')
		return 0;
	c = strtoul(text + 3, NULL, 16);
	*len = (size_t)(digits + count + 1 - text);
	return (ucs4_t)c;
}

/* Writes one character in xtext or as UTF-8. Returns the length, or 0 if it is
 * neither. */
static size_t put_plain(char *out, ucs4_t c)
{
	int n;

	if (c <= 0x20 || c == '+' || c == '=' || c == 0x7f)
		return (size_t)sprintf(out, "+%02X", (unsigned)c);
	n = u8_uctomb((uint8_t *)out, c, 4);
	return n > 0 ? (size_t)n : 0;
}

const char *dsn_orcpt_for_milter(struct arena *arena, const char *orcpt)
{
	char *plain;
	size_t used = 6;

	if (strncasecmp(orcpt, "utf-8;", 6) != 0)
		return orcpt;
	plain = arena_bytes(arena, 3 * strlen(orcpt) + 1);
	if (!plain)
		return NULL;
	memcpy(plain, orcpt, 6);
	for (const char *from = orcpt + 6; *from;) {
		size_t len = 1;
		ucs4_t c = *from == '\\' ? embedded(from, &len) : 0;
		size_t put = c ? put_plain(plain + used, c) : 0;

		if (!put) {
			/* A byte of UTF-8, "+", or a backslash that embeds
			 * nothing. */
			len = 1;
			if ((unsigned char)*from < 0x80)
				put = put_plain(
					plain + used, (unsigned char)*from);
			else
				plain[used + put++] = *from;
		}
		used += put;
		from += len;
	}
	plain[used] = '\0';
	return plain;
}
