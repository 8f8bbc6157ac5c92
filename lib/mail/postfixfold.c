#include "mail/postfixfold.h"

#include <errno.h>
#include <stdlib.h>
#include <unicase.h>
#include <unistr.h>

#include "mail/address.h"

/* Returns the argument without the "<" and ">" around it. */
static struct bytes strip_brackets(const char *argument)
{
	struct bytes text = bytes_of(argument);

	if (text.len >= 2 && text.data[0] == '<' &&
		text.data[text.len - 1] == '>') {
		text.data++;
		text.len -= 2;
	}
	return text;
}

struct bytes postfixfold_path(const char *argument)
{
	struct bytes text = strip_brackets(argument);
	const char *colon;

	if (!text.len || *text.data != '@')
		return text;
	colon = memchr(text.data, ':', text.len);
	if (colon) {
		text.len -= (size_t)(colon + 1 - text.data);
		text.data = colon + 1;
	}
	return text;
}

/* True if text is UTF-8. libunistring would fold other bytes as if they were
 * U+FFFD. */
static bool is_utf8(struct bytes text)
{
	return !u8_check((const uint8_t *)text.data, text.len);
}

int postfixfold_is_same(struct bytes a, struct bytes b)
{
	int order;

	if (!is_utf8(a) || !is_utf8(b))
		return 0;
	if (u8_casecmp((const uint8_t *)a.data, a.len, (const uint8_t *)b.data,
		    b.len, NULL, UNINORM_NFC, &order) < 0)
		return errno == ENOMEM ? ERR_NOMEM : 0;
	return !order;
}

static int fold(struct arena *arena, struct bytes text, struct bytes *folded)
{
	size_t len = 0;
	uint8_t *copy;

	*folded = text;
	if (!is_utf8(text))
		return 0;
	copy = u8_casefold((const uint8_t *)text.data, text.len, NULL,
		UNINORM_NFC, NULL, &len);
	if (!copy)
		return errno == ENOMEM ? ERR_NOMEM : 0;
	folded->data = arena_copy(arena, (const char *)copy, len);
	folded->len = len;
	free(copy);
	return folded->data ? 0 : ERR_NOMEM;
}

int postfixfold_address(
	struct arena *arena, struct bytes address, struct bytes *folded)
{
	struct mailbox mailbox;
	char plain[sizeof mailbox.local + sizeof mailbox.domain + 1];
	size_t len;

	if (address_parse(address.data, address.len, &mailbox, NULL) < 0)
		return fold(arena, address, folded);
	len = mailbox.local_len;
	memcpy(plain, mailbox.local, len);
	plain[len++] = '@';
	memcpy(plain + len, mailbox.domain, mailbox.domain_len);
	len += mailbox.domain_len;
	len -= plain[len - 1] ==
	       '.'; /* Postfix drops it from an added recipient. */
	address = (struct bytes){ arena_copy(arena, plain, len), len };
	return address.data ? fold(arena, address, folded) : ERR_NOMEM;
}

static int hex(char digit)
{
	static const char digits[] = "0123456789ABCDEFabcdef";
	const char *found = digit ? strchr(digits, digit) : NULL;
	int value = found ? (int)(found - digits) : -1;

	return value > 15 ? value - 6
			  : value; /* Postfix accepts upper and lower case. */
}

int postfixfold_orcpt(
	struct arena *arena, const char *orcpt, struct bytes *folded)
{
	char *plain = arena_bytes(arena, strlen(orcpt) + 1);
	size_t len = 0;

	if (!plain)
		return ERR_NOMEM;
	for (; *orcpt; orcpt++) {
		if (*orcpt == '+' && hex(orcpt[1]) >= 0 && hex(orcpt[2]) >= 0) {
			plain[len++] =
				(char)(hex(orcpt[1]) * 16 + hex(orcpt[2]));
			orcpt += 2;
		} else {
			plain[len++] = *orcpt;
		}
	}
	return fold(arena, (struct bytes){ plain, len }, folded);
}

int postfixfold_made_orcpt(
	struct arena *arena, const char *argument, struct bytes *folded)
{
	static const char type[] = "rfc822;";
	struct bytes address = strip_brackets(argument);
	char *text = arena_bytes(arena, strlen(type) + address.len);

	if (!text)
		return ERR_NOMEM;
	memcpy(text, type, strlen(type));
	memcpy(text + strlen(type), address.data, address.len);
	return fold(arena, (struct bytes){ text, strlen(type) + address.len },
		folded);
}
