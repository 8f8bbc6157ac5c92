#include "csv/duplicates.h"

#define AHEAD ((size_t)16) /* rows that are prefetched from memory */

void duplicates_drop(struct row *rows, size_t count, struct csverror *errors,
	struct rows *out)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		const struct row *first = kept ? &rows[kept - 1] : NULL;

		/* The keys are in memory in the order of the file, not of the
		 * rows. */
		if (i + AHEAD < count)
			__builtin_prefetch(rows[i + AHEAD].rule.key.data);
		if (!first || !bytes_equal(first->rule.key, rows[i].rule.key)) {
			rows[kept++] = rows[i];
		} else if (rule_same_value(
				   first->rule.value, rows[i].rule.value)) {
			out->repeated++;
		} else {
			char text[ADDRESS_TEXT_MAX];

			(void)rule_source_text(first->rule.key, text);
			csverror_add(errors, rows[i].line,
				"\"%s\" has another target in line %u; remove "
				"one of the two rows",
				text, first->line);
		}
	}
	out->count = kept;
}
