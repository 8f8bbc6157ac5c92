/*
 * send_messages OPTIONS SOCKET: speaks with a milter as Postfix does, and sends
 * it messages as fast as it answers, or at a steady pace. Prints "MESSAGES
 * SECONDS P50 P99 MAX", the times being those from the first byte of a message
 * to the milter's last word on it, in microseconds. An answer other than
 * "continue", and another number of edits than -e names, are errors.
 *
 *   -n MESSAGES      how many, in all (default 1000)
 *   -c CONNECTIONS   at the same time (default 1)
 *   -s MESSAGES      in a session; 0 (the default): all of a connection
 *   -r RECIPIENTS    of a message (default 1)
 *   -w DIRECTION     inbound (the default), outbound or neither: whose rules
 *                    the addresses are under
 *   -u USERS         addresses are 1user@... to USERSuser@... (default 1000)
 *   -i MICROSECONDS  from a message to the next one of the same connection
 *   -e EDITS         that each message must get
 *
 * Rules are expected for NUMBERuser@old.example (inbound) and
 * NUMBERuser@new.example (outbound).
 */
#include <libmilter/mfdef.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "latency.h"
#include "wire.h"

#define PACKET_MAX 65536
#define EDITS	   "+2-em"
#define HEADERS                                                                \
	{ "Received", " from mx.far.example (mx.far.example [192.0.2.25])\n"   \
		      "\tby mail.far.example (Postfix) with ESMTPS id "        \
		      "4Hq9zX3kLmz9sVd\n\tfor <x@far.example>; Mon, 23 Nov "   \
		      "2026 09:12:44 +0100 (CET)" },                           \
		{ "Received",                                                  \
			" from desk.far.example (desk.far.example "            \
			"[198.51.100.7])\n\tby mx.far.example (Postfix) with " \
			"ESMTPSA id 4Hq9zW2pKdz1nX; Mon, 23 Nov 2026 "         \
			"09:12:43 "                                            \
			"+0100 (CET)" },                                       \
		{ "Date", " Mon, 23 Nov 2026 09:12:42 +0100" },                \
		{ "Subject", " The minutes of our last meeting" },             \
		{ "Message-ID",                                                \
			" <20261123081242.4Hq9zW2pKdz1nX@desk.far.example>" }, \
		{ "MIME-Version", " 1.0" },                                    \
		{ "Content-Type",                                              \
			" text/plain; charset=utf-8; format=flowed" },         \
		{ "User-Agent", " Mozilla Thunderbird" },                      \
		{ "X-Spam-Status", " No, score=-1.9 required=5.0" },

static struct {
	unsigned long messages;
	unsigned long connections;
	unsigned long session;
	unsigned long recipients;
	unsigned long users;
	unsigned long pause_us;
	long edits; /* -1: any number */
	bool outbound;
	const char *from_domain;
	const char *to_domain;
	const char *socket;
} options = { 1000, 1, 0, 1, 1000, 0, -1, false, "far.example", "old.example",
	NULL };

static uint64_t *samples;

struct sender {
	pthread_t thread;
	struct wire wire;
	unsigned long first; /* number of its first message */
	unsigned long count;
	char text[PACKET_MAX];
	size_t len;
	uint32_t steps; /* the SMFIP_* that were agreed */
};

/* Appends a string with its NUL to the packet that is being made. */
static void add(struct sender *sender, const char *text)
{
	size_t len = strlen(text) + 1;

	if (len > sizeof sender->text - sender->len) {
		(void)fprintf(stderr, "a packet is too long\n");
		exit(1);
	}
	memcpy(sender->text + sender->len, text, len);
	sender->len += len;
}

static void put(struct sender *sender, char command)
{
	wire_put(&sender->wire, command, sender->text, sender->len);
	sender->len = 0;
}

/* Ends the program if the milter's last word on a command is not "continue". */
static void need_continue(char reply, const char *data, size_t len)
{
	if (reply == SMFIR_CONTINUE)
		return;
	(void)fprintf(stderr, "answer: %c %.*s\n", reply ? reply : '0',
		reply ? (int)len : 0, reply ? data : "");
	exit(1);
}

/* Sends the command if the milter wants it, and waits for the reply if it gives
 * one. */
