#include "control.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <sysexits.h>
#include <systemd/sd-daemon.h>
#include <time.h>
#include <unistd.h>

#include "reload.h"
#include "signals.h"

#define NANO  1000000000LL
#define MILLI 1000000LL
#define CLOCK (5 * NANO)
/* Between two reloads: a storm of HUPs is answered by ten a second. */
#define PAUSE	(100 * MILLI)
#define GRACE	(3 * NANO)    /* for messages that have begun, at the stop */
#define RETURN	(1 * NANO)    /* for smfi_main, once it was told and woken */
#define ANSWERS (10 * NANO)   /* for callbacks that run, after it */
#define FLUSH	(200 * MILLI) /* for libmilter to write their answers */
#define STEP	(10 * MILLI)

static int64_t now(void)
{
	struct timespec time;

	(void)clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * NANO + time.tv_nsec;
}

static void pause_for(int64_t nanoseconds)
{
	struct timespec time = { nanoseconds / NANO, nanoseconds % NANO };

	while (nanosleep(&time, &time) != 0 && errno == EINTR)
		;
}

void control_write_status(struct server *server)
{
	struct snapshot *snapshot = snapshot_get(&server->current);
	struct error error = { "" };

	if (status_write(&server->status, server->fixed.runtime_dir,
		    server->started, map_meta(snapshot->map), &error) < 0)
		log_line(&snapshot->log, LEVEL_ERROR, "%s", error.text);
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
	log_line(&snapshot->log, LEVEL_INFO, "stop: %s",
		signal == SIGINT ? "SIGINT" : "SIGTERM");
	snapshot_drop(snapshot);
}

/* Callbacks that still run may answer. Returns false when some never do. */
static bool wait_for_answers(const struct server *server)
{
	int64_t until = now() + ANSWERS;

	while (atomic_load(&server->callbacks) > 0) {
		if (now() >= until)
			return false;
		pause_for(STEP);
	}
	pause_for(FLUSH);
	return true;
}

/*
 * smfi_main does not return: libmilter 8.17 can accept a connection while its
 * pool of workers ends, and then waits for ever on a mutex that is destroyed
 * (in up to 17 of 50 stops under load). Nothing of ours is lost by an exit
 * here: what was not answered is deferred, as at every stop.
 */
static void give_up(struct server *server)
{
	struct snapshot *snapshot = snapshot_get(&server->current);

	(void)wait_for_answers(server);
	listener_remove(&server->listener);
	control_remove_status(server->fixed.runtime_dir);
	log_line(&snapshot->log, LEVEL_WARNING,
		"stopped: libmilter did not return");
	_exit(EX_OK);
}

/*
 * Messages that have begun may end; new ones are served meanwhile, but not
 * waited for. Then libmilter is told, and woken: it looks for a stop only after
 * a connection, or every 5 s.
 */
static void stop(struct server *server)
{
	int64_t until = now() + GRACE;

	atomic_store(&server->stopping, true);
	while (!atomic_load(&server->returned) && now() < until &&
		atomic_load(&server->messages[0]) > 0)
		pause_for(STEP);
	/* libmilter writes the answer after our callback is over. */
	if (!atomic_load(&server->returned))
		pause_for(STEP);
	signals_stop();
	until = now() + RETURN;
	while (!atomic_load(&server->returned)) {
		if (now() >= until)
			give_up(server);
		listener_wake(&server->listener);
		pause_for(STEP);
	}
}

/* What HUP may be lost to: a libmilter that does not call our sigwait(). */
static void check_signals(struct server *server)
{
	struct snapshot *snapshot;

	if (signals_taken())
		return;
	snapshot = snapshot_get(&server->current);
	log_line(&snapshot->log, LEVEL_ERROR,
		"libmilter waits for signals by itself: SIGHUP may stop us");
	snapshot_drop(snapshot);
}

static void *control(void *argument)
{
	struct server *server = argument;
	int64_t tick = now() + CLOCK;
	int64_t reload = 0; /* when the next one is due */
	int64_t last = 0;   /* when the last one ended */
	bool checked = false;
	sigset_t set;

	signals_set(&set);
	for (;;) {
		int64_t due = reload && reload < tick ? reload : tick;
		int64_t wait = due - now();
		struct timespec time = { 0, 0 };
		int signal;

		if (wait > 0)
			time = (struct timespec){ wait / NANO, wait % NANO };
		signal = sigtimedwait(&set, NULL, &time);
		if (atomic_load(&server->returned))
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
		if (reload && now() >= reload) {
			reload_run(server);
			control_write_status(server);
			last = now();
			reload = 0;
		}
		if (now() < tick)
			continue;
		control_write_status(server);
		tick = now() + CLOCK;
		if (!checked)
			check_signals(server);
		checked = true;
	}
	stop(server);
	return NULL;
}

int control_start(struct server *server, pthread_t *thread)
{
	return pthread_create(thread, NULL, control, server) == 0 ? 0 : -1;
}

bool control_end(struct server *server, pthread_t thread)
{
	atomic_store(&server->returned, true);
	/* It knows, but when smfi_main ended by itself. */
	(void)pthread_kill(thread, SIGHUP);
	(void)pthread_join(thread, NULL);
	return wait_for_answers(server);
}
