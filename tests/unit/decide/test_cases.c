/* Runs tests/cases against lib: each header case with LF and with CRLF, each
 * address and each row. */
#include "kit/testmap.h"

#include "kit/casefile.h"
#include "kit/casemap.h"
#include "decide/decide.h"
#include "kit/headerkit.h"
#include "rules/ruletarget.h"

#define HEADERS_MAX 64

static struct map *map;
static struct map *empty;

/* One message of a case. */
struct message {
	struct decide_header headers[HEADERS_MAX];
	struct bytes expected[HEADERS_MAX]; /* values; data NULL: not changed */
	size_t count;
};

/* Copies the text to a block of its exact size, with CRLF for LF if crlf is
 * set. */
static struct bytes convert(struct bytes text, bool crlf)
{
	struct casefile_text out = { NULL, 0, 0 };
	struct bytes block;

	casefile_put(&out, "", 0);
	for (size_t i = 0; i < text.len; i++) {
		if (crlf && text.data[i] == '\n')
			casefile_put(&out, "\r", 1);
		casefile_put(&out, text.data + i, 1);
	}
	block = (struct bytes){ holds_block(out.data, out.len), out.len };
	free(out.data);
	return block;
}

static struct bytes value_of(struct bytes header)
{
	const char *colon = memchr(header.data, ':', header.len);

	assert_non_null(colon);
	return (struct bytes){ colon + 1,
		header.len - (size_t)(colon + 1 - header.data) };
}

/* Removes the blanks before the colon (obs-*), as all callers of decide() do.
 */
static struct bytes name_of(struct bytes header)
{
	size_t len = (size_t)((char *)memchr(header.data, ':', header.len) -
			      header.data);

	while (len && strchr(" \t", header.data[len - 1]))
		len--;
	return (struct bytes){ header.data, len };
}

static void add_header(struct message *message, struct bytes in, bool crlf)
{
	assert_true(message->count < HEADERS_MAX);
	message->headers[message->count++] =
		(struct decide_header){ name_of(in),
			convert(value_of(in), crlf), crlf };
}

static void add_expected(
	struct message *message, struct bytes in, struct bytes out, bool crlf)
{
	size_t head = in.len - value_of(in).len;

	if (bytes_equal(out, bytes_of("same")))
		return;
	assert_false(bytes_equal(in, out));
	assert_true(out.len > head && !memcmp(in.data, out.data, head));
	message->expected[message->count - 1] = convert(value_of(out), crlf);
}

static void load(
	const struct casefile_block *block, bool crlf, struct message *message)
{
	struct bytes in = { NULL, 0 };

	memset(message, 0, sizeof *message);
	for (size_t i = 0; i < block->count; i++) {
		const struct casefile_line *line = &block->lines[i];

		if (!strcmp(line->name, "in")) {
			assert_null(in.data);
			in = line->value;
			add_header(message, in, crlf);
		} else if (!strcmp(line->name, "out")) {
			assert_non_null(in.data);
			add_expected(message, in, line->value, crlf);
			in.data = NULL;
		}
	}
	assert_true(message->count && !in.data);
}

static void unload(struct message *message)
{
	for (size_t i = 0; i < message->count; i++) {
		free((void *)(uintptr_t)message->headers[i].value.data);
		free((void *)(uintptr_t)message->expected[i].data);
	}
}

static void show(const char *what, struct bytes text)
{
	(void)fprintf(stderr, "  %s: ", what);
	for (size_t i = 0; i < text.len && i < 3000; i++)
		(void)fprintf(stderr,
			(unsigned char)text.data[i] < 0x20 ? "\\x%02x" : "%c",
			(unsigned char)text.data[i]);
	(void)fputc('\n', stderr);
}

