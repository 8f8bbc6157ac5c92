#include "base/log.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <syslog.h>

#include "mail/address.h"

#define HASH_DIGITS 12

static int priority_of(enum config_log_level level)
{
	switch (level) {
	case LEVEL_ERROR:
		return LOG_ERR;
	case LEVEL_WARNING:
		return LOG_WARNING;
	case LEVEL_INFO:
		return LOG_INFO;
	case LEVEL_DEBUG:
		return LOG_DEBUG;
	default:
		return LOG_ERR;
	}
}

void log_line(const struct log *log, enum config_log_level level,
	const char *format, ...)
{
	char line[LOGSINK_LINE + 1];
	size_t len;
	va_list args;
	int n;

	if (level > log->level || !log->sink)
		return;
	va_start(args, format);
	n = vsnprintf(line, sizeof line, format, args);
	va_end(args);
	if (n < 0)
		return;
	len = (size_t)n < sizeof line ? (size_t)n : sizeof line - 1;
	/* One call is one line, whatever was in it. */
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)line[i] < ' ' || line[i] == 0x7f)
			line[i] = '?';
	logsink_line(log->sink, log->target, LOG_MAIL | priority_of(level),
		line, len);
}

size_t log_escape(struct bytes text, char *out, size_t size)
{
	static const char hex[] = "0123456789ABCDEF";
	size_t used = 0;

	if (!size)
		return 0;
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.data[i];

		if (c < ' ' || c > '~' || c == '\\' || c == '<' || c == '>') {
			if (size - used < 5)
				break;
			out[used++] = '\\';
			out[used++] = 'x';
			out[used++] = hex[c >> 4];
			out[used++] = hex[c & 15];
		} else {
			if (size - used < 2)
				break;
			out[used++] = (char)c;
		}
	}
	out[used] = '\0';
	return used;
}

/* Of the address's key, so that one address has one hash, however it is spelt;
 * of the text in lower-case ASCII where it is no address. */
static bool hash(const struct log *log, struct bytes text,
	unsigned char digest[EVP_MAX_MD_SIZE])
{
	struct mailbox mailbox;
	char key[ADDRESS_KEY_MAX];
	int len = address_parse(text.data, text.len, &mailbox, NULL);
	char *lower;
	bool done;

	if (!len)
		len = address_key(&mailbox, key);
	if (len == ERR_NOMEM)
		return false;
	if (len > 0)
		text = (struct bytes){ key, (size_t)len };
	lower = malloc(text.len);
	if (!lower)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		char c = text.data[i];

		lower[i] = c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
	}
	done = HMAC(EVP_sha256(), log->key, LOG_HASH_KEY,
		(const unsigned char *)lower, text.len, digest, NULL);
	free(lower);
	return done;
}

size_t log_address(
	const struct log *log, struct bytes address, char *out, size_t size)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	char digits[HASH_DIGITS + 1];

	if (log->addresses || !address.len)
		return log_escape(address, out, size);
	if (!hash(log, address, digest))
		return log_escape(bytes_of("?"), out, size);
	for (size_t i = 0; i < HASH_DIGITS / 2; i++)
		(void)snprintf(digits + 2 * i, 3, "%02x", digest[i]);
	return log_escape(bytes_of(digits), out, size);
}
