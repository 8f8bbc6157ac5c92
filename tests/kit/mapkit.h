/*
 * mapkit: what the tests of map/, state/ and update/ share: a directory for
 * each test, rows written by hand, files. Every failure here fails the test.
 */
#ifndef READDRESS_MAPKIT_H
#define READDRESS_MAPKIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

/* What their tests need as well. */
#include <fcntl.h>
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
	char dir[KIT_PATH / 2];	  /* exists, mode 0755 */
	char state_dir[KIT_PATH]; /* in dir; does not exist */
	struct config config;	  /* state_dir, user and history alone */
	struct error error;
};

/* Setup and teardown: make a kit, with umask 022 and a directory below TMPDIR
 * or /tmp, and remove both with all that is in the directory. Return 0. */
int kit_open(void **test);
int kit_close(void **test);

#define KIT_TEST(name)                                                         \
	cmocka_unit_test_setup_teardown(name, kit_open, kit_close)

/* Returns the path of a name in the kit's directory, in one of four buffers
 * that take turns: the last four paths are valid. */
const char *kit_path(const struct kit *kit, const char *name);

/* Fails the test, with the text in kit->error, unless the call returns 0. A
 * macro, for the place, as the next one. */
#define KIT_OK(kit, call)                                                      \
	do {                                                                   \
		int kit_code = (call);                                         \
		if (kit_code) {                                                \
			fail_msg("%s: %d: %s", #call, kit_code,                \
				(kit)->error.text);                            \
			abort(); /* fail_msg does not say that it ends */      \
		}                                                              \
	} while (0)

/* Fails the test unless the call returns this code and leaves a text in
 * kit->error that contains part. */
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

/* Returns a row of a key and a value as the map holds them. Both strings must
 * outlive it. */
struct row kit_row(const char *key, const char *value);

/* Puts such a row into the builder. */
void kit_put(struct kit *kit, struct map_builder *builder,
	enum rule_table table, const char *key, const char *value);

/* Makes a file of these bytes, mode 0644, or replaces what it held. */
void kit_write(const char *path, const void *data, size_t len);

/* Returns what the file holds, with a NUL after it; free() it. len: its size in
 * bytes; may be NULL. */
char *kit_read(const char *path, size_t *len);

/* Removes the file, or the directory with all that is in it. What does not
 * exist is no failure. */
void kit_remove(const char *path);

/* True if there is something of that name, a symbolic link too. */
bool kit_exists(const char *path);

/* Returns the permission bits, those of a symbolic link itself. */
unsigned kit_mode(const char *path);

/* Runs body in a child process; returns its status, as waitpid() gives it. */
int kit_child(void (*body)(void *context), void *context);

/* Returns the next number after *seed, which must not be 0 (xorshift). */
uint32_t kit_random(uint32_t *seed);

#endif
