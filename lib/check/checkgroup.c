#include "check/checkgroup.h"

#include <search.h>
#include <stdlib.h>

#include "base/array.h"

#define MEMORY_MAX ((size_t)2 << 30) /* of all groups */

struct member {
	struct bytes domain;
	enum check_kind kind;
	enum check_severity severity;
	enum rule_table table;
	size_t index; /* in groups->list */
};

struct checkgroups {
	struct arena *arena;
	void *tree; /* tsearch's, of struct member */
	struct member **members;
	struct checkgroup *list;
	size_t count;
	size_t room;
};

static int compare(const void *a, const void *b)
{
	const struct member *x = a;
	const struct member *y = b;

	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	if (x->severity != y->severity)
		return x->severity < y->severity ? -1 : 1;
	if (x->table != y->table)
		return x->table < y->table ? -1 : 1;
	return bytes_compare(x->domain, y->domain);
}

struct checkgroups *checkgroups_open(void)
{
	struct checkgroups *groups = calloc(1, sizeof *groups);

	if (groups)
		groups->arena = arena_open(MEMORY_MAX);
	if (groups && !groups->arena) {
		free(groups);
		return NULL;
	}
	return groups;
}

void checkgroups_close(struct checkgroups *groups)
{
	if (!groups)
		return;
	for (size_t i = 0; i < groups->count; i++)
		(void)tdelete(groups->members[i], &groups->tree, compare);
	free(groups->members);
	free(groups->list);
	arena_close(groups->arena);
	free(groups);
}

static struct bytes domain_of(const char *source)
{
	const char *at = strrchr(source, '@');

	return bytes_of(at ? at + 1 : source);
}

static int make_room(struct checkgroups *groups)
{
	size_t room = groups->room;
	struct member **members = array_grow(
		groups->members, groups->count, &room, sizeof(void *));
	struct checkgroup *list;

	if (!members)
		return ERR_NOMEM;
	groups->members = members;
	list = array_grow(
		groups->list, groups->count, &groups->room, sizeof *list);
	if (!list)
		return ERR_NOMEM;
	groups->list = list;
	return 0;
}

/* Copies a finding into the arena. Returns false if memory is exhausted. */
static bool copy_finding(struct arena *arena,
	const struct check_finding *finding, struct check_finding *copy)
{
	*copy = *finding;
	copy->source =
		arena_copy(arena, finding->source, strlen(finding->source));
	copy->target.data =
		arena_copy(arena, finding->target.data, finding->target.len);
	copy->why = arena_copy(arena, finding->why, strlen(finding->why));
	copy->advice =
		arena_copy(arena, finding->advice, strlen(finding->advice));
	return copy->source && copy->target.data && copy->why && copy->advice;
}

/* Returns what groups findings: the source's domain, or, since each such rule
 * must be corrected by hand, the whole source for CHECK_REFUSED. */
static struct bytes grouped_by(const struct check_finding *finding)
{
	return finding->kind == CHECK_REFUSED ? bytes_of(finding->source)
					      : domain_of(finding->source);
}

static int make_group(struct checkgroups *groups,
	const struct check_finding *finding, struct member wanted)
{
	struct checkgroup *group;
	struct member *member = arena_alloc(groups->arena, sizeof *member);

	if (!member || make_room(groups) < 0)
		return ERR_NOMEM;
	group = &groups->list[groups->count];
	*group = (struct checkgroup){ .count = 1 };
	if (!copy_finding(groups->arena, finding, &group->example))
		return ERR_NOMEM;
	group->domain = grouped_by(&group->example);
	*member = wanted;
	member->domain = group->domain;
	member->index = groups->count;
	if (!tsearch(member, &groups->tree, compare))
		return ERR_NOMEM;
	groups->members[groups->count++] = member;
	return 0;
}

int checkgroups_add(
	struct checkgroups *groups, const struct check_finding *finding)
{
	struct member wanted = { grouped_by(finding), finding->kind,
		finding->severity, finding->table, 0 };
	struct member **found = tfind(&wanted, &groups->tree, compare);

	if (!found)
		return make_group(groups, finding, wanted);
	groups->list[(*found)->index].count++;
	return 0;
}

const struct checkgroup *checkgroups_all(
	const struct checkgroups *groups, size_t *count)
{
	*count = groups->count;
	return groups->list;
}
