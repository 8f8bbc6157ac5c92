/*
 * mapkit: what the tests of map, state and edit share: a directory of their
 * own, rows by hand, maps made of them.
 */
#ifndef READDRESS_MAPKIT_H
#define READDRESS_MAPKIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "update/update.h"
#include "kit/others.h"

#define KIT_PATH 512

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define KIT_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define KIT_SANITIZED 1
#endif
#endif

#define KIT_NOBODY 65534

struct kit {
	char dir[KIT_PATH / 2];	  /* is there */
	char state_dir[KIT_PATH]; /* in it, not made */
	struct config config;
	struct error error;
};

static inline int kit_remove(
	const char *path, const struct stat *status, int type, struct FTW *walk)
{
	(void)status;
	(void)type;
	(void)walk;
	return remove(path);
}

static inline int kit_open(void **test)
{
	struct kit *kit = calloc(1, sizeof *kit);
	const char *base = getenv("TMPDIR");

	assert_non_null(kit);
	unsetenv("SUDO_USER");
	(void)umask(022);
	(void)snprintf(kit->dir, sizeof kit->dir, "%s/readdress-test-XXXXXX",
		base ? base : "/tmp");
	assert_non_null(mkdtemp(kit->dir));
	assert_int_equal(chmod(kit->dir, 0755), 0);
	(void)snprintf(
		kit->state_dir, sizeof kit->state_dir, "%s/state", kit->dir);
	kit->config.state_dir = kit->state_dir;
	kit->config.user =
		strdup(others_can_be(KIT_NOBODY) || geteuid() != 0 ? "nobody"
								   : "root");
	*test = kit;
	return 0;
}

static inline int kit_close(void **test)
{
	struct kit *kit = *test;

	(void)nftw(kit->dir, kit_remove, 16, FTW_DEPTH | FTW_PHYS);
	free(kit->config.user);
	free(kit);
	return 0;
}

#define KIT_TEST(name)                                                         \
	cmocka_unit_test_setup_teardown(name, kit_open, kit_close)

/* KIT_PATH octets, static: the last four live. */
static inline const char *kit_path(const struct kit *kit, const char *name)
{
	static char paths[4][KIT_PATH * 2];
	static unsigned turn;
	char *path = paths[turn++ % 4];

	(void)snprintf(path, sizeof paths[0], "%s/%s", kit->dir, name);
	return path;
}

#define KIT_OK(kit, call)                                                      \
	do {                                                                   \
		int kit_code = (call);                                         \
		if (kit_code) {                                                \
			fail_msg("%s: %d: %s", #call, kit_code,                \
				(kit)->error.text);                            \
			abort(); /* fail_msg does not say that it ends */      \
		}                                                              \
	} while (0)

/* The call fails with this code, and the text names this. */
#define KIT_FAILS(kit, expected, part, call)                                   \
	do {                                                                   \
		int kit_code;                                                  \
		(kit)->error.text[0] = '\0';                                   \
		kit_code = (call);                                             \
		if (kit_code != (expected) ||                                  \
			!strstr((kit)->error.text, (part))) {                  \
			fail_msg("%s: %d, expected %d with \"%s\": %s", #call, \
				kit_code, (expected), (part),                  \
				(kit)->error.text);                            \
			abort();                                               \
		}                                                              \
	} while (0)

/* "key" and "kind and targets", as the map holds them. */
static inline struct row kit_row(const char *key, const char *value)
{
	return (struct row){ .rule = { bytes_of(key), bytes_of(value) } };
}

static inline void kit_put(struct kit *kit, struct map_builder *builder,
	enum rule_table table, const char *key, const char *value)
{
	struct rule rule = { bytes_of(key), bytes_of(value) };

	KIT_OK(kit, map_builder_put(builder, table, &rule, &kit->error));
}

static inline void kit_write(const char *path, const void *data, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, len), len);
	close(fd);
}

/* free() it; NUL behind. */
static inline char *kit_read(const char *path, size_t *len)
{
	struct stat status;
	char *data;
	int fd = open(path, O_RDONLY);

	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &status), 0);
	data = malloc((size_t)status.st_size + 1);
	assert_non_null(data);
	assert_int_equal(
		read(fd, data, (size_t)status.st_size), status.st_size);
	data[status.st_size] = '\0';
	if (len)
		*len = (size_t)status.st_size;
	close(fd);
	return data;
}

static inline bool kit_exists(const char *path)
{
	struct stat status;

	return !lstat(path, &status);
}

static inline unsigned kit_mode(const char *path)
{
	struct stat status;

	assert_int_equal(lstat(path, &status), 0);
	return status.st_mode & 07777;
}

/* Runs body in a child; its exit status. */
static inline int kit_child(void (*body)(void *context), void *context)
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (!pid) {
		body(context);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

/* Tests run in several processes need other numbers than the last run's, but
 * the same every time: xorshift. */
static inline uint32_t kit_random(uint32_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed;
}

#endif
