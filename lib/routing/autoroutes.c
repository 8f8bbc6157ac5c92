#include "routing/autoroutes.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/file.h"
#include "mail/address.h"

#define MAGIC	  "readdress autoroutes 1"
#define MODE_FILE 0640
/* The most bytes of a line without its domain: spaces, role, two numbers. */
#define LINE_REST  48
#define DIGITS_MAX 12 /* of CLOCK_LAST */

struct autoroutes {
	struct arena *names;
	struct autoroute *list; /* sorted by domain */
	size_t count;
	size_t room;
	size_t bytes; /* the file has at most so many */
};

bool autoroutes_judge(const struct autoroute *old, struct bytes domain,
	enum autoroutes_seen seen, bool mailboxes, int64_t now,
	struct autoroute *new)
{
	*new = old ? *old : (struct autoroute){ .role = ROUTE_NONE };
	new->domain = domain;
	/* The clock may have been wrong when DNS last listed this host. */
	if (new->listed > now)
		new->listed = now;
	switch (seen) {
	case AUTOROUTES_NO_ANSWER:
		return old != NULL;
	case AUTOROUTES_BEST:
		new->role = mailboxes ? ROUTE_LOCAL : ROUTE_RELAY;
		new->listed = now;
		break;
	case AUTOROUTES_BEHIND:
		new->role = ROUTE_BACKUP;
		new->listed = now;
		break;
	case AUTOROUTES_UNLISTED:
		if (!new->listed ||
			now - new->listed >= AUTOROUTES_KEEP_SECONDS)
			new->role = ROUTE_REMOTE;
		break;
	}
	new->looked = now;
	return true;
}

struct autoroutes *autoroutes_open(void)
{
	struct autoroutes *autoroutes = calloc(1, sizeof *autoroutes);

	if (!autoroutes)
		return NULL;
	autoroutes->bytes = sizeof MAGIC + LINE_REST;
	/* The last block of an arena may be almost empty. */
	autoroutes->names = arena_open(2 * AUTOROUTES_MAX);
	if (!autoroutes->names) {
		free(autoroutes);
		return NULL;
	}
	return autoroutes;
}

void autoroutes_close(struct autoroutes *autoroutes)
{
	if (!autoroutes)
		return;
	arena_close(autoroutes->names);
	free(autoroutes->list);
	free(autoroutes);
}

/* Sets *index to the place of a domain, or to where it would be. Returns false
 * if it is not there. */
