#include "reload.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <systemd/sd-daemon.h>

#include <libmilter/mfapi.h>

#include "approved.h"
#include "base/clock.h"
#include "daemon.h"
#include "state/reloadlog.h"
#include "state/serving.h"
#include "decisionlog/shadow.h"
#include "state/state.h"

static void tell_systemd(const struct map_meta *meta)
{
	char rows[SNAPSHOT_ROWS];

	snapshot_rows(meta, rows);
	(void)sd_notifyf(0, "READY=1\nSTATUS=generation %" PRIu64 ", %s",
		meta->generation, rows);
}

/* Reminds of shadow mode at every start and reload, since it is easily
 * forgotten. */
static void tell_modes(struct server *server, const struct snapshot *snapshot,
	const char *when)
{
	for (enum rule_table t = RULE_INBOUND; t <= RULE_OUTBOUND; t++) {
		const char *notice = shadow_notice(snapshot->config, t);

		atomic_store(&server->metrics.shadow[t], notice != NULL);
		if (notice)
			log_line(&snapshot->log, LOG_LEVEL_WARNING,
				"%s: shadow mode: %s", when, notice);
	}
}

/* Writes a line to served/reload.log. A failure is logged and stops nothing. */
static void note_line(
	struct state *state, const struct log *log, const char *line)
{
	struct error error = { .text = "" };

	if (state && state_log_reload(state, line, &error) < 0)
		log_line(log, LOG_LEVEL_ERROR, "reload.log: %s", error.text);
}

int reload_start(struct server *server, struct config *config, struct map *map,
	uint64_t gone, struct error *error)
{
	unsigned char key[LOG_HASH_KEY];
	struct state *state = NULL;
	struct snapshot *snapshot = NULL;
	uint64_t generation = map_meta(map)->generation;
	uint64_t served = 0;
	uint64_t previous = 0;
	char rows[SNAPSHOT_ROWS];
	char line[RELOADLOG_LINE];
	struct error unlocked = { .text = "" };
	int result = state_open(&state, config, false, error);

	if (!result && state_claim_served(state, &server->served_lock,
			       &unlocked) == ERR_BUSY)
		result = error_pass(error, ERR_BUSY, &unlocked);
	if (server->served_lock > 0)
		serving_sign(server->served_lock);
	if (!result)
		result = state_log_key(state, key, error);
	if (!result)
		result = state_served(state, &served, &previous, error);
	if (!result && served != generation)
		result = state_note_served(state, generation, error);
	if (!result)
		result = snapshot_make(
			&snapshot, config, map, key, server->sink);
	if (result)
		goto out;
	proofs_start(&server->proofs, snapshot, state);
	if (gone)
		log_line(&snapshot->log, LOG_LEVEL_WARNING,
			"generation %" PRIu64 ", which was served, is gone: "
			"serving the newest, %" PRIu64,
			gone, generation);
	/* Mail must not wait because the disk is full or read-only. */
	if (unlocked.text[0])
		log_line(
			&snapshot->log, LOG_LEVEL_WARNING, "%s", unlocked.text);
	snapshot_rows(map_meta(map), rows);
	reloadlog_start(line, READDRESS_VERSION, generation, rows,
		map_meta(map)->digest);
	log_line(&snapshot->log, LOG_LEVEL_INFO, "%s", line);
	note_line(state, &snapshot->log, line);
	tell_modes(server, snapshot, "start");
	tell_systemd(map_meta(map));
	atomic_store(&server->metrics.memory.max, config->memory_max);
	snapshot_put(&server->current, snapshot);
out:
	state_close(state);
	return result;
}

static bool differ(
	const char *name, char **next, char *fixed, char *names, size_t size)
{
	size_t len = strlen(names);

	if (!strcmp(*next, fixed))
		return false;
	*next = fixed;
	(void)snprintf(names + len, size - len, "%s%s", len ? ", " : "", name);
	return true;
}

/* Keeps the options that cannot change while the milter runs, logs that, and
 * writes their names. */
