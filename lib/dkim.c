#include "dkim.h"

/* Cuts what stands before the next separator from *rest. */
static bool cut(struct bytes *rest, char separator, struct bytes *part)
{
	const char *end;

	if (!rest->len)
		return false;
	end = memchr(rest->data, separator, rest->len);
	part->data = rest->data;
	part->len = end ? (size_t)(end - rest->data) : rest->len;
	rest->data += part->len + (end ? 1 : 0);
	rest->len -= part->len + (end ? 1 : 0);
	return true;
}

bool dkim_is_signature(struct bytes name)
{
	return bytes_equal_nocase(name, bytes_of("DKIM-Signature")) ||
	       bytes_equal_nocase(name, bytes_of("ARC-Message-Signature"));
}

struct bytes dkim_tag(struct bytes signature, const char *tag)
{
	struct bytes part;

	/* tag-list = tag-spec *( ";" tag-spec ), RFC 6376 section 3.2 */
	while (cut(&signature, ';', &part)) {
		struct bytes value = part;
		struct bytes name;

		if (!cut(&value, '=', &name) || name.len == part.len)
			continue;
		if (bytes_equal(bytes_trim(name, BYTES_FWS), bytes_of(tag)))
			return bytes_trim(value, BYTES_FWS);
	}
	return (struct bytes){ NULL, 0 };
}

size_t dkim_covers(struct bytes signature, struct bytes name)
{
	struct bytes names = dkim_tag(signature, "h");
	struct bytes part;
	size_t count = 0;

	while (cut(&names, ':', &part))
		if (bytes_equal_nocase(bytes_trim(part, BYTES_FWS), name))
			count++;
	return count;
}
