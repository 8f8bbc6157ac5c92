#include "convert/encoding.h"

static uint32_t unit(struct bytes text, size_t at, bool big)
{
	unsigned char first = (unsigned char)text.data[at];
	unsigned char second = (unsigned char)text.data[at + 1];

	return big ? (uint32_t)(first << 8 | second)
		   : (uint32_t)(second << 8 | first);
}

static size_t put(char *out, uint32_t c)
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (char)(0xc0 | c >> 6);
		out[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (char)(0xe0 | c >> 12);
		out[1] = (char)(0x80 | (c >> 6 & 0x3f));
		out[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | c >> 18);
	out[1] = (char)(0x80 | (c >> 12 & 0x3f));
	out[2] = (char)(0x80 | (c >> 6 & 0x3f));
	out[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

/* Reads the character at *at, and moves *at behind it. */
static uint32_t next(struct bytes text, size_t *at, bool big)
{
	uint32_t c = unit(text, *at, big);
	uint32_t low;

	*at += 2;
	if (c < 0xd800 || c > 0xdfff)
		return c;
	if (c > 0xdbff || *at + 2 > text.len)
		return 0xfffd;
	low = unit(text, *at, big);
	if (low < 0xdc00 || low > 0xdfff)
		return 0xfffd;
	*at += 2;
	return 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
}

int encoding_decode(
	struct bytes *text, struct arena *arena, struct error *error)
{
	bool big = bytes_take(text, "\xfe\xff");
	size_t used = 0;
	size_t at = 0;
	char *out;

	if (!big && !bytes_take(text, "\xff\xfe")) {
		(void)bytes_take(text, "\xef\xbb\xbf");
		return 0;
	}
	/* A unit of two bytes becomes three at most. */
	out = arena_array(arena, text->len / 2 + 1, 3);
	if (!out)
		return error_set(error, ERR_NOMEM, "out of memory");
	while (at + 2 <= text->len)
		used += put(out + used, next(*text, &at, big));
	if (at < text->len)
		used += put(out + used, 0xfffd);
	*text = (struct bytes){ out, used };
	return 0;
}
