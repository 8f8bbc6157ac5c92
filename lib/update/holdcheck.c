#include "update/holdcheck.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/array.h"
#include "map/nameset.h"
#include "rules/route.h"
#include "update/merge.h"

#define NAMED_MAX 5 /* target domains that the text names */

struct holds {
	const struct change *change;
	const struct map *old;
	struct nameset *names; /* as in a key, without its "@" */
	struct bytes *list;    /* the same; in the map or the change */
	size_t count;
	size_t room;
	/* The first that is also a source; len 0 if there is none. */
	struct bytes both;
	struct bytes targets[NAMED_MAX]; /* of its rules, each once */
	size_t target_count;
	bool more; /* there are further ones */
};

/* Calls visit for each row that the table will have, until it returns an
 * error. */
static int each_row(struct holds *holds, enum rule_table table,
	int (*visit)(struct holds *holds, struct bytes key, struct bytes value),
	struct error *error)
{
	struct merge merge;
	struct merge_step step;
	/* A change that changes nothing, for the other table. */
	const struct change nothing = { .table = table, .mode = CHANGE_MERGE };
	const struct change *change =
		holds->change->table == table ? holds->change : &nothing;
	int result = merge_init(&merge, change, holds->old, error);

	while (!result && (result = merge_next(&merge, &step, error)) == 1) {
		result = step.new.data ? visit(holds, step.key, step.new) : 0;
		if (result)
			(void)error_set(error, result, "out of memory");
	}
	merge_free(&merge);
	return result;
}

static int add_hold(struct holds *holds, struct bytes key, struct bytes value)
{
	struct bytes name = { key.data + 1, key.len - 1 };
	struct bytes *list;
	struct route route;

	route_read(rule_value_targets(value), &route);
	if (route.role != ROUTE_HOLD)
		return 0;
	list = array_grow(
		holds->list, holds->count, &holds->room, sizeof *list);
	if (!list)
		return ERR_NOMEM;
	holds->list = list;
	list[holds->count++] = name;
	return nameset_add(holds->names, name);
}

/* True if name ends in "." and parent. */
static bool is_below(struct bytes name, struct bytes parent)
{
	return name.len > parent.len &&
	       name.data[name.len - parent.len - 1] == '.' &&
	       !memcmp(name.data + name.len - parent.len, parent.data,
		       parent.len);
}

/* True if a domain belongs to both names, each of which is a domain or "*." and
 * a domain. */
static bool is_shared(struct bytes a, struct bytes b)
{
	bool many_a = bytes_take(&a, "*.");
	bool many_b = bytes_take(&b, "*.");

	return (many_a == many_b && bytes_equal(a, b)) ||
	       (many_b && is_below(a, b)) || (many_a && is_below(b, a));
}

/* Returns the name that is held and shares a domain with this source; len 0 if
 * there is none. */
static struct bytes find_hold(const struct holds *holds, struct bytes source)
{
	/* Only a source with "*." may match more than itself and what holds
	 * its parents. */
	bool many = source.len > 2 && source.data[0] == '*';
	bool maybe = many || nameset_has(holds->names, source);

	for (size_t i = 1; !maybe && i < source.len; i++) {
		char parent[ADDRESS_KEY_MAX + 2] = "*.";
		size_t len = source.len - i;

		if (source.data[i - 1] != '.')
			continue;
		memcpy(parent + 2, source.data + i, len);
		maybe = nameset_has(
			holds->names, (struct bytes){ parent, 2 + len });
	}
	for (size_t i = 0; maybe && i < holds->count; i++)
		if (is_shared(source, holds->list[i]))
			return holds->list[i];
	return (struct bytes){ NULL, 0 };
}

/* Returns what is after the last "@". */
static struct bytes domain_of(struct bytes address)
{
	size_t at = address.len;

	while (at && address.data[at - 1] != '@')
		at--;
	return (struct bytes){ address.data + at, address.len - at };
}

/* Notes the domains that the rule leads to, but for those that the text must
 * not recommend: what is held already, and what the name itself stands for. */
static void add_targets(struct holds *holds, struct bytes targets)
{
	struct bytes target;

	while (rule_next_target(&targets, &target)) {
		struct bytes domain = domain_of(target);
		bool known = is_shared(domain, holds->both);

		for (size_t i = 0; i < holds->target_count; i++)
			known = known ||
				bytes_equal_nocase(domain, holds->targets[i]);
		if (known)
			continue;
		if (holds->target_count == NAMED_MAX)
			holds->more = true;
		else
			holds->targets[holds->target_count++] = domain;
	}
}

static int add_source(struct holds *holds, struct bytes key, struct bytes value)
{
	struct bytes source = domain_of(key);
	struct bytes hold = holds->both;

	if (!hold.len)
		hold = find_hold(holds, source);
	else if (!is_shared(source, hold))
		return 0;
	if (!hold.len)
		return 0;
	holds->both = hold;
	add_targets(holds, rule_value_targets(value));
	return 0;
}

static int refuse(const struct holds *holds, struct error *error)
{
	char targets[NAMED_MAX * (ADDRESS_KEY_MAX + 2) + 8] = "";
	size_t used = 0;
	bool inbound = holds->change->table == RULE_INBOUND;

	for (size_t i = 0; i < holds->target_count; i++)
		used += (size_t)snprintf(targets + used, sizeof targets - used,
			"%s%.*s", i ? ", " : "", (int)holds->targets[i].len,
			holds->targets[i].data);
	(void)error_set(error, ERR_BAD,
		inbound ? "inbound would have rules for %.*s, which routes "
			  "holds; hold is for the domains that rules lead to"
			: "%.*s is a source domain of inbound rules, which "
			  "cannot be held: hold is for the domains that rules "
			  "lead to",
		(int)holds->both.len, holds->both.data);
	if (holds->target_count)
		error_append(error, ", here %s%s; hold %s instead", targets,
			holds->more ? " and more" : "",
			holds->target_count > 1 ? "these" : "this");
	if (inbound)
		error_append(error, "; `readdress delete routes @%.*s` ends it",
			(int)holds->both.len, holds->both.data);
	return ERR_BAD;
}

int holdcheck(
	const struct change *change, const struct map *old, struct error *error)
{
	struct holds holds = { .change = change, .old = old };
	int result;

	if (change->table == RULE_OUTBOUND || change->mode == CHANGE_DELETE)
		return 0;
	holds.names = nameset_open();
	result = holds.names ? 0 : error_set(error, ERR_NOMEM, "out of memory");
	if (!result)
		result = each_row(&holds, RULE_ROUTES, add_hold, error);
	if (!result && holds.count)
		result = each_row(&holds, RULE_INBOUND, add_source, error);
	if (!result && holds.both.len)
		result = refuse(&holds, error);
	nameset_close(holds.names);
	free(holds.list);
	return result;
}
