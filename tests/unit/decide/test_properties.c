/*
 * Properties of generated headers. The generator writes each header twice: as
 * it comes, and as it should leave. READDRESS_RUNS sets their number,
 * READDRESS_SEED the first one.
 */
#include "kit/testmap.h"

#include "decide/decide.h"
#include "kit/headergen.h"
#include "kit/headerkit.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define READDRESS_SLOW 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define READDRESS_SLOW 1
#endif
#endif

#ifdef READDRESS_SLOW
#define RUNS 50000
#else
#define RUNS 200000
#endif

static struct map *map;
static struct map *empty;
static struct config *config;
static struct arena *arena;

/* Returns the value after the decision, in the arena, and the decision's
 * counts. */
static struct bytes decided(const struct map *by,
	enum decision_direction direction, struct bytes value,
	struct decision *decision)
{
	struct decide_header header = { bytes_of("To"), value, false };
	struct decide_message message = { .sender = "",
		.smtputf8 = true,
		.headers = &header,
		.header_count = 1 };

	assert_int_equal(decide(&(struct decide_input){ config, by, direction,
					DECISION_WHY_DEFAULT, &message },
				 arena, decision, NULL),
		0);
	return decision->header_count ? decision->headers[0].value : value;
}

static void print(const char *what, struct bytes text)
{
	(void)fprintf(stderr, "%s: ", what);
	for (size_t i = 0; i < text.len; i++)
		(void)fprintf(stderr,
			(unsigned char)text.data[i] < 0x20 ||
					(unsigned char)text.data[i] > 0x7e
				? "\\x%02x"
				: "%c",
			(unsigned char)text.data[i]);
	(void)fputc('\n', stderr);
}

static void expect(struct bytes in, struct bytes got, struct bytes expected,
	const char *what)
{
	if (bytes_equal(got, expected))
		return;
	print("in      ", in);
	print("expected", expected);
	print("got     ", got);
	fail_msg("%s", what);
}

static struct span part(size_t from, size_t to)
{
	return (struct span){ from, to - from };
}

static bool same(
	struct bytes a, struct span in_a, struct bytes b, struct span in_b)
{
	return bytes_equal((struct bytes){ a.data + in_a.off, in_a.len },
		(struct bytes){ b.data + in_b.off, in_b.len });
}

/* Compares an element of the old value with that of the new one: only the
 * addr-spec may differ, and not what stands between its parts. */
static void check_element(struct bytes in, const struct addrlist_element *old,
	struct bytes out, const struct addrlist_element *new)
{
	size_t old_end = headerkit_end(old->element);
	size_t new_end = headerkit_end(new->element);

	assert_int_equal(old->flags, new->flags);
	if (old->flags & ADDRLIST_ELEMENT_BAD) {
		assert_true(same(in, old->element, out, new->element));
		return;
	}
	assert_true(same(in, part(old->element.off, old->addr_spec.off), out,
		part(new->element.off, new->addr_spec.off)));
	assert_true(same(in, part(headerkit_end(old->addr_spec), old_end), out,
		part(headerkit_end(new->addr_spec), new_end)));
	if (old->flags & ADDRLIST_ELEMENT_BROKEN)
		assert_true(same(in,
			part(headerkit_end(old->local), old->domain.off), out,
			part(headerkit_end(new->local), new->domain.off)));
}

/* Checks, for any old value, that bytes outside addr-specs are equal, but for
 * breaks before elements, and that there are as many elements as before. */
static void check_outside(struct bytes in, struct bytes out)
{
	struct addrlist_iter old_iter;
	struct addrlist_iter new_iter;
	struct addrlist_element old;
	struct addrlist_element new;
	size_t old_at = 0;
	size_t new_at = 0;

	addrlist_iter_init(&old_iter, in);
	addrlist_iter_init(&new_iter, out);
	while (addrlist_next(&old_iter, &old)) {
		struct span before = part(old_at, old.element.off);
		struct span gap;

		assert_int_equal(addrlist_next(&new_iter, &new), 1);
		gap = part(new_at, new.element.off);
		if (gap.len == before.len + 2) {
			assert_memory_equal(
				out.data + headerkit_end(gap) - 2, "\n ", 2);
			gap.len -= 2;
		}
		assert_true(same(in, before, out, gap));
		check_element(in, &old, out, &new);
		old_at = headerkit_end(old.element);
		new_at = headerkit_end(new.element);
	}
	assert_int_equal(addrlist_next(&new_iter, &new), 0);
	assert_true(same(in, part(old_at, in.len), out, part(new_at, out.len)));
}

