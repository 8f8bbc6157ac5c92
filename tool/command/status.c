/*
 * status: the command that prints the state of the milter and of the map.
 * Tested by tests/e2e/tool.test and tests/e2e/generations.test.
 */
#include "command/command.h"

#include <inttypes.h>
#include <limits.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "print/approval.h"
#include "print/examined.h"
#include "print/json.h"
#include "print/modes.h"
#include "print/terminal.h"
#include "runtime/metrics.h"
#include "milter.h"

#define WARNING_MAX 512
#define WARNINGS    2
#define COUNTER	    60 /* columns of a counter's name */
#define OLD	    30 /* seconds: older numbers are worth a warning */

/* What status found out. All of it is known before anything is printed. */
struct seen {
	const struct tool *tool;
	struct error down;
	bool up;
	bool starting; /* it runs, and is not up yet */
	pid_t pid;
	double started;		     /* -1: not known */
	uint64_t served;	     /* 0: none yet */
	char digest[DIGEST_LEN + 1]; /* of what is served; "": not known */
	struct standing standing;
	struct map *map; /* the newest; NULL: none, or it is damaged */
	struct modes modes;
	struct examined_last doctor;
	json_t *counters;  /* with --json */
	double age;	   /* of the counters, in seconds; -1: there are none */
	double twice;	   /* messages that came twice; -1: not known */
	bool any;	   /* a counter was printed */
	int counter_width; /* in columns */
	bool lost;	   /* not enough memory for all of the JSON */
};

static double read_one(const struct tool *tool, const char *name)
{
	double value = -1;

	if (metrics_read(tool->config->runtime_dir, name, &value, NULL) != 1)
		return -1;
	return value;
}

/* Returns the age of status.prom, which the milter writes every 5 s, in
 * seconds; -1: it is not there. */
static double age_of_numbers(const struct tool *tool)
{
	char path[PATH_MAX];
	struct timespec now;
	struct stat status;
	double age;

	if (snprintf(path, sizeof path, "%s/status.prom",
		    tool->config->runtime_dir) >= (int)sizeof path ||
		lstat(path, &status) != 0 ||
		clock_gettime(CLOCK_REALTIME, &now) != 0)
		return -1;
	age = difftime(now.tv_sec, status.st_mtim.tv_sec);
	return age > 0 ? age : 0;
}

static int see_milter(struct seen *seen, struct error *error)
{
	const struct tool *tool = seen->tool;
	int code = milter_find(tool, &seen->pid, &seen->down);

	if (code && code != ERR_DOWN)
		return error_pass(error, code, &seen->down);
	seen->starting = !code && milter_is_starting(tool);
	seen->up = !code && !seen->starting;
	if (seen->starting)
		(void)error_set(&seen->down, ERR_DOWN,
			"the milter is starting, and serves nothing yet; look "
			"again in a moment");
	seen->started = seen->up ? read_one(tool, METRICS_STARTED) : -1;
	seen->age = -1;
	if (seen->up)
		seen->age = age_of_numbers(tool);
	seen->twice = seen->up ? read_one(tool, METRICS_TWICE) : -1;
	return milter_served(tool, seen->up, &seen->served, error);
}

/* Finds the digest of what is served. The milter tells it; if it does not, the
 * map of that generation does. */
static int see_digest(struct seen *seen, struct error *error)
{
	const struct tool *tool = seen->tool;
	struct error cause = { .text = "" };
	struct map *map = NULL;
	uint64_t told = 0;
	int code;

	if (!seen->served)
		return 0;
	if (seen->up &&
		metrics_read_generation(
			tool->config->runtime_dir, &told, NULL) == 1 &&
		told == seen->served &&
		metrics_read_digest(
			tool->config->runtime_dir, seen->digest, NULL) == 1)
		return 0;
	seen->digest[0] = '\0';
	if (seen->map && map_meta(seen->map)->generation == seen->served) {
		memcpy(seen->digest, map_meta(seen->map)->digest,
			sizeof seen->digest);
		return 0;
	}
	code = state_open_generation(
		tool->state, seen->served, false, &map, &cause);
	if (!code)
		memcpy(seen->digest, map_meta(map)->digest,
			sizeof seen->digest);
	map_close(map);
	return !code || code == ERR_NOENT || code == ERR_BAD ||
			       code == ERR_FOREIGN
		       ? 0
		       : error_pass(error, code, &cause);
}

