/*
 * The n-th allocation fails, for every n. Each function that reads or writes
 * the state directory must either return an error, with every file as before,
 * or have done all its work.
 */
#include "kit/statekit.h"
#include "kit/torture.h"
#include "kit/alloccalls.h"

#include <ftw.h>

#include <inttypes.h>
#include <pwd.h>
#include <time.h>

#include "update/mapdiff.h"
#include "state/events.h"
#include "update/rollback.h"

/* The time is the same in every generation, so that files can be compared. */
time_t time(time_t *result)
{
	if (result)
		*result = 1795273740;
	return 1795273740;
}

/* Name services allocate hundreds of blocks, and go on if one fails. */
static int look_up(struct passwd *entry, struct passwd **found)
{
	void *memory = malloc(1);

	*entry = (struct passwd){ .pw_uid = 1, .pw_gid = 1 };
	*found = memory ? entry : NULL;
	free(memory);
	return *found ? 0 : ENOMEM;
}

int getpwnam_r(const char *name, struct passwd *entry, char *buffer,
	size_t size, struct passwd **found)
{
	(void)name;
	(void)buffer;
	(void)size;
	return look_up(entry, found);
}

/* No user is found, so all generations have the same name. */
int getpwuid_r(uid_t uid, struct passwd *entry, char *buffer, size_t size,
	struct passwd **found)
{
	int code = look_up(entry, found);

	(void)uid;
	(void)buffer;
	(void)size;
	*found = NULL;
	return code;
}

/* Durability is not tested here, and would take time. */
int fsync(int fd)
{
	(void)fd;
	return 0;
}

/* ---- a state directory that comes back ---- */

struct job {
	struct kit *kit;
	/* What the call does with the open state; NULL: nothing. */
	int (*call)(struct job *job, struct state *state,
		struct torture_told *told, struct error *error);
	struct change change;
	struct rollback rollback;
	uint64_t generation;
};

static char copy_from[KIT_PATH];
static char copy_to[KIT_PATH];

/* A link suffices for a map, which is never written to. */
static int copy(
	const char *path, const struct stat *status, int type, struct FTW *walk)
{
	char to[KIT_PATH * 2];
	size_t len;
	char *data;
	int fd;

	(void)type;
	(void)snprintf(
		to, sizeof to, "%s%s", copy_to, path + strlen(copy_from));
	if (strstr(path + walk->base, ".mdb"))
		return link(path, to);
	if (S_ISDIR(status->st_mode)) {
		assert_int_equal(mkdir(to, 0700), 0);
		fd = open(to, O_RDONLY);
	} else {
		data = kit_read(path, &len);
		kit_write(to, data, len);
		free(data);
		fd = open(to, O_RDWR);
	}
	assert_true(fd >= 0);
	assert_int_equal(fchown(fd, status->st_uid, status->st_gid), 0);
	assert_int_equal(fchmod(fd, status->st_mode & 07777), 0);
	close(fd);
	return 0;
}

static void copy_all(const char *from, const char *to)
{
	kit_remove(to);
	(void)snprintf(copy_from, sizeof copy_from, "%s", from);
	(void)snprintf(copy_to, sizeof copy_to, "%s", to);
	if (kit_exists(from))
		assert_int_equal(nftw(from, copy, 16, FTW_PHYS), 0);
}

/* What restore() brings back. */
static void keep(struct kit *kit)
{
	copy_all(kit->state_dir, kit_path(kit, "was"));
}

static void restore(void *context)
{
	struct job *job = context;

	copy_all(kit_path(job->kit, "was"), job->kit->state_dir);
}

static char *files(void *context)
{
	struct job *job = context;
	char *text = malloc(KIT_TEXT);

	assert_non_null(text);
	kit_files(job->kit, false, text);
	return text;
}

#define JOB(job)                                                               \
	.run = run, .context = (job), .restore = restore, .files = files

/* ---- calls ---- */

static int call_edit(struct job *job, struct state *state,
	struct torture_told *told, struct error *error)
{
	struct change_result result;
	char text[256];
	int code = update_apply(state, &job->change, &result, error);

	if (code)
		return code;
	change_describe(&result, job->change.table, text, sizeof text);
	torture_tell(told, "%" PRIu64 " %s", result.generation, text);
	return 0;
}

static int call_init(struct job *job, struct state *state,
	struct torture_told *told, struct error *error)
{
	uint64_t generation;
	int code = update_init(state, "init", NULL, &generation, error);

	(void)job;
	if (!code)
		torture_tell(told, "%" PRIu64, generation);
	return code;
}

