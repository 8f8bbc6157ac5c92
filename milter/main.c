#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sysexits.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include <libmilter/mfapi.h>

#include "activation.h"
#include "control.h"
#include "daemon.h"
#include "firstmap.h"
#include "lookups.h"
#include "lookupstart.h"
#include "usage.h"
#include "mtasocket.h"
#include "permission.h"
#include "rehearsal.h"
#include "reload.h"
#include "session.h"
#include "decisionlog/shadow.h"
#include "signals.h"
#include "state/state.h"
#include "syslogcall.h"
#include "runtime/pidfile.h"

/* Postfix passes on headers of at most 60,000 bytes, but accepts longer ones
 * from a milter. */
#define PACKET_MAX 1048575

struct arguments {
	const char *conf;
	bool foreground;
	bool test;
};

static void usage(FILE *file)
{
	(void)fprintf(file,
		"usage: " SERVER_NAME " [-c CONF] [-f] [-t]\n"
		"       " SERVER_NAME " --version | -h\n"
		"\n"
		"  -c CONF    configuration (default " READDRESS_CONF ")\n"
		"  -f         stay in the foreground\n"
		"  -t         check configuration and map, and exit\n"
		"  --version  print the version\n"
		"  -h         print this\n");
}

/* Returns -1 if the program goes on, else its exit code. */
static int parse_arguments(int argc, char **argv, struct arguments *arguments)
{
	static const struct option names[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	static char name[] = SERVER_NAME;
	int option;

	if (argc > 0)
		argv[0] = name; /* for the messages of getopt_long() */
	while ((option = getopt_long(argc, argv, "c:fth", names, NULL)) != -1) {
		switch (option) {
		case 'c':
			arguments->conf = optarg;
			break;
		case 'f':
			arguments->foreground = true;
			break;
		case 't':
			arguments->test = true;
			break;
		case 'V':
			(void)puts(SERVER_NAME " " READDRESS_VERSION);
			return EX_OK;
		case 'h':
			usage(stdout);
			return EX_OK;
		default:
			usage(stderr);
			return EX_USAGE;
		}
	}
	if (optind == argc)
		return -1;
	(void)fprintf(stderr, SERVER_NAME ": unexpected argument \"%s\"\n",
		argv[optind]);
	usage(stderr);
	return EX_USAGE;
}

/* Writes a message to standard error, and also to syslog if config, which may
 * be NULL, says that log lines go there. */
static void __attribute__((format(printf, 4, 5)))
complain(const struct server *server, const struct config *config,
	enum log_level level, const char *format, ...)
{
	static const char name[] = SERVER_NAME ": ";
	char text[sizeof name + ERROR_TEXT_MAX + 64];
	char *said = text + sizeof name - 1;
	struct log log;
	va_list args;

	va_start(args, format);
	memcpy(text, name, sizeof name - 1);
	(void)vsnprintf(said, ERROR_TEXT_MAX + 64, format, args);
	va_end(args);
	logsink_line(server->sink, LOG_TARGET_STDERR, LOG_MAIL | LOG_ERR, text,
		strlen(text));
	if (!config || config->log_target != LOG_TARGET_SYSLOG)
		return;
	log = snapshot_log(config, server->sink);
	log_line(&log, level, "%s", said);
}

/* Makes the path absolute, because SIGHUP reads it again from another working
 * directory. Returns NULL with errno on failure. */
static char *absolute(const char *path)
{
	char here[PATH_MAX];
	char *whole = NULL;

	if (path[0] == '/')
		return strdup(path);
	if (!getcwd(here, sizeof here) ||
		asprintf(&whole, "%s/%s", here, path) < 0)
		return NULL;
	return whole;
}

/* Returns the exit code, as described in readdress-milter(8). The systemd unit
 * restarts the milter after every code but 78, so a directory whose contents
 * are wrong is 78: a restart would not change it. */
static int exit_code(int result)
{
	if (result == ERR_BAD || result == ERR_FOREIGN || result == ERR_NOENT ||
		result == ERR_NOTFOUND)
		result = ERR_CONFIG;
	return error_exit_code(result);
}

/* Warns of problems that do not prevent a start. Must be called as the user who
 * runs the milter. With test, nothing is logged. */
static void warn_of(const struct server *server, const struct config *config,
	const struct daemon_account *account, bool test)
{
	const struct config *logged = test ? NULL : config;

	if (access(config->path, R_OK) != 0)
		complain(server, logged, LOG_LEVEL_WARNING,
			"user %s cannot read %s, so a reload (SIGHUP) will "
			"fail: %s",
			config->user, config->path, strerror(errno));
	if (account->group_missing &&
		daemon_needs_group(config->socket, config->lookup_socket))
		complain(server, logged, LOG_LEVEL_WARNING,
			"socket_group %s does not exist: no group has access "
			"to the socket",
			config->socket_group);
}

/* Warns, for -t, that the systemd unit does not allow this socket: it does not
 * restrict a milter that is run by hand. */
static void advise_unit(
	const struct server *server, const char *option, const char *socket)
{
	if (listener_is_unix(socket) ||
		access("/run/systemd/system", F_OK) != 0 ||
		access(LISTENER_DROP_IN, F_OK) == 0)
		return;
	complain(server, NULL, LOG_LEVEL_WARNING,
		"%s \"%s\": the systemd unit allows only unix "
		"sockets; " LISTENER_DROP_IN_ADVICE,
		option, socket);
}

static void print_modes(const struct config *config)
{
	for (enum rule_table t = RULE_INBOUND; t <= RULE_OUTBOUND; t++) {
		const char *notice = shadow_notice(config, t);

		if (notice)
			(void)printf("shadow mode: %s\n", notice);
	}
}

static int check(const struct server *server, const struct config *config,
	struct error *error)
{
	struct daemon_account account;
	struct listener listeners[2];
	size_t count = *config->lookup_socket ? 2 : 1;
	struct map *map = NULL;
	char rows[SNAPSHOT_ROWS];
	char approval[APPROVED_WHY];
	uint64_t gone = 0;
	uint64_t newest = 0;
	int result = daemon_account(config, &account, error);

	if (!result)
		result = lookupstart_init(&listeners[0], &listeners[1],
			config->socket, config->lookup_socket, error);
	if (!result)
		result = rehearsal_before(config, listeners, count, error);
	/* From here on as the user who will run the milter. */
	if (!result)
		result = daemon_become(config, &account, error);
	if (!result)
		result = firstmap_open(config, &map, &gone, error);
	if (result < 0)
		return result;
	result = rehearsal_after(config, &account, listeners, count,
		map_meta(map)->generation, error);
	if (result < 0) {
		map_close(map);
		return result;
	}
	if (result > 0)
		complain(server, NULL, LOG_LEVEL_WARNING, "%s", error->text);
	warn_of(server, config, &account, true);
	if (gone)
		(void)fprintf(stderr,
			SERVER_NAME ": generation %" PRIu64 ", which was "
				    "served, is gone: the newest would be "
				    "served\n",
			gone);
	result = firstmap_check_newest(config, &newest, error);
	if (result < 0) {
		map_close(map);
		return result;
	}
	snapshot_rows(map_meta(map), rows);
	(void)printf("configuration and map are good: generation %" PRIu64
		     ", %s\n",
		map_meta(map)->generation, rows);
	if (firstmap_approval(config, approval))
		(void)printf(
			"%s: SIGHUP loads the configuration alone\n", approval);
	else if (newest != map_meta(map)->generation)
		(void)printf("generation %" PRIu64
			     ", the newest, is good, too: "
			     "SIGHUP loads it\n",
			newest);
	print_modes(config);
	map_close(map);
	advise_unit(server, "socket", config->socket);
	if (count > 1)
		advise_unit(server, "lookup_socket", config->lookup_socket);
	return fflush(stdout) == 0 ? 0
				   : error_set_errno(error, "standard output");
}

/* Does what only root can do, and then gives up root. */
static int settle(const struct server *server, const struct config *config,
	const struct daemon_account *account, struct error *error)
{
	struct state *state = NULL;
	int result = listener_make_directory(
		&server->listener, account->uid, account->access.gid, error);

	if (!result)
		result = listener_make_directory(&server->lookup_listener,
			account->uid, account->access.gid, error);
	if (!result)
		result = daemon_make_runtime(
			config->runtime_dir, account, error);
	if (!result) {
		result = state_open(&state, config, false, error);
	}
	if (!result)
		result = state_make_served(
			state, account->uid, account->gid, error);
	state_close(state);
	return result < 0 ? result : daemon_become(config, account, error);
}

static bool fix_options(struct server *server, const struct config *config)
{
	server->fixed = (struct server_fixed){
		.socket = strdup(config->socket),
		.lookup_socket = strdup(config->lookup_socket),
		.user = strdup(config->user),
		.state_dir = strdup(config->state_dir),
		.runtime_dir = strdup(config->runtime_dir),
		.timeout = config->timeout,
	};
	return server->fixed.socket && server->fixed.lookup_socket &&
	       server->fixed.user && server->fixed.state_dir &&
	       server->fixed.runtime_dir;
}

/* Opens the standard files if they are closed. Otherwise a file that is opened
 * later could become standard error, and messages would be written to it. */
static void open_standard_files(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDWR);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		(void)close(fd);
}