static bool begins(const char *name, const char *with)
{
	return !strncmp(name, with, strlen(with));
}

/* True if the metric is a counter to print: not 0, and not printed elsewhere.
 */
static bool is_counter(const char *name, double value)
{
	return value > 0 && begins(name, METRICS_PREFIX) &&
	       !begins(name, METRICS_SECONDS "_bucket{") &&
	       !begins(name, METRICS_RULES "{") &&
	       !begins(name, METRICS_RULES_INFO) &&
	       !begins(name, METRICS_PREFIX "approv") &&
	       !modes_is_metric(name) && strcmp(name, METRICS_UP) != 0 &&
	       strcmp(name, METRICS_GENERATION) != 0 &&
	       strcmp(name, METRICS_STARTED) != 0;
}

/* Calls line() for each metric. A milter that has just started has none. */
static int each_counter(struct seen *seen,
	void (*line)(void *context, const char *name, double value),
	struct error *error)
{
	struct error cause = { .text = "" };
	int code = 0;

	if (seen->up)
		code = metrics_each(
			seen->tool->config->runtime_dir, line, seen, &cause);
	return !code || code == ERR_NOENT ? 0 : error_pass(error, code, &cause);
}

/* Writes the warning of this number, of WARNINGS. Returns false if there is no
 * reason for it. */
static bool warning(const struct seen *seen, int which, char text[WARNING_MAX])
{
	if (which == 0) {
		if (!seen->up || (seen->age >= 0 && seen->age < OLD))
			return false;
		(void)snprintf(text, WARNING_MAX,
			"the milter does not write %.150s/status.prom every "
			"5 s; check whether the disk is full, or the directory "
			"is missing, which a restart of the milter makes again",
			seen->tool->config->runtime_dir);
		return true;
	}
	if (seen->twice <= 0)
		return false;
	(void)snprintf(text, WARNING_MAX,
		"Postfix asked about %.0f message%s twice: smtpd_milters may "
		"list the milter twice; list it once (`postconf smtpd_milters` "
		"and `postconf -P` show it)",
		seen->twice, seen->twice == 1 ? "" : "s");
	return true;
}

/* ---- as text ---- */

static void print_rows(const struct map_meta *meta)
{
	for (int t = 0; t < RULE_TABLES; t++) {
		const char *comma = "";

		(void)printf("%-11s", rule_table_name((enum rule_table)t));
		for (int k = 0; k < RULE_KINDS; k++) {
			if (!meta->rows[t][k])
				continue;
			(void)printf("%s%" PRIu64 " %s%s", comma,
				meta->rows[t][k],
				rule_kind_name((enum rule_kind)k),
				meta->rows[t][k] == 1 ? "" : "s");
			comma = ", ";
		}
		(void)puts(*comma ? "" : "no rules");
	}
}

static void print_newest(const struct seen *seen)
{
	const struct map_meta *meta = map_meta(seen->map);
	char when[CLOCK_TEXT_MAX];

	clock_text(meta->time, when);
	terminal_named("newest", "generation %" PRIu64 ", %s, by %s: %s",
		meta->generation, when, meta->user, meta->command);
	print_rows(meta);
	(void)printf("digest     %s\n", meta->digest);
	if (meta->adopted.generation) {
		clock_text(meta->adopted.time, when);
		terminal_named("adopted", "generation %" PRIu64 " of %s, %s",
			meta->adopted.generation, meta->adopted.host, when);
	}
}

