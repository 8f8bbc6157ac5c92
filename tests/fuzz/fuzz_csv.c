/* csvfile: what is read can be written, and what was written reads the same. */
#include "csv/csvfile.h"
#include "fuzz.h"

#define ARENA_MAX ((size_t)64 << 20)

static void complain(void *context, const char *line)
{
	size_t *count = context;

	/* the last one says how many more there are */
	FUZZ_CHECK(*line && ++*count <= CSVFILE_ERRORS_SHOWN + 1);
}

static int read_rows(const void *data, size_t size, enum rule_table table,
	struct arena *arena, struct rows *rows)
{
	size_t complaints = 0;
	struct csvfile_options options = { .table = table,
		.delimiter = ';',
		.allow_utf8 = true,
		.name = "fuzz.csv",
		.complain = complain,
		.context = &complaints };
	struct error error = { .text = "" };
	char *copy = malloc(size + 1); /* fmemopen may not take 0 octets */
	FILE *file = copy ? fmemopen(copy, size + 1, "w+") : NULL;
	int result;

	FUZZ_CHECK(file && fwrite(data, 1, size, file) == size);
	rewind(file);
	result = csvfile_read(file, &options, arena, rows, &error);
	(void)fclose(file);
	free(copy);
	FUZZ_CHECK(result == 0 || *error.text);
	return result;
}

static void write_and_read(const struct rows *rows,
	enum rule_table table, struct arena *arena)
{
	struct rows again = { .rows = NULL };
	char *text = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&text, &size);

	FUZZ_CHECK(file && !csvfile_write_header(file, ';'));
	for (size_t i = 0; i < rows->count; i++)
		FUZZ_CHECK(!csvfile_write(file, ';', &rows->rows[i].rule));
	FUZZ_CHECK(!fclose(file));
	FUZZ_CHECK(!read_rows(text, size, table, arena, &again));
	FUZZ_CHECK(again.count == rows->count && !again.repeated);
	for (size_t i = 0; i < rows->count; i++) {
		FUZZ_CHECK(bytes_equal(
			again.rows[i].rule.key, rows->rows[i].rule.key));
		FUZZ_CHECK(bytes_equal(
			again.rows[i].rule.value, rows->rows[i].rule.value));
	}
	free(again.rows);
	free(text);
}

/* The first octet chooses the table. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rows rows = { .rows = NULL };
	struct arena *arena = arena_open(ARENA_MAX);
	enum rule_table table;

	FUZZ_CHECK(arena);
	if (size) {
		table = (enum rule_table)(data[0] % RULE_TABLES);
		if (!read_rows(data + 1, size - 1, table, arena, &rows))
			write_and_read(&rows, table, arena);
		free(rows.rows);
	}
	arena_close(arena);
	return 0;
}