static bool search(
	const struct autoroutes *autoroutes, struct bytes domain, size_t *index)
{
	size_t low = 0;
	size_t high = autoroutes->count;

	/* Usually domains are added in their order. */
	if (high &&
		bytes_compare(autoroutes->list[high - 1].domain, domain) < 0)
		low = high;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order =
			bytes_compare(autoroutes->list[middle].domain, domain);

		if (!order) {
			*index = middle;
			return true;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	*index = low;
	return false;
}

static bool is_role(enum route_role role)
{
	return role == ROUTE_RELAY || role == ROUTE_LOCAL ||
	       role == ROUTE_BACKUP || role == ROUTE_REMOTE;
}

/* True if it is the domain of a key. */
static bool is_domain(struct bytes domain)
{
	char key[ADDRESS_KEY_MAX];
	int len;

	if (!domain.len || domain.data[0] == '[' ||
		address_check_source_domain(domain.data, domain.len, NULL))
		return false;
	len = address_domain_key(domain.data, domain.len, key);
	return len > 0 &&
	       bytes_equal(domain, (struct bytes){ key, (size_t)len });
}

static int insert(struct autoroutes *autoroutes,
	const struct autoroute *autoroute, size_t index)
{
	struct autoroute *list;
	const char *name;

	if (autoroute->domain.len + LINE_REST >
		AUTOROUTES_MAX - autoroutes->bytes)
		return ERR_NOMEM;
	list = array_grow(autoroutes->list, autoroutes->count,
		&autoroutes->room, sizeof *list);
	if (!list)
		return ERR_NOMEM;
	autoroutes->list = list;
	name = arena_copy(autoroutes->names, autoroute->domain.data,
		autoroute->domain.len);
	if (!name)
		return ERR_NOMEM;
	memmove(list + index + 1, list + index,
		(autoroutes->count - index) * sizeof *list);
	list[index] = *autoroute;
	list[index].domain.data = name;
	autoroutes->count++;
	autoroutes->bytes += autoroute->domain.len + LINE_REST;
	return 0;
}

int autoroutes_put(
	struct autoroutes *autoroutes, const struct autoroute *autoroute)
{
	struct bytes name;
	size_t index;

	if (!is_role(autoroute->role) || !is_domain(autoroute->domain) ||
		autoroute->listed < 0 || autoroute->listed > CLOCK_LAST ||
		autoroute->looked < 0 || autoroute->looked > CLOCK_LAST)
		return ERR_BAD;
	if (!search(autoroutes, autoroute->domain, &index))
		return insert(autoroutes, autoroute, index);
	name = autoroutes->list[index].domain;
	autoroutes->list[index] = *autoroute;
	autoroutes->list[index].domain = name;
	return 0;
}

const struct autoroute *autoroutes_find(
	const struct autoroutes *autoroutes, struct bytes domain)
{
	size_t index;

	return autoroutes && search(autoroutes, domain, &index)
		       ? &autoroutes->list[index]
		       : NULL;
}

size_t autoroutes_count(const struct autoroutes *autoroutes)
{
	return autoroutes->count;
}

const struct autoroute *autoroutes_at(
	const struct autoroutes *autoroutes, size_t index)
{
	return &autoroutes->list[index];
}

int autoroutes_format(
	const struct autoroutes *autoroutes, char **text, size_t *len)
{
	size_t size = autoroutes->bytes + 1;
	size_t used;
	char *made = malloc(size);

	if (!made)
		return ERR_NOMEM;
	used = (size_t)snprintf(made, size, MAGIC "\n");
	for (size_t i = 0; i < autoroutes->count; i++) {
		const struct autoroute *one = &autoroutes->list[i];

		used += (size_t)snprintf(made + used, size - used,
			"%.*s %s %" PRId64 " %" PRId64 "\n",
			(int)one->domain.len, one->domain.data,
			route_role_name(one->role), one->listed, one->looked);
	}
	used += (size_t)snprintf(
		made + used, size - used, "end %zu\n", autoroutes->count);
	*text = made;
	*len = used;
	return 0;
}

/* Reads a number without leading zeros, which must be the whole word. */
static bool read_number(struct bytes word, uint64_t max, uint64_t *number)
{
	bool zero = word.len && word.data[0] == '0';

	return (!zero || word.len == 1) &&
	       bytes_number(&word, DIGITS_MAX, number) && !word.len &&
	       *number <= max;
}

/* Reads "DOMAIN ROLE LISTED LOOKED" and adds it. Returns 0, ERR_BAD or
 * ERR_NOMEM. */
static int read_line(struct autoroutes *autoroutes, struct bytes line)
{
	struct autoroute read = { .domain = bytes_cut(&line, ' ') };
	struct bytes role = bytes_cut(&line, ' ');
	struct bytes listed = bytes_cut(&line, ' ');
	uint64_t number;

	read.role = route_role_find(role);
	if (!bytes_equal(role, bytes_of(route_role_name(read.role))) ||
		!read_number(listed, CLOCK_LAST, &number))
		return ERR_BAD;
	read.listed = (int64_t)number;
	if (!read_number(line, CLOCK_LAST, &number))
		return ERR_BAD;
	read.looked = (int64_t)number;
	if (autoroutes->count &&
		bytes_compare(autoroutes->list[autoroutes->count - 1].domain,
			read.domain) >= 0)
		return ERR_BAD;
	return autoroutes_put(autoroutes, &read);
}

int autoroutes_parse(
	struct bytes text, struct autoroutes **parsed, struct error *error)
{
	struct autoroutes *autoroutes = autoroutes_open();
	struct bytes rest = text;
	uint64_t count = 0;
	size_t number = 0;
	bool ended = false;
	int result = autoroutes ? 0 : ERR_NOMEM;

	/* The last line must end, too. */
	if (!result && (!text.len || text.data[text.len - 1] != '\n'))
		result = ERR_BAD;
	while (!result && rest.len) {
		struct bytes line = bytes_cut(&rest, '\n');

		number++;
		if (ended)
			result = ERR_BAD;
		else if (number == 1)
			result = bytes_equal(line, bytes_of(MAGIC)) ? 0
								    : ERR_BAD;
		else if (bytes_take(&line, "end "))
			ended = true;
		else
			result = read_line(autoroutes, line);
		if (!result && ended &&
			(!read_number(line, SIZE_MAX, &count) ||
				count != autoroutes->count))
			result = ERR_BAD;
	}
	if (!result && !ended)
		result = ERR_BAD;
	if (!result) {
		*parsed = autoroutes;
		return 0;
	}
	autoroutes_close(autoroutes);
	if (result == ERR_NOMEM)
		return error_set(error, result, "out of memory");
	return error_set(error, result,
		"line %zu is not what readdress wrote, or the file was cut "
		"short",
		number);
}

/* Writes DIR/autoroutes, for messages. */
static void show_path(const char *state_dir, char path[ERROR_TEXT_MAX])
{
	(void)snprintf(
		path, ERROR_TEXT_MAX, "%s/%s", state_dir, AUTOROUTES_FILE);
}

/* Opens state_dir. Returns the descriptor or a negative error. */
static int open_directory(const char *state_dir, struct error *error)
{
	int fd = open(state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? error_set_errno(error, "cannot open %s", state_dir)
		      : fd;
}

/* Reads all of an open file, and puts a NUL after it. */
static int read_all(int fd, const struct stat *status, const char *path,
	char **text, struct error *error)
{
	size_t size = (size_t)status->st_size;
	ssize_t got;

	if (status->st_size < 0 || size > AUTOROUTES_MAX)
		return error_set(error, ERR_BAD,
			"%s is longer than %zu bytes; delete it and run "
			"readdress dns --auto",
			path, AUTOROUTES_MAX);
	*text = malloc(size + 1);
	if (!*text)
		return error_set(error, ERR_NOMEM, "%s: out of memory", path);
	got = file_read_at(fd, *text, size, 0);
	if (got < 0)
		return error_set_errno(error, "cannot read %s", path);
	(*text)[got] = '\0';
	return (int)got;
}

int autoroutes_read(const char *state_dir, struct autoroutes **autoroutes,
	struct stat *status, struct error *error)
{
	char path[ERROR_TEXT_MAX];
	struct error cause;
	struct stat found;
	char *text = NULL;
	int dir = open_directory(state_dir, error);
	int fd = -1;
	int result;

	if (dir < 0)
		return dir;
	show_path(state_dir, path);
	fd = file_open(dir, AUTOROUTES_FILE, path, &found, error);
	result = fd;
	if (fd >= 0)
		result = read_all(fd, &found, path, &text, error);
	if (result >= 0 && text) {
		result =
			autoroutes_parse((struct bytes){ text, (size_t)result },
				autoroutes, &cause);
		if (result == ERR_BAD)
			(void)error_set(error, result,
				"%s is damaged: %s; delete it and run "
				"readdress dns --auto",
				path, cause.text);
		else if (result)
			(void)error_pass(error, result, &cause);
	}
	if (!result && status)
		*status = found;
	free(text);
	if (fd >= 0)
		close(fd);
	close(dir);
	return result;
}

bool autoroutes_changed(const char *state_dir, const struct stat *status)
{
	char path[ERROR_TEXT_MAX];
	struct stat now;
	bool none = !status->st_ino;
	int len = snprintf(
		path, sizeof path, "%s/%s", state_dir, AUTOROUTES_FILE);

	if (len < 0 || (size_t)len >= sizeof path)
		return true;
	if (lstat(path, &now))
		return errno != ENOENT || !none;
	return none || now.st_dev != status->st_dev ||
	       now.st_ino != status->st_ino || now.st_size != status->st_size ||
	       now.st_mtim.tv_sec != status->st_mtim.tv_sec ||
	       now.st_mtim.tv_nsec != status->st_mtim.tv_nsec ||
	       now.st_ctim.tv_sec != status->st_ctim.tv_sec ||
	       now.st_ctim.tv_nsec != status->st_ctim.tv_nsec;
}

int autoroutes_write(const char *state_dir, const struct autoroutes *autoroutes,
	struct error *error)
{
	char *text = NULL;
	size_t len = 0;
	int result;

	if (autoroutes_format(autoroutes, &text, &len))
		result = error_set(error, ERR_NOMEM,
			"%s/" AUTOROUTES_FILE ": out of memory", state_dir);
	else
		result = file_replace_in(state_dir, AUTOROUTES_FILE, MODE_FILE,
			text, len, error);
	free(text);
	return result;
}
