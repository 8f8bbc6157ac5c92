#include "usage/mask.h"

#include "decisionlog/logaddress.h"

#define HASH_SHOWN 16 /* more than the digits and a NUL */

/* Returns the address in the name of an entry, which is at its front; len 0 if
 * it has none that is to be hashed. */
static struct bytes address_in(const struct usage_entry *entry)
{
	struct bytes rest = entry->name;

	switch (entry->what) {
	case USAGE_RULE:
		return rule_key_is_domain(rest) ? (struct bytes){ NULL, 0 }
						: rest;
	case USAGE_UNRULED:
		return rest;
	case USAGE_LEAK:
		return bytes_cut(&rest, '\0');
	case USAGE_DAY:
	case USAGE_DOMAIN:
	case USAGE_WHATS:
		break;
	}
	return (struct bytes){ NULL, 0 };
}

bool mask_name(struct usage_entry *entry, const struct log *log,
	char text[USAGE_NAME_MAX])
{
	struct bytes address = address_in(entry);
	struct log hashing = *log;
	size_t rest = entry->name.len - address.len;
	size_t len;

	if (entry->hashed || !address.len)
		return false;
	hashing.addresses = false;
	len = logaddress(&hashing, address, text, HASH_SHOWN);
	if (rest > USAGE_NAME_MAX - len)
		rest = USAGE_NAME_MAX - len;
	memcpy(text + len, address.data + address.len, rest);
	entry->name = (struct bytes){ text, len + rest };
	entry->hashed = true;
	return true;
}
