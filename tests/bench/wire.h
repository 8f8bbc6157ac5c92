/*
 * wire: packets of the milter protocol on a stream socket. Each is a length of
 * 4 bytes, a command of one byte, and data. What is written waits in a buffer
 * until a reply is awaited, as in Postfix.
 */
#ifndef READDRESS_BENCH_WIRE_H
#define READDRESS_BENCH_WIRE_H

#include <stddef.h>
#include <stdint.h>

#define WIRE_SIZE 262144

/* Begins as { .fd = SOCKET }. */
struct wire {
	int fd;
	size_t at; /* of what has not been read yet */
	size_t end;
	size_t pending; /* bytes to send */
	char in[WIRE_SIZE];
	char out[WIRE_SIZE];
};

/* Prints what failed, with errno, and ends the program. */
_Noreturn void wire_die(const char *what);

/* Connects to ADDRESS: "unix:PATH", or "inet:PORT@HOST" with an IPv4 address.
 * Returns the socket; a failure ends the program. */
int wire_connect(const char *address);

/* Listens at such an address. Returns the socket; a failure ends the program.
 */
int wire_listen(const char *address);

/* Sends what waits, and returns the command of the next packet, or 0 at the end
 * of the stream. The data lies in the buffer until the next call. A packet that
 * is larger than the buffer ends the program. */
char wire_read(struct wire *wire, const char **data, size_t *len);

/* Appends a packet to what waits. */
void wire_put(struct wire *wire, char command, const char *data, size_t len);

/* Sends what waits. */
void wire_flush(struct wire *wire);

/* The number of 4 bytes, most significant first, that stands at data. */
uint32_t wire_number(const char *data);

/* Writes such a number to data. */
void wire_set_number(char *data, uint32_t number);

#endif
