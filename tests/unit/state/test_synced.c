/*
 * What is told as done is on the disk, in the right order: every file is synced
 * before it gets the name that counts, every directory after a name in it has
 * changed. The calls are put before libc's and noted, with the file or
 * directory that they leave unsynced; a power cut would find the same
 * (tests/campaigns/tool.py), in an hour.
 */
#include "kit/realcall.h"
#include "kit/statekit.h"

#include <errno.h>
#include <stdarg.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "update/rollback.h"

#define UNSYNCED 64

/* A file or directory that was changed since its last fsync. */
static struct {
	bool watching;
	struct {
		dev_t dev;
		ino_t ino;
	} items[UNSYNCED];
	size_t count;
	unsigned synced; /* calls of fsync */
	char wrong[4096];
} disk;

static void forget(dev_t dev, ino_t ino)
{
	for (size_t i = 0; i < disk.count; i++)
		if (disk.items[i].dev == dev && disk.items[i].ino == ino)
			disk.items[i--] = disk.items[--disk.count];
}

static void changed(const struct stat *status)
{
	if (!disk.watching ||
		(!S_ISREG(status->st_mode) && !S_ISDIR(status->st_mode)))
		return;
	forget(status->st_dev, status->st_ino);
	assert_true(disk.count < UNSYNCED);
	disk.items[disk.count].dev = status->st_dev;
	disk.items[disk.count++].ino = status->st_ino;
}

static bool is_synced(const struct stat *status)
{
	for (size_t i = 0; i < disk.count; i++)
		if (disk.items[i].dev == status->st_dev &&
			disk.items[i].ino == status->st_ino)
			return false;
	return true;
}

/* For a directory, only the names in it count. */
static void changed_fd(int fd)
{
	int saved = errno;
	struct stat status;

	if (disk.watching && !fstat(fd, &status) && S_ISREG(status.st_mode))
		changed(&status);
	errno = saved;
}

/* The directory that the name is in. */
static bool parent_of(int dirfd, const char *name, struct stat *status)
{
	const char *slash = strrchr(name, '/');
	char path[KIT_PATH];

	(void)snprintf(path, sizeof path, "%.*s",
		slash ? (int)(slash - name) : 1, slash ? name : ".");
	return !fstatat(dirfd, path, status, 0);
}

static void changed_name(int dirfd, const char *name)
{
	int saved = errno;
	struct stat status;

	/* The damaged map gets its name with the same fsync as the new map. */
	if (disk.watching && strcmp(name, STATE_DAMAGED) != 0 &&
		parent_of(dirfd, name, &status))
		changed(&status);
	errno = saved;
}

static void wrong(const char *call, const char *what)
{
	size_t at = strlen(disk.wrong);

	(void)snprintf(disk.wrong + at, sizeof disk.wrong - at,
		"%s: %s is not synced\n", call, what);
}

static void need(int dirfd, const char *name, const char *call)
{
	struct stat status;

	if (!fstatat(dirfd, name, &status, AT_SYMLINK_NOFOLLOW) &&
		!is_synced(&status))
		wrong(call, name);
}

/* ---- libc's ---- */

int fsync(int fd)
{
	struct stat status;

	disk.synced++;
	if (!fstat(fd, &status))
		forget(status.st_dev, status.st_ino);
	return (int)syscall(SYS_fsync, fd);
}

int fchmod(int fd, mode_t mode)
{
	changed_fd(fd);
	return (int)syscall(SYS_fchmod, fd, mode);
}

int fchown(int fd, uid_t uid, gid_t gid)
{
	changed_fd(fd);
	return (int)syscall(SYS_fchown, fd, uid, gid);
}

ssize_t write(int fd, const void *data, size_t len)
{
	changed_fd(fd);
	return syscall(SYS_write, fd, data, len);
}

ssize_t pwrite(int fd, const void *data, size_t len, off_t offset)
{
	changed_fd(fd);
	return realcall_pwrite(fd, data, len, offset);
}

ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t offset)
{
	changed_fd(fd);
	return realcall_pwritev(fd, parts, count, offset);
}

int mkdirat(int dirfd, const char *name, mode_t mode)
{
	int result = (int)syscall(SYS_mkdirat, dirfd, name, mode);

	if (!result)
		changed_name(dirfd, name);
	return result;
}

/* Notes a new name in the directory. The names of the lock and of the
 * unfinished map need not outlive a crash. */
int openat(int dirfd, const char *name, int flags, ...)
{
	struct stat status;
	bool there = !fstatat(dirfd, name, &status, AT_SYMLINK_NOFOLLOW);
	const char *slash = strrchr(name, '/');
	const char *base = slash ? slash + 1 : name;
	mode_t mode = 0;
	va_list args;
	int fd;

	if (flags & O_CREAT) {
		va_start(args, flags);
		mode = va_arg(args, mode_t);
		va_end(args);
	}
	fd = (int)syscall(SYS_openat, dirfd, name, flags, mode);
	if (fd >= 0 && !there && strcmp(base, STATE_LOCK) != 0 &&
		!strstr(base, ".new"))
		changed_name(dirfd, name);
	return fd;
}

int linkat(
	int from_dir, const char *from, int to_dir, const char *to, int flags)
{
	int result =
		(int)syscall(SYS_linkat, from_dir, from, to_dir, to, flags);

	if (!result)
		changed_name(to_dir, to);
	return result;
}

/* Checks, when a file gets its final name, that all that it needs is on the
 * disk. */
