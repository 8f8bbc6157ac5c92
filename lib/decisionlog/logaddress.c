#include "decisionlog/logaddress.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>

#include "mail/address.h"

#define HASH_DIGITS 12

/* Hashes the key of the address, so that an address has the same hash in every
 * spelling. A text that is not an address is hashed in lower-case ASCII.
 * Returns false if memory is exhausted. */
static bool hash(const struct log *log, struct bytes text,
	unsigned char digest[EVP_MAX_MD_SIZE])
{
	struct mailbox mailbox;
	char key[ADDRESS_KEY_MAX];
	int len = address_parse(text.data, text.len, &mailbox, NULL);
	char *lower;
	bool done;

	if (!len) {
		len = address_key(&mailbox, key);
		if (len > 0)
			text = (struct bytes){ key, (size_t)len };
	}
	if (len == ERR_NOMEM)
		return false;
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

size_t logaddress(
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
