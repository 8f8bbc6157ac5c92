#include "routing/hopsizes.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/file.h"

#define FILE_MAX  ((size_t)1 << 20)
#define MODE_FILE 0640
#define DIGITS	  19 /* of a number of bytes */

static bool is_word(struct bytes text)
{
	for (size_t i = 0; i < text.len; i++)
		if ((unsigned char)text.data[i] <= ' ' || text.data[i] == 0x7f)
			return false;
	return text.len;
}

const struct hopsize *hopsizes_largest(const struct hopsizes *sizes)
{
	const struct hopsize *largest = NULL;

	for (size_t i = 0; sizes && i < sizes->count; i++)
		if (!largest || sizes->list[i].bytes > largest->bytes)
			largest = &sizes->list[i];
	return largest;
}

/* Returns the index of the next hop, or the count. */
static size_t find(const struct hopsizes *sizes, struct bytes nexthop)
{
	size_t i = 0;

	while (i < sizes->count &&
		!bytes_equal(sizes->list[i].nexthop, nexthop))
		i++;
	return i;
}

static size_t find_smallest(const struct hopsizes *sizes)
{
	size_t smallest = 0;

	for (size_t i = 1; i < sizes->count; i++)
		if (sizes->list[i].bytes < sizes->list[smallest].bytes)
			smallest = i;
	return smallest;
}

int hopsizes_put(
	struct arena *arena, struct hopsizes *sizes, const struct hopsize *one)
{
	size_t at = find(sizes, one->nexthop);
	struct hopsize *longer;

	if (!is_word(one->nexthop) || !is_word(one->domain))
		return ERR_BAD;
	if (at < sizes->count)
		sizes->list[at] = sizes->list[--sizes->count];
	if (!one->bytes)
		return 0;
	longer = array_grow_in(
		arena, sizes->list, sizes->count, &sizes->room, sizeof *longer);
	if (!longer)
		return ERR_NOMEM;
	sizes->list = longer;
	longer[sizes->count++] = *one;
	if (sizes->count > HOPSIZES_MAX)
		longer[find_smallest(sizes)] = longer[--sizes->count];
	return 0;
}

static bool read_line(struct bytes line, struct hopsize *one)
{
	uint64_t time;

	one->nexthop = bytes_cut(&line, ' ');
	one->domain = bytes_cut(&line, ' ');
	if (!bytes_number(&line, DIGITS, &one->bytes) || !one->bytes ||
		!bytes_take(&line, " ") ||
		!bytes_number(&line, DIGITS, &time) || line.len ||
		time > (uint64_t)CLOCK_LAST)
		return false;
	one->time = (int64_t)time;
	return true;
}

int hopsizes_parse(struct bytes text, const char *shown, int64_t now,
	struct arena *arena, struct hopsizes *sizes, struct error *error)
{
	int result = 0;

	*sizes = (struct hopsizes){ .list = NULL };
	for (unsigned number = 1; !result && text.len; number++) {
		struct hopsize one;

		if (!read_line(bytes_cut(&text, '\n'), &one))
			result = ERR_BAD;
		else if (now - one.time < HOPSIZES_KEEP_SECONDS)
			result = hopsizes_put(arena, sizes, &one);
		if (result == ERR_BAD)
			return error_set(error, result,
				"%s:%u: the line is damaged; remove the file, "
				"and run readdress probe again",
				shown, number);
	}
	return result ? error_set(error, result, "out of memory") : 0;
}

int hopsizes_format(const struct hopsizes *sizes, char **text, size_t *len)
{
	FILE *file = open_memstream(text, len);

	if (!file)
		return ERR_NOMEM;
	for (size_t i = 0; i < sizes->count; i++)
		(void)fprintf(file, "%.*s %.*s %" PRIu64 " %" PRId64 "\n",
			(int)sizes->list[i].nexthop.len,
			sizes->list[i].nexthop.data,
			(int)sizes->list[i].domain.len,
			sizes->list[i].domain.data, sizes->list[i].bytes,
			sizes->list[i].time);
	return fclose(file) || !*text ? ERR_NOMEM : 0;
}

static int open_directory(const char *path, struct error *error)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? error_set_errno(error, "cannot open %s", path) : fd;
}

int hopsizes_read(const char *state_dir, int64_t now, struct arena *arena,
	struct hopsizes *sizes, struct error *error)
{
	char shown[ERROR_TEXT_MAX];
	char *text = arena_bytes(arena, FILE_MAX + 1);
	int dir = open_directory(state_dir, error);
	int len;

	*sizes = (struct hopsizes){ .list = NULL };
	if (dir < 0)
		return dir == ERR_NOENT ? 0 : dir;
	(void)snprintf(shown, sizeof shown, "%s/" HOPSIZES_FILE, state_dir);
	len = text ? file_read_small(dir, HOPSIZES_FILE, shown, text,
			     FILE_MAX + 1, error)
		   : ERR_NOMEM;
	(void)close(dir);
	if (!text)
		return error_set(error, ERR_NOMEM, "out of memory");
	if (len < 0)
		return len == ERR_NOENT ? 0 : len;
	return hopsizes_parse((struct bytes){ text, (size_t)len }, shown, now,
		arena, sizes, error);
}

int hopsizes_write(const char *state_dir, const struct hopsizes *sizes,
	struct error *error)
{
	char *text = NULL;
	size_t len = 0;
	int result;

	if (hopsizes_format(sizes, &text, &len))
		result = error_set(error, ERR_NOMEM, "out of memory");
	else
		result = file_replace_in(
			state_dir, HOPSIZES_FILE, MODE_FILE, text, len, error);
	free(text);
	return result;
}
