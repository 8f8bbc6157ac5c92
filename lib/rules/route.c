#include "rules/route.h"

#include <arpa/inet.h>
#include <stdio.h>

#include "rules/rulesource.h"

#define HOST_MAX 255

static const char *const names[ROUTE_ROLES] = { "", "relay", "local", "backup",
	"remote", "auto", "hold" };

/* The transports whose next hop is a text for people: error(8), discard(8). */
static const char *const texts[] = { "error", "retry", "discard" };

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS	"0123456789"

const char *route_role_name(enum route_role role)
{
	return names[role < ROUTE_ROLES ? role : ROUTE_NONE];
}

enum route_role route_role_find(struct bytes name)
{
	for (int i = ROUTE_NONE + 1; i < ROUTE_ROLES; i++)
		if (bytes_equal_nocase(name, bytes_of(names[i])))
			return (enum route_role)i;
	return ROUTE_NONE;
}

void route_read(struct bytes text, struct route *route)
{
	struct bytes rest = text;

	route->role = route_role_find(bytes_cut(&rest, ' '));
	route->nexthop = bytes_trim(
		route->role == ROUTE_NONE ? text : rest, BYTES_BLANKS);
}

/* True if text is not empty and has only bytes of that set. */
static bool has_only(struct bytes text, const char *set)
{
	for (size_t i = 0; i < text.len; i++)
		if (!memchr(set, text.data[i], strlen(set)))
			return false;
	return text.len;
}

static bool is_ip(struct bytes text, int family)
{
	char ip[INET6_ADDRSTRLEN];
	unsigned char parsed[sizeof(struct in6_addr)];

	if (text.len >= sizeof ip)
		return false;
	memcpy(ip, text.data, text.len);
	ip[text.len] = '\0';
	return inet_pton(family, ip, parsed) == 1;
}

static bool is_host(struct bytes text)
{
	return text.len <= HOST_MAX && has_only(text, LETTERS DIGITS "-_.") &&
	       text.data[0] != '.' && text.data[0] != '-';
}

static bool is_port(struct bytes text)
{
	uint64_t number;

	if (!has_only(text, DIGITS))
		return has_only(text, LETTERS DIGITS "-_");
	return bytes_number(&text, 5, &number) && number >= 1 &&
	       number <= UINT16_MAX;
}

/* Returns what is wrong with "[host]:port", or NULL. */
static const char *check_brackets(struct bytes part)
{
	const char *end = memchr(part.data, ']', part.len);
	struct bytes host = { part.data + 1, 0 };
	struct bytes port;

	if (!end)
		return "has a \"[\" without its \"]\"";
	host.len = (size_t)(end - host.data);
	port = (struct bytes){ end + 1, part.len - host.len - 2 };
	if (host.len > 5 && !strncasecmp(host.data, "ipv6:", 5)) {
		host.data += 5;
		host.len -= 5;
		if (!is_ip(host, AF_INET6))
			return "has something in its brackets that is not an "
			       "IPv6 address";
	}
	if (!is_ip(host, AF_INET) && !is_ip(host, AF_INET6) &&
		(!is_host(host) || has_only(host, DIGITS ".")))
		return "has something in its brackets that is neither a host "
		       "name nor an IP address";
	if (port.len &&
		(port.data[0] != ':' || !is_port((struct bytes){
						port.data + 1, port.len - 1 })))
		return "has something after \"]\" that is not a port; expected "
		       "[host]:25";
	return NULL;
}

/* Returns what is wrong with "host:port", or NULL. */
static const char *check_host(struct bytes part)
{
	struct bytes host = part;
	struct bytes port = { NULL, 0 };

	for (size_t i = part.len; i && !port.data; i--)
		if (part.data[i - 1] == ':') {
			host.len = i - 1;
			port = (struct bytes){ part.data + i, part.len - i };
		}
	if (has_only(host, DIGITS ".") || is_ip(part, AF_INET6) ||
		is_ip(host, AF_INET6))
		return "has an IP address without brackets, which Postfix "
		       "takes for a host name; expected smtp:[192.0.2.1]:25";
	if (memchr(part.data, '[', part.len) ||
		memchr(part.data, ']', part.len))
		return "has a bracket within a host name; expected "
		       "smtp:[host]:25";
	if (port.data && has_only(port, DIGITS) && !is_port(port))
		return "has a port that is not between 1 and 65535";
	return NULL;
}