/* Checks that every header has the value that it should have, or no edit. */
static bool compare(
	const struct message *message, const struct decision *decision)
{
	size_t next = 0;
	bool same = true;

	for (size_t i = 0; i < message->count; i++) {
		struct bytes in = message->headers[i].value;
		struct bytes expected =
			message->expected[i].data ? message->expected[i] : in;
		struct bytes got = in;

		if (next < decision->header_count &&
			decision->headers[next].index == i) {
			got = decision->headers[next++].value;
			assert_int_equal(got.data[got.len], '\0');
			if (bytes_equal(got, in))
				fail_msg("an edit that changes nothing");
		}
		if (bytes_equal(got, expected))
			continue;
		same = false;
		show("      in", in);
		show("expected", expected);
		show("     got", got);
	}
	assert_int_equal(next, decision->header_count);
	return same;
}

static void run(const struct casefile_block *block, const struct map *rules,
	const struct config *config, bool crlf)
{
	struct message headers;
	struct decide_message message = { .sender = "",
		.smtputf8 = casefile_value(block, "smtputf8").len > 0 };
	struct bytes unparsable = casefile_value(block, "unparsable");
	enum decision_direction direction =
		bytes_equal(casefile_value(block, "direction"),
			bytes_of("outbound"))
			? DECISION_OUTBOUND
			: DECISION_INBOUND;
	struct arena *arena = arena_open((size_t)64 << 20);
	struct decision decision;
	uint64_t bad;

	assert_non_null(arena);
	load(block, crlf, &headers);
	message.headers = headers.headers;
	message.header_count = headers.count;
	for (size_t i = 0; i < headers.count; i++) {
		(void)headerkit_tiles(headers.headers[i].value);
		(void)headerkit_elements(headers.headers[i].value);
	}
	assert_int_equal(
		decide(&(struct decide_input){ config, rules, direction,
			       DECISION_WHY_DEFAULT, &message },
			arena, &decision, NULL),
		0);
	bad = decision.counts[DECISION_HEADER][DECISION_UNPARSABLE];
	if (rules == empty)
		assert_false(decision_changes(&decision));
	else if (!compare(&headers, &decision))
		fail_msg("%s:%u%s: %s", block->file, block->number,
			crlf ? " (CRLF)" : "",
			casefile_value(block, "why").data);
	if (unparsable.data && bad != strtoul(unparsable.data, NULL, 10))
		fail_msg("%s:%u: %lu elements could not be read, not %s",
			block->file, block->number, (unsigned long)bad,
			unparsable.data);
	unload(&headers);
	arena_close(arena);
}

static void header_case(void **state)
{
	const struct casefile_block *block = *state;
	struct casefile_text conf = { NULL, 0, 0 };
	struct config *config;

	assert_non_null(casefile_value(block, "why").data);
	casefile_put(&conf, "", 0);
	for (size_t i = 0; i < block->count; i++) {
		if (strcmp(block->lines[i].name, "option"))
			continue;
		casefile_put(&conf, block->lines[i].value.data,
			block->lines[i].value.len);
		casefile_put(&conf, "\n", 1);
	}
	config = testmap_config(conf.data);
	run(block, map, config, false);
	run(block, map, config, true);
	run(block, empty, config, false);
	config_close(config);
	free(conf.data);
}

static void check_text(
	const char *what, struct bytes expected, int len, const char *text)
{
	if (len < 0 ||
		!bytes_equal(expected, (struct bytes){ text, (size_t)len }))
		fail_msg("%s: %.*s, not %s", what, len < 0 ? 5 : len,
			len < 0 ? "error" : text, expected.data);
}

static void refused(int result, const struct error *error, struct bytes reason)
{
	assert_int_equal(result, ERR_BAD);
	if (!strstr(error->text, reason.data))
		fail_msg(
			"\"%s\" does not say \"%s\"", error->text, reason.data);
}

static void address_case(const struct casefile_block *block)
{
	struct bytes text = casefile_value(block, "text");
	struct bytes reason = casefile_value(block, "refused");
	char *exact = holds_block(text.data, text.len);
	struct error error = { .text = "" };
	struct mailbox mailbox;
	char key[ADDRESS_KEY_MAX];
	char formatted[ADDRESS_TEXT_MAX];
	int result = address_parse(exact, text.len, &mailbox, &error);

	free(exact);
	if (reason.data) {
		refused(result, &error, reason);
		return;
	}
	if (result) {
		fail_msg("refused: %s", error.text);
		abort(); /* fail_msg() is not declared as noreturn */
	}
	check_text("key", casefile_value(block, "key"),
		address_key(&mailbox, key), key);
	check_text("format", casefile_value(block, "format"),
		address_format(&mailbox, formatted), formatted);
}

