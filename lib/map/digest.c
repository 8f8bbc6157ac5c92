#include "map/digest.h"

#include <openssl/evp.h>
#include <stdlib.h>

#define BUFFER 16384

struct digest {
	EVP_MD_CTX *context;
	bool failed;
	size_t used;
	unsigned char buffer[BUFFER];
};

static void flush(struct digest *digest)
{
	if (!EVP_DigestUpdate(digest->context, digest->buffer, digest->used))
		digest->failed = true;
	digest->used = 0;
}

static void put(struct digest *digest, const char *data, size_t len)
{
	while (len) {
		size_t room = BUFFER - digest->used;
		size_t part = len < room ? len : room;

		memcpy(digest->buffer + digest->used, data, part);
		digest->used += part;
		data += part;
		len -= part;
		if (digest->used == BUFFER)
			flush(digest);
	}
}

static void put_number(struct digest *digest, uint64_t number, unsigned bytes)
{
	char text[8];

	for (unsigned i = 0; i < bytes; i++)
		text[i] = (char)(number >> (8 * i) & 0xff);
	put(digest, text, bytes);
}

static void put_lower(struct digest *digest, const char *data, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		char c = data[i];

		if (c >= 'A' && c <= 'Z')
			c = (char)(c + ('a' - 'A'));
		put(digest, &c, 1);
	}
}

struct digest *digest_open(void)
{
	static const char head[] = "readdress rules 1\n";
	struct digest *digest = calloc(1, sizeof *digest);

	if (!digest)
		return NULL;
	digest->context = EVP_MD_CTX_new();
	if (!digest->context ||
		!EVP_DigestInit_ex(digest->context, EVP_sha256(), NULL)) {
		digest_close(digest);
		return NULL;
	}
	put(digest, head, sizeof head - 1);
	return digest;
}

void digest_close(struct digest *digest)
{
	if (!digest)
		return;
	EVP_MD_CTX_free(digest->context);
	free(digest);
}

void digest_table(struct digest *digest, enum rule_table table, uint64_t rows)
{
	const char *name = rule_table_name(table);

	put(digest, name, strlen(name) + 1);
	put_number(digest, rows, 8);
}

void digest_row(struct digest *digest, const struct rule *rule)
{
	struct bytes targets = rule_value_targets(rule->value);
	const char *at = targets.data; /* what is before it was put */
	struct bytes target;

	put_number(digest, rule->key.len, 4);
	put_number(digest, rule->value.len, 4);
	put(digest, rule->key.data, rule->key.len);
	put(digest, rule->value.data, rule->value.len - targets.len);
	while (rule_next_target(&targets, &target)) {
		size_t off = rule_domain_off(target);

		if (!off) /* it has no domain */
			off = target.len;
		put(digest, at, (size_t)(target.data - at) + off);
		put_lower(digest, target.data + off, target.len - off);
		at = target.data + target.len;
	}
	put(digest, at, (size_t)(targets.data - at));
}

int digest_end(struct digest *digest, char text[DIGEST_LEN + 1])
{
	static const char digits[] = "0123456789abcdef";
	unsigned char raw[DIGEST_LEN / 2];

	flush(digest);
	if (!EVP_DigestFinal_ex(digest->context, raw, NULL) || digest->failed)
		return ERR_NOMEM;
	for (size_t i = 0; i < sizeof raw; i++) {
		text[2 * i] = digits[raw[i] >> 4];
		text[2 * i + 1] = digits[raw[i] & 15];
	}
	text[DIGEST_LEN] = '\0';
	return 0;
}

bool digest_is_whole(struct bytes text)
{
	if (bytes_equal(text, bytes_of(DIGEST_NONE)))
		return true;
	for (size_t i = 0; i < text.len; i++)
		if (!memchr("0123456789abcdef", text.data[i], 16))
			return false;
	return text.len == DIGEST_LEN;
}

bool digest_is_part(struct bytes text)
{
	for (size_t i = 0; i < text.len; i++)
		if (!memchr("0123456789abcdefABCDEF", text.data[i], 22))
			return false;
	return text.len >= DIGEST_LEAST && text.len <= DIGEST_LEN;
}

bool digest_begins(const char *digest, struct bytes part)
{
	struct bytes begin = { digest, part.len };

	return strlen(digest) >= part.len && bytes_equal_nocase(begin, part);
}
