#include "map/map.h"

#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "map/architecture.h"
#include "base/file.h"
#include "map/mapfile.h"
#include "map/mapmeta.h"
#include "map/roles.h"
#include "map/trailer.h"

/* The roles of a map that has no database "roles"; gathered when somebody asks
 * for them first. */
struct map_old {
	pthread_mutex_t mutex;
	struct roles *roles;
};

struct map {
	struct lmdbfile *file;
	struct map_old *old; /* NULL if the map has the database */
	uint64_t octets;
	struct map_meta meta;
};

struct map_reader {
	const struct map *map;
	struct lmdbfile_reader in;
};

/* Makes a memfd to which nobody can write once seals are added. */
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
	struct trailer *trailer, struct error *error)
{
	const int seals =
		F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
	int result;

	if (!isolated) {
		result = trailer_check(file, path, trailer, -1, error);
		return result ? result : architecture_check(file, path, error);
	}
	*memory = make_memory();
	if (*memory < 0)
		return error_set_errno(error,
			"cannot make a private copy of %s in memory", path);
	result = trailer_check(file, path, trailer, *memory, error);
	if (!result)
		result = architecture_check(*memory, path, error);
	if (!result && fcntl(*memory, F_ADD_SEALS, seals))
		result = error_set_errno(error,
			"cannot protect the private copy of %s against changes",
			path);
	return result;
}

static int check_rows(const struct map *map, struct lmdbfile_reader *reader,
	const char *path, struct error *error)
{
	for (unsigned t = 0; t < RULE_TABLES; t++) {
		uint64_t said = map_rows(map, (enum rule_table)t);
		uint64_t rows;
		int result = lmdbfile_count(reader, t, &rows);

		if (result)
			return error_set(error, result, "cannot read %s", path);
		if (rows != said)
			return error_set(error, ERR_BAD,
				"%s is damaged: its table %s has %" PRIu64
				" rows, but its metadata says %" PRIu64,
				path, mapfile_names[t], rows, said);
	}
	return 0;
}

static int check_content(struct map *map, uint32_t version, const char *path,
	struct error *error)
{
	struct lmdbfile_reader reader;
	struct bytes record;
	int result = lmdbfile_begin(&reader, map->file);

	if (result)
		return error_set(error, result, "cannot read %s", path);
	result = lmdbfile_get(
		&reader, MAPFILE_META, bytes_of(MAPFILE_META_KEY), &record);
	if (result < 0)
		result = error_set(error, result, "cannot read %s", path);
	else if (!result || mapmeta_parse(record, &map->meta) ||
		 map->meta.version != version)
		result = error_set(error, ERR_BAD,
			"%s is not a map of readdress: its metadata record is "
			"missing or not valid",
			path);
	else
		result = check_rows(map, &reader, path, error);
	lmdbfile_end(&reader);
	return result;
}

static int gather(const struct map *map, struct roles *roles)
{
	int result = 0;

	for (unsigned t = 0; result >= 0 && t < RULE_TABLES; t++) {
		struct map_walk walk = { .map = map,
			.table = (enum rule_table)t };

		while ((result = map_walk_next(&walk)) == 1) {
			result = roles_add(roles, walk.table, &walk.rule);
			if (result < 0)
				break;
		}
		map_walk_close(&walk);
	}
	return result;
}

/* Returns the roles of an old map, and gathers them at the first call. Several
 * threads may call it at once. */
static int old_roles(const struct map *map, const struct roles **opened)
{
	struct map_old *old = map->old;
	struct roles *roles = NULL;
	int result = 0;

	pthread_mutex_lock(&old->mutex);
	if (!old->roles) {
		roles = roles_open();
		result = roles ? gather(map, roles) : ERR_NOMEM;
		if (result < 0)
			roles_close(roles);
		else
			old->roles = roles;
	}
	*opened = old->roles;
	pthread_mutex_unlock(&old->mutex);
	return result;
}

static int open_old(
	struct map *map, bool isolated, const char *path, struct error *error)
{
	const struct roles *roles;
	int result = 0;

	if (lmdbfile_has(map->file, MAPFILE_ROLES))
		return 0;
	map->old = calloc(1, sizeof *map->old);
	if (!map->old)
		return error_set(error, ERR_NOMEM, "%s: out of memory", path);
	pthread_mutex_init(&map->old->mutex, NULL);
	/* In the milter no message should wait for this. */
	if (isolated)
		result = old_roles(map, &roles);
	return result ? error_set(error, result, "cannot read %s", path) : 0;
}

static void close_old(struct map_old *old)
{
	if (!old)
		return;
	pthread_mutex_destroy(&old->mutex);
	roles_close(old->roles);
	free(old);
}

int map_open(struct map **opened, const char *path, bool isolated,
	struct error *error)
{
	int result;
	int file = file_open(AT_FDCWD, path, path, NULL, error);

