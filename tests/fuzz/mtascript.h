/*
 * mtascript: what an MTA says in a session, from octets that a fuzzer can
 * change. The first octet chooses the configuration; then lines:
 *
 *   O6 1ff 1fffff      negotiation: version, actions, steps in hex; what is
 *                      not there is what Postfix offers
 *   DM{mail_addr}|a@b  macros for the command M
 *   Chost|4192.0.2.1   connection: name, family, address (the port is added)
 *   M<a@b>|SIZE=1      any other command, as a packet of its own
 *   !1f M<a@b>         a packet with this length in hex, whatever its true one
 *   *...               octets without a length
 *   .                  from here on nobody reads the replies
 *
 * In all of them "|" is NUL and VT a line feed. The commands that carry strings
 * get a NUL at the end.
 */
#ifndef READDRESS_MTASCRIPT_H
#define READDRESS_MTASCRIPT_H

#include <stdint.h>
#include <stdlib.h>

#include "base/bytes.h"

struct mta_packet {
	char command; /* 0: what is sent from here on is no packet of ours */
	struct bytes data;
};

struct mta_script {
	unsigned config;
	char *stream; /* what is sent */
	size_t size;
	size_t unread; /* replies to what is behind this are not read */
	struct mta_packet *packets;
	size_t count;
};

static inline void mtascript_put(
	struct mta_script *script, const void *data, size_t len)
{
	if (len)
		memcpy(script->stream + script->size, data, len);
	script->size += len;
}

static inline void mtascript_number(struct mta_script *script, uint32_t number)
{
	const unsigned char octets[4] = { (unsigned char)(number >> 24),
		(unsigned char)(number >> 16), (unsigned char)(number >> 8),
		(unsigned char)number };

	mtascript_put(script, octets, sizeof octets);
}

/* Numbers in hex with blanks between them; those that are missing stay. */
static inline size_t mtascript_hex(
	struct bytes text, uint32_t *numbers, size_t count)
{
	size_t at = 0;

	for (size_t i = 0; i < count && at < text.len; i++) {
		size_t begin = at;
		uint32_t number = 0;

		for (; at < text.len && text.data[at] != ' '; at++) {
			char c = text.data[at];

			number = number << 4 |
				 (uint32_t)(c <= '9' ? c & 15 : (c & 7) + 9);
		}
		if (at > begin)
			numbers[i] = number;
		at += at < text.len;
	}
	return at;
}

/* The payload with NUL and LF where they were meant. */
static inline void mtascript_text(
	struct mta_script *script, struct bytes text, char command)
{
	char *to = script->stream + script->size;
	const char *bar = text.len ? memchr(text.data, '|', text.len) : NULL;
	size_t port = command == 'C' && bar ? (size_t)(bar - text.data) + 1
					    : text.len;
	size_t bars = 0;

	for (size_t i = 0; i < text.len; i++) {
		char c = text.data[i];

		*to++ = (char)(c == '|' ? 0 : c == '\v' ? '\n' : c);
		bars += c == '|' || !c;
		if (i == port && strchr("46L", c)) {
			*to++ = 0;
			*to++ = 25;
		}
	}
	if (command && strchr("CDHMRLU", command))
		*to++ = 0;
	if (command == 'D' && !(bars % 2))
		*to++ = 0;
	script->size = (size_t)(to - script->stream);
}

static inline void mtascript_note(
	struct mta_script *script, char command, size_t from)
{
	script->packets[script->count++] = (struct mta_packet){ command,
		{ script->stream + from, script->size - from } };
}

static inline void mtascript_line(struct mta_script *script, struct bytes line)
{
	uint32_t offer[3] = { 6, 0x1ff, 0x1fffff };
	char command = line.data[0];
	struct bytes rest = { line.data + 1, line.len - 1 };
	size_t begin = script->size;
	size_t data;

	if (command == '.') {
		if (begin < script->unread)
			script->unread = begin;
		return;
	}
	if (command == '*') {
		mtascript_text(script, rest, 0);
		mtascript_note(script, 0, begin);
		return;
	}
	if (command == '!') {
		uint32_t length = 0;
		size_t used = mtascript_hex(rest, &length, 1);

		mtascript_number(script, length);
		rest.data += used;
		rest.len -= used;
		mtascript_text(script, rest, 0);
		mtascript_note(script, 0, begin);
		return;
	}
	mtascript_number(script, 0);
	mtascript_put(script, &command, 1);
	data = script->size;
	if (command == 'O') {
		(void)mtascript_hex(rest, offer, 3);
		for (size_t i = 0; i < 3; i++)
			mtascript_number(script, offer[i]);
	} else {
		mtascript_text(script, rest, command);
	}
	mtascript_note(script, command, data);
	data = script->size;
	script->size = begin;
	mtascript_number(script, (uint32_t)(data - begin - 4));
	script->size = data;
}

/*
 * libmilter 8.17.1 reads beyond a list of macros that ends with a name without
 * its value (smfi_getsymval goes on by two). Ours have their values, and what
 * is hidden in raw octets loses its last NUL.
 */
static inline void mtascript_even_macros(struct mta_script *script)
{
	size_t at = 0;

	while (script->size - at > 4) {
		const unsigned char *head =
			(const unsigned char *)script->stream + at;
		size_t len = (size_t)head[0] << 24 | (size_t)head[1] << 16 |
			     (size_t)head[2] << 8 | head[3];
		char *packet = script->stream + at + 4;
		char *last = NULL;
		bool odd = false;

		if (!len || len > script->size - at - 4)
			return;
		for (size_t i = 2; *packet == 'D' && i < len; i++)
			if (!packet[i]) {
				odd = !odd;
				last = packet + i;
			}
		if (odd)
			*last = '.';
		at += 4 + len;
	}
}

/* The octets are copied to blocks of the script's own. mtascript_close frees
 * them. */
static inline void mtascript_open(
	struct mta_script *script, const uint8_t *input, size_t size)
{
	struct bytes rest = { (const char *)input + 1, size ? size - 1 : 0 };

	/* a line of two octets, "O" and its end, becomes 17 */
	*script = (struct mta_script){
		.config = size ? input[0] : 0,
		.stream = malloc(size * 9 + 17),
		.unread = SIZE_MAX,
		.packets = calloc(size + 1, sizeof *script->packets),
	};
	if (!script->stream || !script->packets)
		abort();
	while (rest.len) {
		struct bytes line = bytes_cut(&rest, '\n');

		if (line.len)
			mtascript_line(script, line);
	}
	mtascript_even_macros(script);
}

static inline void mtascript_close(struct mta_script *script)
{
	free(script->packets);
	free(script->stream);
}

#endif
