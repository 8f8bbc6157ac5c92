/*
 * history: the commands about generations: history, rollback, purge. Tested by
 * tests/e2e/generations.test.
 */
#include "command/command.h"

#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "print/change.h"
#include "base/clock.h"
#include "print/json.h"
#include "print/progress.h"
#include "print/terminal.h"
#include "print/text.h"
#include "state/approval.h"
#include "update/rollback.h"
#include "milter.h"

#define STATE_WIDTH  14 /* "newest, served" */
#define STATE_MAX    24 /* "newest, served, approved" */
#define DIGEST_SHOWN DIGEST_LEAST
#define INDENT	     12 /* "GENERATION  " */
/* The columns of all but the state, the user and the command, with the blanks
 * between. */
#define OTHERS_WIDTH  (INDENT + DIGEST_SHOWN + 2 + 22 + 9 + 10 + 8 + 4)
#define COMMAND_WIDTH 20 /* the least for a command beside them */

/* A generation that is kept. */
struct kept {
	uint64_t number; /* 0: not known, since map.mdb is damaged */
	struct map_meta meta;
	struct error damage; /* the text is "": it is not damaged */
};

struct history {
	const struct tool *tool;
	struct kept *kept;
	size_t count;
	uint64_t newest;	  /* 0: none, or damaged */
	uint64_t served;	  /* 0: none yet */
	struct approval approval; /* generation 0: none, or damaged */
	int state_width;
	int user_width;
	bool narrow; /* the terminal is: a generation takes two lines */
};

/* Adds a map that was opened with this result to the list: a damaged map, too.
 * Returns an error only if the result tells nothing about the map. */
static int note_kept(struct history *history, uint64_t number, int code,
	struct map *map, const struct error *text, struct error *error)
{
	struct kept *kept = &history->kept[history->count];

	if (code == ERR_NOENT) /* an edit has deleted it meanwhile */
		return 0;
	if (code && code != ERR_BAD)
		return error_pass(error, code, text);
	kept->number = number;
	if (code) {
		kept->damage = *text;
	} else {
		int width;

		kept->meta = *map_meta(map);
		kept->number = kept->meta.generation;
		width = (int)strlen(kept->meta.user);
		if (history->user_width < width)
			history->user_width = width;
		map_close(map);
	}
	history->count++;
	return 0;
}

static int read_newest(struct history *history, struct error *error)
{
	struct error text = { .text = "" };
	struct map *map = NULL;
	int code = state_open_newest(history->tool->state, false, &map, &text);

	if (code == ERR_NOENT)
		return 0;
	if (!code)
		history->newest = map_meta(map)->generation;
	return note_kept(history, 0, code, map, &text, error);
}

static int read_history(struct history *history, struct error *error)
{
	struct state *state = history->tool->state;
	uint64_t *list = NULL;
	uint64_t previous;
	size_t count = 0;
	int code = state_served(state, &history->served, &previous, error);

	if (!code)
		code = state_generations(state, &list, &count, error);
	if (!code) {
		history->kept = calloc(count + 2, sizeof *history->kept);
		if (!history->kept) {
			(void)error_set(error, ERR_NOMEM, "out of memory");
			code = ERR_NOMEM;
		}
	}
	for (size_t i = 0; !code && i < count; i++) {
		struct error text = { .text = "" };
		struct map *map = NULL;

		code = state_open_generation(
			state, list[i], false, &map, &text);
		code = note_kept(history, list[i], code, map, &text, error);
	}
	free(list);
	return code;
}

/* Adds the newest map, unless the list ends with it already. */
static int find_newest(struct history *history, struct error *error)
{
	size_t before = history->count;
	int code = read_newest(history, error);

	if (!code && history->newest && before &&
		history->kept[before - 1].number == history->newest)
		history->count = before;
	return code;
}

/* True if the generation is what is approved, due or not. Another one with the
 * same number is not. A damaged one is named all the same. */
