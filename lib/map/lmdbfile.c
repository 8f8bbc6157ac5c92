#include "map/lmdbfile.h"

#include <errno.h>
#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define PROC_SIZE   64	  /* "/proc/self/fd/N" */
#define BATCH_ROWS  10000 /* of a write transaction, which is in memory */
#define MISSING	    ((MDB_dbi)-1)
#define FULL_BLOCKS 256 /* a disk with fewer free blocks counts as full */

struct lmdbfile {
	MDB_env *env;
	unsigned count;
	MDB_dbi databases[LMDBFILE_DATABASES];
};

struct lmdbfile_cursor {
	MDB_txn *txn;
	MDB_cursor *cursor;
	MDB_cursor_op next;
};

struct lmdbfile_writer {
	MDB_env *env;
	MDB_txn *txn;
	MDB_cursor *cursor; /* in txn, for database */
	unsigned database;
	unsigned batch; /* rows in txn */
	const char *const *names;
	MDB_dbi databases[LMDBFILE_DATABASES];
	char path[];
};

static int translate(int rc, const char *shown, struct error *error)
{
	if (rc == ENOMEM)
		return error_set(error, ERR_NOMEM, "%s: out of memory", shown);
	if (rc > 0) { /* an errno */
		errno = rc;
		return error_set_errno(error, "%s", shown);
	}
	return error_set(error,
		rc == MDB_CORRUPTED || rc == MDB_PAGE_NOTFOUND ||
				rc == MDB_INVALID || rc == MDB_VERSION_MISMATCH
			? ERR_BAD
			: ERR_IO,
		"%s: LMDB: %s", shown, mdb_strerror(rc));
}

static MDB_val to_val(struct bytes bytes)
{
	/* LMDB does not write to the memory that mv_data points to. */
	union {
		const char *in;
		void *out;
	} data = { .in = bytes.data };

	return (MDB_val){ bytes.len, data.out };
}

static struct bytes to_bytes(MDB_val val)
{
	return (struct bytes){ val.mv_data, val.mv_size };
}

/* Opens the databases. Those after the first needed may be missing. */
static int open_databases(MDB_txn *txn, const char *const *names,
	unsigned needed, unsigned flags, MDB_dbi databases[LMDBFILE_DATABASES])
{
	int rc = 0;

	for (unsigned i = 0; !rc && names[i]; i++) {
		rc = mdb_dbi_open(txn, names[i], flags, &databases[i]);
		if (rc == MDB_NOTFOUND && i >= needed) {
			databases[i] = MISSING;
			rc = 0;
		}
	}
	return rc;
}

/* ---- reading ---- */

/* Checks that the file has all its pages. LMDB maps the last page without a
 * check, and reading it would cause SIGBUS if the file is shorter. */
static int check_size(MDB_env *env, uint64_t size)
{
	MDB_envinfo info;
	MDB_stat stat;
	int rc = mdb_env_info(env, &info);

	if (!rc)
		rc = mdb_env_stat(env, &stat);
	if (!rc &&
		(!stat.ms_psize || info.me_last_pgno >= size / stat.ms_psize))
		rc = MDB_CORRUPTED;
	return rc;
}

static int open_env(struct lmdbfile *file, int fd, uint64_t size)
{
	char name[PROC_SIZE];
	int rc = mdb_env_create(&file->env);

	(void)snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
	if (!rc)
		rc = mdb_env_set_maxdbs(file->env, LMDBFILE_DATABASES);
	/* Otherwise LMDB would map the size of the writer, many times the size
	 * of the file. */
	if (!rc)
		rc = mdb_env_set_mapsize(file->env, (size_t)size);
	if (!rc)
		rc = mdb_env_open(file->env, name,
			MDB_RDONLY | MDB_NOLOCK | MDB_NOSUBDIR | MDB_NOTLS, 0);
	if (!rc)
		rc = check_size(file->env, size);
	return rc;
}

int lmdbfile_open(struct lmdbfile **opened, int fd, const char *shown,
	uint64_t size, const char *const *names, unsigned needed,
	struct error *error)
{
	MDB_txn *txn = NULL;
	struct lmdbfile *file = calloc(1, sizeof *file);
	int result;
	int rc;

	if (!file)
		return error_set(error, ERR_NOMEM, "%s: out of memory", shown);
	rc = open_env(file, fd, size);
	if (rc == ENOENT) { /* the file itself is open */
		lmdbfile_close(file);
		return error_set(error, ERR_IO,
			"cannot open %s through /proc/self/fd: is /proc "
			"mounted?",
			shown);
	}
	if (!rc)
		rc = mdb_txn_begin(file->env, NULL, MDB_RDONLY, &txn);
	if (!rc)
		rc = open_databases(txn, names, needed, 0, file->databases);
	if (!rc) {
		rc = mdb_txn_commit(txn); /* this keeps the handles */
		txn = NULL;
	}
	if (!rc) {
		*opened = file;
		return 0;
	}
	if (txn)
		mdb_txn_abort(txn);
	lmdbfile_close(file);
	result = translate(rc, shown, error);
	return rc == MDB_NOTFOUND ? ERR_BAD : result;
}

