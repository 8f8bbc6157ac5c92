#include "decide/proof.h"

#include <openssl/evp.h>
#include <stdio.h>

#define DIGEST_SIZE ((PROOF_LINE - 1) / 2)

bool proof_names(const struct config *config, struct bytes name)
{
	for (size_t i = 0; i < config->outbound_required_count; i++)
		if (bytes_equal_nocase(
			    bytes_of(config->outbound_required[i].name), name))
			return true;
	return false;
}

/* Looks at one header. Returns false when it has a listed name, but no value
 * that is listed with it. */
static bool look_at(const struct config *config,
	const struct decide_header *header, size_t index,
	struct decide_proof *proof, bool *right)
{
	struct bytes value = bytes_trim(header->value, BYTES_FWS);
	bool listed = false;
	bool good = false;

	for (size_t i = 0; i < config->outbound_required_count; i++) {
		const struct config_required *required =
			&config->outbound_required[i];

		if (!bytes_equal_nocase(bytes_of(required->name), header->name))
			continue;
		listed = true;
		if (!bytes_equal_nocase(bytes_of(required->value), value))
			continue;
		right[i] = true;
		good = true;
	}
	if (listed && proof->found_count < DECIDE_FOUND)
		proof->found[proof->found_count] = index;
	proof->found_count += listed;
	return good || !listed;
}

int proof_find(const struct config *config,
	const struct decide_message *message, struct arena *arena,
	struct decide_proof *proof)
{
	size_t count = config->outbound_required_count;
	bool *right = arena_array(arena, count, sizeof *right);
	bool proven = false;
	bool wrong = false;

	if (!right)
		return ERR_NOMEM;
	memset(right, 0, count * sizeof *right);
	for (size_t i = 0; i < message->header_count; i++)
		wrong |=
			!look_at(config, &message->headers[i], i, proof, right);
	for (size_t i = 0; i < count; i++)
		proven |= right[i];
	if (!proven || wrong)
		return 0;
	proof->right = right;
	return 1;
}

bool proof_is_same(
	const struct config_required *a, const struct config_required *b)
{
	return bytes_equal_nocase(bytes_of(a->name), bytes_of(b->name)) &&
	       bytes_equal_nocase(bytes_of(a->value), bytes_of(b->value));
}

void proof_find_unseen(const struct config *config, const bool *seen,
	struct decide_proof *proof)
{
	for (size_t i = 0; seen && i < config->outbound_required_count; i++) {
		if (seen[i])
			continue;
		if (!proof->unseen_count++)
			proof->unseen = &config->outbound_required[i];
	}
}

/* In lower case, with the NUL behind it, which no name or value can hold. */
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
	const struct config_required *required, char line[PROOF_LINE + 1])
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	EVP_MD_CTX *hash = EVP_MD_CTX_new();
	bool good = hash && EVP_DigestInit_ex(hash, EVP_sha256(), NULL) == 1 &&
		    hash_text(hash, required->name) &&
		    hash_text(hash, required->value) &&
		    EVP_DigestFinal_ex(hash, digest, NULL) == 1;

	for (size_t i = 0; good && i < DIGEST_SIZE; i++)
		(void)snprintf(line + 2 * i, 3, "%02x", digest[i]);
	line[PROOF_LINE - 1] = '\n';
	line[PROOF_LINE] = '\0';
	EVP_MD_CTX_free(hash);
	return good ? 0 : ERR_NOMEM;
}

int proof_format(
	const struct config *config, const bool *seen, char *text, size_t *len)
{
	char line[PROOF_LINE + 1];
	int result = 0;

	*len = 0;
	for (size_t i = 0; !result && i < config->outbound_required_count;
		i++) {
		if (!seen[i])
			continue;
		result = make_line(&config->outbound_required[i], line);
		if (result < 0)
			break;
		memcpy(text + *len, line, PROOF_LINE);
		*len += PROOF_LINE;
	}
	return result;
}

static bool is_line(struct bytes line)
{
	if (line.len != PROOF_LINE - 1)
		return false;
	for (size_t i = 0; i < line.len; i++)
		if (!memchr("0123456789abcdef", line.data[i], 16))
			return false;
	return true;
}

static bool has_line(struct bytes text, const char *line)
{
	for (size_t at = 0; at < text.len; at += PROOF_LINE)
		if (!memcmp(text.data + at, line, PROOF_LINE))
			return true;
	return false;
}

int proof_parse(const struct config *config, struct bytes text, bool *seen)
{
	struct bytes rest = text;
	char line[PROOF_LINE + 1];

	memset(seen, 0, config->outbound_required_count * sizeof *seen);
	if (text.len % PROOF_LINE)
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
