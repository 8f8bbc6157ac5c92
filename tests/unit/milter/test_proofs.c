/* What is known of outbound_required_headers over a reload. The rest is in
 * tests/e2e/sharedcloud.test. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "proofs.h"

#define HEADERS 3

struct list {
	struct config_required headers[HEADERS];
	struct config config;
	struct snapshot snapshot;
	atomic_bool seen[HEADERS];
};

static void set(struct list *list, const char *const values[HEADERS])
{
	static char name[] = "X-Org";

	*list = (struct list){ .snapshot = { .references = 1 } };
	for (size_t i = 0; i < HEADERS && values[i]; i++) {
		list->headers[i] = (struct config_required){ name,
			(char *)(uintptr_t)values[i] };
		list->config.outbound_required_count++;
	}
	list->config.outbound_required = list->headers;
	list->snapshot.config = &list->config;
	list->snapshot.seen = list->seen;
}

static void test_reload(void **state)
{
	static const struct {
		const char *old[HEADERS];
		bool seen[HEADERS];
		const char *next[HEADERS];
		bool kept[HEADERS];
	} cases[] = {
		{ { "a", "b" }, { true, false }, { "a", "b" },
			{ true, false } },
		{ { "a", "b" }, { true, false }, { "b", "a", "c" },
			{ false, true, false } },
		{ { "a", "b" }, { true, true }, { "c" }, { false } },
		{ { "a" }, { true }, { "A" }, { true } },
		{ { "a" }, { true }, { "a ", "a" }, { false, true } },
		{ { NULL }, { false }, { "a" }, { false } },
	};
	struct proofs proofs = { .failed = false };
	struct list old;
	struct list next;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct arena *arena = arena_open(1 << 16);
		const bool *seen;

		assert_non_null(arena);
		set(&old, cases[i].old);
		set(&next, cases[i].next);
		for (size_t n = 0; n < HEADERS; n++)
			atomic_store(&old.seen[n], cases[i].seen[n]);
		proofs_reload(&proofs, &old.snapshot, &next.snapshot);
		seen = proofs_seen(&next.snapshot, arena);
		assert_non_null(seen);
		for (size_t n = 0; n < next.config.outbound_required_count; n++)
			if (seen[n] != cases[i].kept[n])
				fail_msg("case %zu, header %zu", i, n);
		arena_close(arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reload),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