/* Returns what is wrong with one of the destinations, or NULL. */
static const char *check_destination(struct bytes part)
{
	if (bytes_take(&part, "unix:"))
		return part.len ? NULL : "has no path after \"unix:\"";
	(void)bytes_take(&part, "inet:");
	if (!part.len)
		return "has an empty host name";
	return part.data[0] == '[' ? check_brackets(part) : check_host(part);
}

static bool is_for_people(struct bytes transport)
{
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		if (bytes_equal(transport, bytes_of(texts[i])))
			return true;
	return false;
}

/* Returns what is wrong with "transport:destination,destination", or NULL. */
static const char *check_nexthop(struct bytes nexthop)
{
	struct bytes rest = nexthop;
	struct bytes transport = bytes_cut(&rest, ':');

	for (size_t i = 0; i < nexthop.len; i++)
		if ((unsigned char)nexthop.data[i] < 0x20 ||
			(unsigned char)nexthop.data[i] >= 0x7f)
			return "contains a control character or a character "
			       "that is not ASCII; write a host name as "
			       "A-labels (xn--...)";
	if (!has_only(transport, LETTERS DIGITS "-_."))
		return "has no name of a Postfix transport before \":\"; "
		       "expected something like smtp:[host]:25";
	if (is_for_people(transport))
		return NULL;
	if (memchr(nexthop.data, ' ', nexthop.len))
		return "contains a space; expected a role, a next hop, or a "
		       "role and then a next hop, like relay smtp:[host]:25";
	if (!rest.len)
		return NULL;
	if (rest.data[rest.len - 1] == ',')
		return "ends with a comma";
	while (rest.len) {
		const char *wrong = check_destination(bytes_cut(&rest, ','));

		if (wrong)
			return wrong;
	}
	return NULL;
}

/* Names a character that nobody can see, as for addresses; spaces are looked at
 * elsewhere. */
static int check_characters(struct bytes text, struct error *error)
{
	struct bytes rest = text;
	int result = 0;

	while (!result && rest.len)
		result = rulesource_check_characters(
			error, "target", bytes_cut(&rest, ' '));
	return result;
}

int route_make(struct bytes text, char made[ROUTE_MAX], struct error *error)
{
	struct route route;
	const char *wrong = NULL;
	int len;
	int result = check_characters(text, error);

	if (result < 0)
		return result;
	route_read(text, &route);
	if (route.nexthop.len &&
		!memchr(route.nexthop.data, ':', route.nexthop.len))
		wrong = route.role == ROUTE_NONE
				? "is not a route; expected relay, local, "
				  "backup, remote, auto, hold, or a Postfix "
				  "transport like smtp:[host]:25"
				: "has something after its role that is not a "
				  "next hop; expected a Postfix transport like "
				  "smtp:[host]:25";
	else if (route.nexthop.len)
		wrong = check_nexthop(route.nexthop);
	else if (route.role == ROUTE_NONE)
		wrong = "is empty";
	if (wrong)
		return rulesource_refuse(error, "target", text, wrong);
	len = snprintf(made, ROUTE_MAX, "%s%s%.*s", route_role_name(route.role),
		route.role != ROUTE_NONE && route.nexthop.len ? " " : "",
		(int)route.nexthop.len,
		route.nexthop.len ? route.nexthop.data : "");
	if (len < 0 || len >= ROUTE_MAX)
		return rulesource_refuse(error, "target", text,
			"is too long for a route, which has at most 1023 "
			"bytes");
	return len;
}
