#include "command/wholefile.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define FILE_MAX ((size_t)1 << 30)
#define CHUNK	 ((size_t)1 << 20)

const char *wholefile_name(const char *path)
{
	return strcmp(path, "-") != 0 ? path : "standard input";
}

/* Reads the whole file. The caller frees *data. */
static int read_all(FILE *file, const char *name, char **data, size_t *len,
	struct error *error)
{
	size_t room = 0;

	*data = NULL;
	*len = 0;
	do {
		char *longer = *data;

		if (room - *len < CHUNK) {
			room = room ? 2 * room : CHUNK;
			longer = realloc(*data, room);
		}
		if (!longer)
			return error_set(error, ERR_NOMEM, "out of memory");
		*data = longer;
		*len += fread(*data + *len, 1, room - *len, file);
		if (*len > FILE_MAX)
			return error_set(error, ERR_BAD,
				"%s: found more than 1 GB, expected an export "
				"of a directory; split the file",
				name);
	} while (!feof(file) && !ferror(file));
	return ferror(file) ? error_set_errno(error, "%s", name) : 0;
}

int wholefile_read(
	const char *path, char **data, size_t *len, struct error *error)
{
	FILE *file = strcmp(path, "-") != 0 ? fopen(path, "re") : stdin;
	struct stat status;
	int code;

	*data = NULL;
	if (!file)
		return error_set_errno(error, "%s", path);
	if (!fstat(fileno(file), &status) && S_ISDIR(status.st_mode))
		code = error_set(error, ERR_NOENT,
			"%s: found a directory, expected a file",
			wholefile_name(path));
	else
		code = read_all(file, wholefile_name(path), data, len, error);
	if (file != stdin)
		(void)fclose(file);
	return code;
}
