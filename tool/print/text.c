#include "print/text.h"

#include "mail/address.h"

#include "base/log.h"
#include "base/precis.h"
#include "rules/rule.h"

#define CODE_POINT_MAX 12 /* "U+10FFFF", NUL */
#define CUT_BYTES      ((size_t)300)
#define SHOWN_MAX      (4 * ADDRESS_TEXT_MAX)

/* Returns the number of bytes of printable ASCII that text begins with. */
static size_t plain(struct bytes text)
{
	size_t len = 0;

	while (len < text.len && text.data[len] >= 0x20 &&
		text.data[len] < 0x7f)
		len++;
	return len;
}

/* Prints text, with U+XXXX for characters that nobody can see and \xHH for
 * bytes that are not UTF-8. row: U+XXXX also for characters that no address in
 * a rule may hold. */
static int print(FILE *file, struct bytes text, bool row)
{
	int width = 0;

	while (text.len) {
		char shown[CODE_POINT_MAX];
		struct bytes one;
		size_t len = plain(text);

		if (len) {
			if (file)
				(void)fwrite(text.data, 1, len, file);
			width += (int)len;
			text.data += len;
			text.len -= len;
			continue;
		}
		len = precis_character(text);
		one = (struct bytes){ text.data, len ? len : 1 };

		if (one.data[0] == '\t')
			(void)strcpy(shown, "\t");
		else if (row)
			(void)precis_show(one, shown, sizeof shown);
		else
			(void)precis_show_text(one, shown, sizeof shown);
		if (file)
			(void)fputs(shown, file);
		width += len && !memcmp(shown, one.data, len)
				 ? 1
				 : (int)strlen(shown);
		text.data += one.len;
		text.len -= one.len;
	}
	return width;
}

int text_print(FILE *file, struct bytes text)
{
	return print(file, text, false);
}

int text_print_row(FILE *file, struct bytes text)
{
	return print(file, text, true);
}

int text_print_cut(FILE *file, struct bytes text)
{
	size_t len = CUT_BYTES;
	int width;

	if (text.len <= CUT_BYTES)
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