	if (file < 0)
		return file;
	result = map_open_file(opened, file, path, isolated, error);
	close(file);
	return result;
}

int map_open_file(struct map **opened, int file, const char *path,
	bool isolated, struct error *error)
{
	struct map *map = NULL;
	struct trailer trailer = { .first = MAP_VERSION_FIRST,
		.last = MAP_VERSION };
	int memory = -1;
	int result = 0;

	map = calloc(1, sizeof *map);
	if (!map) {
		result = error_set(error, ERR_NOMEM, "%s: out of memory", path);
		goto out;
	}
	result = verify(file, path, isolated, &memory, &trailer, error);
	map->octets = trailer.length;
	if (!result)
		result = lmdbfile_open(&map->file, isolated ? memory : file,
			path, map->octets, mapfile_names, MAPFILE_NEEDED,
			error);
	if (!result)
		result = check_content(map, trailer.version, path, error);
	if (!result)
		result = open_old(map, isolated, path, error);
	if (!result) {
		*opened = map;
		map = NULL;
	}
out:
	map_close(map);
	if (memory >= 0)
		close(memory);
	return result;
}

void map_close(struct map *map)
{
	if (!map)
		return;
	lmdbfile_close(map->file);
	close_old(map->old);
	free(map);
}

const struct map_meta *map_meta(const struct map *map)
{
	return &map->meta;
}

int map_descriptor(const struct map *map)
{
	return lmdbfile_descriptor(map->file);
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

static int digest_rows(
	const struct map *map, enum rule_table table, struct digest *digest)
{
	struct map_walk walk = { .map = map, .table = table };
	int result;

	digest_table(digest, table, map_rows(map, table));
	while ((result = map_walk_next(&walk)) == 1)
		digest_row(digest, &walk.rule);
	map_walk_close(&walk);
	return result;
}

int map_digest(const struct map *map, char text[DIGEST_LEN + 1])
{
	struct digest *digest = digest_open();
	int result = digest ? 0 : ERR_NOMEM;

	for (unsigned t = 0; !result && t < RULE_TABLES; t++)
		result = digest_rows(map, (enum rule_table)t, digest);
	if (!result)
		result = digest_end(digest, text);
	digest_close(digest);
	return result;
}

int map_reader_open(struct map_reader **opened, const struct map *map)
{
	struct map_reader *reader = calloc(1, sizeof *reader);
	int result =
		reader ? lmdbfile_begin(&reader->in, map->file) : ERR_NOMEM;

	if (result) {
		free(reader);
		return result;
	}
	reader->map = map;
	*opened = reader;
	return 0;
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

const struct map *map_reader_map(const struct map_reader *reader)
{
	return reader->map;
}

/* Adds the roles of one name. */
static int add_roles(
	struct map_reader *reader, struct bytes name, unsigned *roles)
{
	struct bytes value;
	int result = lmdbfile_get(&reader->in, MAPFILE_DOMAINS, name, &value);

	if (result == 1)
		*roles |= MAP_ROLE_INBOUND;
	if (result < 0)
		return result;
	if (reader->map->old) {
		const struct roles *old = NULL;

		result = old_roles(reader->map, &old);
		if (!result)
			*roles |= roles_find(old, name);
		return result;
	}
	result = lmdbfile_get(&reader->in, MAPFILE_ROLES, name, &value);
	if (result == 1 && value.len)
		*roles |= (unsigned char)value.data[0];
	return result < 0 ? result : 0;
}

int map_domain_roles(
	struct map_reader *reader, struct bytes domain, unsigned *roles)
{
	char key[2 + LMDBFILE_KEY_MAX] = "*.";
	int result;

	*roles = 0;
	if (domain.len > LMDBFILE_KEY_MAX)
		return 0;
	result = add_roles(reader, domain, roles);
	/* Add the roles of the sub-domain rules above it. */
	for (size_t at = 0; !result && at + 1 < domain.len; at++) {
		size_t rest = domain.len - at - 1;

		if (domain.data[at] == '.') {
			memcpy(key + 2, domain.data + at + 1, rest);
			result = add_roles(
				reader, (struct bytes){ key, 2 + rest }, roles);
		}
	}
	return result;
}

int map_walk_next(struct map_walk *walk)
{
	int result = 0;

	if (!walk->map)
		return 0;
	if (!walk->cursor)
		result = lmdbfile_cursor_open(
			&walk->cursor, walk->map->file, walk->table);
	if (!result)
		result = lmdbfile_cursor_next(
			walk->cursor, &walk->rule.key, &walk->rule.value);
	if (!result)
		walk->map = NULL;
	return result;
}

void map_walk_close(struct map_walk *walk)
{
	lmdbfile_cursor_close(walk->cursor);
	walk->cursor = NULL;
	walk->map = NULL;
}
