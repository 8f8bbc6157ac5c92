#include "signatures.h"

#include "dkim.h"

/* A name of headers that were edited. There are as few as the configuration
 * lists. */
struct edited {
	struct bytes name;
	size_t below;  /* instances of it so far, from the last one upwards, as
			  signatures count (RFC 6376 section 5.4.2) */
	size_t lowest; /* one that was edited, counted so */
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

/* A signature covers instances from the last one upwards, so that of each name
 * the lowest one that was edited decides. */
static int find_edits(const struct decide_message *message,
	const struct decision *decision, struct arena *arena,
	struct edits *edits)
{
	size_t next = decision->header_count;

	edits->count = 0;
	edits->names = arena_alloc(
		arena, (decision->header_count + 1) * sizeof *edits->names);
	if (!edits->names)
		return ERR_NOMEM;
	for (size_t i = 0; i < decision->header_count; i++) {
		struct bytes name =
			message->headers[decision->headers[i].index].name;

		if (!find_name(edits, name))
			edits->names[edits->count++] =
				(struct edited){ name, 0, 0 };
	}
	for (size_t i = message->header_count; i-- > 0;) {
		struct edited *name =
			find_name(edits, message->headers[i].name);

		if (!name)
			continue;
		name->below++;
		if (next && decision->headers[next - 1].index == i) {
			next--;
			if (!name->lowest)
				name->lowest = name->below;
		}
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
	signature->covered = arena_alloc(
		arena, (edits->count + 1) * sizeof *signature->covered);
	if (!signature->covered)
		return ERR_NOMEM;
	for (size_t i = 0; i < edits->count; i++) {
		const struct edited *name = &edits->names[i];

		if (dkim_covers(header->value, name->name) >= name->lowest)
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
		arena_alloc(arena, (count + 1) * sizeof *signatures->items);
	if (!signatures->items)
		return ERR_NOMEM;
	for (size_t i = 0; !code && i < message->header_count; i++) {
		if (dkim_is_signature(message->headers[i].name))
			code = judge(&message->headers[i], &edits, arena,
				&signatures->items[signatures->count++]);
	}
	return code;
}
