#include "map.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "architecture.h"
#include "file.h"
#include "mapfile.h"
#include "mapmeta.h"
#include "seal.h"

const char *const mapfile_names[MAPFILE_DATABASES + 1] = { "inbound",
	"outbound", "routes", "domains", "meta", NULL };

struct map {
	struct lmdbfile *file;
	uint64_t octets;
	struct map_meta meta;
};

struct map_reader {
	struct lmdbfile_reader in;
};

/* A memfd that nobody can write to once it is sealed. */
static int make_memory(void)
{
	unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
	int fd = -1;

#ifdef MFD_NOEXEC_SEAL
	fd = memfd_create("readdress map", flags | MFD_NOEXEC_SEAL);
#endif
	return fd >= 0 ? fd : memfd_create("readdress map", flags);
}

static int verify(int file, const char *path, bool isolated, int *memory,
	uint64_t *length, struct error *error)
{
	const int seals =
		F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
	int code;

	if (!isolated) {
		code = seal_check(file, path, MAP_VERSION, -1, length, error);
		return code ? code : architecture_check(file, path, error);
	}
	*memory = make_memory();
	if (*memory < 0)
		return error_set_errno(
			error, "cannot make memory for %s", path);
	code = seal_check(file, path, MAP_VERSION, *memory, length, error);
	if (!code)
		code = architecture_check(*memory, path, error);
	if (!code && fcntl(*memory, F_ADD_SEALS, seals))
		code = error_set_errno(
			error, "cannot seal the copy of %s", path);
	return code;
}

static int check_rows(const struct map *map, struct lmdbfile_reader *reader,
	const char *path, struct error *error)
{
	for (unsigned t = 0; t < RULE_TABLES; t++) {
		uint64_t said = map_rows(map, (enum rule_table)t);
		uint64_t rows;
		int code = lmdbfile_count(reader, t, &rows);

		if (code)
			return error_set(error, code, "cannot read %s", path);
		if (rows != said)
			return error_set(error, ERR_BAD,
				"%s is damaged: %s holds %" PRIu64
				" rows, its metadata says %" PRIu64,
				path, mapfile_names[t], rows, said);
	}
	return 0;
}

static int check_content(struct map *map, const char *path, struct error *error)
{
	struct lmdbfile_reader reader;
	struct bytes record;
	int code = lmdbfile_begin(&reader, map->file);

	if (code)
		return error_set(error, code, "cannot read %s", path);
	code = lmdbfile_get(
		&reader, MAPFILE_META, bytes_of(MAPFILE_META_KEY), &record);
	if (code < 0)
		code = error_set(error, code, "cannot read %s", path);
	else if (!code || mapmeta_parse(record, &map->meta))
		code = error_set(error, ERR_BAD,
			"%s is not a map of readdress: its metadata cannot be "
			"read",
			path);
	else
		code = check_rows(map, &reader, path, error);
	lmdbfile_end(&reader);
	return code;
}

int map_open(struct map **result, const char *path, bool isolated,
	struct error *error)
{
	struct map *map = NULL;
	int memory = -1;
	int code = 0;
	int file = file_open(AT_FDCWD, path, path, NULL, error);

	if (file < 0)
		return file;
	map = calloc(1, sizeof *map);
	if (!map) {
		code = error_set(error, ERR_NOMEM, "%s: out of memory", path);
		goto out;
	}
	code = verify(file, path, isolated, &memory, &map->octets, error);
	if (!code)
		code = lmdbfile_open(&map->file, isolated ? memory : file, path,
			map->octets, mapfile_names, error);
	if (!code)
		code = check_content(map, path, error);
	if (!code) {
		*result = map;
		map = NULL;
	}
out:
	map_close(map);
	if (memory >= 0)
		close(memory);
	close(file);
	return code;
}

void map_close(struct map *map)
{
	if (!map)
		return;
	lmdbfile_close(map->file);
	free(map);
}

const struct map_meta *map_meta(const struct map *map)
{
	return &map->meta;
}

uint64_t map_rows(const struct map *map, enum rule_table table)
{
	uint64_t rows = 0;

	for (unsigned k = 0; k < RULE_KINDS; k++)
		rows += map->meta.rows[table][k];
	return rows;
}

uint64_t map_octets(const struct map *map)
{
	return map->octets;
}

int map_reader_open(struct map_reader **result, const struct map *map)
{
	struct map_reader *reader = calloc(1, sizeof *reader);
	int code = reader ? lmdbfile_begin(&reader->in, map->file) : ERR_NOMEM;

	if (code)
		free(reader);
	else
		*result = reader;
	return code;
}

void map_reader_close(struct map_reader *reader)
{
	if (!reader)
		return;
	lmdbfile_end(&reader->in);
	free(reader);
}

int map_get(struct map_reader *reader, enum rule_table table, struct bytes key,
	struct bytes *value)
{
	return lmdbfile_get(&reader->in, table, key, value);
}

int map_names_domain(struct map_reader *reader, struct bytes domain)
{
	char key[2 + LMDBFILE_KEY_MAX] = "*.";
	struct bytes value;
	int found = lmdbfile_get(&reader->in, MAPFILE_DOMAINS, domain, &value);

	if (domain.len > LMDBFILE_KEY_MAX)
		return 0;
	for (size_t at = 1; !found && at < domain.len; at++) {
		size_t rest = domain.len - at;

		if (domain.data[at - 1] != '.')
			continue;
		memcpy(key + 2, domain.data + at, rest);
		found = lmdbfile_get(&reader->in, MAPFILE_DOMAINS,
			(struct bytes){ key, 2 + rest }, &value);
	}
	return found;
}

int map_walk_next(struct map_walk *walk)
{
	int code = 0;

	if (!walk->map)
		return 0;
	if (!walk->cursor)
		code = lmdbfile_cursor_open(
			&walk->cursor, walk->map->file, walk->table);
	if (!code)
		code = lmdbfile_cursor_next(
			walk->cursor, &walk->rule.key, &walk->rule.value);
	if (!code)
		walk->map = NULL;
	return code;
}

void map_walk_close(struct map_walk *walk)
{
	lmdbfile_cursor_close(walk->cursor);
	walk->cursor = NULL;
	walk->map = NULL;
}
