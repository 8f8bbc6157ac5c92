#include "mail/addrlist.h"

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* True if c is one of ()<>[]:;@\,." */
static bool is_special(char c)
{
	return c > 0x20 && c < 0x7f && !address_is_atext(c);
}

static size_t end_of_quoted(struct bytes value, size_t off)
{
	for (size_t i = off + 1; i < value.len; i++) {
		if (value.data[i] == '\\')
			i++;
		else if (value.data[i] == '"')
			return i + 1;
	}
	return 0;
}

static size_t end_of_comment(struct bytes value, size_t off)
{
	size_t depth = 0;

	for (size_t i = off; i < value.len; i++) {
		if (value.data[i] == '\\')
			i++;
		else if (value.data[i] == '(')
			depth++;
		else if (value.data[i] == ')' && !--depth)
			return i + 1;
	}
	return 0;
}

/* Returns the end of "[" dtext "]", or 0. A bracket in a display name ("[EXT]
 * Bob <bob@a.com>") may be read as a literal, which is harmless there. A
 * bracket that is not closed before a delimiter of addresses is an ordinary
 * character. */
static size_t end_of_literal(struct bytes value, size_t off)
{
	for (size_t i = off + 1; i < value.len; i++) {
		if (value.data[i] == ']')
			return i + 1;
		if (strchr("[\\<>,;@\"()", value.data[i]))
			return 0;
	}
	return 0;
}

/* Does what addrlist_lex() does. Whether bytes over 0x7F are valid UTF-8
 * matters only once they are in an addr-spec. */
static inline struct addrlist_token lex(struct bytes value, size_t off)
{
	struct addrlist_token token = { ADDRLIST_END, { off, 0 } };
	size_t end = off;
	char c;

	if (off >= value.len)
		return token;
	c = value.data[off];
	if (address_is_atext(c)) {
		token.type = ADDRLIST_ATOM;
		while (end < value.len && address_is_atext(value.data[end]))
			end++;
	} else if (is_space(c)) {
		token.type = ADDRLIST_SPACE;
		while (end < value.len && is_space(value.data[end]))
			end++;
	} else if (c == '"' || c == '(') {
		token.type = c == '"' ? ADDRLIST_QUOTED : ADDRLIST_COMMENT;
		end = c == '"' ? end_of_quoted(value, off)
			       : end_of_comment(value, off);
		if (!end) {
			token.type = ADDRLIST_UNTERMINATED;
			end = value.len;
		}
	} else if (c == '[' && (end = end_of_literal(value, off))) {
		token.type = ADDRLIST_LITERAL;
	} else {
		token.type = is_special(c) ? ADDRLIST_SPECIAL : ADDRLIST_OTHER;
		end = off + 1;
	}
	token.span.len = end - off;
	return token;
}

struct addrlist_token addrlist_lex(struct bytes value, size_t off)
{
	return lex(value, off);
}

/* Reads the tokens one by one; token is the current one. */
struct reader {
	struct bytes value;
	struct addrlist_token token;
};

static void advance(struct reader *reader)
{
	reader->token = lex(
		reader->value, reader->token.span.off + reader->token.span.len);
}

static bool at(const struct reader *reader, char special)
{
	return reader->token.type == ADDRLIST_SPECIAL &&
	       reader->value.data[reader->token.span.off] == special;
}

static void skip_cfws(struct reader *reader)
{
	while (reader->token.type == ADDRLIST_SPACE ||
		reader->token.type == ADDRLIST_COMMENT)
		advance(reader);
}

static void extend(struct span *span, struct span token)
{
	if (!span->len)
		span->off = token.off;
	span->len = token.off + token.len - span->off;
}

/*
 * Reads obs-local-part = word *("." word), with CFWS between them. More dots
 * than the grammar has are accepted, because mobile operators give out local
 * parts like "a..b.".
 */
static bool read_local(struct reader *reader, struct span *local)
{
	bool word_last = false;
	bool any = false;

	for (;;) {
		bool word = reader->token.type == ADDRLIST_ATOM ||
			    reader->token.type == ADDRLIST_QUOTED;

		if (!(word && !word_last) && !at(reader, '.'))
			return any;
		word_last = word;
		any = any || word;
		extend(local, reader->token.span);
		advance(reader);
		skip_cfws(reader);
	}
}

/* Reads domain-literal / atom *("." atom), with CFWS between them, and a
 * trailing dot. */
