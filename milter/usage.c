#include "usage.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "state/state.h"
#include "usage/uses.h"
#include "usage/usagefile.h"

#define STRIPES	 8
#define PERIOD	 60000	  /* milliseconds between two writes */
#define EXPIRY	 600000	  /* and between two looks for what is too old */
#define JUMP	 3600	  /* seconds: the clock was set if it differs by more */
#define STOP	 2	  /* seconds */
#define PAUSE_NS 10000000 /* while it is waited for */
#define LINE	 64	  /* bytes that two threads should not share */

struct stripe {
	_Alignas(LINE) atomic_flag held;
	bool asked; /* the thread was woken, since this is half full */
	struct delta *delta;
};

struct usage {
	struct stripe stripes[STRIPES];
	_Atomic int64_t lost; /* when a message found no free stripe; 0: none */
	atomic_bool ending;
	atomic_bool hurry; /* the file must be written at once */
	int wake;	   /* readable when the thread should look */
	pthread_t thread;
	struct snapshot_current *current;
	uint64_t seed;

	/* The rest belongs to the thread. */
	struct master *master;
	bool loaded;	  /* served/usage was read */
	bool changed;	  /* the master is not in the file */
	bool failed;	  /* the last try failed, which was logged */
	uint64_t written; /* clock_ms() of the last try */
	/* Since when the clock runs evenly, of clock_ms(), and its difference
	 * to the time of day. */
	uint64_t even_since;
	int64_t ahead;
	uint64_t expired; /* clock_ms() of the last look */
};

static void wake(struct usage *usage)
{
	uint64_t one = 1;

	while (write(usage->wake, &one, sizeof one) < 0 && errno == EINTR)
		;
}

/* Takes a stripe that nobody holds, beginning with one that differs from thread
 * to thread. Returns NULL if there is none. */
static struct stripe *take(struct usage *usage)
{
	static _Thread_local unsigned mine;
	static atomic_uint threads;

	if (!mine)
		mine = atomic_fetch_add(&threads, 1) % STRIPES + 1;
	for (unsigned i = 0; i < STRIPES; i++) {
		struct stripe *stripe =
			&usage->stripes[(mine - 1 + i) % STRIPES];

		if (!atomic_flag_test_and_set_explicit(
			    &stripe->held, memory_order_acquire))
			return stripe;
	}
	return NULL;
}

static void release(struct stripe *stripe)
{
	atomic_flag_clear_explicit(&stripe->held, memory_order_release);
}

void usage_note(struct usage *usage, const struct snapshot *snapshot,
	const struct decide_message *message, const struct decision *decision)
{
	struct stripe *stripe;
	time_t now;
	bool ask;

	if (!usage || !snapshot->config->usage)
		return;
	now = time(NULL);
	stripe = take(usage);
	if (!stripe) {
		atomic_store(&usage->lost, now);
		return;
	}
	uses_record(stripe->delta, snapshot->config, message, decision, now);
	ask = !stripe->asked && delta_is_half_full(stripe->delta);
	stripe->asked |= ask;
	release(stripe);
	if (ask)
		wake(usage);
}

/* Logs an error, unless the last try failed, too. */
static void complain(struct usage *usage, const struct log *log,
	const char *what, const struct error *error)
{
	if (!usage->failed)
		log_line(log, LOG_LEVEL_ERROR, "%s: %s", what, error->text);
	usage->failed = true;
}

/* Empties a stripe into the master. A message holds one for microseconds, so
 * the thread tries again later if it is held now. Returns false then. */
static bool empty(struct usage *usage, struct stripe *stripe,
	const struct snapshot *snapshot)
{
	struct delta *fresh = NULL;
	struct delta *full = NULL;

	if (atomic_flag_test_and_set_explicit(
		    &stripe->held, memory_order_acquire))
		return false;
	if (delta_count(stripe->delta) || delta_lost(stripe->delta)) {
		release(stripe);
		fresh = delta_open(usage->seed);
		if (!fresh || atomic_flag_test_and_set_explicit(
				      &stripe->held, memory_order_acquire)) {
			delta_close(fresh);
			return false;
		}
		full = stripe->delta;
		stripe->delta = fresh;
		stripe->asked = false;
	}
	release(stripe);
	if (!full)
		return true;
	master_merge(usage->master, full,
		snapshot->config->log_addresses ? NULL : &snapshot->log);
	delta_close(full);
	usage->changed = true;
	return true;
}

static void empty_all(struct usage *usage, const struct snapshot *snapshot)
{
	int64_t lost = atomic_exchange(&usage->lost, 0);
	struct timespec moment = { 0, 1000000 };

	for (enum usage_what what = 0; lost && what < USAGE_WHATS; what++)
		master_set_incomplete(usage->master, what, usage_time(lost));
	for (size_t i = 0; i < STRIPES; i++)
		for (int n = 0; n < 100; n++) {
			if (empty(usage, &usage->stripes[i], snapshot))
				break;
			(void)nanosleep(&moment, NULL);
		}
}

/* Sets aside a file that cannot be read, and says so. */
static void set_aside(struct usage *usage, struct state *state,
	const struct log *log, const struct error *reason)
{
	struct error error = { .text = "" };

	if (state_set_usage_aside(state, &error) < 0)
		complain(usage, log, "cannot set aside served/usage", &error);
	else
		log_line(log, LOG_LEVEL_ERROR,
			"served/usage is damaged: %s; it is now "
			"served/usage.damaged, and counting begins anew",
			reason->text);
}

/* Reads served/usage. If memory is exhausted or the disk has an error, it is
 * tried again. */
