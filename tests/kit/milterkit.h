/*
 * milterkit: calls the milter's callbacks as libmilter calls them, with a
 * libmilter of this program's own. That one writes down what the milter asks it
 * for, and refuses the n-th call where a test says so: no peer on a socket can
 * make libmilter do that. This stays a header, which one file of a program that
 * links the rooms of milter/ includes: what it defines stands in for libmilter
 * in the whole program.
 */
#ifndef READDRESS_MILTERKIT_H
#define READDRESS_MILTERKIT_H

#include "kit/testmap.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>

#include <libmilter/mfapi.h>
#include <libmilter/mfdef.h>

#include "session.h"
#include "snapshot.h"

#define MILTERKIT_TOLD	 ((size_t)1 << 16)
#define MILTERKIT_MACROS 8

static struct {
	struct smfiDesc callbacks;
	void *private; /* of the one session */
	char told[MILTERKIT_TOLD];
	size_t used;
	int calls;  /* that change the message, so far */
	int refuse; /* the number of the call that fails; 0: none */
	struct {
		char name[32];
		char value[256];
	} macros[MILTERKIT_MACROS];
} milterkit;

static struct server milterkit_server = {
	.current = { .mutex = PTHREAD_MUTEX_INITIALIZER },
};

static inline void milterkit_tell(const char *format, ...)
	__attribute__((format(printf, 1, 2)));

static inline void milterkit_tell(const char *format, ...)
{
	size_t room = MILTERKIT_TOLD - milterkit.used;
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(milterkit.told + milterkit.used, room, format, args);
	va_end(args);
	assert_true(len >= 0 && (size_t)len < room);
	milterkit.used += (size_t)len;
}

static inline int milterkit_call(void)
{
	return ++milterkit.calls == milterkit.refuse ? MI_FAILURE : MI_SUCCESS;
}

/* ---- libmilter ---- */

int smfi_register(struct smfiDesc callbacks)
{
	milterkit.callbacks = callbacks;
	return MI_SUCCESS;
}

int smfi_setpriv(SMFICTX *ctx, void *private)
{
	(void)ctx;
	milterkit.private = private;
	return MI_SUCCESS;
}

void *smfi_getpriv(SMFICTX *ctx)
{
	(void)ctx;
	return milterkit.private;
}

int smfi_setsymlist(SMFICTX *ctx, int step, char *names)
{
	(void)ctx;
	(void)step;
	(void)names;
	return MI_SUCCESS;
}

char *smfi_getsymval(SMFICTX *ctx, char *name)
{
	(void)ctx;
	for (size_t i = 0; i < MILTERKIT_MACROS; i++)
		if (!strcmp(milterkit.macros[i].name, name))
			return milterkit.macros[i].value;
	return NULL;
}

int smfi_setreply(SMFICTX *ctx, char *code, char *status, char *text)
{
	(void)ctx;
	(void)text;
	milterkit_tell("reply %s %s\n", code, status);
	return MI_SUCCESS;
}

int smfi_addrcpt(SMFICTX *ctx, char *address)
{
	(void)ctx;
	milterkit_tell("+%s\n", address);
	return milterkit_call();
}

int smfi_addrcpt_par(SMFICTX *ctx, char *address, char *parameters)
{
	(void)ctx;
	milterkit_tell("+%s %s\n", address, parameters);
	return milterkit_call();
}

int smfi_delrcpt(SMFICTX *ctx, char *address)
{
	(void)ctx;
	milterkit_tell("-%s\n", address);
	return milterkit_call();
}

int smfi_chgfrom(SMFICTX *ctx, char *address, char *parameters)
{
	(void)ctx;
	milterkit_tell("from %s%s\n", address, parameters ? " ?" : "");
	return milterkit_call();
}

int smfi_chgheader(SMFICTX *ctx, char *name, int instance, char *value)
{
	(void)ctx;
	milterkit_tell("%s %d:%s\n", name, instance, value);
	return milterkit_call();
}

/* ---- an MTA ---- */

static inline SMFICTX *milterkit_context(void)
{
	static char nothing;
	union {
		char *given;
		SMFICTX *wanted;
	} same = { &nothing };

	return same.wanted;
}

static inline void milterkit_macro(
	size_t place, const char *name, const char *value)
{
	assert_true(place < MILTERKIT_MACROS);
	(void)snprintf(milterkit.macros[place].name,
		sizeof milterkit.macros[0].name, "%s", name);
	(void)snprintf(milterkit.macros[place].value,
		sizeof milterkit.macros[0].value, "%s", value);
}