static void keep_fixed(const struct server *server, struct config *next,
	char names[SERVING_FIXED], const struct log *log)
{
	const struct server_fixed *fixed = &server->fixed;
	size_t len;
	bool any = false;

	*names = '\0';
	any |= differ(
		"socket", &next->socket, fixed->socket, names, SERVING_FIXED);
	any |= differ("lookup_socket", &next->lookup_socket,
		fixed->lookup_socket, names, SERVING_FIXED);
	any |= differ("user", &next->user, fixed->user, names, SERVING_FIXED);
	any |= differ("state_dir", &next->state_dir, fixed->state_dir, names,
		SERVING_FIXED);
	any |= differ("runtime_dir", &next->runtime_dir, fixed->runtime_dir,
		names, SERVING_FIXED);
	if (any)
		log_line(log, LOG_LEVEL_WARNING,
			"reload: a change of %s takes a restart; the old value "
			"stays in force",
			names);
	/* libmilter reads it only when smfi_main() begins. */
	if (next->timeout == fixed->timeout)
		return;
	log_line(log, LOG_LEVEL_WARNING,
		"reload: a change of timeout takes a restart; %d s stays in "
		"force",
		fixed->timeout);
	len = strlen(names);
	(void)snprintf(
		names + len, SERVING_FIXED - len, "%stimeout", len ? ", " : "");
}

/* Refuses a new socket_group that does not exist: a typing error would lock
 * Postfix out, which the old group lets in. */
static int check_group(const struct server *server, const struct config *old,
	const struct config *next, struct error *error)
{
	struct listener_access access;

	if (!daemon_needs_group(
		    server->fixed.socket, server->fixed.lookup_socket) ||
		!strcmp(old->socket_group, next->socket_group) ||
		daemon_access(next, &access))
		return 0;
	return daemon_no_group(next, error);
}

/* Refuses standard error as the log if it is /dev/null: all lines would be
 * lost. */
static int check_log(const struct server *server, const struct config *next,
	struct error *error)
{
	if (next->log_target != LOG_TARGET_STDERR || !server->no_stderr)
		return 0;
	return error_set(error, ERR_CONFIG,
		"%s: log_target = \"stderr\", but the milter is in the "
		"background and has no standard error any more: restart it, or "
		"set log_target = \"syslog\" again",
		next->path);
}

static void permit_sockets(struct server *server, const struct config *old,
	const struct config *next, const struct log *log)
{
	const struct listener *both[] = { &server->listener,
		&server->lookup_listener };
	struct listener_access access;
	struct error error = { .text = "" };

	if (!daemon_needs_group(
		    server->fixed.socket, server->fixed.lookup_socket) ||
		(old->socket_mode == next->socket_mode &&
			!strcmp(old->socket_group, next->socket_group)))
		return;
	if (!daemon_access(next, &access))
		log_line(log, LOG_LEVEL_WARNING,
			"socket_group %s does not exist: no group has access "
			"to the socket",
			next->socket_group);
	for (size_t i = 0; i < 2; i++)
		if (listener_permit(both[i], &access, &error) < 0)
			log_line(log, LOG_LEVEL_WARNING, "%s", error.text);
}

/* Makes the next snapshot, and notes the generation that it serves. old is the
 * one in force. With stays, its map stays in force. Writes to fixed the options
 * that take a restart. */
static int open_next(const struct server *server, struct state *state,
	struct config *config, struct snapshot *old, bool stays,
	char fixed[SERVING_FIXED], struct snapshot **next, struct error *error)
{
	unsigned char key[LOG_HASH_KEY];
	struct map *map = NULL;
	int result = 0;

	if (!stays)
		result = state_open_newest(state, true, &map, error);
	if (result < 0)
		return result;
	keep_fixed(server, config, fixed, &old->log);
	result = state_log_key(state, key, error);
	if (!result && stays)
		return snapshot_with_config(
			next, old, config, key, server->sink);
	if (!result)
		result = snapshot_make(next, config, map, key, server->sink);
	if (result < 0) {
		map_close(map);
		return result;
	}
	if (map_meta(map)->generation != map_meta(old->map)->generation)
		result = state_note_served(
			state, map_meta(map)->generation, error);
	return result;
}