static bool read_domain(struct reader *reader, struct span *domain)
{
	bool dot_last = true;

	if (reader->token.type == ADDRLIST_LITERAL) {
		extend(domain, reader->token.span);
		advance(reader);
		skip_cfws(reader);
		return true;
	}
	if (reader->token.type != ADDRLIST_ATOM)
		return false;
	for (;;) {
		if (reader->token.type == ADDRLIST_ATOM && dot_last)
			dot_last = false;
		else if (at(reader, '.') && !dot_last)
			dot_last = true;
		else
			return true;
		extend(domain, reader->token.span);
		advance(reader);
		skip_cfws(reader);
	}
}

/* True if a comment or a fold is between the local part and the domain. */
static bool is_broken(struct bytes value, struct span local, struct span domain)
{
	for (size_t i = local.off + local.len; i < domain.off; i++)
		if (value.data[i] == '(' || value.data[i] == '\n' ||
			value.data[i] == '\r')
			return true;
	return false;
}

/* True if the span is valid UTF-8. Comments are ignored: they are text, like a
 * display name. */
static bool is_utf8(struct bytes value, struct span span)
{
	struct bytes part = { value.data, span.off + span.len };
	struct addrlist_token token;

	if (bytes_are_ascii((struct bytes){ value.data + span.off, span.len }))
		return true;
	for (token = lex(part, span.off); token.type != ADDRLIST_END;
		token = lex(part, token.span.off + token.span.len))
		if (token.type != ADDRLIST_COMMENT &&
			!address_utf8_valid(
				value.data + token.span.off, token.span.len))
			return false;
	return true;
}

/* Reads an addr-spec and the CFWS around it. */
static bool read_addr_spec(
	struct reader *reader, struct addrlist_element *element)
{
	size_t end;

	element->local = (struct span){ 0, 0 };
	element->domain = (struct span){ 0, 0 };
	skip_cfws(reader);
	if (!read_local(reader, &element->local) || !at(reader, '@'))
		return false;
	advance(reader);
	skip_cfws(reader);
	if (!read_domain(reader, &element->domain))
		return false;
	end = element->domain.off + element->domain.len;
	element->addr_spec.off = element->local.off;
	element->addr_spec.len = end - element->local.off;
	if (!is_utf8(reader->value, element->local) ||
		!is_utf8(reader->value, element->domain))
		return false;
	if (is_broken(reader->value, element->local, element->domain))
		element->flags |= ADDRLIST_ELEMENT_BROKEN;
	return true;
}

/* Reads obs-route = *(CFWS / ",") "@" domain *("," [CFWS] ["@" domain]) ":" */
static bool read_route(struct reader *reader)
{
	struct span domain;

	for (;;) {
		skip_cfws(reader);
		if (at(reader, ',')) {
			advance(reader);
		} else if (at(reader, '@')) {
			domain = (struct span){ 0, 0 };
			advance(reader);
			skip_cfws(reader);
			if (!read_domain(reader, &domain))
				return false;
		} else if (at(reader, ':')) {
			advance(reader);
			return true;
		} else {
			return false;
		}
	}
}

/* Reads the text between "<", which is at off in value, and ">", which is at
 * end. */
static bool read_angle(struct bytes value, size_t off, size_t end,
	struct addrlist_element *element)
{
	struct reader reader = { { value.data, end },
		{ ADDRLIST_END, { 0, 0 } } };

	reader.token.span = (struct span){ off, 1 };
	advance(&reader);
	skip_cfws(&reader);
	if ((at(&reader, '@') || at(&reader, ',')) && !read_route(&reader))
		return false;
	return read_addr_spec(&reader, element) &&
	       reader.token.type == ADDRLIST_END;
}

/* Returns the place of the ">" for the "<" at the reader; or 0 when another
 * "<", a quote without end, or the end comes first. */
static size_t find_angle_end(struct reader reader)
{
	for (;;) {
		advance(&reader);
		if (reader.token.type == ADDRLIST_END ||
			reader.token.type == ADDRLIST_UNTERMINATED ||
			at(&reader, '<'))
			return 0;
		if (at(&reader, '>'))
			return reader.token.span.off;
	}
}

/* What the tokens of an element have shown so far. */
struct scan {
	size_t angle_off; /* of "<", when angle_end is set */
	size_t angle_end; /* of ">" */
	bool bad;	  /* more than one "<>", text after it, or only "<" */
	bool any;	  /* something other than CFWS was seen */
};

/* Takes one token that is not a separator. */
static void scan_token(struct reader *reader, struct scan *scan,
	struct addrlist_element *element)
{
	bool cfws = reader->token.type == ADDRLIST_SPACE ||
		    reader->token.type == ADDRLIST_COMMENT;