/* Checks each element of a header against what the generator wrote. */
static void check_finder(const struct made *made, struct bytes in)
{
	struct addrlist_iter iter;
	struct addrlist_element element;
	size_t bad = 0;
	size_t good = 0;

	addrlist_iter_init(&iter, in);
	while (addrlist_next(&iter, &element)) {
		if (element.flags & ADDRLIST_ELEMENT_BAD)
			bad++;
		else
			good++;
	}
	if (bad != made->bad || good != made->good) {
		print("in", in);
		fail_msg("%zu good and %zu bad, not %zu and %zu", good, bad,
			made->good, made->bad);
	}
}

static void check_generated(const struct made *made)
{
	char *block = holds_block(made->in, made->in_len);
	struct bytes in = { block, made->in_len };
	struct bytes expected = { made->out, made->out_len };
	struct decision decision;
	struct bytes out;

	(void)headerkit_tiles(in);
	(void)headerkit_elements(in);
	check_finder(made, in);
	out = decided(map, DECISION_INBOUND, in, &decision);
	expect(in, out, expected, "inbound");
	assert_int_equal(decision.counts[DECISION_HEADER][DECISION_UNPARSABLE],
		made->bad);
	assert_int_equal(decision.header_count, !bytes_equal(in, expected));
	check_outside(in, out);
	if (made->clean)
		expect(out, decided(map, DECISION_OUTBOUND, out, &decision), in,
			"outbound after inbound");
	(void)decided(empty, DECISION_INBOUND, in, &decision);
	assert_false(decision_changes(&decision));
	arena_reset(arena);
	free(block);
}

static void check_mutated(const struct made *made)
{
	static const char alphabet[] = ",;:<>@()\"\\[]. \n\xfc\0a";
	char *block = holds_block(made->in, made->in_len);
	struct bytes in = { block, made->in_len };
	struct decision decision;

	for (uint32_t n = headergen_pick(4) + 1; n && in.len; n--) {
		size_t at = headergen_pick((uint32_t)in.len);

		if (headergen_pick(4)) {
			block[at] = alphabet[headergen_pick(sizeof alphabet)];
		} else {
			memmove(block + at, block + at + 1, in.len - at - 1);
			in.len--;
		}
	}
	block = realloc(block, in.len ? in.len : 1);
	assert_non_null(block);
	in.data = block;
	(void)headerkit_tiles(in);
	(void)headerkit_elements(in);
	check_outside(in, decided(map, DECISION_INBOUND, in, &decision));
	check_outside(in, decided(map, DECISION_OUTBOUND, in, &decision));
	(void)decided(empty, DECISION_INBOUND, in, &decision);
	assert_false(decision_changes(&decision));
	arena_reset(arena);
	free(block);
}

static void short_headers(void **state)
{
	const char *runs = getenv("READDRESS_RUNS");
	unsigned long count = runs ? strtoul(runs, NULL, 10) : RUNS;
	static struct made made;

	(void)state;
	headergen_room(&made);
	for (unsigned long i = 0; i < count; i++) {
		uint32_t began = headergen_seed;

		headergen_make(&made, 6);
		check_generated(&made);
		check_mutated(&made);
		if (i == count - 1)
			print_message("last seed: %u\n", began);
	}
	free(made.in);
	free(made.out);
}

static size_t longest_line(struct bytes value)
{
	size_t longest = 0;
	size_t line = strlen("To:");

	for (size_t i = 0; i < value.len; i++) {
		if (value.data[i] == '\n')
			line = 0;
		else if (++line > longest)
			longest = line;
	}
	return longest;
}

/* out is expected, with breaks before some elements. */
static void check_folded(
	const struct made *made, struct bytes expected, struct bytes out)
{
	size_t at = 0;
	size_t element = 0;
	size_t count = made->good + made->bad;

	for (size_t i = 0; i < expected.len; i++, at++) {
		assert_true(at < out.len);
		if (element < count && made->elements[element] == i) {
			element++;
			if (out.len - at > 2 &&
				!memcmp(out.data + at, "\n ", 2))
				at += 2;
		}
		assert_int_equal(out.data[at], expected.data[i]);
	}
	assert_int_equal(at, out.len);
}

