/*
 * socketmap: what a connection of Postfix sends. However the bytes are divided,
 * the same requests are read. Each is answered by a map; the reply can be read
 * again, and answers to the same key go together.
 */
#include "kit/testmap.h"
#include "fuzz.h"
#include "routing/socketmap.h"

#define RULES                                                                  \
	"in bob@warmsushi.example;bob.owen@drypizza.example\n"                 \
	"in stay@warmsushi.example;stay@warmsushi.example\n"                   \
	"in copy@warmsushi.example;copy@warmsushi.example,c@old.example\n"     \
	"in @warmsushi.example;@old.example\n"                                 \
	u8"in bücher@users.example;books@old.example\n"                       \
	"in bob@users.example;bob.owen@drypizza.example\n"                     \
	"in @*.deep.example;@drypizza.example\n"                               \
	u8"in @bücher.example;@old.example\n"                                 \
	"in @all.example;all@drypizza.example\n"                               \
	"in u@local.example;u@local.example\n"                                 \
	"in u@auto.example;u@auto.example\n"                                   \
	"out bob.owen@drypizza.example;bob@warmsushi.example\n"                \
	"out @old.example;@warmsushi.example\n"                                \
	"routes @local.example;local\n"                                        \
	"routes @auto.example;auto\n"                                          \
	"routes @more.example;relay smtp:[more]:25\n"                          \
	"routes @*.second.example;backup\n"                                    \
	"routes @remote.example;remote\n"                                      \
	"routes @old.example;smtp:[192.0.2.7]\n"                               \
	"routes @held.example;hold\n"

static struct map_reader *reader;
static struct config *config;
static struct autoroutes *known;

static void prepare(void)
{
	const struct autoroute one = { bytes_of("auto.example"), ROUTE_BACKUP,
		1, 2 };

	/* What lives as long as the program. */
	FUZZ_CHECK(!map_reader_open(&reader, testmap_keep(RULES)));
	config = testmap_config(NULL);
	known = autoroutes_open();
	FUZZ_CHECK(known && !autoroutes_put(known, &one));
}

static void ask(const char *name, struct bytes key, struct answer *answer)
{
	answer_query(reader, config, known, bytes_of(name), key, answer);
	FUZZ_CHECK(answer->status != ANSWER_TEMP);
}

static bool is_ok(const char *name, struct bytes key)
{
	static struct answer answer;

	ask(name, key, &answer);
	return answer.status == ANSWER_OK;
}

/* The answers of all tables to one key. */
static void check_key(struct bytes key)
{
	static struct answer answer;

	FUZZ_CHECK(!is_ok("domains", key) || !is_ok("mailboxes", key));
	FUZZ_CHECK(!is_ok("recipients", key) || is_ok("recipients-open", key));
	/* What is printed can be written, and what is written can be sent. */
	FUZZ_CHECK(!is_ok("inbound", key) || is_ok("recipients", key) ||
		   key.len > ADDRESS_MAX);
	/* A domain is no address. */
	FUZZ_CHECK(!(is_ok("domains", key) || is_ok("mailboxes", key)) ||
		   !is_ok("recipients-open", key));
	/* Unknown users of our domains are refused, not deferred. */
	ask("transport", key, &answer);
	if (answer.status == ANSWER_OK && answer.len > 11 &&
		!memcmp(answer.text, "retry:4.4.6", 11))
		FUZZ_CHECK(is_ok("recipients", key) || key.len > ADDRESS_MAX);
}

/* The reply is a netstring of one of three words and the text. */
static void check_reply(const struct answer *answer)
{
	static char reply[SOCKETMAP_REPLY_MAX];
	struct bytes rest = { reply, socketmap_format(answer, reply) };
	static const char *const words[] = { "OK ", "NOTFOUND ", "TEMP " };
	uint64_t len;

	FUZZ_CHECK(rest.len <= sizeof reply && answer->len <= ANSWER_MAX);
	FUZZ_CHECK(rest.data[0] != '0' && bytes_number(&rest, 6, &len));
	FUZZ_CHECK(bytes_take(&rest, ":") && rest.len == len + 1);
	FUZZ_CHECK(rest.data[len] == ',' && len <= SOCKETMAP_REQUEST_MAX);
	FUZZ_CHECK(bytes_take(&rest, words[answer->status]));
	FUZZ_CHECK(rest.len == answer->len + 1 &&
		   !memcmp(rest.data, answer->text, answer->len));
	for (size_t i = 0; i < answer->len; i++)
		FUZZ_CHECK((unsigned char)answer->text[i] >= 0x20 &&
			   answer->text[i] != 0x7f);
	FUZZ_CHECK(answer->status != ANSWER_NOTFOUND || !answer->len);
	FUZZ_CHECK(answer->status == ANSWER_NOTFOUND || answer->len);
}

/* What was read of a connection: the requests, their bytes in one block each.
 */
struct seen {
	struct socketmap_reader reader;
	unsigned requests;
	uint32_t hash; /* of names and keys */
	int result;
	bool began;
};

static void note(struct seen *seen, struct bytes text)
{
	for (size_t i = 0; i < text.len; i++)
		seen->hash =
			(seen->hash ^ (unsigned char)text.data[i]) * 16777619u;
	seen->hash = (seen->hash ^ (uint32_t)text.len) * 16777619u;
}

static void take(struct seen *seen, struct bytes input, bool answered)
{
	static struct answer answer;
	struct socketmap_request request;

	while ((seen->result = socketmap_read(
			&seen->reader, &input, &request)) == 1) {
		char *key;

		seen->requests++;
		note(seen, request.name);
		note(seen, request.key);
		if (!answered)
			continue;
		key = holds_block(request.key.data, request.key.len);
		request.key.data = key;
		answer_query(reader, config, known, request.name, request.key,
			&answer);
		check_reply(&answer);
		check_key(request.key);
		free(key);
	}
	FUZZ_CHECK(seen->result == ERR_BAD || !input.len);
	seen->began = socketmap_began(&seen->reader);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct seen whole;
	static struct seen bytewise;
	char *block = holds_block((const char *)data, size);

	if (!reader)
		prepare();
	memset(&whole, 0, sizeof whole);
	memset(&bytewise, 0, sizeof bytewise);
	take(&whole, (struct bytes){ block, size }, true);
	for (size_t i = 0; i < size && bytewise.result >= 0; i++) {
		char *one = holds_block(block + i, 1);

		take(&bytewise, (struct bytes){ one, 1 }, false);
		free(one);
	}
	FUZZ_CHECK(whole.requests == bytewise.requests);
	FUZZ_CHECK(whole.hash == bytewise.hash);
	FUZZ_CHECK(whole.result == bytewise.result);
	FUZZ_CHECK(whole.result < 0 || whole.began == bytewise.began);
	free(block);
	return 0;
}