static void load(struct usage *usage, const struct snapshot *snapshot)
{
	struct error error = { .text = "" };
	struct state *state = NULL;
	char *data = NULL;
	size_t len = 0;
	int result = state_open(&state, snapshot->config, false, &error);

	if (!result)
		result = state_usage(state, &data, &len, &error);
	if (!result)
		result = usagefile_parse(
			usage->master, (struct bytes){ data, len }, &error);
	if (result == ERR_BAD && state)
		set_aside(usage, state, &snapshot->log, &error);
	else if (result < 0 && result != ERR_NOENT)
		complain(usage, &snapshot->log, "cannot read served/usage",
			&error);
	usage->loaded = !result || result == ERR_NOENT || result == ERR_BAD;
	if (usage->loaded)
		usage->failed = false;
	free(data);
	state_close(state);
}

static void save(struct usage *usage, const struct snapshot *snapshot)
{
	struct error error = { .text = "" };
	struct state *state = NULL;
	char *data = NULL;
	size_t len = 0;
	int result = usagefile_format(usage->master, &data, &len);

	if (result < 0)
		(void)error_set(&error, result, "out of memory");
	else
		result = state_open(&state, snapshot->config, false, &error);
	if (!result)
		result = state_note_usage(state, data, len, &error);
	if (result < 0)
		complain(usage, &snapshot->log, "cannot write served/usage",
			&error);
	else
		usage->failed = usage->changed = false;
	free(data);
	state_close(state);
}

/* Removes what was not seen for usage_days, unless the clock was set a short
 * time ago: then it may be wrong, and soon be set right. */
static void expire(struct usage *usage, const struct config *config)
{
	uint64_t now = clock_ms();
	int64_t ahead = (int64_t)time(NULL) - (int64_t)(now / 1000);

	if (ahead > usage->ahead + JUMP || ahead < usage->ahead - JUMP) {
		usage->even_since = now;
		usage->ahead = ahead;
	}
	if (now - usage->even_since < EXPIRY || now - usage->expired < EXPIRY)
		return;
	usage->expired = now;
	usage->ahead = ahead;
	master_expire(usage->master, time(NULL), config->usage_days);
	usage->changed = true;
}

/* Returns false if the thread should end. */
static bool look(struct usage *usage)
{
	struct snapshot *snapshot = snapshot_get(usage->current);
	const struct config *config = snapshot->config;
	bool ending = atomic_load(&usage->ending);
	bool hurry = atomic_exchange(&usage->hurry, false) || ending;
	bool hash = false;

	if (!usage->loaded && config->usage)
		load(usage, snapshot);
	if (!usage->loaded)
		goto out;
	master_limit(usage->master, (size_t)config->usage_max);
	empty_all(usage, snapshot);
	if (!hurry && clock_ms() - usage->written < PERIOD)
		goto out;
	usage->written = clock_ms();
	expire(usage, config);
	/* The option may have been turned off since the last time, and no mail
	 * have come. */
	hash = !config->log_addresses && (usage->changed || hurry);
	if (hash && master_hash(usage->master, &snapshot->log) < 0)
		goto out;
	usage->changed |= hash;
	if (usage->changed)
		save(usage, snapshot);
out:
	snapshot_drop(snapshot);
	return !ending;
}

static void *run(void *argument)
{
	struct usage *usage = argument;
	struct pollfd poll_wake = { .fd = usage->wake, .events = POLLIN };
	uint64_t count;

	while (look(usage)) {
		uint64_t next = usage->written + PERIOD;
		uint64_t now = clock_ms();

		if (poll(&poll_wake, 1, next > now ? (int)(next - now) : 1000) >
			0)
			(void)!read(usage->wake, &count, sizeof count);
	}
	return NULL;
}

static void close_all(struct usage *usage)
{
	for (size_t i = 0; i < STRIPES; i++)
		delta_close(usage->stripes[i].delta);
	master_close(usage->master);
	if (usage->wake >= 0)
		(void)close(usage->wake);
	free(usage);
}

int usage_start(struct usage **out, struct snapshot_current *current)
{
	struct usage *usage = aligned_alloc(LINE, sizeof *usage);
	bool good;

	if (!usage)
		return ERR_NOMEM;
	memset(usage, 0, sizeof *usage);
	usage->current = current;
	usage->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (getrandom(&usage->seed, sizeof usage->seed, 0) < 0)
		usage->seed = clock_ns();
	usage->master = master_open(usage->seed);
	good = usage->wake >= 0 && usage->master;
	for (size_t i = 0; i < STRIPES; i++) {
		atomic_flag_clear(&usage->stripes[i].held);
		usage->stripes[i].delta = delta_open(usage->seed);
		good = good && usage->stripes[i].delta;
	}
	usage->written = usage->even_since = clock_ms();
	usage->ahead = (int64_t)time(NULL) - (int64_t)(clock_ms() / 1000);
	if (good)
		errno = pthread_create(&usage->thread, NULL, run, usage);
	if (good && errno == 0) {
		*out = usage;
		return 0;
	}
	close_all(usage);
	return ERR_IO;
}

void usage_write(struct usage *usage)
{
	if (!usage)
		return;
	atomic_store(&usage->hurry, true);
	wake(usage);
}

/* True if the thread ended within STOP seconds. The time of day may be set back
 * meanwhile, and pthread_clockjoin_np() is glibc's alone. */
static bool has_ended(pthread_t thread)
{
	const struct timespec pause = { .tv_nsec = PAUSE_NS };
	uint64_t until = clock_ms() + UINT64_C(1000) * STOP;

	while (pthread_tryjoin_np(thread, NULL)) {
		if (clock_ms() >= until)
			return false;
		(void)nanosleep(&pause, NULL);
	}
	return true;
}

void usage_stop(struct usage *usage)
{
	if (!usage)
		return;
	atomic_store(&usage->ending, true);
	wake(usage);
	if (has_ended(usage->thread))
		close_all(usage);
}
