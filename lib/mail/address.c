#include "mail/address.h"

#include <arpa/inet.h>
#include <idn2.h>
#include <stdint.h>
#include <stdlib.h>
#include <unicase.h>
#include <uninorm.h>
#include <unistr.h>

#define TOO_LONG "is too long: an address has at most 254 bytes"

/* True if text begins with one of U+0080 to U+009F in UTF-8: control
 * characters, to which terminals react. */
static bool is_c1(const char *text)
{
	return text[0] == '\xc2' && (unsigned char)text[1] < 0xa0;
}

static bool is_control(char c)
{
	return (unsigned char)c < 0x20 || c == 0x7f;
}

static bool all_ascii(const char *data, size_t len)
{
	return bytes_are_ascii((struct bytes){ data, len });
}

static char ascii_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

bool address_utf8_valid(const char *data, size_t len)
{
	return all_ascii(data, len) || !u8_check((const uint8_t *)data, len);
}

bool address_local_is_utf8(const struct mailbox *mailbox)
{
	return !all_ascii(mailbox->local, mailbox->local_len);
}

/* Returns the length of a source route "@a,@b:" (RFC 5321 appendix C), or 0 if
 * there is no complete one. */
static size_t route_len(const char *text, size_t len)
{
	size_t i = 0;

	while (i < len && text[i] == '@') {
		bool literal = false;

		for (i++; i < len; i++) {
			if (text[i] == '[')
				literal = true;
			else if (text[i] == ']')
				literal = false;
			else if (!literal && (text[i] == ',' || text[i] == ':'))
				break;
		}
		if (i == len)
			return 0;
		if (text[i++] == ':')
			return i;
	}
	return 0;
}

struct bytes address_strip_path(const char *text, size_t len)
{
	size_t route;

	while (len && (*text == ' ' || *text == '\t'))
		text++, len--;
	while (len && (text[len - 1] == ' ' || text[len - 1] == '\t'))
		len--;
	if (len >= 2 && text[0] == '<' && text[len - 1] == '>')
		text++, len -= 2;
	route = route_len(text, len);
	return (struct bytes){ text + route, len - route };
}

/* Appends the bytes that mean themselves at *at to the local part, and moves
 * *at past them; *any becomes true if one of them is not a dot. Returns false
 * when the local part is full. */
static bool put_plain(
	struct bytes text, size_t *at, struct mailbox *mailbox, bool *any)
{
	const char *data = text.data + *at;
	size_t len = address_plain_len((struct bytes){ data, text.len - *at });

	if (mailbox->local_len + len >= sizeof mailbox->local)
		return false;
	memcpy(mailbox->local + mailbox->local_len, data, len);
	mailbox->local_len += len;
	mailbox->local[mailbox->local_len] = '\0';
	for (size_t i = 0; i < len && !*any; i++)
		*any = data[i] != '.';
	*at += len;
	return true;
}

/* Appends c to a buffer of a mailbox. Returns false when it is full. */
static bool put(char *buffer, size_t size, size_t *used, char c)
{
	if (*used + 1 >= size)
		return false;
	buffer[(*used)++] = c;
	buffer[*used] = '\0';
	return true;
}

/* Reads the quoted-string whose opening quote is at *at, and appends its
 * meaning to the local part. Sets *at to the place after the closing quote. */
static int parse_quoted(struct bytes text, size_t *at, struct mailbox *mailbox,
	struct error *error)
{
	size_t i = *at + 1;

	for (; i < text.len && text.data[i] != '"'; i++) {
		if (text.data[i] == '\\')
			i++;
		if (i < text.len && is_control(text.data[i]))
			return error_set(
				error, ERR_BAD, "contains a control character");
		if (i >= text.len || !put(mailbox->local, sizeof mailbox->local,
					     &mailbox->local_len, text.data[i]))
			break;
	}
	if (i >= text.len || text.data[i] != '"')
		return error_set(error, ERR_BAD,
			"has a quote that is not closed, or is too long");
	*at = i + 1;
	return 0;
}

/* Reads words and dots up to "@" or the end. */
static int parse_local(struct bytes text, size_t *at, struct mailbox *mailbox,
	struct error *error)
{
	size_t i = 0;
	bool in_word = false;
	bool any = false;

