#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "map/map.h"
#include "map/mapfile.h"
#include "map/mapmeta.h"
#include "map/nameset.h"
#include "map/roles.h"
#include "map/trailer.h"

struct map_builder {
	struct lmdbfile_writer *writer;
	struct nameset *domains; /* the domains in the sources of inbound */
	struct roles *roles;	 /* the roles of other domains */
	uint64_t rows[RULE_TABLES][RULE_KINDS];
	bool sealed;
	char digest[DIGEST_LEN + 1];
	char path[];
};

int map_builder_open(struct map_builder **opened, const char *path,
	uint64_t rows, uint64_t bytes, struct error *error)
{
	size_t length = strlen(path) + 1;
	struct map_builder *builder = calloc(1, sizeof *builder + length);
	int result;

	if (!builder)
		return error_set(error, ERR_NOMEM, "%s: out of memory", path);
	memcpy(builder->path, path, length);
	builder->domains = nameset_open();
	builder->roles = roles_open();
	/* Three times, because each key and each target may add a domain of its
	 * own. */
	result =
		builder->domains && builder->roles
			? lmdbfile_create(&builder->writer, path, 3 * rows + 1,
				  3 * bytes + MAPMETA_MAX, mapfile_names, error)
			: error_set(
				  error, ERR_NOMEM, "%s: out of memory", path);
	if (result)
		map_builder_close(builder);
	else
		*opened = builder;
	return result;
}

/* Returns what is after the last "@". */
static struct bytes key_domain(struct bytes key)
{
	size_t at = key.len;

	while (at > 0 && key.data[at - 1] != '@')
		at--;
	return (struct bytes){ key.data + at, key.len - at };
}

int map_builder_put(struct map_builder *builder, enum rule_table table,
	const struct rule *rule, struct error *error)
{
	enum rule_kind kind = rule_value_kind(rule->value);
	int result;

	if (kind >= RULE_KINDS)
		return error_set(error, ERR_BAD,
			"%s: the rule %.*s has a value of an unknown kind",
			builder->path, (int)rule->key.len, rule->key.data);
	result = lmdbfile_append(
		builder->writer, table, rule->key, rule->value, error);
	if (result)
		return result;
	builder->rows[table][kind]++;
	if (table == RULE_INBOUND &&
		nameset_add(builder->domains, key_domain(rule->key)))
		result = ERR_NOMEM;
	if (!result)
		result = roles_add(builder->roles, table, rule);
	return result ? error_set(error, result, "%s: out of memory",
				builder->path)
		      : 0;
}

static int put_role(void *context, struct bytes name, struct bytes value,
	struct error *error)
{
	struct map_builder *builder = context;

	return lmdbfile_append(
		builder->writer, MAPFILE_ROLES, name, value, error);
}

static int put_domains(struct map_builder *builder, struct error *error)
{
	size_t count;
	const struct bytes *names = nameset_sorted(builder->domains, &count);
	const struct bytes none = { NULL, 0 };
	int result = 0;

	for (size_t i = 0; !result && i < count; i++)
		result = lmdbfile_append(builder->writer, MAPFILE_DOMAINS,
			names[i], none, error);
	return result;
}

static int digest_one(void *context, struct bytes key, struct bytes value)
{
	struct rule rule = { key, value };

	digest_row(context, &rule);
	return 0;
}

/* Computes the digest of the rows that were put, as they are in the file. The
 * number of rows comes before them in the digest, and is known only now. */
static int make_digest(struct map_builder *builder,
	const struct map_meta *counted, char text[DIGEST_LEN + 1],
	struct error *error)
{
	struct digest *digest = digest_open();
	int result = 0;

	if (!digest)
		return error_set(
			error, ERR_NOMEM, "%s: out of memory", builder->path);
	for (unsigned t = 0; !result && t < RULE_TABLES; t++) {
		uint64_t rows = 0;

		for (unsigned k = 0; k < RULE_KINDS; k++)
			rows += counted->rows[t][k];
		digest_table(digest, (enum rule_table)t, rows);
		result = lmdbfile_each(
			builder->writer, t, digest_one, digest, error);
	}
	if (!result && digest_end(digest, text))
		result = error_set(
			error, ERR_NOMEM, "%s: out of memory", builder->path);
	digest_close(digest);
	return result;
}

static int put_meta(struct map_builder *builder, const struct map_meta *meta,
	struct error *error)
{
	struct map_meta counted = *meta;
	char text[MAPMETA_MAX];
	struct bytes record = { text, 0 };
	int result;

	counted.version = MAP_VERSION;
	memcpy(counted.rows, builder->rows, sizeof counted.rows);
	result = make_digest(builder, &counted, counted.digest, error);
	if (result)
		return result;
	memcpy(builder->digest, counted.digest, sizeof builder->digest);
	record.len = mapmeta_format(&counted, text);
	return lmdbfile_append(builder->writer, MAPFILE_META,
		bytes_of(MAPFILE_META_KEY), record, error);
}

static int seal(struct map_builder *builder, struct error *error)
{
	int result;
	int fd = open(builder->path, O_RDWR | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return error_set_errno(error, "cannot open %s", builder->path);
	result = trailer_append(fd, builder->path, MAP_VERSION, error);
	if (!result && fsync(fd))
		result = error_set_errno(
			error, "cannot write %s", builder->path);
	close(fd);
	return result;
}

int map_builder_seal(struct map_builder *builder, const struct map_meta *meta,
	struct error *error)
{
	int result = put_domains(builder, error);

	if (!result)
		result = roles_each(builder->roles, put_role, builder, error);
	if (!result)
		result = put_meta(builder, meta, error);
	if (!result)
		result = lmdbfile_finish(builder->writer, error);
	if (!result)
		result = seal(builder, error);
	builder->sealed = !result;
	return result;
}

const char *map_builder_digest(const struct map_builder *builder)
{
	return builder->digest;
}

void map_builder_close(struct map_builder *builder)
{
	if (!builder)
		return;
	lmdbfile_abandon(builder->writer);
	if (!builder->sealed)
		(void)unlink(builder->path);
	nameset_close(builder->domains);
	roles_close(builder->roles);
	free(builder);
}