static bool is_approved(const struct history *history, const struct kept *kept)
{
	return kept->number && kept->number == history->approval.generation &&
	       (kept->damage.text[0] ||
		       approval_is_for(&history->approval, &kept->meta));
}

static void print_state(const struct history *history, const struct kept *kept)
{
	const struct {
		bool is;
		const char *word;
	} words[] = {
		{ kept->damage.text[0], "damaged" },
		{ kept->number && !kept->damage.text[0] &&
				kept->number == history->newest,
			"newest" },
		{ kept->number && !kept->damage.text[0] &&
				kept->number == history->served,
			"served" },
		{ is_approved(history, kept), "approved" },
	};
	char text[STATE_MAX + 1] = "";
	size_t used = 0;

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (words[i].is)
			used += (size_t)snprintf(text + used,
				sizeof text - used, "%s%s", used ? ", " : "",
				words[i].word);
	if (!used)
		(void)snprintf(text, sizeof text, "-");
	terminal_put(kept->damage.text[0] ? TERMINAL_BAD
		     : words[2].is	  ? TERMINAL_GOOD
					  : TERMINAL_PLAIN,
		text);
	(void)printf("%*s", history->state_width - (int)strlen(text), "");
}

/* What is approved; a damaged file is told. */
static int read_approval(struct history *history, struct error *error)
{
	struct error why = { .text = "" };
	int code =
		approval_read(history->tool->state, &history->approval, &why);

	if (code == ERR_NOMEM)
		return error_pass(error, code, &why);
	if (code < 0)
		tool_say(history->tool, "%s", why.text);
	if (code <= 0)
		history->approval.generation = 0;
	history->state_width = code == 1 ? STATE_MAX : STATE_WIDTH;
	return 0;
}

static uint64_t rows_of(const struct kept *kept, enum rule_table t)
{
	uint64_t rows = 0;

	for (unsigned k = 0; k < RULE_KINDS; k++)
		rows += kept->meta.rows[t][k];
	return rows;
}

/* Prints the last column. */
static void print_command(
	const struct history *history, const struct kept *kept)
{
	const struct map_meta *meta = &kept->meta;
	int indent = history->user_width +
		     (history->narrow ? INDENT + DIGEST_SHOWN + 4
				      : OTHERS_WIDTH + history->state_width);
	int column;

	column = terminal_wrap(bytes_of(meta->command), indent, indent);
	if (meta->adopted.generation) {
		char text[sizeof meta->adopted.host + 96];
		char when[CLOCK_TEXT_MAX];

		clock_text(meta->adopted.time, when);
		(void)snprintf(text, sizeof text,
			" (generation %" PRIu64 " of %s, %s)",
			meta->adopted.generation, meta->adopted.host, when);
		(void)terminal_wrap(bytes_of(text), column, indent);
	}
	(void)putchar('\n');
}

static void print_kept(const struct history *history, const struct kept *kept)
{
	char when[CLOCK_TEXT_MAX] = "?";

	if (kept->number)
		(void)printf("%10" PRIu64 "  ", kept->number);
	else
		(void)printf("%10s  ", "?");
	print_state(history, kept);
	if (kept->damage.text[0]) {
		(void)putchar('\n');
		return;
	}
	clock_text(kept->meta.time, when);
	(void)printf("  %s", when);
	if (!history->narrow)
		(void)printf("  %-*s", history->user_width, kept->meta.user);
	(void)printf("  %7" PRIu64 "  %8" PRIu64 "  %6" PRIu64,
		rows_of(kept, RULE_INBOUND), rows_of(kept, RULE_OUTBOUND),
		rows_of(kept, RULE_ROUTES));
	if (history->narrow)
		(void)printf("\n%*s%-*s", INDENT, "", history->user_width,
			kept->meta.user);
	(void)printf(
		"  %-*.*s  ", DIGEST_SHOWN, DIGEST_SHOWN, kept->meta.digest);
	print_command(history, kept);
}

