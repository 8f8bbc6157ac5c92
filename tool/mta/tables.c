#include "mta/tables.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "setup/filetable.h"

static int write_one(const struct tool *tool, int dir,
	const struct autoroutes *autoroutes, enum filetable table,
	struct error *error)
{
	char name[64];
	char *text = NULL;
	size_t len = 0;
	FILE *file = open_memstream(&text, &len);
	int result;

	if (!file)
		return error_set(error, ERR_NOMEM, "out of memory");
	(void)snprintf(
		name, sizeof name, "readdress-%s", filetable_name(table));
	(void)fprintf(file,
		"# Written by `readdress postfix --files`, of generation "
		"%" PRIu64 ".\n# Changes here are lost.\n",
		map_meta(tool->map)->generation);
	result = filetable_write(
		table, tool->map, tool->config, autoroutes, file);
	if (fclose(file) && !result)
		result = ERR_NOMEM;
	if (result)
		result = error_set(error, result,
			result == ERR_NOMEM ? "out of memory"
					    : "the map cannot be read; "
					      "`readdress status` says why");
	else
		result = file_replace(
			dir, name, name, 0644, (gid_t)-1, text, len, error);
	free(text);
	return result;
}

int tables_write(const struct tool *tool, struct error *error)
{
	const char *path = tool->options.files;
	struct autoroutes *autoroutes = NULL;
	int result = 0;
	int dir;

	if (!tool->map)
		return error_set(error, ERR_NOENT,
			"there are no rules yet; start with `readdress load "
			"inbound FILE`, or `readdress init`");
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return error_set_errno(error, "%s", path);
	(void)!autoroutes_read(
		tool->config->state_dir, &autoroutes, NULL, NULL);
	for (enum filetable table = 0; !result && table < FILETABLES; table++)
		result = write_one(tool, dir, autoroutes, table, error);
	autoroutes_close(autoroutes);
	close(dir);
	return result;
}
