#include "kit/mapkit.h"

#include <ftw.h>

static int remove_one(
	const char *path, const struct stat *status, int type, struct FTW *walk)
{
	(void)status;
	(void)type;
	(void)walk;
	return remove(path);
}

void kit_remove(const char *path)
{
	(void)nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

int kit_open(void **test)
{
	struct kit *kit = calloc(1, sizeof *kit);
	const char *base = getenv("TMPDIR");

	assert_non_null(kit);
	unsetenv("SUDO_USER");
	(void)umask(022);
	(void)snprintf(kit->dir, sizeof kit->dir, "%s/readdress-test-XXXXXX",
		base ? base : "/tmp");
	assert_non_null(mkdtemp(kit->dir));
	assert_int_equal(chmod(kit->dir, 0755), 0);
	(void)snprintf(
		kit->state_dir, sizeof kit->state_dir, "%s/state", kit->dir);
	kit->config.state_dir = kit->state_dir;
	kit->config.history = 50;
	kit->config.user =
		strdup(others_can_be(KIT_NOBODY) || geteuid() != 0 ? "nobody"
								   : "root");
	*test = kit;
	return 0;
}

int kit_close(void **test)
{
	struct kit *kit = *test;

	kit_remove(kit->dir);
	free(kit->config.user);
	free(kit);
	return 0;
}

const char *kit_path(const struct kit *kit, const char *name)
{
	static char paths[4][KIT_PATH * 2];
	static unsigned turn;
	char *path = paths[turn++ % 4];

	(void)snprintf(path, sizeof paths[0], "%s/%s", kit->dir, name);
	return path;
}

struct row kit_row(const char *key, const char *value)
{
	return (struct row){ .rule = { bytes_of(key), bytes_of(value) } };
}

void kit_put(struct kit *kit, struct map_builder *builder,
	enum rule_table table, const char *key, const char *value)
{
	struct rule rule = { bytes_of(key), bytes_of(value) };

	KIT_OK(kit, map_builder_put(builder, table, &rule, &kit->error));
}

void kit_write(const char *path, const void *data, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, len), len);
	close(fd);
}

char *kit_read(const char *path, size_t *len)
{
	struct stat status;
	char *data;
	int fd = open(path, O_RDONLY);

	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &status), 0);
	data = malloc((size_t)status.st_size + 1);
	assert_non_null(data);
	assert_int_equal(
		read(fd, data, (size_t)status.st_size), status.st_size);
	data[status.st_size] = '\0';
	if (len)
		*len = (size_t)status.st_size;
	close(fd);
	return data;
}

bool kit_exists(const char *path)
{
	struct stat status;

	return !lstat(path, &status);
}

unsigned kit_mode(const char *path)
{
	struct stat status;

	assert_int_equal(lstat(path, &status), 0);
	return status.st_mode & 07777;
}

int kit_child(void (*body)(void *context), void *context)
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (!pid) {
		body(context);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

uint32_t kit_random(uint32_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed;
}
