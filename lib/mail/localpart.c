#include "mail/localpart.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

/* The number of a key, three digits of a day, six of a hash. */
#define PRVS_LEN 10

static bool is_alnum(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z');
}

static bool begins(const char *local, size_t len, const char *with)
{
	size_t with_len = strlen(with);

	return len > with_len && !strncasecmp(local, with, with_len);
}

static bool ends(const char *local, size_t len, const char *with)
{
	size_t with_len = strlen(with);

	return len > with_len &&
	       !strncasecmp(local + len - with_len, with, with_len);
}

static bool is(const char *local, size_t len, const char *name)
{
	return len == strlen(name) && !strncasecmp(local, name, len);
}

/* Returns the length of one tag: its name, count letters and digits (0: any
 * number of them), and its end. Returns 0 if there is no such tag. */
static size_t tag_len(const char *local, size_t len, const char *name,
	size_t count, const char *end)
{
	size_t i = strlen(name);
	size_t from = i;

	if (!begins(local, len, name))
		return 0;
	while (i < len && is_alnum(local[i]))
		i++;
	if (i == from || (count && i - from != count) ||
		!begins(local + i, len - i, end))
		return 0;
	return i + strlen(end);
}

size_t localpart_tag_len(
	const struct localpart_syntax *syntax, const char *local, size_t len)
{
	size_t all = 0;
	size_t one;

	do {
		one = 0;
		if (syntax->batv & LOCALPART_PRVS)
			one = tag_len(
				local + all, len - all, "prvs=", PRVS_LEN, "=");
		if (!one && (syntax->batv & LOCALPART_BTV1))
			one = tag_len(
				local + all, len - all, "btv1==", 0, "==");
		all += one;
	} while (one);
	return all;
}

/* True if split_addr() of Postfix does not look for an extension. */
static bool is_whole(
	const struct localpart_syntax *syntax, const char *local, size_t len)
{
	if (is(local, len, "postmaster") || is(local, len, "mailer-daemon") ||
		is(local, len, "double-bounce"))
		return true;
	return strchr(syntax->delimiter, '-') &&
	       (begins(local, len, "owner-") || ends(local, len, "-request"));
}

size_t localpart_extension(
	const struct localpart_syntax *syntax, const char *local, size_t len)
{
	if (!*syntax->delimiter || is_whole(syntax, local, len))
		return len;
	for (size_t i = 1; i < len; i++)
		if (local[i] && strchr(syntax->delimiter, local[i]))
			return i;
	return len;
}
