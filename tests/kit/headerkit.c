#include "kit/headerkit.h"

size_t headerkit_tiles(struct bytes value)
{
	size_t count = 0;
	size_t off = 0;

	for (;;) {
		struct addrlist_token token = addrlist_lex(value, off);

		HOLDS(token.span.off == off);
		if (token.type == ADDRLIST_END)
			break;
		HOLDS(token.span.len > 0);
		HOLDS(token.span.len <= value.len - off);
		off += token.span.len;
		count++;
		if (token.type == ADDRLIST_UNTERMINATED)
			HOLDS(off == value.len);
	}
	HOLDS(off == value.len);
	return count;
}

size_t headerkit_end(struct span span)
{
	return span.off + span.len;
}

static bool headerkit_is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Checks that the spans of one good element lie where addrlist.h says. */
static void headerkit_good(
	struct bytes value, const struct addrlist_element *element)
{
	struct mailbox mailbox;
	struct span spec = element->addr_spec;

	HOLDS(element->local.len && element->domain.len);
	HOLDS(spec.off == element->local.off);
	HOLDS(headerkit_end(spec) == headerkit_end(element->domain));
	HOLDS(headerkit_end(element->local) < element->domain.off);
	HOLDS(memchr(value.data + headerkit_end(element->local), '@',
		element->domain.off - headerkit_end(element->local)));
	HOLDS(spec.off >= element->element.off);
	HOLDS(headerkit_end(spec) <= headerkit_end(element->element));
	if (!addrlist_mailbox(value, element, &mailbox)) {
		HOLDS(address_utf8_valid(mailbox.local, mailbox.local_len));
		HOLDS(address_utf8_valid(mailbox.domain, mailbox.domain_len));
		HOLDS(mailbox.domain_len);
		HOLDS(mailbox.local_len <= element->local.len);
		HOLDS(mailbox.domain_len <= element->domain.len);
	}
}

size_t headerkit_elements(struct bytes value)
{
	struct addrlist_iter iter;
	struct addrlist_element element;
	size_t count = 0;
	size_t off = 0;
	int more;

	addrlist_iter_init(&iter, value);
	while ((more = addrlist_next(&iter, &element)) == 1) {
		struct span span = element.element;

		HOLDS(span.len && span.off >= off);
		HOLDS(headerkit_end(span) <= value.len);
		HOLDS(!headerkit_is_space(value.data[span.off]));
		if (!(element.flags & ADDRLIST_ELEMENT_REST))
			HOLDS(!headerkit_is_space(
				value.data[headerkit_end(span) - 1]));
		off = headerkit_end(span);
		if (element.flags & ADDRLIST_ELEMENT_REST) {
			HOLDS(element.flags & ADDRLIST_ELEMENT_BAD);
			HOLDS(off == value.len);
		}
		if (!(element.flags & ADDRLIST_ELEMENT_BAD))
			headerkit_good(value, &element);
		count++;
	}
	HOLDS(more == 0);
	return count;
}
