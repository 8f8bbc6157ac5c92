/* Postfix's look-ups: readdress-milter(8), LOOK-UPS. Each table of cases says
 * what one table answers. */
#include "kit/testmap.h"

#include "routing/answer.h"

#define RULES                                                                  \
	"in bob@warmsushi.example;bob.owen@drypizza.example\n"                 \
	"in @warmsushi.example;@old.example\n"                                 \
	"in stay@warmsushi.example;stay@warmsushi.example\n"                   \
	"in copy@warmsushi.example;copy@warmsushi.example,c@old.example\n"     \
	u8"in bücher@umlaut.example;books@old.example\n"                      \
	"in bob@users.example;bob.owen@drypizza.example\n"                     \
	"in stay@users.example;stay@users.example\n"                           \
	"in \"john doe\"@users.example;john@drypizza.example\n"                \
	u8"in utf@users.example;ü@drypizza.example\n"                         \
	"in @*.deep.example;@drypizza.example\n"                               \
	"in @except.deep.example;@except.deep.example\n"                       \
	u8"in @bücher.example;@old.example\n"                                 \
	"in @all.example;all@drypizza.example\n"                               \
	"in u@hop.example;u@hop.example\n"                                     \
	"in u@local.example;u@local.example\n"                                 \
	"in u@backup.example;u@backup.example\n"                               \
	"in u@remote.example;u@remote.example\n"                               \
	"in u@auto.example;u@auto.example\n"                                   \
	"in @[192.0.2.1];@old.example\n"                                       \
	"out bob.owen@drypizza.example;bob@warmsushi.example\n"                \
	"out @old.example;@warmsushi.example\n"                                \
	"out keep@old.example;keep@old.example\n"                              \
	"routes @hop.example;smtp:[hop]:25\n"                                  \
	"routes @local.example;local\n"                                        \
	"routes @backup.example;backup\n"                                      \
	"routes @remote.example;remote\n"                                      \
	"routes @auto.example;auto\n"                                          \
	"routes @*.auto.example;auto\n"                                        \
	"routes @own.example;local lmtp:unix:private/dovecot\n"                \
	"routes @more.example;relay smtp:[more]:25\n"                          \
	"routes @second.example;backup\n"                                      \
	"routes @*.second.example;relay\n"                                     \
	"routes @not.second.example;remote\n"                                  \
	"routes @old.example;smtp:[192.0.2.7]\n"                               \
	"routes @held.example;hold\n"                                          \
	"routes @heldhop.example;hold smtp:[x]:25\n"                           \
	"routes @*.held.example;hold\n"

/* What DNS said of auto.example and a.auto.example in all tables below. */
struct known {
	const char *domain;
	enum route_role role;
};

struct answer_case {
	const char *key;
	const char *answer; /* "OK text"; NULL: "NOTFOUND " */
};

#define NONE NULL
#define OK   "OK OK"

static const struct answer_case domains[] = {
	{ "warmsushi.example", "OK relay" },
	{ "WarmSushi.EXAMPLE", "OK relay" },
	{ "warmsushi.example.", "OK relay" },
	{ u8"bücher.example", "OK relay" },
	{ u8"BÜCHER.example", "OK relay" },
	{ "xn--bcher-kva.example", "OK relay" },
	{ "users.example", "OK relay" }, /* users alone */
	{ "deep.example", NONE },	 /* sub-domains alone */
	{ "a.deep.example", "OK relay" },
	{ "d.c.b.a.deep.example", "OK relay" },
	{ "hop.example", "OK relay" },
	{ "backup.example", "OK relay" },
	{ "second.example", "OK relay" },
	{ "a.b.second.example", "OK relay" },
	{ "more.example", "OK relay" },
	{ "local.example", NONE },
	{ "own.example", NONE },
	{ "remote.example", NONE },
	{ "not.second.example", NONE },
	{ "held.example", NONE },
	{ "a.held.example", NONE },
	{ "old.example", NONE }, /* a next hop alone */
	{ "drypizza.example", NONE },
	{ "auto.example", "OK relay" }, /* a source of which nothing is known */
	{ "a.auto.example", NONE },
	{ "example", NONE },
	{ "", NONE },
	{ "*", NONE },
	{ ".", NONE },
	{ ".warmsushi.example", NONE },
	{ "warmsushi..example", NONE },
	{ " warmsushi.example", NONE },
	{ "bob@warmsushi.example", NONE },
	{ "@warmsushi.example", NONE },
	{ "*.deep.example", NONE },
	{ "[192.0.2.1]", NONE },
	{ "warmsushi.example\xff", NONE },
	{ "warm sushi.example", NONE },
};

