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

typedef _Atomic unsigned long counter;

/* Counts one more user; makes the counter if there is none. Returns NULL when
 * out of memory. */
static counter *add_user(counter *users)
{
	if (users) {
		atomic_fetch_add(users, 1);
		return users;
	}
	users = malloc(sizeof *users);
	if (users)
		atomic_init(users, 1);
	return users;
}

/* Counts one less. Returns true if it was the last one, and frees the counter.
 * users may be NULL. */
static bool drop_user(counter *users)
{
	if (!users || atomic_fetch_sub(users, 1) != 1)
		return false;
	free(users);
	return true;
}

/* Makes a snapshot without a log. The users are those of a snapshot that has
 * the config or the map already, or NULL. */
static struct snapshot *make(struct config *config, counter *config_users,
	struct map *map, counter *map_users)
{
	struct snapshot *made = calloc(1, sizeof *made);

	if (!made)
		return NULL;
	made->seen =
		calloc(config->outbound_required_count + 1, sizeof *made->seen);
	made->config_users = add_user(config_users);
	made->map_users = add_user(map_users);
	if (!made->seen || !made->config_users || !made->map_users) {
		(void)drop_user(made->config_users);
		(void)drop_user(made->map_users);
		free(made->seen);
		free(made);
		return NULL;
	}
	made->config = config;
	made->map = map;
	atomic_init(&made->references, 1);
	return made;
}

/* Postfix's own user (mail_owner) is usually "postfix". If not, it is taken for
 * the user with the name of socket_group, which is usually that of Postfix. */
static void set_log(struct snapshot *snapshot,
	const unsigned char key[LOG_HASH_KEY], struct logsink *sink)
{
	snapshot->log = snapshot_log(snapshot->config, sink);
	memcpy(snapshot->log.key, key, LOG_HASH_KEY);
	if (!find_user(
		    "postfix", snapshot->mta_user, sizeof snapshot->mta_user))
		(void)find_user(snapshot->config->socket_group,
			snapshot->mta_user, sizeof snapshot->mta_user);
}

int snapshot_make(struct snapshot **snapshot, struct config *config,
	struct map *map, const unsigned char key[LOG_HASH_KEY],
	struct logsink *sink)
{
	struct snapshot *made = make(config, NULL, map, NULL);

	if (!made)
		return ERR_NOMEM;
	set_log(made, key, sink);
	*snapshot = made;
	return 0;
}

int snapshot_with_config(struct snapshot **snapshot, const struct snapshot *old,
	struct config *config, const unsigned char key[LOG_HASH_KEY],
	struct logsink *sink)
{
	struct snapshot *made = make(config, NULL, old->map, old->map_users);

	if (!made)
		return ERR_NOMEM;
	set_log(made, key, sink);
	*snapshot = made;
	return 0;
}

int snapshot_with_map(
	struct snapshot **snapshot, const struct snapshot *old, struct map *map)
{
	struct snapshot *made = make(old->config, old->config_users, map, NULL);

	if (!made)
		return ERR_NOMEM;
	made->log = old->log;
	memcpy(made->mta_user, old->mta_user, sizeof made->mta_user);
	*snapshot = made;
	return 0;
}

void snapshot_drop(struct snapshot *snapshot)
{
	if (!snapshot || atomic_fetch_sub(&snapshot->references, 1) != 1)
		return;
	if (drop_user(snapshot->map_users))
		map_close(snapshot->map);
	if (drop_user(snapshot->config_users))
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
	if (before) {
		before->next = current->retired;
		current->retired = before;
	}
	pthread_mutex_unlock(&current->mutex);
	(void)snapshot_sweep(current);
}

bool snapshot_sweep(struct snapshot_current *current)
{
	struct snapshot *unused = NULL;
	struct snapshot **at = &current->retired;
	bool left;

	pthread_mutex_lock(&current->mutex);
	while (*at) {
		struct snapshot *snapshot = *at;

		/* Nobody can take a new reference: it is not in force. */
		if (atomic_load(&snapshot->references) > 1) {
			at = &snapshot->next;
			continue;
		}
		*at = snapshot->next;
		snapshot->next = unused;
		unused = snapshot;
	}
	left = current->retired != NULL;
	pthread_mutex_unlock(&current->mutex);
	while (unused) {
		struct snapshot *snapshot = unused;

		unused = snapshot->next;
		snapshot_drop(snapshot);
	}
	return left;
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
