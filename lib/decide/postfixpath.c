#include "decide/postfixpath.h"

struct bytes postfixpath_address(const char *argument)
{
	struct bytes text = bytes_of(argument);
	const char *colon;

	if (text.len >= 2 && text.data[0] == '<' &&
		text.data[text.len - 1] == '>') {
		text.data++;
		text.len -= 2;
	}
	if (!text.len || *text.data != '@')
		return text;
	colon = memchr(text.data, ':', text.len);
	if (colon) {
		text.len -= (size_t)(colon + 1 - text.data);
		text.data = colon + 1;
	}
	return text;
}
