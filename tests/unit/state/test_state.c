#include "kit/statekit.h"
#include "kit/faults.h"

#include <pwd.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/statvfs.h>

#include "base/file.h"

static struct state *open_locked(struct kit *kit)
{
	struct state *state = kit_state(kit);

	KIT_OK(kit, state_lock(state, 1, &kit->error));
	return state;
}

static const char *in_state(struct kit *kit, const char *name)
{
	char path[KIT_PATH];

	(void)snprintf(path, sizeof path, "state/%s", name);
	return kit_path(kit, path);
}

static void build(struct kit *kit, struct state *state, uint64_t generation)
{
	struct map_meta meta = { .generation = generation, .time = 1795273740 };
	struct map_builder *b;

	KIT_OK(kit, map_builder_open(
			    &b, state_build_path(state), 1, 100, &kit->error));
	kit_put(kit, b, RULE_INBOUND, "a@b.example", "uc@d.example");
	KIT_OK(kit, map_builder_seal(b, &meta, &kit->error));
	map_builder_close(b);
}

static int publish(struct kit *kit, struct state *state, uint64_t generation)
{
	struct map_meta meta = { .generation = generation, .time = 1795273740 };

	return state_publish(
		state, &meta, "inbound: 1 user added", &kit->error);
}

/* Publishes the next generation, whatever its number. */
static uint64_t make_next(struct kit *kit, struct state *state)
{
	uint64_t generation;

	KIT_OK(kit, state_next_generation(state, &generation, &kit->error));
	build(kit, state, generation);
	KIT_OK(kit, publish(kit, state, generation));
	return generation;
}

static uint64_t newest(struct kit *kit, struct state *state)
{
	struct map *map;
	uint64_t generation;

	KIT_OK(kit, state_open_newest(state, true, &map, &kit->error));
	generation = map_meta(map)->generation;
	map_close(map);
	return generation;
}

static void assert_generations(struct kit *kit, struct state *state,
	const uint64_t *expected, size_t expected_count)
{
	uint64_t *list;
	size_t count;

	KIT_OK(kit, state_generations(state, &list, &count, &kit->error));
	assert_int_equal(count, expected_count);
	for (size_t i = 0; i < count && i < expected_count; i++)
		assert_int_equal(list[i], expected[i]);
	free(list);
}

static void assert_file(const char *path, const char *expected)
{
	char *text = kit_read(path, NULL);

	assert_string_equal(text, expected);
	free(text);
}

/* A file that the milter would refuse does not become the map, and nothing is
 * changed. */
static void test_read_back(void **test)
{
	struct kit *kit = *test;
	struct state *state = open_locked(kit);
	char *before;
	static const int64_t times[] = { -1, INT64_MIN, INT64_C(253402300800),
		INT64_MAX };
	struct map_meta meta = { .generation = 2, .time = 1795273740 };
	struct map_builder *b;

	assert_int_equal(make_next(kit, state), 1);
	before = kit_read(in_state(kit, "audit.log"), NULL);
	for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
		meta.time = times[i];
		KIT_OK(kit, map_builder_open(&b, state_build_path(state), 1,
				    100, &kit->error));
		KIT_OK(kit, map_builder_seal(b, &meta, &kit->error));
		map_builder_close(b);
		KIT_FAILS(kit, ERR_BAD, "the system clock says ",
			state_publish(state, &meta, "x", &kit->error));
		assert_false(kit_exists(in_state(kit, STATE_BUILD)));
	}
	/* The clock was set between the two. */
	KIT_OK(kit, map_builder_open(
			    &b, state_build_path(state), 1, 100, &kit->error));
	KIT_OK(kit, map_builder_seal(b, &meta, &kit->error));
	map_builder_close(b);
	meta.time = 1795273740;
	KIT_FAILS(kit, ERR_BAD, "cannot be read back; nothing was changed: ",
		state_publish(state, &meta, "x", &kit->error));
	/* Its generation is not the one that was expected. */
	build(kit, state, 3);
	KIT_FAILS(kit, ERR_BAD, "cannot be read back; nothing was changed: ",
		publish(kit, state, 2));
	/* Damaged by the disk, and unfinished. */
	build(kit, state, 2);
	assert_int_equal(truncate(state_build_path(state), 5000), 0);
	KIT_FAILS(kit, ERR_BAD, "cannot be read back; nothing was changed: ",
		publish(kit, state, 2));
	KIT_OK(kit, map_builder_open(
			    &b, state_build_path(state), 1, 100, &kit->error));
	KIT_FAILS(kit, ERR_BAD, "cannot be read back; nothing was changed: ",
		publish(kit, state, 2));
	map_builder_close(b);
	assert_file(in_state(kit, "audit.log"), before);
	free(before);
	assert_int_equal(newest(kit, state), 1);

	/* The builder cuts names that are too long. */
	memset(meta.user, 'u', sizeof meta.user);
	memset(meta.command, 'c', sizeof meta.command);
	KIT_OK(kit, map_builder_open(
			    &b, state_build_path(state), 1, 100, &kit->error));
	KIT_OK(kit, map_builder_seal(b, &meta, &kit->error));
	map_builder_close(b);
	KIT_OK(kit, state_publish(state, &meta, "x", &kit->error));
	assert_int_equal(newest(kit, state), 2);
	state_close(state);
}

/* In a state_dir of another user, a file with a second name may be any file.
 * Only history/ has second names of our files. */
