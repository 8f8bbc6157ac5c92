/*
 * lmdbfile: one LMDB environment in one file, with named databases. The only
 * file that includes lmdb.h, and the one translator of its codes. Databases are
 * named by their place in the list that was given at open. Errors of all
 * functions: ERR_NOMEM, ERR_PERM, ERR_IO, ERR_BAD. What is closed or
 * abandoned may be NULL.
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
 * fd: an open regular file that was verified, as LMDB trusts what it reads;
 * size of LMDB's pages in it. It is opened again through /proc and mapped; fd
 * may be closed. shown: its name for messages. names: of the databases, NULL
 * behind the last; ERR_BAD when one of the first needed is missing, while one
 * of the others may be (lmdbfile_has). Use by several threads is safe;
 * each needs its own reader.
 */
int lmdbfile_open(struct lmdbfile **file, int fd, const char *shown,
	uint64_t size, const char *const *names, unsigned needed,
	struct error *error) MUST_CHECK;
void lmdbfile_close(struct lmdbfile *file);

/* Is this database in the file? What is missing must not be read. */
bool lmdbfile_has(const struct lmdbfile *file, unsigned database);

/* A read transaction; bound to no thread, used by one at a time. The file must
 * outlive it. lmdbfile_end only after lmdbfile_begin returned 0. */
struct lmdbfile_reader {
	const struct lmdbfile *file;
	struct MDB_txn *txn;
};
int lmdbfile_begin(
	struct lmdbfile_reader *reader, const struct lmdbfile *file) MUST_CHECK;
void lmdbfile_end(struct lmdbfile_reader *reader);

/* 1 and the value (it lives as long as the file), 0, or an error. */
int lmdbfile_get(struct lmdbfile_reader *reader, unsigned database,
	struct bytes key, struct bytes *value) MUST_CHECK;

int lmdbfile_count(struct lmdbfile_reader *reader, unsigned database,
	uint64_t *rows) MUST_CHECK;

/* All of a database in memcmp order, in a read transaction of its own: 1 and
 * the next (it lives as long as the file), 0 at the end, or an error. The file
 * must outlive it. *cursor is set on 0 only. */
int lmdbfile_cursor_open(struct lmdbfile_cursor **cursor,
	const struct lmdbfile *file, unsigned database) MUST_CHECK;
int lmdbfile_cursor_next(struct lmdbfile_cursor *cursor, struct bytes *key,
	struct bytes *value) MUST_CHECK;
void lmdbfile_cursor_close(struct lmdbfile_cursor *cursor);

/* ---- writing a new file ---- */

struct lmdbfile_writer;

/* Replaces what is in path. rows and octets (of keys and values together) must
 * be no less than what will be put: LMDB's map size follows from them. Also
 * ERR_CREATE: its directory is not there. */
int lmdbfile_create(struct lmdbfile_writer **writer, const char *path,
	uint64_t rows, uint64_t octets, const char *const *names,
	struct error *error) MUST_CHECK;

/* Keys of a database in strictly ascending order, one database after the other:
 * else ERR_BAD. */
int lmdbfile_append(struct lmdbfile_writer *writer, unsigned database,
	struct bytes key, struct bytes value, struct error *error) MUST_CHECK;

/* Commits and closes: the file is complete, but not synced. */
int lmdbfile_finish(
	struct lmdbfile_writer *writer, struct error *error) MUST_CHECK;

/* Frees. Does not remove the file. */
void lmdbfile_abandon(struct lmdbfile_writer *writer);

#endif