	while (i < text.len && text.data[i] != '@') {
		char c = text.data[i];

		if (c == '"' && !in_word) {
			int result = parse_quoted(text, &i, mailbox, error);

			if (result < 0)
				return result;
			in_word = true;
			any = true;
			if (i < text.len && text.data[i] != '.' &&
				text.data[i] != '@')
				return error_set(error, ERR_BAD,
					"has text after a closing quote");
			continue;
		}
		if (is_control(c))
			return error_set(
				error, ERR_BAD, "contains a control character");
		if (c != '.' && !address_is_atext(c))
			return error_set(error, ERR_BAD,
				"contains \"%c\" outside quotes%s", c,
				memchr(text.data, '<', text.len)
					? "; write only the address, without a "
					  "name and without \"<>\""
					: "; write only the address");
		if (!put_plain(text, &i, mailbox, &any))
			return error_set(error, ERR_BAD, TOO_LONG);
		in_word = text.data[i - 1] != '.';
	}
	*at = i;
	if (i == text.len)
		return error_set(error, ERR_BAD, "has no domain");
	if (!any)
		return error_set(error, ERR_BAD, "has no local part");
	return 0;
}

static int take_domain(
	struct bytes domain, struct mailbox *mailbox, struct error *error)
{
	bool literal = domain.len && domain.data[0] == '[';

	if (!domain.len || (domain.len == 1 && domain.data[0] == '.'))
		return error_set(error, ERR_BAD, "has no domain");
	if (domain.len >= sizeof mailbox->domain)
		return error_set(error, ERR_BAD, TOO_LONG);
	for (size_t i = 0; i < domain.len; i++) {
		char c = domain.data[i];

		if (c == '.' || address_is_atext(c))
			continue;
		if (is_control(c) || c == ' ')
			return error_set(error, ERR_BAD,
				"contains a space or a control character in "
				"its domain");
		if (!(literal && strchr("[]:", c)))
			return error_set(error, ERR_BAD,
				"contains \"%c\" in its domain", c);
	}
	memcpy(mailbox->domain, domain.data, domain.len);
	mailbox->domain[domain.len] = '\0';
	mailbox->domain_len = domain.len;
	return 0;
}

int address_parse(const char *text, size_t len, struct mailbox *mailbox,
	struct error *error)
{
	struct bytes spec = address_strip_path(text, len);
	size_t at = 0;
	int result;

	mailbox->local_len = 0;
	mailbox->local[0] = '\0';
	mailbox->domain_len = 0;
	mailbox->domain[0] = '\0';
	if (!address_utf8_valid(spec.data, spec.len))
		return error_set(error, ERR_BAD, "is not UTF-8");
	result = parse_local(spec, &at, mailbox, error);
	if (result < 0)
		return result;
	return take_domain(
		(struct bytes){ spec.data + at + 1, spec.len - at - 1 },
		mailbox, error);
}

int address_parse_internal(
	const char *text, size_t len, struct mailbox *mailbox)
{
	size_t at = len;

	while (at > 0 && text[at - 1] != '@')
		at--;
	if (at < 2 || at - 1 >= sizeof mailbox->local ||
		!address_utf8_valid(text, len))
		return ERR_BAD;
	for (size_t i = 0; i < at - 1; i++)
		if (is_control(text[i]))
			return ERR_BAD;
	mailbox->local_len = at - 1;
	memcpy(mailbox->local, text, at - 1);
	mailbox->local[at - 1] = '\0';
	return take_domain(
		(struct bytes){ text + at, len - at }, mailbox, NULL);
}

int address_local_key(
	const char *local, size_t local_len, char key[ADDRESS_KEY_MAX])
{
	uint8_t *folded;
	size_t len = ADDRESS_KEY_MAX;
	int result;

	if (all_ascii(local, local_len)) {
		if (local_len > ADDRESS_KEY_MAX)
			return ERR_BAD;
		for (size_t i = 0; i < local_len; i++)
			key[i] = ascii_lower(local[i]);
		return (int)local_len;
	}
	folded = u8_casefold((const uint8_t *)local, local_len, NULL,
		UNINORM_NFC, NULL, &len);
	if (!folded)
		return ERR_NOMEM;
	result = ERR_BAD;
	if (len <= ADDRESS_KEY_MAX) {
		memcpy(key, folded, len);
		result = (int)len;
	}
	free(folded);
	return result;
}

