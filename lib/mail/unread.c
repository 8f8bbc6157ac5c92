#include "mail/unread.h"

static bool is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9');
}

static bool is_high(char c)
{
	return (unsigned char)c > 0x7f;
}

static bool in_domain(char c)
{
	return is_alnum(c) || is_high(c) || (c && strchr("-._", c));
}

/* True if c is atext of RFC 5322 or 6532, or a dot. */
static bool in_local(char c)
{
	return is_alnum(c) || is_high(c) ||
	       (c && strchr("!#$%&'*+-/=?^_`{|}~.", c));
}

static bool is_space(char c)
{
	return c && strchr(BYTES_FWS, c);
}

/* Returns where the local part that ends at end begins; end if there is
 * none. */
static size_t find_local(struct bytes text, size_t end)
{
	size_t most = end > UNREAD_LOCAL_MAX ? end - UNREAD_LOCAL_MAX : 0;
	size_t at = end;

	if (at > most + 1 && text.data[at - 1] == '"') {
		at--;
		while (at > most && text.data[at - 1] != '"')
			at--;
		if (at > most)
			return at - 1;
		at = end; /* the quote is never opened */
	}
	while (at > most && in_local(text.data[at - 1]))
		at--;
	/* A part of a longer word is not a local part. */
	return at && at == most && in_local(text.data[at - 1]) ? end : at;
}

static size_t skip_space(struct bytes text, size_t at)
{
	while (at < text.len && is_space(text.data[at]))
		at++;
	return at;
}

/* Returns the place after white space and comments. A comment that is longer
 * than a local part does not count, so that each "@" reads only a limited part
 * of the text. */
static size_t skip_comments(struct bytes text, size_t at)
{
	size_t most = text.len - at > UNREAD_LOCAL_MAX ? at + UNREAD_LOCAL_MAX
						       : text.len;
	size_t depth = 0;

	at = skip_space(text, at);
	for (size_t i = at; i < most && (depth || text.data[i] == '(');) {
		depth += text.data[i] == '(';
		depth -= text.data[i] == ')';
		i++;
		if (!depth)
			i = at = skip_space(text, i);
	}
	return at;
}

/* The places where a domain may end. */
struct ends {
	size_t at[UNREAD_READINGS]; /* ascending; the last one ends all of it */
	unsigned count;
};

/* Skips a dot next to white space within a domain, and the white space after
 * it. Returns at if there is no such dot. Sets *maybe if no white space is
 * before the dot, which may then be the end of a sentence. */
static size_t skip_far_dot(struct bytes text, size_t at, bool *maybe)
{
	size_t dot = skip_space(text, at);
	size_t next;

	*maybe = dot > at && text.data[at - 1] == '.';
	if (*maybe)
		return is_alnum(dot < text.len ? text.data[dot] : '\0') ? dot
									: at;
	if (dot == at || dot == text.len || text.data[dot] != '.')
		return at;
	next = skip_space(text, dot + 1);
	return next < text.len && is_alnum(text.data[next]) ? next : at;
}

/* Adds end, without dots and hyphens that may end a sentence. Adds nothing if
 * no domain is left or that end is known already. */
static void add_end(
	struct ends *ends, struct bytes text, size_t begin, size_t end)
{
	while (end > begin &&
		(text.data[end - 1] == '.' || text.data[end - 1] == '-' ||
			is_space(text.data[end - 1])))
		end--;
	if (end > begin && (!ends->count || end > ends->at[ends->count - 1]))
		ends->at[ends->count++] = end;
}

/* Finds the ends of the domain that begins at begin. */
static void find_domain_ends(struct bytes text, size_t begin, struct ends *ends)
{
	size_t end = begin;
	size_t from;
	bool maybe = false;

	ends->count = 0;
	do {
		while (end < text.len && in_domain(text.data[end]))
			end++;
		from = end;
		if (end > begin)
			end = skip_far_dot(text, end, &maybe);
		if (end == from || !maybe)
			continue;
		if (ends->count == UNREAD_DOTS)
			end = from;
		add_end(ends, text, begin, from);
	} while (end > from);
	add_end(ends, text, begin, end);
}

/* Copies the domain after the "@", and lists the possible lengths. */
static void copy_domain(struct unread *unread, struct bytes text, size_t begin,
	const struct ends *ends)
{
	size_t len = unread->at + 1;
	size_t ascii = 0;
	size_t lens[UNREAD_READINGS];
	unsigned at = 0;

	for (size_t i = begin; i < ends->at[ends->count - 1]; i++) {
		if (is_high(text.data[i]) && !ascii)
			ascii = len;
		if (!is_space(text.data[i]))
			unread->text[len++] = text.data[i];
		if (i + 1 == ends->at[at])
			lens[at++] = len;
	}
	unread->len_count = 0;
	while (at) {
		size_t next = lens[--at];

		if (ascii > next) {
			unread->len[unread->len_count++] = ascii;
			ascii = 0;
		}
		if (!ascii || ascii != next)
			unread->len[unread->len_count++] = next;
	}
	if (ascii > unread->at + 1)
		unread->len[unread->len_count++] = ascii;
}

/* Fills *unread from the text around the "@" at mid. Returns false when no
 * domain follows it. */
static bool take(struct bytes text, size_t mid, struct unread *unread)
{
	size_t local_end = mid;
	size_t begin = skip_comments(text, mid + 1);
	size_t local;
	size_t end;
	struct ends ends;

	find_domain_ends(text, begin, &ends);
	while (ends.count &&
		ends.at[ends.count - 1] - begin > ADDRESS_DOMAIN_MAX * 2 - 1)
		ends.count--;
	if (!ends.count)
		return false;
	end = ends.at[ends.count - 1];
	while (local_end && is_space(text.data[local_end - 1]))
		local_end--;
	local = find_local(text, local_end);
	/* 'zoe@new.example' */
	if (local_end - local > 1 && text.data[local] == '\'' &&
		end < text.len && text.data[end] == '\'')
		local++;
	unread->at = local_end - local;
	memcpy(unread->text, text.data + local, unread->at);
	unread->text[unread->at] = '@';
	copy_domain(unread, text, begin, &ends);
	return true;
}

bool unread_next(struct bytes *rest, struct unread *unread)
{
	while (rest->len) {
		const char *sign = memchr(rest->data, '@', rest->len);
		struct bytes text = *rest;
		size_t mid;

		if (!sign)
			break;
		mid = (size_t)(sign - text.data);
		rest->data += mid + 1;
		rest->len -= mid + 1;
		if (take(text, mid, unread))
			return true;
	}
	rest->len = 0;
	return false;
}
