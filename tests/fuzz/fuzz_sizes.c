/* What next hops say of the largest message, and the file that keeps it: what
 * is read can be written, and is read again as the same. */
#include "fuzz.h"
#include "probe/probe.h"
#include "routing/hopsizes.h"

#define NOW INT64_C(1795273740)

static void read_again(struct arena *arena, const struct hopsizes *sizes)
{
	struct hopsizes again;
	char *text = NULL;
	size_t len = 0;

	FUZZ_CHECK(!hopsizes_format(sizes, &text, &len));
	FUZZ_CHECK(!hopsizes_parse((struct bytes){ text, len }, "sizes", NOW,
		arena, &again, NULL));
	FUZZ_CHECK(again.count == sizes->count);
	for (size_t i = 0; i < again.count; i++) {
		FUZZ_CHECK(bytes_equal(
			again.list[i].nexthop, sizes->list[i].nexthop));
		FUZZ_CHECK(bytes_equal(
			again.list[i].domain, sizes->list[i].domain));
		FUZZ_CHECK(again.list[i].bytes == sizes->list[i].bytes);
		FUZZ_CHECK(again.list[i].time == sizes->list[i].time);
	}
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *block = holds_block((const char *)data, size);
	struct bytes text = { block, size };
	struct arena *arena = arena_open(64 << 20);
	struct error error = { .text = "" };
	struct hopsizes sizes;
	uint64_t bytes;
	int result;

	FUZZ_CHECK(arena);
	FUZZ_CHECK(probe_read_size(text, &bytes) == (bytes > 0));
	(void)probe_classify(450, text);
	(void)probe_classify(550, text);
	result = hopsizes_parse(text, "sizes", NOW, arena, &sizes, &error);
	FUZZ_CHECK(result == 0 || result == ERR_BAD);
	FUZZ_CHECK(!result == !*error.text);
	if (!result) {
		FUZZ_CHECK(sizes.count <= HOPSIZES_MAX);
		FUZZ_CHECK(!sizes.count == !hopsizes_largest(&sizes));
		read_again(arena, &sizes);
	}
	arena_close(arena);
	free(block);
	return 0;
}
