#include "check/invert.h"

#include <assert.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "rules/rowsort.h"
#include "rules/rulesource.h"
#include "rules/ruletarget.h"

#define PROGRESS_ROWS 4096
#define OTHER_SHOWN   320 /* the most bytes of an address in a sentence */

struct inversion {
	const struct invert_options *options;
	enum rule_table other;
	struct map_reader *reader;
	struct arena *arena;
	struct row *rows; /* with room for the whole table */
	size_t count;
	uint64_t left;
};

static void leave(struct inversion *inversion, enum invert_reason reason,
	const struct rule *rule, const char *text, const char *other)
{
	struct invert_left left = { reason, *rule, text, other };

	if (reason != INVERT_DECIDED)
		inversion->left++;
	if (inversion->options->left)
		inversion->options->left(inversion->options->context, &left);
}

static bool has_several(struct bytes targets)
{
	struct bytes target;

	return rule_next_target(&targets, &target) && targets.len;
}

/* Returns why this kind of rule has no inverse, or NULL if it has one. */
static const char *why_not(const struct rule *rule, enum rule_kind kind,
	enum invert_reason *reason)
{
	switch (kind) {
	case RULE_CATCHALL:
		*reason = INVERT_CATCHALL;
		return "a catch-all has no inverse: it does not keep the "
		       "local part";
	case RULE_SUBDOMAIN:
		*reason = INVERT_SUBDOMAIN;
		return "a sub-domain rule has no inverse: it does not keep the "
		       "sub-domain";
	case RULE_USER:
	case RULE_DOMAIN:
		if (!has_several(rule_value_targets(rule->value)))
			return NULL;
		*reason = INVERT_SEVERAL;
		return "one to many: it is not known which of the targets "
		       "should lead back";
	case RULE_EXCEPTION:
	case RULE_KINDS:
		break;
	}
	return NULL;
}

static int add_row(struct inversion *inversion, const struct rule *rule,
	struct error *error)
{
	struct row *row = &inversion->rows[inversion->count];
	char source[ADDRESS_TEXT_MAX];
	struct error why = { .text = "" };
	size_t len = rule_source_text(rule->key, source);
	int result = rule_make(inversion->arena, inversion->other,
		rule_value_targets(rule->value), (struct bytes){ source, len },
		true, &row->rule, &why);

	if (result == ERR_BAD) {
		leave(inversion, INVERT_REFUSED, rule, why.text, NULL);
		return 0;
	}
	if (result < 0)
		return error_pass(error, result, &why);
	row->line = 0;
	inversion->count++;
	return 0;
}

static int add_rule(struct inversion *inversion, const struct rule *rule,
	struct error *error)
{
	enum rule_kind kind = rule_value_kind(rule->value);
	enum invert_reason reason = INVERT_MANY;
	const char *text = why_not(rule, kind, &reason);

	if (kind == RULE_KINDS)
		return error_set(error, ERR_BAD, "the map is damaged");
	if (text) {
		leave(inversion, reason, rule, text, NULL);
		return 0;
	}
	return add_row(inversion, rule, error);
}

static int add_all(struct inversion *inversion, const struct map *map,
	uint64_t rows, struct error *error)
{
	const struct invert_options *options = inversion->options;
	struct map_walk walk = { .map = map, .table = options->table };
	uint64_t done = 0;
	int more = 0;
	int result = 0;

	while (!result && done < rows && (more = map_walk_next(&walk)) > 0) {
		if (options->progress && done % PROGRESS_ROWS == 0)
			options->progress(options->context, done, rows);
		done++;
		result = add_rule(inversion, &walk.rule, error);
	}
	if (more < 0)
		result = error_set(error, more, "the map cannot be read");
	map_walk_close(&walk);
	return result;
}

