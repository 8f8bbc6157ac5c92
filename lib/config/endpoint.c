#include "config/endpoint.h"

#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>

#define HOST_MAX 255 /* octets of a domain name (RFC 1035, 2.3.4) */

static int parse_port(struct bytes text, struct error *error)
{
	struct bytes rest = text;
	uint64_t port;

	if (!bytes_number(&rest, SIZE_MAX, &port) || rest.len || !port ||
		port > 65535)
		return error_set(error, ERR_BAD,
			"a port number from 1 to 65535 instead of \"%.*s\"",
			(int)text.len, text.data);
	return (int)port;
}

static bool is_host(struct bytes host)
{
	if (!host.len || host.len > HOST_MAX)
		return false;
	for (size_t i = 0; i < host.len; i++)
		if ((unsigned char)host.data[i] <= ' ' ||
			(unsigned char)host.data[i] >= 0x7f ||
			strchr("@[]/\"", host.data[i]))
			return false;
	return true;
}

static int parse_inet(
	const char *rest, bool v6, char out[ENDPOINT_MAX], struct error *error)
{
	const char *at = strchr(rest, '@');
	const char *colon = strrchr(rest, ':');
	struct bytes port;
	struct bytes host;
	bool brackets;
	int number;

	if (at) {
		port = (struct bytes){ rest, (size_t)(at - rest) };
		host = bytes_of(at + 1);
	} else if (colon) {
		port = bytes_of(colon + 1);
		host = (struct bytes){ rest, (size_t)(colon - rest) };
	} else {
		return error_set(error, ERR_BAD,
			"a port and a host, like \"inet:8891@127.0.0.1\"");
	}
	brackets = host.len > 2 && host.data[0] == '[' &&
		   host.data[host.len - 1] == ']';
	if (brackets) {
		host.data++;
		host.len -= 2;
	}
	if (!is_host(host))
		return error_set(error, ERR_BAD,
			"the name or address of a host instead of \"%.*s\"",
			(int)host.len, host.data);
	if (memchr(host.data, ':', host.len)) {
		if (!at && !brackets)
			return error_set(error, ERR_BAD,
				"brackets around an IPv6 address, like "
				"\"inet:[::1]:8891\"");
		v6 = true;
	}
	number = parse_port(port, error);
	if (number < 0)
		return number;
	(void)snprintf(out, ENDPOINT_MAX, "%s:%d@%.*s", v6 ? "inet6" : "inet",
		number, (int)host.len, host.data);
	return 0;
}

static int parse_unix(
	const char *path, char out[ENDPOINT_MAX], struct error *error)
{
	const size_t max = sizeof((struct sockaddr_un *)NULL)->sun_path;

	if (path[0] != '/')
		return error_set(error, ERR_BAD,
			"an absolute path, like \"unix:/PATH\"");
	if (strlen(path) >= max)
		return error_set(error, ERR_BAD,
			"a socket path of at most %zu bytes", max - 1);
	(void)snprintf(out, ENDPOINT_MAX, "unix:%s", path);
	return 0;
}

int endpoint_parse(
	const char *text, char out[ENDPOINT_MAX], struct error *error)
{
	if (!strncmp(text, "unix:", 5))
		return parse_unix(text + 5, out, error);
	if (!strncmp(text, "local:", 6))
		return parse_unix(text + 6, out, error);
	if (!strncmp(text, "inet:", 5))
		return parse_inet(text + 5, false, out, error);
	if (!strncmp(text, "inet6:", 6))
		return parse_inet(text + 6, true, out, error);
	return error_set(error, ERR_BAD,
		"unix:/PATH, local:/PATH, inet:PORT@HOST, inet6:PORT@HOST or "
		"inet:HOST:PORT");
}

void endpoint_for_postfix(const char *endpoint, char out[ENDPOINT_MAX])
{
	struct bytes host = bytes_of(endpoint);
	struct bytes port;
	bool v6;

	(void)bytes_cut(&host, ':');
	v6 = !strncmp(endpoint, "inet6:", 6);
	if (!v6 && strncmp(endpoint, "inet:", 5) != 0) {
		(void)snprintf(out, ENDPOINT_MAX, "%s", endpoint);
		return;
	}
	port = bytes_cut(&host, '@');
	v6 = v6 && memchr(host.data, ':', host.len);
	(void)snprintf(out, ENDPOINT_MAX, "inet:%s%.*s%s:%.*s", v6 ? "[" : "",
		(int)host.len, host.data, v6 ? "]" : "", (int)port.len,
		port.data);
}
