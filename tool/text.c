#include "text.h"

#include "address.h"

#include "log.h"
#include "rule.h"

#define UTF8_OCTETS 4 /* of the longest character */
#define CUT_OCTETS  ((size_t)300)
#define SHOWN_MAX   (4 * ADDRESS_TEXT_MAX)

/* C1 controls; line and paragraph separators; marks that turn writing round. */
static bool is_harmful(const char *c, size_t len)
{
	unsigned char second = (unsigned char)c[1];
	unsigned char third = len > 2 ? (unsigned char)c[2] : 0;

	if (!memcmp(c, "\xc2", 1))
		return second < 0xa0;
	if (len != 3 || memcmp(c, "\xe2", 1) != 0)
		return false;
	return (second == 0x80 && third >= 0xa8 && third <= 0xae) ||
	       (second == 0x80 && (third == 0x8e || third == 0x8f)) ||
	       (second == 0x81 && third >= 0xa6 && third <= 0xa9);
}

/* Octets of the character that text begins with, if it can be printed as it is;
 * else 0. */
static size_t printable(struct bytes text)
{
	size_t most = text.len < UTF8_OCTETS ? text.len : UTF8_OCTETS;

	if (text.data[0] == '\t' ||
		(text.data[0] >= 0x20 && text.data[0] < 0x7f))
		return 1;
	if ((unsigned char)text.data[0] < 0x80)
		return 0;
	for (size_t len = 2; len <= most; len++) {
		if (address_utf8_valid(text.data, len))
			return is_harmful(text.data, len) ? 0 : len;
	}
	return 0;
}

int text_print(FILE *file, struct bytes text)
{
	int width = 0;

	while (text.len) {
		size_t len = printable(text);

		if (len && file)
			(void)fwrite(text.data, 1, len, file);
		else if (!len && file)
			(void)fprintf(file, "\\x%02x",
				(unsigned)(unsigned char)text.data[0]);
		width += len ? 1 : 4;
		text.data += len ? len : 1;
		text.len -= len ? len : 1;
	}
	return width;
}

int text_print_cut(FILE *file, struct bytes text)
{
	size_t len = CUT_OCTETS;
	int width;

	if (text.len <= CUT_OCTETS)
		return text_print(file, text);
	while (len && ((unsigned char)text.data[len] & 0xc0) == 0x80)
		len--;
	width = text_print(file, (struct bytes){ text.data, len });
	if (file)
		(void)fputs("...", file);
	return width + 3;
}

void text_print_header(
	FILE *file, const char *prefix, struct bytes name, struct bytes value)
{
	(void)fputs(prefix, file);
	(void)text_print(file, name);
	(void)fputc(':', file);
	for (;;) {
		const char *end =
			value.len ? memchr(value.data, '\n', value.len) : NULL;
		struct bytes line = { value.data,
			end ? (size_t)(end - value.data) : value.len };

		value.data += line.len;
		value.len -= line.len;
		if (end && line.len && line.data[line.len - 1] == '\r')
			line.len--;
		(void)text_print(file, line);
		(void)fputc('\n', file);
		if (!end)
			return;
		value.data++;
		value.len--;
		(void)fputs(prefix, file);
	}
}

void text_print_address(FILE *file, struct bytes address)
{
	char shown[SHOWN_MAX];

	(void)log_escape(address, shown, sizeof shown);
	(void)fprintf(file, "<%s>", shown);
}

void text_print_addresses(FILE *file, struct bytes addresses)
{
	struct bytes one;
	const char *comma = "";

	while (rule_next_target(&addresses, &one)) {
		(void)fputs(comma, file);
		text_print_address(file, one);
		comma = ",";
	}
}

bool text_holds_utf8(struct bytes text)
{
	for (size_t i = 0; i < text.len; i++) {
		if ((unsigned char)text.data[i] > 0x7f)
			return address_utf8_valid(text.data, text.len);
	}
	return false;
}
