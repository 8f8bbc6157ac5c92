/*
 * network: client addresses and CIDR networks, IPv4 and IPv6. An IPv4-mapped
 * IPv6 address is treated as its IPv4 address.
 */
#ifndef READDRESS_BASE_NETWORK_H
#define READDRESS_BASE_NETWORK_H

#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"

struct network {
	uint8_t octets[16]; /* IPv4 as ::ffff:a.b.c.d */
	unsigned prefix;    /* 0 to 128 */
};

/* Reads a network like "192.0.2.0/24", "192.0.2.1", "2001:db8::/32" or
 * "[2001:db8::1]". Returns 0, or ERR_BAD with the reason. Bits that are set
 * after the prefix are an error, as in Postfix. */
int network_parse(const char *text, struct network *network,
	struct error *error) MUST_CHECK;

/* True if one of the networks contains the address, which is text without port
 * and prefix. False if it is not an address. */
bool network_contains(
	const struct network *networks, size_t count, const char *address);

#define NETWORK_TEXT_MAX 50 /* bytes, with the '\0' */

/* Writes the network as network_parse() reads it, with its prefix length:
 * "192.0.2.0/24", "2001:db8::/32". */
void network_text(const struct network *network, char text[NETWORK_TEXT_MAX]);

/* True if it is a network of IPv4. */
bool network_is_v4(const struct network *network);

/* True if every address of one is an address of the other, too. */
bool network_is_in(const struct network *network, const struct network *other);

/* True if no address of the network is one of the Internet: it is private (RFC
 * 1918, RFC 4193), link-local, loopback or shared by a provider (RFC 6598). */
bool network_is_private(const struct network *network);

#endif