static const struct answer_case mailboxes[] = {
	{ "local.example", "OK local" },
	{ "LOCAL.example", "OK local" },
	{ "own.example", "OK local" },
	{ "warmsushi.example", NONE },
	{ "remote.example", NONE },
	{ "old.example", NONE },
	{ "auto.example", NONE },
	{ "a.local.example", NONE },
	{ "*", NONE },
	{ "", NONE },
};

/* "users.example" has rules for users alone, "warmsushi.example" for all. */
#define RECIPIENTS                                                             \
	{ "bob@warmsushi.example", OK }, { "Bob@WARMSUSHI.example", OK },      \
		{ "bob@warmsushi.example.", OK },                              \
		{ "\"bob\"@warmsushi.example", OK },                           \
		{ "anybody@warmsushi.example", OK },                           \
		{ "bob@users.example", OK }, { "BOB@users.example", OK },      \
		{ "\"bob\"@users.example", OK },                               \
		{ "bob+news@users.example", OK },                              \
		{ "bob+@users.example", OK },                                  \
		{ "prvs=0123456789=bob@users.example", OK },                   \
		{ "btv1==0123456789a==bob+x@users.example", OK },              \
		{ "\"john doe\"@users.example", OK },                          \
		{ "john doe@users.example", OK },                              \
		{ "john@users.example", NONE },                                \
		{ "bobby@users.example", NONE },                               \
		{ "+bob@users.example", NONE }, { "stay@users.example", OK },  \
		{ "stay+x@users.example", OK }, { "utf@users.example", OK },   \
		{ u8"bücher@umlaut.example", OK },                             \
		{ u8"BÜCHER@umlaut.example", OK },                             \
		{ u8"büch@umlaut.example", NONE },                             \
		{ u8"a@bücher.example", OK },                                  \
		{ "a@xn--bcher-kva.example", OK },                             \
		{ "a@XN--BCHER-KVA.example", OK },                             \
		{ "anybody@a.deep.example", OK },                              \
		{ "anybody@c.b.a.deep.example", OK },                          \
		{ "anybody@except.deep.example", OK },                         \
		{ "anybody@all.example", OK },                                 \
		{ "copy@warmsushi.example", OK }, /* cannot be written: */     \
		{ "a%b@warmsushi.example", NONE },                             \
		{ "a!b@warmsushi.example", NONE },                             \
		{ "\"a@b\"@warmsushi.example", NONE },                         \
		{ "a@b@warmsushi.example", NONE },                             \
		{ "bob+a%b@users.example", NONE },                             \
		{ "a%b@all.example", OK }, /* domains without rules: */        \
		{ "anybody@more.example", OK },                                \
		{ "anybody@second.example", OK },                              \
		{ "anybody@x.second.example", OK },                            \
		{ "anybody@backup.example", NONE },                            \
		{ "u@backup.example", OK },                                    \
		{ "u@remote.example", OK }, /* and no addresses: */            \
		{ "", NONE }, { "*", NONE }, { "@", NONE }, { "bob", NONE },   \
		{ "warmsushi.example", NONE }, { "@warmsushi.example", NONE }, \
		{ "bob@", NONE }, { "bob@[192.0.2.1]", NONE },                 \
		{ "bob@.warmsushi.example", NONE },                            \
		{ "bob@warmsushi..example", NONE },                            \
		{ "b\xf6"                                                      \
		  "b@warmsushi.example",                                       \
			NONE },                                                \
		{ "b\xc3@warmsushi.example", NONE },                           \
		{ "bo\nb@warmsushi.example", NONE },                           \
	{                                                                      \
		"bob@warmsushi.example\x01", NONE                              \
	}

static const struct answer_case recipients[] = {
	RECIPIENTS,
	{ " bob@users.example", NONE },
	{ "\" bob\"@users.example", NONE },
	{ "anybody@local.example", NONE },
	{ "anybody@remote.example", NONE },
	{ "anybody@old.example", NONE },
	{ "anybody@held.example", NONE },
	{ "anybody@deep.example", NONE },
	{ "anybody@stranger.example", NONE },
};

