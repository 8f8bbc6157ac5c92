/*
 * queuefile: every line of what postcat prints is told once, and what is told
 * lies in the text.
 */
#include "fuzz.h"
#include "postfix/queuefile.h"

static void check_within(struct bytes part, const uint8_t *data, size_t size)
{
	const char *start = (const char *)data;

	if (!part.len)
		return;
	FUZZ_CHECK(part.data >= start && part.len <= size);
	FUZZ_CHECK((size_t)(part.data - start) <= size - part.len);
	FUZZ_CHECK(!memchr(part.data, '\n', part.len));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct queuefile file = { .rest = { (const char *)data, size } };
	struct queuefile_line line;
	size_t breaks = size && data[size - 1] != '\n';
	size_t lines = 0;

	for (size_t i = 0; i < size; i++)
		breaks += data[i] == '\n';
	while (queuefile_next(&file, &line)) {
		lines++;
		check_within(line.text, data, size);
		check_within(line.original, data, size);
		FUZZ_CHECK(!line.original.len ||
			   line.kind == QUEUEFILE_RECIPIENT ||
			   line.kind == QUEUEFILE_CANCELED ||
			   line.kind == QUEUEFILE_DONE);
		FUZZ_CHECK(line.kind != QUEUEFILE_FILE || !line.text.len ||
			   !memchr(line.text.data, '/', line.text.len));
	}
	FUZZ_CHECK(lines == breaks);
	return 0;
}