static void test_hard_links(void **test)
{
	static const char *const names[] = { STATE_MAP, STATE_AUDIT, STATE_LOCK,
		STATE_NOTE, STATE_RELOAD_LOG, STATE_LOG_KEY, STATE_CLAIM,
		"history/1.mdb" };
	static const uint64_t both[] = { 1, 2 };
	struct kit *kit = *test;
	struct state *state = open_locked(kit);
	struct map *map = NULL;
	uint64_t served;
	uint64_t previous;
	unsigned char key[32];

	if (geteuid() != 0)
		skip();
	(void)make_next(kit, state);
	(void)make_next(kit, state);
	KIT_OK(kit, state_note_served(state, 2, &kit->error));
	KIT_OK(kit, state_log_key(state, key, &kit->error));
	KIT_OK(kit, state_log_reload(state, "start: x", &kit->error));
	state_close(state);
	for (int foreign = 0; foreign < 2; foreign++) {
		const char *const dirs[] = { kit->state_dir,
			in_state(kit, "history"), in_state(kit, "served") };

		for (size_t i = 0; i < sizeof dirs / sizeof *dirs; i++)
			/* A user namespace may know no such user. */
			if (chown(dirs[i], foreign ? 65534 : 0, 65534) != 0)
				skip();
		for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
			const char *second = kit_path(kit, "second");
			int code;
			int fd = -1;

			(void)unlink(second);
			state = kit_state(kit);
			fd = open(in_state(kit, names[i]), O_RDWR | O_CREAT,
				0600);
			assert_true(fd >= 0);
			(void)close(fd);
			fd = -1;
			assert_int_equal(
				link(in_state(kit, names[i]), second), 0);
			if (!strcmp(names[i], STATE_MAP))
				code = state_open_newest(
					state, true, &map, &kit->error);
			else if (!strcmp(names[i], "history/1.mdb"))
				code = state_open_generation(
					state, 1, true, &map, &kit->error);
			else if (!strcmp(names[i], STATE_LOCK))
				code = state_lock(state, 0, &kit->error);
			else if (!strcmp(names[i], STATE_AUDIT))
				code = audit_not_made(
					state, 9, "x", &kit->error);
			else if (!strcmp(names[i], STATE_NOTE))
				code = state_served(
					state, &served, &previous, &kit->error);
			else if (!strcmp(names[i], STATE_RELOAD_LOG))
				code = state_log_reload(
					state, "x", &kit->error);
			else if (!strcmp(names[i], STATE_LOG_KEY))
				code = state_log_key(state, key, &kit->error);
			else
				code = state_claim_served(
					state, &fd, &kit->error);
			map_close(map);
			map = NULL;
			if (fd >= 0)
				(void)close(fd);
			state_close(state);
			assert_int_equal(unlink(second), 0);
			/* The message about log.key differs. */
			if (foreign && strcmp(names[i], STATE_LOG_KEY) != 0)
				assert_non_null(strstr(
					kit->error.text, " has 2 hard links "));
			assert_int_equal(code, foreign ? ERR_BAD : 0);
		}
	}
	/* A crash left the newest in history/, too. */
	assert_int_equal(
		link(in_state(kit, STATE_MAP), in_state(kit, "history/2.mdb")),
		0);
	state = open_locked(kit);
	assert_int_equal(newest(kit, state), 2);
	assert_generations(kit, state, both, sizeof both / sizeof *both);
	KIT_OK(kit, state_open_generation(state, 2, true, &map, &kit->error));
	map_close(map);
	/* The audit log has named 9. */
	assert_int_equal(make_next(kit, state), 10);
	state_close(state);
}

static void test_open(void **test)
{
	struct kit *kit = *test;
	struct state *state;
	struct stat status;

	KIT_FAILS(kit, ERR_NOENT, "readdress init",
		state_open(&state, &kit->config, false, &kit->error));
	assert_false(kit_exists(kit->state_dir));

	(void)umask(0);
	state_close(kit_state(kit));
	assert_int_equal(kit_mode(kit->state_dir), 02750);
	assert_int_equal(kit_mode(in_state(kit, "history")), 02750);
	assert_int_equal(kit_mode(in_state(kit, "served")), 0750);
	assert_int_equal(stat(kit->state_dir, &status), 0);
	assert_int_equal(status.st_uid, geteuid());
	if (others_can_be(KIT_NOBODY)) {
		const struct passwd *nobody = getpwnam("nobody");

		assert_non_null(nobody);
		assert_int_equal(status.st_gid, nobody->pw_gid);
		assert_int_equal(stat(in_state(kit, "served"), &status), 0);
		assert_int_equal(status.st_uid, nobody->pw_uid);
		assert_int_equal(stat(in_state(kit, "history"), &status), 0);
		assert_int_equal(status.st_uid, 0);
		assert_int_equal(status.st_gid, nobody->pw_gid);
	}
	/* Its mode is not changed any more. */
	assert_int_equal(chmod(kit->state_dir, 0700), 0);
	state_close(kit_state(kit));
	assert_int_equal(kit_mode(kit->state_dir), 0700);
}

static void test_open_narrow_umask(void **test)
{
	struct kit *kit = *test;
	struct state *state;

	(void)umask(077);
	state = open_locked(kit);
	make_next(kit, state);
	make_next(kit, state);
	KIT_OK(kit, state_note_served(state, 1, &kit->error));
	KIT_OK(kit, state_log_reload(state, "reload", &kit->error));
	state_close(state);
	(void)umask(022);
	assert_int_equal(kit_mode(kit->state_dir), 02750);
	assert_int_equal(kit_mode(in_state(kit, "history")), 02750);
	assert_int_equal(kit_mode(in_state(kit, "history/1.mdb")), 0640);
	assert_int_equal(kit_mode(in_state(kit, "map.mdb")), 0640);
	assert_int_equal(kit_mode(in_state(kit, "audit.log")), 0640);
	assert_int_equal(kit_mode(in_state(kit, "lock")), 0640);
	assert_int_equal(kit_mode(in_state(kit, "served/generation")), 0640);
	assert_int_equal(kit_mode(in_state(kit, "served/reload.log")), 0640);
}

static void test_open_refusals(void **test)
{
	struct kit *kit = *test;
	char dir[KIT_PATH];
	struct state *state;

	assert_int_equal(mkdir(kit->state_dir, 0777), 0);
	assert_int_equal(chmod(kit->state_dir, 0777), 0);
	KIT_FAILS(kit, ERR_PERM, "chmod o-w",
		state_open(&state, &kit->config, true, &kit->error));
	assert_int_equal(chmod(kit->state_dir, 01777), 0);
	KIT_FAILS(kit, ERR_PERM, "chmod o-w",
		state_open(&state, &kit->config, false, &kit->error));
	assert_int_equal(rmdir(kit->state_dir), 0);

	kit_write(kit->state_dir, "x", 1);
	KIT_FAILS(kit, ERR_BAD, "not a directory",
		state_open(&state, &kit->config, true, &kit->error));
	assert_int_equal(unlink(kit->state_dir), 0);

	(void)snprintf(dir, sizeof dir, "%s/no/parent", kit->dir);
	kit->config.state_dir = dir;
	KIT_FAILS(kit, ERR_CREATE, dir,
		state_open(&state, &kit->config, true, &kit->error));
}