static const struct answer_case recipients_open[] = {
	RECIPIENTS,
	{ "anybody@local.example", NONE },
	{ "anybody@own.example", NONE },
	{ "anybody@remote.example", OK },
	{ "anybody@old.example", OK },
	{ "anybody@held.example", OK },
	{ "anybody@deep.example", OK },
	{ "anybody@stranger.example", OK },
	{ "any+body@stranger.example", OK },
	{ "a%b@stranger.example", OK },
	{ "\"any body\"@stranger.example", OK },
	{ "any body@stranger.example", OK },
	{ " any body@stranger.example", OK },
	{ u8"ü@stranger.example", OK },
	{ "anybody@[192.0.2.2]", NONE },
	{ "anybody@stranger", OK },
};

#define HELD "OK retry:4.7.1 held by readdress"
#define LOOP                                                                   \
	"OK retry:4.4.6 readdress leaves this address as it is, and routes "   \
	"has no next hop for its domain"

static const struct answer_case transport[] = {
	{ "bob@old.example", "OK smtp:[192.0.2.7]" },
	{ "BOB+x@Old.Example.", "OK smtp:[192.0.2.7]" },
	{ "\"b b\"@old.example", "OK smtp:[192.0.2.7]" },
	{ "b b@old.example", "OK smtp:[192.0.2.7]" },
	{ "a%b@old.example", "OK smtp:[192.0.2.7]" },
	{ "bob@more.example", "OK smtp:[more]:25" },
	{ "bob@own.example", "OK lmtp:unix:private/dovecot" },
	{ "bob@held.example", HELD },
	{ "bob@x.y.held.example", HELD },
	{ "bob@heldhop.example", HELD },
	/* what stays where the MX is this relay would come back */
	{ "stay@warmsushi.example", LOOP },
	{ "Stay+x@Warmsushi.example", LOOP },
	{ "copy@warmsushi.example", LOOP },
	{ "copy+x@warmsushi.example", LOOP },
	{ "stay@users.example", LOOP },
	{ "anybody@except.deep.example", LOOP },
	{ "u@auto.example", LOOP },
	{ "u@hop.example", "OK smtp:[hop]:25" },
	{ "u@local.example", NONE },
	{ "u@backup.example", NONE },
	{ "u@remote.example", NONE },
	/* and nothing else: unknown users are 550, not 450 */
	{ "bob@warmsushi.example", NONE },
	{ "anybody@warmsushi.example", NONE },
	{ "anybody@users.example", NONE },
	{ "a%b@warmsushi.example", NONE },
	{ "anybody@a.deep.example", NONE },
	{ "bob@drypizza.example", NONE },
	{ "bob@second.example", NONE },
	{ "bob@stranger.example", NONE },
	{ "bob@a.old.example", NONE },
	{ "old.example", NONE },
	{ "@old.example", NONE },
	{ "*", NONE },
	{ "", NONE },
	{ "MAILER-DAEMON", NONE },
	{ "double-bounce@host.example", NONE },
	{ "bob@[192.0.2.1]", NONE },
	{ "\xff@old.example", NONE },
};

static const struct answer_case inbound[] = {
	{ "bob@warmsushi.example", "OK bob.owen@drypizza.example" },
	{ "Bob+News@warmsushi.example", "OK bob.owen+News@drypizza.example" },
	{ "prvs=0123456789=bob@users.example",
		"OK prvs=0123456789=bob.owen@drypizza.example" },
	{ "Any.Body@warmsushi.example", "OK Any.Body@old.example" },
	{ "any body@warmsushi.example", "OK \"any body\"@old.example" },
	{ "copy@warmsushi.example", "OK copy@warmsushi.example,c@old.example" },
	{ "Stay@Warmsushi.example", "OK Stay@Warmsushi.example" },
	{ u8"a@bücher.example", "OK a@old.example" },
	{ "anybody@except.deep.example", "OK anybody@except.deep.example" },
	{ "a%b@warmsushi.example", NONE },
	{ "utf@users.example", NONE }, /* as readdress lookup says */
	{ "nobody@users.example", NONE },
	{ "bob@stranger.example", NONE },
	{ "*", NONE },
	{ "", NONE },
	{ "@warmsushi.example", NONE },
	{ "bob@[192.0.2.1]", NONE },
};

