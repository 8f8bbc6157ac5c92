#include "base/logsink.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define IDENT_MAX  64
#define RECORD_MAX (LOGSINK_LINE + IDENT_MAX + 64)

_Static_assert(RECORD_MAX <= PIPE_BUF, "a line is one write to a pipe");

/* The ways to write to standard error without waiting. */
enum stderr_kind {
	STDERR_SOCKET, /* send() has a flag that prevents waiting */
	STDERR_OWN,    /* a second descriptor, which does not block */
	STDERR_POLL,   /* a shared descriptor: poll() is asked first */
	STDERR_PLAIN, /* a file: a write succeeds or fails, but does not wait */
};

struct logsink {
	pthread_mutex_t mutex; /* held over calls that do not wait */
	_Atomic uint64_t dropped;
	uint64_t unreported[2]; /* dropped, not reported; by enum log_target */
	int syslog;		/* -1: not connected */
	bool stream; /* the socket is a stream: a NUL ends each record */
	enum stderr_kind kind;
	int err;      /* -1: there is no second descriptor */
	bool partial; /* the last line was written in part only */
	char ident[IDENT_MAX];
	time_t stamped; /* the second of stamp */
	char stamp[32]; /* the time as text; empty: not known */
	struct sockaddr_un address;
};

static void look_at_stderr(struct logsink *sink)
{
	struct stat status;

	sink->kind = STDERR_PLAIN;
	if (fstat(STDERR_FILENO, &status))
		return;
	if (S_ISSOCK(status.st_mode)) {
		sink->kind = STDERR_SOCKET;
	} else if (S_ISFIFO(status.st_mode) || isatty(STDERR_FILENO)) {
		/* O_NONBLOCK on the inherited descriptor would apply to all
		 * processes that share it. */
		sink->err = open(
			"/proc/self/fd/2", O_WRONLY | O_APPEND | O_NONBLOCK |
						   O_NOCTTY | O_CLOEXEC);
		sink->kind = sink->err >= 0 ? STDERR_OWN : STDERR_POLL;
	}
}

int logsink_open(struct logsink **result, const char *path, const char *ident)
{
	struct logsink *sink = calloc(1, sizeof *sink);

	if (!sink || pthread_mutex_init(&sink->mutex, NULL) != 0) {
		free(sink);
		return ERR_NOMEM;
	}
	sink->syslog = sink->err = -1;
	sink->address.sun_family = AF_UNIX;
	(void)snprintf(sink->address.sun_path, sizeof sink->address.sun_path,
		"%s", path);
	(void)snprintf(sink->ident, sizeof sink->ident, "%s", ident);
	look_at_stderr(sink);
	*result = sink;
	return 0;
}

static void disconnect(struct logsink *sink)
{
	if (sink->syslog >= 0)
		(void)close(sink->syslog);
	sink->syslog = -1;
}

void logsink_forget_stderr(struct logsink *sink)
{
	pthread_mutex_lock(&sink->mutex);
	if (sink->err >= 0)
		(void)close(sink->err);
	sink->err = -1;
	sink->kind = STDERR_PLAIN;
	pthread_mutex_unlock(&sink->mutex);
}

void logsink_close(struct logsink *sink)
{
	if (!sink)
		return;
	disconnect(sink);
	logsink_forget_stderr(sink);
	(void)pthread_mutex_destroy(&sink->mutex);
	free(sink);
}

