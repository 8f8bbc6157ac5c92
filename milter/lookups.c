#include "lookups.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "lookuppeer.h"
#include "watch.h"

#define TICK	 1000 /* milliseconds between two looks at the clock */
#define PAUSE	 100  /* the same, while descriptors are missing */
#define EVENTS	 256
#define ACCEPTED 64    /* connections at most between two queries */
#define RESERVED 128   /* descriptors for files, the log and libmilter */
#define COMPLAIN 60000 /* milliseconds between two warnings */
#define STOP	 1000  /* milliseconds that a stop takes at most */

TAILQ_HEAD(peers, lookuppeer);

struct lookups {
	pthread_t thread;
	atomic_bool stopping;
	int fd;	   /* the listening socket */
	int epoll; /* its data is a peer, or NULL for the two others */
	int wake;  /* readable when stopping was set */
	bool accepting;
	size_t limit;
	size_t count;
	/* In the order in which they became so; since says when. */
	struct peers idle;
	struct peers waiting;
	uint64_t complained; /* the time of the last warning; 0: none */

	struct snapshot_current *current;
	struct metrics *metrics;
	struct snapshot *snapshot; /* the one of reader */
	struct map_reader *reader; /* NULL: it could not be opened */
	struct watch *watch;
	struct autoroutes *autoroutes; /* NULL: there are none */
	struct lookuppeer_work work;
};

/* Lets go of the snapshot. */
static void release(struct lookups *lookups)
{
	map_reader_close(lookups->reader);
	lookups->reader = NULL;
	snapshot_drop(lookups->snapshot);
	lookups->snapshot = NULL;
}

/* Takes the snapshot in force, unless it is held already, and what the watch
 * has found. */
static void refresh(struct lookups *lookups)
{
	struct snapshot *now = snapshot_get(lookups->current);
	struct autoroutes *newer = watch_take(lookups->watch);

	if (newer) {
		autoroutes_close(lookups->autoroutes);
		lookups->autoroutes = newer;
	}
	if (now && now == lookups->snapshot && lookups->reader) {
		snapshot_drop(now);
		return;
	}
	release(lookups);
	lookups->snapshot = now;
	if (now && map_reader_open(&lookups->reader, now->map) < 0)
		lookups->reader = NULL;
}

static size_t answer_one(void *context, const struct socketmap_request *request,
	char reply[SOCKETMAP_REPLY_MAX])
{
	struct lookups *lookups = context;
	struct answer answer;

	refresh(lookups);
	if (lookups->reader)
		answer_query(lookups->reader, lookups->snapshot->config,
			lookups->autoroutes, request->name, request->key,
			&answer);
	else
		answer_fail(&answer, "readdress serves no rules");
	metrics_lookup(lookups->metrics, request->name, answer.status);
	return socketmap_format(&answer, reply);
}

/* Logs a warning, but not more than one in a minute. */
static void warn(struct lookups *lookups, uint64_t now, const char *text)
{
	if (lookups->complained && now - lookups->complained < COMPLAIN)
		return;
	refresh(lookups);
	if (!lookups->snapshot)
		return;
	log_line(&lookups->snapshot->log, LOG_LEVEL_WARNING,
		"look-up service: %s", text);
	lookups->complained = now;
}

static struct peers *list_of(
	struct lookups *lookups, const struct lookuppeer *peer)
{
	return peer->state == LOOKUPPEER_IDLE ? &lookups->idle
					      : &lookups->waiting;
}

static void count(struct lookups *lookups, int change)
{
	lookups->count += (size_t)change;
	atomic_store_explicit(&lookups->metrics->lookup_connections,
		(int64_t)lookups->count, memory_order_relaxed);
}

/* Closes a peer that is in its list. */
static void drop(struct lookups *lookups, struct lookuppeer *peer)
{
	TAILQ_REMOVE(list_of(lookups, peer), peer, entry);
	lookuppeer_close(peer); /* which takes it out of epoll, too */
	count(lookups, -1);
}

/* Closes the peer that was idle longest; if none is idle, the one that has
 * waited longest. Returns false if there is no peer. */
static bool drop_one(struct lookups *lookups)
{
	struct lookuppeer *peer = TAILQ_FIRST(&lookups->idle);

	if (!peer)
		peer = TAILQ_FIRST(&lookups->waiting);
	if (peer)
		drop(lookups, peer);
	return peer;
}