static unsigned long folded;
static unsigned long kept;

static void check_long(const struct made *made)
{
	char *block = holds_block(made->in, made->in_len);
	struct bytes in = { block, made->in_len };
	struct bytes expected = { made->out, made->out_len };
	struct decision decision;
	struct bytes out = decided(map, DECISION_INBOUND, in, &decision);
	size_t limit = longest_line(in);

	check_outside(in, out);
	if (limit < 998)
		limit = 998;
	assert_true(longest_line(out) <= limit || limit > 998);
	if (bytes_equal(in, expected)) {
		assert_int_equal(decision.header_count, 0);
	} else if (decision.header_count) {
		check_folded(made, expected, out);
		folded += !bytes_equal(expected, out);
		assert_true(out.len + 3 <= 60000 || out.len <= in.len);
	} else {
		kept++;
		assert_true(longest_line(expected) > 998 ||
			    expected.len + 3 > 60000);
		assert_true(
			decision.counts[DECISION_HEADER][DECISION_LEFT] > 0);
	}
	arena_reset(arena);
	free(block);
}

#define MANY 300

/* In hundreds of headers with several names, each edit must be of the right
 * one. */
static void many_headers(void **state)
{
	static const char *const names[] = { "To", "TO", "Subject", "To-Do" };
	static struct made made[MANY];
	struct decide_header headers[MANY];
	struct decide_message message = { .sender = "",
		.smtputf8 = true,
		.headers = headers,
		.header_count = MANY };
	struct decision decision;

	(void)state;
	for (int round = 0; round < 20; round++) {
		size_t edit = 0;

		for (size_t i = 0; i < MANY; i++) {
			if (!made[i].in)
				headergen_room(&made[i]);
			headergen_make(&made[i], 3);
			headers[i] = (struct decide_header){
				bytes_of(names[headergen_pick(4)]),
				{ made[i].in, made[i].in_len }, false
			};
		}
		assert_int_equal(
			decide(&(struct decide_input){ config, map,
				       DECISION_INBOUND, DECISION_WHY_DEFAULT,
				       &message },
				arena, &decision, NULL),
			0);
		for (size_t i = 0; i < MANY; i++) {
			struct bytes out = { made[i].out, made[i].out_len };

			if (headers[i].name.len != 2 ||
				bytes_equal(headers[i].value, out))
				continue;
			assert_true(edit < decision.header_count);
			assert_int_equal(decision.headers[edit].index, i);
			expect(headers[i].value, decision.headers[edit].value,
				out, "many");
			edit++;
		}
		assert_int_equal(edit, decision.header_count);
		arena_reset(arena);
	}
	for (size_t i = 0; i < MANY; i++) {
		free(made[i].in);
		free(made[i].out);
	}
}

static void long_headers(void **state)
{
	const char *runs = getenv("READDRESS_RUNS");
	unsigned long count = (runs ? strtoul(runs, NULL, 10) : RUNS) / 40;
	static struct made made;

	(void)state;
	headergen_room(&made);
	for (unsigned long i = 0; i < count; i++) {
		headergen_flat = headergen_pick(2);
		if (headergen_flat)
			headergen_line(&made);
		else
			headergen_make(&made, i % 100 ? 50 : 1500);
		if (!headergen_pick(4)) {
			headergen_put(&made, headergen_pick(2) ? "," : ",\n ");
			headergen_long_name(&made);
		}
		check_long(&made);
	}
	print_message("%lu folded, %lu left as they were\n", folded, kept);
	assert_true(folded > count / 5 && kept > count / 50);
	headergen_flat = false;
	free(made.in);
	free(made.out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(short_headers),
		cmocka_unit_test(many_headers),
		cmocka_unit_test(long_headers),
	};
	const char *begin = getenv("READDRESS_SEED");
	int failed;

	headergen_seed = begin ? (uint32_t)strtoul(begin, NULL, 10) : 0;
	if (!headergen_seed)
		headergen_seed = 20261121;
	map = testmap_open(headergen_rules);
	empty = testmap_open("");
	config = testmap_config("inbound_headers = {\"To\"}\n"
				"outbound_headers = {\"To\"}\n");
	arena = arena_open((size_t)256 << 20);
	assert_non_null(arena);
	failed = cmocka_run_group_tests_name("properties", tests, NULL, NULL);
	arena_close(arena);
	config_close(config);
	map_close(map);
	map_close(empty);
	return failed;
}
