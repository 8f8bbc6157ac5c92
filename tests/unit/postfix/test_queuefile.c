/* What postcat prints of the envelopes of queued messages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "postfix/queuefile.h"

/* Writes "ID", "+recipient<original", "=done", "-canceled" and "|filter" of a
 * text. */
static void assert_read(const char *text, const char *expected)
{
	size_t len = strlen(text);
	char *copy = malloc(len ? len : 1); /* of just this size */
	struct queuefile file = { .rest = { copy, len } };
	struct queuefile_line line;
	char found[400] = "";
	size_t used = 0;

	assert_non_null(copy);
	memcpy(copy, text, len);
	while (queuefile_next(&file, &line)) {
		if (line.kind == QUEUEFILE_OTHER)
			continue;
		used += (size_t)snprintf(found + used, sizeof found - used,
			"%s%.*s",
			line.kind == QUEUEFILE_FILE	  ? ""
			: line.kind == QUEUEFILE_CANCELED ? "-"
			: line.kind == QUEUEFILE_DONE	  ? "="
			: line.kind == QUEUEFILE_FILTER	  ? "|"
							  : "+",
			(int)line.text.len, line.text.data);
		if (line.kind == QUEUEFILE_RECIPIENT)
			used += (size_t)snprintf(found + used,
				sizeof found - used, "<%.*s",
				(int)line.original.len,
				line.original.len ? line.original.data : "");
		used += (size_t)snprintf(
			found + used, sizeof found - used, " ");
	}
	assert_string_equal(found, expected);
	free(copy);
}

static void test_lines(void **state)
{
	(void)state;
	assert_read("", "");
	assert_read("*** ENVELOPE RECORDS deferred/7/7CC03A7AE38 ***\n"
		    "message_size:             211\n"
		    "sender: alice@out.example\n"
		    "named_attribute: dsn_orig_rcpt=rfc822;bob@a.com\n"
		    "original_recipient: bob@a.com\n"
		    "canceled_recipient: bob@a.com\n"
		    "named_attribute: dsn_orig_rcpt=rfc822;y@list.com\n"
		    "original_recipient: x@c.com\n"
		    "done_recipient: x@c.com\n"
		    "original_recipient: e@c.com\n"
		    "recipient: e@c.com\n"
		    "named_attribute: dsn_orig_rcpt=RFC822;bob@a.com\n"
		    "original_recipient: bob@b.com\n"
		    "recipient: bob@b.com\n"
		    "*** MESSAGE CONTENTS deferred/7/7CC03A7AE38 ***\n"
		    "*** MESSAGE FILE END deferred/7/7CC03A7AE38 ***\n"
		    "*** ENVELOPE RECORDS hold/3XyZ ***\n"
		    "recipient: f@b.com\n"
		    "named_attribute: dsn_orig_rcpt=utf-8;\303\274@a.com\n"
		    "recipient: g@b.com\n"
		    "named_attribute: dsn_orig_rcpt=x400;h@a.com\n"
		    "recipient: h@b.com",
		"7CC03A7AE38 -bob@a.com =x@c.com +e@c.com< "
		"+bob@b.com<bob@a.com 3XyZ "
		"+f@b.com< +g@b.com<\303\274@a.com +h@b.com< ");
	assert_read("*** ENVELOPE RECORDS active/7/7CC03A7AE38 ***\n"
		    "named_attribute: dsn_orig_rcpt=rfc822;bob@a.com\n"
		    "content_filter: readdress-local:[127.0.0.1]:10099\n"
		    "recipient: bob@b.com\n",
		"7CC03A7AE38 |readdress-local:[127.0.0.1]:10099 "
		"+bob@b.com<bob@a.com ");
	/* Nothing of it is cut short. */
	assert_read("*** ENVELOPE RECORDS ", " ");
	assert_read("*** ENVELOPE RECORDS deferred/", "deferred ");
	assert_read("*** ENVELOPE RECORDS x", "x ");
	assert_read("recipient: ", "+< ");
	assert_read("named_attribute: dsn_orig_rcpt=", "");
	assert_read(
		"named_attribute: dsn_orig_rcpt=rfc822\nrecipient: a", "+a< ");
	assert_read("named_attribute: dsn_orig_rcpt=rfc822;a@b\n"
		    "*** ENVELOPE RECORDS x/y ***\nrecipient: c",
		"y +c< ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
