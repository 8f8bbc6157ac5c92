/* A main() for a target without libFuzzer: runs it on each file given, and on
 * each file in each directory given. */
#include "fuzz.h"

#include <dirent.h>
#include <string.h>
#include <sys/stat.h>

static size_t done;

static void replay_file(const char *path)
{
	FILE *file = fopen(path, "rb");
	struct stat status;
	uint8_t *data;
	size_t size;

	FUZZ_CHECK(file && !fstat(fileno(file), &status));
	size = (size_t)status.st_size;
	data = malloc(size ? size : 1);
	FUZZ_CHECK(data && fread(data, 1, size, file) == size);
	(void)fclose(file);
	(void)LLVMFuzzerTestOneInput(data, size);
	free(data);
	done++;
}

static void replay_directory(const char *path)
{
	DIR *directory = opendir(path);
	const struct dirent *entry;

	FUZZ_CHECK(directory);
	while ((entry = readdir(directory)) != NULL) {
		char name[4096];

		if (entry->d_name[0] == '.')
			continue;
		(void)snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
		replay_file(name);
	}
	(void)closedir(directory);
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		struct stat status;

		if (stat(argv[i], &status)) {
			perror(argv[i]);
			return 1;
		}
		if (S_ISDIR(status.st_mode))
			replay_directory(argv[i]);
		else
			replay_file(argv[i]);
	}
	(void)printf("%zu inputs\n", done);
	return done ? 0 : 1;
}
