#include "resolver/wire.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"

#define TCP_MILLI      5000
#define TRUNCATED_FLAG 0x02u /* TC, in the third byte */
#define REPLY_FLAG     0x80u /* QR, likewise */
#define RCODE_MASK     0x0fu /* in the fourth byte */

static const int wait_milli[] = { 1200, 2000, 2800 };

int wire_server(
	struct wire_server *server, const char *text, struct error *error)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
	const char *at = strchr(text, '@');
	size_t len = at ? (size_t)(at - text) : strlen(text);
	struct bytes digits = bytes_of(at ? at + 1 : "53");
	char host[INET6_ADDRSTRLEN] = "";
	uint64_t port;

	if (len < sizeof host)
		memcpy(host, text, len);
	if (!bytes_number(&digits, 5, &port) || digits.len || !port ||
		port > UINT16_MAX)
		return error_set(error, ERR_USAGE,
			"found the server \"%s\", expected ADDRESS or "
			"ADDRESS@PORT, such as 192.0.2.53@5353",
			text);
	*server = (struct wire_server){ .len = 0 };
	v4.sin_port = v6.sin6_port = htons((uint16_t)port);
	if (inet_pton(AF_INET, host, &v4.sin_addr) == 1) {
		memcpy(&server->address, &v4, sizeof v4);
		server->len = sizeof v4;
	} else if (inet_pton(AF_INET6, host, &v6.sin6_addr) == 1) {
		memcpy(&server->address, &v6, sizeof v6);
		server->len = sizeof v6;
	} else {
		return error_set(error, ERR_USAGE,
			"found the server \"%s\", expected an IP address, and "
			"no name",
			text);
	}
	(void)snprintf(server->name, sizeof server->name, "%s@%u", host,
		(unsigned)port);
	return 0;
}

static int failed(struct error *error, const char *why)
{
	return error_set(error, ERR_DOWN, "%s", why);
}

/* Waits until fd can be read or written. Returns 1; 0 when the time is over; or
 * -1 with errno set. */
static int wait_for(int fd, short event, uint64_t until)
{
	struct pollfd file = { .fd = fd, .events = event };
	int found;

	do {
		uint64_t now = clock_ms();

		if (now >= until)
			return 0;
		found = poll(&file, 1, (int)(until - now));
	} while (found < 0 && errno == EINTR);
	return found;
}

static bool is_same_letter(unsigned char a, unsigned char b)
{
	if (a >= 'A' && a <= 'Z')
		a = (unsigned char)(a + 32);
	if (b >= 'A' && b <= 'Z')
		b = (unsigned char)(b + 32);
	return a == b;
}

/* True if the packet answers the question: ID, QR and the question itself are
 * the same. A refusal may come without the question. */
static bool is_answer(struct bytes question, const uint8_t *reply, size_t len)
{
	const uint8_t *asked = (const uint8_t *)question.data;
	size_t end = WIRE_HEADER;

	if (len < WIRE_HEADER || memcmp(reply, asked, 2) != 0 ||
		!(reply[2] & REPLY_FLAG) || reply[4])
		return false;
	if (!reply[5])
		return reply[3] & RCODE_MASK;
	while (end < question.len && asked[end])
		end += 1u + asked[end];
	end += 5; /* the root's label, the type and the class */
	if (reply[5] != 1 || end > question.len || len < end)
		return false;
	for (size_t i = WIRE_HEADER; i < end; i++)
		if (!is_same_letter(reply[i], asked[i]))
			return false;
	return true;
}

static int open_socket(
	const struct wire_server *server, int type, struct error *error)
{
	int fd = socket(server->address.ss_family,
		type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return error_set(error, ERR_NOTFOUND, "%s", strerror(errno));
	if (connect(fd, (const struct sockaddr *)&server->address,
		    server->len) &&
		errno != EINPROGRESS) {
		int number = errno;

		(void)close(fd);
		return error_set(error,
			number == ENETUNREACH || number == EADDRNOTAVAIL
				? ERR_NOTFOUND
				: ERR_DOWN,
			"%s", strerror(number));
	}
	return fd;
}

/* Waits for the answer to what was sent. Returns 1 and its length; 0 when the
 * time is over; or ERR_DOWN. */
static int receive_udp(int fd, struct bytes question, uint8_t *reply,
	size_t *got, uint64_t until, struct error *error)
{
	for (;;) {
		int found = wait_for(fd, POLLIN, until);
		ssize_t len;

		if (found == 0)
			return 0;
		len = found < 0 ? -1 : recv(fd, reply, WIRE_PACKET_MAX, 0);
		if (len < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (len < 0)
			return failed(error, strerror(errno));
		if (!is_answer(question, reply, (size_t)len))
			continue;
		*got = (size_t)len;
		return 1;
	}
}

static int ask_udp(const struct wire_server *server, struct bytes question,
	uint8_t *reply, size_t *got, struct error *error)
{
	int fd = open_socket(server, SOCK_DGRAM, error);
	int result = 0;

	if (fd < 0)
		return fd;
	for (size_t i = 0;
		!result && i < sizeof wait_milli / sizeof *wait_milli; i++) {
		uint64_t until = clock_ms() + (uint64_t)wait_milli[i];

		if (send(fd, question.data, question.len, 0) < 0)
			result = failed(error, strerror(errno));
		else
			result = receive_udp(
				fd, question, reply, got, until, error);
	}
	(void)close(fd);
	if (!result)
		return failed(error, "timed out");
	return result < 0 ? result : 0;
}

/* Sends or receives all of it. */
static int transfer(
	int fd, short event, uint8_t *data, size_t len, uint64_t until)
{
	while (len) {
		ssize_t done;

		if (wait_for(fd, event, until) <= 0)
			return -1;
		done = event == POLLIN ? recv(fd, data, len, 0)
				       : send(fd, data, len, MSG_NOSIGNAL);
		if (done < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (done <= 0)
			return -1;
		data += done;
		len -= (size_t)done;
	}
	return 0;
}

static int ask_tcp(const struct wire_server *server, struct bytes question,
	uint8_t *reply, size_t *got, struct error *error)
{
	uint64_t until = clock_ms() + TCP_MILLI;
	uint8_t size[2] = { (uint8_t)(question.len >> 8),
		(uint8_t)(question.len & 0xff) };
	int result = ERR_DOWN;
	int fd = open_socket(server, SOCK_STREAM, error);

	if (fd < 0)
		return fd;
	/* The reply's room holds the question on its way out. */
	memcpy(reply, question.data, question.len);
	if (transfer(fd, POLLOUT, size, sizeof size, until) ||
		transfer(fd, POLLOUT, reply, question.len, until) ||
		transfer(fd, POLLIN, size, sizeof size, until))
		goto out;
	*got = (size_t)size[0] << 8 | size[1];
	if (!transfer(fd, POLLIN, reply, *got, until) &&
		is_answer(question, reply, *got))
		result = 0;
out:
	(void)close(fd);
	if (result)
		return failed(error,
			"the answer was too long for UDP, and there was none "
			"by TCP");
	return 0;
}

int wire_ask(const struct wire_server *server, struct bytes question,
	uint8_t *reply, size_t *got, struct error *error)
{
	int result = ask_udp(server, question, reply, got, error);

	if (!result && reply[2] & TRUNCATED_FLAG)
		result = ask_tcp(server, question, reply, got, error);
	return result;
}
