#include "message/stored.h"
#include "mail/addrlist.h"

static const char *const shown[] = { "To", "Cc", "Bcc" };
static const char *const delivered[] = { "X-Original-To", "Delivered-To" };

static const struct decide_header *find_header(
	const struct decide_message *message, const char *name)
{
	for (size_t i = 0; i < message->header_count; i++) {
		if (bytes_equal_nocase(
			    message->headers[i].name, bytes_of(name)))
			return &message->headers[i];
	}
	return NULL;
}

/* Copies the value without white space around it. Returns NULL if out of
 * memory. */
static const char *copy_value(
	const struct decide_header *header, struct arena *arena)
{
	struct bytes text = bytes_trim(header->value, BYTES_FWS);

	return arena_copy(arena, text.data, text.len);
}

/* Writes the element's address as an envelope would hold it. Returns 1; 0 if
 * the element is not an address; or ERR_NOMEM. */
static int copy_address(const struct decide_header *header,
	const struct addrlist_element *element, struct arena *arena,
	const char **address)
{
	struct mailbox mailbox;
	char text[ADDRESS_TEXT_MAX];
	int len;

	if (element->flags & ADDRLIST_ELEMENT_BAD ||
		addrlist_mailbox(header->value, element, &mailbox))
		return 0;
	len = address_format(&mailbox, text);
	if (len < 0)
		return len == ERR_BAD ? 0 : len;
	*address = arena_copy(arena, text, (size_t)len);
	return *address ? 1 : ERR_NOMEM;
}

const char *stored_sender(
	const struct decide_message *message, struct arena *arena)
{
	const struct decide_header *header =
		find_header(message, "Return-Path");
	struct addrlist_iter iter;
	struct addrlist_element element;
	const char *address = "";
	int result = 0;

	if (header)
		return copy_value(header, arena);
	header = find_header(message, "From");
	if (!header)
		return "";
	addrlist_iter_init(&iter, header->value);
	while (!result && addrlist_next(&iter, &element))
		result = copy_address(header, &element, arena, &address);
	return result < 0 ? NULL : address;
}

static bool is_shown(struct bytes name)
{
	for (size_t i = 0; i < sizeof shown / sizeof *shown; i++) {
		if (bytes_equal_nocase(name, bytes_of(shown[i])))
			return true;
	}
	return false;
}

static size_t count_elements(const struct decide_message *message)
{
	struct addrlist_iter iter;
	struct addrlist_element element;
	size_t count = 0;

	for (size_t i = 0; i < message->header_count; i++) {
		if (!is_shown(message->headers[i].name))
			continue;
		addrlist_iter_init(&iter, message->headers[i].value);
		while (addrlist_next(&iter, &element))
			count++;
	}
	return count;
}

/* Takes the addresses in To, Cc and Bcc. */
static int take_shown(const struct decide_message *message, struct arena *arena,
	struct decide_recipient *recipients, size_t *count)
{
	for (size_t i = 0; i < message->header_count; i++) {
		const struct decide_header *header = &message->headers[i];
		struct addrlist_iter iter;
		struct addrlist_element element;

		if (!is_shown(header->name))
			continue;
		addrlist_iter_init(&iter, header->value);
		while (addrlist_next(&iter, &element)) {
			int result = copy_address(header, &element, arena,
				&recipients[*count].address);

			if (result < 0)
				return result;
			*count += (size_t)result;
		}
	}
	return 0;
}

int stored_recipients(const struct decide_message *message, struct arena *arena,
	struct decide_recipient **recipients, size_t *count)
{
	const struct decide_header *header = NULL;
	struct decide_recipient *list;
	size_t room;

	for (size_t i = 0; !header && i < sizeof delivered / sizeof *delivered;
		i++)
		header = find_header(message, delivered[i]);
	room = header ? 1 : count_elements(message);
	*count = 0;
	list = arena_array(arena, room, sizeof *list);
	if (!list)
		return ERR_NOMEM;
	memset(list, 0, room * sizeof *list);
	*recipients = list;
	if (!header)
		return take_shown(message, arena, list, count);
	list[0].address = copy_value(header, arena);
	*count = 1;
	return list[0].address ? 0 : ERR_NOMEM;
}