/* Raises the limit of open files, which limits sessions, as far as allowed. */
static void raise_limits(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

/* Takes the lock, opens the map and the sockets, and makes the first snapshot.
 * Owns config if it returns 0. */
static int open_up(struct server *server, struct config *config,
	const struct listener_access *access, struct error *error)
{
	struct map *map = NULL;
	uint64_t gone = 0;
	int result = pidfile_claim(config->runtime_dir, &server->lock, error);

	if (result < 0)
		return result;
	control_remove_status(config->runtime_dir);
	result = firstmap_open(config, &map, &gone, error);
	if (result < 0)
		return result;
	if (session_register(server) != 0)
		result = error_set(
			error, ERR_NOMEM, "libmilter refuses the callbacks");
	if (!result)
		result = mtasocket_open(&server->listener, access, error);
	if (result > 0)
		complain(server, config, LOG_LEVEL_WARNING, "%s", error->text);
	if (result >= 0)
		result = lookupstart_open(server, access, error);
	if (result > 0)
		complain(server, config, LOG_LEVEL_WARNING, "%s", error->text);
	if (result >= 0)
		result = reload_start(server, config, map, gone, error);
	if (result < 0) {
		listener_remove(&server->listener);
		listener_remove(&server->lookup_listener);
		map_close(map);
	}
	return result;
}

/* Does everything from the configuration to the open socket. Owns config if it
 * returns 0. */
static int prepare(
	struct server *server, struct config *config, struct error *error)
{
	struct daemon_account account;
	int result;

	if (!fix_options(server, config))
		return error_set(error, ERR_NOMEM, "out of memory");
	result = daemon_account(config, &account, error);
	if (!result)
		result = lookupstart_init(&server->listener,
			&server->lookup_listener, server->fixed.socket,
			server->fixed.lookup_socket, error);
	if (!result)
		result = settle(server, config, &account, error);
	if (result < 0)
		return result;
	warn_of(server, config, &account, false);
	return open_up(server, config, &account.access, error);
}

/* Serves until the process ends. Returns the exit code if it cannot. */
static int run(struct server *server, bool keep_stderr, int ready)
{
	struct error error = { .text = "" };
	pthread_t thread;
	int result;

	/* This must come before the control thread starts: if both wrote it at
	 * the same time, after an early SIGHUP, one of them would fail. */
	control_write_status(server);
	server->no_stderr = ready >= 0 && !keep_stderr;
	result = lookupstart_run(server, &error);
	if (result > 0)
		complain(server, server->current.snapshot->config,
			LOG_LEVEL_WARNING, "%s", error.text);
	if (usage_start(&server->usage, &server->current) < 0)
		complain(server, server->current.snapshot->config,
			LOG_LEVEL_WARNING,
			"cannot start the thread that counts uses: nothing is "
			"counted until the next start");
	if (result < 0 || control_start(server, &thread) != 0) {
		lookups_stop(server->lookups);
		listener_remove(&server->listener);
		listener_remove(&server->lookup_listener);
		control_remove_status(server->fixed.runtime_dir);
		complain(server, server->current.snapshot->config,
			LOG_LEVEL_ERROR, "%s",
			result < 0 ? error.text : "cannot start a thread");
		return EX_OSERR;
	}
	if (server->no_stderr)
		logsink_forget_stderr(server->sink);
	if (ready >= 0)
		daemon_ready(ready, keep_stderr);
	(void)smfi_main();
	control_failed(server, thread);
}

static int serve(struct server *server, struct config *config,
	const struct arguments *arguments, struct error *error)
{
	bool keep_stderr = config->log_target == LOG_TARGET_STDERR;
	int timeout = config->timeout;
	int ready = -1;
	int result = 0;

	if (!arguments->foreground)
		result = daemon_detach(&ready, error);
	if (!result && signals_init() != 0)
		result = error_set_errno(error, "cannot block signals");
	raise_limits();
	if (!result)
		result = prepare(server, config, error);
	if (result == ERR_PERM)
		permission_explain(config, error);
	if (result < 0) {
		complain(server, config, LOG_LEVEL_ERROR, "%s",
			error->text[0] ? error->text : "out of memory");
		config_close(config);
		return exit_code(result);
	}
	(void)smfi_setmaxdatasize(PACKET_MAX);
	(void)smfi_settimeout(timeout);
	return run(server, keep_stderr, ready);
}

int main(int argc, char **argv)
{
	static struct server server = {
		.current = { .mutex = PTHREAD_MUTEX_INITIALIZER },
	};
	struct arguments arguments = { .conf = READDRESS_CONF };
	struct error error = { .text = "" };
	struct config *config = NULL;
	int result = parse_arguments(argc, argv, &arguments);

	if (result >= 0)
		return result;
	open_standard_files();
	/* Writing to standard error must not end the process when its reader
	 * has gone. */
	(void)signal(SIGPIPE, SIG_IGN);
	if (logsink_open(&server.sink, LOGSINK_SYSLOG, SERVER_NAME) < 0)
		return EX_OSERR;
	syslog_init(server.sink);
	server.activated = activation_take();
	server.started = time(NULL);
	server.conf = absolute(arguments.conf);
	if (!server.conf) {
		complain(&server, NULL, LOG_LEVEL_ERROR, "%s: %s",
			arguments.conf, strerror(errno));
		return EX_OSERR;
	}
	result = config_open(&config, server.conf, &error);
	if (result < 0) {
		complain(&server, NULL, LOG_LEVEL_ERROR, "%s", error.text);
		return exit_code(result);
	}
	if (!arguments.test)
		return serve(&server, config, &arguments, &error);
	result = check(&server, config, &error);
	if (result == ERR_PERM)
		permission_explain(config, &error);
	if (result < 0)
		complain(&server, NULL, LOG_LEVEL_ERROR, "%s", error.text);
	config_close(config);
	return exit_code(result);
}