static bool connect_as(struct logsink *sink, int type)
{
	int saved;

	sink->stream = type == SOCK_STREAM;
	sink->syslog = socket(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (sink->syslog < 0)
		return false;
	if (!connect(sink->syslog, (const struct sockaddr *)&sink->address,
		    sizeof sink->address))
		return true;
	saved = errno;
	disconnect(sink);
	errno = saved;
	return false;
}

/* Sends the record, with a NUL after it if the socket is a stream. */
static bool send_record(struct logsink *sink, const char *record, size_t len)
{
	ssize_t sent;

	if (sink->stream)
		len++;
	sent = send(sink->syslog, record, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	/* The rest of the record cannot be sent later: it would end up within
	 * another record. */
	if (sent >= 0 && (size_t)sent < len) {
		disconnect(sink);
		errno = EAGAIN;
	}
	return sent >= 0 && (size_t)sent == len;
}

/* Tries the existing connection first, and then a new one: syslogd may have
 * been restarted, or another program may now listen at that path. */
static bool put_syslog(struct logsink *sink, const char *record, size_t len)
{
	if (sink->syslog >= 0 && send_record(sink, record, len))
		return true;
	disconnect(sink);
	if (!connect_as(sink, SOCK_DGRAM) &&
		(errno != EPROTOTYPE || !connect_as(sink, SOCK_STREAM)))
		return false;
	return send_record(sink, record, len);
}

static ssize_t write_stderr(
	const struct logsink *sink, const char *text, size_t len)
{
	struct pollfd asked = { .fd = STDERR_FILENO, .events = POLLOUT };

	switch (sink->kind) {
	case STDERR_SOCKET:
		return send(
			STDERR_FILENO, text, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	case STDERR_OWN:
		return write(sink->err, text, len);
	case STDERR_POLL:
		if (poll(&asked, 1, 0) != 1)
			return -1;
		return write(STDERR_FILENO, text, len);
	case STDERR_PLAIN:
	default:
		return write(STDERR_FILENO, text, len);
	}
}

static bool put_stderr(struct logsink *sink, const char *line, size_t len)
{
	char text[RECORD_MAX];
	size_t used = 0;
	ssize_t done;

	if (sink->partial)
		text[used++] = '\n';
	memcpy(text + used, line, len);
	used += len;
	text[used++] = '\n';
	done = write_stderr(sink, text, used);
	if (done > 0)
		sink->partial = (size_t)done < used;
	return done >= 0 && (size_t)done == used;
}

/* Makes the time of day as text, once in a second. The C locale applies,
 * because the process sets no other. */
static const char *make_stamp(struct logsink *sink)
{
	time_t now = time(NULL);
	struct tm local;

	if (sink->stamp[0] && now == sink->stamped)
		return sink->stamp;
	sink->stamp[0] = '\0';
	if (localtime_r(&now, &local))
		(void)strftime(
			sink->stamp, sizeof sink->stamp, "%h %e %T", &local);
	sink->stamped = now;
	return sink->stamp;
}

/* Writes a record in the form of the syslog(3) of glibc, but without
 * waiting. */
static size_t make_record(struct logsink *sink, int priority, const char *line,
	size_t len, char record[RECORD_MAX])
{
	int used = snprintf(record, RECORD_MAX, "<%d>%s %s[%ld]: ", priority,
		make_stamp(sink), sink->ident, (long)getpid());
	size_t room;

	if (used < 0 || used >= RECORD_MAX)
		return 0;
	room = RECORD_MAX - 1 - (size_t)used;
	if (len > room)
		len = room;
	memcpy(record + used, line, len);
	record[(size_t)used + len] = '\0';
	return (size_t)used + len;
}

static bool put(struct logsink *sink, enum log_target target, int priority,
	const char *line, size_t len)
{
	char record[RECORD_MAX];

	if (target != LOG_TARGET_SYSLOG)
		return put_stderr(sink, line, len);
	len = make_record(sink, priority, line, len, record);
	return put_syslog(sink, record, len);
}

/* True if no dropped line remains to be reported. */
static bool say_dropped(struct logsink *sink, enum log_target target)
{
	uint64_t count = sink->unreported[target];
	char line[128];
	int len;

	if (!count)
		return true;
	len = snprintf(line, sizeof line,
		"%" PRIu64 " log line%s dropped: %s accepted no more lines",
		count, count == 1 ? " was" : "s were",
		target == LOG_TARGET_SYSLOG ? "syslog" : "standard error");
	if (!put(sink, target, LOG_MAIL | LOG_WARNING, line, (size_t)len))
		return false;
	sink->unreported[target] = 0;
	return true;
}

void logsink_line(struct logsink *sink, enum log_target target, int priority,
	const char *line, size_t len)
{
	if (len > LOGSINK_LINE)
		len = LOGSINK_LINE;
	pthread_mutex_lock(&sink->mutex);
	if (!say_dropped(sink, target) ||
		!put(sink, target, priority, line, len)) {
		sink->unreported[target]++;
		atomic_fetch_add_explicit(
			&sink->dropped, 1, memory_order_relaxed);
	}
	pthread_mutex_unlock(&sink->mutex);
}

void logsink_catch_up(struct logsink *sink)
{
	pthread_mutex_lock(&sink->mutex);
	(void)say_dropped(sink, LOG_TARGET_SYSLOG);
	(void)say_dropped(sink, LOG_TARGET_STDERR);
	pthread_mutex_unlock(&sink->mutex);
}

uint64_t logsink_dropped(const struct logsink *sink)
{
	return atomic_load_explicit(&sink->dropped, memory_order_relaxed);
}