/* A package may have made the directory, or root by hand. */
static void test_open_empty(void **test)
{
	struct kit *kit = *test;

	assert_int_equal(mkdir(kit->state_dir, 0755), 0);
	state_close(kit_state(kit));
	assert_int_equal(kit_mode(kit->state_dir), 02750);
	assert_true(kit_exists(in_state(kit, "served")));
}

static void test_unknown_user(void **test)
{
	struct kit *kit = *test;

	free(kit->config.user);
	kit->config.user = strdup("no-such-user-here");
	state_close(kit_state(kit));
	assert_int_equal(kit_mode(kit->state_dir), 02750);
	if (geteuid() == 0) /* the milter will make it */
		assert_false(kit_exists(in_state(kit, "served")));
}

static void edit_once(void *context)
{
	struct kit *kit = context;
	struct state *state;
	uint64_t generation;

	if (state_open(&state, &kit->config, true, &kit->error) ||
		state_lock(state, 1, &kit->error) ||
		state_next_generation(state, &generation, &kit->error))
		_exit(11);
	build(kit, state, generation);
	if (publish(kit, state, generation) ||
		state_note_served(state, generation, &kit->error))
		_exit(12);
	state_close(state);
}

static void as_ordinary_user(void *context)
{
	if (setgid(KIT_NOBODY) || setuid(KIT_NOBODY))
		_exit(10);
	edit_once(context);
}

static void as_stranger(void *context)
{
	struct kit *kit = context;
	struct state *state;

	if (setgid(KIT_NOBODY - 1) || setuid(KIT_NOBODY - 1))
		_exit(10);
	if (state_open(&state, &kit->config, false, &kit->error) != ERR_PERM)
		_exit(11);
}

static void test_ordinary_user(void **test)
{
	struct kit *kit = *test;

	if (!others_can_be(KIT_NOBODY))
		skip();
	assert_int_equal(chown(kit->dir, KIT_NOBODY, KIT_NOBODY), 0);
	free(kit->config.user);
	kit->config.user = strdup("root"); /* not for this user */
	assert_int_equal(kit_child(as_ordinary_user, kit), 0);
	/* the user can go on after root, although fs.protected_hardlinks is set
	 */
	assert_int_equal(kit_child(edit_once, kit), 0);
	assert_int_equal(kit_child(as_ordinary_user, kit), 0);
	assert_int_equal(kit_mode(kit->state_dir), 02750);
	assert_int_equal(kit_mode(in_state(kit, "map.mdb")), 0640);
	assert_int_equal(kit_child(as_stranger, kit), 0);
}

static void hold_lock(void *context)
{
	struct kit *kit = context;
	struct state *state;

	if (state_open(&state, &kit->config, false, &kit->error) ||
		state_lock(state, 0, &kit->error))
		_exit(1);
	kit_write(state_build_path(state), "half", 4);
	kill(getpid(), SIGKILL);
}

static void test_lock(void **test)
{
	struct kit *kit = *test;
	struct state *one = open_locked(kit);
	struct state *two = kit_state(kit);
	char holder[64];

	(void)snprintf(holder, sizeof holder, "process %ld", (long)getpid());
	KIT_OK(kit, state_lock(one, 0, &kit->error)); /* has it */
	KIT_FAILS(kit, ERR_BUSY, holder, state_lock(two, 0, &kit->error));
	KIT_FAILS(kit, ERR_BUSY, "waited 1 s", state_lock(two, 1, &kit->error));
	state_close(one);
	KIT_OK(kit, state_lock(two, 0, &kit->error));
	state_close(two);

	/* A writer that was killed has no lock, and its unfinished map is
	 * removed. */
	assert_true(WIFSIGNALED(kit_child(hold_lock, kit)));
	assert_true(kit_exists(in_state(kit, STATE_BUILD)));
	one = open_locked(kit);
	assert_false(kit_exists(in_state(kit, STATE_BUILD)));
	state_close(one);
}

static void test_publish(void **test)
{
	struct kit *kit = *test;
	char user[160];
	char lines[600];
	struct state *state = open_locked(kit);
	struct map *map;

	KIT_FAILS(kit, ERR_NOENT, "readdress init",
		state_open_newest(state, false, &map, &kit->error));
	assert_int_equal(make_next(kit, state), 1);
	assert_int_equal(newest(kit, state), 1);
	assert_int_equal(make_next(kit, state), 2);
	assert_int_equal(newest(kit, state), 2);
	assert_generations(kit, state, (uint64_t[]){ 1, 2 }, 2);
	assert_false(kit_exists(in_state(kit, STATE_BUILD)));
	state_close(state);

	state = kit_state(kit);
	KIT_OK(kit, state_open_generation(state, 1, true, &map, &kit->error));
	assert_int_equal(map_meta(map)->generation, 1);
	map_close(map);
	KIT_OK(kit, state_open_generation(state, 2, false, &map, &kit->error));
	assert_int_equal(map_meta(map)->generation, 2);
	map_close(map);
	KIT_FAILS(kit, ERR_NOENT, "the kept ones are: 1, 2",
		state_open_generation(state, 3, false, &map, &kit->error));
	state_close(state);
	state_user(user, sizeof user);
	(void)snprintf(lines, sizeof lines,
		"2026-11-21T15:09:00Z %s inbound: 1 user added; "
		"generation 1\n"
		"2026-11-21T15:09:00Z %s inbound: 1 user added; "
		"generation 2\n",
		user, user);
	assert_file(in_state(kit, "audit.log"), lines);
}

/* Opens the state with option history = 10. */
static struct state *open_keeping_10(struct kit *kit)
{
	struct state *state;
	int history = kit->config.history;

	kit->config.history = 10;
	state = open_locked(kit);
	kit->config.history = history;
	return state;
}

