#include "state/required.h"

#include <openssl/evp.h>
#include <stdio.h>

#define DIGEST_SIZE ((REQUIRED_LINE - 1) / 2)

/* Hashes text in lower case, with its NUL, which tells name and value apart. */
static bool hash_text(EVP_MD_CTX *hash, const char *text)
{
	bool good = true;

	do {
		char lower = *text;

		if (lower >= 'A' && lower <= 'Z')
			lower = (char)(lower - 'A' + 'a');
		good = good && EVP_DigestUpdate(hash, &lower, 1) == 1;
	} while (*text++);
	return good;
}

static int make_line(
	const struct config_required *required, char line[REQUIRED_LINE + 1])
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	EVP_MD_CTX *hash = EVP_MD_CTX_new();
	bool good = hash && EVP_DigestInit_ex(hash, EVP_sha256(), NULL) == 1 &&
		    hash_text(hash, required->name) &&
		    hash_text(hash, required->value) &&
		    EVP_DigestFinal_ex(hash, digest, NULL) == 1;

	for (size_t i = 0; good && i < DIGEST_SIZE; i++)
		(void)snprintf(line + 2 * i, 3, "%02x", digest[i]);
	line[REQUIRED_LINE - 1] = '\n';
	line[REQUIRED_LINE] = '\0';
	EVP_MD_CTX_free(hash);
	return good ? 0 : ERR_NOMEM;
}

int required_format(
	const struct config *config, const bool *seen, char *text, size_t *len)
{
	char line[REQUIRED_LINE + 1];
	int result = 0;

	*len = 0;
	for (size_t i = 0; !result && i < config->outbound_required_count;
		i++) {
		if (!seen[i])
			continue;
		result = make_line(&config->outbound_required[i], line);
		if (result < 0)
			break;
		memcpy(text + *len, line, REQUIRED_LINE);
		*len += REQUIRED_LINE;
	}
	return result;
}

static bool is_line(struct bytes line)
{
	if (line.len != REQUIRED_LINE - 1)
		return false;
	for (size_t i = 0; i < line.len; i++)
		if (!memchr("0123456789abcdef", line.data[i], 16))
			return false;
	return true;
}

static bool has_line(struct bytes text, const char *line)
{
	for (size_t at = 0; at < text.len; at += REQUIRED_LINE)
		if (!memcmp(text.data + at, line, REQUIRED_LINE))
			return true;
	return false;
}

int required_parse(const struct config *config, struct bytes text, bool *seen)
{
	struct bytes rest = text;
	char line[REQUIRED_LINE + 1];

	memset(seen, 0, config->outbound_required_count * sizeof *seen);
	if (text.len % REQUIRED_LINE)
		return ERR_BAD;
	while (rest.len)
		if (!is_line(bytes_cut(&rest, '\n')))
			return ERR_BAD;
	for (size_t i = 0; i < config->outbound_required_count; i++) {
		int result = make_line(&config->outbound_required[i], line);

		if (result < 0)
			return result;
		seen[i] = has_line(text, line);
	}
	return 0;
}
