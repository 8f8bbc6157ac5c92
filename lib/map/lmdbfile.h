/*
 * lmdbfile: one LMDB environment in one file, with named databases. This is the
 * only file that includes lmdb.h, and the only translator of LMDB's error
 * codes. A database is named by its index in the list of names that was given
 * when the file was opened.
 *
 * All functions that can fail return ERR_NOMEM, ERR_PERM, ERR_IO or ERR_BAD,
 * unless their comments name more. The functions that close or abandon accept
 * NULL.
 *
 * Tested by tests/unit/map/test_map.c.
 */
#ifndef READDRESS_MAP_LMDBFILE_H
#define READDRESS_MAP_LMDBFILE_H

#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"

#define LMDBFILE_KEY_MAX   511
#define LMDBFILE_DATABASES 8 /* at most */

/* ---- reading: no lock is taken, nothing is written ---- */

struct lmdbfile;
struct lmdbfile_cursor;

/*
 * Opens a file for reading. fd is an open regular file that was verified
 * before, because LMDB trusts what it reads; size is the size of LMDB's pages
 * in it, in bytes. The file is opened again through /proc and mapped, so fd may
 * be closed. shown is the name of the file in messages. names lists the
 * databases and ends with NULL. Returns 0; also ERR_BAD when one of the first
 * needed databases is missing. The others may be missing (lmdbfile_has()).
 * Several threads may use the file, each with its own reader.
 */
int lmdbfile_open(struct lmdbfile **file, int fd, const char *shown,
	uint64_t size, const char *const *names, unsigned needed,
	struct error *error) MUST_CHECK;
void lmdbfile_close(struct lmdbfile *file);

/* Returns the descriptor of the file, which is valid as long as it is open; -1
 * if LMDB does not tell it. */
int lmdbfile_descriptor(const struct lmdbfile *file);

/* True if the file has this database. A database that is missing must not be
 * read. */
bool lmdbfile_has(const struct lmdbfile *file, unsigned database);

/* A read transaction. It is not bound to a thread, but only one thread at a
 * time may use it. The file must outlive it. lmdbfile_end() may be called only
 * after lmdbfile_begin() returned 0. */
struct lmdbfile_reader {
	const struct lmdbfile *file;
	struct MDB_txn *txn;
};
int lmdbfile_begin(
	struct lmdbfile_reader *reader, const struct lmdbfile *file) MUST_CHECK;
void lmdbfile_end(struct lmdbfile_reader *reader);

/* Returns 1 and the value, which lives as long as the file; 0 if the key does
 * not exist; or an error. */
int lmdbfile_get(struct lmdbfile_reader *reader, unsigned database,
	struct bytes key, struct bytes *value) MUST_CHECK;

/* Counts the rows of a database. Returns 0 or an error. */
int lmdbfile_count(struct lmdbfile_reader *reader, unsigned database,
	uint64_t *rows) MUST_CHECK;

/* Reads a whole database in memcmp() order, in a read transaction of its own.
 * lmdbfile_cursor_open() sets *cursor only when it returns 0.
 * lmdbfile_cursor_next() returns 1 and the next row, whose bytes live as long
 * as the file; 0 at the end; or an error. The file must outlive the cursor. */
int lmdbfile_cursor_open(struct lmdbfile_cursor **cursor,
	const struct lmdbfile *file, unsigned database) MUST_CHECK;
int lmdbfile_cursor_next(struct lmdbfile_cursor *cursor, struct bytes *key,
	struct bytes *value) MUST_CHECK;
void lmdbfile_cursor_close(struct lmdbfile_cursor *cursor);

/* ---- writing a new file ---- */

struct lmdbfile_writer;

/* Creates a file in place of what is in path. rows and bytes (the bytes of all
 * keys and values together) must not be less than what will be appended,
 * because the map size of LMDB is computed from them. Also returns ERR_CREATE
 * when the directory does not exist. */
int lmdbfile_create(struct lmdbfile_writer **writer, const char *path,
	uint64_t rows, uint64_t bytes, const char *const *names,
	struct error *error) MUST_CHECK;

/* Appends a row. The keys of a database must come in strictly ascending order,
 * and one database after the other; otherwise it returns ERR_BAD. */
int lmdbfile_append(struct lmdbfile_writer *writer, unsigned database,
	struct bytes key, struct bytes value, struct error *error) MUST_CHECK;

/* Calls row for each row of a database that was appended so far, in the order
 * of keys, until it returns an error. The bytes are valid during the call.
 * Returns what row returned last, or an error. */
int lmdbfile_each(struct lmdbfile_writer *writer, unsigned database,
	int (*row)(void *context, struct bytes key, struct bytes value),
	void *context, struct error *error) MUST_CHECK;

/* Commits and closes the file. The file is then complete, but not synced. */
int lmdbfile_finish(
	struct lmdbfile_writer *writer, struct error *error) MUST_CHECK;

/* Frees the writer. The file is not removed. */
void lmdbfile_abandon(struct lmdbfile_writer *writer);

#endif
