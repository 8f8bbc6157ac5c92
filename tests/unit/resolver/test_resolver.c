/*
 * Addresses of servers and of clients as text, and packets that are made and
 * read. Servers that answer are in tests/e2e/dns.test.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "kit/dnszone.h"
#include "resolver/packet.h"
#include "resolver/wire.h"

static void test_servers(void **state)
{
	static const struct {
		const char *text;
		const char *name; /* NULL: it is refused */
	} cases[] = {
		{ "192.0.2.53", "192.0.2.53@53" },
		{ "192.0.2.53@5353", "192.0.2.53@5353" },
		{ "2001:db8::53", "2001:db8::53@53" },
		{ "::1@65535", "::1@65535" },
		{ "", NULL },
		{ "@53", NULL },
		{ "192.0.2.53@", NULL },
		{ "192.0.2.53@0", NULL },
		{ "192.0.2.53@65536", NULL },
		{ "192.0.2.53@53x", NULL },
		{ "192.0.2.53@53@53", NULL },
		{ "192.0.2", NULL },
		{ "ns.example", NULL },
		{ "[::1]", NULL },
		{ "2001:0db8:0000:0000:0000:0000:0000:0000:0000:0000:0053",
			NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct wire_server server;
		struct error error = { .text = "" };
		int result = wire_server(&server, cases[i].text, &error);

		if (!cases[i].name) {
			assert_int_equal(result, ERR_USAGE);
			assert_non_null(strstr(error.text, "expected"));
			continue;
		}
		assert_int_equal(result, 0);
		assert_string_equal(server.name, cases[i].name);
		assert_int_equal(server.address.ss_family,
			strchr(cases[i].text, ':') ? AF_INET6 : AF_INET);
	}
}

static void test_addresses(void **state)
{
	char name[REPLY_NAME_MAX];

	(void)state;
	assert_true(reply_is_address("192.0.2.1"));
	assert_true(reply_is_address("::1"));
	assert_false(reply_is_address("192.0.2"));
	assert_false(reply_is_address("relay.example"));
	assert_true(reply_same_address("2001:DB8:0::1", "2001:db8::1"));
	assert_true(reply_same_address("::ffff:192.0.2.1", "192.0.2.1"));
	assert_false(reply_same_address("192.0.2.1", "192.0.2.2"));
	assert_false(reply_same_address("relay.example", "relay.example"));
	assert_true(reply_reverse_name("192.0.2.1", name));
	assert_string_equal(name, "1.2.0.192.in-addr.arpa");
	assert_true(reply_reverse_name("2001:db8::567:89ab", name));
	assert_string_equal(name,
		"b.a.9.8.7.6.5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0."
		"2.ip6.arpa");
	assert_false(reply_reverse_name("relay.example", name));
	assert_true(reply_same_name("A.Example.", "a.example"));
	assert_false(reply_same_name("a.example", "a.example.b"));
}

static void test_question(void **state)
{
	struct packet_question question = { "a.example", REPLY_MX, true };
	static const char asked[] = "\1a\7example\0\0\17\0\1";
	size_t size;
	uint8_t *packet = packet_make(&question, false, &size);

	(void)state;
	assert_non_null(packet);
	assert_int_equal(size, 12 + sizeof asked - 1);
	assert_int_equal(packet[2], 1); /* RD alone */
	assert_memory_equal(packet + 12, asked, sizeof asked - 1);
	free(packet);
	question.recursive = false;
	packet = packet_make(&question, true, &size);
	assert_non_null(packet);
	assert_int_equal(packet[2], 0);
	assert_int_equal(packet[11], 1); /* EDNS */
	free(packet);
	question.name = "label-that-is-longer-than-the-63-bytes-of-a-label-in-"
			"a-domain-name.example";
	assert_null(packet_make(&question, false, &size));
}

#define HEAD(flags, answers) "\1\2" flags "\0\1\0" answers "\0\0\0\0"
#define ASKED		     "\1a\7example\0\0\17\0\1"
#define MX(ttl, data)	     "\xc0\x0c\0\17\0\1\0\0\0" ttl "\0\4" data

/* Reads a packet of MX records for a.example. */
static int read_mx(struct arena *arena, const char *data, size_t len,
	struct reply *reply, char why[PACKET_WHY_MAX], bool *retry)
{
	struct packet_question question = { "a.example", REPLY_MX, false };
	char next[REPLY_NAME_MAX];
	/* A block of exact size, so that reads beyond its end show. */
	char *block = malloc(len);
	int result;

