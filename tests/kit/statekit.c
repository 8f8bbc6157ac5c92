#include "kit/statekit.h"

struct state *kit_state(struct kit *kit)
{
	struct state *state;

	KIT_OK(kit, state_open(&state, &kit->config, true, &kit->error));
	return state;
}

struct map *kit_newest_map(struct kit *kit)
{
	struct state *state = kit_state(kit);
	struct map *map;

	KIT_OK(kit, state_open_newest(state, false, &map, &kit->error));
	state_close(state);
	return map;
}

uint64_t kit_newest(struct kit *kit)
{
	struct map *map = kit_newest_map(kit);
	uint64_t generation = map_meta(map)->generation;

	map_close(map);
	return generation;
}

struct change kit_load(const struct row *rows, size_t count)
{
	return (struct change){ .table = RULE_INBOUND,
		.mode = CHANGE_REPLACE,
		.rows = rows,
		.count = count,
		.max_delete = 50,
		.command = "load inbound users.csv" };
}

int kit_apply(struct kit *kit, const struct change *change,
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

void kit_table(struct kit *kit, enum rule_table table, char text[KIT_TEXT])
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

void kit_assert_table(
	struct kit *kit, enum rule_table table, const char *expected)
{
	char text[KIT_TEXT];

	kit_table(kit, table, text);
	assert_string_equal(text, expected);
}

/* Returns a hash of the file: FNV-1a, but eight bytes at a time. */
static uint64_t kit_hash(const char *path)
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

/* Appends the line of kit_files() for one file. */
static void kit_file_line(
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

void kit_files(struct kit *kit, bool changed, char text[KIT_TEXT])
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
