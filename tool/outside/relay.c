#include "outside/relay.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <unistd.h>

#define HOST_NAME_ROOM	 256
#define ADDRESSES_MAX	 64
#define SHARED_ADDRESSES 0x64400000u /* 100.64.0.0/10 (RFC 6598) */

static int out_of_memory(struct error *error)
{
	return error_set(error, ERR_NOMEM, "out of memory");
}

static int find_name(struct survey_relay *relay, struct arena *arena,
	const char *(*fallback)(void *context), void *context,
	struct error *error)
{
	const char *other = NULL;
	const char **names = arena_array(arena, 1, sizeof *names);
	char host[HOST_NAME_ROOM] = "";

	if (!names)
		return out_of_memory(error);
	if (gethostname(host, sizeof host - 1))
		return error_set_errno(
			error, "cannot find the name of this host");
	if (!strchr(host, '.'))
		other = fallback(context);
	if (other && strchr(other, '.'))
		names[0] = arena_copy(arena, other, strlen(other));
	else
		names[0] = arena_copy(arena, host, strlen(host));
	if (!names[0])
		return out_of_memory(error);
	relay->hosts = names;
	relay->host_count = *names[0] != '\0';
	return 0;
}

/* True if nobody outside can use the address. */
static bool is_private(const struct sockaddr *address)
{
	if (address->sa_family == AF_INET) {
		struct sockaddr_in v4;
		uint32_t number;

		memcpy(&v4, address, sizeof v4);
		number = ntohl(v4.sin_addr.s_addr);
		return number >> 24 == 10 || number >> 20 == 0xac1 ||
		       number >> 16 == 0xc0a8 ||
		       (number & 0xffc00000u) == SHARED_ADDRESSES;
	} else {
		struct sockaddr_in6 v6;

		memcpy(&v6, address, sizeof v6);
		return (v6.sin6_addr.s6_addr[0] & 0xfe) == 0xfc;
	}
}

/* True if it is an address that mail could come to or from. */
static bool is_usable(const struct ifaddrs *entry)
{
	struct sockaddr_in6 v6;

	if (!entry->ifa_addr || entry->ifa_flags & IFF_LOOPBACK ||
		!(entry->ifa_flags & IFF_UP))
		return false;
	if (entry->ifa_addr->sa_family == AF_INET)
		return true;
	if (entry->ifa_addr->sa_family != AF_INET6)
		return false;
	memcpy(&v6, entry->ifa_addr, sizeof v6);
	return !IN6_IS_ADDR_LINKLOCAL(&v6.sin6_addr);
}

static const char *show(struct arena *arena, const struct sockaddr *address)
{
	char text[INET6_ADDRSTRLEN] = "";

	if (address->sa_family == AF_INET) {
		struct sockaddr_in v4;

		memcpy(&v4, address, sizeof v4);
		(void)inet_ntop(AF_INET, &v4.sin_addr, text, sizeof text);
	} else {
		struct sockaddr_in6 v6;

		memcpy(&v6, address, sizeof v6);
		(void)inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof text);
	}
	return arena_copy(arena, text, strlen(text));
}

static int find_addresses(
	struct survey_relay *relay, struct arena *arena, struct error *error)
{
	const char **list = arena_array(arena, ADDRESSES_MAX, sizeof *list);
	struct ifaddrs *all = NULL;
	size_t count = 0;

	if (!list)
		return out_of_memory(error);
	if (getifaddrs(&all))
		return error_set_errno(
			error, "cannot find the addresses of this host");
	for (int private = 0; private < 2 && !count; private ++)
		for (const struct ifaddrs *entry = all;
			entry && count < ADDRESSES_MAX;
			entry = entry->ifa_next) {
			if (!is_usable(entry) ||
				is_private(entry->ifa_addr) != !!private)
				continue;
			list[count] = show(arena, entry->ifa_addr);
			if (!list[count]) {
				freeifaddrs(all);
				return out_of_memory(error);
			}
			count++;
		}
	freeifaddrs(all);
	relay->addresses = list;
	relay->address_count = count;
	return 0;
}

int relay_find(struct survey_relay *relay, struct arena *arena,
	const struct options *options, const char *(*fallback)(void *context),
	void *context, struct error *error)
{
	int result = 0;

	*relay = (struct survey_relay){ options->hosts, options->host_count,
		options->addresses, options->address_count };
	if (!relay->host_count)
		result = find_name(relay, arena, fallback, context, error);
	if (!result && !relay->address_count)
		result = find_addresses(relay, arena, error);
	return result;
}
