#include "kit/testdecide.h"

static char *testdecide_text(struct testdecide *test, struct bytes text)
{
	char *copy = arena_copy(test->arena, text.data, text.len);

	assert_non_null(copy);
	return copy;
}

static size_t testdecide_lines(const char *text)
{
	size_t count = 0;

	for (; text && *text; text++)
		count += *text == '\n';
	return count + 1;
}

static void testdecide_recipients(struct testdecide *test)
{
	struct bytes rest = bytes_of(test->recipients);
	struct decide_recipient *recipients = arena_alloc(test->arena,
		testdecide_lines(test->recipients) * sizeof *recipients);
	size_t count = 0;

	assert_non_null(recipients);
	while (rest.len) {
		struct bytes line = bytes_cut(&rest, '\n');
		struct decide_recipient *one = &recipients[count++];

		memset(one, 0, sizeof *one);
		one->address = testdecide_text(test, bytes_cut(&line, '|'));
		while (line.len) {
			struct bytes value = bytes_cut(&line, '|');
			struct bytes name = bytes_cut(&value, '=');
			const char *copy = testdecide_text(test, value);

			if (name.data[0] == 'r')
				one->resolved = copy;
			else if (name.data[0] == 'n')
				one->notify = copy;
			else
				one->orcpt = copy;
		}
	}
	test->message.recipients = recipients;
	test->message.recipient_count = count;
}

static void testdecide_headers(struct testdecide *test)
{
	struct bytes rest = bytes_of(test->headers);
	struct decide_header *headers = arena_alloc(
		test->arena, testdecide_lines(test->headers) * sizeof *headers);
	size_t count = 0;

	assert_non_null(headers);
	while (rest.len) {
		struct bytes value = bytes_cut(&rest, '\n');
		struct bytes name = bytes_cut(&value, ':');

		headers[count++] = (struct decide_header){ name, value, false };
	}
	test->message.headers = headers;
	test->message.header_count = count;
}

void testdecide_open(struct testdecide *test)
{
	test->arena = arena_open((size_t)256 << 20);
	test->result = arena_open((size_t)1 << 30);
	assert_true(test->arena && test->result);
	test->config = testmap_config(test->conf);
	test->map = testmap_keep(test->rules ? test->rules : "");
	test->message.sender = test->sender;
	test->message.sender_resolved = test->sender_resolved;
	test->message.smtputf8 = test->smtputf8;
	test->message.explain = test->explain;
	testdecide_recipients(test);
	testdecide_headers(test);
}

int testdecide_decide(struct testdecide *test)
{
	return decide(&(struct decide_input){ test->config, test->map,
			      test->direction, test->why, &test->message },
		test->result, &test->decision, &test->error);
}

void testdecide_run(struct testdecide *test)
{
	testdecide_open(test);
	assert_int_equal(testdecide_decide(test), 0);
}

void testdecide_close(struct testdecide *test)
{
	config_close(test->config);
	arena_close(test->arena);
	arena_close(test->result);
}

static int testdecide_compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

const char *testdecide_edits(struct testdecide *test)
{
	const struct decision *decision = &test->decision;
	size_t count = decision->add_count + decision->delete_count +
		       decision->header_count + 1;
	char **lines = arena_alloc(test->arena, count * sizeof *lines);
	size_t used = 0;
	size_t size = 1;
	char *text;

	assert_non_null(lines);
#define LINE(...)                                                              \
	assert_true(asprintf(&lines[used], __VA_ARGS__) >= 0);                 \
	size += strlen(lines[used++])
	for (size_t i = 0; i < decision->add_count; i++) {
		const struct decision_add *add = &decision->adds[i];

		LINE("+%s%s%s\n", add->address, *add->esmtp ? " " : "",
			add->esmtp);
	}
	for (size_t i = 0; i < decision->delete_count; i++) {
		LINE("-%s\n", decision->deletes[i]);
	}
	if (decision->sender) {
		LINE("from %s\n", decision->sender);
	}
	for (size_t i = 0; i < decision->header_count; i++) {
		const struct decision_header_edit *edit = &decision->headers[i];

		assert_int_equal(edit->value.data[edit->value.len], '\0');
		LINE("header%zu%s\n", edit->index, edit->value.data);
	}
#undef LINE
	qsort(lines, used, sizeof *lines, testdecide_compare);
	text = arena_bytes(test->arena, size);
	assert_non_null(text);
	*text = '\0';
	for (size_t i = 0, at = 0; i < used; i++) {
		size_t len = strlen(lines[i]);

		memcpy(text + at, lines[i], len + 1);
		at += len;
		free(lines[i]);
	}
	return text;
}

void testdecide_check(
	const char *name, struct testdecide test, const char *edits)
{
	const char *found;

	testdecide_run(&test);
	found = testdecide_edits(&test);
	if (strcmp(found, edits))
		fail_msg("%s:\n%s--- instead of\n%s", name, found, edits);
	assert_int_equal(decision_changes(&test.decision), *edits != '\0');
	testdecide_close(&test);
}
