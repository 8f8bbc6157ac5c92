/*
 * export: the commands that print rules: export, list, sample. Tested by
 * tests/e2e/tool.test.
 */
#include "command/command.h"

#include <fnmatch.h>
#include <inttypes.h>
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "outfile.h"
#include "print/json.h"
#include "print/row.h"
#include "print/terminal.h"
#include "print/text.h"
#include "rules/rulesource.h"
#include "rules/ruletarget.h"

#define OUTPUT_BUFFER	 ((size_t)1 << 18)
#define KIND_WIDTH	 10 /* "sub-domain" */
#define SAMPLE_ARENA_MAX ((size_t)1 << 16)

static int damaged(int code, struct error *error)
{
	return error_set(error, code,
		"the map cannot be read and may be damaged; read an older one "
		"with `readdress export --generation N`");
}

/* Rows that an earlier version accepted and that load would refuse now. */
struct refused {
	uint64_t rows;
	struct error first;
};

static int note_refused(enum rule_table table, const struct rule *rule,
	struct refused *refused, struct error *error)
{
	struct error reason = { .text = "" };
	int code = rule_refused(table, rule, &reason);

	if (code < 0)
		return error_set(error, code, "out of memory");
	if (code && !refused->rows++)
		refused->first = reason;
	return 0;
}

/* Warns on standard error; the rows are printed unchanged. */
static void warn_of_refused(
	const struct tool *tool, const struct refused *refused)
{
	if (refused->rows)
		tool_say(tool,
			"warning: %" PRIu64 " row%s would be refused by load "
			"now, but still work%s: %.600s%s; `readdress check` "
			"names %s",
			refused->rows, refused->rows > 1 ? "s" : "",
			refused->rows > 1 ? "" : "s", refused->first.text,
			refused->rows > 1 ? ", and others" : "",
			refused->rows > 1 ? "each" : "it");
}

/* True if a file of that name is in the directory, or below it. */
static bool is_below(const char *name, const char *directory)
{
	char place[PATH_MAX];
	char above[PATH_MAX];
	char *copy = strdup(name);
	size_t len;
	bool known = copy && realpath(dirname(copy), place) &&
		     realpath(directory, above);

	free(copy);
	if (!known)
		return false;
	len = strlen(above);
	return !strncmp(place, above, len) &&
	       (!place[len] || place[len] == '/');
}

/* A map that takes the place of map.mdb would be served without an edit, and
 * the newest rules would be gone. */
static int check_place(const struct tool *tool, struct error *error)
{
	const char *file = tool->options.map;
	char found[PATH_MAX];
	struct stat ours;
	struct stat theirs;
	int code = outfile_find(file, found, error);

	if (code)
		return code;
	if (is_below(found, tool->config->state_dir))
		return error_set(error, ERR_USAGE,
			"--map %s: it is in state_dir (%s), where edits alone "
			"make maps; expected a file in another directory",
			file, tool->config->state_dir);
	if (tool->config->path && !stat(tool->config->path, &ours) &&
		!stat(file, &theirs) && ours.st_dev == theirs.st_dev &&
		ours.st_ino == theirs.st_ino)
		return error_set(error, ERR_USAGE,
			"--map %s: it is the configuration of readdress; "
			"expected another file",
			file);
	return 0;
}

/* Writes the whole map to the file of --map. */
static int export_map(const struct tool *tool, struct error *error)
{
	const struct map_meta *meta = map_meta(tool->map);
	struct outfile file = { .fd = -1 };
	struct json json;
	int code;

	if (tool->options.only != CHANGE_ALL || tool->options.delimiter_given)
		return error_set(error, ERR_USAGE,
			"found --map and --only or --delimiter; expected --map "
			"alone, as it writes all rules");
	code = check_place(tool, error);
	if (!code)
		code = outfile_open(&file, tool->options.map, 0640, error);
	if (!code)
		code = map_copy(tool->map, file.fd, tool->options.map, error);
	if (!code)
		code = outfile_commit(&file, error);
	outfile_close(&file);
	if (code)
		return code;
	if (!tool->options.json) {
		tool_say(tool, "wrote %s; digest %s", tool->options.map,
			meta->digest);
		return 0;
	}
	json_begin(&json);
	json_put_generation(&json, "generation", meta->generation);
	json_put_digest(&json, "digest", meta->digest);
	json_put_text(&json, "file", tool->options.map);
	return json_end(&json, error);
}

