#include "convert/convert.h"

#include <inttypes.h>
#include <search.h>
#include <stdlib.h>

#include "base/array.h"
#include "convert/encoding.h"
#include "convert/imceaex.h"
#include "csv/duplicates.h"
#include "rules/rowsort.h"
#include "rules/rulesource.h"
#include "rules/ruletarget.h"

struct work {
	const struct convert_options *options;
	struct arena *arena;
	struct convert_result *result;
	struct records records;
	struct csverror *refused;
	struct csverror *errors;
	size_t room; /* of result->rows.rows */
};

/* An address of a mailbox that is valid. */
struct candidate {
	struct bytes text;
	struct bytes key;
	enum record_kind kind;
	bool inside; /* in one of the domains */
};

static int no_memory(struct error *error)
{
	return error_set(error, ERR_NOMEM, "out of memory");
}

/* True if the domain of a source or a target, as a key, is one of the
 * domains. */
static bool is_inside(const struct work *work, struct bytes key)
{
	struct bytes domain = rule_key_domain(key);

	for (size_t i = 0; i < work->options->domain_count; i++) {
		struct bytes wanted = work->options->domains[i];
		struct bytes below = wanted;

		if (bytes_equal(wanted, domain))
			return true;
		/* "*.a.com": what ends in ".a.com" */
		if (bytes_take(&below, "*") && domain.len > below.len &&
			!memcmp(domain.data + domain.len - below.len,
				below.data, below.len))
			return true;
	}
	return false;
}

/* Adds a rule, or counts it as refused. */
static int add_rule(struct work *work, uint32_t line, struct bytes source,
	struct bytes target, struct error *error)
{
	struct rows *rows = &work->result->rows;
	struct row *longer = array_grow(
		rows->rows, rows->count, &work->room, sizeof *longer);
	struct error why = { .text = "" };
	struct row row = { .line = line };
	int result;

	if (!longer)
		return no_memory(error);
	rows->rows = longer;
	result = rule_make(work->arena,
		work->options->outbound ? RULE_OUTBOUND : RULE_INBOUND, source,
		target, work->options->allow_utf8, &row.rule, &why);
	if (result == ERR_BAD) {
		work->records.left[RECORD_LEFT_REFUSED]++;
		csverror_add(work->refused, line, "%s", why.text);
		return 0;
	}
	if (result)
		return error_pass(error, result, &why);
	rows->rows[rows->count++] = row;
	return 0;
}

/* Makes the key of an address. Returns 1; 0 if it is none, which is counted; or
 * ERR_NOMEM. */
static int make_candidate(struct work *work, uint32_t line,
	const struct record_address *address, struct candidate *candidate,
	struct error *error)
{
	struct error why = { .text = "" };
	struct mailbox mailbox;
	char key[ADDRESS_KEY_MAX];
	int len = address_parse(
		address->text.data, address->text.len, &mailbox, &why);

	if (!len) {
		(void)error_set(&why, 0, "has no A-label form");
		len = address_key(&mailbox, key);
	}
	if (len == ERR_BAD) {
		work->records.left[RECORD_LEFT_REFUSED]++;
		csverror_add(work->refused, line, "\"%.*s\" %s",
			address->text.len > 100 ? 100 : (int)address->text.len,
			address->text.data, why.text);
		return 0;
	}
	candidate->text = address->text;
	candidate->kind = address->kind;
	candidate->key.len = len > 0 ? (size_t)len : 0;
	candidate->key.data =
		len > 0 ? arena_copy(work->arena, key, (size_t)len) : NULL;
	if (!candidate->key.data)
		return no_memory(error);
	candidate->inside = is_inside(work, candidate->key);
	return 1;
}

/* The valid addresses of a mailbox, each once. */
struct candidates {
	struct candidate *list;
	size_t count;
	void *tree; /* tsearch's, of list */
};

static int compare_keys(const void *left, const void *right)
{
	const struct candidate *a = left;
	const struct candidate *b = right;

	return bytes_compare(a->key, b->key);
}

/* Adds the candidate unless it is there already; the more special kind of both
 * stays. Returns 0 or ERR_NOMEM. */
static int add_candidate(
	struct candidates *candidates, const struct candidate *one)
{
	struct candidate *made = &candidates->list[candidates->count];
	struct candidate **found;
	struct candidate *known;

	*made = *one;
	found = tsearch(made, &candidates->tree, compare_keys);
	if (!found)
		return ERR_NOMEM;
	known = *found;
	if (known == made)
		candidates->count++;
	else if (one->kind == RECORD_TARGET	? !one->inside
		 : known->kind == RECORD_TARGET ? known->inside
						: one->kind < known->kind)
		known->kind = one->kind;
	return 0;
}