static void test_prune(void **test)
{
	struct kit *kit = *test;
	struct state *state = open_keeping_10(kit);
	static const uint64_t expected[] = { 2, 5, 20, 21, 22, 23, 24, 25, 26,
		27, 28, 29, 30 };
	static const uint64_t after[] = { 2, 5, 20, 21, 22, 23, 24, 25, 26, 27,
		28, 29, 30, 31 };
	static const uint64_t last[] = { 22, 23, 24, 25, 26, 27, 28, 29, 30, 31,
		32 };

	for (int i = 1; i <= 5; i++)
		make_next(kit, state);
	KIT_OK(kit, state_note_served(state, 2, &kit->error));
	KIT_OK(kit, state_note_served(state, 5, &kit->error));
	kit_write(in_state(kit, "history/notes.txt"), "mine", 4);
	kit_write(in_state(kit, "history/007.mdb"), "mine", 4);
	kit_write(in_state(kit, "history/3.mdb.bak"), "mine", 4);
	for (int i = 6; i <= 30; i++)
		make_next(kit, state);
	assert_generations(
		kit, state, expected, sizeof expected / sizeof *expected);
	/* If it is not known what is served, nothing is removed. */
	kit_write(in_state(kit, "served/generation"), "rubbish", 7);
	make_next(kit, state);
	assert_generations(kit, state, after, sizeof after / sizeof *after);
	assert_int_equal(unlink(in_state(kit, "served/generation")), 0);
	make_next(kit, state);
	assert_generations(kit, state, last, sizeof last / sizeof *last);
	assert_true(kit_exists(in_state(kit, "history/notes.txt")));
	assert_true(kit_exists(in_state(kit, "history/007.mdb")));
	assert_true(kit_exists(in_state(kit, "history/3.mdb.bak")));
	state_close(state);
}

/* While this is set, the file system has room for so many more generations. */
static int *room;

/* Replaces that of libc, which prune() asks. */
int fstatvfs(int fd, struct statvfs *disk)
{
	struct stat status;

	if (!room) {
		errno = EIO;
		return -1;
	}
	assert_int_equal(fstatat(fd, STATE_MAP, &status, 0), 0);
	*disk = (struct statvfs){ .f_frsize = (unsigned long)status.st_size,
		.f_bavail = (*room)++ > 0 };
	return 0;
}

/* Each removed generation makes room for one more. */
static void test_prune_full_disk(void **test)
{
	struct kit *kit = *test;
	struct state *state = open_locked(kit);
	int lacking = -2;

	for (int i = 1; i <= 7; i++)
		make_next(kit, state);
	KIT_OK(kit, state_note_served(state, 1, &kit->error));
	room = &lacking;
	make_next(kit, state);
	assert_generations(kit, state, (uint64_t[]){ 1, 5, 6, 7, 8 }, 5);
	/* Nothing makes room: the served one and the last one stay. */
	lacking = -100;
	make_next(kit, state);
	room = NULL;
	assert_generations(kit, state, (uint64_t[]){ 1, 8, 9 }, 3);
	state_close(state);
}

static void test_damaged_newest(void **test)
{
	struct kit *kit = *test;
	struct state *state = open_locked(kit);
	struct map *map;
	uint64_t next;
	char *log;

	make_next(kit, state);
	assert_int_equal(truncate(in_state(kit, "map.mdb"), 4096), 0);
	KIT_FAILS(kit, ERR_BAD, "No earlier generation is kept",
		state_open_newest(state, false, &map, &kit->error));
	assert_int_equal(unlink(in_state(kit, "map.mdb")), 0);
	KIT_FAILS(kit, ERR_NOENT, "readdress init",
		state_open_newest(state, false, &map, &kit->error));
	assert_int_equal(make_next(kit, state), 2); /* 1 was used */
	make_next(kit, state);
	kit_write(in_state(kit, "rubbish"), "rubbish", 7);
	assert_int_equal(
		rename(in_state(kit, "rubbish"), in_state(kit, "map.mdb")), 0);
	state_close(state);

	state = open_locked(kit);
	KIT_FAILS(kit, ERR_BAD,
		"map.mdb is not a map of readdress; `readdress rollback` goes "
		"back to generation 2,",
		state_open_newest(state, false, &map, &kit->error));
	KIT_FAILS(kit, ERR_BAD, "map.mdb is not a map",
		state_try_newest(state, &map, &kit->error));
	assert_null(strstr(kit->error.text, "rollback"));
	assert_generations(kit, state, (uint64_t[]){ 2 }, 1);
	KIT_OK(kit, state_next_generation(state, &next, &kit->error));
	assert_int_equal(next, 4);
	/* Publishing sets it aside and makes generation 3. */
	assert_int_equal(make_next(kit, state), 4);
	assert_generations(kit, state, (uint64_t[]){ 2, 4 }, 2);
	assert_file(in_state(kit, "map.mdb.damaged"), "rubbish");
	log = kit_read(in_state(kit, "audit.log"), NULL);
	assert_null(strstr(log, "generation 3 was not made"));
	free(log);

	assert_int_equal(unlink(in_state(kit, "map.mdb")), 0);
	KIT_FAILS(kit, ERR_BAD, "is gone; `readdress rollback`",
		state_open_newest(state, false, &map, &kit->error));
	state_close(state);
}

/* A directory cannot be replaced by a rename. */
static void test_damaged_directory(void **test)
{
	struct kit *kit = *test;
	struct state *state = open_locked(kit);

	make_next(kit, state);
	assert_int_equal(unlink(in_state(kit, "map.mdb")), 0);
	assert_int_equal(mkdir(in_state(kit, "map.mdb"), 0750), 0);
	state_close(state);
	state = open_locked(kit);
	assert_int_equal(make_next(kit, state), 2);
	assert_int_equal(newest(kit, state), 2);
	assert_int_equal(kit_mode(in_state(kit, "map.mdb.damaged")), 02750);
	/* And once more, when a file was set aside before. */
	assert_int_equal(truncate(in_state(kit, "map.mdb"), 100), 0);
	state_close(state);
	state = open_locked(kit);
	assert_int_equal(make_next(kit, state), 3);
	assert_int_equal(kit_mode(in_state(kit, "map.mdb.damaged")), 0640);
	state_close(state);
}

