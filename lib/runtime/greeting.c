#include "runtime/greeting.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "base/file.h"

#define NAME   "greetings"
#define PREFIX "readdress-check."

void greeting_format(const struct greeting *greeting, char text[GREETING_TEXT])
{
	(void)snprintf(text, GREETING_TEXT, PREFIX "%016" PRIx64 "%016" PRIx64,
		greeting->halves[0], greeting->halves[1]);
}

static bool read_half(struct bytes *text, uint64_t *half)
{
	static const char digits[] = "0123456789abcdef";

	*half = 0;
	if (text->len < GREETING_DIGITS / 2)
		return false;
	for (size_t i = 0; i < GREETING_DIGITS / 2; i++) {
		const char *digit = memchr(digits, text->data[i], 16);

		if (!digit)
			return false;
		*half = *half << 4 | (uint64_t)(digit - digits);
	}
	text->data += GREETING_DIGITS / 2;
	text->len -= GREETING_DIGITS / 2;
	return true;
}

bool greeting_parse(struct bytes sender, struct greeting *greeting)
{
	(void)bytes_take(&sender, "<");
	return bytes_take(&sender, PREFIX) &&
	       read_half(&sender, &greeting->halves[0]) &&
	       read_half(&sender, &greeting->halves[1]) &&
	       bytes_take(&sender, "@");
}

static int open_dir(const char *runtime_dir, struct error *error)
{
	int dir = open(runtime_dir, O_DIRECTORY | O_RDONLY | O_CLOEXEC);

	return dir < 0 ? error_set_errno(error, "%s", runtime_dir) : dir;
}

int greeting_write(const char *runtime_dir, const struct greeting *greetings,
	size_t count, struct error *error)
{
	char text[GREETING_SLOTS * (GREETING_TEXT + 1) + 1] = "";
	size_t used = 0;
	int dir = open_dir(runtime_dir, error);
	int result;

	if (dir < 0)
		return dir;
	for (size_t i = 0; i < count && i < GREETING_SLOTS; i++) {
		greeting_format(&greetings[i], text + used);
		used += GREETING_TEXT;
		text[used - 1] = '\n';
	}
	result = file_replace(
		dir, NAME, NAME, 0644, (gid_t)-1, text, used, error);
	(void)close(dir);
	return result;
}

bool greeting_is_noted(const char *runtime_dir, const struct greeting *greeting)
{
	char text[GREETING_SLOTS * (GREETING_TEXT + 1) + 1];
	char wanted[GREETING_TEXT];
	int dir = open_dir(runtime_dir, NULL);
	int len;

	if (dir < 0)
		return false;
	len = file_read_small(dir, NAME, NAME, text, sizeof text, NULL);
	(void)close(dir);
	greeting_format(greeting, wanted);
	return len > 0 && strstr(text, wanted);
}
