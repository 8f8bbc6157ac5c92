#include "update/change.h"

#include <inttypes.h>
#include <stdio.h>

bool change_in_domains(
	const struct bytes *domains, size_t count, struct bytes key)
{
	struct bytes domain = rule_key_domain(key);

	for (size_t i = 0; i < count; i++)
		if (bytes_equal(domains[i], domain))
			return true;
	return !count;
}

bool change_concerns(const struct change *change, struct bytes key)
{
	return change_in_scope(change->scope, key) &&
	       change_in_domains(change->domains, change->domain_count, key);
}

int change_count(struct change_result *result, enum change_kind kind,
	struct bytes key, struct bytes value, struct error *error)
{
	enum rule_kind rule_kind = rule_value_kind(value);

	if (rule_kind >= RULE_KINDS)
		return error_set(error, ERR_BAD,
			"the map is damaged: %.*s has a value of an unknown "
			"kind",
			(int)key.len, key.data);
	result->counts[kind]++;
	result->by_kind[kind][rule_kind]++;
	return 0;
}

static size_t describe_kind(char *text, size_t size, uint64_t number,
	unsigned rule_kind, const char *verb, bool first)
{
	int len =
		snprintf(text, size, "%s%" PRIu64 " %s%s %s", first ? "" : ", ",
			number, rule_kind_name((enum rule_kind)rule_kind),
			number == 1 ? "" : "s", verb);

	return (size_t)len < size ? (size_t)len : size - 1;
}

void change_describe(const struct change_result *result, enum rule_table table,
	char *text, size_t size)
{
	static const struct {
		enum change_kind change;
		const char *verb;
	} verbs[] = { { CHANGE_NEW, "added" }, { CHANGE_CHANGED, "changed" },
		{ CHANGE_DELETED, "deleted" } };
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