/* The file exists, but has another generation. */
static void test_open_generation(void **test)
{
	struct kit *kit = *test;
	struct state *state = open_locked(kit);
	struct map *map = NULL;

	for (int i = 0; i < 4; i++)
		make_next(kit, state);
	KIT_OK(kit, state_open_generation(state, 3, false, &map, &kit->error));
	assert_int_equal(map_meta(map)->generation, 3);
	map_close(map);
	map = NULL;
	KIT_FAILS(kit, ERR_NOENT, "the kept ones are: 1, 2, 3, 4",
		state_open_generation(state, 9, false, &map, &kit->error));
	assert_null(map);
	assert_int_equal(rename(in_state(kit, "history/2.mdb"),
				 in_state(kit, "history/9.mdb")),
		0);
	KIT_FAILS(kit, ERR_NOENT,
		"history/9.mdb holds generation 2; the kept ones are: 1, 3, 4",
		state_open_generation(state, 9, false, &map, &kit->error));
	KIT_FAILS(kit, ERR_NOENT, "generation 9 is not kept: ",
		state_open_generation(state, 9, false, &map, &kit->error));
	assert_null(strstr(kit->error.text, "4, 9"));
	assert_null(map);
	assert_int_equal(truncate(in_state(kit, "history/3.mdb"), 100), 0);
	KIT_FAILS(kit, ERR_BAD, "history/3.mdb",
		state_open_generation(state, 3, false, &map, &kit->error));
	state_close(state);
}

static void test_purge(void **test)
{
	struct kit *kit = *test;
	struct state *state = open_locked(kit);
	struct state_purged purged;
	unsigned char key[32];

	for (int i = 0; i < 3; i++)
		make_next(kit, state);
	KIT_OK(kit,
		state_make_served(state, (uid_t)-1, (gid_t)-1, &kit->error));
	KIT_OK(kit, state_note_served(state, 2, &kit->error));
	KIT_OK(kit, state_log_reload(state, "reload", &kit->error));
	KIT_OK(kit, state_log_key(state, key, &kit->error));
	KIT_OK(kit, state_note_usage(state, "x", 1, &kit->error));
	KIT_OK(kit, state_set_usage_aside(state, &kit->error));
	KIT_OK(kit, state_note_usage(state, "y", 1, &kit->error));
	assert_int_equal(kit_mode(in_state(kit, "served/usage")), 0640);
	kit_write(in_state(kit, "map.mdb.damaged"), "x", 1);
	kit_write(in_state(kit, "dns.observed"), "x", 1);
	KIT_OK(kit, state_purge(state, &purged, &kit->error));
	assert_int_equal(purged.maps, 3);
	assert_true(purged.audit);
	assert_false(purged.other);
	/* Only what the milter's user could not make is left. */
	assert_int_equal(rmdir(in_state(kit, "served")), 0);
	assert_int_equal(rmdir(kit->state_dir), 0);
	state_close(state);

	/* A purge of a directory without files, and of one with foreign files.
	 */
	state = open_locked(kit);
	kit_write(in_state(kit, "history/notes.txt"), "mine", 4);
	KIT_OK(kit, state_purge(state, &purged, &kit->error));
	assert_int_equal(purged.maps, 0);
	assert_false(purged.audit);
	assert_true(purged.other);
	assert_file(in_state(kit, "history/notes.txt"), "mine");
	state_close(state);
	assert_int_equal(unlink(in_state(kit, "history/notes.txt")), 0);
	state = open_locked(kit);
	KIT_OK(kit,
		state_make_served(state, (uid_t)-1, (gid_t)-1, &kit->error));
	kit_write(in_state(kit, "served/notes.txt"), "mine", 4);
	KIT_OK(kit, state_purge(state, &purged, &kit->error));
	assert_true(purged.other);
	assert_file(in_state(kit, "served/notes.txt"), "mine");
	state_close(state);
}

/* A process that waited for the lock of a purge must not get a lock on a file
 * that was removed. */
static void test_lock_after_purge(void **test)
{
	struct kit *kit = *test;
	struct state *state = open_locked(kit);
	struct state_purged purged;
	struct state *other;
	int ready[2];
	pid_t pid;
	char byte;

	assert_int_equal(pipe(ready), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		struct state *waiting;

		close(state->lock); /* the copy of ours; OFD locks stay */
		state->lock = -1;
		if (state_open(&waiting, &kit->config, false, NULL) ||
			write(ready[1], "x", 1) != 1 ||
			state_lock(waiting, 600, NULL))
			_exit(1);
		if (write(ready[1], "y", 1) != 1)
			_exit(2);
		pause();
		_exit(0);
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	assert_int_equal(usleep(200000), 0); /* the child waits */
	KIT_OK(kit, state_purge(state, &purged, &kit->error));
	state_close(state);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	assert_int_equal(byte, 'y');
	other = kit_state(kit);
	KIT_FAILS(kit, ERR_BUSY, "another readdress",
		state_lock(other, 0, &kit->error));
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	KIT_OK(kit, state_lock(other, 0, &kit->error));
	state_close(other);
	close(ready[0]);
	close(ready[1]);
}

/* True if that process has opened the lock's file. */
static bool has_lock_open(struct kit *kit, pid_t pid)
{
	for (int fd = 3; fd < 64; fd++) {
		char name[64];
		char target[KIT_PATH * 2] = "";

		(void)snprintf(
			name, sizeof name, "/proc/%ld/fd/%d", (long)pid, fd);
		if (readlink(name, target, sizeof target - 1) > 0 &&
			!strcmp(target, in_state(kit, "lock")))
			return true;
	}
	return false;
}

/* The same if another lock's file has the name by then. */
static void test_lock_of_another_file(void **test)
{
	struct kit *kit = *test;
	struct state *state = open_locked(kit);
	struct state *other;
	int ready[2];
	int status;
	char byte;
	pid_t pid;

	assert_int_equal(pipe(ready), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		struct state *waiting;

		close(state->lock);
		state->lock = -1;
		if (state_open(&waiting, &kit->config, false, NULL) ||
			write(ready[1], "x", 1) != 1)
			_exit(1);
		_exit(state_lock(waiting, 2, NULL) == ERR_BUSY ? 0 : 2);
	}
	/* The copy of our own descriptor is closed by now, so the one that is
	   seen below is the one on which the child waits. */
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	close(ready[1]);
	while (!has_lock_open(kit, pid) && !waitpid(pid, &status, WNOHANG))
		assert_int_equal(usleep(1000), 0);
	assert_int_equal(unlink(in_state(kit, "lock")), 0);
	other = open_locked(kit);
	state_close(state);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && !WEXITSTATUS(status));
	state_close(other);
}