static void step(struct sender *sender, char command)
{
	static const struct {
		char command;
		uint32_t unwanted;
		uint32_t silent;
	} steps[] = {
		{ SMFIC_CONNECT, SMFIP_NOCONNECT, SMFIP_NR_CONN },
		{ SMFIC_HELO, SMFIP_NOHELO, SMFIP_NR_HELO },
		{ SMFIC_MAIL, SMFIP_NOMAIL, SMFIP_NR_MAIL },
		{ SMFIC_RCPT, SMFIP_NORCPT, SMFIP_NR_RCPT },
		{ SMFIC_DATA, SMFIP_NODATA, SMFIP_NR_DATA },
		{ SMFIC_HEADER, SMFIP_NOHDRS, SMFIP_NR_HDR },
		{ SMFIC_EOH, SMFIP_NOEOH, SMFIP_NR_EOH },
		{ SMFIC_BODY, SMFIP_NOBODY, SMFIP_NR_BODY },
	};
	const char *data;
	size_t len;
	size_t i = 0;
	char reply;

	while (steps[i].command != command)
		i++;
	if (sender->steps & steps[i].unwanted) {
		sender->len = 0;
		return;
	}
	put(sender, command);
	if (sender->steps & steps[i].silent)
		return;
	reply = wire_read(&sender->wire, &data, &len);
	need_continue(reply, data, len);
}

static void put_macro(struct sender *sender, char command, const char *name,
	const char *value, const char *name2, const char *value2)
{
	sender->text[sender->len++] = command;
	add(sender, name);
	add(sender, value);
	if (name2) {
		add(sender, name2);
		add(sender, value2);
	}
	put(sender, SMFIC_MACRO);
}

static void put_header(struct sender *sender, const char *id, const char *name,
	const char *value)
{
	put_macro(sender, SMFIC_HEADER, "i", id, NULL, NULL);
	add(sender, name);
	add(sender, value);
	step(sender, SMFIC_HEADER);
}

static void begin_session(struct sender *sender)
{
	char offer[12];
	char port[2] = { (char)(40000 >> 8), (char)(40000 & 255) };
	const char *data;
	size_t len;

	sender->wire.fd = wire_connect(options.socket);
	sender->wire.at = sender->wire.end = sender->wire.pending = 0;
	wire_set_number(offer, 6);
	wire_set_number(offer + 4, SMFI_CURR_ACTS);
	wire_set_number(offer + 8, SMFI_CURR_PROT);
	wire_put(&sender->wire, SMFIC_OPTNEG, offer, sizeof offer);
	if (wire_read(&sender->wire, &data, &len) != SMFIC_OPTNEG || len < 12) {
		(void)fprintf(stderr, "the milter does not negotiate\n");
		exit(1);
	}
	sender->steps = wire_number(data + 8);
	put_macro(sender, SMFIC_CONNECT, "j", "relay.example", "{daemon_name}",
		options.outbound ? "OUTBOUND" : "smtpd");
	add(sender, "mail.far.example");
	sender->text[sender->len++] = '4';
	memcpy(sender->text + sender->len, port, sizeof port);
	sender->len += sizeof port;
	add(sender, "192.0.2.25");
	step(sender, SMFIC_CONNECT);
	add(sender, "mail.far.example");
	step(sender, SMFIC_HELO);
}

static void end_session(struct sender *sender)
{
	wire_put(&sender->wire, SMFIC_QUIT, NULL, 0);
	wire_flush(&sender->wire);
	(void)close(sender->wire.fd);
}

static unsigned long user(unsigned long message, unsigned long recipient)
{
	return (message * options.recipients + recipient) % options.users + 1;
}

static void put_envelope(struct sender *sender, unsigned long message)
{
	char plain[128];
	char path[136];

	(void)snprintf(plain, sizeof plain, "%luuser@%s", user(message, 0),
		options.from_domain);
	(void)snprintf(path, sizeof path, "<%s>", plain);
	put_macro(sender, SMFIC_MAIL, "{daemon_name}",
		options.outbound ? "OUTBOUND" : "smtpd", "{mail_addr}", plain);
	add(sender, path);
	add(sender, "SIZE=2048");
	step(sender, SMFIC_MAIL);
	for (unsigned long i = 0; i < options.recipients; i++) {
		(void)snprintf(plain, sizeof plain, "%luuser@%s",
			user(message, i), options.to_domain);
		(void)snprintf(path, sizeof path, "<%s>", plain);
		put_macro(sender, SMFIC_RCPT, "{rcpt_addr}", plain, NULL, NULL);
		add(sender, path);
		step(sender, SMFIC_RCPT);
	}
}

static void put_headers(
	struct sender *sender, unsigned long message, const char *id)
{
	static const struct {
		const char *name;
		const char *value;
	} headers[] = { HEADERS };
	char value[PACKET_MAX / 2];
	size_t used = 0;

