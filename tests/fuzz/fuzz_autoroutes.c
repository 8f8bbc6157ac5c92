/* autoroutes: a file that is read can be written, and is the same again. */
#include "fuzz.h"
#include "routing/autoroutes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *block = holds_block((const char *)data, size);
	struct bytes text = { block, size };
	struct error error = { .text = "" };
	struct autoroutes *read = NULL;
	char *written = NULL;
	size_t len = 0;
	int result = autoroutes_parse(text, &read, &error);

	FUZZ_CHECK(result == 0 || result == ERR_BAD);
	FUZZ_CHECK(!result == !*error.text && !result == (read != NULL));
	if (read) {
		FUZZ_CHECK(!autoroutes_format(read, &written, &len));
		FUZZ_CHECK(len <= AUTOROUTES_MAX);
		FUZZ_CHECK(bytes_equal(text, (struct bytes){ written, len }));
		for (size_t i = 0; i < autoroutes_count(read); i++) {
			const struct autoroute *one = autoroutes_at(read, i);
			struct autoroute new;

			FUZZ_CHECK(autoroutes_find(read, one->domain) == one);
			/* Whatever DNS says then, it can be noted again. */
			for (int seen = AUTOROUTES_BEST;
				seen <= AUTOROUTES_NO_ANSWER; seen++) {
				FUZZ_CHECK(autoroutes_judge(one, one->domain,
					(enum autoroutes_seen)seen, i & 1,
					1795273740, &new));
				FUZZ_CHECK(!autoroutes_put(read, &new));
			}
		}
	}
	free(written);
	autoroutes_close(read);
	free(block);
	return 0;
}
