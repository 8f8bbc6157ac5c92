#include "dns/spfterm.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>

#define EXPANDED_MAX ((size_t)4096)
#define PARTS_MAX    ((size_t)128)
#define DELIMITERS   ".-+,/_="

static const struct {
	const char *name;
	enum spfterm_kind kind;
	enum { NO_DOMAIN, MAY_DOMAIN, MUST_DOMAIN } domain;
	bool prefix; /* may end with /n//m */
} mechanisms[] = {
	{ "all", SPFTERM_ALL, NO_DOMAIN, false },
	{ "include", SPFTERM_INCLUDE, MUST_DOMAIN, false },
	{ "a", SPFTERM_A, MAY_DOMAIN, true },
	{ "mx", SPFTERM_MX, MAY_DOMAIN, true },
	{ "ptr", SPFTERM_PTR, MAY_DOMAIN, false },
	{ "exists", SPFTERM_EXISTS, MUST_DOMAIN, false },
};

static bool is_alpha(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

bool spfterm_begin(struct bytes *record)
{
	static const char version[] = "v=spf1";
	size_t len = sizeof version - 1;

	if (record->len < len || strncasecmp(record->data, version, len) != 0 ||
		(record->len > len && record->data[len] != ' '))
		return false;
	record->data += len;
	record->len -= len;
	return true;
}

/* Removes a macro ("%{d2r.}", "%%") from the front. Returns false if it is
 * none. */
static bool take_macro(struct bytes *text)
{
	size_t i = 3;

	if (text->len < 2)
		return false;
	if (text->data[1] != '{') {
		bool known = memchr("%_-", text->data[1], 3) != NULL;

		text->data += 2;
		text->len -= 2;
		return known;
	}
	if (text->len < 4 || !text->data[2] ||
		!strchr("slodiphvSLODIPHV", text->data[2]))
		return false;
	while (i < text->len && is_digit(text->data[i]))
		i++;
	if (i > 3) { /* a number of labels that is not 0, as on page 62 */
		struct bytes digits = { text->data + 3, i - 3 };
		uint64_t number;

		if (!bytes_number(&digits, 9, &number) || !number)
			return false;
	}
	if (i < text->len && (text->data[i] == 'r' || text->data[i] == 'R'))
		i++;
	while (i < text->len && text->data[i] &&
		strchr(DELIMITERS, text->data[i]))
		i++;
	if (i == text->len || text->data[i] != '}')
		return false;
	text->data += i + 1;
	text->len -= i + 1;
	return true;
}

/* True if the text is a macro-string; *ends_with_macro says whether a macro is
 * the last thing in it. */
static bool is_macro_string(struct bytes text, bool *ends_with_macro)
{
	*ends_with_macro = false;
	while (text.len) {
		unsigned char c = (unsigned char)text.data[0];

		*ends_with_macro = c == '%';
		if (c == '%') {
			if (!take_macro(&text))
				return false;
			continue;
		}
		if (c < 0x21 || c > 0x7e)
			return false;
		text.data++;
		text.len--;
	}
	return true;
}

/* True if the text is a domain-spec: it ends with a macro or with a top label,
 * which is not a number. */
static bool is_domain_spec(struct bytes text)
{
	bool with_macro;
	bool letter = false;
	size_t i;

	if (!text.len || !is_macro_string(text, &with_macro))
		return false;
	if (with_macro)
		return true;
	if (text.data[text.len - 1] == '.')
		text.len--;
	for (i = text.len; i > 0 && text.data[i - 1] != '.'; i--) {
		char c = text.data[i - 1];

		if (!is_alpha(c) && !is_digit(c) && c != '-')
			return false;
		letter = letter || !is_digit(c);
	}
	return i > 0 && i < text.len && letter && text.data[i] != '-' &&
	       text.data[text.len - 1] != '-';
}

/* Reads a number of bits without a leading zero. */
static bool read_prefix(struct bytes digits, unsigned max, unsigned *prefix)
{
	uint64_t number;

	if (digits.len > 1 && digits.data[0] == '0')
		return false;
	if (!bytes_number(&digits, 3, &number) || digits.len || number > max)
		return false;
	*prefix = (unsigned)number;
	return true;
}

/* Returns where the digits at the end of text begin, if a '/' is before them;
 * otherwise text->len. */
static size_t slash_of(struct bytes text)
{
	size_t i = text.len;

	while (i && is_digit(text.data[i - 1]))
		i--;
	return i && i < text.len && text.data[i - 1] == '/' ? i : text.len;
}

/* Removes "/n", "//m" or "/n//m" from the end. */
static bool take_prefixes(struct bytes *text, struct spfterm *term)
{
	size_t at = slash_of(*text);
	struct bytes digits = { text->data + at, text->len - at };

	if (at == text->len)
		return true;
	if (at > 1 && text->data[at - 2] == '/') {
		if (!read_prefix(digits, 128, &term->v6_prefix))
			return false;
		text->len = at - 2;
		at = slash_of(*text);
		if (at == text->len)
			return true;
		digits = (struct bytes){ text->data + at, text->len - at };
	}
	if (!read_prefix(digits, 32, &term->v4_prefix))
		return false;
	text->len = at - 1;
	return true;
}

static bool read_address(
	struct bytes text, int family, struct spfterm *term, unsigned *prefix)
{
	size_t slash = slash_of(text);
	char copy[INET6_ADDRSTRLEN] = "";

	if (slash < text.len) {
		struct bytes digits = { text.data + slash, text.len - slash };

		if (!read_prefix(digits, *prefix, prefix))
			return false;
		text.len = slash - 1;
	}
	if (text.len >= sizeof copy ||
		(text.len && memchr(text.data, 0, text.len)))
		return false;
	memcpy(copy, text.data, text.len);
	return inet_pton(family, copy, term->octets) == 1;
}

/* Reads "redirect=x" and other modifiers. name is what is before the "=". */
static bool read_modifier(struct spfterm *term, struct bytes name)
{
	struct bytes value = { name.data + name.len + 1,
		term->text.len - name.len - 1 };
	bool ignored;

	term->domain = value;
	term->kind = SPFTERM_OTHER;
	if (bytes_equal_nocase(name, bytes_of("redirect")))
		term->kind = SPFTERM_REDIRECT;
	else if (bytes_equal_nocase(name, bytes_of("exp")))
		term->kind = SPFTERM_EXP;
	return term->kind == SPFTERM_OTHER ? is_macro_string(value, &ignored)
					   : is_domain_spec(value);
}

static bool read_mechanism(
	struct spfterm *term, struct bytes name, struct bytes rest)
{
	bool argument = rest.len && rest.data[0] == ':';
	struct bytes value = rest;

	if (argument) {
		value.data++;
		value.len--;
	}
	if (bytes_equal_nocase(name, bytes_of("ip4"))) {
		term->kind = SPFTERM_IP4;
		return argument &&
		       read_address(value, AF_INET, term, &term->v4_prefix);
	}
	if (bytes_equal_nocase(name, bytes_of("ip6"))) {
		term->kind = SPFTERM_IP6;
		return argument &&
		       read_address(value, AF_INET6, term, &term->v6_prefix);
	}
	for (size_t i = 0; i < sizeof mechanisms / sizeof *mechanisms; i++) {
		if (!bytes_equal_nocase(name, bytes_of(mechanisms[i].name)))
			continue;
		term->kind = mechanisms[i].kind;
		if (mechanisms[i].prefix && !take_prefixes(&value, term))
			return false;
		if (argument && mechanisms[i].domain != NO_DOMAIN) {
			term->domain = value;
			return is_domain_spec(value);
		}
		return !value.len && !argument &&
		       mechanisms[i].domain != MUST_DOMAIN;
	}
	return false;
}

int spfterm_next(struct bytes *record, struct spfterm *term)
{
	struct bytes name;
	struct bytes rest;
	size_t i = 0;

	*term = (struct spfterm){
		.qualifier = '+', .v4_prefix = 32, .v6_prefix = 128
	};
	while (record->len && record->data[0] == ' ')
		(void)bytes_take(record, " ");
	if (!record->len)
		return 0;
	term->text = rest = bytes_cut(record, ' ');
	while (i < rest.len &&
		(is_alpha(rest.data[i]) ||
			(i && (is_digit(rest.data[i]) || rest.data[i] == '-' ||
				      rest.data[i] == '_' ||
				      rest.data[i] == '.'))))
		i++;
	if (i && i < rest.len && rest.data[i] == '=')
		return read_modifier(term, (struct bytes){ rest.data, i }) ? 1
									   : -1;
	if (memchr("+-~?", rest.data[0], 4)) {
		term->qualifier = rest.data[0];
		rest.data++;
		rest.len--;
	}
	for (i = 0; i < rest.len && rest.data[i] != ':' && rest.data[i] != '/';)
		i++;
	name = (struct bytes){ rest.data, i };
	rest.data += i;
	rest.len -= i;
	return read_mechanism(term, name, rest) ? 1 : -1;
}

bool spfterm_needs_name(struct bytes domain)
{
	for (size_t i = 0; i + 2 < domain.len; i++)
		if (!memcmp(domain.data + i, "%{", 2) &&
			(domain.data[i + 2] | 0x20) == 'p')
			return true;
	return false;
}

/* Text that is being written. */
struct expansion {
	char text[EXPANDED_MAX];
	size_t len;
	bool failed; /* too long, or no name */
};

static void put(struct expansion *to, struct bytes text)
{
	if (text.len > sizeof to->text - to->len) {
		to->failed = true;
		return;
	}
	if (text.len)
		memcpy(to->text + to->len, text.data, text.len);
	to->len += text.len;
}

static void put_escaped(struct expansion *to, struct bytes text)
{
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.data[i];
		char escaped[4];

		if (isalnum(c) || (c && strchr("-._~", c))) {
			put(to, (struct bytes){ text.data + i, 1 });
			continue;
		}
		(void)snprintf(escaped, sizeof escaped, "%%%02X", c);
		put(to, bytes_of(escaped));
	}
}

