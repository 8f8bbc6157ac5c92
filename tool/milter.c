#include "milter.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include "approve/approve.h"
#include "base/clock.h"
#include "postfixreload.h"
#include "print/approval.h"
#include "print/json.h"
#include "state/serving.h"
#include "runtime/metrics.h"
#include "runtime/pidfile.h"

#define POLL_NANOSECONDS 20000000L

/* How long status.prom may be behind reload.log. */
#define BEHIND_MILLISECONDS 1000

static double read_one(const struct tool *tool, const char *name)
{
	double value = -1;

	if (metrics_read(tool->config->runtime_dir, name, &value, NULL) != 1)
		return -1;
	return value;
}

struct milter_told milter_ask(const struct tool *tool)
{
	struct milter_told now = { .reloads_ok =
					   read_one(tool, METRICS_RELOADS_OK),
		.reloads_failed = read_one(tool, METRICS_RELOADS_FAILED) };

	if (metrics_read_generation(
		    tool->config->runtime_dir, &now.generation, NULL) != 1)
		now.generation = 0;
	if (serving_log_end(tool->state, &now.log_end, NULL) < 0)
		now.log_end = -1;
	if (milter_served(tool, true, &now.served, NULL) < 0)
		now.served = 0;
	return now;
}

static int not_running(const struct tool *tool, struct error *error)
{
	return error_set(error, ERR_DOWN,
		"the milter is not running (no process holds the lock on "
		"%s/pid); start it with `systemctl start readdress-milter` or "
		"`readdress-milter -c %s`",
		tool->config->runtime_dir, tool->config->path);
}

int milter_find(const struct tool *tool, pid_t *pid, struct error *error)
{
	int code = pidfile_running(tool->config->runtime_dir, pid, error);

	/* A runtime_dir that was deleted took the locked file with it. */
	if ((code == 0 || code == ERR_NOENT) && tool->state &&
		serving_process(tool->state, pid, NULL) > 0)
		return 0;
	if (code == 0 || code == ERR_NOENT)
		return not_running(tool, error);
	return code < 0 ? code : 0;
}

static int stat_in_runtime(
	const struct tool *tool, const char *name, struct stat *status)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof path, "%s/%s", tool->config->runtime_dir,
		    name) >= (int)sizeof path)
		return -1;
	return lstat(path, status);
}

static bool is_older(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec < b->tv_sec ||
	       (a->tv_sec == b->tv_sec && a->tv_nsec < b->tv_nsec);
}

bool milter_is_starting(const struct tool *tool)
{
	struct stat numbers;
	struct stat pidfile;
	pid_t pid;

	/* Without the state, or if it cannot be read, nothing is known. */
	if (!tool->state || serving_process(tool->state, &pid, NULL) != 0 ||
		stat_in_runtime(tool, "pid", &pidfile) != 0)
		return false;
	return stat_in_runtime(tool, "status.prom", &numbers) != 0 ||
	       is_older(&numbers.st_mtim, &pidfile.st_mtim);
}

/* Looks into served/reload.log, since status.prom may be gone, or on a full
 * disk. Returns what look() returns. */
static int look_at_log(const struct tool *tool,
	const struct milter_told *before, uint64_t newest, uint64_t *serving,
	struct error *error)
{
	if (before->log_end < 0)
		return 0;
	switch (serving_reload(
		tool->state, before->log_end, serving, NULL, NULL)) {
	case 1:
		return *serving >= newest;
	case 2:
		return error_set(error, ERR_DOWN,
			"the reload failed, and the milter still serves "
			"generation %" PRIu64 "; `readdress log` says why",
			*serving);
	default:
		return 0;
	}
}

/* Returns 1 if the milter serves newest since the SIGHUP, 0 if not yet, or an
 * error. */