/* Makes a new snapshot of the server, which owns the map from then on. Its log
 * goes to standard error. */
static inline void milterkit_serve(const char *conf, struct map *map)
{
	const unsigned char key[LOG_HASH_KEY] = { 1 };
	struct snapshot *snapshot = NULL;
	char text[4096];

	(void)snprintf(text, sizeof text, "log_target = \"stderr\"\n%s",
		conf ? conf : "");
	if (!milterkit_server.sink) {
		assert_int_equal(logsink_open(&milterkit_server.sink,
					 "/nonexistent/log", "test"),
			0);
		/* Standard error may become another file later. */
		logsink_forget_stderr(milterkit_server.sink);
	}
	assert_int_equal(snapshot_make(&snapshot, testmap_config(text), map,
				 key, milterkit_server.sink),
		0);
	snapshot_put(&milterkit_server.current, snapshot);
	assert_int_equal(session_register(&milterkit_server), 0);
}

static inline void milterkit_stop(void)
{
	snapshot_put(&milterkit_server.current, NULL);
	logsink_close(milterkit_server.sink);
	milterkit_server.sink = NULL;
}

/* Begins a session: negotiation and connection. Postfix offers everything. */
static inline void milterkit_open(
	unsigned long actions, unsigned long steps, const char *client)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	struct sockaddr generic;
	char name[] = "client.example";
	unsigned long out[4];

	memset(milterkit.macros, 0, sizeof milterkit.macros);
	milterkit.used = 0;
	milterkit.told[0] = '\0';
	milterkit.calls = 0;
	assert_int_equal(
		milterkit.callbacks.xxfi_negotiate(milterkit_context(), actions,
			steps, 0, 0, &out[0], &out[1], &out[2], &out[3]),
		SMFIS_CONTINUE);
	assert_int_equal(inet_pton(AF_INET, client, &address.sin_addr), 1);
	memcpy(&generic, &address, sizeof generic);
	(void)milterkit.callbacks.xxfi_connect(
		milterkit_context(), name, &generic);
}

/* Calls the callback of MAIL or RCPT with these words, separated by one space
 * each. */
static inline sfsistat milterkit_command(
	sfsistat (*callback)(SMFICTX *ctx, char **arguments), const char *words)
{
	char text[4096];
	char *arguments[8] = { NULL };
	size_t count = 0;
	char *rest = text;

	assert_true(strlen(words) < sizeof text);
	(void)snprintf(text, sizeof text, "%s", words);
	for (char *word; (word = strsep(&rest, " "));) {
		assert_true(count + 1 < sizeof arguments / sizeof *arguments);
		arguments[count++] = word;
	}
	return callback(milterkit_context(), arguments);
}

static inline void milterkit_header(const char *name, const char *value)
{
	char name_copy[64];
	char *value_copy = strdup(value);

	assert_non_null(value_copy);
	(void)snprintf(name_copy, sizeof name_copy, "%s", name);
	(void)milterkit.callbacks.xxfi_header(
		milterkit_context(), name_copy, value_copy);
	free(value_copy);
}

/* Ends the message. lines: takes what the milter logs meanwhile, up to size - 1
 * bytes. */
static inline sfsistat milterkit_end(char *lines, size_t size)
{
	FILE *file = tmpfile();
	int saved = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 10);
	sfsistat result;
	size_t got;

	assert_non_null(file);
	assert_true(saved >= 0);
	assert_int_equal(dup2(fileno(file), STDERR_FILENO), STDERR_FILENO);
	result = milterkit.callbacks.xxfi_eom(milterkit_context());
	assert_int_equal(dup2(saved, STDERR_FILENO), STDERR_FILENO);
	(void)close(saved);
	rewind(file);
	got = fread(lines, 1, size - 1, file);
	lines[got] = '\0';
	(void)fclose(file);
	return result;
}

/* Ends the session, and checks that nothing of it is left. */
static inline void milterkit_close(void)
{
	(void)milterkit.callbacks.xxfi_close(milterkit_context());
	assert_null(milterkit.private);
	for (size_t i = 0; i < SERVER_STRIPES; i++)
		assert_int_equal(milterkit_server.callbacks[i].running, 0);
	assert_int_equal(milterkit_server.messages[0], 0);
	assert_int_equal(milterkit_server.messages[1], 0);
	assert_int_equal(milterkit_server.metrics.connections, 0);
	assert_int_equal(milterkit_server.current.snapshot->references, 1);
}

#endif
