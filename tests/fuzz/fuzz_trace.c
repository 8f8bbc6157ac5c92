/* trace: a log in which each line may be anything. What is told lies within the
 * lines, and asking again for a queue ID that was told finds it. */
#include "fuzz.h"
#include "trace/trace.h"

static const struct story *const *read_log(
	struct trace *trace, struct bytes text, size_t *count)
{
	do {
		struct bytes rest = text;

		while (rest.len) {
			struct bytes line = bytes_cut(&rest, '\n');
			char copy[512];

			if (line.len >= sizeof copy)
				line.len = sizeof copy - 1;
			memcpy(copy, line.data, line.len);
			copy[line.len] = '\0';
			line.data = copy;
			if (trace_line(trace, line)) {
				*count = 0;
				return NULL;
			}
		}
	} while (trace_again(trace));
	return trace_stories(trace, count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes text = { (const char *)data, size };
	struct trace *trace;
	const struct story *const *stories;
	size_t count;

	if (trace_open(&trace, "bob@old.example", NULL))
		return 0;
	stories = read_log(trace, text, &count);
	for (size_t i = 0; stories && i < count; i++) {
		struct trace *again;
		char id[32];
		size_t found;

		FUZZ_CHECK(stories[i]->queue_id.len < sizeof id);
		memcpy(id, stories[i]->queue_id.data, stories[i]->queue_id.len);
		id[stories[i]->queue_id.len] = '\0';
		for (const struct story_address *address =
				stories[i]->rewritten;
			address; address = address->next) {
			struct bytes rest = address->new;
			struct bytes one;

			while (story_next_address(&rest, &one))
				FUZZ_CHECK(one.len <= address->new.len);
		}
		if (!strcmp(id, "NOQUEUE") || trace_open(&again, id, NULL))
			continue;
		(void)read_log(again, text, &found);
		FUZZ_CHECK(found > 0);
		trace_close(again);
	}
	trace_close(trace);
	return 0;
}