static bool control(const struct lookups *lookups, int operation, int fd,
	uint32_t events, struct lookuppeer *peer)
{
	struct epoll_event event = { .events = events,
		.data = { .ptr = peer } };

	return epoll_ctl(lookups->epoll, operation, fd, &event) == 0;
}

static void set_accepting(struct lookups *lookups, bool accepting)
{
	lookups->accepting = accepting;
	(void)control(lookups, EPOLL_CTL_MOD, lookups->fd,
		accepting ? EPOLLIN : 0, NULL);
}

static void add(struct lookups *lookups, int fd, uint64_t now)
{
	struct lookuppeer *peer = lookuppeer_open(fd);

	if (!peer || !control(lookups, EPOLL_CTL_ADD, fd, EPOLLIN, peer)) {
		if (peer)
			lookuppeer_close(peer);
		else
			(void)close(fd);
		warn(lookups, now, "a connection was closed: out of memory");
		return;
	}
	peer->since = now;
	TAILQ_INSERT_TAIL(&lookups->idle, peer, entry);
	count(lookups, 1);
}

/* Accepts what waits in the backlog. If there is no descriptor for it, closes
 * one connection; if that does not help, stops accepting for a moment. */
static void accept_all(struct lookups *lookups, uint64_t now)
{
	struct pollfd waiting = { .fd = lookups->fd, .events = POLLIN };
	bool dropped = false;

	for (int i = 0; i < ACCEPTED; i++) {
		int fd = accept4(
			lookups->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd >= 0) {
			if (lookups->count >= lookups->limit)
				(void)drop_one(lookups);
			add(lookups, fd, now);
			dropped = false;
			continue;
		}
		/* The kernel looks for a descriptor first, and fails without
		 * one even if no connection waits. */
		if ((errno != EMFILE && errno != ENFILE && errno != ENOMEM &&
			    errno != ENOBUFS) ||
			poll(&waiting, 1, 0) != 1)
			return;
		warn(lookups, now,
			"descriptors or memory are missing, so idle "
			"connections are closed");
		if (dropped || !drop_one(lookups)) {
			set_accepting(lookups, false);
			return;
		}
		dropped = true;
	}
}

static void serve(
	struct lookups *lookups, struct lookuppeer *peer, uint64_t now)
{
	struct peers *before = list_of(lookups, peer);
	enum lookuppeer_state state = peer->state;
	uint64_t requests = peer->requests;

	lookuppeer_serve(peer, &lookups->work);
	/* A peer that waits is given time for each request, not for each byte.
	 */
	if (peer->requests == requests && peer->state == state &&
		state != LOOKUPPEER_IDLE)
		return;
	peer->since = now;
	if (peer->bad)
		warn(lookups, now,
			"a client sent what is not a query of socketmap, and "
			"was disconnected");
	TAILQ_REMOVE(before, peer, entry);
	TAILQ_INSERT_TAIL(list_of(lookups, peer), peer, entry);
	if (peer->state == LOOKUPPEER_OVER) {
		drop(lookups, peer);
		return;
	}
	if ((peer->state == LOOKUPPEER_WRITING) !=
			(state == LOOKUPPEER_WRITING) &&
		!control(lookups, EPOLL_CTL_MOD, peer->fd,
			peer->state == LOOKUPPEER_WRITING ? EPOLLOUT : EPOLLIN,
			peer))
		drop(lookups, peer);
}

/* Closes the peers that were given time enough. */
static void drop_late(struct lookups *lookups, uint64_t now)
{
	struct lookuppeer *peer;

	while ((peer = TAILQ_FIRST(&lookups->waiting)) &&
		now - peer->since >= LOOKUPS_PATIENCE) {
		warn(lookups, now,
			peer->state == LOOKUPPEER_WRITING
				? "a client did not read its answers, and was "
				  "disconnected"
				: "a client sent only a part of a query, and "
				  "was disconnected");
		drop(lookups, peer);
	}
}

/* Waits up to timeout milliseconds for events, and handles them. Returns how
 * many peers were served. */