static int print_kept_json(const struct history *history,
	const struct kept *kept, struct error *error)
{
	struct json json;
	char when[CLOCK_TEXT_MAX];

	json_begin(&json);
	json_put_generation(&json, "generation", kept->number);
	json_put_flag(&json, "newest",
		!kept->number || kept->number == history->newest);
	json_put_flag(&json, "served",
		kept->number && kept->number == history->served);
	json_put_flag(&json, "approved", is_approved(history, kept));
	if (kept->damage.text[0]) {
		json_put_text(&json, "damage", kept->damage.text);
		return json_end(&json, error);
	}
	clock_text(kept->meta.time, when);
	json_put_text(&json, "time", when);
	json_put_text(&json, "user", kept->meta.user);
	json_put_text(&json, "command", kept->meta.command);
	json_put_digest(&json, "digest", kept->meta.digest);
	json_put_adopted(&json, "origin", &kept->meta);
	json_put_rows(&json, "rules", &kept->meta);
	return json_end(&json, error);
}

/* Prints the damages; the last one becomes the error that main prints. */
static int tell_damages(const struct history *history, struct error *error)
{
	const struct error *last = NULL;

	for (size_t i = 0; i < history->count; i++) {
		if (!history->kept[i].damage.text[0])
			continue;
		if (last)
			(void)fprintf(stderr, "readdress: %s\n", last->text);
		last = &history->kept[i].damage;
	}
	return last ? error_pass(error, ERR_BAD, last) : 0;
}

static void print_head(struct history *history)
{
	int columns = terminal_columns();

	history->narrow = columns &&
			  columns < OTHERS_WIDTH + history->state_width +
					    history->user_width + COMMAND_WIDTH;
	terminal_begin(TERMINAL_TITLE);
	if (history->narrow)
		(void)printf("GENERATION  %-*s  %-20s  INBOUND  OUTBOUND  "
			     "ROUTES\n%*s%-*s  %-*s  COMMAND\n",
			history->state_width, "STATE", "TIME", INDENT, "",
			history->user_width, "USER", DIGEST_SHOWN, "DIGEST");
	else
		(void)printf("GENERATION  %-*s  %-20s  %-*s  INBOUND  OUTBOUND"
			     "  ROUTES  %-*s  COMMAND\n",
			history->state_width, "STATE", "TIME",
			history->user_width, "USER", DIGEST_SHOWN, "DIGEST");
	terminal_end();
}

static int print_history(struct history *history, struct error *error)
{
	bool json = history->tool->options.json;
	int code = 0;

	if (!json)
		print_head(history);
	for (size_t i = 0; !code && i < history->count; i++) {
		if (json)
			code = print_kept_json(
				history, &history->kept[i], error);
		else
			print_kept(history, &history->kept[i]);
	}
	if (!code)
		code = tell_damages(history, error);
	return code;
}

int command_history(struct tool *tool, struct error *error)
{
	struct history history = { .tool = tool,
		.user_width = (int)strlen("USER") };
	int code = read_history(&history, error);

	if (!code)
		code = find_newest(&history, error);
	if (!code)
		code = read_approval(&history, error);
	if (!code && !history.count)
		code = error_set(error, ERR_NOENT,
			"there is no map yet; make one with `readdress init` "
			"or `readdress load`");
	if (!code)
		code = print_history(&history, error);
	free(history.kept);
	return code;
}

struct rolling {
	struct tool *tool;
	struct progress progress;
};

static void tell_damage(void *context, const char *line)
{
	struct rolling *rolling = context;

	progress_end(&rolling->progress);
	(void)fprintf(stderr, "readdress: %s\n", line);
}

static void show_building(void *context, uint64_t rows, uint64_t of)
{
	struct rolling *rolling = context;

	progress_show(&rolling->progress, rows, of, rows);
}