static int look(const struct tool *tool, const struct milter_told *before,
	uint64_t newest, uint64_t *serving, struct error *error)
{
	struct milter_told now = milter_ask(tool);
	uint64_t previous;

	if (before->reloads_failed >= 0 &&
		now.reloads_failed > before->reloads_failed)
		return error_set(error, ERR_DOWN,
			"the reload failed, and the milter still serves "
			"generation %" PRIu64 "; `readdress log` says why",
			now.generation);
	if (before->reloads_ok >= 0 && now.reloads_ok <= before->reloads_ok)
		return look_at_log(tool, before, newest, serving, error);
	if (before->reloads_ok < 0 && before->log_end >= 0)
		return look_at_log(tool, before, newest, serving, error);
	if (now.generation) {
		*serving = now.generation;
	} else {
		int code = state_served(tool->state, serving, &previous, error);

		if (code)
			return code;
	}
	return *serving >= newest;
}

/* Prints what is served. digest may be "": it is not known. */
static int print_serving(const struct tool *tool, uint64_t serving,
	const char *digest, struct error *error)
{
	struct json json;

	if (!tool->options.json) {
		(void)printf("serving generation %" PRIu64 "\n", serving);
		return 0;
	}
	json_begin(&json);
	json_put_generation(&json, "generation", serving);
	json_put_digest(&json, "digest", digest);
	json_put_flag(&json, "served", true);
	return json_end(&json, error);
}

/* Prints what is served after a reload, with the digest that the milter told
 * with this generation. */
static int print_reloaded(
	const struct tool *tool, uint64_t serving, struct error *error)
{
	const char *dir = tool->config->runtime_dir;
	char digest[DIGEST_LEN + 1] = "";
	struct map *map = NULL;
	uint64_t told = 0;
	int code = 0;

	if (!tool->options.json)
		return print_serving(tool, serving, "", error);
	if (metrics_read_generation(dir, &told, NULL) == 1 && told == serving &&
		metrics_read_digest(dir, digest, NULL) == 1)
		return print_serving(tool, serving, digest, error);
	/* The log tells it earlier. */
	if (!state_open_generation(tool->state, serving, false, &map, NULL))
		memcpy(digest, map_meta(map)->digest, sizeof digest);
	code = print_serving(tool, serving, digest, error);
	map_close(map);
	return code;
}

/* True if status.prom, which was there before, does not tell of the reload. */
static bool is_behind(const struct tool *tool, const struct milter_told *before)
{
	return before->reloads_ok >= 0 &&
	       read_one(tool, METRICS_RELOADS_OK) <= before->reloads_ok;
}

static int wait_for(const struct tool *tool, const struct milter_told *before,
	pid_t pid, uint64_t newest, unsigned timeout, struct error *error)
{
	uint64_t until = clock_ms() + (uint64_t)timeout * 1000;
	uint64_t logged = 0; /* when the log told of the reload first */
	uint64_t serving = 0;

	for (;;) {
		struct timespec pause = { 0, POLL_NANOSECONDS };
		pid_t now = 0;
		int code = look(tool, before, newest, &serving, error);

		if (code < 0)
			return code;
		if (code > 0 && !logged)
			logged = clock_ms();
		/* Who asks for status next shall see what is in force now. */
		if (code > 0 &&
			(!is_behind(tool, before) ||
				clock_ms() >= logged + BEHIND_MILLISECONDS))
			return print_reloaded(tool, serving, error);
		code = milter_find(tool, &now, error);
		if (code)
			return code;
		if (now != pid)
			return error_set(error, ERR_DOWN,
				"the milter was restarted during the reload; "
				"run `readdress reload` again");
		if (clock_ms() >= until)
			return error_set(error, ERR_DOWN,
				"the milter does not serve generation %" PRIu64
				" after %u s; look into its log, or wait "
				"longer with --timeout",
				newest, timeout);
		(void)nanosleep(&pause, NULL);
	}
}

static int send_hup(const struct tool *tool, pid_t pid, struct error *error)
{
	if (pid <= 0)
		return error_set(error, ERR_DOWN,
			"the milter runs, but %s/pid is missing, and so its "
			"process is not known; restart it with `systemctl "
			"restart readdress-milter`",
			tool->config->runtime_dir);
	if (!kill(pid, SIGHUP))
		return 0;
	if (errno == ESRCH)
		return not_running(tool, error);
	return error_set_errno(error,
		"cannot send SIGHUP to the milter, process %ld (run this "
		"command as root or as %s)",
		(long)pid, tool->config->user);
}