	assert_non_null(block);
	memcpy(block, data, len);
	result = packet_read(arena, &question, (struct bytes){ block, len },
		reply, next, why, retry);
	free(block);
	return result;
}

static void test_answer(void **state)
{
	static const char referral[] = "\1\2\x80\0\0\1\0\0\0\1\0\0" ASKED
				       "\xc0\x0c\0\2\0\1\0\0\0\74\0\2\xc0\x0c";
	static const char two[] = HEAD("\x84\0", "\2")
		ASKED MX("\74", "\0\12\xc0\x0c") MX("\36", "\0\24\xc0\x0c");
	static const char none[] = HEAD("\x84\0", "\0") ASKED;
	static const char cached[] = HEAD("\x80\x80", "\0") ASKED;
	static const char missing[] = HEAD("\x84\3", "\0") ASKED;
	static const char refused[] = HEAD("\x80\5", "\0") ASKED;
	static const char no_edns[] = HEAD("\x80\1", "\0") ASKED;
	struct arena *arena = arena_open((size_t)1 << 20);
	char why[PACKET_WHY_MAX];
	struct reply reply;
	bool retry;

	(void)state;
	assert_non_null(arena);
#define READ(packet)                                                           \
	read_mx(arena, packet, sizeof packet - 1, &reply, why, &retry)
	assert_int_equal(READ(two), 1);
	assert_int_equal(reply.kind, REPLY_RECORDS);
	assert_true(reply.authoritative);
	assert_int_equal(reply.count, 2);
	assert_int_equal(reply.ttl, 30);
	assert_int_equal(reply.records[0].ttl, 60);
	assert_int_equal(reply.records[0].number, 10);
	assert_string_equal(reply.records[1].data.data, "a.example");
	assert_int_equal(READ(none), 1);
	assert_int_equal(reply.kind, REPLY_NO_RECORD);
	assert_int_equal(READ(cached), 1);
	assert_false(reply.authoritative);
	assert_int_equal(READ(missing), 1);
	assert_int_equal(reply.kind, REPLY_NO_NAME);
	assert_int_equal(READ(refused), 0);
	assert_string_equal(why, "answered REFUSED");
	assert_false(retry);
	assert_int_equal(READ(referral), 0);
	assert_string_equal(why, "does not serve the zone (referral)");
	assert_int_equal(READ(no_edns), 0);
	assert_true(retry);
	/* Each beginning of a packet is damaged, and none is read beyond. */
	for (size_t len = 1; len < sizeof two - 1; len++)
		assert_int_equal(
			read_mx(arena, two, len, &reply, why, &retry), 0);
	assert_string_equal(why, "the answer is damaged");
	arena_close(arena);
}

/* Addresses that come in two questions. */
static void test_both_addresses(void **state)
{
	static const struct {
		const char *zone;
		enum reply_kind kind;
		size_t count;
	} cases[] = {
		{ "a.example 60 A 192.0.2.1\na.example 60 AAAA ::1\n",
			REPLY_RECORDS, 2 },
		{ "a.example 60 A 192.0.2.1\na.example 60 DEAD AAAA\n",
			REPLY_RECORDS, 1 },
		{ "a.example 60 DEAD A\na.example 60 AAAA ::1\n", REPLY_RECORDS,
			1 },
		{ "a.example 60 DEAD AAAA\n", REPLY_UNKNOWN, 0 },
		{ "a.example 60 DEAD A\n", REPLY_UNKNOWN, 0 },
		{ "a.example 60 TXT x\n", REPLY_NO_RECORD, 0 },
		{ "b.example 60 TXT x\n", REPLY_NO_NAME, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct dnszone zone = { cases[i].zone, false };
		struct reply_source source = { dnszone_ask, &zone, NULL };
		struct arena *arena = arena_open((size_t)1 << 20);
		struct reply reply;

		assert_non_null(arena);
		assert_int_equal(reply_ask_addresses(
					 &source, arena, "a.example", &reply),
			0);
		assert_int_equal(reply.kind, cases[i].kind);
		assert_int_equal(reply.count, cases[i].count);
		arena_close(arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_both_addresses),
		cmocka_unit_test(test_servers),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_question),
		cmocka_unit_test(test_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
