/*
 * wire: sends a question of the DNS to one server and waits for the answer,
 * by UDP, and by TCP when the answer was cut off (RFC 1035 section 4.2, RFC
 * 7766). What does not answer this question, such as a packet with another ID,
 * is ignored.
 *
 * Tested by tests/e2e/dns.test.
 */
#ifndef READDRESS_RESOLVER_WIRE_H
#define READDRESS_RESOLVER_WIRE_H

#include <stdint.h>
#include <sys/socket.h>

#include "base/bytes.h"
#include "base/error.h"

#define WIRE_PACKET_MAX ((size_t)65535)
#define WIRE_HEADER	12 /* bytes before the question */
/* An address and a port as text: "2001:db8::1@53". */
#define WIRE_NAME_MAX 80

struct wire_server {
	struct sockaddr_storage address;
	socklen_t len;
	char name[WIRE_NAME_MAX]; /* for messages: "192.0.2.53@53" */
};

/* Reads "ADDRESS" or "ADDRESS@PORT". Returns 0, or ERR_USAGE with the reason.
 */
int wire_server(struct wire_server *server, const char *text,
	struct error *error) MUST_CHECK;

/*
 * Asks the server. question is a packet with one question. reply has
 * WIRE_PACKET_MAX bytes; *got is how many of them the answer has. Waits
 * three times, for a time that grows, 6 s in all. Returns
 * 0; ERR_DOWN when nobody answered, with the reason ("timed out"); or
 * ERR_NOTFOUND when this host has no way to the address, as to an IPv6 address
 * from a host that has IPv4 alone.
 */
int wire_ask(const struct wire_server *server, struct bytes question,
	uint8_t *reply, size_t *got, struct error *error) MUST_CHECK;

#endif