/* Ends what is approved, with --newest. Sets *stands to whether anything still
 * is, and writes to text what. */
static int look_at_approval(struct tool *tool, bool *stands,
	char text[APPROVAL_SHOWN], struct error *error)
{
	struct approval approval;
	int code = 0;

	*stands = false;
	if (tool->options.newest) {
		bool removed;

		code = approve_end(tool->state, &removed, error);
		if (!code && removed)
			tool_say(tool, "nothing is approved any more");
		return code;
	}
	code = approval_read(tool->state, &approval, error);
	if (code < 0 && code != ERR_BAD)
		return code;
	*stands = code != 0;
	if (code == 1)
		approval_show(&approval, (int64_t)time(NULL), text);
	else if (code < 0)
		(void)snprintf(text, APPROVAL_SHOWN,
			"it cannot be read what is approved");
	return 0;
}

/* Says which options of the configuration the reload has not put in force. */
static void say_fixed(struct tool *tool, const struct milter_told *before)
{
	char fixed[SERVING_FIXED];
	uint64_t serving;

	if (before->log_end < 0 || serving_reload(tool->state, before->log_end,
					   &serving, fixed, NULL) != 1)
		return;
	if (*fixed)
		tool_say(tool,
			"a change of %s takes a restart, and the old value "
			"stays in force until then: run `systemctl restart "
			"readdress-milter`",
			fixed);
}

/* Adds to the text that the milter does not run what is to do after its start:
 * it begins with what it served before. */
static void add_reload(struct tool *tool, struct error *error)
{
	struct map *newest = NULL;
	uint64_t served = 0;

	if (milter_served(tool, false, &served, NULL) || !served ||
		state_open_newest(tool->state, false, &newest, NULL))
		return;
	if (map_meta(newest)->generation != served)
		error_append(error, ", then run `readdress reload`");
	map_close(newest);
}

int milter_reload(struct tool *tool, unsigned timeout, struct error *error)
{
	struct map *map = NULL;
	struct milter_told before;
	char text[APPROVAL_SHOWN] = "";
	uint64_t newest = 0;
	bool stands;
	pid_t pid = 0;
	int code = look_at_approval(tool, &stands, text, error);

	if (!code)
		code = milter_find(tool, &pid, error);
	if (code == ERR_DOWN)
		add_reload(tool, error);
	/* While something is approved, any generation will do. */
	if (!code && !stands)
		code = state_open_newest(tool->state, false, &map, error);
	if (code)
		return code;
	if (map)
		newest = map_meta(map)->generation;
	map_close(map);
	before = milter_ask(tool);
	code = send_hup(tool, pid, error);
	if (!code)
		code = wait_for(tool, &before, pid, newest, timeout, error);
	if (!code)
		say_fixed(tool, &before);
	if (!code && stands)
		tool_say(tool,
			"the milter has loaded the configuration alone: %s; "
			"`readdress reload --newest` ends this, and has the "
			"newest generation served",
			text);
	return code ? code : postfixreload_after(tool, before.served, error);
}

int milter_may_go_live(struct tool *tool, struct error *error)
{
	struct approval approval;
	char text[APPROVAL_SHOWN];
	struct state *state = NULL;
	int code;

	if (tool->options.newest && !tool->options.reload)
		return error_set(error, ERR_USAGE,
			"found --newest without --reload; expected both, or "
			"neither");
	if (!tool->options.reload || tool->options.newest)
		return 0;
	code = state_open(&state, tool->config, false, error);
	if (code == ERR_NOENT) /* the edit makes it */
		return 0;
	if (code)
		return code;
	code = approval_read(state, &approval, error);
	state_close(state);
	if (code != 1)
		return code;
	approval_show(&approval, (int64_t)time(NULL), text);
	return error_set(error, ERR_BAD,
		"%s, so --reload would not have the new rules served; nothing "
		"was changed; leave --reload out, or add --newest, which ends "
		"the approval",
		text);
}

