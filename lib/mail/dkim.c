#include "mail/dkim.h"

bool dkim_is_signature(struct bytes name)
{
	return bytes_equal_nocase(name, bytes_of("DKIM-Signature")) ||
	       bytes_equal_nocase(name, bytes_of("ARC-Message-Signature"));
}

struct bytes dkim_tag(struct bytes signature, const char *tag)
{
	/* tag-list = tag-spec *( ";" tag-spec ), RFC 6376 section 3.2 */
	while (signature.len) {
		struct bytes value = bytes_cut(&signature, ';');
		size_t len = value.len;
		struct bytes name = bytes_cut(&value, '=');

		if (name.len == len) /* no "=" */
			continue;
		if (bytes_equal(bytes_trim(name, BYTES_FWS), bytes_of(tag)))
			return bytes_trim(value, BYTES_FWS);
	}
	return (struct bytes){ NULL, 0 };
}

size_t dkim_covers(struct bytes signature, struct bytes name)
{
	struct bytes names = dkim_tag(signature, "h");
	size_t count = 0;

	while (names.len)
		count += bytes_equal_nocase(
			bytes_trim(bytes_cut(&names, ':'), BYTES_FWS), name);
	return count;
}