void reload_failed(struct server *server, struct state *state,
	const struct snapshot *old, const char *reason)
{
	char line[RELOADLOG_LINE];

	reloadlog_failed(line, map_meta(old->map)->generation, reason);
	log_line(&old->log, LOG_LEVEL_ERROR, "%s", line);
	atomic_fetch_add(&server->metrics.reloads_failed, 1);
	note_line(state, &old->log, line);
	tell_systemd(map_meta(old->map));
}

/* Logs and counts a success; line is what reloadlog.h made of it. */
static void succeeded(struct server *server, struct state *state,
	const struct snapshot *next, const char *line)
{
	log_line(&next->log, LOG_LEVEL_INFO, "%s", line);
	atomic_fetch_add(&server->metrics.reloads_ok, 1);
	note_line(state, &next->log, line);
	tell_modes(server, next, "reload");
	tell_systemd(map_meta(next->map));
}

int reload_switch(struct server *server, struct state *state,
	struct snapshot *old, struct map *map, int64_t at, struct error *error)
{
	struct snapshot *next = NULL;
	char rows[SNAPSHOT_ROWS];
	char line[RELOADLOG_LINE];
	uint64_t before = map_meta(old->map)->generation;
	int result = state_note_served(state, map_meta(map)->generation, error);

	if (!result && snapshot_with_map(&next, old, map)) {
		(void)(state_note_served(state, before, NULL) < 0);
		result = error_set(error, ERR_NOMEM, "out of memory");
	}
	if (result)
		return result;
	proofs_reload(&server->proofs, old, next);
	snapshot_rows(map_meta(map), rows);
	reloadlog_approved(line, before, map_meta(map)->generation, rows,
		map_meta(map)->digest, at);
	/* Only this thread puts another one in force and drops this one. */
	snapshot_put(&server->current, next);
	succeeded(server, state, next, line);
	return 0;
}

static void announce(void)
{
	(void)sd_notifyf(
		0, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64, clock_ns() / 1000);
}

void reload_run(struct server *server)
{
	struct snapshot *old = snapshot_get(&server->current);
	struct snapshot *next = NULL;
	struct config *config = NULL;
	struct state *state = NULL;
	struct error error = { .text = "" };
	char why[APPROVED_WHY];
	char rows[SNAPSHOT_ROWS];
	char line[RELOADLOG_LINE];
	char fixed[SERVING_FIXED] = "";
	bool stays = approved_stands(&server->approved, why);
	int result;

	announce();
	/* A reload does not change state_dir, so the old one has the log even
	 * if the new configuration is bad. */
	if (state_open(&state, old->config, false, &error) < 0) {
		reload_failed(server, NULL, old, error.text);
		goto out;
	}
	result = config_open(&config, server->conf, &error);
	if (!result)
		result = check_group(server, old->config, config, &error);
	if (!result)
		result = check_log(server, config, &error);
	if (!result)
		result = open_next(server, state, config, old, stays, fixed,
			&next, &error);
	if (next)
		config = NULL; /* it is the snapshot's */
	if (result < 0 || !next) {
		reload_failed(server, state, old,
			error.text[0] ? error.text : "out of memory");
		goto out;
	}
	proofs_reload(&server->proofs, old, next);
	atomic_store(&server->metrics.memory.max, next->config->memory_max);
	snapshot_rows(map_meta(next->map), rows);
	if (stays)
		reloadlog_kept(line, map_meta(next->map)->generation, rows,
			map_meta(next->map)->digest, why);
	else
		reloadlog_made(line, map_meta(old->map)->generation,
			map_meta(next->map)->generation, rows,
			map_meta(next->map)->digest);
	if (*fixed)
		reloadlog_fixed(line, fixed);
	/* Only this thread puts another one in force and drops this one. */
	snapshot_put(&server->current, next);
	succeeded(server, state, next, line);
	permit_sockets(server, old->config, next->config, &next->log);
	next = NULL;
out:
	snapshot_drop(next);
	config_close(config);
	state_close(state);
	snapshot_drop(old);
}
