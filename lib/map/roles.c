#include "map/roles.h"

#include <assert.h>
#include <stdlib.h>

#include "map/nameset.h"

/* The roles that are gathered here; each has a set of names. */
static const unsigned char masks[] = { MAP_ROLE_TARGET, MAP_ROLE_OUTBOUND,
	MAP_ROLE_ROUTE };

#define SETS (sizeof masks)

struct roles {
	struct nameset *names[SETS];
	/* For each set the name that was added last, because most rows name it
	 * again. */
	char last[SETS][ADDRESS_KEY_MAX];
	size_t last_len[SETS];
};

struct roles *roles_open(void)
{
	struct roles *roles = calloc(1, sizeof *roles);

	for (size_t i = 0; roles && i < SETS; i++) {
		roles->names[i] = nameset_open();
		if (!roles->names[i]) {
			roles_close(roles);
			roles = NULL;
		}
	}
	return roles;
}

void roles_close(struct roles *roles)
{
	if (!roles)
		return;
	for (size_t i = 0; i < SETS; i++)
		nameset_close(roles->names[i]);
	free(roles);
}

/* Adds what is after the last "@". The domain of a target is spelt as in the
 * CSV; that of a key is in lower case. */
static int add(struct roles *roles, size_t set, struct bytes address)
{
	char lower[ADDRESS_KEY_MAX];
	size_t at = address.len;
	struct bytes name;

	while (at > 0 && address.data[at - 1] != '@')
		at--;
	name = (struct bytes){ address.data + at, address.len - at };
	if (!name.len || name.len > sizeof lower)
		return 0; /* only in a damaged map; not a domain */
	if (name.len == roles->last_len[set] &&
		!memcmp(name.data, roles->last[set], name.len))
		return 0;
	memcpy(roles->last[set], name.data, name.len);
	roles->last_len[set] = name.len;
	for (size_t i = 0; i < name.len; i++) {
		char c = name.data[i];

		lower[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
	}
	return nameset_add(
		roles->names[set], (struct bytes){ lower, name.len });
}

static int add_targets(struct roles *roles, struct bytes targets)
{
	struct bytes target;
	int result = 0;

	/* The usual case, in which no byte is examined alone. */
	if (targets.len && !memchr(targets.data, ',', targets.len))
		return add(roles, 0, targets);
	while (!result && rule_next_target(&targets, &target))
		result = add(roles, 0, target);
	return result;
}

int roles_add(
	struct roles *roles, enum rule_table table, const struct rule *rule)
{
	if (table == RULE_INBOUND)
		return add_targets(roles, rule_value_targets(rule->value));
	return add(roles, table == RULE_OUTBOUND ? 1 : 2, rule->key);
}

unsigned roles_find(const struct roles *roles, struct bytes name)
{
	unsigned found = 0;

	for (size_t i = 0; i < SETS; i++)
		if (nameset_has(roles->names[i], name))
			found |= masks[i];
	return found;
}

int roles_each(struct roles *roles,
	int (*put)(void *context, struct bytes name, struct bytes value,
		struct error *error),
	void *context, struct error *error)
{
	const struct bytes *names[SETS];
	size_t count[SETS];
	size_t at[SETS] = { 0 };
	int result = 0;

	for (size_t i = 0; i < SETS; i++)
		names[i] = nameset_sorted(roles->names[i], &count[i]);
	assert(names[0] && names[1] && names[2]);
	while (!result) {
		const struct bytes *first = NULL;
		char value = 0;

		for (size_t i = 0; i < SETS; i++)
			if (at[i] < count[i] &&
				(!first || bytes_compare(names[i][at[i]],
						   *first) < 0))
				first = &names[i][at[i]];
		if (!first)
			break;
		for (size_t i = 0; i < SETS; i++)
			if (at[i] < count[i] &&
				bytes_equal(names[i][at[i]], *first)) {
				value = (char)(value | masks[i]);
				at[i]++;
			}
		result = put(
			context, *first, (struct bytes){ &value, 1 }, error);
	}
	return result;
}