/* Returns 1 if the milter serves what is approved, 0 if not yet, or an
 * error. */
static int look_for_approved(const struct tool *tool,
	const struct milter_told *before, const struct approval *approval,
	struct error *error)
{
	char digest[DIGEST_LEN + 1] = "";
	uint64_t serving = 0;
	int found = 0;

	if (metrics_read_generation(
		    tool->config->runtime_dir, &serving, NULL) == 1 &&
		serving == approval->generation &&
		metrics_read_digest(tool->config->runtime_dir, digest, NULL) ==
			1 &&
		!strcmp(digest, approval->digest))
		return 1;
	if (before->log_end >= 0)
		found = serving_reload(
			tool->state, before->log_end, &serving, NULL, NULL);
	if (found == 2)
		return error_set(error, ERR_DOWN,
			"the approved generation %" PRIu64 " cannot be served, "
			"and the milter still serves generation %" PRIu64
			"; `readdress log` says why",
			approval->generation, serving);
	return found == 1 && serving == approval->generation;
}

static int late(
	const struct approval *approval, unsigned timeout, struct error *error)
{
	return error_set(error, ERR_DOWN,
		"generation %" PRIu64 " is approved, but the milter does not "
		"serve it after %u s; look into its log, or wait longer with "
		"--timeout",
		approval->generation, timeout);
}

int milter_wait_approved(struct tool *tool, const struct milter_told *before,
	const struct approval *approval, struct error *error)
{
	unsigned timeout = tool->options.timeout;
	uint64_t until = clock_ms() + (uint64_t)timeout * 1000;
	int code;

	for (;;) {
		struct timespec pause = { 0, POLL_NANOSECONDS };
		pid_t pid;

		code = milter_find(tool, &pid, error);
		if (code == ERR_DOWN)
			error_append(error,
				"; what is approved is served when it starts");
		if (!code)
			code = look_for_approved(tool, before, approval, error);
		if (code < 0)
			return code;
		if (code > 0)
			break;
		if (clock_ms() >= until)
			return late(approval, timeout, error);
		(void)nanosleep(&pause, NULL);
	}
	code = print_serving(
		tool, approval->generation, approval->digest, error);
	return code ? code : postfixreload_after(tool, before->served, error);
}

/* Says after an edit what has its rules served. */
static void say_what_next(const struct tool *tool)
{
	struct approval approval;
	struct error unused;
	uint64_t served = 0;
	char text[APPROVAL_SHOWN];
	pid_t pid;

	if (approval_read(tool->state, &approval, NULL) == 1) {
		approval_show(&approval, (int64_t)time(NULL), text);
		tool_say(tool,
			"%s; the milter serves the new rules after `readdress "
			"reload --newest`",
			text);
	} else if (milter_find(tool, &pid, &unused) != ERR_DOWN) {
		tool_say(tool, "the milter serves it after `readdress reload`");
	} else if (milter_served(tool, false, &served, &unused) || !served) {
		tool_say(tool,
			"the milter is not running; it serves this after "
			"`systemctl start readdress-milter`");
	} else {
		/* It would begin with what it served before. */
		tool_say(tool,
			"the milter is not running; it serves this after "
			"`systemctl start readdress-milter` and "
			"`readdress reload`");
	}
}

int milter_go_live(struct tool *tool, bool made, struct error *error)
{
	int code;

	if (!tool->options.reload) {
		if (made)
			say_what_next(tool);
		return 0;
	}
	/* Waiting for the milter must not hold the writers' lock. */
	code = tool_open_state(tool, false, error);
	return code ? code : milter_reload(tool, tool->options.timeout, error);
}

int milter_served(
	const struct tool *tool, bool up, uint64_t *served, struct error *error)
{
	uint64_t reported = 0;
	uint64_t previous;
	int code;

	if (up && metrics_read_generation(
			  tool->config->runtime_dir, &reported, NULL) != 1)
		reported = 0;
	/* On a full disk, or without its directory, status.prom is old. */
	code = state_served(tool->state, served, &previous, error);
	if (reported && (code || !*served)) {
		*served = reported;
		return 0;
	}
	return code;
}