static const struct answer_case outbound[] = {
	{ "bob.owen@drypizza.example", "OK bob@warmsushi.example" },
	{ "Bob.Owen+x@drypizza.example", "OK bob+x@warmsushi.example" },
	{ "chloe@old.example", "OK chloe@warmsushi.example" },
	/* a sender may keep what a recipient must not */
	{ "a%b@old.example", "OK a%b@warmsushi.example" },
	{ "keep@old.example", "OK keep@old.example" },
	{ "bob@warmsushi.example", NONE },
	{ "", NONE },
	{ "*", NONE },
};

static struct map *map;
static struct config *config;

static int set_up(void **state)
{
	(void)state;
	map = testmap_open(RULES);
	config = testmap_config(NULL);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	map_close(map);
	config_close(config);
	return 0;
}

/* Writes the answer as in the protocol. The key is a copy of its exact size,
 * without a NUL. */
static void ask(const struct map *asked, const struct autoroutes *autoroutes,
	const char *name, struct bytes key, char text[ANSWER_MAX + 32])
{
	static const char *const words[] = { "OK ", "NOTFOUND ", "TEMP " };
	static struct answer answer;
	struct map_reader *reader = NULL;
	char *copy = malloc(key.len ? key.len : 1);

	assert_non_null(copy);
	memcpy(copy, key.data, key.len);
	assert_int_equal(map_reader_open(&reader, asked), 0);
	memset(&answer, 0x55, sizeof answer);
	answer_query(reader, config, autoroutes, bytes_of(name),
		(struct bytes){ copy, key.len }, &answer);
	map_reader_close(reader);
	free(copy);
	assert_true(answer.len <= ANSWER_MAX);
	(void)sprintf(text, "%s%.*s", words[answer.status], (int)answer.len,
		answer.text);
}

static void check(
	const char *name, const struct answer_case *cases, size_t count)
{
	char text[ANSWER_MAX + 32];

	for (size_t i = 0; i < count; i++) {
		const char *wanted =
			cases[i].answer ? cases[i].answer : "NOTFOUND ";

		ask(map, NULL, name, bytes_of(cases[i].key), text);
		if (strcmp(text, wanted) != 0)
			fail_msg("%s %s: \"%s\" instead of \"%s\"", name,
				cases[i].key, text, wanted);
	}
}

#define CHECK(name, cases) check(name, cases, sizeof(cases) / sizeof *(cases))

static void test_tables(void **state)
{
	(void)state;
	CHECK("domains", domains);
	CHECK("mailboxes", mailboxes);
	CHECK("recipients", recipients);
	CHECK("recipients-open", recipients_open);
	CHECK("transport", transport);
	CHECK("inbound", inbound);
	CHECK("outbound", outbound);
}

static const char *const names[] = { "domains", "mailboxes", "recipients",
	"recipients-open", "transport", "inbound", "outbound" };

#define NAMES (sizeof names / sizeof *names)

/* A NUL in the key, and keys of every length up to what nobody asks for. */
static void test_odd_keys(void **state)
{
	static char key[70000];
	char text[ANSWER_MAX + 32];

	(void)state;
	for (size_t i = 0; i < NAMES; i++) {
		ask(map, NULL, names[i],
			(struct bytes){ "bob@warmsushi.example\0", 22 }, text);
		assert_string_equal(text, "NOTFOUND ");
		ask(map, NULL, names[i], (struct bytes){ "\0", 1 }, text);
		assert_string_equal(text, "NOTFOUND ");
	}
	memset(key, 'a', sizeof key);
	for (size_t len = 230; len < sizeof key; len += len < 1400 ? 1 : 7777) {
		static const char *const ends[] = { "@warmsushi.example",
			"@second.example", "@stranger.example",
			"@except.deep.example" };

		for (size_t e = 0; e < sizeof ends / sizeof *ends; e++) {
			size_t end = strlen(ends[e]);
			bool known = e != 2;
			size_t made = e ? end : strlen("@old.example");

			memcpy(key + len - end, ends[e], end);
			ask(map, NULL, "recipients", (struct bytes){ key, len },
				text);
			assert_string_equal(text,
				known && len - end + made <= 254 ? OK
								 : "NOTFOUND ");
			memset(key + len - end, 'a', end);
		}
		ask(map, NULL, "domains", (struct bytes){ key, len }, text);
		assert_string_equal(text, "NOTFOUND ");
	}
}