static int call_rollback(struct job *job, struct state *state,
	struct torture_told *told, struct error *error)
{
	struct rollback_result result;
	char text[256];
	int code = rollback_apply(state, &job->rollback, &result, error);

	if (code)
		return code;
	rollback_describe(&result, text, sizeof text);
	torture_tell(told, "%" PRIu64 " %s", result.generation, text);
	return 0;
}

/* state_next_generation notes in the audit log that one was not made. */
static int call_numbers(struct job *job, struct state *state,
	struct torture_told *told, struct error *error)
{
	uint64_t *list = NULL;
	size_t count = 0;
	uint64_t next = 0;
	int code = state_lock(state, 1, error);

	(void)job;
	if (!code)
		code = state_generations(state, &list, &count, error);
	if (!code)
		code = state_next_generation(state, &next, error);
	for (size_t i = 0; !code && i < count; i++)
		torture_tell(told, "%" PRIu64 " ", list[i]);
	torture_tell(told, "next %" PRIu64, next);
	free(list);
	return code;
}

/* job->generation: 0 is the newest. */
static int call_map(struct job *job, struct state *state,
	struct torture_told *told, struct error *error)
{
	struct map *map = NULL;
	int code = job->generation
			   ? state_open_generation(
				     state, job->generation, true, &map, error)
			   : state_open_newest(state, true, &map, error);

	if (!code)
		torture_tell(told, "%" PRIu64, map_meta(map)->generation);
	else if (code != ERR_NOMEM)
		torture_tell(told, "%s", error->text);
	map_close(map);
	return code;
}

static int note_entry(void *context, const struct events_entry *entry)
{
	torture_tell(context, "%.*s\n", (int)entry->text.len, entry->text.data);
	return 0;
}

static int call_journal(struct job *job, struct state *state,
	struct torture_told *told, struct error *error)
{
	(void)job;
	return events_each(state, note_entry, told, error);
}

/* Of generations 1 and 2. */
static int call_difference(struct job *job, struct state *state,
	struct torture_told *told, struct error *error)
{
	struct map *maps[2] = { NULL, NULL };
	struct mapdiff difference = { .old = { .map = NULL } };
	struct mapdiff_step step;
	int code = 0;

	(void)job;
	for (unsigned i = 0; !code && i < 2; i++)
		code = state_open_generation(
			state, i + 1, false, &maps[i], error);
	if (!code)
		code = mapdiff_any(maps[0], maps[1], error);
	if (code == 1)
		code = mapdiff_init(
			&difference, maps[0], maps[1], RULE_INBOUND, error);
	while (!code && (code = mapdiff_next(&difference, &step, error)) == 1) {
		torture_tell(told, "%.*s\n", (int)step.key.len, step.key.data);
		code = 0;
	}
	mapdiff_free(&difference);
	map_close(maps[0]);
	map_close(maps[1]);
	return code;
}

static int call_purge(struct job *job, struct state *state,
	struct torture_told *told, struct error *error)
{
	struct state_purged purged;
	int code = state_lock(state, 1, error);

	(void)job;
	(void)told;
	return code ? code : state_purge(state, &purged, error);
}

static int run(void *context, struct torture_told *told, struct error *error)
{
	struct job *job = context;
	struct state *state;
	int code = state_open(&state, &job->kit->config, true, error);

	if (code)
		return code;
	if (job->call)
		code = job->call(job, state, told, error);
	state_close(state);
	return code;
}

/* ---- tests ---- */

static const struct row rows[] = {
	{ { { "@*.a.com", 8 }, { "s@b.com", 7 } }, 1 },
	{ { { "@a.com", 6 }, { "d@b.com", 7 } }, 2 },
	{ { { "ann@a.com", 9 }, { "uann@b.com", 10 } }, 3 },
	{ { { "bob@a.com", 9 }, { "ubob@b.com", 10 } }, 4 },
};

/* A table with these of the rows above. */
static void make(struct kit *kit, size_t first, size_t count)
{
	struct change change = kit_load(rows + first, count);
	struct change_result result;

	change.force = true;
	KIT_OK(kit, kit_apply(kit, &change, &result));
	assert_false(result.unchanged);
}

static void go_back(struct kit *kit, uint64_t to)
{
	struct rollback rollback = { .to = to };
	struct rollback_result result;
	struct state *state = kit_state(kit);

	KIT_OK(kit, rollback_apply(state, &rollback, &result, &kit->error));
	state_close(state);
}