void lmdbfile_close(struct lmdbfile *file)
{
	if (!file)
		return;
	if (file->env)
		mdb_env_close(file->env);
	free(file);
}

int lmdbfile_descriptor(const struct lmdbfile *file)
{
	mdb_filehandle_t fd = -1;

	return mdb_env_get_fd(file->env, &fd) ? -1 : fd;
}

bool lmdbfile_has(const struct lmdbfile *file, unsigned database)
{
	return file->databases[database] != MISSING;
}

int lmdbfile_begin(struct lmdbfile_reader *reader, const struct lmdbfile *file)
{
	int rc = mdb_txn_begin(file->env, NULL, MDB_RDONLY, &reader->txn);

	reader->file = file;
	return rc ? translate(rc, "map", NULL) : 0;
}

void lmdbfile_end(struct lmdbfile_reader *reader)
{
	mdb_txn_abort(reader->txn);
}

int lmdbfile_get(struct lmdbfile_reader *reader, unsigned database,
	struct bytes key, struct bytes *value)
{
	MDB_val name = to_val(key);
	MDB_val found;
	int rc;

	/* No database has such a key; LMDB would report an error. */
	if (!key.len || key.len > LMDBFILE_KEY_MAX)
		return 0;
	rc = mdb_get(
		reader->txn, reader->file->databases[database], &name, &found);
	if (rc == MDB_NOTFOUND)
		return 0;
	if (rc)
		return translate(rc, "map", NULL);
	*value = to_bytes(found);
	return 1;
}

int lmdbfile_count(
	struct lmdbfile_reader *reader, unsigned database, uint64_t *rows)
{
	MDB_stat stat;
	int rc =
		mdb_stat(reader->txn, reader->file->databases[database], &stat);

	if (rc)
		return translate(rc, "map", NULL);
	*rows = stat.ms_entries;
	return 0;
}

int lmdbfile_cursor_open(struct lmdbfile_cursor **opened,
	const struct lmdbfile *file, unsigned database)
{
	struct lmdbfile_cursor *cursor = calloc(1, sizeof *cursor);
	int rc;

	if (!cursor)
		return ERR_NOMEM;
	cursor->next = MDB_FIRST;
	rc = mdb_txn_begin(file->env, NULL, MDB_RDONLY, &cursor->txn);
	if (!rc)
		rc = mdb_cursor_open(cursor->txn, file->databases[database],
			&cursor->cursor);
	if (rc) {
		lmdbfile_cursor_close(cursor);
		return translate(rc, "map", NULL);
	}
	*opened = cursor;
	return 0;
}

int lmdbfile_cursor_next(
	struct lmdbfile_cursor *cursor, struct bytes *key, struct bytes *value)
{
	MDB_val name;
	MDB_val found;
	int rc = mdb_cursor_get(cursor->cursor, &name, &found, cursor->next);

	if (rc == MDB_NOTFOUND)
		return 0;
	if (rc)
		return translate(rc, "map", NULL);
	cursor->next = MDB_NEXT;
	*key = to_bytes(name);
	*value = to_bytes(found);
	return 1;
}

void lmdbfile_cursor_close(struct lmdbfile_cursor *cursor)
{
	if (!cursor)
		return;
	if (cursor->cursor)
		mdb_cursor_close(cursor->cursor);
	if (cursor->txn)
		mdb_txn_abort(cursor->txn);
	free(cursor);
}

/* ---- writing ---- */

static int write_error(
	const struct lmdbfile_writer *writer, int rc, struct error *error)
{
	struct statvfs fs;

	/* LMDB reports a full disk as EIO, because it treats each short write
	 * like that. */
	if (rc == EIO && !statvfs(writer->path, &fs) &&
		fs.f_bavail < FULL_BLOCKS)
		rc = ENOSPC;
	if (rc == MDB_KEYEXIST)
		return error_set(error, ERR_BAD,
			"%s: the rows are not in ascending order, or a key "
			"occurs twice",
			writer->path);
	if (rc == MDB_BAD_VALSIZE)
		return error_set(error, ERR_BAD,
			"%s: a key is empty or longer than %d bytes",
			writer->path, LMDBFILE_KEY_MAX);
	return translate(rc, writer->path, error);
}

