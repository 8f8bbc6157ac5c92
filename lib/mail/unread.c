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

/* atext of RFC 5322 and 6532, and the dot. */
static bool in_local(char c)
{
	return is_alnum(c) || is_high(c) ||
	       (c && strchr("!#$%&'*+-/=?^_`{|}~.", c));
}

static bool is_space(char c)
{
	return c && strchr(BYTES_FWS, c);
}

/* Where the local part begins that ends at end; end when there is none. */
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
		at = end; /* it does not begin */
	}
	while (at > most && in_local(text.data[at - 1]))
		at--;
	/* Cut in the middle of a long word it is no local part. */
	return at && at == most && in_local(text.data[at - 1]) ? end : at;
}

static size_t skip_space(struct bytes text, size_t at)
{
	while (at < text.len && is_space(text.data[at]))
		at++;
	return at;
}

/* Behind white space and comments. A comment that is longer than a local part
 * is none: each "@" looks at no more of the text. */
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

/* Behind the dot that stands in a domain after white space, and the white space
 * behind it; at when there is none. A dot without white space in front may be
 * the end of a sentence. */
static size_t skip_far_dot(struct bytes text, size_t at)
{
	size_t dot = skip_space(text, at);
	size_t next;

	if (dot == at || dot == text.len || text.data[dot] != '.')
		return at;
	next = skip_space(text, dot + 1);
	return next < text.len && is_alnum(text.data[next]) ? next : at;
}

/* The domain from begin on, without what ends a sentence. */
static size_t find_domain_end(struct bytes text, size_t begin)
{
	size_t end = begin;
	size_t from;

	do {
		while (end < text.len && in_domain(text.data[end]))
			end++;
		from = end;
		if (end > begin)
			end = skip_far_dot(text, end);
	} while (end > from);
	while (end > begin &&
		(text.data[end - 1] == '.' || text.data[end - 1] == '-'))
		end--;
	return end;
}

/* Fills *unread from what stands around the "@" at mid. Returns false when no
 * domain stands behind it. */
static bool take(struct bytes text, size_t mid, struct unread *unread)
{
	size_t local_end = mid;
	size_t begin = skip_comments(text, mid + 1);
	size_t local;
	size_t end;

	end = find_domain_end(text, begin);
	if (end == begin || end - begin > ADDRESS_DOMAIN_MAX * 2 - 1)
		return false;
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
	unread->len = unread->at + 1;
	for (size_t i = begin; i < end; i++)
		if (!is_space(text.data[i]))
			unread->text[unread->len++] = text.data[i];
	unread->ascii_len = unread->at + 1;
	while (unread->ascii_len < unread->len &&
		!is_high(unread->text[unread->ascii_len]))
		unread->ascii_len++;
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

static int names(struct map_reader *reader, unsigned role, struct bytes domain)
{
	char key[ADDRESS_KEY_MAX];
	unsigned roles = 0;
	int result = address_domain_key(domain.data, domain.len, key);

	if (result < 0)
		return result == ERR_BAD ? 0 : result;
	result = map_domain_roles(
		reader, (struct bytes){ key, (size_t)result }, &roles);
	return result < 0 ? result : (roles & role) != 0;
}

int unread_names_domain(
	struct map_reader *reader, enum rule_table table, struct bytes text)
{
	unsigned role =
		table == RULE_OUTBOUND ? MAP_ROLE_OUTBOUND : MAP_ROLE_INBOUND;
	struct unread unread;
	int result = 0;

	while (!result && unread_next(&text, &unread)) {
		struct bytes domain = { unread.text + unread.at + 1,
			unread.len - unread.at - 1 };

		result = names(reader, role, domain);
		if (!result && unread.ascii_len < unread.len) {
			domain.len = unread.ascii_len - unread.at - 1;
			if (domain.len)
				result = names(reader, role, domain);
		}
	}
	return result;
}
