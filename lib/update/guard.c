#include "update/guard.h"

#include <inttypes.h>
#include <stdio.h>

#include "rules/rule.h"

#define MAX_DELETE_ROWS 3 /* a table of so few rows may lose them all */
#define DOMAINS_SHOWN	3

void guard_delete(struct guard *guard, struct bytes key)
{
	size_t at = strlen(guard->names);

	guard->deleted++;
	if (!rule_key_is_domain(key))
		return;
	if (guard->domains < DOMAINS_SHOWN)
		(void)snprintf(guard->names + at, sizeof guard->names - at,
			"%s%.*s", at ? ", " : "", (int)key.len, key.data);
	else if (guard->domains == DOMAINS_SHOWN)
		(void)snprintf(
			guard->names + at, sizeof guard->names - at, ", ...");
	guard->domains++;
}

int guard_check(const struct guard *guard, unsigned max_delete, bool always,
	const char *domain_advice, const char *advice, struct error *error)
{
	if (guard->domains)
		return error_set(error, ERR_BAD,
			"would delete %" PRIu64 " domain rule%s (%s); %s",
			guard->domains, guard->domains == 1 ? "" : "s",
			guard->names, domain_advice);
	if (guard->before && /* else nothing was deleted */
		(always || guard->before > MAX_DELETE_ROWS) &&
		guard->deleted * 100 > max_delete * guard->before)
		return error_set(error, ERR_BAD,
			"would delete %" PRIu64 " of %" PRIu64
			" rules (%" PRIu64 " %%), more than --max-delete %u; "
			"%s",
			guard->deleted, guard->before,
			guard->deleted * 100 / guard->before, max_delete,
			advice);
	return 0;
}
