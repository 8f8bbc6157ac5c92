#include "postfix/regexptable.h"

#include <unicase.h>
#include <unistr.h>

#include "mail/address.h"

#define NAMES_A_LINE 50 /* that a pattern has at most */

void regexptable_put_text(FILE *file, struct bytes text)
{
	const uint8_t *at = (const uint8_t *)text.data;
	const uint8_t *end = at + text.len;

	while (at < end) {
		ucs4_t c;
		uint8_t upper[6];
		int len = u8_mbtouc(&c, at, (size_t)(end - at));
		int upper_len = u8_uctomb(upper, uc_toupper(c), sizeof upper);

		if (c == '.')
			(void)fputs("[.]", file);
		else if (c && c < 0x80 && strchr("/\\^$*+?()[]{}|", (int)c))
			(void)fprintf(file, "\\%c", (char)c);
		else if (c < 0x80 || upper_len < 0 || uc_toupper(c) == c)
			(void)fwrite(at, 1, (size_t)len, file);
		else
			(void)fprintf(file, "(%.*s|%.*s)", len,
				(const char *)at, upper_len,
				(const char *)upper);
		at += len;
	}
}

static void put_escaped(FILE *file, struct bytes name, bool below)
{
	if (below)
		(void)fputs("[^@]+[.]", file);
	regexptable_put_text(file, name);
}

int regexptable_put_domain(FILE *file, struct bytes domain)
{
	char text[ADDRESS_TEXT_MAX];
	bool below = bytes_take(&domain, "*.");
	int len = address_domain_unicode(domain, text);

	put_escaped(file, domain, below);
	if (len <= 0)
		return len;
	(void)fputc('|', file);
	put_escaped(file, (struct bytes){ text, (size_t)len }, below);
	return 0;
}

int regexptable_put(FILE *file, const char *front, const struct bytes *domains,
	size_t count, struct bytes result)
{
	int failed = 0;

	for (size_t i = 0; !failed && i < count; i++) {
		size_t in_line = i % NAMES_A_LINE;

		if (!in_line)
			(void)fprintf(file, "%s{/%s(", i ? ", " : "", front);
		else
			(void)fputc('|', file);
		failed = regexptable_put_domain(file, domains[i]);
		if (in_line + 1 == NAMES_A_LINE || i + 1 == count)
			(void)fprintf(file, ")$$/ %.*s}", (int)result.len,
				result.data);
	}
	return failed;
}