	for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
		put_header(sender, id, headers[i].name, headers[i].value);
	(void)snprintf(value, sizeof value, " \"Ann User\" <%luuser@%s>",
		user(message, 0), options.from_domain);
	put_header(sender, id, "From", value);
	for (unsigned long i = 0; i < options.recipients; i++)
		used += (size_t)snprintf(value + used, sizeof value - used,
			"%s \"Bob, User\" <%luuser@%s>", i ? ",\n" : "",
			user(message, i), options.to_domain);
	put_header(sender, id, "To", value);
}

/* Reads the answer to the end of a message. */
static void hear(struct sender *sender)
{
	long edits = 0;
	const char *data;
	size_t len;
	char reply;

	while ((reply = wire_read(&sender->wire, &data, &len)) &&
		strchr(EDITS, reply))
		edits++;
	need_continue(reply, data, len);
	if (options.edits >= 0 && edits != options.edits) {
		(void)fprintf(stderr, "%ld edits, expected %ld\n", edits,
			options.edits);
		exit(1);
	}
}

static void *run(void *argument)
{
	struct sender *sender = argument;
	uint64_t next = latency_now();

	for (unsigned long i = 0; i < sender->count; i++) {
		unsigned long message = sender->first + i;
		bool first = options.session ? i % options.session == 0 : !i;
		uint64_t begun;
		char id[32];

		if (options.pause_us)
			latency_wait(next);
		/* What is late counts from when it was due. */
		begun = options.pause_us ? next : latency_now();
		next += options.pause_us * 1000;
		if (first)
			begin_session(sender);
		put_envelope(sender, message);
		(void)snprintf(id, sizeof id, "4Hq%lX", message);
		put_macro(sender, SMFIC_DATA, "i", id, NULL, NULL);
		step(sender, SMFIC_DATA);
		put_headers(sender, message, id);
		step(sender, SMFIC_EOH);
		add(sender, "The minutes are attached.\r\n");
		step(sender, SMFIC_BODY);
		put_macro(sender, SMFIC_BODYEOB, "i", id, NULL, NULL);
		put(sender, SMFIC_BODYEOB);
		hear(sender);
		samples[message] = latency_now() - begun;
		if (i + 1 == sender->count ||
			(options.session && (i + 1) % options.session == 0))
			end_session(sender);
	}
	return NULL;
}

static bool read_options(int argc, char **argv)
{
	int option;

	while ((option = getopt(argc, argv, "n:c:s:r:w:u:i:e:")) != -1) {
		unsigned long number = strtoul(optarg ? optarg : "", NULL, 10);

		switch (option) {
		case 'n':
			options.messages = number;
			break;
		case 'c':
			options.connections = number;
			break;
		case 's':
			options.session = number;
			break;
		case 'r':
			options.recipients = number;
			break;
		case 'u':
			options.users = number;
			break;
		case 'i':
			options.pause_us = number;
			break;
		case 'e':
			options.edits = (long)number;
			break;
		case 'w':
			options.outbound = !strcmp(optarg, "outbound");
			if (options.outbound)
				options.from_domain = "new.example";
			if (strcmp(optarg, "inbound") != 0)
				options.to_domain = "outside.example";
			break;
		default:
			return false;
		}
	}
	options.socket = argv[optind];
	return optind + 1 == argc && options.messages && options.connections &&
	       options.recipients && options.users &&
	       options.messages % options.connections == 0;
}

int main(int argc, char **argv)
{
	struct sender *senders;
	uint64_t begun;
	uint64_t ended;

	if (!read_options(argc, argv)) {
		(void)fprintf(stderr, "usage: send_messages [-n MESSAGES] [-c "
				      "CONNECTIONS] ... SOCKET\n");
		return 64;
	}
	senders = calloc(options.connections, sizeof *senders);
	samples = calloc(options.messages, sizeof *samples);
	if (!senders || !samples)
		wire_die("calloc");
	begun = latency_now();
	for (unsigned long i = 0; i < options.connections; i++) {
		senders[i].count = options.messages / options.connections;
		senders[i].first = i * senders[i].count;
		if (pthread_create(&senders[i].thread, NULL, run, &senders[i]))
			wire_die("pthread_create");
	}
	for (unsigned long i = 0; i < options.connections; i++)
		(void)pthread_join(senders[i].thread, NULL);
	ended = latency_now();
	(void)printf(
		"%lu %.6f ", options.messages, (double)(ended - begun) / 1e9);
	latency_print(samples, options.messages);
	(void)printf("\n");
	free(samples);
	free(senders);
	return 0;
}
