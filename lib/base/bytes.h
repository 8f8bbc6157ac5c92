/*
 * bytes: a sequence of bytes that somebody else owns. A NUL need not follow it.
 * A span is an offset and a length in a buffer that the caller knows.
 */
#ifndef READDRESS_BASE_BYTES_H
#define READDRESS_BASE_BYTES_H

/*
 * The wing base/: what every other wing uses. It knows nothing of mail.
 *
 *   error      the codes that lib returns, and the text for people
 *   arena      memory that is freed all at once, with a maximum
 *   array      an array that grows
 *   budget     the memory that all messages together may take
 *   clock      the monotonic clock, and the time of day as text
 *   file       small files, opened with care and replaced as a whole
 *   linkcheck  hard links in a directory that another user owns
 *   log        log lines
 *   logsink    where log lines go; it never waits
 *   network    client addresses and CIDR networks
 *   precis     the characters that an address in a rule may contain
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

struct bytes {
	const char *data;
	size_t len;
};

struct span {
	size_t off;
	size_t len;
};

#define MUST_CHECK __attribute__((warn_unused_result))

static inline struct bytes bytes_of(const char *s)
{
	return (struct bytes){ s, s ? strlen(s) : 0 };
}

static inline bool bytes_equal(struct bytes a, struct bytes b)
{
	return a.len == b.len && (!a.len || !memcmp(a.data, b.data, a.len));
}

/* Orders like memcmp(); a prefix sorts before the longer string. */
static inline int bytes_compare(struct bytes a, struct bytes b)
{
	size_t len = a.len < b.len ? a.len : b.len;
	int order = len ? memcmp(a.data, b.data, len) : 0;

	return order ? order : (a.len > b.len) - (a.len < b.len);
}

/* True if both are equal when the case of ASCII letters is ignored, as for
 * header names and keywords. */
static inline bool bytes_equal_nocase(struct bytes a, struct bytes b)
{
	return a.len == b.len &&
	       (!a.len || !strncasecmp(a.data, b.data, a.len));
}

/* True if no byte is over 0x7F. */
static inline bool bytes_are_ascii(struct bytes text)
{
	uint64_t seen = 0;
	uint64_t eight;
	size_t i = 0;

	for (; text.len - i >= sizeof eight; i += sizeof eight) {
		memcpy(&eight, text.data + i, sizeof eight);
		seen |= eight;
	}
	for (; i < text.len; i++)
		seen |= (unsigned char)text.data[i];
	return !(seen & 0x8080808080808080u);
}

/* Strips the bytes in set from both ends. NUL is never stripped. */
static inline struct bytes bytes_trim(struct bytes text, const char *set)
{
	size_t count = strlen(set);

	while (text.len && memchr(set, text.data[0], count)) {
		text.data++;
		text.len--;
	}
	while (text.len && memchr(set, text.data[text.len - 1], count))
		text.len--;
	return text;
}

/* Returns what is before the first separator in *rest, or all of *rest if it
 * has no separator. *rest becomes what is after that separator. */
static inline struct bytes bytes_cut(struct bytes *rest, char separator)
{
	const char *end =
		rest->len ? memchr(rest->data, separator, rest->len) : NULL;
	struct bytes part = *rest;

	if (end)
		part.len = (size_t)(end - part.data);
	if (rest->len)
		rest->data += part.len + (end != NULL);
	rest->len -= part.len + (end != NULL);
	return part;
}

/* Removes word from the front of *text. Returns false if *text does not begin
 * with it. */
static inline bool bytes_take(struct bytes *text, const char *word)
{
	size_t len = strlen(word);

	if (text->len < len || memcmp(text->data, word, len) != 0)
		return false;
	text->data += len;
	text->len -= len;
	return true;
}

/* Removes the decimal digits from the front of *text and stores their value; a
 * number that is too large becomes UINT64_MAX. Returns false if there is no
 * digit, or more than most of them (leading zeros count); then *text is
 * unchanged and *number is 0. */
static inline bool bytes_number(
	struct bytes *text, size_t most, uint64_t *number)
{
	uint64_t value = 0;
	size_t len = 0;

	*number = 0;
	while (len < text->len && text->data[len] >= '0' &&
		text->data[len] <= '9') {
		unsigned digit = (unsigned)(text->data[len++] - '0');

		value = value > (UINT64_MAX - digit) / 10 ? UINT64_MAX
							  : value * 10 + digit;
	}
	if (!len || len > most)
		return false;
	*number = value;
	text->data += len;
	text->len -= len;
	return true;
}

#define BYTES_BLANKS " \t"     /* WSP of RFC 5322 */
#define BYTES_FWS    " \t\r\n" /* the characters of folding white space */

#endif
