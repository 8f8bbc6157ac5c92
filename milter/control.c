#include "control.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <sysexits.h>
#include <systemd/sd-daemon.h>
#include <time.h>
#include <unistd.h>
#ifdef READDRESS_LEAK_CHECK
#include <sanitizer/lsan_interface.h>
#endif

#include "base/clock.h"
#include "lookups.h"
#include "reload.h"
#include "signals.h"
#include "switchover.h"
#include "usage.h"

#define NANO  1000000000LL
#define MILLI 1000000LL
#define CLOCK (5 * NANO) /* between two writes of status.prom */
/* Between two reloads, so that many SIGHUPs cause at most ten in a second. */
#define PAUSE	(100 * MILLI)
#define GRACE	(3 * NANO)    /* the stop waits for messages that have begun */
#define ANSWERS (10 * NANO)   /* and then for callbacks that run */
#define FLUSH	(200 * MILLI) /* and for libmilter to write their answers */
#define STEP	(10 * MILLI)
#define SWEEP	(100 * MILLI) /* while messages use an old snapshot */

static int64_t now(void)
{
	return (int64_t)clock_ns();
}

static void pause_for(int64_t nanoseconds)
{
	struct timespec time = { (time_t)(nanoseconds / NANO),
		(long)(nanoseconds % NANO) };

	while (nanosleep(&time, &time) != 0 && errno == EINTR)
		;
}

void control_write_status(struct server *server)
{
	struct snapshot *snapshot = snapshot_get(&server->current);
	struct error error = { .text = "" };

	atomic_store(&server->metrics.log_lines_dropped,
		logsink_dropped(server->sink));
	if (metrics_write(&server->metrics, server->fixed.runtime_dir,
		    server->started, map_meta(snapshot->map), &error) < 0)
		log_line(&snapshot->log, LOG_LEVEL_ERROR, "%s", error.text);
	snapshot_drop(snapshot);
}

static void keep_proofs(struct server *server)
{
	struct snapshot *snapshot = snapshot_get(&server->current);

	proofs_keep(&server->proofs, snapshot);
	snapshot_drop(snapshot);
}

void control_remove_status(const char *runtime_dir)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof path, "%s/status.prom", runtime_dir) <
		(int)sizeof path)
		(void)unlink(path);
}

static void announce_stop(struct server *server, int signal)
{
	struct snapshot *snapshot = snapshot_get(&server->current);

	(void)sd_notify(0, "STOPPING=1");
	log_line(&snapshot->log, LOG_LEVEL_INFO, "stop: %s",
		signal == SIGINT ? "SIGINT" : "SIGTERM");
	snapshot_drop(snapshot);
}

/* True if a callback runs. After closed is set, none is missed: one that begins
 * later sees closed and does nothing. */
static bool is_answering(const struct server *server)
{
	long running = 0;

	for (size_t i = 0; i < SERVER_STRIPES; i++)
		running += atomic_load(&server->callbacks[i].running);
	return running > 0;
}

/* Waits for the callbacks that still run, but not for ever. */
static void wait_for_answers(const struct server *server)
{
	int64_t until = now() + ANSWERS;

	while (is_answering(server) && now() < until)
		pause_for(STEP);
	pause_for(FLUSH);
}

/*
 * Ends the process. First it waits for messages that have begun; new ones are
 * served in the meantime, but not waited for. Then no new callback begins, and
 * those that run may answer. libmilter's threads are not stopped (signals.h).
 * The MTA defers the messages that were not answered.
 */
