/*
 * map: a damaged file is refused, whatever the damage. Inputs that begin with
 * "P" are patches to a good map (four octets each: three of place, one of
 * value), "M" a metadata record, all others files as they are.
 */
#include "kit/casemap.h"
#include "fuzz.h"
#include "map/mapmeta.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static char path[] = "/tmp/readdress-fuzz-XXXXXX";
static int fd = -1;
static char *good;
static size_t good_size;

static void clean_up(void)
{
	(void)unlink(path);
}

static void make_good(void)
{
	struct map_meta meta = { .generation = 7, .time = 1795273740 };
	struct rule rules[2] = { { bytes_of("@a.example"),
					 bytes_of("d@b.example") },
		{ bytes_of("bob@a.example"),
			bytes_of("ubob.owen@b.example") } };
	struct map_builder *builder = NULL;
	struct error error;
	struct stat status;

	fd = mkstemp(path);
	FUZZ_CHECK(fd >= 0 && !close(fd) && !unlink(path));
	FUZZ_CHECK(!map_builder_open(&builder, path, 2, 100, &error));
	for (int i = 0; i < 2; i++)
		FUZZ_CHECK(!map_builder_put(
			builder, RULE_INBOUND, &rules[i], &error));
	FUZZ_CHECK(!map_builder_seal(builder, &meta, &error));
	map_builder_close(builder);
	fd = open(path, O_RDWR | O_CLOEXEC);
	FUZZ_CHECK(fd >= 0 && !atexit(clean_up) && !fstat(fd, &status));
	good_size = (size_t)status.st_size;
	good = malloc(good_size);
	FUZZ_CHECK(good && pread(fd, good, good_size, 0) == status.st_size);
}

static int try_open(bool isolated)
{
	struct error error = { .text = "" };
	struct map *map = NULL;
	int result = map_open(&map, path, isolated, &error);

	FUZZ_CHECK(result <= 0 && (!result || *error.text));
	if (!result) {
		FUZZ_CHECK(map_rows(map, RULE_INBOUND) == 2);
		map_close(map);
	}
	return result;
}

static void patch(const uint8_t *data, size_t size)
{
	char *bad = malloc(good_size);
	bool same;

	FUZZ_CHECK(bad);
	memcpy(bad, good, good_size);
	for (; size >= 4; data += 4, size -= 4) {
		size_t place =
			(size_t)data[0] << 16 | (size_t)data[1] << 8 | data[2];

		bad[place % good_size] = (char)data[3];
	}
	same = !memcmp(bad, good, good_size);
	FUZZ_CHECK(pwrite(fd, bad, good_size, 0) == (ssize_t)good_size);
	FUZZ_CHECK(!try_open(false) == same);
	FUZZ_CHECK(!try_open(true) == same);
	free(bad);
}

static void meta(const uint8_t *data, size_t size)
{
	struct bytes text = { (const char *)data, size };
	struct map_meta meta;
	struct map_meta again;
	char written[MAPMETA_MAX];
	size_t len;

	memset(&meta, 0, sizeof meta);
	memset(&again, 0, sizeof again);
	if (mapmeta_parse(text, &meta))
		return;
	len = mapmeta_format(&meta, written);
	FUZZ_CHECK(len <= size); /* 007 is 7 */
	FUZZ_CHECK(!mapmeta_parse((struct bytes){ written, len }, &again));
	FUZZ_CHECK(again.generation == meta.generation);
	FUZZ_CHECK(!memcmp(again.rows, meta.rows, sizeof meta.rows));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (fd < 0)
		make_good();
	if (size && data[0] == 'M') {
		meta(data + 1, size - 1);
		return 0;
	}
	FUZZ_CHECK(!ftruncate(fd, 0));
	if (size && data[0] == 'P') {
		patch(data + 1, size - 1);
		return 0;
	}
	FUZZ_CHECK(pwrite(fd, data, size, 0) == (ssize_t)size);
	FUZZ_CHECK(try_open(true) != 0);
	return 0;
}