/* Converts U-labels to A-labels. Returns the length, ERR_BAD or ERR_NOMEM. */
static int domain_to_ascii(
	const char *domain, size_t len, char *out, size_t size)
{
	char text[sizeof((struct mailbox *)0)->domain];
	uint8_t *ascii = NULL;
	int result;
	size_t ascii_len;

	if (len >= sizeof text || memchr(domain, '\0', len))
		return ERR_BAD;
	memcpy(text, domain, len);
	text[len] = '\0';
	result = idn2_lookup_u8((const uint8_t *)text, &ascii,
		IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
	if (result != IDN2_OK)
		return result == IDN2_MALLOC ? ERR_NOMEM : ERR_BAD;
	ascii_len = strlen((char *)ascii);
	/* A final U+3002 or similar character has become a dot. */
	if (ascii_len && ascii[ascii_len - 1] == '.')
		ascii_len--;
	if (!ascii_len || ascii_len > size) {
		idn2_free(ascii);
		return ERR_BAD;
	}
	memcpy(out, ascii, ascii_len);
	idn2_free(ascii);
	return (int)ascii_len;
}

int address_domain_key(
	const char *domain, size_t len, char key[ADDRESS_KEY_MAX])
{
	if (len && domain[len - 1] == '.')
		len--;
	if (!len)
		return ERR_BAD;
	if (!all_ascii(domain, len))
		return domain_to_ascii(domain, len, key, ADDRESS_DOMAIN_MAX);
	if (len > ADDRESS_DOMAIN_MAX)
		return ERR_BAD;
	for (size_t i = 0; i < len; i++)
		key[i] = ascii_lower(domain[i]);
	return (int)len;
}

int address_domain_unicode(struct bytes domain, char text[ADDRESS_TEXT_MAX])
{
	char key[ADDRESS_KEY_MAX];
	char *unicode = NULL;
	size_t len;
	int result;

	if (domain.len > ADDRESS_DOMAIN_MAX)
		return 0;
	memcpy(text, domain.data, domain.len);
	text[domain.len] = '\0';
	result = idn2_to_unicode_8z8z(text, &unicode, 0);
	if (result != IDN2_OK)
		return result == IDN2_MALLOC ? ERR_NOMEM : 0;
	len = strlen(unicode);
	result = 0;
	/* libidn2 decodes "xn--a", too, which is the label of no name. */
	if (len < ADDRESS_TEXT_MAX && !all_ascii(unicode, len))
		result = address_domain_key(unicode, len, key);
	if (result == (int)domain.len &&
		!memcmp(key, domain.data, domain.len)) {
		memcpy(text, unicode, len + 1);
		result = (int)len;
	} else if (result != ERR_NOMEM) {
		result = 0;
	}
	idn2_free(unicode);
	return result;
}

int address_key(const struct mailbox *mailbox, char key[ADDRESS_KEY_MAX])
{
	char domain[ADDRESS_KEY_MAX];
	int local_len =
		address_local_key(mailbox->local, mailbox->local_len, key);
	int domain_len;

	if (local_len < 0)
		return local_len;
	domain_len = address_domain_key(
		mailbox->domain, mailbox->domain_len, domain);
	if (domain_len < 0)
		return domain_len;
	if (local_len + 1 + domain_len > ADDRESS_KEY_MAX)
		return ERR_BAD;
	key[local_len] = '@';
	memcpy(key + local_len + 1, domain, (size_t)domain_len);
	return local_len + 1 + domain_len;
}

/* True if local is a Dot-string of RFC 5321: atoms, none of them empty, between
 * dots. */
static bool is_dot_string(const char *local, size_t len)
{
	bool in_atom = false;

	for (size_t i = 0; i < len; i++) {
		if (local[i] == '.') {
			if (!in_atom)
				return false;
			in_atom = false;
		} else if (address_is_atext(local[i])) {
			in_atom = true;
		} else {
			return false;
		}
	}
	return in_atom;
}

size_t address_format_local(
	const struct mailbox *mailbox, char text[ADDRESS_TEXT_MAX])
{
	size_t used = 0;

	if (is_dot_string(mailbox->local, mailbox->local_len)) {
		memcpy(text, mailbox->local, mailbox->local_len);
		text[mailbox->local_len] = '\0';
		return mailbox->local_len;
	}
	text[used++] = '"';
	for (size_t i = 0; i < mailbox->local_len; i++) {
		char c = mailbox->local[i];

		if (c == '"' || c == '\\')
			text[used++] = '\\';
		text[used++] = c;
	}
	text[used++] = '"';
	text[used] = '\0';
	return used;
}

int address_format(const struct mailbox *mailbox, char text[ADDRESS_TEXT_MAX])
{
	size_t used = address_format_local(mailbox, text);
	size_t len = mailbox->domain_len;
	int result;

	text[used++] = '@';
	if (len && mailbox->domain[len - 1] == '.')
		len--;
	if (!len || len > ADDRESS_DOMAIN_MAX)
		return ERR_BAD;
	if (all_ascii(mailbox->domain, len)) {
		if (used + len >= ADDRESS_TEXT_MAX)
			return ERR_BAD;
		memcpy(text + used, mailbox->domain, len);
		result = (int)len;
	} else {
		size_t room = ADDRESS_TEXT_MAX - used - 1;

		result = domain_to_ascii(mailbox->domain, len, text + used,
			room < ADDRESS_DOMAIN_MAX ? room : ADDRESS_DOMAIN_MAX);
		if (result < 0)
			return result;
	}
	used += (size_t)result;
	text[used] = '\0';
	return (int)used;
}

/* True if domain is an address literal, "[192.0.2.1]" or "[IPv6:2001:db8::1]"
 * (RFC 5321 section 4.1.3). */
static bool is_literal(const char *domain, size_t len)
{
	char inner[64];
	unsigned char octets[16];

	if (len < 3 || len - 2 >= sizeof inner || domain[0] != '[' ||
		domain[len - 1] != ']')
		return false;
	memcpy(inner, domain + 1, len - 2);
	inner[len - 2] = '\0';
	if (!strncasecmp(inner, "IPv6:", 5))
		return inet_pton(AF_INET6, inner + 5, octets) == 1;
	return inet_pton(AF_INET, inner, octets) == 1;
}

/* True if domain is made of LDH labels; with underscore, labels may contain
 * "_", too. */
static bool is_ldh(const char *domain, size_t len, bool underscore)
{
	size_t label = 0;

	for (size_t i = 0; i <= len; i++) {
		if (i == len || domain[i] == '.') {
			if (!label || label > 63 || domain[i - 1] == '-' ||
				domain[i - label] == '-')
				return false;
			label = 0;
			continue;
		}
		if (!((domain[i] >= 'a' && domain[i] <= 'z') ||
			    (domain[i] >= '0' && domain[i] <= '9') ||
			    domain[i] == '-' ||
			    (underscore && domain[i] == '_')))
			return false;
		label++;
	}
	return true;
}

static int check_domain(
	const char *domain, size_t len, bool underscore, struct error *error)
{
	char key[ADDRESS_KEY_MAX];
	int key_len;

	if (is_literal(domain, len))
		return 0;
	key_len = address_domain_key(domain, len, key);
	if (key_len == ERR_NOMEM)
		return error_set(error, ERR_NOMEM, "out of memory");
	if (key_len < 0)
		return error_set(error, ERR_BAD,
			"has a domain that is too long or has no A-label "
			"(\"xn--\") form");
	if (!is_ldh(key, (size_t)key_len, underscore))
		return error_set(error, ERR_BAD,
			"has a bad domain; expected labels of letters, "
			"digits%s and hyphens, separated by dots",
			underscore ? ", underscores" : "");
	return 0;
}

int address_check_domain(const char *domain, size_t len, struct error *error)
{
	return check_domain(domain, len, false, error);
}

int address_check_source_domain(
	const char *domain, size_t len, struct error *error)
{
	return check_domain(domain, len, true, error);
}

int address_check(const struct mailbox *mailbox, bool utf8, struct error *error)
{
	char text[ADDRESS_TEXT_MAX];
	int result = address_check_domain(
		mailbox->domain, mailbox->domain_len, error);
	int len;

	if (result < 0)
		return result;
	if (!mailbox->local_len)
		return error_set(error, ERR_BAD, "has no local part");
	for (size_t i = 0; i < mailbox->local_len; i++) {
		char c = mailbox->local[i];

		if (is_control(c) || is_c1(mailbox->local + i))
			return error_set(
				error, ERR_BAD, "contains a control character");
		if (c == '%' || c == '!')
			return error_set(error, ERR_BAD,
				"contains \"%c\" in its local part, which "
				"Postfix would read as a route",
				c);
	}
	if (!utf8 && address_local_is_utf8(mailbox))
		return error_set(error, ERR_BAD,
			"has a local part with UTF-8 characters, which few "
			"servers accept: use --allow-utf8 if you mean it");
	if (address_format_local(mailbox, text) > ADDRESS_LOCAL_MAX)
		return error_set(error, ERR_BAD,
			"has a local part longer than %d bytes",
			ADDRESS_LOCAL_MAX);
	len = address_format(mailbox, text);
	if (len == ERR_NOMEM)
		return error_set(error, ERR_NOMEM, "out of memory");
	if (len < 0 || len > ADDRESS_MAX)
		return error_set(
			error, ERR_BAD, "is longer than %d bytes", ADDRESS_MAX);
	return 0;
}

bool address_is_routed(const char *local, size_t len)
{
	return memchr(local, '%', len) || memchr(local, '!', len) ||
	       memchr(local, '@', len);
}