/* 6 has the rules of 2, by way of 4. */
static void make_six(struct kit *kit)
{
	make(kit, 0, 1);
	make(kit, 0, 2);
	make(kit, 0, 3);
	go_back(kit, 2);
	make(kit, 2, 2);
	go_back(kit, 4);
}

static void test_first(void **test)
{
	struct kit *kit = *test;
	struct job open = { .kit = kit };
	struct job init = { kit, .call = call_init };
	struct job load = { kit, .call = call_edit,
		.change = kit_load(rows, 4) };
	const struct torture opening = { .name = "state_open", JOB(&open) };
	const struct torture tortures[] = {
		{ .name = "init", JOB(&init) },
		{ .name = "first load", JOB(&load) },
	};
	struct state *state;

	keep(kit);
	torture_all(&opening, 1);
	state = kit_state(kit);
	KIT_OK(kit, state_lock(state, 1, &kit->error)); /* makes its file */
	state_close(state);
	keep(kit);
	torture_all(tortures, sizeof tortures / sizeof *tortures);
}

static void test_edits(void **test)
{
	struct kit *kit = *test;
	struct job load = { kit, .call = call_edit,
		.change = kit_load(rows + 1, 3) };
	struct job delete = load;
	struct job dry = load;
	const struct torture tortures[] = {
		{ .name = "load", JOB(&load) },
		{ .name = "delete", JOB(&delete) },
		{ .name = "dry run", JOB(&dry) },
	};

	load.change.force = dry.change.dry_run = dry.change.force = true;
	delete.change.mode = CHANGE_DELETE;
	make_six(kit);
	keep(kit);
	torture_all(tortures, sizeof tortures / sizeof *tortures);
}

static void test_rollbacks(void **test)
{
	struct kit *kit = *test;
	struct job back = { kit, .call = call_rollback };
	struct job to = { kit, .call = call_rollback, .rollback = { .to = 3 } };
	const struct torture tortures[] = {
		{ .name = "rollback", JOB(&back) },
		{ .name = "rollback 3", JOB(&to) },
	};

	make_six(kit);
	keep(kit);
	torture_all(tortures, sizeof tortures / sizeof *tortures);
}

static void test_damaged(void **test)
{
	struct kit *kit = *test;
	struct job back = { kit, .call = call_rollback };
	struct job newest = { kit, .call = call_map };
	const struct torture tortures[] = {
		{ .name = "rollback of damage", JOB(&back) },
		{ .name = "open damaged", JOB(&newest), .code = ERR_BAD },
	};

	make_six(kit);
	assert_int_equal(truncate(kit_path(kit, "state/map.mdb"), 5000), 0);
	keep(kit);
	torture_all(tortures, sizeof tortures / sizeof *tortures);
}

static void test_reading(void **test)
{
	static const char audit[] =
		"2026-11-21T15:00:00Z root inbound: none; generation 7\n";
	static const char milter[] = "2026-11-21T15:00:00Z start: "
				     "generation 1\n"
				     "2026-11-21T15:00:01Z more\n";
	struct kit *kit = *test;
	struct job numbers = { kit, .call = call_numbers };
	struct job newest = { kit, .call = call_map };
	struct job kept = { kit, .call = call_map, .generation = 2 };
	struct job named = { kit, .call = call_map, .generation = 6 };
	struct job gone = { kit, .call = call_map, .generation = 77 };
	struct job journal = { kit, .call = call_journal };
	struct job difference = { kit, .call = call_difference };
	struct job purge = { kit, .call = call_purge };
	const struct torture tortures[] = {
		{ .name = "numbers", JOB(&numbers) },
		{ .name = "open newest", JOB(&newest) },
		{ .name = "open 2", JOB(&kept) },
		{ .name = "open 6", JOB(&named) },
		{ .name = "open 77", JOB(&gone), .code = ERR_NOENT },
		{ .name = "journal", JOB(&journal) },
		{ .name = "difference", JOB(&difference) },
		{ .name = "purge", JOB(&purge), .halves = true },
	};

	make_six(kit);
	kit_write(kit_path(kit, "state/audit.log"), audit, sizeof audit - 1);
	kit_write(kit_path(kit, "state/served/reload.log"), milter,
		sizeof milter - 1);
	keep(kit);
	torture_all(tortures, sizeof tortures / sizeof *tortures);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		KIT_TEST(test_first),
		KIT_TEST(test_edits),
		KIT_TEST(test_rollbacks),
		KIT_TEST(test_damaged),
		KIT_TEST(test_reading),
	};

	if (!access("/dev/shm", W_OK)) /* for thousands of small files */
		(void)setenv("TMPDIR", "/dev/shm", 0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
