#include "kit/casemap.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "csv/csvfile.h"

void casemap_die(const char *what, const char *why)
{
	(void)fprintf(stderr, "%s: %s\n", what, why);
	abort();
}

static void casemap_complain(void *context, const char *line)
{
	(void)context;
	(void)fprintf(stderr, "%s\n", line);
}

/* Puts the rows of the file into the table. */
static void casemap_put(
	struct map_builder *builder, enum rule_table table, FILE *file)
{
	struct arena *arena = arena_open((size_t)64 << 20);
	struct csvfile_options options = { .table = table,
		.delimiter = ';',
		.allow_utf8 = true,
		.name = rule_table_name(table),
		.complain = casemap_complain };
	struct rows rows = { .rows = NULL };
	struct error error = { .text = "" };

	if (!arena || csvfile_read(file, &options, arena, &rows, &error) < 0)
		casemap_die(options.name, error.text);
	for (size_t i = 0; i < rows.count; i++)
		if (map_builder_put(
			    builder, table, &rows.rows[i].rule, &error) < 0)
			casemap_die(options.name, error.text);
	free(rows.rows);
	arena_close(arena);
}

struct map *casemap_open(const char *dir)
{
	char path[] = "/tmp/readdress-cases-XXXXXX";
	struct map_meta meta = { .generation = 1, .time = 1795273740 };
	struct map_builder *builder = NULL;
	struct map *map = NULL;
	struct error error = { .text = "" };
	int fd = mkstemp(path);

	if (fd < 0 || close(fd) || unlink(path))
		casemap_die(path, "no temporary file");
	if (map_builder_open(&builder, path, 4096, (uint64_t)4 << 20, &error) <
		0)
		casemap_die(path, error.text);
	for (int table = RULE_INBOUND; dir && table <= RULE_OUTBOUND; table++) {
		char csv[4096];
		FILE *file;

		(void)snprintf(csv, sizeof csv, "%s/%s.csv", dir,
			rule_table_name((enum rule_table)table));
		file = fopen(csv, "r");
		if (!file)
			casemap_die(csv, "cannot be opened");
		casemap_put(builder, (enum rule_table)table, file);
		(void)fclose(file);
	}
	if (map_builder_seal(builder, &meta, &error) < 0 ||
		map_open(&map, path, true, &error) < 0)
		casemap_die(path, error.text);
	map_builder_close(builder);
	(void)unlink(path);
	return map;
}