/* Writes what the letter of a macro stands for. */
static struct bytes letter_value(
	char letter, const struct spfterm_macros *macros, char room[512])
{
	unsigned char octets[16];
	size_t used = 0;

	switch (letter) {
	case 's':
		(void)snprintf(
			room, 512, "%s@%s", macros->local, macros->sender);
		return bytes_of(room);
	case 'l':
		return bytes_of(macros->local);
	case 'o':
		return bytes_of(macros->sender);
	case 'd':
		return bytes_of(macros->domain);
	case 'h':
		return bytes_of(macros->helo);
	case 'v':
		return bytes_of(
			strchr(macros->address, ':') ? "ip6" : "in-addr");
	case 'p':
		return bytes_of(
			macros->validated ? macros->validated : "unknown");
	default: /* i */
		if (inet_pton(AF_INET6, macros->address, octets) != 1)
			return bytes_of(macros->address);
		for (size_t i = 0; i < sizeof octets; i++)
			used += (size_t)snprintf(room + used, 512 - used,
				"%s%x.%x", i ? "." : "", octets[i] >> 4,
				octets[i] & 15u);
		return (struct bytes){ room, used };
	}
}

/* Writes the value of a macro, split at its delimiters, in reverse if wanted,
 * the last keep parts of it, joined with dots. */