static void append_to_full_disk(void *context)
{
	struct kit *kit = context;
	struct rlimit limit = { 110, 110 };
	int dir = open(kit->dir, O_RDONLY | O_DIRECTORY);

	if (signal(SIGXFSZ, SIG_IGN) == SIG_ERR ||
		setrlimit(RLIMIT_FSIZE, &limit))
		_exit(10);
	if (file_append_line(dir, "x.log", "x.log", 0640, (gid_t)-1,
		    "more than ten bytes", &kit->error) >= 0)
		_exit(11);
}

/* A line that does not fit on the disk leaves nothing behind. */
static void test_no_half_line(void **test)
{
	struct kit *kit = *test;
	char line[101];

	memset(line, 'x', 99);
	line[99] = '\n';
	line[100] = '\0';
	kit_write(kit_path(kit, "x.log"), line, 100);
	assert_int_equal(kit_child(append_to_full_disk, kit), 0);
	assert_file(kit_path(kit, "x.log"), line);
}

static uint64_t next_with_audit(struct kit *kit, const char *text)
{
	struct state *state = open_locked(kit);
	uint64_t next;

	kit_write(in_state(kit, "audit.log"), text, strlen(text));
	KIT_OK(kit, state_next_generation(state, &next, &kit->error));
	state_close(state);
	return next;
}

/* A number that cannot be one of ours is refused, with its line. */
static void test_next_generation_too_large(void **test)
{
	struct kit *kit = *test;
	static const char *const lines[] = {
		"T u x; generation 1000000000000001",
		"T u x; generation 18446744073709551615",
		"T u x; generation 99999999999999999999999999",
		"T u generation 1000000000000001 was not made: no",
	};
	struct state *state;
	uint64_t next;

	assert_int_equal(
		next_with_audit(kit, "T u x; generation 999999999999999\n"),
		UINT64_C(1000000000000000));
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		char text[200];

		(void)snprintf(text, sizeof text,
			"T u x; generation 1\n%s\nT u y; generation 2\n",
			lines[i]);
		kit_write(in_state(kit, "audit.log"), text, strlen(text));
		state = open_locked(kit);
		KIT_FAILS(kit, ERR_BAD, "audit.log:2: found a generation over",
			state_next_generation(state, &next, &kit->error));
		assert_non_null(strstr(kit->error.text, lines[i]));
		state_close(state);
	}
}

static void test_next_generation(void **test)
{
	struct kit *kit = *test;
	struct state *state = open_locked(kit);
	char *log;
	uint64_t next;

	make_next(kit, state);
	make_next(kit, state);
	state_close(state);
	/* Without the audit log, the map still has the number. */
	assert_int_equal(next_with_audit(kit, ""), 3);
	assert_int_equal(next_with_audit(kit, "T u x; generation 41\n"), 42);
	assert_int_equal(
		next_with_audit(kit, "T u x; generation 9\nT u y; generat"),
		10);
	assert_int_equal(next_with_audit(kit, "generation 77 in passing\n"), 3);
	assert_int_equal(next_with_audit(kit, "T u x; generation 9\n"
					      "T u y; generation 7\n"),
		10);
	assert_int_equal(next_with_audit(kit, "T u add x; generation 99"
					      "@a.com; generation 7\n"),
		8);
	/* Only a number at the end of the line counts, and a whole one. */
	assert_int_equal(next_with_audit(kit, "T u x; generation 9 \n"), 3);
	assert_int_equal(next_with_audit(kit, "T u x; generation 9a\n"), 3);
	assert_int_equal(next_with_audit(kit, "T u x;generation 9\n"), 3);
	assert_int_equal(next_with_audit(kit, "9\n"), 3);
	assert_int_equal(
		next_with_audit(kit, "T u generation 50 was not made\n"), 3);
	assert_int_equal(next_with_audit(kit, "T u x; generation -4\n"), 3);
	assert_int_equal(next_with_audit(kit, "T u generation 50 was not made: "
					      "see ; generation 99\n"),
		51);

	/* A line without its map, as after a crash, is explained once. */
	assert_int_equal(
		next_with_audit(kit, "T u x; generation 5\nT u ha"), 6);
	state = open_locked(kit);
	KIT_OK(kit, state_next_generation(state, &next, &kit->error));
	assert_int_equal(next, 6);
	log = kit_read(in_state(kit, "audit.log"), NULL);
	assert_int_equal(
		strncmp(log, "T u x; generation 5\nT u ha\n20", 29), 0);
	assert_non_null(strstr(log,
		" generation 5 was not made: the change was interrupted\n"));
	assert_string_equal(strstr(log, "interrupted"), "interrupted\n");
	free(log);

	kit_write(in_state(kit, "history/60.mdb"), "", 0);
	KIT_OK(kit, state_next_generation(state, &next, &kit->error));
	assert_int_equal(next, 61);
	state_close(state);
}

static void test_user(void **test)
{
	char user[160];

	(void)test;
	state_user(user, sizeof user);
	if (geteuid() == 0)
		assert_string_equal(user, "root");
	assert_int_equal(setenv("SUDO_USER", "al ice\n; generation 9", 1), 0);
	state_user(user, sizeof user);
	assert_non_null(strstr(user, "(al_ice_;_generation_9)"));
	assert_int_equal(unsetenv("SUDO_USER"), 0);
}

static void test_served(void **test)
{
	struct kit *kit = *test;
	struct state *state = kit_state(kit);
	static const char *const damaged[] = { "", "1", "1 2", "1 2\n\n",
		"a b\n", "1 -2\n", " 1 2\n", "1  2\n",
		"9999999999999999999 1\n" };
	uint64_t served = 9;
	uint64_t previous = 9;

	KIT_OK(kit, state_served(state, &served, &previous, &kit->error));
	assert_int_equal(served, 0);
	assert_int_equal(previous, 0);
	KIT_OK(kit, state_note_served(state, 3, &kit->error));
	assert_file(in_state(kit, "served/generation"), "3 0\n");
	KIT_OK(kit, state_note_served(state, 3, &kit->error));
	KIT_OK(kit, state_note_served(state, 5, &kit->error));
	assert_file(in_state(kit, "served/generation"), "5 3\n");
	KIT_OK(kit, state_served(state, &served, &previous, &kit->error));
	assert_int_equal(served, 5);
	assert_int_equal(previous, 3);
	assert_false(kit_exists(in_state(kit, "served/generation.new")));
	for (size_t i = 0; i < sizeof damaged / sizeof *damaged; i++) {
		kit_write(in_state(kit, "served/generation"), damaged[i],
			strlen(damaged[i]));
		KIT_FAILS(kit, ERR_BAD, "damaged",
			state_served(state, &served, &previous, &kit->error));
		assert_int_equal(served, 0);
	}
	KIT_OK(kit, state_note_served(state, 6, &kit->error));
	assert_file(in_state(kit, "served/generation"), "6 0\n");
	assert_int_equal(unlink(in_state(kit, "served/generation")), 0);
	assert_int_equal(mkfifo(in_state(kit, "served/generation"), 0600), 0);
	KIT_FAILS(kit, ERR_BAD, "FIFO",
		state_served(state, &served, &previous, &kit->error));
	state_close(state);
}