/* Returns the target of a mailbox, or NULL. */
static const struct candidate *find_target(
	struct work *work, const struct candidate *candidates, size_t count)
{
	static const enum record_kind order[] = { RECORD_TARGET, RECORD_PRIMARY,
		RECORD_MAIL, RECORD_ALIAS };
	const struct candidate *found = NULL;
	size_t outside = 0;

	for (size_t k = 0; k < sizeof order / sizeof *order; k++)
		for (size_t i = 0; i < count; i++) {
			if (candidates[i].inside ||
				candidates[i].kind != order[k])
				continue;
			found = found ? found : &candidates[i];
			outside++;
		}
	work->result->several += outside > 1 && found->kind != RECORD_TARGET;
	return found;
}

/* Returns the primary address of a mailbox, or NULL. */
static const struct candidate *find_primary(
	const struct candidate *candidates, size_t count)
{
	const struct candidate *found = NULL;

	for (size_t i = 0; i < count; i++) {
		if (candidates[i].kind == RECORD_PRIMARY)
			return &candidates[i];
		if (candidates[i].kind == RECORD_MAIL && !found)
			found = &candidates[i];
	}
	return found;
}

/* Adds the rules for the X500 addresses of a mailbox. */
static int add_x500(struct work *work, const struct record *record,
	struct bytes target, struct error *error)
{
	int result = 0;

	for (size_t i = 0; !result && i < record->count; i++) {
		const struct record_address *address = &record->addresses[i];

		for (size_t d = 0; !result && address->kind == RECORD_X500 &&
				   d < work->options->domain_count;
			d++) {
			struct bytes domain = work->options->domains[d];
			char text[IMCEAEX_MAX];
			size_t len;

			if (domain.len && domain.data[0] == '*')
				continue;
			len = imceaex_write(address->text, domain, text);
			if (len)
				result = add_rule(work, record->line,
					(struct bytes){ text, len }, target,
					error);
			else
				work->records.left[RECORD_LEFT_REFUSED]++;
		}
	}
	return result;
}

static int convert_inbound(struct work *work, const struct record *record,
	const struct candidate *candidates, size_t count, struct error *error)
{
	const struct candidate *target = find_target(work, candidates, count);
	bool any = false;
	int result = 0;

	for (size_t i = 0; i < count; i++)
		any = any || candidates[i].inside;
	if (!any || !target) {
		work->records.left[any ? RECORD_LEFT_NO_TARGET
				       : RECORD_LEFT_NO_SOURCE]++;
		return 0;
	}
	for (size_t i = 0; !result && i < count; i++)
		if (candidates[i].inside)
			result = add_rule(work, record->line,
				candidates[i].text, target->text, error);
	if (!result && work->options->imceaex)
		result = add_x500(work, record, target->text, error);
	return result;
}

static int convert_outbound(struct work *work, const struct record *record,
	const struct candidate *candidates, size_t count, struct error *error)
{
	const struct candidate *primary = find_primary(candidates, count);
	bool any = false;
	int result = 0;

	for (size_t i = 0; i < count; i++)
		any = any || (!candidates[i].inside &&
				     candidates[i].kind != RECORD_SECONDARY);
	if (!any || !primary || !primary->inside) {
		work->records.left[any ? RECORD_LEFT_NO_PRIMARY
				       : RECORD_LEFT_NO_TARGET]++;
		return 0;
	}
	for (size_t i = 0; !result && i < count; i++) {
		if (candidates[i].inside)
			work->records.left[RECORD_LEFT_ALIAS] +=
				&candidates[i] != primary;
		else if (candidates[i].kind != RECORD_SECONDARY)
			result = add_rule(work, record->line,
				candidates[i].text, primary->text, error);
	}
	return result;
}

/* Adds the addresses of a mailbox that are valid and for mail; counts the
 * others. */
static int add_candidates(struct work *work, const struct record *record,
	struct candidates *candidates, struct error *error)
{
	for (size_t i = 0; i < record->count; i++) {
		const struct record_address *address = &record->addresses[i];
		struct candidate one = { .inside = false };
		int result;

		if (address->kind == RECORD_X500 ||
			address->kind == RECORD_OTHER) {
			if (address->kind == RECORD_OTHER)
				work->records.left[RECORD_LEFT_OTHER]++;
			else if (work->options->outbound ||
				 !work->options->imceaex)
				work->records.left[RECORD_LEFT_X500]++;
			continue;
		}
		result = make_candidate(
			work, record->line, address, &one, error);
		if (result < 0)
			return result;
		if (result && add_candidate(candidates, &one) < 0)
			return no_memory(error);
	}
	return 0;
}

