#include "message/signatures.h"

#include "mail/dkim.h"

/* A name of headers that are edited. There are at most as many as the
 * configuration lists. */
struct edited {
	struct bytes name;
	size_t from_bottom; /* of the lowest one: a signature that covers any
			       of them covers it */
};

struct edits {
	struct edited *names;
	size_t count;
};

static struct edited *find_name(const struct edits *edits, struct bytes name)
{
	for (size_t i = 0; i < edits->count; i++) {
		if (bytes_equal_nocase(edits->names[i].name, name))
			return &edits->names[i];
	}
	return NULL;
}

static int find_edits(const struct decide_message *message,
	const struct decision *decision, struct arena *arena,
	struct edits *edits)
{
	edits->count = 0;
	edits->names = arena_array(
		arena, decision->header_count, sizeof *edits->names);
	if (!edits->names)
		return ERR_NOMEM;
	for (size_t i = 0; i < decision->header_count; i++) {
		const struct decision_header_edit *edit = &decision->headers[i];
		struct bytes name = message->headers[edit->index].name;
		struct edited *edited = find_name(edits, name);

		if (!edited) {
			edited = &edits->names[edits->count++];
			edited->name = name;
		}
		edited->from_bottom = edit->from_bottom;
	}
	return 0;
}

static int judge(const struct decide_header *header, const struct edits *edits,
	struct arena *arena, struct signature *signature)
{
	signature->name = header->name;
	signature->domain = dkim_tag(header->value, "d");
	signature->selector = dkim_tag(header->value, "s");
	signature->covered_count = 0;
	signature->covered =
		arena_array(arena, edits->count, sizeof *signature->covered);
	if (!signature->covered)
		return ERR_NOMEM;
	for (size_t i = 0; i < edits->count; i++) {
		const struct edited *name = &edits->names[i];

		if (dkim_covers(header->value, name->name) >= name->from_bottom)
			signature->covered[signature->covered_count++] =
				name->name;
	}
	return 0;
}

int signatures_find(const struct decide_message *message,
	const struct decision *decision, struct arena *arena,
	struct signatures *signatures)
{
	struct edits edits;
	size_t count = 0;
	int code = find_edits(message, decision, arena, &edits);

	for (size_t i = 0; i < message->header_count; i++)
		count += dkim_is_signature(message->headers[i].name);
	signatures->count = 0;
	signatures->items =
		arena_array(arena, count, sizeof *signatures->items);
	if (!signatures->items)
		return ERR_NOMEM;
	for (size_t i = 0; !code && i < message->header_count; i++) {
		if (dkim_is_signature(message->headers[i].name))
			code = judge(&message->headers[i], &edits, arena,
				&signatures->items[signatures->count++]);
	}
	return code;
}
