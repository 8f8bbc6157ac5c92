/* trace and story: a log, what is asked of it, and what is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "trace/trace.h"

#define P "Nov 29 19:00:01 relay postfix/"
#define R "Nov 29 19:00:01 relay readdress-milter[5]: "

/* A message to two recipients, its bounce, and the queue ID once more. */
static const char *const log_lines[] = {
	P "smtpd[1]: connect from mx.example[192.0.2.1]",
	P "smtpd[1]: 4F2A91C03: client=mx.example[192.0.2.1], "
	  "sasl_method=PLAIN, sasl_username=carl",
	P "cleanup[2]: 4F2A91C03: message-id=<m1@out.example>",
	R "4F2A91C03: direction=inbound why=default generation=12 "
	  "rcpt=<bob@old.example>:<bob@new.example> "
	  "rcpt=<t@old.example>:<\"a,b>,<c\"@x.example>,<b@y.example>",
	R "4F2A91C03: direction=inbound why=default generation=12 headers=To",
	R "4F2A91C03: leak=<bob@new.example> field=from why=default",
	R "4F2A91C03: direction=inbound why=default generation=12 left "
	  "To=<x> reason=\"it cannot be read as an address\"",
	P "qmgr[3]: 4F2A91C03: from=<alice@out.example>, size=5, nrcpt=2 "
	  "(queue active)",
	P "smtp[4]: 4F2A91C03: to=<bob@new.example>, "
	  "orig_to=<bob@old.example>, relay=mx[192.0.2.9]:25, delay=1, "
	  "delays=1/0/0/0, dsn=2.0.0, status=sent (250 Ok: queued as ABCDEF1)",
	P "smtp[4]: 4F2A91C03: to=<b@y.example>, relay=none, delay=1, "
	  "delays=1/0/0/0, dsn=4.4.1, status=deferred (refused, later)",
	"Nov 29 19:05:01 relay postfix/smtp[4]: 4F2A91C03: to=<b@y.example>, "
	"relay=none, delay=9, delays=1/0/0/0, dsn=4.4.1, "
	"status=deferred (refused, later)",
	P "cleanup[2]: 5BBBBBB11: message-id=<b@relay>",
	P "bounce[6]: 4F2A91C03: sender non-delivery notification: 5BBBBBB11",
	P "qmgr[3]: 5BBBBBB11: from=<>, size=9, nrcpt=1 (queue active)",
	P "qmgr[3]: 4F2A91C03: removed",
	P "smtpd[1]: NOQUEUE: reject: RCPT from x[192.0.2.5]: 550 5.1.1 "
	  "<zoe@old.example>: unknown; to=<zoe@old.example>",
	P "smtpd[1]: 4F2A91C03: client=other[192.0.2.7]",
	/* sendmail(1): through the service of local mail */
	P "pickup[7]: 6AAAAAA01: uid=0 from=<root>",
	P "smtpd[1]: 7AAAAAA02: client=localhost[127.0.0.1]",
	P "smtp[8]: 6AAAAAA01: to=<bob@old.example>, "
	  "relay=127.0.0.1[127.0.0.1]:10099, delay=1, delays=1/0/0/0, "
	  "dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as 7AAAAAA02)",
	P "qmgr[3]: 6AAAAAA01: removed",
	P "postsuper[9]: 7AAAAAA02: placed on hold",
};

static size_t add(char *text, size_t len, size_t size, const char *name,
	struct bytes value)
{
	int more = snprintf(text + len, size - len, " %s=%.*s", name,
		(int)value.len, value.len ? value.data : "");

	assert_true(more > 0 && len + (size_t)more < size);
	return len + (size_t)more;
}

