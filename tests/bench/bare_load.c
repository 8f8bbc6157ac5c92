/*
 * bare_load FILE.csv OUT.mdb: the least that loading a "Source;Target" file can
 * cost: libcsv, qsort, MDB_APPEND into a new file, one sync. No check of any
 * row, no digest, no history. tests/bench/run compares `readdress load` with
 * it.
 */
#include <csv.h>
#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CHUNK	   65536
#define BATCH_ROWS 10000

struct row {
	size_t source; /* offset in text */
	size_t target;
	size_t source_len;
	size_t target_len;
};

struct load {
	char *text;
	size_t used;
	size_t size;
	struct row *rows;
	size_t count;
	size_t room;
	struct row row;
	unsigned field;
};

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void on_field(void *data, size_t len, void *context)
{
	struct load *load = context;

	if (load->used + len > load->size) {
		load->size = (load->size + len) * 2 + CHUNK;
		load->text = realloc(load->text, load->size);
		if (!load->text)
			die("realloc");
	}
	memcpy(load->text + load->used, data, len);
	if (load->field == 0) {
		load->row.source = load->used;
		load->row.source_len = len;
	} else {
		load->row.target = load->used;
		load->row.target_len = len;
	}
	load->field++;
	load->used += len;
}

static void on_row(int end, void *context)
{
	struct load *load = context;

	(void)end;
	load->field = 0;
	if (load->count == load->room) {
		load->room = load->room * 2 + 1024;
		load->rows =
			realloc(load->rows, load->room * sizeof *load->rows);
		if (!load->rows)
			die("realloc");
	}
	load->rows[load->count++] = load->row;
}

static int compare(const void *left, const void *right, void *context)
{
	const struct row *a = left;
	const struct row *b = right;
	const char *text = context;
	size_t least =
		a->source_len < b->source_len ? a->source_len : b->source_len;
	int order = memcmp(text + a->source, text + b->source, least);

	return order ? order
		     : (a->source_len > b->source_len) -
			       (a->source_len < b->source_len);
}

static void check(int rc)
{
	if (rc) {
		fprintf(stderr, "LMDB: %s\n", mdb_strerror(rc));
		exit(1);
	}
}

static void write_map(const struct load *load, const char *path)
{
	MDB_env *env;
	MDB_txn *txn = NULL;
	MDB_dbi dbi = 0;

	check(mdb_env_create(&env));
	check(mdb_env_set_mapsize(env, (size_t)4 << 30));
	(void)unlink(path);
	check(mdb_env_open(
		env, path, MDB_NOSUBDIR | MDB_NOLOCK | MDB_NOSYNC, 0640));
	for (size_t i = 1; i < load->count; i++) { /* 0 is the header row */
		const struct row *row = &load->rows[i];
		MDB_val key = { row->source_len, load->text + row->source };
		MDB_val value = { row->target_len, load->text + row->target };

		if (!txn) {
			check(mdb_txn_begin(env, NULL, 0, &txn));
			check(mdb_dbi_open(txn, NULL, 0, &dbi));
		}
		check(mdb_put(txn, dbi, &key, &value, MDB_APPEND));
		if (i % BATCH_ROWS == 0) {
			check(mdb_txn_commit(txn));
			txn = NULL;
		}
	}
	if (txn)
		check(mdb_txn_commit(txn));
	check(mdb_env_sync(env, 1));
	mdb_env_close(env);
}

int main(int argc, char **argv)
{
	static char chunk[CHUNK];
	struct load load = { 0 };
	struct csv_parser parser;
	size_t got;
	FILE *file;

	if (argc != 3) {
		fprintf(stderr, "usage: bare_load FILE.csv OUT.mdb\n");
		return 64;
	}
	file = fopen(argv[1], "r");
	if (!file)
		die(argv[1]);
	if (csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI))
		die("csv_init");
	csv_set_delim(&parser, ';');
	while ((got = fread(chunk, 1, sizeof chunk, file)) > 0) {
		if (csv_parse(&parser, chunk, got, on_field, on_row, &load) !=
			got) {
			fprintf(stderr, "%s: bad CSV\n", argv[1]);
			return 65;
		}
	}
	if (csv_fini(&parser, on_field, on_row, &load)) {
		fprintf(stderr, "%s: bad CSV\n", argv[1]);
		return 65;
	}
	csv_free(&parser);
	fclose(file);
	if (load.count > 1)
		qsort_r(load.rows + 1, load.count - 1, sizeof *load.rows,
			compare, load.text);
	write_map(&load, argv[2]);
	free(load.rows);
	free(load.text);
	return 0;
}
