/*
 * decide_shapes: decides messages of six shapes, for tests/bench/instructions,
 * which counts what decide() executes between two calls of shape_end(). Each
 * shape is decided once to fill what is filled once, and then SHAPE_ROUNDS
 * times. Nothing here depends on the clock, the environment or chance.
 *
 * usage: decide_shapes        decides them all, in the order of --names
 *        decide_shapes --names   prints "ROUNDS" and their names, one a line
 */
#include <stdio.h>
#include <stdlib.h>

#include "kit/testdecide.h"

#define SHAPE_ROUNDS 10
#define USERS	     2000
#define MANY	     200
#define TEXT_MAX     65536

/* As Postfix gives a recipient: in brackets, and resolved. */
#define RECIPIENT(address) "<" address ">|r=" address "\n"
#define TAGGED		   "prvs=1234567890other@old.example"
#define TEN(x)                                                                 \
	x("user1001") x("user1102") x("user1203") x("user1304") x("user1405")  \
		x("user1506") x("user1607") x("user1708") x("user1809")        \
			x("user1910")
#define TEN_RECIPIENT(name) RECIPIENT(name "@old.example")
#define TEN_HEADER(name)    " " name " <" name "@old.example>,"

struct shape {
	const char *name;
	struct testdecide test;
};

static const struct shape shapes[] = {
	{ "one-recipient",
		{ .sender = "<ann@far.example>",
			.sender_resolved = "ann@far.example",
			.recipients = RECIPIENT("user1001@old.example"),
			.headers = "To: User 1001 <user1001@old.example>" } },
	{ "ten-recipients",
		{ .sender = "<ann@far.example>",
			.sender_resolved = "ann@far.example",
			.recipients = TEN(TEN_RECIPIENT),
			.headers = "To:" TEN(
				TEN_HEADER) " ann@far.example\nCc: Ann "
					    "<ann@far.example>" } },
	{ "outbound",
		{ .direction = DECISION_OUTBOUND,
			.why = DECISION_WHY_DAEMON,
			.sender = "<user1001@new.example>",
			.sender_resolved = "user1001@new.example",
			.recipients = RECIPIENT("ann@far.example"),
			.headers = "From: User 1001 <user1001@new.example>\n"
				   "Reply-To: user1001@new.example" } },
	{ "no-match", { .sender = "<ann@far.example>",
			      .sender_resolved = "ann@far.example",
			      .recipients = RECIPIENT("bob@other.example"),
			      .headers = "To: Bob <bob@other.example>\n"
					 "Cc: carol@mail.third.example" } },
	{ "domain-rules",
		{ .sender = "<ann@far.example>",
			.sender_resolved = "ann@far.example",
			.recipients = RECIPIENT("new.user+list@old.example")
				RECIPIENT(TAGGED)
					RECIPIENT("d@a.b.under.example"),
			.headers =
				"To: \"User, New\" <new.user+list@Old.Example>,"
				" d@a.b.under.example (D)" } },
	{ "long-header",
		{ .sender = "<ann@far.example>",
			.sender_resolved = "ann@far.example",
			.recipients = RECIPIENT("user1001@old.example") } },
};

/* Marks the end of a shape for tests/bench/instructions. */
void shape_end(void);

__attribute__((noinline)) void shape_end(void)
{
	static volatile unsigned ended;

	ended++;
}

static void write_rules(char text[static TEXT_MAX * 4])
{
	size_t used = (size_t)sprintf(text, "in @old.example;@new.example\n"
					    "in @*.under.example;all@new."
					    "example\n"
					    "out @new.example;@old.example\n");

	for (int i = 0; i < USERS; i++)
		used += (size_t)sprintf(text + used,
			"in user%d@old.example;u%d@new.example\n", i, i);
}

/* A list of MANY addresses, half of which have a user rule. */
static void write_header(char text[static TEXT_MAX])
{
	size_t used = (size_t)sprintf(text, "To:");

	for (int i = 0; i < MANY; i++)
		used += (size_t)sprintf(text + used,
			i % 2 ? "%s Somebody Else <someone%d@far.example>"
			      : "%s user%d@old.example",
			i ? "," : "", i);
}

static void decide_shape(const struct shape *shape, const char *rules)
{
	static char header[TEXT_MAX];
	struct testdecide test = shape->test;

	test.rules = rules;
	if (!test.headers) {
		write_header(header);
		test.headers = header;
	}
	testdecide_open(&test);
	for (int i = 0; i < 1 + SHAPE_ROUNDS; i++) {
		if (i == 1)
			shape_end();
		arena_reset(test.result);
		if (testdecide_decide(&test) < 0)
			abort();
	}
	shape_end();
	testdecide_close(&test);
}

int main(int argc, char **argv)
{
	static char rules[TEXT_MAX * 4];
	size_t count = sizeof shapes / sizeof *shapes;

	if (argc > 1 && !strcmp(argv[1], "--names")) {
		printf("%d\n", SHAPE_ROUNDS);
		for (size_t i = 0; i < count; i++)
			printf("%s\n", shapes[i].name);
		return 0;
	}
	write_rules(rules);
	for (size_t i = 0; i < count; i++)
		decide_shape(&shapes[i], rules);
	return 0;
}
