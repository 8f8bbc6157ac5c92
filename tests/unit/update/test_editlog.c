/* What the audit log says of an edit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "update/editlog.h"

static struct bytes of(const char *text)
{
	return bytes_of(text);
}

static void assert_text(
	const struct editlog *log, const char *note, const char *expected)
{
	char text[STATE_WHAT_MAX];

	editlog_text(log, "counts", note, text);
	assert_string_equal(text, expected);
}

static void test_rows(void **state)
{
	static struct editlog log;
	const struct bytes none = { NULL, 0 };

	(void)state;
	log = (struct editlog){ 0 };
	assert_text(NULL, NULL, "counts");
	assert_text(&log, "", "counts");
	editlog_add(&log, CHANGE_UNCHANGED, of("a@a"), of("ub@b"), of("ub@b"));
	assert_text(&log, "x", "counts; note \"x\"");
	editlog_add(&log, CHANGE_NEW, of("a@a"), none, of("ub@b"));
	editlog_add(&log, CHANGE_DELETED, of("@c"), of("d@d"), none);
	editlog_add(
		&log, CHANGE_CHANGED, of("e e@f"), of("ug@g"), of("uh@h,i@i"));
	assert_text(&log, NULL,
		"counts; + a@a;b@b; - @c;@d; ~ \"e e\"@f;g@g -> h@h,i@i");
	editlog_add(&log, CHANGE_NEW, of("j@j"), none, of("uk@k"));
	editlog_add(&log, CHANGE_NEW, of("l@l"), none, of("um@m"));
	assert_text(&log, "n",
		"counts; + a@a;b@b; - @c;@d; ~ \"e e\"@f;g@g -> h@h,i@i; "
		"+ j@j;k@k; + l@l;m@m; note \"n\"");
	/* The sixth row: none is named. */
	editlog_add(&log, CHANGE_NEW, of("n@n"), none, of("uo@o"));
	assert_text(&log, "n", "counts; note \"n\"");
}

static void test_escaped(void **state)
{
	static struct editlog log;
	const struct bytes none = { NULL, 0 };

	(void)state;
	log = (struct editlog){ 0 };
	editlog_add(&log, CHANGE_NEW, of("; generation 99@a"), none,
		of("u\xc3\xbc; generation 98@b"));
	editlog_add(&log, CHANGE_NEW, of("<\\>@a"), none, of("ux@b"));
	assert_text(&log, "; generation 97\n; generation 96; generation",
		"counts; + \"\\x3B generation 99\"@a;"
		"\\xC3\\xBC\\x3B generation 98@b; "
		"+ \"\\x3C\\x5C\\x5C\\x3E\"@a;x@b; "
		"note \"\\x3B generation 97\\x0A\\x3B generation 96; "
		"generation\"");
}

/* Each part is cut at 200 bytes, wherever that is. */
static void test_cut(void **state)
{
	static struct editlog log;
	char key[400];
	char value[400];
	char text[STATE_WHAT_MAX];
	char expected[STATE_WHAT_MAX];

	(void)state;
	for (size_t len = 150; len < 260; len++) {
		log = (struct editlog){ 0 };
		memset(key, 'k', len);
		memset(value, 'v', len);
		memcpy(key + len, "; generation 1", sizeof "; generation 1");
		editlog_add(&log, CHANGE_CHANGED, (struct bytes){ key, len },
			of("uo"), (struct bytes){ value, len });
		editlog_text(&log, "c", key, text);
		assert_null(strstr(text, "; generation "));
		(void)snprintf(expected, sizeof expected, "c; %s; note \"",
			log.rows[0]);
		assert_int_equal(strncmp(text, expected, strlen(expected)), 0);
		assert_in_range(strlen(log.rows[0]), 155, EDITLOG_PART);
		assert_true(len < 190 || strlen(log.rows[0]) > 190);
		assert_in_range(
			strlen(text) - strlen(expected), 150, EDITLOG_PART + 1);
	}
	for (size_t i = 0; i < EDITLOG_ROWS; i++)
		editlog_add(&log, CHANGE_NEW, of("k"), of(""), of("uo"));
	log.count = EDITLOG_ROWS;
	for (size_t i = 0; i < EDITLOG_ROWS; i++) {
		memset(log.rows[i], 'x', EDITLOG_PART);
		log.rows[i][EDITLOG_PART] = '\0';
	}
	memset(key, 'c', sizeof key - 1);
	key[sizeof key - 1] = '\0';
	editlog_text(&log, key, key, text);
	assert_int_equal(strlen(text), 399 + 5 * 202 + 9 + 200 + 1 - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_escaped),
		cmocka_unit_test(test_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
