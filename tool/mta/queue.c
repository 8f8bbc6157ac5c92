#include "mta/queue.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "postconf.h"
#include "setup/localmail.h"

#define DEPTH_MAX 4	/* of hashed directories of the queue */
#define HEAD	  8192	/* bytes of a queue file that hold its filter */
#define FREE_MS	  10000 /* what is being delivered is waited for */
#define QUIET	  3	/* looks in a row that find nothing */

/* True if the domain of the address is a target of an inbound rule. */
static int is_target(struct map_reader *reader, const char *address)
{
	const char *at = strrchr(address, '@');
	char key[ADDRESS_KEY_MAX];
	unsigned roles = 0;
	int len;
	int result;

	if (!at)
		return 0;
	len = address_domain_key(at + 1, strlen(at + 1), key);
	if (len < 0)
		return len == ERR_NOMEM ? len : 0;
	result = map_domain_roles(
		reader, (struct bytes){ key, (size_t)len }, &roles);
	return result ? result : (roles & MAP_ROLE_TARGET) != 0;
}

/* Counts in one line of `postqueue -j`. */
static int count_in(struct map_reader *reader, struct bytes line, size_t *count)
{
	json_t *message = json_loadb(line.data, line.len, 0, NULL);
	json_t *recipients = json_object_get(message, "recipients");
	int result = 0;

	for (size_t i = 0; result >= 0 && i < json_array_size(recipients);
		i++) {
		const char *address = json_string_value(json_object_get(
			json_array_get(recipients, i), "address"));

		result = address ? is_target(reader, address) : 0;
		*count += result > 0;
	}
	json_decref(message);
	return result < 0 ? result : 0;
}

int queue_count_targets(const struct instance *instance,
	const struct tool *tool, size_t *count, struct error *error)
{
	const char *const arguments[] = { "postqueue", "-c",
		instance->directory, "-j", NULL };
	struct map_reader *reader = NULL;
	char *text = NULL;
	struct bytes rest;
	int result;

	*count = 0;
	/* Without its programs there is no list, and nothing is sent. */
	if (!tool->map || !instance_master(instance))
		return 0;
	result = postconf_call(arguments, &text, error);
	if (result)
		return result;
	result = map_reader_open(&reader, tool->map);
	rest = bytes_of(text);
	while (!result && rest.len)
		result = count_in(reader, bytes_cut(&rest, '\n'), count);
	map_reader_close(reader);
	free(text);
	return result ? error_set(error, result, "the map cannot be read") : 0;
}

static bool waits_for_us(int dir, const char *name)
{
	char head[HEAD];
	int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	ssize_t len = fd < 0 ? -1 : file_read_at(fd, head, sizeof head, 0);

	if (fd >= 0)
		close(fd);
	return len > 0 && memmem(head, (size_t)len, LOCALMAIL_CLIENT ":",
				  strlen(LOCALMAIL_CLIENT ":"));
}

/* Puts the message into the queue again. */
static int free_message(
	const struct instance *instance, const char *name, struct error *error)
{
	const char *const arguments[] = { "postsuper", "-c",
		instance->directory, "-r", name, NULL };

	return postconf_call(arguments, NULL, error);
}

/* Looks through a directory of the queue. Adds to *found the messages that wait
 * for us; frees them if frees is true, and counts those in *freed. */
static int look_in(const struct instance *instance, const char *path,
	unsigned depth, bool frees, size_t counts[2], struct error *error)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	int result = 0;

	while (dir && !result && (entry = readdir(dir))) {
		char below[PATH_MAX];

		if (*entry->d_name == '.' ||
			snprintf(below, sizeof below, "%s/%s", path,
				entry->d_name) >= (int)sizeof below)
			continue;
		if (entry->d_type == DT_DIR && depth < DEPTH_MAX) {
			result = look_in(instance, below, depth + 1, frees,
				counts, error);
		} else if (waits_for_us(dirfd(dir), entry->d_name)) {
			counts[0]++;
			if (!frees)
				continue;
			counts[1]++;
			result = free_message(instance, entry->d_name, error);
		}
	}
	if (dir)
		closedir(dir);
	return result;
}

int queue_free_local(const struct instance *instance, struct error *error)
{
	static const char *const names[] = { "incoming", "active", "deferred" };
	const char *queue =
		postfix_value(instance->expanded, NULL, "queue_directory");
	uint64_t until = clock_ms() + FREE_MS;
	struct timespec pause = { 0, 300000000L };
	size_t counts[2] = { 0, 0 };
	int quiet = 0;
	int result = 0;

	/* What is active now finds no such service, and is then deferred. */
	while (!result && quiet < QUIET && clock_ms() < until) {
		counts[0] = 0;
		for (int i = 0; !result && i < 3; i++) {
			char path[PATH_MAX];

			(void)snprintf(
				path, sizeof path, "%s/%s", queue, names[i]);
			result = look_in(
				instance, path, 0, i == 2, counts, error);
		}
		quiet = counts[0] ? 0 : quiet + 1;
		(void)nanosleep(&pause, NULL);
	}
	return result ? result : (int)counts[1];
}
