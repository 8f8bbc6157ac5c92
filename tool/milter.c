#include "milter.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>

#include "base/clock.h"
#include "postfixreload.h"
#include "print/json.h"
#include "state/serving.h"
#include "runtime/metrics.h"
#include "runtime/pidfile.h"

#define POLL_NANOSECONDS 20000000L

/* What the milter reports about itself; -1: it cannot be read. */
struct reported {
	double reloads_ok;
	double reloads_failed;
	uint64_t generation; /* 0: it cannot be read */
	off_t log_end;	     /* the size of served/reload.log, in bytes */
};

static double read_one(const struct tool *tool, const char *name)
{
	double value = -1;

	if (metrics_read(tool->config->runtime_dir, name, &value, NULL) != 1)
		return -1;
	return value;
}

static struct reported read_reported(const struct tool *tool)
{
	struct reported now = { .reloads_ok =
					read_one(tool, METRICS_RELOADS_OK),
		.reloads_failed = read_one(tool, METRICS_RELOADS_FAILED) };

	if (metrics_read_generation(
		    tool->config->runtime_dir, &now.generation, NULL) != 1)
		now.generation = 0;
	if (serving_log_end(tool->state, &now.log_end, NULL) < 0)
		now.log_end = -1;
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

/* Looks into served/reload.log, since status.prom may be gone, or on a full
 * disk. Returns what look() returns. */
static int look_at_log(const struct tool *tool, const struct reported *before,
	uint64_t newest, uint64_t *serving, struct error *error)
{
	if (before->log_end < 0)
		return 0;
	switch (serving_reload(tool->state, before->log_end, serving, NULL)) {
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
static int look(const struct tool *tool, const struct reported *before,
	uint64_t newest, uint64_t *serving, struct error *error)
{
	struct reported now = read_reported(tool);
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

static int print_serving(
	const struct tool *tool, uint64_t serving, struct error *error)
{
	struct json json;

	if (!tool->options.json) {
		(void)printf("serving generation %" PRIu64 "\n", serving);
		return 0;
	}
	json_begin(&json);
	json_put_generation(&json, "generation", serving);
	json_put_flag(&json, "served", true);
	return json_end(&json, error);
}

static int wait_for(const struct tool *tool, const struct reported *before,
	pid_t pid, uint64_t newest, unsigned timeout, struct error *error)
{
	uint64_t until = clock_ms() + (uint64_t)timeout * 1000;
	uint64_t serving = 0;

	for (;;) {
		struct timespec pause = { 0, POLL_NANOSECONDS };
		pid_t now = 0;
		int code = look(tool, before, newest, &serving, error);

		if (code < 0)
			return code;
		if (code > 0)
			return print_serving(tool, serving, error);
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

int milter_reload(struct tool *tool, unsigned timeout, struct error *error)
{
	struct map *map = NULL;
	struct reported before;
	uint64_t newest;
	uint64_t served = 0;
	pid_t pid = 0;
	int code = milter_find(tool, &pid, error);

	if (!code)
		code = state_open_newest(tool->state, false, &map, error);
	if (code)
		return code;
	newest = map_meta(map)->generation;
	map_close(map);
	before = read_reported(tool);
	if (milter_served(tool, true, &served, NULL) < 0)
		served = 0;
	if (pid <= 0)
		return error_set(error, ERR_DOWN,
			"the milter runs, but %s/pid is missing, and so its "
			"process is not known; restart it with `systemctl "
			"restart readdress-milter`",
			tool->config->runtime_dir);
	if (kill(pid, SIGHUP)) {
		if (errno == ESRCH)
			return not_running(tool, error);
		return error_set_errno(error,
			"cannot send SIGHUP to the milter, process %ld (run "
			"this command as root or as %s)",
			(long)pid, tool->config->user);
	}
	code = wait_for(tool, &before, pid, newest, timeout, error);
	return code ? code : postfixreload_after(tool, served, error);
}

int milter_go_live(struct tool *tool, bool made, struct error *error)
{
	int code;

	if (!tool->options.reload) {
		if (made)
			tool_say(tool, "the milter serves it after `readdress "
				       "reload`");
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