static void test_unknown_name(void **state)
{
	static const char *const unknown[] = { "", "domain", "Domains",
		"domains ", "recipientsopen", "transports" };
	char text[ANSWER_MAX + 32];

	(void)state;
	for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++) {
		ask(map, NULL, unknown[i], bytes_of("warmsushi.example"), text);
		assert_non_null(strstr(text, "TEMP readdress has no such "));
	}
}

/* Delimiters and tags are those of the configuration. */
static void test_configuration(void **state)
{
	struct config *usual = config;
	char text[ANSWER_MAX + 32];

	(void)state;
	config = testmap_config("recipient_delimiter = \"-\"\nbatv = {}\n");
	ask(map, NULL, "recipients", bytes_of("bob-x@users.example"), text);
	assert_string_equal(text, OK);
	ask(map, NULL, "recipients", bytes_of("bob+x@users.example"), text);
	assert_string_equal(text, "NOTFOUND ");
	ask(map, NULL, "recipients",
		bytes_of("prvs=0123456789=bob@users.example"), text);
	assert_string_equal(text, "NOTFOUND ");
	config_close(config);
	config = usual;
}

struct auto_case {
	enum route_role role; /* what DNS said of both domains */
	const char *source;   /* answers for the one that is a source ... */
	const char *box;
	const char *user;
	const char *stays;
	const char *other; /* ... and for the one that is not */
	const char *other_user;
};

static void put(
	struct autoroutes *autoroutes, const char *domain, enum route_role role)
{
	const struct autoroute one = { bytes_of(domain), role, 5, 6 };

	assert_int_equal(autoroutes_put(autoroutes, &one), 0);
}

static void test_auto(void **state)
{
	static const struct auto_case cases[] = {
		{ ROUTE_RELAY, "OK relay", NONE, NONE, LOOP, "OK relay", OK },
		{ ROUTE_BACKUP, "OK relay", NONE, NONE, NONE, "OK relay", OK },
		{ ROUTE_LOCAL, NONE, "OK local", NONE, NONE, NONE, NONE },
		{ ROUTE_REMOTE, NONE, NONE, NONE, NONE, NONE, NONE },
	};
	char text[ANSWER_MAX + 32];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct auto_case *one = &cases[i];
		struct autoroutes *autoroutes = autoroutes_open();
		const struct {
			const char *name;
			const char *key;
			const char *answer;
		} asked[] = {
			{ "domains", "auto.example", one->source },
			{ "mailboxes", "auto.example", one->box },
			{ "recipients", "x@auto.example", one->user },
			{ "recipients", "u@auto.example", OK },
			{ "transport", "u@auto.example", one->stays },
			{ "domains", "a.auto.example", one->other },
			{ "mailboxes", "a.auto.example", one->box },
			{ "recipients", "x@a.auto.example", one->other_user },
			/* of others nothing is known, and no other role is
			 * replaced */
			{ "domains", "b.auto.example", NONE },
			{ "domains", "second.example", "OK relay" },
			{ "domains", "warmsushi.example", "OK relay" },
		};

		assert_non_null(autoroutes);
		put(autoroutes, "a.auto.example", one->role);
		put(autoroutes, "auto.example", one->role);
		put(autoroutes, "second.example", ROUTE_REMOTE);
		put(autoroutes, "warmsushi.example", ROUTE_REMOTE);
		for (size_t j = 0; j < sizeof asked / sizeof *asked; j++) {
			const char *wanted =
				asked[j].answer ? asked[j].answer : "NOTFOUND ";

			ask(map, autoroutes, asked[j].name,
				bytes_of(asked[j].key), text);
			if (strcmp(text, wanted) != 0)
				fail_msg("%s: %s %s: \"%s\"",
					route_role_name(one->role),
					asked[j].name, asked[j].key, text);
		}
		autoroutes_close(autoroutes);
	}
}

/* DNS has never listed this host: a source stays what it was before DNS was
 * asked, or mail that comes between the switch and the next look is refused. */