static void row_case(const struct casefile_block *block)
{
	struct bytes source = casefile_value(block, "source");
	struct bytes target = casefile_value(block, "target");
	struct bytes reason = casefile_value(block, "refused");
	struct bytes kind = casefile_value(block, "kind");
	struct bytes targets = casefile_value(block, "targets");
	int table = rule_table_find(casefile_value(block, "table").data);
	struct arena *arena = arena_open((size_t)1 << 20);
	struct error error = { .text = "" };
	struct rule rule;
	int result;

	assert_true(arena && table >= 0 && source.data && target.data);
	source.data = holds_block(source.data, source.len);
	target.data = holds_block(target.data, target.len);
	result = rule_make(arena, (enum rule_table)table, source, target,
		casefile_value(block, "allow-utf8").len > 0, &rule, &error);
	free((void *)(uintptr_t)source.data);
	free((void *)(uintptr_t)target.data);
	if (reason.data) {
		refused(result, &error, reason);
		arena_close(arena);
		return;
	}
	if (result)
		fail_msg("refused: %s", error.text);
	check_text("key", casefile_value(block, "key"), (int)rule.key.len,
		rule.key.data);
	if (kind.data)
		assert_string_equal(
			kind.data, rule_kind_name(rule_value_kind(rule.value)));
	if (targets.data)
		check_text("targets", targets, (int)rule.value.len - 1,
			rule.value.data + 1);
	arena_close(arena);
}

static void other_case(void **state)
{
	const struct casefile_block *block = *state;

	assert_non_null(casefile_value(block, "why").data);
	if (casefile_value(block, "text").data)
		address_case(block);
	else
		row_case(block);
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(((const struct CMUnitTest *)a)->name,
		((const struct CMUnitTest *)b)->name);
}

/* The names must differ, so that a failure can be read. */
static void check_names(const struct CMUnitTest *tests, size_t count)
{
	struct CMUnitTest *sorted = calloc(count, sizeof *sorted);

	if (!sorted)
		casemap_die("cases", "out of memory");
	memcpy(sorted, tests, count * sizeof *sorted);
	qsort(sorted, count, sizeof *sorted, compare_names);
	for (size_t i = 1; i < count; i++)
		if (!strcmp(sorted[i - 1].name, sorted[i].name))
			casemap_die(sorted[i].name, "twice");
	free(sorted);
}

static void enough(void **state)
{
	const struct casefile *cases = *state;
	size_t headers = 0;

	for (size_t i = 0; i < cases->count; i++)
		headers += casefile_value(cases->blocks[i], "in").data != NULL;
	assert_true(headers >= 250);
	assert_true(cases->count - headers >= 80);
}

int main(int argc, char **argv)
{
	static struct casefile cases;
	struct CMUnitTest *tests;
	const char *dir = CASES_DIR;
	size_t count = 0;
	int failed;

	casefile_glob(&cases, dir, "*.case");
	tests = calloc(cases.count + 1, sizeof *tests);
	if (!tests)
		casemap_die("cases", "out of memory");
	for (size_t i = 0; i < cases.count; i++) {
		struct casefile_block *block = cases.blocks[i];
		const char *name = casefile_value(block, "case").data;
		bool header = casefile_value(block, "in").data != NULL;

		if (!name)
			casemap_die(block->file, "a block without a name");
		if (argc > 1 && strcmp(argv[1], name))
			continue;
		tests[count++] = (struct CMUnitTest){ name,
			header ? header_case : other_case, NULL, NULL, block };
	}
	check_names(tests, count);
	if (argc == 1)
		tests[count++] = (struct CMUnitTest){ "enough cases", enough,
			NULL, NULL, &cases };
	map = casemap_open(dir);
	empty = casemap_open(NULL);
	failed = _cmocka_run_group_tests("cases", tests, count, NULL, NULL);
	map_close(map);
	map_close(empty);
	free(tests);
	return failed;
}