/* Each call that changes a file fails once; the note must be as before. */
static void test_served_fails(void **test)
{
	struct kit *kit = *test;
	struct state *state = kit_state(kit);
	const char *call = "";
	unsigned failures = 0;

	KIT_OK(kit, state_note_served(state, 3, &kit->error));
	for (unsigned n = 0; n < 100 && call; n++) {
		int code;

		faults_arm(n, 1, EIO);
		code = state_note_served(state, 5, &kit->error);
		call = faults_disarm();
		assert_int_equal(code < 0, call != NULL);
		assert_file(in_state(kit, "served/generation"),
			call ? "3 0\n" : "5 3\n");
		failures += call != NULL;
	}
	assert_true(failures >= 5);
	state_close(state);
}

static void test_reload_log(void **test)
{
	struct kit *kit = *test;
	struct state *state = kit_state(kit);
	char *log;

	KIT_OK(kit,
		state_log_reload(state, "start: generation 1", &kit->error));
	KIT_OK(kit, state_log_reload(
			    state, "reload: generation 1 -> 2", &kit->error));
	log = kit_read(in_state(kit, "served/reload.log"), NULL);
	assert_int_equal(log[0], '2');
	assert_non_null(strstr(log, "Z start: generation 1\n2"));
	assert_non_null(strstr(log, "Z reload: generation 1 -> 2\n"));
	free(log);
	state_close(state);
}

static void test_log_key(void **test)
{
	struct kit *kit = *test;
	struct state *state = kit_state(kit);
	unsigned char key[32] = { 0 };
	unsigned char again[32] = { 0 };
	static const unsigned char zero[32];

	KIT_OK(kit, state_log_key(state, key, &kit->error));
	KIT_OK(kit, state_log_key(state, again, &kit->error));
	assert_memory_equal(key, again, sizeof key);
	assert_memory_not_equal(key, zero, sizeof key);
	assert_int_equal(kit_mode(in_state(kit, "served/log.key")), 0600);
	assert_int_equal(truncate(in_state(kit, "served/log.key"), 31), 0);
	KIT_FAILS(kit, ERR_BAD,
		"remove the file, and the milter makes a new one",
		state_log_key(state, key, &kit->error));
	state_close(state);
}

/* The headers of outbound_required_headers that were seen are kept; on an
 * error, none is. */