static void test_auto_never_listed(void **state)
{
	static const char *const asked[][3] = {
		{ "domains", "auto.example", "OK relay" },
		{ "mailboxes", "auto.example", "NOTFOUND " },
		{ "recipients", "x@auto.example", "NOTFOUND " },
		{ "recipients", "u@auto.example", "OK OK" },
		{ "domains", "a.auto.example", "NOTFOUND " },
		{ "recipients", "x@a.auto.example", "NOTFOUND " },
	};
	struct autoroutes *autoroutes = autoroutes_open();
	struct autoroute one = { .role = ROUTE_REMOTE, .looked = 6 };
	char text[ANSWER_MAX + 32];

	(void)state;
	assert_non_null(autoroutes);
	one.domain = bytes_of("a.auto.example");
	assert_int_equal(autoroutes_put(autoroutes, &one), 0);
	one.domain = bytes_of("auto.example");
	assert_int_equal(autoroutes_put(autoroutes, &one), 0);
	for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
		ask(map, autoroutes, asked[i][0], bytes_of(asked[i][1]), text);
		assert_string_equal(text, asked[i][2]);
	}
	autoroutes_close(autoroutes);
}

/* Values that an earlier version stored work as they did. */
static void test_stored(void **state)
{
	struct map *old = testmap_open_with(
		"routes @a.example;smtp:[192.0.2.1]:25\n"
		"in @b.example;@a.example\nroutes @b.example;hold:\n",
		"[192.0.2.1]:25", "192.0.2.1:0025");
	struct map *held = testmap_open_with("in @b.example;@a.example\n"
					     "routes @b.example;auto\n",
		"dauto", "dhold");
	char text[ANSWER_MAX + 32];

	(void)state;
	ask(old, NULL, "transport", bytes_of("u@a.example"), text);
	assert_string_equal(text, "OK smtp:192.0.2.1:0025");
	/* a source that is held is refused at load; its mail must not be */
	ask(old, NULL, "transport", bytes_of("u@b.example"), text);
	assert_string_equal(text, "OK hold:");
	ask(held, NULL, "domains", bytes_of("b.example"), text);
	assert_string_equal(text, "OK relay");
	ask(held, NULL, "transport", bytes_of("u@b.example"), text);
	assert_string_equal(text, HELD);
	map_close(old);
	map_close(held);
}

static void test_empty_map(void **state)
{
	struct map *empty = testmap_open("");
	char text[ANSWER_MAX + 32];

	(void)state;
	for (size_t i = 0; i < NAMES; i++) {
		ask(empty, NULL, names[i], bytes_of("bob@a.example"), text);
		assert_string_equal(text,
			strcmp(names[i], "recipients-open") ? "NOTFOUND " : OK);
		ask(empty, NULL, names[i], bytes_of("a.example"), text);
		assert_string_equal(text, "NOTFOUND ");
	}
	map_close(empty);
}

/* The longest answer, and one that is longer. */
static void test_long_answer(void **state)
{
	static char rules[60000];
	static char text[ANSWER_MAX + 32];
	char wanted[] = "TEMP readdress is out of memory";

	(void)state;
	for (unsigned count = 500; count <= 1500; count += 1000) {
		struct map *many;
		size_t used = (size_t)sprintf(rules, "in t@a.example;");

		for (unsigned i = 0; i < count; i++)
			used += (size_t)sprintf(rules + used,
				"%st%04u@targets.example", i ? "," : "", i);
		many = testmap_open(rules);
		ask(many, NULL, "inbound", bytes_of("t@a.example"), text);
		if (count == 500)
			assert_string_equal(text + 3, rules + 15);
		else
			assert_string_equal(text, wanted);
		ask(many, NULL, "recipients", bytes_of("t@a.example"), text);
		assert_string_equal(text, OK);
		map_close(many);
	}
}

static void test_fail(void **state)
{
	static struct answer answer;
	static char reason[ANSWER_MAX + 2];

	(void)state;
	memset(reason, 'x', sizeof reason - 1);
	answer_fail(&answer, reason);
	assert_int_equal(answer.status, ANSWER_TEMP);
	assert_int_equal(answer.len, ANSWER_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tables),
		cmocka_unit_test(test_odd_keys),
		cmocka_unit_test(test_unknown_name),
		cmocka_unit_test(test_configuration),
		cmocka_unit_test(test_auto),
		cmocka_unit_test(test_auto_never_listed),
		cmocka_unit_test(test_stored),
		cmocka_unit_test(test_empty_map),
		cmocka_unit_test(test_long_answer),
		cmocka_unit_test(test_fail),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
