/*
 * milter: sessions of an MTA with the milter's own callbacks, through libmilter
 * and a socket. mtascript.h tells how the input is read. Whatever is said: the
 * replies are those of a milter (mtamodel.h), each line of the log is one, and
 * afterwards nothing is left of the session.
 */
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <syslog.h>
#include <time.h>

#include <libmilter/mfapi.h>

#include "kit/casemap.h"
#include "mtamodel.h"
#include "mtatalk.h"
#include "decisionlog/decisionlog.h"
#include "session.h"
#include "signals.h"

#ifdef __has_feature /* clang; of gcc these headers are not complete */
#if __has_feature(address_sanitizer)
#define COUNTS_BLOCKS
#include <sanitizer/allocator_interface.h>
#include <sanitizer/lsan_interface.h>
#endif
#endif

#define PACKET_MAX 1048575 /* as main.c has it */
#define PATIENCE   20	   /* seconds */
#define ARENA_MAX  ((size_t)256 << 20)

/* The first octet of the input chooses. */
static const char *const configurations[] = {
	"log_level = \"debug\"\n",
	"inbound_rewrite_headers = \"unless-signed\"\n",
	"inbound_mode = \"shadow\"\noutbound_mode = \"shadow\"\n",
	"outbound_networks = {\"192.0.2.0/24\", \"2001:db8::/32\"}\n"
	"outbound_required_headers = {\"X-OriginatorOrg: drypizza.com\"}\n",
	"outbound_headers = {\"From\", \"To\", \"Cc\"}\n"
	"recipient_delimiter = \"-\"\nlog_addresses = false\n"
	"outbound_route_recipients = false\ninbound_daemons = {\"IN\"}\n",
};

#define CONFIGURATIONS (sizeof configurations / sizeof *configurations)

static struct server server = {
	.current = { .mutex = PTHREAD_MUTEX_INITIALIZER },
};
static struct snapshot *snapshots[CONFIGURATIONS];
static struct sockaddr_un place = { .sun_family = AF_UNIX };
static char directory[] = "/tmp/readdress-fuzz-XXXXXX";
static atomic_bool closes; /* "quit, new connection follows" was sent */

void __wrap_log_line(const struct log *log, enum log_level level,
	const char *format, ...) __attribute__((format(printf, 3, 4)));