static void print_milter(const struct seen *seen)
{
	char since[CLOCK_TEXT_MAX];

	if (seen->starting) {
		(void)fputs("milter     ", stdout);
		terminal_put(TERMINAL_DOUBTFUL, "starting");
		if (seen->pid > 0)
			(void)printf(", process %ld", (long)seen->pid);
		(void)putchar('\n');
	} else if (!seen->up) {
		(void)fputs("milter     ", stdout);
		terminal_put(TERMINAL_BAD, "not running");
		(void)putchar('\n');
	} else {
		(void)fputs("milter     ", stdout);
		terminal_put(TERMINAL_GOOD, "up");
		if (seen->pid > 0)
			(void)printf(", process %ld", (long)seen->pid);
		if (seen->started >= 0) {
			clock_text((int64_t)seen->started, since);
			(void)printf(", since %s", since);
		}
		(void)putchar('\n');
	}
	if (seen->served)
		terminal_named(seen->up ? "serves" : "served",
			"generation %" PRIu64 "%s%s", seen->served,
			*seen->digest ? ", digest " : "", seen->digest);
	else
		(void)puts("served     no generation yet");
}

static void print_counter(void *context, const char *name, double value)
{
	struct seen *seen = context;

	if (!is_counter(name, value))
		return;
	if (!seen->any)
		(void)puts("counters");
	seen->any = true;
	(void)printf("  %-*s %.10g\n", seen->counter_width, name, value);
}

/* On a terminal, the numbers stand as near as the longest name lets them. */
static void measure_counter(void *context, const char *name, double value)
{
	struct seen *seen = context;
	int width = (int)strlen(name);

	if (is_counter(name, value) && seen->counter_width < width)
		seen->counter_width = width;
}

static int print_counters(struct seen *seen, struct error *error)
{
	int code = 0;

	if (terminal_columns())
		code = each_counter(seen, measure_counter, error);
	else
		seen->counter_width = COUNTER;
	return code ? code : each_counter(seen, print_counter, error);
}

static void print_warning(const char *text)
{
	terminal_begin(TERMINAL_DOUBTFUL);
	terminal_named("warning", "%s", text);
	terminal_end();
}

static int print_text(struct seen *seen, int newest, struct error *error)
{
	char text[WARNING_MAX];

	print_milter(seen);
	standing_print(&seen->standing);
	modes_print(&seen->modes);
	examined_print(&seen->doctor);
	if (seen->map)
		print_newest(seen);
	else if (newest == ERR_NOENT)
		terminal_named("newest",
			"none; make one with `readdress init` or "
			"`readdress load`");
	else
		terminal_named("newest",
			newest == ERR_PERM ? "not known: this user may not "
					     "read it"
					   : "damaged");
	for (int which = 0; which < WARNINGS; which++)
		if (warning(seen, which, text))
			print_warning(text);
	if (seen->up && seen->age >= 0)
		(void)printf("numbers    %.0f s old\n", seen->age);
	else if (seen->up)
		(void)printf("numbers    none: there is no %s/status.prom\n",
			seen->tool->config->runtime_dir);
	return print_counters(seen, error);
}

/* ---- as JSON ---- */

static void take_counter(void *context, const char *name, double value)
{
	struct seen *seen = context;

	if (is_counter(name, value) && json_object_set_new(seen->counters, name,
					       json_real(value)) != 0)
		seen->lost = true;
}