/* All that a story holds, as one line. */
static void tell(const struct story *story, char *text, size_t size)
{
	size_t len = 0;

	text[0] = '\0';
	len = add(text, len, size, "id", story->queue_id);
	len = add(text, len, size, "client", story->client);
	if (story->login.len)
		len = add(text, len, size, "login", story->login);
	if (story->has_sender)
		len = add(text, len, size, "sender", story->sender);
	if (story->direction.len)
		len = add(text, len, size, "direction", story->direction);
	for (const struct story_address *a = story->rewritten; a; a = a->next) {
		struct bytes rest = a->new;
		struct bytes one;

		len = add(text, len, size, "old", a->old);
		while (story_next_address(&rest, &one))
			len = add(text, len, size, "new", one);
	}
	if (story->headers.len)
		len = add(text, len, size, "headers", story->headers);
	for (const struct story_address *a = story->leaks; a; a = a->next)
		len = add(text, len, size, "leak", a->old);
	for (const struct story_delivery *d = story->deliveries; d;
		d = d->next) {
		len = add(text, len, size, "to", d->recipient);
		len = add(text, len, size, "status", d->status);
		len = add(text, len, size, "reply", d->reply);
		len += (size_t)snprintf(
			text + len, size - len, " times=%zu", d->attempts);
	}
	for (const struct story_link *l = story->links; l; l = l->next)
		len = add(text, len, size, l->what, l->queue_id);
	for (const struct story_note *n = story->notes; n; n = n->next)
		len = add(text, len, size, "note", n->text);
	if (story->removed)
		(void)snprintf(text + len, size - len, " removed");
}

#define FIRST                                                                  \
	" id=4F2A91C03 client=mx.example[192.0.2.1] login=carl "               \
	"sender=alice@out.example direction=inbound old=bob@old.example "      \
	"new=bob@new.example old=t@old.example new=\"a,b>,<c\"@x.example "     \
	"new=b@y.example headers=To leak=bob@new.example to=bob@new.example "  \
	"status=sent reply=250 Ok: queued as ABCDEF1 times=1 to=b@y.example "  \
	"status=deferred reply=refused, later times=2 bounce=5BBBBBB11 "       \
	"note=direction=inbound why=default generation=12 left To=<x> "        \
	"reason=\"it cannot be read as an address\" removed"
#define BOUNCE " id=5BBBBBB11 client= sender="
#define AGAIN  " id=4F2A91C03 client=other[192.0.2.7]"
#define LOCAL                                                                  \
	" id=6AAAAAA01 client=sendmail(1) sender=root to=bob@old.example "     \
	"status=sent reply=250 2.0.0 Ok: queued as 7AAAAAA02 times=1 "         \
	"queued again=7AAAAAA02 removed"
#define QUEUED " id=7AAAAAA02 client=localhost[127.0.0.1] note=placed on hold"
#define REJECTED                                                               \
	" id=NOQUEUE client= note=reject: RCPT from x[192.0.2.5]: 550 5.1.1 "  \
	"<zoe@old.example>: unknown; to=<zoe@old.example>"