void __syslog_chk(int priority, int flag, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* In the place of log_line, by the linker: nothing from mail is in a line as it
 * came, and no line is cut. */
void __wrap_log_line(
	const struct log *log, enum log_level level, const char *format, ...)
{
	char line[DECISIONLOG_LINE + 2];
	va_list args;
	int len;

	(void)log;
	va_start(args, format);
	len = vsnprintf(line, sizeof line, format, args);
	va_end(args);
	FUZZ_CHECK(level >= LOG_LEVEL_ERROR && level <= LOG_LEVEL_DEBUG);
	FUZZ_CHECK(len > 0 && len <= DECISIONLOG_LINE);
	for (int i = 0; i < len; i++)
		FUZZ_CHECK(line[i] >= ' ' && line[i] <= '~');
}

/* libmilter's own log. It complains of its peers, as it should; of us it must
 * not. */
void __syslog_chk(int priority, int flag, const char *format, ...)
{
	(void)priority;
	(void)flag;
	FUZZ_CHECK(!strstr(format, "private data not NULL"));
	FUZZ_CHECK(atomic_load(&closes) ||
		   !strstr(format, "claimed not to reply"));
}

static atomic_long blocks; /* of memory, that are allocated */

#ifdef COUNTS_BLOCKS
static void count_block(const volatile void *block, size_t size)
{
	(void)block;
	(void)size;
	atomic_fetch_add(&blocks, 1);
}

static void count_free(const volatile void *block)
{
	atomic_fetch_sub(&blocks, block != NULL);
}
#endif

static void clean_up(void)
{
	(void)unlink(place.sun_path);
	(void)rmdir(directory);
}

static struct snapshot *make_snapshot(const char *text)
{
	const unsigned char key[LOG_HASH_KEY] = { 1 };
	char path[sizeof directory + 8];
	struct config *config = NULL;
	struct snapshot *snapshot = NULL;
	struct error error = { .text = "" };
	FILE *file;

	(void)snprintf(path, sizeof path, "%s/conf", directory);
	file = fopen(path, "w");
	FUZZ_CHECK(file && fputs(text, file) >= 0 && !fclose(file));
	if (config_open(&config, path, &error))
		casemap_die(path, error.text);
	FUZZ_CHECK(!unlink(path));
	FUZZ_CHECK(!snapshot_make(
		&snapshot, config, casemap_open(CASES_DIR), key, NULL));
	/* On every machine the one that the inputs name */
	memcpy(snapshot->mta_user, "102", sizeof "102");
	return snapshot;
}

static time_t seconds(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

/* The descriptors that the next two opened get. */
struct spare {
	int first;
	int second;
};

static struct spare find_spare(void)
{
	struct spare spare;

	spare.first = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	spare.second = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	FUZZ_CHECK(spare.first >= 0 && spare.second >= 0);
	FUZZ_CHECK(!close(spare.first) && !close(spare.second));
	return spare;
}

/* Memory is what it was before. libmilter frees some after it has closed; a
 * thread that it started may keep what it has. */
static void check_memory(long before)
{
#ifdef COUNTS_BLOCKS
	time_t end = seconds() + 1;

	while (atomic_load(&blocks) > before && seconds() < end)
		(void)sched_yield();
	if (atomic_load(&blocks) > before)
		FUZZ_CHECK(!__lsan_do_recoverable_leak_check());
#else
	(void)before;
#endif
}

/* libmilter's end of the connection is closed, no other descriptor is open,
 * nothing of the session is left, and nobody holds the snapshot but us. */
static void check_end(struct spare before, const struct snapshot *snapshot)
{
	time_t end = seconds() + PATIENCE;
	struct spare after;

	while (fcntl(before.first, F_GETFD) >= 0) {
		FUZZ_CHECK(seconds() < end);
		(void)sched_yield();
	}
	after = find_spare();
	FUZZ_CHECK(
		after.first == before.first && after.second == before.second);
	FUZZ_CHECK(!atomic_load(&server.metrics.connections));
	for (size_t i = 0; i < SERVER_STRIPES; i++)
		FUZZ_CHECK(!atomic_load(&server.callbacks[i].running));
	FUZZ_CHECK(!atomic_load(&server.messages[0]));
	FUZZ_CHECK(!atomic_load(&server.messages[1]));
	FUZZ_CHECK(atomic_load(&snapshot->references) == 2);
}

/* Does what snapshot_put() does, but retires nothing: a snapshot comes again in
 * a later session. */
static void put_in_force(struct snapshot *snapshot)
{
	struct snapshot *before;

	if (snapshot)
		atomic_fetch_add(&snapshot->references, 1);
	FUZZ_CHECK(!pthread_mutex_lock(&server.current.mutex));
	before = server.current.snapshot;
	server.current.snapshot = snapshot;
	FUZZ_CHECK(!pthread_mutex_unlock(&server.current.mutex));
	snapshot_drop(before);
}

static void session(struct mtatalk *talk, const struct mta_script *script,
	struct snapshot *snapshot)
{
	long before = atomic_load(&blocks);
	struct spare spare = find_spare();

	put_in_force(snapshot);
	mtatalk_dial(talk, &place);
	/* until libmilter has taken the call */
	while (fcntl(spare.first, F_GETFD) < 0)
		(void)sched_yield();
	mtatalk_converse(talk, script);
	check_end(spare, snapshot);
	check_memory(before);
	put_in_force(NULL);
}

/* A first session. After it libmilter has its threads and descriptors, and its
 * table of states, one for all sessions, is what every negotiation makes of
 * it. */
static void greet(void)
{
	static const uint8_t offer[] = "\0O";
	struct mta_script script;
	struct mtatalk talk = mtatalk_open();

	mtascript_open(&script, offer, sizeof offer - 1);
	mtatalk_dial(&talk, &place);
	mtatalk_converse(&talk, &script);
	FUZZ_CHECK(talk.size);
	mtatalk_close(&talk);
	mtascript_close(&script);
}

static void *serve(void *nothing)
{
	FUZZ_CHECK(smfi_main() == MI_SUCCESS);
	return nothing;
}

static void start(void)
{
	char address[sizeof place.sun_path + 8];
	pthread_t thread;
	sigset_t wake;

#ifdef COUNTS_BLOCKS
	FUZZ_CHECK(__sanitizer_install_malloc_and_free_hooks(
		count_block, count_free));
#endif
	/* as signals_init has it */
	FUZZ_CHECK(signal(SIGPIPE, SIG_IGN) != SIG_ERR);
	FUZZ_CHECK(!sigemptyset(&wake) && !sigaddset(&wake, SIGNALS_WAKE));
	FUZZ_CHECK(!pthread_sigmask(SIG_BLOCK, &wake, NULL));
	FUZZ_CHECK(mkdtemp(directory) && !atexit(clean_up));
	for (size_t i = 0; i < CONFIGURATIONS; i++)
		snapshots[i] = make_snapshot(configurations[i]);
	(void)snprintf(
		place.sun_path, sizeof place.sun_path, "%s/socket", directory);
	(void)snprintf(address, sizeof address, "unix:%s", place.sun_path);
	FUZZ_CHECK(!session_register(&server));
	FUZZ_CHECK(smfi_setconn(address) == MI_SUCCESS);
	FUZZ_CHECK(smfi_setmaxdatasize(PACKET_MAX) > 0);
	FUZZ_CHECK(smfi_opensocket(true) == MI_SUCCESS);
	FUZZ_CHECK(!pthread_create(&thread, NULL, serve, NULL));
	FUZZ_CHECK(!pthread_detach(thread));
	greet();
}

static size_t count_ends(const struct mta_script *script)
{
	size_t ends = 0;

	for (size_t i = 0; i < script->count; i++) {
		if (!script->packets[i].command)
			return SIZE_MAX;
		ends += script->packets[i].command == 'E';
	}
	return ends;
}

static bool has(const struct mta_script *script, char command)
{
	for (size_t i = 0; i < script->count; i++)
		if (!script->packets[i].command ||
			script->packets[i].command == command)
			return true;
	return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct arena *arena;
	struct mta_script script;
	struct mtatalk talk;
	struct snapshot *snapshot;

	if (!arena) {
		arena = arena_open(ARENA_MAX);
		FUZZ_CHECK(arena);
		start();
	}
	talk = mtatalk_open();
	mtascript_open(&script, data, size);
	atomic_store(&closes, has(&script, 'K'));
	snapshot = snapshots[script.config % CONFIGURATIONS];
	session(&talk, &script, snapshot);
	if (script.unread >= script.size) {
		struct bytes replies = { talk.replies, talk.size };
		struct mtamodel model = { .config = snapshot->config,
			.map = snapshot->map,
			.arena = arena,
			.mta = { .user = snapshot->mta_user } };

		mtareply_well_formed(replies, count_ends(&script));
		mtamodel_check(&model, &script, replies);
		arena_reset(arena);
	}
	mtatalk_close(&talk);
	mtascript_close(&script);
	return 0;
}