static void put_parts(struct expansion *to, struct bytes value,
	struct bytes delimiters, bool reverse, uint64_t keep, bool escape)
{
	struct bytes parts[PARTS_MAX];
	size_t count = 0;
	size_t begin = 0;

	for (size_t i = 0; i <= value.len; i++) {
		if (i < value.len &&
			!memchr(delimiters.data, value.data[i], delimiters.len))
			continue;
		if (count == PARTS_MAX) {
			to->failed = true;
			return;
		}
		parts[count++] =
			(struct bytes){ value.data + begin, i - begin };
		begin = i + 1;
	}
	if (!keep || keep > count)
		keep = count;
	for (size_t i = count - (size_t)keep; i < count; i++) {
		struct bytes part = parts[reverse ? count - 1 - i : i];

		if (i > count - (size_t)keep)
			put(to, bytes_of("."));
		if (escape)
			put_escaped(to, part);
		else
			put(to, part);
	}
}

/* Expands "%{d2r.}", which take_macro() has checked. */
static void put_macro(struct expansion *to, struct bytes macro,
	const struct spfterm_macros *macros)
{
	char letter = macro.data[2];
	struct bytes rest = { macro.data + 3, macro.len - 4 };
	char room[512];
	struct bytes value = letter_value((char)(letter | 0x20), macros, room);
	uint64_t keep = 0;
	bool reverse;

	(void)bytes_number(&rest, 9, &keep);
	reverse = bytes_take(&rest, "r") || bytes_take(&rest, "R");
	if (!rest.len)
		rest = bytes_of(".");
	put_parts(
		to, value, rest, reverse, keep, letter >= 'A' && letter <= 'Z');
}

/* Leaves labels out at the beginning until the name is short enough. */
static bool shorten(struct expansion *name, char out[SPFTERM_NAME_MAX])
{
	struct bytes text = { name->text, name->len };

	if (text.len && text.data[text.len - 1] == '.')
		text.len--;
	while (text.len >= SPFTERM_NAME_MAX)
		(void)bytes_cut(&text, '.');
	if (!text.len || memchr(text.data, 0, text.len))
		return false;
	memcpy(out, text.data, text.len);
	out[text.len] = '\0';
	return true;
}

bool spfterm_expand(struct bytes domain, const struct spfterm_macros *macros,
	char name[SPFTERM_NAME_MAX])
{
	struct expansion to = { .len = 0 };

	while (domain.len) {
		struct bytes rest = domain;

		if (domain.data[0] != '%') {
			put(&to, (struct bytes){ domain.data, 1 });
			domain.data++;
			domain.len--;
			continue;
		}
		if (!take_macro(&rest))
			return false;
		domain.len -= rest.len;
		if (domain.data[1] == '{')
			put_macro(&to, domain, macros);
		else
			put(&to, bytes_of(domain.data[1] == '%'	  ? "%"
					  : domain.data[1] == '_' ? " "
								  : "%20"));
		domain = rest;
	}
	return !to.failed && shorten(&to, name);
}
