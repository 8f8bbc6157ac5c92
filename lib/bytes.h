/*
 * bytes: a run of octets that somebody else owns. Never NUL-terminated by
 * assumption. A span is a place in a buffer that the caller knows.
 */
#ifndef READDRESS_BYTES_H
#define READDRESS_BYTES_H

#include <stdbool.h>
#include <stddef.h>
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

/* As memcmp; a beginning comes first. */
static inline int bytes_compare(struct bytes a, struct bytes b)
{
	size_t len = a.len < b.len ? a.len : b.len;
	int order = len ? memcmp(a.data, b.data, len) : 0;

	return order ? order : (a.len > b.len) - (a.len < b.len);
}

/* ASCII case is ignored: header names, keywords. */
static inline bool bytes_equal_nocase(struct bytes a, struct bytes b)
{
	return a.len == b.len &&
	       (!a.len || !strncasecmp(a.data, b.data, a.len));
}

/* Without the octets of set, NUL not among them, at both ends. */
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

/* What stands before the first separator in *rest, or all of it. *rest is then
 * what stands behind that separator. */
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

#define BYTES_BLANKS " \t"     /* WSP of RFC 5322 */
#define BYTES_FWS    " \t\r\n" /* what folding white space is made of */

#endif
