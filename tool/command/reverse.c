#include "command/reverse.h"

#include <stdlib.h>

#include "base/array.h"
#include "base/precis.h"
#include "command/judge.h"
#include "print/json.h"
#include "print/text.h"
#include "rules/rulesource.h"

#define NAMES	  3
#define ARENA_MAX ((size_t)1 << 30)

/* An address that was asked for. */
struct wanted {
	const char *text;
	struct mailbox mailbox;
	struct bytes key;
	struct span extension; /* in mailbox.local */
	bool found;
};

/* A key under which a target is looked for. */
struct name {
	struct bytes key;
	size_t wanted; /* index of the address */
	bool extended; /* the extension of the address is not in key */
};

struct hit {
	size_t wanted;
	struct rule rule; /* its bytes are in the map */
};

struct search {
	struct tool *tool;
	struct map_reader *reader;
	struct arena *arena;	/* of addresses and names */
	struct arena *answer;	/* of one look-up */
	struct wanted **wanted; /* each in arena */
	size_t count;
	size_t room;
	struct name *names; /* sorted by key */
	size_t name_count;
	struct hit *hits;
	size_t hit_count;
	size_t hit_room;
	bool bad; /* an operand is not an address */
};

static int no_memory(struct error *error)
{
	return error_set(error, ERR_NOMEM, "out of memory");
}

static int unreadable(int code, struct error *error)
{
	return code == ERR_NOMEM
		       ? no_memory(error)
		       : error_set(error, ERR_IO,
				 "the map cannot be read: it is damaged");
}

/* Takes an address that is asked for. Notes in *search if it is none. */
static int want(struct search *search, const char *text, struct error *error)
{
	struct wanted **longer = array_grow(
		search->wanted, search->count, &search->room, sizeof *longer);
	struct wanted *wanted = arena_alloc(search->arena, sizeof *wanted);
	struct error reason = { .text = "" };
	struct localpart_syntax syntax = config_localpart(search->tool->config);
	char key[ADDRESS_KEY_MAX];
	int len;

	if (longer)
		search->wanted = longer;
	if (!longer || !wanted)
		return no_memory(error);
	len = address_parse(text, strlen(text), &wanted->mailbox, &reason);
	if (!len) {
		len = address_key(&wanted->mailbox, key);
		(void)error_set(
			&reason, 0, "has a domain without A-label form");
	}
	if (len == ERR_NOMEM)
		return no_memory(error);
	if (len < 0) {
		judge_complain(text, &reason);
		search->bad = true;
		return search->tool->options.json
			       ? judge_print_none(text, &reason, error)
			       : 0;
	}
	wanted->found = false;
	wanted->text = arena_copy(search->arena, text, strlen(text));
	wanted->key.data = arena_copy(search->arena, key, (size_t)len);
	wanted->key.len = (size_t)len;
	if (!wanted->text || !wanted->key.data)
		return no_memory(error);
	wanted->extension.off = localpart_extension(
		&syntax, wanted->mailbox.local, wanted->mailbox.local_len);
	wanted->extension.len =
		wanted->mailbox.local_len - wanted->extension.off;
	search->wanted[search->count++] = wanted;
	return 0;
}

static int want_lines(struct search *search, struct error *error)
{
	static const struct error nul = { .text = "is followed by a NUL byte" };
	char *line = NULL;
	size_t size = 0;
	ssize_t len;
	int code = 0;

	while (!code && (len = getline(&line, &size, stdin)) >= 0) {
		while (len > 0 && strchr("\r\n", line[len - 1]))
			line[--len] = '\0';
		if (memchr(line, '\0', (size_t)len)) {
			judge_complain(line, &nul);
			search->bad = true;
		} else if (len > 0) {
			code = want(search, line, error);
		}
	}
	if (!code && ferror(stdin))
		code = error_set_errno(error, "standard input");
	free(line);
	return code;
}

static int compare_names(const void *left, const void *right)
{
	return bytes_compare(((const struct name *)left)->key,
		((const struct name *)right)->key);
}

/* Makes the names of an address. */
static int make_names(struct search *search, size_t index, struct error *error)
{
	const struct wanted *wanted = search->wanted[index];
	struct bytes domain = rule_key_domain(wanted->key);
	struct name *names = search->names + search->name_count;
	char key[ADDRESS_KEY_MAX];
	struct mailbox mailbox = wanted->mailbox;
	int len;

	names[0] = (struct name){ .key = wanted->key, .wanted = index };
	/* With the "@" that is before it in the key. */
	names[1] = (struct name){ .key = { domain.data - 1, domain.len + 1 },
		.wanted = index };
	search->name_count += 2;
	if (!wanted->extension.len)
		return 0;
	mailbox.local_len = wanted->extension.off;
	len = address_key(&mailbox, key);
	if (len == ERR_BAD)
		return 0;
	names[2] = (struct name){ .wanted = index, .extended = true };
	if (len >= 0)
		names[2].key.data = arena_copy(search->arena, key, (size_t)len);
	if (!names[2].key.data)
		return no_memory(error);
	names[2].key.len = (size_t)len;
	search->name_count++;
	return 0;
}