int command_export(struct tool *tool, struct error *error)
{
	struct map_walk walk = { .map = tool->map, .table = tool->table };
	struct refused refused = { 0 };
	bool any = false;
	int code = 0;
	int more;

	if (tool->options.map)
		return export_map(tool, error);
	more = map_walk_next(&walk); /* before there is any output */
	if (more >= 0)
		code = row_begin(tool, error);
	for (; !code && more > 0; more = map_walk_next(&walk)) {
		if (!change_in_scope(tool->options.only, walk.rule.key))
			continue;
		any = true;
		code = row_print(tool, tool->table, &walk.rule, error);
		if (!code)
			code = note_refused(
				tool->table, &walk.rule, &refused, error);
	}
	if (!code && more < 0)
		code = damaged(more, error);
	if (!code)
		warn_of_refused(tool, &refused);
	if (!code && !any && !tool->options.json)
		tool_say(tool,
			"%s has no such row; `readdress load` takes a file "
			"without a row only with --force, for what a failed "
			"export leaves looks the same",
			rule_table_name(tool->table));
	map_walk_close(&walk);
	return code;
}

struct listing {
	const char *pattern;		  /* NULL: all rules */
	char folded[ADDRESS_KEY_MAX + 1]; /* the pattern as a key, or "" */
	int source_width;
	int target_width;
	uint64_t rows;
};

/* Makes a key of a pattern that reads as a source, "Bob*@Bücher.example", since
 * the map holds keys. Any other pattern is compared as it was typed. */
static void fold_pattern(struct listing *listing, enum rule_table table)
{
	int len;

	if (!listing->pattern)
		return;
	len = rule_source_key(
		table, bytes_of(listing->pattern), listing->folded, NULL);
	listing->folded[len > 0 ? len : 0] = '\0';
}

static bool matches(
	const struct listing *listing, struct bytes key, const char *source)
{
	char text[ADDRESS_KEY_MAX + 1];

	if (!listing->pattern)
		return true;
	if (!fnmatch(listing->pattern, source, FNM_CASEFOLD))
		return true;
	if (!*listing->folded || key.len > ADDRESS_KEY_MAX)
		return false;
	memcpy(text, key.data, key.len);
	text[key.len] = '\0';
	return !fnmatch(listing->folded, text, 0);
}

/* Goes to the next column of the list: indent is where the one before begins,
 * width what it has, used what its text needed. After a text that is too long,
 * that is on a new line. */
static void print_gap(int used, int width, int indent)
{
	if (used > width)
		(void)printf("\n%*s", indent + width + 2, "");
	else
		(void)printf("%*s", width - used + 2, "");
}

/* Makes the columns so narrow that the list fits the terminal. */
static void fit(struct listing *listing)
{
	int room = terminal_columns() - KIND_WIDTH - 4;

	if (!terminal_columns() ||
		listing->source_width + listing->target_width <= room)
		return;
	if (listing->source_width > room / 2 &&
		listing->target_width > room / 2)
		listing->source_width = room / 2;
	else if (listing->source_width > room / 2)
		listing->source_width = room - listing->target_width;
	listing->target_width = room - listing->source_width;
}

static int list_row(const struct tool *tool, struct listing *listing,
	const struct rule *rule, bool print, struct error *error)
{
	char source[ADDRESS_TEXT_MAX];
	struct bytes targets = rule_value_targets(rule->value);
	size_t len = rule_source_text(rule->key, source);
	int source_width;
	int target_width;

	if (!matches(listing, rule->key, source))
		return 0;
	if (print && tool->options.json)
		return row_print(tool, tool->table, rule, error);
	source_width = text_print_row(
		print ? stdout : NULL, (struct bytes){ source, len });
	if (print)
		print_gap(source_width, listing->source_width, 0);
	target_width = text_print_row(print ? stdout : NULL, targets);
	if (print) {
		print_gap(target_width, listing->target_width,
			listing->source_width + 2);
		(void)puts(rule_kind_name(rule_value_kind(rule->value)));
		return 0;
	}
	if (listing->source_width < source_width)
		listing->source_width = source_width;
	if (listing->target_width < target_width)
		listing->target_width = target_width;
	listing->rows++;
	return 0;
}

static int list_pass(const struct tool *tool, struct listing *listing,
	bool print, struct error *error)
{
	struct map_walk walk = { .map = tool->map, .table = tool->table };
	int more = 0;
	int code = 0;

	while (!code && !ferror(stdout) && (more = map_walk_next(&walk)) > 0)
		code = list_row(tool, listing, &walk.rule, print, error);
	if (more < 0)
		code = damaged(more, error);
	else if (!code && ferror(stdout))
		code = tool_output_failed(error);
	map_walk_close(&walk);
	return code;
}

