/*
 * statekit: what the tests of edit, rollback and state share: a state directory
 * in a kit, edits as the tool makes them, and what is in it then.
 */
#ifndef READDRESS_STATEKIT_H
#define READDRESS_STATEKIT_H

#include "kit/mapkit.h"

#include <dirent.h>

#include "state/state.h"
#include "state/statedir.h"

#define KIT_TEXT 8192

/* Made where it is missing. */
static inline struct state *kit_state(struct kit *kit)
{
	struct state *state;

	KIT_OK(kit, state_open(&state, &kit->config, true, &kit->error));
	return state;
}

static inline struct map *kit_newest_map(struct kit *kit)
{
	struct state *state = kit_state(kit);
	struct map *map;

	KIT_OK(kit, state_open_newest(state, false, &map, &kit->error));
	state_close(state);
	return map;
}

static inline uint64_t kit_newest(struct kit *kit)
{
	struct map *map = kit_newest_map(kit);
	uint64_t generation = map_meta(map)->generation;

	map_close(map);
	return generation;
}

/* `load inbound users.csv` of these rows. */
static inline struct change kit_load(const struct row *rows, size_t count)
{
	return (struct change){ .table = RULE_INBOUND,
		.mode = CHANGE_REPLACE,
		.rows = rows,
		.count = count,
		.max_delete = 50,
		.command = "load inbound users.csv" };
}

/* Opens the state, applies, closes: what the tool does for each command. */
static inline int kit_apply(struct kit *kit, const struct change *change,
	struct change_result *result)
{
	struct state *state;
	int code = state_open(&state, &kit->config, true, &kit->error);

	*result = (struct change_result){ 0 };
	if (code)
		return code;
	code = update_apply(state, change, result, &kit->error);
	state_close(state);
	return code;
}

/* "key value\n" for each row of the newest generation. */
static inline void kit_table(
	struct kit *kit, enum rule_table table, char text[KIT_TEXT])
{
	struct map *map = kit_newest_map(kit);
	struct map_walk walk = { .map = map, .table = table };
	const struct rule *rule = &walk.rule;
	size_t at = 0;
	int more;

	text[0] = '\0';
	while ((more = map_walk_next(&walk)) == 1 && at < KIT_TEXT)
		at += (size_t)snprintf(text + at, KIT_TEXT - at, "%.*s %.*s\n",
			(int)rule->key.len, rule->key.data,
			(int)rule->value.len, rule->value.data);
	assert_true(at < KIT_TEXT);
	assert_int_equal(more, 0);
	map_walk_close(&walk);
	map_close(map);
}

static inline void kit_assert_table(
	struct kit *kit, enum rule_table table, const char *expected)
{
	char text[KIT_TEXT];

	kit_table(kit, table, text);
	assert_string_equal(text, expected);
}

/* FNV-1a, but eight octets at a time. */
static inline uint64_t kit_hash(const char *path)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);
	size_t len;
	char *data = kit_read(path, &len);

	for (size_t at = 0; at < len; at += sizeof hash) {
		uint64_t word = 0;

		memcpy(&word, data + at,
			len - at < sizeof word ? len - at : sizeof word);
		hash = (hash ^ word) * 0x100000001b3;
		hash ^= hash >> 32;
	}
	free(data);
	return hash;
}

/* Appends to text what kit_files says of a file. */
static inline void kit_file_line(
	const char *path, const char *shown, bool changed, char text[KIT_TEXT])
{
	size_t at = strlen(text);
	struct stat status;

	assert_int_equal(lstat(path, &status), 0);
	at += (size_t)snprintf(text + at, KIT_TEXT - at, "%s %o %u:%u", shown,
		status.st_mode, status.st_uid, status.st_gid);
	if (S_ISREG(status.st_mode))
		at += (size_t)snprintf(text + at, KIT_TEXT - at,
			" %lld %016llx", (long long)status.st_size,
			(unsigned long long)kit_hash(path));
	if (changed)
		at += (size_t)snprintf(text + at, KIT_TEXT - at,
			" %llu %lld.%09ld", (unsigned long long)status.st_ino,
			(long long)status.st_mtim.tv_sec,
			status.st_mtim.tv_nsec);
	at += (size_t)snprintf(text + at, KIT_TEXT - at, "\n");
	assert_true(at < KIT_TEXT);
}

/*
 * A line for each file and directory in the state directory: path, mode, owner,
 * size and a hash of its content. changed: its inode and the time of its last
 * change as well, so that one that was written anew with the same content is
 * another.
 */
static inline void kit_files(struct kit *kit, bool changed, char text[KIT_TEXT])
{
	static const char *const dirs[] = { ".", "history", "served" };

	text[0] = '\0';
	for (size_t d = 0; d < sizeof dirs / sizeof *dirs; d++) {
		char path[KIT_PATH * 2];
		struct dirent **names = NULL;
		int count;

		(void)snprintf(
			path, sizeof path, "%s/%s", kit->state_dir, dirs[d]);
		count = scandir(path, &names, NULL, alphasort);
		for (int i = 0; i < count; i++) {
			char name[KIT_PATH * 3];

			(void)snprintf(name, sizeof name, "%s/%s", path,
				names[i]->d_name);
			if (strcmp(names[i]->d_name, "..") != 0)
				kit_file_line(name,
					name + strlen(kit->state_dir) + 1,
					changed, text);
			free(names[i]);
		}
		free(names);
	}
}

#endif
