#include "mail/splice.h"

#include "base/error.h"

/* A value that is being written. */
struct output {
	char *data;
	size_t used;
	size_t *elements; /* where each element begins in data */
};

/* Returns the length of a line without its line break. end is the place of its
 * LF, or len. */
static size_t line_len(const char *data, size_t len, size_t begin, size_t end)
{
	if (end < len && end > begin && data[end - 1] == '\r')
		end--;
	return end - begin;
}

static size_t find_lf(const char *data, size_t from, size_t len)
{
	const char *lf =
		from < len ? memchr(data + from, '\n', len - from) : NULL;

	return lf ? (size_t)(lf - data) : len;
}

/* Writes the value with the edits, and where each element begins in it. */
static void replace(const struct splice *splice, struct output *out)
{
	size_t in = 0;
	size_t element = 0;

	for (size_t i = 0; i <= splice->change_count; i++) {
		bool last = i == splice->change_count;
		size_t stop =
			last ? splice->value.len : splice->edits[i].span.off;

		for (; element < splice->element_count &&
			splice->elements[element] <= stop;
			element++)
			out->elements[element] =
				out->used + splice->elements[element] - in;
		memcpy(out->data + out->used, splice->value.data + in,
			stop - in);
		out->used += stop - in;
		if (last)
			break;
		if (splice->edits[i].text.len)
			memcpy(out->data + out->used,
				splice->edits[i].text.data,
				splice->edits[i].text.len);
		out->used += splice->edits[i].text.len;
		in = stop + splice->edits[i].span.len;
	}
}

/* Reads the lines of the old value while those of the new one are read. */
struct old_lines {
	const struct splice *splice;
	size_t edit;
	size_t in;   /* offset in the old value */
	size_t line; /* where that old line begins */
};

/*
 * True if one of the old lines that became the next new line was longer than
 * limit. A new line ends where an old line ends outside of the edits.
 */
static bool old_line_was_long(struct old_lines *old, size_t limit)
{
	const struct splice *splice = old->splice;
	bool was_long = false;

	for (;;) {
		size_t lf =
			find_lf(splice->value.data, old->in, splice->value.len);
		size_t prefix = old->line ? 0 : splice->name.len + 1;

		if (prefix + line_len(splice->value.data, splice->value.len,
				     old->line, lf) >
			limit)
			was_long = true;
		while (old->edit < splice->change_count &&
			splice->edits[old->edit].span.off +
					splice->edits[old->edit].span.len <=
				lf)
			old->edit++;
		old->in = lf + 1;
		old->line = lf + 1;
		if (lf >= splice->value.len ||
			old->edit == splice->change_count ||
			splice->edits[old->edit].span.off > lf)
			return was_long;
	}
}

static bool is_blank(const char *data, size_t begin, size_t end)
{
	for (size_t i = begin; i < end; i++)
		if (data[i] != ' ' && data[i] != '\t')
			return false;
	return true;
}

/* Breaks the line from begin to end at its elements. Returns false if that does
 * not make it short enough. *element is the first element at or after begin. */
static bool fold_line(const struct splice *splice, const struct output *from,
	size_t begin, size_t end, size_t *element, struct output *to)
{
	size_t prefix = begin ? 0 : splice->name.len + 1;
	size_t len = line_len(from->data, from->used, begin, end);

	while (prefix + len > SPLICE_LINE_MAX) {
		size_t best = 0;
		size_t next = *element;
		bool found = false;

		for (; next < splice->element_count &&
			from->elements[next] < end &&
			prefix + from->elements[next] - begin <=
				SPLICE_LINE_MAX;
			next++)
			/* The first line has the name before it; no other line
			 * may be blank. */
			if (prefix > 1 || !is_blank(from->data, begin,
						  from->elements[next])) {
				best = from->elements[next];
				found = true;
			}
		if (!found)
			return false;
		memcpy(to->data + to->used, from->data + begin, best - begin);
		to->used += best - begin;
		if (splice->crlf)
			to->data[to->used++] = '\r';
		to->data[to->used++] = '\n';
		to->data[to->used++] = ' ';
		len -= best - begin;
		begin = best;
		prefix = 1;
		*element = next;
	}
	memcpy(to->data + to->used, from->data + begin, end - begin);
	to->used += end - begin;
	return true;
}

/* Copies a value line by line and folds the lines that are too long. */
static bool fold(const struct splice *splice, const struct output *from,
	struct output *to)
{
	struct old_lines old = { splice, 0, 0, 0 };
	size_t element = 0;

	for (size_t begin = 0; begin <= from->used;) {
		size_t end = find_lf(from->data, begin, from->used);
		size_t prefix = begin ? 0 : splice->name.len + 1;
		bool was_long = old_line_was_long(&old, SPLICE_LINE_MAX);

		while (element < splice->element_count &&
			from->elements[element] <= begin && begin)
			element++;
		if (was_long ||
			prefix + line_len(from->data, from->used, begin, end) <=
				SPLICE_LINE_MAX) {
			memcpy(to->data + to->used, from->data + begin,
				end - begin);
			to->used += end - begin;
		} else if (!fold_line(splice, from, begin, end, &element, to)) {
			return false;
		}
		if (end < from->used)
			to->data[to->used++] = '\n';
		begin = end + 1;
		while (element < splice->element_count &&
			from->elements[element] < begin)
			element++;
	}
	return true;
}

int splice_apply(const struct splice *splice, struct arena *arena,
	struct arena *scratch, struct bytes *value, enum splice_limit *limit)
{
	struct output plain = { NULL, 0, NULL };
	struct output folded = { NULL, 0, NULL };
	size_t size = splice->value.len;
	size_t removed = 0;

	for (size_t i = 0; i < splice->change_count; i++) {
		size += splice->edits[i].text.len;
		removed += splice->edits[i].span.len;
	}
	size -= removed;
	plain.data = arena_bytes(scratch, size + 1);
	plain.elements =
		arena_array(scratch, splice->element_count, sizeof(size_t));
	folded.data =
		arena_bytes(scratch, size + 3 * splice->element_count + 1);
	if (!plain.data || !plain.elements || !folded.data)
		return ERR_NOMEM;
	replace(splice, &plain);
	if (!fold(splice, &plain, &folded)) {
		*limit = SPLICE_LINE;
		return 0;
	}
	if (folded.used > splice->value.len &&
		splice->name.len + 1 + folded.used > SPLICE_HEADER_MAX) {
		*limit = SPLICE_HEADER;
		return 0;
	}
	value->data = arena_copy(arena, folded.data, folded.used);
	value->len = folded.used;
	return value->data ? 1 : ERR_NOMEM;
}