/* Writes the address that the rule would turn into the one that is wanted.
 * Returns false if there is more than one. */
static bool make_source(const struct wanted *wanted, const struct name *name,
	const struct rule *rule, struct mailbox *source)
{
	struct bytes domain = rule_key_domain(rule->key);
	struct bytes local = { wanted->mailbox.local,
		wanted->mailbox.local_len };

	if (bytes_take(&domain, "*.") ||
		(rule_key_is_domain(rule->key) &&
			rule_value_kind(rule->value) == RULE_CATCHALL))
		return false;
	if (!rule_key_is_domain(rule->key))
		local = (struct bytes){ rule->key.data,
			rule->key.len - domain.len - 1 };
	*source = (struct mailbox){ .local_len = 0 };
	if (local.len + wanted->extension.len >= sizeof source->local ||
		domain.len >= sizeof source->domain)
		return false;
	memcpy(source->local, local.data, local.len);
	source->local_len = local.len;
	if (name->extended) {
		memcpy(source->local + local.len,
			wanted->mailbox.local + wanted->extension.off,
			wanted->extension.len);
		source->local_len += wanted->extension.len;
	}
	memcpy(source->domain, domain.data, domain.len);
	source->domain_len = domain.len;
	return true;
}

/* True if this outcome sends mail to the address that is wanted. */
static bool leads(const struct outcome *outcome, const struct rule *rule,
	const struct wanted *wanted)
{
	if (!bytes_equal(outcome->rule, rule->key) ||
		outcome->result == DECISION_LEFT)
		return false;
	for (size_t i = 0; i < outcome->target_count; i++)
		if (bytes_equal(outcome->targets[i].key, wanted->key))
			return true;
	return !outcome->target_count && bytes_equal(outcome->key, wanted->key);
}

/* Notes the rule if it leads to the address that has this name. */
static int consider(struct search *search, const struct name *name,
	const struct rule *rule, struct error *error)
{
	const struct wanted *wanted = search->wanted[name->wanted];
	struct mailbox source;
	struct outcome outcome;
	struct hit *longer;
	int code;

	if (make_source(wanted, name, rule, &source)) {
		arena_reset(search->answer);
		code = judge_address(search->tool, search->reader,
			search->answer, &source, &outcome);
		if (code)
			return unreadable(code, error);
		if (!leads(&outcome, rule, wanted))
			return 0;
	}
	longer = array_grow(search->hits, search->hit_count, &search->hit_room,
		sizeof *longer);
	if (!longer)
		return no_memory(error);
	search->hits = longer;
	longer[search->hit_count++] =
		(struct hit){ .wanted = name->wanted, .rule = *rule };
	return 0;
}

