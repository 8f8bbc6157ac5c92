/* header: the lexer tiles, the finder keeps its promises. */
#include "fuzz.h"
#include "kit/headerkit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *block = holds_block((const char *)data, size);
	struct bytes value = { block, size };

	(void)headerkit_tiles(value);
	(void)headerkit_elements(value);
	free(block);
	return 0;
}