int command_list(struct tool *tool, struct error *error)
{
	struct listing listing = {
		.pattern = tool->operand_count ? tool->operands[0] : NULL,
		.source_width = (int)strlen("SOURCE"),
		.target_width = (int)strlen("TARGET"),
	};
	int code;

	fold_pattern(&listing, tool->table);
	code = list_pass(tool, &listing, false, error);
	if (code)
		return code;
	if (!listing.rows && listing.pattern)
		return error_set(error, ERR_NOTFOUND,
			"no source in %s matches \"%s\"; find sources that "
			"contain PART with `readdress list %s '*PART*'`",
			rule_table_name(tool->table), listing.pattern,
			rule_table_name(tool->table));
	(void)setvbuf(stdout, NULL, _IOFBF, OUTPUT_BUFFER);
	fit(&listing);
	if (!tool->options.json) {
		terminal_begin(TERMINAL_TITLE);
		(void)printf("%-*s  %-*s  %s\n", listing.source_width, "SOURCE",
			listing.target_width, "TARGET", "KIND");
		terminal_end();
	}
	return list_pass(tool, &listing, true, error);
}

/* A row of a sample. */
struct sample {
	const char *source;
	const char *target;
};

static const struct sample inbound_sample[] = {
	{ "abuse@warmsushi.example", "abuse@warmsushi.example" },
	{ "bob@warmsushi.example", "bob.owen@drypizza.example" },
	{ "team@warmsushi.example", "team@dpold.onmicrosoft.example,team@dpnew."
				    "onmicrosoft.example" },
	{ "@*.warmsushi.example", "@drypizza.example" },
	{ "@lost.warmsushi.example", "postmaster@drypizza.example" },
	{ "@warmsushi.example", "@dpold.onmicrosoft.example" },
};

static const struct sample outbound_sample[] = {
	{ "printer@drypizza.example", "printer@drypizza.example" },
	{ "bob.owen@drypizza.example", "bob@warmsushi.example" },
	{ "@*.drypizza.example", "@warmsushi.example" },
	{ "@lost.drypizza.example", "info@warmsushi.example" },
	{ "@dpold.onmicrosoft.example", "@warmsushi.example" },
};

static const struct sample routes_sample[] = {
	{ "@drypizza.example", "smtp:drypizza.mail.example" },
	{ "@dpnew.onmicrosoft.example", "smtp:[dpnew.mail.example]:25" },
	{ "@warmsushi.example", "relay smtp:[192.0.2.17]:25" },
	{ "@partner.example", "backup" },
	{ "@lists.example", "local" },
	{ "@former.example", "remote" },
	{ "@next.example", "auto" },
	{ "@dpold.onmicrosoft.example", "hold" },
};

#define SAMPLE(rows) rows, sizeof(rows) / sizeof *(rows)

static const struct {
	const struct sample *rows;
	size_t count;
	const char *order;
} samples[RULE_TABLES] = {
	[RULE_INBOUND] = { SAMPLE(inbound_sample),
		"one row of each kind, in this order: exception, user, one to "
		"many, sub-domain, catch-all, domain" },
	[RULE_OUTBOUND] = { SAMPLE(outbound_sample),
		"one row of each kind, in this order: exception, user, "
		"sub-domain, catch-all, domain" },
	[RULE_ROUTES] = { SAMPLE(routes_sample),
		"two next hops, a role with a next hop, and each other role" },
};

int command_sample(struct tool *tool, struct error *error)
{
	struct arena *arena;
	int code;
	int table = tool->operand_count ? rule_table_find(tool->operands[0])
					: RULE_INBOUND;

	if (table < 0)
		return error_set(error, ERR_USAGE,
			"unknown table \"%s\"; expected inbound, outbound or "
			"routes",
			tool->operands[0]);
	arena = arena_open(SAMPLE_ARENA_MAX);
	if (!arena)
		return error_set(error, ERR_NOMEM, "out of memory");
	tool_say(tool, "%s", samples[table].order);
	code = row_begin(tool, error);
	for (size_t i = 0; !code && i < samples[table].count; i++) {
		const struct sample *row = &samples[table].rows[i];
		struct rule rule;

		code = rule_make(arena, (enum rule_table)table,
			bytes_of(row->source), bytes_of(row->target), false,
			&rule, error);
		if (!code)
			code = row_print(
				tool, (enum rule_table)table, &rule, error);
	}
	arena_close(arena);
	return code;
}
