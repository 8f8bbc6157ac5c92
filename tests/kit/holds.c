#include "kit/holds.h"

char *holds_block(const char *data, size_t len)
{
	char *block = malloc(len ? len : 1);

	HOLDS(block);
	if (len)
		memcpy(block, data, len);
	return block;
}