/* Returns the index of the first name that is not before key. */
static size_t find_name(const struct search *search, struct bytes key)
{
	size_t low = 0;
	size_t high = search->name_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (bytes_compare(search->names[middle].key, key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Writes the key of a target. Returns its length, or 0 if it has none, as a
 * target that a map has has always. */
static int target_key(struct bytes target, char key[ADDRESS_KEY_MAX])
{
	struct mailbox mailbox;
	struct error error;
	int len;

	if (!rulesource_is_domain(target)) {
		len = address_parse(target.data, target.len, &mailbox, &error);
		if (!len)
			len = address_key(&mailbox, key);
	} else {
		mailbox.local_len = 0;
		if (target.len > sizeof mailbox.domain)
			return 0;
		mailbox.domain_len = target.len - 1;
		memcpy(mailbox.domain, target.data + 1, target.len - 1);
		len = address_key(&mailbox, key);
	}
	return len == ERR_BAD ? 0 : len;
}

static int take_rule(
	struct search *search, const struct rule *rule, struct error *error)
{
	struct bytes targets = rule_value_targets(rule->value);
	struct bytes target;
	int code = 0;

	while (!code && rule_next_target(&targets, &target)) {
		char text[ADDRESS_KEY_MAX];
		struct bytes key = { text, 0 };
		int len = target_key(target, text);

		if (len < 0)
			return no_memory(error);
		key.len = (size_t)len;
		for (size_t i = find_name(search, key);
			!code && len && i < search->name_count &&
			bytes_equal(search->names[i].key, key);
			i++)
			code = consider(search, &search->names[i], rule, error);
	}
	return code;
}

static int walk_table(struct search *search, struct error *error)
{
	struct map_walk walk = { .map = search->tool->map,
		.table = search->tool->table };
	int code = 0;
	int more;

	while (!code && (more = map_walk_next(&walk)) != 0)
		code = more < 0 ? unreadable(more, error)
				: take_rule(search, &walk.rule, error);
	map_walk_close(&walk);
	return code;
}

static int compare_hits(const void *left, const void *right)
{
	const struct hit *a = left;
	const struct hit *b = right;

	if (a->wanted != b->wanted)
		return a->wanted < b->wanted ? -1 : 1;
	return bytes_compare(a->rule.key, b->rule.key);
}

static int print_hit(
	const struct search *search, const struct hit *hit, struct error *error)
{
	const char *address = search->wanted[hit->wanted]->text;
	enum rule_kind kind = rule_value_kind(hit->rule.value);
	char source[ADDRESS_TEXT_MAX];
	struct json json;

	(void)rule_source_text(hit->rule.key, source);
	if (search->tool->options.json) {
		json_begin(&json);
		json_put_row(&json, "address", bytes_of(address));
		json_put_flag(&json, "found", true);
		json_put_row(
			&json, "target", rule_value_targets(hit->rule.value));
		json_put_row(&json, "rule", bytes_of(source));
		json_put_text(&json, "kind", rule_kind_name(kind));
		return json_end(&json, error);
	}
	(void)text_print_row(stdout, bytes_of(address));
	(void)putchar(';');
	(void)text_print_row(stdout, bytes_of(source));
	if (search->tool->options.verbose) {
		(void)putchar(';');
		(void)text_print_row(
			stdout, rule_value_targets(hit->rule.value));
		(void)printf(";%s", rule_kind_name(kind));
	}
	(void)putchar('\n');
	return ferror(stdout) ? tool_output_failed(error) : 0;
}

/* Prints what was found for each address, in the order in which they were asked
 * for. Returns 0; ERR_NOTFOUND if there is one without a rule; or an error. */
static int print_hits(struct search *search, struct error *error)
{
	size_t at = 0;
	bool missing = false;
	int code = 0;

	if (search->hit_count)
		qsort(search->hits, search->hit_count, sizeof *search->hits,
			compare_hits);
	for (size_t i = 0; !code && i < search->count; i++) {
		size_t first = at;
		char shown[ADDRESS_TEXT_MAX];

		for (; !code && at < search->hit_count &&
			search->hits[at].wanted == i;
			at++)
			/* Two of its targets may be names of one address. */
			if (at == first || compare_hits(&search->hits[at - 1],
						   &search->hits[at]))
				code = print_hit(
					search, &search->hits[at], error);
		if (at > first || code)
			continue;
		missing = true;
		(void)precis_show(
			bytes_of(search->wanted[i]->text), shown, sizeof shown);
		tool_say(search->tool, "no rule of %s leads to \"%s\"",
			rule_table_name(search->tool->table), shown);
		if (search->tool->options.json)
			code = judge_print_none(
				search->wanted[i]->text, NULL, error);
	}
	return code ? code : missing ? ERR_NOTFOUND : 0;
}

static int search_table(struct search *search, struct error *error)
{
	int code = 0;

	for (int i = 0; !code && i < search->tool->operand_count; i++) {
		const char *operand = search->tool->operands[i];

		code = strcmp(operand, "-") != 0 ? want(search, operand, error)
						 : want_lines(search, error);
	}
	if (code)
		return code;
	search->names = calloc(NAMES * search->count + 1, sizeof(struct name));
	if (!search->names)
		return no_memory(error);
	for (size_t i = 0; !code && i < search->count; i++)
		code = make_names(search, i, error);
	if (code)
		return code;
	qsort(search->names, search->name_count, sizeof *search->names,
		compare_names);
	code = map_reader_open(&search->reader, search->tool->map);
	if (code)
		return unreadable(code, error);
	code = walk_table(search, error);
	return code ? code : print_hits(search, error);
}

int reverse_lookup(struct tool *tool, struct error *error)
{
	struct search search = { .tool = tool };
	int code;

	if (tool->table == RULE_ROUTES)
		return error_set(error, ERR_USAGE,
			"the targets of the table routes are not addresses; "
			"--reverse is for inbound and outbound");
	search.arena = arena_open(ARENA_MAX);
	search.answer = arena_open(JUDGE_ANSWER_MAX);
	code = search.arena && search.answer ? search_table(&search, error)
					     : no_memory(error);
	map_reader_close(search.reader);
	arena_close(search.arena);
	arena_close(search.answer);
	free(search.wanted);
	free(search.names);
	free(search.hits);
	return search.bad && (!code || code == ERR_NOTFOUND) ? ERR_BAD : code;
}