static int print_rollback_json(
	const struct rollback_result *result, struct error *error)
{
	struct json tables;
	struct json json;

	json_begin(&json);
	json_put_generation(&json, "to", result->to);
	if (result->lost) {
		json_put_text(&json, "lost", result->lost);
	} else {
		json_begin(&tables);
		for (unsigned t = 0; t < RULE_TABLES; t++)
			change_put_counts(&tables,
				rule_table_name((enum rule_table)t),
				&result->tables[t]);
		json_put_object(&json, "counts", &tables);
	}
	json_put_generation(&json, "generation", result->generation);
	json_put_digest(&json, "digest", result->digest);
	return json_end(&json, error);
}

static int print_rollback(const struct tool *tool,
	const struct rollback_result *result, struct error *error)
{
	char what[512];

	if (tool->options.json)
		return print_rollback_json(result, error);
	rollback_describe(result, what, sizeof what);
	(void)printf("%s%s generation %" PRIu64 "\n", what,
		result->unchanged ? "," : ";", result->generation);
	return 0;
}

int command_rollback(struct tool *tool, struct error *error)
{
	struct rolling rolling = { .tool = tool };
	struct rollback rollback = { .note = tool->options.note,
		.say = tell_damage,
		.progress = show_building,
		.context = &rolling };
	struct rollback_result result;
	int code = 0;

	if (tool->operand_count)
		code = options_generation(
			tool->operands[0], &rollback.to, error);
	if (code)
		return code;
	progress_init(&rolling.progress, tool->quiet);
	progress_begin(&rolling.progress, "writing");
	code = rollback_apply(tool->state, &rollback, &result, error);
	progress_end(&rolling.progress);
	if (code)
		return tool_edit_failed(code, error);
	code = print_rollback(tool, &result, error);
	if (code)
		return code;
	return milter_go_live(tool, !result.unchanged, error);
}

static int print_purged(const struct tool *tool,
	const struct state_purged *purged, struct error *error)
{
	struct json json;

	if (!tool->options.json) {
		(void)printf("deleted: %u generation%s%s\n", purged->maps,
			purged->maps == 1 ? "" : "s",
			purged->audit ? ", the audit log" : "");
		return 0;
	}
	json_begin(&json);
	json_put_number(&json, "generations", purged->maps);
	json_put_flag(&json, "audit_log", purged->audit);
	return json_end(&json, error);
}

int command_purge(struct tool *tool, struct error *error)
{
	struct state_purged purged = { 0 };
	struct error down;
	pid_t pid;
	int claim = -1;
	int printed;
	int code;

	if (!tool->options.force)
		return error_set(error, ERR_USAGE,
			"purge would delete all rules, the history and the "
			"audit log in %s for good; copy the tables with "
			"`readdress export`, then repeat purge with --force",
			tool->config->state_dir);
	code = state_lock(tool->state, STATE_LOCK_SECONDS, error);
	if (code)
		return code;
	code = milter_find(tool, &pid, &down);
	if (!code && pid > 0)
		return error_set(error, ERR_BUSY,
			"the milter is running (process %ld); stop it, and "
			"try again",
			(long)pid);
	if (code && code != ERR_DOWN)
		return error_pass(error, code, &down);
	/* A milter with another runtime_dir holds a lock there, too. */
	if (state_claim_served(tool->state, &claim, &down) == ERR_BUSY)
		return error_set(error, ERR_BUSY,
			"a milter is running (it holds %s/served/lock); stop "
			"it, and try again",
			tool->config->state_dir);
	code = state_purge(tool->state, &purged, error);
	if (claim >= 0)
		(void)close(claim);
	printed = print_purged(tool, &purged, code ? NULL : error);
	if (purged.other)
		tool_say(tool,
			"files that readdress did not make were left in "
			"%s/history or %s/served",
			tool->config->state_dir, tool->config->state_dir);
	return code ? code : printed;
}