static void test_asked(void **state)
{
	static const struct {
		const char *asked;
		const char *told[4];
	} cases[] = {
		{ "4F2A91C03", { FIRST, BOUNCE, AGAIN } },
		{ "5BBBBBB11", { FIRST, BOUNCE } },
		{ "bob@old.example", { FIRST, BOUNCE, LOCAL, QUEUED } },
		{ "<BOB@NEW.example>", { FIRST, BOUNCE } },
		{ "<m1@out.example>", { FIRST, BOUNCE } },
		{ "zoe@old.example", { REJECTED } },
		{ "7AAAAAA02", { LOCAL, QUEUED } },
		{ "6AAAAAA01", { LOCAL, QUEUED } },
		{ "old.example>", { NULL } },
		{ "nobody@x.example", { NULL } },
		{ "FFFFFFFFF", { NULL } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct error error;
		struct trace *trace;
		const struct story *const *stories;
		size_t count;
		size_t expected = 0;
		int result = trace_open(&trace, cases[i].asked, &error);

		if (result) {
			assert_int_equal(result, ERR_USAGE);
			assert_null(cases[i].told[0]);
			continue;
		}
		do {
			for (size_t j = 0;
				j < sizeof log_lines / sizeof *log_lines; j++)
				assert_int_equal(
					trace_line(
						trace, bytes_of(log_lines[j])),
					0);
		} while (trace_again(trace));
		stories = trace_stories(trace, &count);
		while (expected < 4 && cases[i].told[expected])
			expected++;
		for (size_t j = 0; j < count && j < expected; j++) {
			char told[2000];

			tell(stories[j], told, sizeof told);
			assert_string_equal(told, cases[i].told[j]);
		}
		assert_int_equal(count, expected);
		trace_close(trace);
	}
}

/* As Postfix 3.11 writes it: what became of TLS stands before the DSN code, the
 * bounce is named before its own lines, and a bounce that failed is told. */
static void test_postfix_3_11(void **state)
{
	static const char *const lines[] = {
		P "qmgr[3]: 4F2A91C03: from=<alice@out.example>, size=5, "
		  "nrcpt=1 (queue active)",
		P "smtp[4]: 4F2A91C03: to=<bob@new.example>, "
		  "relay=mx[192.0.2.9]:25, delay=1, delays=1/0/0/0, "
		  "tls=may:none/!requiretls, dsn=5.7.30, status=bounced (no)",
		P "bounce[6]: 4F2A91C03: sender non-delivery notification: "
		  "5BBBBBB11",
		P "cleanup[2]: 5BBBBBB11: message-id=<b@relay>",
		P "bounce[6]: 4F2A91C03: sender notification failed to "
		  "<alice@out.example>: queue file write error",
		P "qmgr[3]: 4F2A91C03: removed",
	};
	static const char first[] =
		" id=4F2A91C03 client= sender=alice@out.example "
		"to=bob@new.example status=bounced reply=no times=1 "
		"bounce=5BBBBBB11 note=sender notification failed to "
		"<alice@out.example>: queue file write error removed";
	static const char *const asked[] = { "4F2A91C03", "5BBBBBB11",
		"bob@new.example" };

	(void)state;
	for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
		const struct story *const *stories;
		struct error error;
		struct trace *trace;
		char told[2000];
		size_t count;

		assert_int_equal(trace_open(&trace, asked[i], &error), 0);
		do
			for (size_t j = 0; j < sizeof lines / sizeof *lines;
				j++)
				assert_int_equal(
					trace_line(trace, bytes_of(lines[j])),
					0);
		while (trace_again(trace));
		stories = trace_stories(trace, &count);
		assert_int_equal(count, 2);
		tell(stories[0], told, sizeof told);
		assert_string_equal(told, first);
		assert_true(bytes_equal(
			stories[0]->deliveries->dsn, bytes_of("5.7.30")));
		tell(stories[1], told, sizeof told);
		assert_string_equal(told, " id=5BBBBBB11 client=");
		trace_close(trace);
	}
}

/* Rejected messages have no queue ID, and are messages, too. */
static void test_too_many_rejected(void **state)
{
	const char *sent = P "smtp[1]: 4F2A91C03: to=<a@x.example>, relay=none";
	const char *rejected = P "smtpd[1]: NOQUEUE: reject: RCPT from x: 550 "
				 "<a@x.example>: unknown; to=<a@x.example>";
	struct error error;
	struct trace *trace;
	size_t count;

	(void)state;
	assert_int_equal(trace_open(&trace, "a@x.example", &error), 0);
	do {
		assert_int_equal(trace_line(trace, bytes_of(sent)), 0);
		for (unsigned i = 1; i < TRACE_MESSAGES_MAX; i++)
			assert_int_equal(
				trace_line(trace, bytes_of(rejected)), 0);
	} while (trace_again(trace));
	(void)trace_stories(trace, &count);
	assert_int_equal(count, TRACE_MESSAGES_MAX);
	assert_int_equal(trace_line(trace, bytes_of(rejected)), ERR_BAD);
	trace_close(trace);
}

#define MANY 100000u

/* Each recipient is rewritten, has another header that is left, is deferred,
 * and is handed over to a filter of this host. */
static void tell_many(struct trace *trace)
{
	static const struct {
		const char *before;
		const char *after;
	} parts[] = {
		{ R "4F2A91C03: direction=inbound rcpt=<u",
			"@old>:<v@new> left" },
		{ P "smtp[4]: 4F2A91C03: to=<u",
			"@new>, relay=none, dsn=4.4.1, "
			"status=deferred (later)" },
		{ P "smtp[4]: 4F2A91C03: to=<u",
			"@new>, relay=127.0.0.1[127.0.0.1]:10025, dsn=2.0.0, "
			"status=sent (250 queued as 7AAAAAA02)" },
	};
	char line[300];

	for (size_t n = 0; n < sizeof parts / sizeof *parts; n++)
		for (unsigned i = 0; i < MANY; i++) {
			(void)snprintf(line, sizeof line, "%s%u%s",
				parts[n].before, i, parts[n].after);
			assert_int_equal(trace_line(trace, bytes_of(line)), 0);
		}
}

