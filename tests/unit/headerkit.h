/*
 * headerkit: what holds for the lexer and the finder on any input whatever. For
 * unit tests and fuzz targets: what does not hold ends the program.
 */
#ifndef READDRESS_HEADERKIT_H
#define READDRESS_HEADERKIT_H

#include <stdio.h>
#include <stdlib.h>

#include "header.h"

#define HEADERKIT_CHECK(what)                                                  \
	do {                                                                   \
		if (!(what)) {                                                 \
			(void)fprintf(stderr, "%s:%d: %s\n", __FILE__,         \
				__LINE__, #what);                              \
			abort();                                               \
		}                                                              \
	} while (0)

/* A copy without NUL behind it, in a block of its own, so that a sanitizer sees
 * each octet read beyond. free() it. */
static inline char *headerkit_block(const char *data, size_t len)
{
	char *block = malloc(len ? len : 1);

	HEADERKIT_CHECK(block);
	if (len)
		memcpy(block, data, len);
	return block;
}

/* Tokens tile the input: none is empty, each begins where the last one ended,
 * the last one ends with it. Returns how many. */
static inline size_t headerkit_tiles(struct bytes value)
{
	size_t count = 0;
	size_t off = 0;

	for (;;) {
		struct header_token token = header_lex(value, off);

		HEADERKIT_CHECK(token.span.off == off);
		if (token.type == HEADER_END)
			break;
		HEADERKIT_CHECK(token.span.len > 0);
		HEADERKIT_CHECK(token.span.len <= value.len - off);
		off += token.span.len;
		count++;
		if (token.type == HEADER_UNTERMINATED)
			HEADERKIT_CHECK(off == value.len);
	}
	HEADERKIT_CHECK(off == value.len);
	return count;
}

static inline size_t headerkit_end(struct span span)
{
	return span.off + span.len;
}

static inline bool headerkit_is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* The spans of one good element lie where header.h says. */
static inline void headerkit_good(
	struct bytes value, const struct header_element *element)
{
	struct mailbox mailbox;
	struct span spec = element->addr_spec;

	HEADERKIT_CHECK(element->local.len && element->domain.len);
	HEADERKIT_CHECK(spec.off == element->local.off);
	HEADERKIT_CHECK(headerkit_end(spec) == headerkit_end(element->domain));
	HEADERKIT_CHECK(headerkit_end(element->local) < element->domain.off);
	HEADERKIT_CHECK(memchr(value.data + headerkit_end(element->local), '@',
		element->domain.off - headerkit_end(element->local)));
	HEADERKIT_CHECK(spec.off >= element->element.off);
	HEADERKIT_CHECK(headerkit_end(spec) <= headerkit_end(element->element));
	if (!header_mailbox(value, element, &mailbox)) {
		HEADERKIT_CHECK(address_utf8_valid(
			mailbox.local, mailbox.local_len));
		HEADERKIT_CHECK(address_utf8_valid(
			mailbox.domain, mailbox.domain_len));
		HEADERKIT_CHECK(mailbox.domain_len);
		HEADERKIT_CHECK(mailbox.local_len <= element->local.len);
		HEADERKIT_CHECK(mailbox.domain_len <= element->domain.len);
	}
}

/* Elements are in order, do not overlap, and have no white space at their ends;
 * what lies between them is white space, comments, separators and the names of
 * groups. Returns how many. */
static inline size_t headerkit_elements(struct bytes value)
{
	struct header_iter iter;
	struct header_element element;
	size_t count = 0;
	size_t off = 0;
	int more;

	header_iter_init(&iter, value);
	while ((more = header_next(&iter, &element)) == 1) {
		struct span span = element.element;

		HEADERKIT_CHECK(span.len && span.off >= off);
		HEADERKIT_CHECK(headerkit_end(span) <= value.len);
		HEADERKIT_CHECK(!headerkit_is_space(value.data[span.off]));
		if (!(element.flags & HEADER_ELEMENT_REST))
			HEADERKIT_CHECK(!headerkit_is_space(
				value.data[headerkit_end(span) - 1]));
		off = headerkit_end(span);
		if (element.flags & HEADER_ELEMENT_REST) {
			HEADERKIT_CHECK(element.flags & HEADER_ELEMENT_BAD);
			HEADERKIT_CHECK(off == value.len);
		}
		if (!(element.flags & HEADER_ELEMENT_BAD))
			headerkit_good(value, &element);
		count++;
	}
	HEADERKIT_CHECK(more == 0);
	return count;
}

#endif