static _Noreturn void stop(struct server *server)
{
	struct snapshot *snapshot = snapshot_get(&server->current);
	int64_t until = now() + GRACE;
	bool failed = atomic_load(&server->failed);

	atomic_store(&server->stopping, true);
	while (!failed && now() < until &&
		atomic_load(&server->messages[0]) > 0)
		pause_for(STEP);
	atomic_store(&server->closed, true);
	wait_for_answers(server);
	proofs_keep(&server->proofs, snapshot);
	listener_remove(&server->listener);
	listener_remove(&server->lookup_listener);
	lookups_stop(server->lookups);
	usage_stop(server->usage);
	control_remove_status(server->fixed.runtime_dir);
	log_line(&snapshot->log, failed ? LOG_LEVEL_ERROR : LOG_LEVEL_INFO,
		failed ? "stopped: libmilter failed, see the lines above"
		       : "stopped");
#ifdef READDRESS_LEAK_CHECK
	__lsan_do_leak_check();
#endif
	/* No exit handlers: they would free what libmilter's threads use. */
	_exit(failed ? EX_OSERR : EX_OK);
}

/* Logs an error if libmilter does not call the sigwait() of signals.c. */
static void check_signals(struct server *server)
{
	struct snapshot *snapshot;

	if (signals_taken())
		return;
	snapshot = snapshot_get(&server->current);
	log_line(&snapshot->log, LOG_LEVEL_ERROR,
		"libmilter waits for signals itself: SIGHUP may stop this "
		"milter instead of reloading it; restart it instead");
	snapshot_drop(snapshot);
}

/* Returns the nanoseconds to the next second of the time of day. */
static int64_t to_next_second(void)
{
	struct timespec time;

	if (clock_gettime(CLOCK_REALTIME, &time) != 0)
		return NANO;
	return NANO - time.tv_nsec;
}

/* Looks at what is approved, once in each second of the time of day. *last is
 * the second of the last look. */
static void look_at_approval(struct server *server, time_t *last)
{
	time_t second = time(NULL);

	if (second == *last)
		return;
	*last = second;
	if (switchover_look(server))
		control_write_status(server);
}

static void *control(void *argument)
{
	struct server *server = argument;
	int64_t tick = now() + CLOCK;
	int64_t reload = 0; /* when the next one is due */
	int64_t last = 0;   /* when the last one ended */
	time_t second = -1; /* when what is approved was looked at */
	bool checked = false;
	sigset_t set;

	signals_set(&set);
	for (;;) {
		int64_t due = reload && reload < tick ? reload : tick;
		int64_t wait = due - now();
		int64_t look = to_next_second();
		struct timespec time = { 0, 0 };
		int signal;

		if (wait > look)
			wait = look;
		if (snapshot_sweep(&server->current) && wait > SWEEP)
			wait = SWEEP;
		if (wait > 0)
			time = (struct timespec){ (time_t)(wait / NANO),
				(long)(wait % NANO) };
		signal = sigtimedwait(&set, NULL, &time);
		if (atomic_load(&server->failed))
			break;
		if (signal == SIGTERM || signal == SIGINT) {
			announce_stop(server, signal);
			break;
		}
		if (signal == SIGHUP && !reload) {
			reload = now();
			if (last && reload < last + PAUSE)
				reload = last + PAUSE;
		}
		look_at_approval(server, &second);
		if (reload && now() >= reload) {
			/* It may have been approved in this second. */
			(void)switchover_look(server);
			reload_run(server);
			usage_write(server->usage);
			control_write_status(server);
			last = now();
			reload = 0;
		}
		keep_proofs(server);
		greeted_keep(&server->greeted, server->fixed.runtime_dir);
		if (now() < tick)
			continue;
		logsink_catch_up(server->sink);
		control_write_status(server);
		tick = now() + CLOCK;
		if (!checked)
			check_signals(server);
		checked = true;
	}
	stop(server);
}

int control_start(struct server *server, pthread_t *thread)
{
	return pthread_create(thread, NULL, control, server) == 0 ? 0 : -1;
}

void control_failed(struct server *server, pthread_t thread)
{
	atomic_store(&server->failed, true);
	/* The thread takes it with sigwait(3), and stops the milter. */
	/* NOLINTNEXTLINE(bugprone-bad-signal-to-kill-thread,cert-pos44-c) */
	(void)pthread_kill(thread, SIGTERM);
	for (;;)
		(void)pause();
}