/* Reports the rule of this row as left out, because the other row was taken. */
static int leave_again(struct inversion *inversion, const struct row *taken,
	const struct row *row, bool decided, struct error *error)
{
	struct bytes source = rule_value_targets(row->rule.value);
	struct bytes winner = rule_value_targets(taken->rule.value);
	char key[ADDRESS_KEY_MAX];
	char other[ADDRESS_TEXT_MAX];
	char text[OTHER_SHOWN + 64];
	struct rule rule;
	int result =
		rule_source_key(inversion->options->table, source, key, error);

	if (result < 0)
		return result;
	rule.key = (struct bytes){ key, (size_t)result };
	result = map_get(inversion->reader, inversion->options->table, rule.key,
		&rule.value);
	if (result <= 0)
		return error_set(error, result ? result : ERR_IO,
			"the map cannot be read");
	(void)snprintf(
		other, sizeof other, "%.*s", (int)winner.len, winner.data);
	(void)snprintf(text, sizeof text, "many to one: %.*s %s", OTHER_SHOWN,
		other,
		decided ? "is preferred and was taken" : "has the same target");
	leave(inversion, decided ? INVERT_DECIDED : INVERT_MANY, &rule, text,
		other);
	return 0;
}

static unsigned rank_of(
	const struct inversion *inversion, const struct row *row)
{
	const struct invert_options *options = inversion->options;

	return options->rank ? options->rank(options->context,
				       rule_value_targets(row->rule.value))
			     : 0;
}

/* Returns which of the rows with the same key is taken. Sets *decided to true
 * if no other has its rank. */
static size_t choose(const struct inversion *inversion, size_t first,
	size_t count, bool *decided)
{
	size_t best = first;
	unsigned lowest = rank_of(inversion, &inversion->rows[first]);

	*decided = true;
	for (size_t i = first + 1; i < first + count; i++) {
		unsigned rank = rank_of(inversion, &inversion->rows[i]);

		if (rank < lowest) {
			best = i;
			lowest = rank;
			*decided = true;
		} else if (rank == lowest) {
			*decided = false;
		}
	}
	return best;
}

/* Keeps one row of each key, and reports the others as left out. */
static int keep_one(
	struct inversion *inversion, struct rows *out, struct error *error)
{
	struct row *rows = inversion->rows;
	size_t kept = 0;

	for (size_t first = 0, next; first < inversion->count; first = next) {
		struct row taken;
		bool decided;
		size_t best;

		for (next = first + 1;
			next < inversion->count &&
			bytes_equal(rows[first].rule.key, rows[next].rule.key);)
			next++;
		best = choose(inversion, first, next - first, &decided);
		taken = rows[best];
		for (size_t i = first; i < next; i++) {
			int result =
				i == best ? 0
					  : leave_again(inversion, &taken,
						    &rows[i], decided, error);

			if (result < 0)
				return result;
		}
		rows[kept++] = taken;
	}
	out->count = kept;
	return 0;
}

int invert_table(const struct map *map, const struct invert_options *options,
	struct arena *arena, struct rows *rows, struct error *error)
{
	struct inversion inversion = { .options = options, .arena = arena };
	uint64_t total = map_rows(map, options->table);
	int result;

	assert(options->table != RULE_ROUTES);
	memset(rows, 0, sizeof *rows);
	inversion.other =
		options->table == RULE_INBOUND ? RULE_OUTBOUND : RULE_INBOUND;
	if (total < SIZE_MAX)
		inversion.rows =
			calloc((size_t)total + 1, sizeof *inversion.rows);
	if (!inversion.rows)
		return error_set(error, ERR_NOMEM, "out of memory");
	result = map_reader_open(&inversion.reader, map);
	if (result)
		(void)error_set(error, result, "the map cannot be read");
	if (!result)
		result = add_all(&inversion, map, total, error);
	if (!result) {
		result = rowsort(inversion.rows, inversion.count);
		if (result)
			(void)error_set(error, result, "out of memory");
	}
	if (!result)
		result = keep_one(&inversion, rows, error);
	map_reader_close(inversion.reader);
	if (result < 0) {
		free(inversion.rows);
		memset(rows, 0, sizeof *rows);
		return result;
	}
	rows->rows = inversion.rows;
	return inversion.left > INT_MAX ? INT_MAX : (int)inversion.left;
}