static int begin(struct lmdbfile_writer *writer)
{
	int rc = mdb_txn_begin(writer->env, NULL, 0, &writer->txn);

	writer->batch = 0;
	if (!rc)
		rc = open_databases(writer->txn, writer->names, 0, MDB_CREATE,
			writer->databases);
	return rc;
}

static int commit(struct lmdbfile_writer *writer)
{
	MDB_txn *txn = writer->txn;

	if (writer->cursor)
		mdb_cursor_close(writer->cursor);
	writer->cursor = NULL;
	writer->txn = NULL;
	return mdb_txn_commit(txn);
}

/* Each row needs up to 32 bytes beside its key and value, and the pages of LMDB
 * are at least half full after appending, so the size is doubled. It is only
 * address space. */
static size_t map_size(uint64_t rows, uint64_t bytes)
{
	uint64_t size = 4 * (bytes + 32 * rows) + (8 << 20);

	return (size_t)(size & ~(uint64_t)0xffff);
}

int lmdbfile_create(struct lmdbfile_writer **opened, const char *path,
	uint64_t rows, uint64_t bytes, const char *const *names,
	struct error *error)
{
	size_t length = strlen(path) + 1;
	struct lmdbfile_writer *writer = calloc(1, sizeof *writer + length);
	int result;
	int rc;

	if (!writer)
		return error_set(error, ERR_NOMEM, "%s: out of memory", path);
	memcpy(writer->path, path, length);
	writer->names = names;
	rc = mdb_env_create(&writer->env);
	if (!rc && unlink(path) && errno != ENOENT)
		rc = errno;
	if (!rc)
		rc = mdb_env_set_maxdbs(writer->env, LMDBFILE_DATABASES);
	if (!rc)
		rc = mdb_env_set_mapsize(writer->env, map_size(rows, bytes));
	if (!rc)
		rc = mdb_env_open(writer->env, path,
			MDB_NOSUBDIR | MDB_NOLOCK | MDB_NOSYNC |
				MDB_NOMETASYNC | MDB_NOTLS,
			0640);
	if (!rc)
		rc = begin(writer);
	if (!rc) {
		*opened = writer;
		return 0;
	}
	result = write_error(writer, rc, error);
	lmdbfile_abandon(writer);
	return result == ERR_NOENT ? ERR_CREATE : result;
}

static int prepare(struct lmdbfile_writer *writer, unsigned database)
{
	int rc = 0;

	if (writer->batch >= BATCH_ROWS) {
		rc = commit(writer);
		if (!rc)
			rc = begin(writer);
	}
	if (!rc && writer->cursor && writer->database != database) {
		mdb_cursor_close(writer->cursor);
		writer->cursor = NULL;
	}
	if (!rc && !writer->cursor)
		rc = mdb_cursor_open(writer->txn, writer->databases[database],
			&writer->cursor);
	writer->database = database;
	return rc;
}

int lmdbfile_append(struct lmdbfile_writer *writer, unsigned database,
	struct bytes key, struct bytes value, struct error *error)
{
	MDB_val name = to_val(key);
	MDB_val data = to_val(value);
	int rc = 0;

	if (!writer->cursor || writer->database != database ||
		writer->batch >= BATCH_ROWS)
		rc = prepare(writer, database);
	if (!rc)
		rc = mdb_cursor_put(writer->cursor, &name, &data, MDB_APPEND);
	if (rc)
		return write_error(writer, rc, error);
	writer->batch++;
	return 0;
}

int lmdbfile_each(struct lmdbfile_writer *writer, unsigned database,
	int (*row)(void *context, struct bytes key, struct bytes value),
	void *context, struct error *error)
{
	MDB_cursor *cursor;
	MDB_val name;
	MDB_val data;
	int result = 0;
	int rc = mdb_cursor_open(
		writer->txn, writer->databases[database], &cursor);

	if (rc)
		return write_error(writer, rc, error);
	while (!result &&
		!(rc = mdb_cursor_get(cursor, &name, &data, MDB_NEXT)))
		result = row(context, to_bytes(name), to_bytes(data));
	mdb_cursor_close(cursor);
	if (rc && rc != MDB_NOTFOUND)
		return write_error(writer, rc, error);
	return result;
}

int lmdbfile_finish(struct lmdbfile_writer *writer, struct error *error)
{
	int rc = commit(writer);

	if (rc)
		return write_error(writer, rc, error);
	mdb_env_close(writer->env);
	writer->env = NULL;
	return 0;
}

void lmdbfile_abandon(struct lmdbfile_writer *writer)
{
	if (!writer)
		return;
	if (writer->cursor)
		mdb_cursor_close(writer->cursor);
	if (writer->txn)
		mdb_txn_abort(writer->txn);
	if (writer->env)
		mdb_env_close(writer->env);
	free(writer);
}
