/*
 * dns: whatever comes from the net, in packets and in the texts of policies, is
 * read within its bounds. An SPF record is evaluated as a whole: its look-ups
 * are counted, and it ends.
 *
 * The first byte chooses what the others are: an SPF record, policies, or a
 * packet.
 */
#include "fuzz.h"

#include "dns/policy.h"
#include "dns/spf.h"
#include "dns/spfterm.h"
#include "resolver/packet.h"

#define MEMORY_MAX ((size_t)64 << 20)

static struct bytes record;

/* x.example has the record; everything below it, too, so that it may include
 * itself. Other names have addresses, but for those with an even length. */
static int ask(void *context, struct arena *arena, const char *server,
	const char *name, enum reply_type type, struct reply *reply)
{
	static const char address[] = "192.0.2.1";
	unsigned *asked = context;
	struct reply_record *one = arena_array(arena, 1, sizeof *one);

	(void)server;
	/* An evaluation is at most eleven terms, each of eleven questions, and
	 * as many for the name of the client. */
	FUZZ_CHECK(++*asked < 1000);
	FUZZ_CHECK(one && *name && strlen(name) < REPLY_NAME_MAX);
	*reply = (struct reply){ .kind = REPLY_NO_NAME };
	if (type == REPLY_TXT)
		*one = (struct reply_record){ .data = record };
	else if (type == REPLY_A)
		*one = (struct reply_record){ .data = bytes_of(address) };
	else if (type == REPLY_MX || type == REPLY_PTR)
		*one = (struct reply_record){ .data = bytes_of("y.example") };
	else
		return 0;
	if (type != REPLY_TXT && strlen(name) % 2 == 0)
		return 0;
	reply->kind = REPLY_RECORDS;
	reply->records = one;
	reply->count = 1;
	return 0;
}

static void evaluate(struct arena *arena, const char *address)
{
	unsigned asked = 0;
	struct reply_source source = { ask, &asked, NULL };
	struct spf spf = { .source = &source,
		.arena = arena,
		.domain = "x.example",
		.address = address,
		.helo = "relay.example" };

	FUZZ_CHECK(!spf_check(&spf));
	FUZZ_CHECK(spf.lookups <= SPF_LOOKUPS_MAX + 1);
	FUZZ_CHECK(spf.voids <= SPF_VOID_MAX + 1);
	FUZZ_CHECK(spf.result == SPF_NONE || (spf.reason && *spf.reason));
	FUZZ_CHECK(spf.result != SPF_TEMPERROR);
}

/* True if one text lies in the other. */
static bool is_part(struct bytes part, struct bytes text)
{
	return !part.len || (part.data >= text.data &&
				    part.data + part.len <=
					    text.data + text.len);
}

static void read_policies(struct bytes text)
{
	struct policy_dmarc dmarc;
	struct policy_sts sts;
	struct bytes id;

	if (policy_read_dmarc(text, &dmarc) == POLICY_FOUND)
		FUZZ_CHECK(dmarc.policy.len && is_part(dmarc.policy, text) &&
			   is_part(dmarc.subdomain, text));
	if (policy_read_sts_record(text, &id) == POLICY_FOUND)
		FUZZ_CHECK(id.len && is_part(id, text));
	if (policy_read_sts(text, &sts) == POLICY_FOUND) {
		FUZZ_CHECK(sts.mode.len && is_part(sts.mode, text));
		(void)policy_sts_lists(&sts, "relay.example");
	}
	(void)policy_read_tlsrpt(text);
}

static void read_packet(struct arena *arena, struct bytes packet)
{
	static const enum reply_type types[] = { REPLY_A, REPLY_NS, REPLY_PTR,
		REPLY_MX, REPLY_TXT, REPLY_AAAA, REPLY_TLSA };

	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		struct packet_question question = { "a.example", types[i],
			false };
		struct reply reply;
		char next[REPLY_NAME_MAX];
		char why[PACKET_WHY_MAX];
		bool retry;
		int result = packet_read(arena, &question, packet, &reply, next,
			why, &retry);

		FUZZ_CHECK(result == 0 || result == 1);
		FUZZ_CHECK(result || *why);
		FUZZ_CHECK(!result || reply.kind != REPLY_UNKNOWN);
		for (size_t n = 0; result && n < reply.count; n++)
			FUZZ_CHECK(!reply.records[n].data.data[reply.records[n]
						.data.len]);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_open(MEMORY_MAX);
	char *block;

	FUZZ_CHECK(arena);
	if (size) {
		/* A block of exact size, so that reads beyond it show. A record
		 * has a NUL behind it. */
		size_t len = size - 1;

		block = malloc(len + (data[0] % 3 == 0));
		FUZZ_CHECK(block || !len);
		if (len)
			memcpy(block, data + 1, len);
		record = (struct bytes){ block, len };
		if (data[0] % 3 == 0) {
			block[len] = '\0';
			evaluate(arena, "192.0.2.1");
			evaluate(arena, "2001:db8::1");
		} else if (data[0] % 3 == 1) {
			read_policies(record);
		} else {
			read_packet(arena, record);
		}
		free(block);
	}
	arena_close(arena);
	return 0;
}