static int print_json(struct seen *seen, struct error *error)
{
	struct json json;
	char when[CLOCK_TEXT_MAX];
	char text[WARNING_MAX];
	json_t *warnings;
	int printed;
	int code = 0;

	seen->counters = json_object();
	if (seen->counters)
		code = each_counter(seen, take_counter, error);
	json_begin(&json);
	json_put_flag(&json, "up", seen->up);
	json_put_flag(&json, "starting", seen->starting);
	if ((seen->up || seen->starting) && seen->pid > 0)
		json_put_number(&json, "pid", (uint64_t)seen->pid);
	if (seen->age >= 0)
		json_put_number(&json, "age", (uint64_t)seen->age);
	else
		json_put_null(&json, "age");
	if (seen->started >= 0) {
		clock_text((int64_t)seen->started, when);
		json_put_text(&json, "since", when);
	}
	if (seen->served)
		json_put_number(&json, "served", seen->served);
	else
		json_put_null(&json, "served");
	json_put_digest(&json, "digest", seen->digest);
	standing_put(&json, "approved", &seen->standing);
	modes_put(&seen->modes, &json);
	examined_put_last(&seen->doctor, &json);
	if (seen->map) {
		const struct map_meta *meta = map_meta(seen->map);

		clock_text(meta->time, when);
		json_put_number(&json, "newest", meta->generation);
		json_put_text(&json, "time", when);
		json_put_text(&json, "user", meta->user);
		json_put_text(&json, "command", meta->command);
		json_put_digest(&json, "newest_digest", meta->digest);
		json_put_adopted(&json, "origin", meta);
		json_put_rows(&json, "rules", meta);
	} else {
		json_put_null(&json, "newest");
	}
	warnings = json_array();
	for (int which = 0; which < WARNINGS; which++)
		if (warning(seen, which, text) &&
			json_array_append_new(warnings, json_string(text)) != 0)
			seen->lost = true;
	json_put(&json, "warnings", warnings);
	if (seen->lost) {
		json_decref(seen->counters);
		seen->counters = NULL;
	}
	json_put(&json, "counters", seen->counters);
	printed = json_end(&json, code ? NULL : error);
	return code ? code : printed;
}

static int judge(const struct seen *seen, struct error *error)
{
	uint64_t newest = seen->map ? map_meta(seen->map)->generation : 0;
	const char *expect = seen->tool->options.expect;

	if (expect && seen->up && digest_begins(seen->digest, bytes_of(expect)))
		return 0;
	if (expect && seen->up)
		return error_set(error, ERR_NOTFOUND,
			"the milter serves generation %" PRIu64 " with the "
			"digest %s, expected %s",
			seen->served, *seen->digest ? seen->digest : "unknown",
			expect);
	if (expect)
		return error_set(error, ERR_NOTFOUND,
			"nothing is served with the digest %s: %s", expect,
			seen->down.text);
	if (!seen->up)
		return error_pass(error, ERR_DOWN, &seen->down);
	if (seen->standing.any)
		return standing_judge(
			&seen->standing, seen->served, newest, error);
	if (seen->served != newest)
		return error_set(error, ERR_NOTFOUND,
			"the milter serves generation %" PRIu64 ", but the "
			"newest is %" PRIu64 "; `readdress diff` shows what "
			"would change, `readdress reload` has the milter serve "
			"it",
			seen->served, newest);
	return 0;
}

int command_status(struct tool *tool, struct error *error)
{
	struct seen seen = { .tool = tool };
	struct error cause = { .text = "" };
	int newest;
	int code = see_milter(&seen, error);

	if (!code)
		code = modes_see(tool, seen.up, &seen.modes, error);
	if (code) {
		modes_free(&seen.modes);
		return code;
	}
	examined_read(tool, &seen.doctor);
	newest = state_open_newest(tool->state, false, &seen.map, &cause);
	code = see_digest(&seen, error);
	if (!code)
		code = standing_see(
			tool, seen.served, seen.digest, &seen.standing, error);
	if (!code)
		code = tool->options.json ? print_json(&seen, error)
					  : print_text(&seen, newest, error);
	if (!code && newest && newest != ERR_NOENT && !tool->options.expect)
		code = error_pass(error, newest, &cause);
	if (!code)
		code = judge(&seen, error);
	map_close(seen.map);
	modes_free(&seen.modes);
	return code;
}
