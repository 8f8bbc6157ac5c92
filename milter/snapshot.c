#include "snapshot.h"

#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>

/* Writes the UID of that user in decimal. Returns false, and writes "", if it
 * is not known. */
static bool find_user(const char *name, char *number, size_t size)
{
	struct passwd user;
	struct passwd *found = NULL;
	char texts[4096];

	*number = '\0';
	if (getpwnam_r(name, &user, texts, sizeof texts, &found) != 0 || !found)
		return false;
	(void)snprintf(number, size, "%lu", (unsigned long)user.pw_uid);
	return true;
}

/* Postfix's own user (mail_owner) is usually "postfix". If not, it is taken for
 * the user with the name of socket_group, which is usually that of Postfix. */
int snapshot_make(struct snapshot **snapshot, struct config *config,
	struct map *map, const unsigned char key[LOG_HASH_KEY],
	struct logsink *sink)
{
	struct snapshot *made = calloc(1, sizeof *made);

	if (made)
		made->seen = calloc(config->outbound_required_count + 1,
			sizeof *made->seen);
	if (!made || !made->seen) {
		free(made);
		return ERR_NOMEM;
	}
	made->config = config;
	made->map = map;
	made->log = snapshot_log(config, sink);
	if (!find_user("postfix", made->mta_user, sizeof made->mta_user))
		(void)find_user(config->socket_group, made->mta_user,
			sizeof made->mta_user);
	memcpy(made->log.key, key, LOG_HASH_KEY);
	atomic_init(&made->references, 1);
	*snapshot = made;
	return 0;
}

void snapshot_drop(struct snapshot *snapshot)
{
	if (!snapshot || atomic_fetch_sub(&snapshot->references, 1) != 1)
		return;
	map_close(snapshot->map);
	config_close(snapshot->config);
	free(snapshot->seen);
	free(snapshot);
}

/* The reference is counted under the mutex. Otherwise another thread could drop
 * the last one after the pointer was read. */
struct snapshot *snapshot_get(struct snapshot_current *current)
{
	struct snapshot *snapshot;

	pthread_mutex_lock(&current->mutex);
	snapshot = current->snapshot;
	if (snapshot)
		atomic_fetch_add(&snapshot->references, 1);
	pthread_mutex_unlock(&current->mutex);
	return snapshot;
}

void snapshot_put(struct snapshot_current *current, struct snapshot *next)
{
	struct snapshot *before;

	pthread_mutex_lock(&current->mutex);
	before = current->snapshot;
	current->snapshot = next;
	pthread_mutex_unlock(&current->mutex);
	snapshot_drop(before);
}

struct log snapshot_log(const struct config *config, struct logsink *sink)
{
	return (struct log){
		.sink = sink,
		.target = config->log_target,
		.level = config->log_level,
		.addresses = config->log_addresses,
	};
}

void snapshot_rows(const struct map_meta *meta, char text[SNAPSHOT_ROWS])
{
	uint64_t kinds[RULE_KINDS] = { 0 };
	uint64_t domains;
	int len;

	for (int kind = 0; kind < RULE_KINDS; kind++)
		kinds[kind] = meta->rows[RULE_INBOUND][kind] +
			      meta->rows[RULE_OUTBOUND][kind];
	domains = kinds[RULE_DOMAIN] + kinds[RULE_SUBDOMAIN] +
		  kinds[RULE_CATCHALL];
	len = snprintf(text, SNAPSHOT_ROWS,
		"%" PRIu64 " user%s, %" PRIu64 " domain%s", kinds[RULE_USER],
		kinds[RULE_USER] == 1 ? "" : "s", domains,
		domains == 1 ? "" : "s");
	if (kinds[RULE_EXCEPTION] && len > 0)
		(void)snprintf(text + len, SNAPSHOT_ROWS - (size_t)len,
			", %" PRIu64 " exception%s", kinds[RULE_EXCEPTION],
			kinds[RULE_EXCEPTION] == 1 ? "" : "s");
}
