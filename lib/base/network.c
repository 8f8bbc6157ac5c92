#include "base/network.h"

#include <arpa/inet.h>
#include <stdio.h>

#define V4_BITS	 96u /* bits in the prefix ::ffff:0:0 */
#define TEXT_MAX ((size_t)64)

/* Reads an address without prefix length. An IPv4 address gets the prefix
 * ::ffff:0:0. */
static bool parse_address(const char *text, uint8_t octets[16], bool *v4)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	*v4 = inet_pton(AF_INET, text, octets + sizeof mapped) == 1;
	if (*v4) {
		memcpy(octets, mapped, sizeof mapped);
		return true;
	}
	return inet_pton(AF_INET6, text, octets) == 1;
}

static bool is_mapped(const uint8_t octets[16])
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	return !memcmp(octets, mapped, sizeof mapped);
}

/* True if the bits from..to-1 are the same in a and b, or are all 0 in a if b
 * is NULL. */
static bool bits_equal(
	const uint8_t a[16], const uint8_t *b, unsigned from, unsigned to)
{
	for (unsigned bit = from; bit < to; bit++) {
		unsigned mask = 0x80u >> (bit % 8);
		unsigned other = b ? b[bit / 8] : 0;

		if ((a[bit / 8] ^ other) & mask)
			return false;
	}
	return true;
}

static bool parse_prefix(const char *text, unsigned max, unsigned *prefix)
{
	struct bytes rest = bytes_of(text);
	uint64_t number;

	if (!bytes_number(&rest, 3, &number) || rest.len || number > max)
		return false;
	*prefix = (unsigned)number;
	return true;
}

/* Copies the address, without [] around it. */
static bool copy_address(struct bytes text, char out[TEXT_MAX])
{
	if (text.len > 2 && text.data[0] == '[' &&
		text.data[text.len - 1] == ']') {
		text.data++;
		text.len -= 2;
	}
	if (!text.len || text.len >= TEXT_MAX)
		return false;
	memcpy(out, text.data, text.len);
	out[text.len] = '\0';
	return true;
}

int network_parse(
	const char *text, struct network *network, struct error *error)
{
	const char *slash = strchr(text, '/');
	size_t len = slash ? (size_t)(slash - text) : strlen(text);
	char address[TEXT_MAX];
	unsigned max;
	bool v4;

	if (!copy_address((struct bytes){ text, len }, address) ||
		!parse_address(address, network->octets, &v4))
		return error_set(error, ERR_BAD,
			"found \"%s\", expected an IPv4 or IPv6 network like "
			"\"192.0.2.0/24\" or \"2001:db8::/32\"",
			text);
	max = v4 ? 32 : 128;
	network->prefix = max;
	if (slash && !parse_prefix(slash + 1, max, &network->prefix))
		return error_set(error, ERR_BAD,
			"found \"%s\", expected a prefix length from 0 to %u "
			"after the \"/\"",
			text, max);
	if (v4)
		network->prefix += V4_BITS;
	if (!bits_equal(network->octets, NULL, network->prefix, 128))
		return error_set(error, ERR_BAD,
			"found \"%s\", which has bits set after its first %u; "
			"set them to 0, or write a longer prefix",
			text, v4 ? network->prefix - V4_BITS : network->prefix);
	return 0;
}

bool network_contains(
	const struct network *networks, size_t count, const char *address)
{
	uint8_t octets[16];
	char copy[TEXT_MAX];
	bool mapped;
	bool v4;

	if (!address || !copy_address(bytes_of(address), copy) ||
		!parse_address(copy, octets, &v4))
		return false;
	mapped = is_mapped(octets);
	for (size_t i = 0; i < count; i++) {
		/* ::/0 means every IPv6 address, but no IPv4 address */
		if (mapped && networks[i].prefix < V4_BITS)
			continue;
		if (bits_equal(
			    octets, networks[i].octets, 0, networks[i].prefix))
			return true;
	}
	return false;
}

void network_text(const struct network *network, char text[NETWORK_TEXT_MAX])
{
	bool v4 = network_is_v4(network);
	char address[INET6_ADDRSTRLEN] = "";

	(void)inet_ntop(v4 ? AF_INET : AF_INET6,
		network->octets + (v4 ? V4_BITS / 8 : 0), address,
		sizeof address);
	(void)snprintf(text, NETWORK_TEXT_MAX, "%s/%u", address,
		network->prefix - (v4 ? V4_BITS : 0));
}

bool network_is_v4(const struct network *network)
{
	return network->prefix >= V4_BITS && is_mapped(network->octets);
}

bool network_is_in(const struct network *network, const struct network *other)
{
	return network->prefix >= other->prefix &&
	       bits_equal(network->octets, other->octets, 0, other->prefix);
}

bool network_is_private(const struct network *network)
{
	static const char *const privates[] = { "127.0.0.0/8", "10.0.0.0/8",
		"172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16",
		"100.64.0.0/10", "::1/128", "fc00::/7", "fe80::/10" };

	for (size_t i = 0; i < sizeof privates / sizeof *privates; i++) {
		struct network wide = { .prefix = 0 };

		if (!network_parse(privates[i], &wide, NULL) &&
			network_is_in(network, &wide))
			return true;
	}
	return false;
}
