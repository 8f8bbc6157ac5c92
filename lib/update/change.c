#include "update/change.h"

#include <inttypes.h>
#include <stdio.h>

int edit_count(struct edit_result *result, enum edit_change change,
	struct bytes key, struct bytes value, struct error *error)
{
	enum rule_kind kind = rule_value_kind(value);

	if (kind >= RULE_KINDS)
		return error_set(error, ERR_BAD,
			"%.*s has a value of no known kind", (int)key.len,
			key.data);
	result->counts[change]++;
	result->by_kind[change][kind]++;
	return 0;
}

static size_t describe_kind(char *text, size_t size, uint64_t number,
	unsigned kind, const char *verb, bool first)
{
	int len = snprintf(text, size, "%s%" PRIu64 " %s%s %s",
		first ? "" : ", ", number, rule_kind_name((enum rule_kind)kind),
		number == 1 ? "" : "s", verb);

	return (size_t)len < size ? (size_t)len : size - 1;
}

void edit_describe(const struct edit_result *result, enum rule_table table,
	char *text, size_t size)
{
	static const struct {
		enum edit_change change;
		const char *verb;
	} verbs[] = { { EDIT_NEW, "added" }, { EDIT_CHANGED, "changed" },
		{ EDIT_DELETED, "deleted" } };
	size_t start =
		(size_t)snprintf(text, size, "%s: ", rule_table_name(table));
	size_t at = start;

	for (size_t v = 0; v < sizeof verbs / sizeof *verbs; v++) {
		for (unsigned k = 0; k < RULE_KINDS; k++) {
			uint64_t number = result->by_kind[verbs[v].change][k];

			if (number)
				at += describe_kind(text + at, size - at,
					number, k, verbs[v].verb, at == start);
		}
	}
	if (at == start)
		(void)snprintf(text + at, size - at, "no change");
}