/* A message to a hundred thousand recipients: quadratic time would mean ten
 * thousand million steps for each kind of line. */
static void test_many_recipients(void **state)
{
	const struct story *const *stories;
	const struct story_delivery *delivery;
	const struct story_address *address;
	struct error error;
	struct trace *trace;
	size_t count;

	(void)state;
	assert_int_equal(trace_open(&trace, "4F2A91C03", &error), 0);
	do
		tell_many(trace);
	while (trace_again(trace));
	stories = trace_stories(trace, &count);
	assert_int_equal(count, 1);
	delivery = stories[0]->deliveries;
	for (count = 0; delivery; delivery = delivery->next)
		count += delivery->attempts == 1;
	assert_int_equal(count, 2 * MANY);
	address = stories[0]->rewritten;
	for (count = 0; address; address = address->next)
		count++;
	assert_int_equal(count, MANY);
	assert_string_equal(stories[0]->links->what, "queued again");
	assert_null(stories[0]->links->next);
	trace_close(trace);
}

/* What `postsuper -r` puts into the queue again has a new queue ID: pickup
 * names the old one, which Postfix had used before, and will use again. */
static void test_requeued(void **state)
{
	static const char *const lines[] = {
		P "smtpd[1]: 4F2A91C03: client=early[192.0.2.4]",
		P "qmgr[3]: 4F2A91C03: removed",
		P "smtpd[1]: 4F2A91C03: client=mx.example[192.0.2.1]",
		P "smtp[8]: 4F2A91C03: to=<bob@gone.example>, relay=none, "
		  "delay=1, delays=1/0/0/0, dsn=4.4.3, status=deferred (no)",
		P "postsuper[9]: 4F2A91C03: requeued",
		P "pickup[7]: 6AAAAAA01: uid=105 from=<a@out.example> "
		  "orig_id=4F2A91C03",
		P "smtpd[1]: 4F2A91C03: client=late[192.0.2.5]",
		P "smtp[8]: 6AAAAAA01: to=<bob@new.example>, "
		  "orig_to=<bob@gone.example>, relay=mx[192.0.2.9]:25, "
		  "delay=1, delays=1/0/0/0, dsn=2.0.0, status=sent (250 ok)",
		P "qmgr[3]: 6AAAAAA01: removed",
	};
	static const char *const asked[] = { "bob@gone.example",
		"bob@new.example" };
	static const char *const told[] = {
		" id=4F2A91C03 client=mx.example[192.0.2.1] "
		"to=bob@gone.example status=deferred reply=no times=1 "
		"note=requeued removed",
		" id=6AAAAAA01 client= sender=a@out.example to=bob@new.example "
		"status=sent reply=250 ok times=1 requeued from=4F2A91C03 "
		"removed"
	};

	(void)state;
	for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
		const struct story *const *stories;
		struct error error;
		struct trace *trace;
		size_t count;

		assert_int_equal(trace_open(&trace, asked[i], &error), 0);
		do {
			for (size_t j = 0; j < sizeof lines / sizeof *lines;
				j++)
				assert_int_equal(
					trace_line(trace, bytes_of(lines[j])),
					0);
		} while (trace_again(trace));
		stories = trace_stories(trace, &count);
		assert_int_equal(count, 2);
		for (size_t j = 0; j < count; j++) {
			char text[2000];

			tell(stories[j], text, sizeof text);
			assert_string_equal(text, told[j]);
		}
		trace_close(trace);
	}
}

