#include "decide/proof.h"

bool proof_names(const struct config *config, struct bytes name)
{
	for (size_t i = 0; i < config->outbound_required_count; i++)
		if (bytes_equal_nocase(
			    bytes_of(config->outbound_required[i].name), name))
			return true;
	return false;
}

/* Looks at one header. Returns false if it has a listed name, but not a value
 * that is listed with this name. */
static bool look_at(const struct config *config,
	const struct decide_header *header, size_t index,
	struct decision_proof *proof, bool *right)
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
	if (listed && proof->found_count < DECISION_FOUND)
		proof->found[proof->found_count] = index;
	proof->found_count += listed;
	return good || !listed;
}

int proof_find(const struct config *config,
	const struct decide_message *message, struct arena *arena,
	struct decision_proof *proof)
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
	struct decision_proof *proof)
{
	for (size_t i = 0; seen && i < config->outbound_required_count; i++) {
		if (seen[i])
			continue;
		if (!proof->unseen_count++)
			proof->unseen = &config->outbound_required[i];
	}
}