int renameat(int from_dir, const char *from, int to_dir, const char *to)
{
	int result;

	if (disk.watching) {
		need(from_dir, from, "rename");
		if (!strcmp(to, STATE_MAP)) {
			need(to_dir, STATE_AUDIT, "rename of the map");
			need(to_dir, STATE_HISTORY_DIR, "rename of the map");
			need(to_dir, ".", "rename of the map");
		}
	}
	result = (int)syscall(SYS_renameat2, from_dir, from, to_dir, to, 0);
	if (!result)
		changed_name(to_dir, to);
	return result;
}

/* A map that is removed from history/ may come back after a crash. */
int unlinkat(int dirfd, const char *name, int flags)
{
	int result;

	if (disk.watching && !strcmp(name, STATE_LOCK))
		need(dirfd, ".", "removal of the lock");
	result = (int)syscall(SYS_unlinkat, dirfd, name, flags);
	if (!result && strcmp(name, STATE_LOCK) != 0 &&
		(!strchr(name, '/') && !strstr(name, ".new")))
		changed_name(dirfd, name);
	return result;
}

/* ---- the tests ---- */

static void begin(void)
{
	disk.count = 0;
	disk.synced = 0;
	disk.wrong[0] = '\0';
	disk.watching = true;
}

/* Everything that a reader looks for must be on the disk. */
static void end(struct kit *kit, const char *what)
{
	static const char *const names[] = { ".", STATE_MAP, STATE_AUDIT,
		STATE_HISTORY_DIR, STATE_HISTORY_DIR "/1.mdb",
		STATE_HISTORY_DIR "/2.mdb", STATE_SERVED_DIR, STATE_NOTE,
		STATE_RELOAD_LOG, STATE_LOG_KEY };
	int dir = open(kit->state_dir, O_RDONLY | O_DIRECTORY);

	disk.watching = false;
	for (size_t i = 0; dir >= 0 && i < sizeof names / sizeof *names; i++)
		need(dir, names[i], "the end");
	if (dir >= 0)
		(void)close(dir);
	if (disk.wrong[0] || !disk.synced)
		fail_msg("%s, %u calls of fsync:\n%s", what, disk.synced,
			disk.wrong);
}

static void load(struct kit *kit, const char *target, const char *what)
{
	const struct row rows[] = { kit_row("a@b.example", target) };
	struct change change = kit_load(rows, 1);
	struct change_result result;

	begin();
	KIT_OK(kit, kit_apply(kit, &change, &result));
	end(kit, what);
}

static void test_edits(void **test)
{
	struct kit *kit = *test;
	struct rollback rollback = { 0 };
	struct rollback_result result;
	struct state *state;
	uint64_t generation;

	/* Every mode then differs from what it should be. */
	(void)umask(077);
	begin();
	KIT_OK(kit, state_open(&state, &kit->config, true, &kit->error));
	KIT_OK(kit, update_init(state, "init", NULL, &generation, &kit->error));
	state_close(state);
	end(kit, "init");
	for (int i = 0; i < 14; i++)
		load(kit, i % 2 ? "ux@y.example" : "uz@y.example", "load");
	state = kit_state(kit);
	begin();
	KIT_OK(kit, rollback_apply(state, &rollback, &result, &kit->error));
	end(kit, "rollback");
	state_close(state);
	(void)umask(022);
}

/* A damaged map is set aside, as safely as a map is published. */
static void test_damaged(void **test)
{
	struct kit *kit = *test;
	char path[KIT_PATH * 2];
	struct rollback rollback = { 0 };
	struct rollback_result result;
	struct state *state;

	load(kit, "ux@y.example", "load");
	load(kit, "uz@y.example", "load");
	(void)snprintf(path, sizeof path, "%s/%s", kit->state_dir, STATE_MAP);
	assert_int_equal(truncate(path, 4096), 0);
	state = kit_state(kit);
	begin();
	KIT_OK(kit, rollback_apply(state, &rollback, &result, &kit->error));
	end(kit, "rollback");
	state_close(state);
}

/* history/ itself may be new. */
static void test_history_is_made(void **test)
{
	struct kit *kit = *test;
	char path[KIT_PATH * 2];

	load(kit, "ux@y.example", "load");
	(void)snprintf(
		path, sizeof path, "%s/%s", kit->state_dir, STATE_HISTORY_DIR);
	assert_int_equal(rmdir(path), 0);
	load(kit, "uz@y.example", "load without history/");
}

static void test_served(void **test)
{
	struct kit *kit = *test;
	unsigned char key[32];
	struct state *state;

	load(kit, "ux@y.example", "load");
	(void)umask(077);
	state = kit_state(kit);
	for (uint64_t generation = 1; generation < 4; generation++) {
		begin();
		KIT_OK(kit, state_note_served(state, generation, &kit->error));
		end(kit, "note_served");
	}
	begin();
	KIT_OK(kit, state_log_key(state, key, &kit->error));
	end(kit, "log_key");
	for (int i = 0; i < 2; i++) {
		begin();
		KIT_OK(kit, state_log_reload(state, "reload: x", &kit->error));
		end(kit, "log_reload");
	}
	state_close(state);
	(void)umask(022);
}

static void test_purge(void **test)
{
	struct kit *kit = *test;
	struct state_purged purged;
	struct state *state;

	load(kit, "ux@y.example", "load");
	load(kit, "uz@y.example", "load");
	state = kit_state(kit);
	KIT_OK(kit, state_lock(state, 1, &kit->error));
	begin();
	KIT_OK(kit, state_purge(state, &purged, &kit->error));
	end(kit, "purge");
	state_close(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		KIT_TEST(test_edits),
		KIT_TEST(test_damaged),
		KIT_TEST(test_history_is_made),
		KIT_TEST(test_served),
		KIT_TEST(test_purge),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