static void test_several_relays(void **state)
{
#define HOST(n, p) "2026-11-29T19:00:01Z relay" n " " p "[1]: 4F2A91C03: "
	static const char *const lines[] = {
		HOST("1", "postfix/smtpd") "client=a[192.0.2.1]",
		HOST("2", "postfix/smtpd") "client=z[198.51.100.9]",
		HOST("1", "readdress-milter") "direction=inbound why=default "
					      "generation=1 "
					      "rcpt=<bob@w.example>:<bob@x."
					      "example>",
		HOST("2", "readdress-milter") "direction=inbound why=default "
					      "generation=1 "
					      "rcpt=<eve@w.example>:<eve@x."
					      "example>",
		HOST("1", "postfix/smtp") "to=<bob@x.example>, relay=r1, "
					  "dsn=2.0.0, status=sent (one)",
		HOST("1", "postfix/qmgr") "removed",
		HOST("2", "postfix/smtp") "to=<eve@x.example>, relay=r2, "
					  "dsn=2.0.0, status=sent (two)",
		HOST("2", "postfix/qmgr") "removed",
	};
	static const struct {
		const char *asked;
		size_t count;
		const char *client; /* of the last one */
	} cases[] = {
		{ "bob@w.example", 1, "a[192.0.2.1]" },
		{ "eve@w.example", 1, "z[198.51.100.9]" },
		{ "eve@x.example", 1, "z[198.51.100.9]" },
		{ "4F2A91C03", 2, "z[198.51.100.9]" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct story *const *stories;
		struct trace *trace;
		size_t count;

		assert_int_equal(trace_open(&trace, cases[i].asked, NULL), 0);
		do {
			for (size_t l = 0; l < sizeof lines / sizeof *lines;
				l++)
				assert_int_equal(
					trace_line(trace, bytes_of(lines[l])),
					0);
		} while (trace_again(trace));
		stories = trace_stories(trace, &count);
		assert_int_equal(count, cases[i].count);
		for (size_t s = 0; s < count; s++) {
			assert_true(stories[s]->removed);
			assert_non_null(stories[s]->rewritten);
			assert_null(stories[s]->rewritten->next);
			assert_non_null(stories[s]->deliveries);
			assert_null(stories[s]->deliveries->next);
		}
		assert_true(bytes_equal(
			stories[count - 1]->client, bytes_of(cases[i].client)));
		trace_close(trace);
	}
}

/* The milter's lines come from another host, or before those of Postfix. */
static void test_milter_elsewhere(void **state)
{
	static const char *const lines[] = {
		HOST("3", "readdress-milter") "direction=inbound why=default "
					      "generation=1 "
					      "rcpt=<bob@w.example>:<bob@x."
					      "example>",
		HOST("1", "postfix/smtpd") "client=a[192.0.2.1]",
		HOST("4", "readdress-milter") "leak=<bob@x.example> field=from",
	};
	const struct story *const *stories;
	struct trace *trace;
	size_t count;

	(void)state;
	assert_int_equal(trace_open(&trace, "4F2A91C03", NULL), 0);
	for (size_t l = 0; l < sizeof lines / sizeof *lines; l++)
		assert_int_equal(trace_line(trace, bytes_of(lines[l])), 0);
	stories = trace_stories(trace, &count);
	assert_int_equal(count, 1);
	assert_true(bytes_equal(stories[0]->client, bytes_of("a[192.0.2.1]")));
	assert_non_null(stories[0]->rewritten);
	assert_non_null(stories[0]->leaks);
	trace_close(trace);
#undef HOST
}

static void test_too_many(void **state)
{
	struct error error;
	struct trace *trace;
	int result = 0;

	(void)state;
	assert_int_equal(trace_open(&trace, "a@x.example", &error), 0);
	for (unsigned i = 0; i < TRACE_MESSAGES_MAX + 1 && !result; i++) {
		char line[200];

		(void)snprintf(line, sizeof line,
			P "smtp[1]: 4F%05X: to=<a@x.example>, relay=none", i);
		result = trace_line(trace, bytes_of(line));
		assert_int_equal(result, i < TRACE_MESSAGES_MAX ? 0 : ERR_BAD);
	}
	trace_close(trace);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_asked),
		cmocka_unit_test(test_postfix_3_11),
		cmocka_unit_test(test_too_many_rejected),
		cmocka_unit_test(test_many_recipients),
		cmocka_unit_test(test_requeued),
		cmocka_unit_test(test_several_relays),
		cmocka_unit_test(test_milter_elsewhere),
		cmocka_unit_test(test_too_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