	if (reader->token.type == ADDRLIST_UNTERMINATED) {
		element->flags |= ADDRLIST_ELEMENT_REST;
		scan->bad = true;
	} else if (at(reader, '<')) {
		size_t end = find_angle_end(*reader);

		scan->bad = scan->bad || scan->angle_end || !end;
		if (end) {
			scan->angle_off = reader->token.span.off;
			scan->angle_end = end;
			reader->token.span.len = end + 1 - scan->angle_off;
		}
	} else if (scan->angle_end && !cfws) {
		scan->bad = true;
	}
	scan->any = scan->any || !cfws;
	if (reader->token.type != ADDRLIST_SPACE)
		extend(&element->element, reader->token.span);
}

/* Reads the addr-spec of an element after all its tokens were seen. */
static bool read_element(struct bytes value, const struct scan *scan,
	struct addrlist_element *element)
{
	struct reader reader = { value, { ADDRLIST_END, { 0, 0 } } };

	if (scan->bad)
		return false;
	if (scan->angle_end) {
		element->flags |= ADDRLIST_ELEMENT_ANGLE;
		return read_angle(
			value, scan->angle_off, scan->angle_end, element);
	}
	reader.value.len = element->element.off + element->element.len;
	reader.token = lex(reader.value, element->element.off);
	return read_addr_spec(&reader, element) &&
	       reader.token.type == ADDRLIST_END;
}

void addrlist_iter_init(struct addrlist_iter *iter, struct bytes value)
{
	iter->value = value;
	iter->off = 0;
	iter->in_group = false;
}

int addrlist_next(struct addrlist_iter *iter, struct addrlist_element *element)
{
	struct reader reader = { iter->value, lex(iter->value, iter->off) };
	struct scan scan = { 0, 0, false, false };

	memset(element, 0, sizeof *element);
	for (; reader.token.type != ADDRLIST_END; advance(&reader)) {
		bool colon = at(&reader, ':') && !scan.angle_end;

		if (colon || at(&reader, ',') || at(&reader, ';')) {
			if (!colon && scan.any)
				break;
			/* It was the name of a group, or nothing between
			 * separators. */
			iter->in_group =
				colon || (iter->in_group && !at(&reader, ';'));
			memset(element, 0, sizeof *element);
			memset(&scan, 0, sizeof scan);
			continue;
		}
		scan_token(&reader, &scan, element);
	}
	iter->off = reader.token.span.off;
	if (!scan.any)
		return 0;
	if (iter->in_group)
		element->flags |= ADDRLIST_ELEMENT_GROUP;
	if (!read_element(iter->value, &scan, element)) {
		element->flags &= ~ADDRLIST_ELEMENT_BROKEN;
		element->flags |= ADDRLIST_ELEMENT_BAD;
	}
	return 1;
}

/* Copies the meaning of a span of an addr-spec: its words and dots. */
static int copy_meaning(
	struct bytes value, struct span span, char *out, size_t size)
{
	struct bytes part = { value.data, span.off + span.len };
	struct bytes plain = { value.data + span.off, span.len };
	struct addrlist_token token;
	size_t used = 0;

	if (span.len < size && address_plain_len(plain) == span.len) {
		memcpy(out, plain.data, span.len);
		out[span.len] = '\0';
		return (int)span.len;
	}
	for (token = lex(part, span.off); token.type != ADDRLIST_END;
		token = lex(part, token.span.off + token.span.len)) {
		const char *data = value.data + token.span.off;
		bool quoted = token.type == ADDRLIST_QUOTED;
		bool literal = token.type == ADDRLIST_LITERAL;

		if (token.type == ADDRLIST_SPACE ||
			token.type == ADDRLIST_COMMENT)
			continue;
		for (size_t i = quoted; i < token.span.len - quoted; i++) {
			if (quoted && data[i] == '\\')
				i++;
			/* A fold in a quoted-string is not part of it, and
			 * neither is white space in a domain literal. */
			if (quoted && (data[i] == '\r' || data[i] == '\n'))
				continue;
			if (literal && is_space(data[i]))
				continue;
			if (used + 1 >= size)
				return ERR_BAD;
			out[used++] = data[i];
		}
	}
	out[used] = '\0';
	return (int)used;
}

int addrlist_mailbox(struct bytes value, const struct addrlist_element *element,
	struct mailbox *mailbox)
{
	int local = copy_meaning(
		value, element->local, mailbox->local, sizeof mailbox->local);
	int domain = copy_meaning(value, element->domain, mailbox->domain,
		sizeof mailbox->domain);

	if (local < 0 || domain <= 0)
		return ERR_BAD;
	mailbox->local_len = (size_t)local;
	mailbox->domain_len = (size_t)domain;
	return 0;
}