static void test_proofs(void **test)
{
	struct config_required list[] = { { "X-Org", "a.com" },
		{ "X-Org", "b.com" } };
	struct config config = { .outbound_required = list,
		.outbound_required_count = 2 };
	struct kit *kit = *test;
	struct state *state = kit_state(kit);
	const bool none[2] = { false, false };
	const bool one[2] = { false, true };
	bool seen[2] = { true, true };
	struct stat before;
	struct stat after;

	KIT_OK(kit, state_proofs(state, &config, seen, &kit->error));
	assert_memory_equal(seen, none, sizeof seen);
	/* Without a header that was seen there is no file. */
	KIT_OK(kit, state_note_proofs(state, &config, none, &kit->error));
	assert_int_equal(access(in_state(kit, "served/required"), F_OK), -1);
	KIT_OK(kit, state_note_proofs(state, &config, one, &kit->error));
	assert_int_equal(kit_mode(in_state(kit, "served/required")), 0640);
	KIT_OK(kit, state_proofs(state, &config, seen, &kit->error));
	assert_memory_equal(seen, one, sizeof seen);
	/* The file is not written again if it says the same. */
	assert_int_equal(stat(in_state(kit, "served/required"), &before), 0);
	KIT_OK(kit, state_note_proofs(state, &config, one, &kit->error));
	assert_int_equal(stat(in_state(kit, "served/required"), &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
	/* A header that is not in the list is forgotten. */
	config.outbound_required_count = 1;
	KIT_OK(kit, state_note_proofs(state, &config, seen, &kit->error));
	config.outbound_required_count = 2;
	KIT_OK(kit, state_proofs(state, &config, seen, &kit->error));
	assert_memory_equal(seen, none, sizeof seen);
	/* A damaged file is an error, no header counts as seen, and it is
	 * replaced. */
	KIT_OK(kit, state_note_proofs(state, &config, one, &kit->error));
	assert_int_equal(truncate(in_state(kit, "served/required"), 64), 0);
	seen[0] = true;
	KIT_FAILS(kit, ERR_BAD, "served/required is damaged",
		state_proofs(state, &config, seen, &kit->error));
	assert_memory_equal(seen, none, sizeof seen);
	KIT_OK(kit, state_note_proofs(state, &config, one, &kit->error));
	KIT_OK(kit, state_proofs(state, &config, seen, &kit->error));
	assert_memory_equal(seen, one, sizeof seen);
	assert_int_equal(unlink(in_state(kit, "served/required")), 0);
	assert_int_equal(mkdir(in_state(kit, "served/required"), 0755), 0);
	KIT_FAILS(kit, ERR_BAD, "not a regular file",
		state_proofs(state, &config, seen, &kit->error));
	assert_memory_equal(seen, none, sizeof seen);
	assert_true(state_note_proofs(state, &config, one, NULL) < 0);
	assert_int_equal(rmdir(in_state(kit, "served/required")), 0);
	state_close(state);
}

static void test_claim_served(void **test)
{
	struct kit *kit = *test;
	struct state *state = kit_state(kit);
	struct state *other = kit_state(kit);
	struct state_purged purged;
	int fd = -1;
	int second = -1;

	KIT_OK(kit, state_claim_served(state, &fd, &kit->error));
	assert_int_equal(kit_mode(in_state(kit, "served/lock")), 0600);
	KIT_FAILS(kit, ERR_BUSY, "another readdress-milter",
		state_claim_served(other, &second, &kit->error));
	assert_int_equal(second, -1);
	/* It is the descriptor's, not the state's. */
	state_close(state);
	KIT_FAILS(kit, ERR_BUSY, "a state_dir of its own",
		state_claim_served(other, &second, &kit->error));
	(void)close(fd);
	KIT_OK(kit, state_claim_served(other, &second, &kit->error));
	(void)close(second);
	KIT_OK(kit, state_lock(other, 0, &kit->error));
	KIT_OK(kit, state_purge(other, &purged, &kit->error));
	assert_false(purged.other);
	KIT_OK(kit, state_claim_served(other, &second, &kit->error));
	(void)close(second);
	state_close(other);
}

static void test_make_served(void **test)
{
	struct kit *kit = *test;
	struct state *state;
	struct stat status;

	free(kit->config.user);
	kit->config.user = strdup("no-such-user-here");
	state = kit_state(kit);
	KIT_OK(kit,
		state_make_served(state, (uid_t)-1, (gid_t)-1, &kit->error));
	assert_int_equal(kit_mode(in_state(kit, "served")), 0750);
	assert_int_equal(chmod(in_state(kit, "served"), 0777), 0);
	KIT_OK(kit,
		state_make_served(state, (uid_t)-1, (gid_t)-1, &kit->error));
	assert_int_equal(kit_mode(in_state(kit, "served")), 0750);
	if (others_can_be(1234) && others_can_be(1235)) {
		KIT_OK(kit, state_make_served(state, 1234, 1235, &kit->error));
		assert_int_equal(stat(in_state(kit, "served"), &status), 0);
		assert_int_equal(status.st_uid, 1234);
		assert_int_equal(status.st_gid, 1235);
		assert_int_equal(status.st_mode & 07777, 0750);
	}
	assert_int_equal(rmdir(in_state(kit, "served")), 0);
	/* The link leads to a directory of the test, because a broken build may
	 * follow it as root. */
	assert_int_equal(mkdir(kit_path(kit, "elsewhere"), 0700), 0);
	assert_int_equal(
		symlink(kit_path(kit, "elsewhere"), in_state(kit, "served")),
		0);
	KIT_FAILS(kit, ERR_BAD, "not a directory",
		state_make_served(state, 1234, 1235, &kit->error));
	state_close(state);
}

/* Each call that changes a file fails once, and then with all that follow. The
 * old map must be whole and in place, nothing may be left over, and the next
 * change must work. */
static void test_publish_fails(void **test)
{
	struct kit *kit = *test;
	struct state *state = open_locked(kit);
	uint64_t live = make_next(kit, state);
	unsigned failures = 0;

	for (unsigned times = 1; times <= 1000; times += 999) {
		for (unsigned n = 0; n < 100; n++) {
			uint64_t next;
			const char *call;
			int code;

			KIT_OK(kit, state_next_generation(
					    state, &next, &kit->error));
			build(kit, state, next);
			faults_arm(n, times, EIO);
			code = publish(kit, state, next);
			call = faults_disarm();
			if (!code) {
				assert_null(call);
				live = next;
				break;
			}
			failures++;
			assert_non_null(call);
			assert_int_equal(code, ERR_IO);
			assert_non_null(
				strstr(kit->error.text, "Input/output error"));
			assert_false(kit_exists(in_state(kit, STATE_BUILD)));
			/* If every later call fails, the old or the new map
			 * must be there, whole. */
			if (times == 1)
				assert_int_equal(newest(kit, state), live);
			else
				assert_true(newest(kit, state) >= live);
			live = make_next(kit, state);
			assert_int_equal(newest(kit, state), live);
		}
	}
	assert_true(failures > 10);
	state_close(state);
}

static void test_failure_is_logged(void **test)
{
	struct kit *kit = *test;
	struct state *state = open_locked(kit);
	char *log;
	uint64_t next;

	make_next(kit, state);
	state_close(state);
	assert_int_equal(unlink(in_state(kit, "map.mdb")), 0);
	state = open_locked(kit);
	KIT_OK(kit, state_next_generation(state, &next, &kit->error));
	/* Despite the lock, a directory takes the map's name: the rename fails.
	 */
	assert_int_equal(mkdir(in_state(kit, "map.mdb"), 0755), 0);
	kit_write(in_state(kit, "map.mdb/x"), "x", 1);
	build(kit, state, 2);
	assert_int_equal(publish(kit, state, 2), ERR_IO);
	log = kit_read(in_state(kit, "audit.log"), NULL);
	assert_non_null(strstr(log, "; generation 2\n"));
	assert_non_null(
		strstr(log, " generation 2 was not made: cannot rename"));
	free(log);
	state_close(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		KIT_TEST(test_open),
		KIT_TEST(test_read_back),
		KIT_TEST(test_hard_links),
		KIT_TEST(test_open_narrow_umask),
		KIT_TEST(test_open_refusals),
		KIT_TEST(test_open_empty),
		KIT_TEST(test_unknown_user),
		KIT_TEST(test_ordinary_user),
		KIT_TEST(test_lock),
		KIT_TEST(test_publish),
		KIT_TEST(test_prune),
		KIT_TEST(test_prune_full_disk),
		KIT_TEST(test_damaged_newest),
		KIT_TEST(test_damaged_directory),
		KIT_TEST(test_open_generation),
		KIT_TEST(test_purge),
		KIT_TEST(test_lock_after_purge),
		KIT_TEST(test_lock_of_another_file),
		KIT_TEST(test_no_half_line),
		KIT_TEST(test_next_generation),
		KIT_TEST(test_next_generation_too_large),
		KIT_TEST(test_user),
		KIT_TEST(test_served),
		KIT_TEST(test_served_fails),
		KIT_TEST(test_reload_log),
		KIT_TEST(test_log_key),
		KIT_TEST(test_proofs),
		KIT_TEST(test_claim_served),
		KIT_TEST(test_make_served),
		KIT_TEST(test_publish_fails),
		KIT_TEST(test_failure_is_logged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
