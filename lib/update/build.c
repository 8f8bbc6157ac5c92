#include "update/build.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "update/merge.h"

#define PROGRESS_ROWS 16384

struct work {
	const struct build *build;
	struct map_builder *builder;
	uint64_t rows; /* the rows written so far */
	uint64_t of;   /* the rows to be written */
};

static bool is_changed(const struct build *build, enum rule_table table)
{
	return build->change && build->change->table == table;
}

static void show_progress(const struct work *work)
{
	const struct build *build = work->build;

	if (build->progress)
		build->progress(build->context, work->rows, work->of);
}

/* Writes one table: changed by build->change, or as it is in build->old. */
static int build_table(
	struct work *work, enum rule_table table, struct error *error)
{
	const struct build *build = work->build;
	const struct change none = { .table = table, .mode = CHANGE_MERGE };
	struct merge merge;
	struct merge_step step;
	int result = merge_init(&merge,
		is_changed(build, table) ? build->change : &none, build->old,
		error);

	while (!result && (result = merge_next(&merge, &step, error)) == 1) {
		struct rule rule = { step.key, step.new };

		result = 0;
		if (!step.new.data)
			continue;
		if (work->rows % PROGRESS_ROWS == 0)
			show_progress(work);
		work->rows++;
		result = map_builder_put(work->builder, table, &rule, error);
	}
	merge_free(&merge);
	return result;
}

static int build_map(struct state *state, struct work *work,
	const struct map_meta *meta, char digest[DIGEST_LEN + 1],
	struct error *error)
{
	const struct build *build = work->build;
	uint64_t bytes = build->bytes;
	int result;

	if (build->old)
		bytes += map_octets(build->old);
	/* The map is built in the state directory. */
	result = error_about(error,
		map_builder_open(&work->builder, state_build_path(state),
			work->of, bytes, error),
		ERROR_HINT_STATE_DIR);
	if (result)
		return result;
	for (unsigned t = 0; !result && t < RULE_TABLES; t++)
		result = build_table(work, (enum rule_table)t, error);
	if (!result)
		show_progress(work);
	if (!result)
		result = error_about(error,
			map_builder_seal(work->builder, meta, error),
			ERROR_HINT_STATE_DIR);
	if (!result && build->digest &&
		strcmp(build->digest, map_builder_digest(work->builder)) != 0)
		result = error_set(error, ERR_BAD,
			"the rules changed while they were read: they have "
			"the digest %s now, expected %s; nothing was changed",
			map_builder_digest(work->builder), build->digest);
	if (!result)
		memcpy(digest, map_builder_digest(work->builder),
			DIGEST_LEN + 1);
	map_builder_close(work->builder);
	return result;
}

int build_publish(struct state *state, const struct build *build,
	const char *what, uint64_t *generation, char digest[DIGEST_LEN + 1],
	struct error *error)
{
	struct work work = { .build = build, .of = build->rows };
	struct map_meta meta = { .time = (int64_t)time(NULL),
		.origin = build->origin };
	int result = state_next_generation(state, &meta.generation, error);

	if (result)
		return result;
	for (unsigned t = 0; build->old && t < RULE_TABLES; t++)
		if (!is_changed(build, (enum rule_table)t))
			work.of += map_rows(build->old, (enum rule_table)t);
	state_user(meta.user, sizeof meta.user);
	if (gethostname(meta.host, sizeof meta.host - 1))
		meta.host[0] = '\0';
	if (build->adopted) {
		meta.adopted.generation = build->adopted->generation;
		meta.adopted.time = build->adopted->time;
		memcpy(meta.adopted.host, build->adopted->host,
			sizeof meta.adopted.host);
	}
	(void)snprintf(meta.command, sizeof meta.command, "%s",
		build->command ? build->command : "");
	result = build_map(state, &work, &meta, digest, error);
	if (!result)
		result = state_publish(state, &meta, what, error);
	if (!result)
		*generation = meta.generation;
	return result;
}