static int turn(struct lookups *lookups, int timeout)
{
	struct epoll_event events[EVENTS];
	int ready = epoll_wait(lookups->epoll, events, EVENTS, timeout);
	uint64_t now = clock_ms();
	bool connections = false;
	int served = 0;

	for (int i = 0; i < ready; i++) {
		struct lookuppeer *peer = events[i].data.ptr;

		if (peer) {
			serve(lookups, peer, now);
			served++;
		} else {
			connections = true;
		}
	}
	/* Only now, because this may close a peer of the events above. */
	if (connections && lookups->accepting)
		accept_all(lookups, now);
	drop_late(lookups, now);
	return served;
}

static void *run(void *argument)
{
	struct lookups *lookups = argument;
	uint64_t until;

	while (!atomic_load(&lookups->stopping)) {
		(void)turn(lookups, lookups->accepting ? TICK : PAUSE);
		/* An old map must not stay in memory until the next query. */
		refresh(lookups);
		if (!lookups->accepting)
			set_accepting(lookups, true);
	}
	set_accepting(lookups, false);
	until = clock_ms() + STOP;
	while (turn(lookups, 0) > 0 && clock_ms() < until)
		;
	while (drop_one(lookups))
		;
	release(lookups);
	return NULL;
}

/* Returns how many connections there may be: as many as limit says and the
 * descriptors of the process allow. */
static size_t find_limit(size_t limit, struct error *error)
{
	struct rlimit files;
	size_t possible;

	if (getrlimit(RLIMIT_NOFILE, &files) != 0 ||
		files.rlim_cur == RLIM_INFINITY)
		return limit;
	possible = files.rlim_cur <= RESERVED + 2
			   ? 1
			   : (size_t)(files.rlim_cur - RESERVED) / 2;
	if (possible < LOOKUPS_CONNECTIONS_MIN && possible < limit)
		(void)error_set(error, ERR_IO,
			"the look-up service can hold only %zu connections, "
			"because this process may open only %llu files; give "
			"it a higher limit (`ulimit -n`, or LimitNOFILE= of "
			"the systemd unit)",
			possible, (unsigned long long)files.rlim_cur);
	return possible < limit ? possible : limit;
}

static void destroy(struct lookups *lookups)
{
	if (lookups->epoll >= 0)
		(void)close(lookups->epoll);
	if (lookups->wake >= 0)
		(void)close(lookups->wake);
	(void)close(lookups->fd);
	watch_stop(lookups->watch);
	autoroutes_close(lookups->autoroutes);
	free(lookups);
}

/* Opens what the thread needs, and starts it. Returns false with errno. */
static bool launch(struct lookups *lookups)
{
	lookups->epoll = epoll_create1(EPOLL_CLOEXEC);
	lookups->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (lookups->epoll < 0 || lookups->wake < 0 ||
		!control(lookups, EPOLL_CTL_ADD, lookups->fd, EPOLLIN, NULL) ||
		!control(lookups, EPOLL_CTL_ADD, lookups->wake, EPOLLIN, NULL))
		return false;
	errno = pthread_create(&lookups->thread, NULL, run, lookups);
	return errno == 0;
}

int lookups_start(struct lookups **out, int fd, size_t limit,
	const char *state_dir, struct snapshot_current *current,
	struct metrics *metrics, struct error *error)
{
	struct lookups *lookups = calloc(1, sizeof *lookups);

	if (!lookups)
		return error_set(error, ERR_NOMEM, "out of memory");
	lookups->fd = fd;
	lookups->epoll = lookups->wake = -1;
	lookups->limit = find_limit(limit, error);
	lookups->current = current;
	lookups->metrics = metrics;
	lookups->accepting = true;
	lookups->work.answer = answer_one;
	lookups->work.context = lookups;
	TAILQ_INIT(&lookups->idle);
	TAILQ_INIT(&lookups->waiting);
	if (watch_start(&lookups->watch, state_dir, current) < 0 ||
		!launch(lookups)) {
		(void)error_set_errno(
			error, "cannot start the look-up service");
		destroy(lookups);
		return ERR_IO;
	}
	*out = lookups;
	return 0;
}

void lookups_stop(struct lookups *lookups)
{
	uint64_t one = 1;

	if (!lookups)
		return;
	atomic_store(&lookups->stopping, true);
	while (write(lookups->wake, &one, sizeof one) < 0 && errno == EINTR)
		;
	(void)pthread_join(lookups->thread, NULL);
	destroy(lookups);
}