static int convert_record(
	struct work *work, const struct record *record, struct error *error)
{
	struct candidates candidates = { .list = arena_array(work->arena,
						 record->count,
						 sizeof *candidates.list) };
	int result;

	if (!candidates.list)
		return no_memory(error);
	result = add_candidates(work, record, &candidates, error);
	arena_free_tree(candidates.tree);
	if (result || !record->count)
		return result;
	work->result->mailboxes++;
	return work->options->outbound
		       ? convert_outbound(work, record, candidates.list,
				 candidates.count, error)
		       : convert_inbound(work, record, candidates.list,
				 candidates.count, error);
}

/* Tells whether a pair is of one of the domains, or there are none. What is no
 * address is let pass, to be refused with its reason. Returns 1 or 0, or
 * ERR_NOMEM. */
static int is_wanted(
	struct work *work, const struct record_pair *pair, struct error *error)
{
	struct bytes text =
		work->options->outbound ? pair->target : pair->source;
	char key[ADDRESS_KEY_MAX];
	struct error why;
	int len;

	if (!work->options->domain_count)
		return 1;
	len = rule_source_key(RULE_INBOUND, text, key, &why);
	if (len == ERR_NOMEM)
		return no_memory(error);
	if (len < 0 || is_inside(work, (struct bytes){ key, (size_t)len }))
		return 1;
	work->records.left[RECORD_LEFT_DOMAIN]++;
	return 0;
}

static int convert_pair(
	struct work *work, const struct record_pair *pair, struct error *error)
{
	struct bytes targets = pair->target;
	struct bytes target;
	size_t count = 0;
	int result;

	while (work->options->outbound && rule_next_target(&targets, &target))
		count++;
	if (count > 1) {
		work->records.left[RECORD_LEFT_MANY]++;
		return 0;
	}
	result = is_wanted(work, pair, error);
	return result > 0 ? add_rule(work, pair->line, pair->source,
				    pair->target, error)
			  : result;
}

static int make_rules(struct work *work, struct error *error)
{
	const struct convert_options *options = work->options;
	struct records *records = &work->records;
	int result = 0;

	if (records->count && !options->domain_count)
		return error_set(error, ERR_USAGE,
			"%s lists mailboxes; --domain DOMAIN must name the "
			"domains that outsiders write to, for the target is "
			"the address outside of them",
			options->name);
	for (size_t i = 0; !result && i < records->count; i++)
		result = convert_record(work, &records->list[i], error);
	for (size_t i = 0; !result && i < records->pair_count; i++)
		result = convert_pair(work, &records->pairs[i], error);
	return result;
}

/* Sorts the rules, and refuses two with the same source. */
static int finish(struct work *work, struct error *error)
{
	const struct convert_options *options = work->options;
	struct rows *rows = &work->result->rows;
	uint64_t wrong;

	if (rowsort(rows->rows, rows->count))
		return no_memory(error);
	duplicates_drop(rows->rows, rows->count, work->errors, rows);
	(void)csverror_complain(work->refused, options->name, options->complain,
		options->context);
	wrong = csverror_complain(work->errors, options->name,
		options->complain, options->context);
	if (!wrong)
		return 0;
	return error_set(error, ERR_BAD,
		"%s: %" PRIu64 " source%s with several targets; nothing was "
		"printed; correct the directory, or take these mailboxes out "
		"of the export",
		options->name, wrong, wrong == 1 ? "" : "s");
}

int convert_read(struct bytes text, const struct convert_options *options,
	struct arena *arena, struct convert_result *result, struct error *error)
{
	struct work work = { .options = options,
		.arena = arena,
		.result = result,
		.records = { .arena = arena },
		.refused = csverror_open(),
		.errors = csverror_open() };
	struct error why = { .text = "" };
	int code = ERR_NOMEM;

	*result = (struct convert_result){ .format = options->format };
	if (work.refused && work.errors)
		code = encoding_decode(&text, arena, &why);
	else
		(void)no_memory(&why);
	if (!code)
		code = format_read(&result->format, text, &options->columns,
			options->outbound, &work.records, &why);
	if (code == ERR_BAD)
		(void)error_set(error, code, "%s:%s%s", options->name,
			why.text[0] >= '0' && why.text[0] <= '9' ? "" : " ",
			why.text);
	else if (code)
		(void)error_pass(error, code, &why);
	if (!code)
		code = make_rules(&work, error);
	if (!code)
		code = finish(&work, error);
	result->pairs = work.records.pair_count;
	memcpy(result->left, work.records.left, sizeof result->left);
	csverror_close(work.refused);
	csverror_close(work.errors);
	return code;
}
