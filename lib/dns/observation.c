#include "dns/observation.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/file.h"

#define FILE_MAX   ((size_t)256 << 20)
#define MEMORY_MAX ((size_t)1 << 30)
#define MODE	   0640

struct domain {
	const char *name;
	struct observation *list;
	size_t count;
	size_t room;
};

struct observations {
	struct arena *arena;
	struct domain *domains; /* in the order of strcmp() */
	size_t count;
	size_t room;
};

static int compare_records(const void *left, const void *right)
{
	const struct reply_record *a = left;
	const struct reply_record *b = right;

	if (a->number != b->number)
		return a->number < b->number ? -1 : 1;
	return bytes_compare(a->data, b->data);
}

const char *observation_set(
	struct arena *arena, const struct reply *answer, bool numbers)
{
	size_t count = answer->count;
	struct reply_record *sorted = arena_array(arena, count, sizeof *sorted);
	size_t size = 2;
	size_t used = 0;
	char *text;

	if (!sorted)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		sorted[i] = answer->records[i];
		size += sorted[i].data.len + 8;
	}
	text = arena_bytes(arena, size);
	if (!text)
		return NULL;
	if (!count)
		return memcpy(text, "-", 2);
	qsort(sorted, count, sizeof *sorted, compare_records);
	for (size_t i = 0; i < count; i++) {
		const char *comma = i ? "," : "";
		const char *name =
			sorted[i].data.len ? sorted[i].data.data : ".";

		used += (size_t)(numbers ? snprintf(text + used, size - used,
						   "%s%u:%s", comma,
						   sorted[i].number, name)
					 : snprintf(text + used, size - used,
						   "%s%s", comma, name));
	}
	return text;
}

void observations_close(struct observations *all)
{
	if (!all)
		return;
	arena_close(all->arena);
	free(all);
}

/* Returns the place of a domain among the others, where it is or would be. */
static size_t place_of(
	const struct observations *all, const char *name, bool *found)
{
	size_t low = 0;
	size_t high = all->count;

	*found = false;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(name, all->domains[middle].name);

		if (!order) {
			*found = true;
			return middle;
		}
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

const struct observation *observations_of(
	const struct observations *all, const char *domain, size_t *count)
{
	bool found;
	size_t place = place_of(all, domain, &found);

	*count = found ? all->domains[place].count : 0;
	return found ? all->domains[place].list : NULL;
}

static struct domain *get_domain(struct observations *all, const char *name)
{
	bool found;
	size_t place = place_of(all, name, &found);
	struct domain *domains;

	if (found)
		return &all->domains[place];
	domains = array_grow_in(all->arena, all->domains, all->count,
		&all->room, sizeof *domains);
	if (!domains)
		return NULL;
	all->domains = domains;
	name = arena_copy(all->arena, name, strlen(name));
	if (!name)
		return NULL;
	memmove(domains + place + 1, domains + place,
		(all->count - place) * sizeof *domains);
	all->count++;
	domains[place] = (struct domain){ .name = name };
	return &domains[place];
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

/* True if both say the same, but for their times. */
static bool is_repeated(
	const struct observation *a, const struct observation *b)
{
	if (!same_text(a->ns, b->ns) || a->ns_ttl != b->ns_ttl ||
		a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++) {
		const struct observation_server *left = &a->servers[i];
		const struct observation_server *right = &b->servers[i];

		if (strcmp(left->address, right->address) != 0 ||
			!same_text(left->set, right->set) ||
			left->ttl != right->ttl)
			return false;
	}
	return true;
}

static bool somebody_answered(const struct observation *observation)
{
	for (size_t i = 0; i < observation->count; i++)
		if (observation->servers[i].set)
			return true;
	return false;
}

static const char *keep(struct arena *arena, const char *text)
{
	return arena_copy(arena, text, strlen(text));
}

static int copy(struct arena *arena, const struct observation *from,
	struct observation *to)
{
	struct observation_server *servers =
		arena_array(arena, from->count, sizeof *servers);

	*to = *from;
	if (!servers || (from->ns && !(to->ns = keep(arena, from->ns))))
		return ERR_NOMEM;
	for (size_t i = 0; i < from->count; i++) {
		servers[i] = from->servers[i];
		servers[i].address = keep(arena, servers[i].address);
		if (servers[i].set)
			servers[i].set = keep(arena, servers[i].set);
		if (!servers[i].address ||
			(from->servers[i].set && !servers[i].set))
			return ERR_NOMEM;
	}
	to->servers = servers;
	return 0;
}

int observations_add(struct observations *all, const char *name,
	const struct observation *observation)
{
	struct domain *domain;
	struct observation *list;
	size_t count;

	if (!somebody_answered(observation))
		return 0;
	domain = get_domain(all, name);
	if (!domain)
		return ERR_NOMEM;
	list = domain->list;
	count = domain->count;
	for (size_t i = count; i && list[i - 1].time > observation->time; i--)
		list[i - 1].time = observation->time;
	if (count > 1 && is_repeated(&list[count - 1], observation) &&
		is_repeated(&list[count - 2], observation)) {
		list[count - 1].time = observation->time;
		return 0;
	}
	if (count >= OBSERVATION_MAX) {
		memmove(list, list + 1, (count - 1) * sizeof *list);
		count = --domain->count;
	}
	list = array_grow_in(
		all->arena, list, count, &domain->room, sizeof *list);
	if (!list)
		return ERR_NOMEM;
	domain->list = list;
	if (copy(all->arena, observation, &list[count]))
		return ERR_NOMEM;
	domain->count++;
	return 0;
}

static bool read_number(struct bytes text, uint32_t *number)
{
	uint64_t value;

	if (!bytes_number(&text, 10, &value) || text.len || value > UINT32_MAX)
		return false;
	*number = (uint32_t)value;
	return true;
}

static bool read_time(struct bytes text, int64_t *seconds)
{
	char copy_of[CLOCK_TEXT_MAX] = "";
	struct tm utc = { .tm_year = 0 };
	const char *end;

	if (text.len >= sizeof copy_of)
		return false;
	memcpy(copy_of, text.data, text.len);
	end = strptime(copy_of, "%Y-%m-%dT%H:%M:%SZ", &utc);
	*seconds = (int64_t)timegm(&utc);
	return end && !*end;
}

/* Takes the next field. *text is NULL for "?". Returns 1; 0 if there is none;
 * ERR_NOMEM. */
static int take_text(struct arena *arena, struct bytes *line, const char **text)
{
	struct bytes field = bytes_cut(line, ' ');

	*text = NULL;
	if (!field.len)
		return 0;
	if (field.len == 1 && field.data[0] == '?')
		return 1;
	*text = arena_copy(arena, field.data, field.len);
	return *text ? 1 : ERR_NOMEM;
}

/* Reads a line. Returns 1; 0 if it is damaged; ERR_NOMEM. */
static int read_line(struct arena *arena, struct bytes line,
	const char **domain, struct observation *observation)
{
	static const struct observation_server none;
	struct observation_server servers[OBSERVATION_SERVERS];
	struct observation_server *kept;
	int found = take_text(arena, &line, domain);

	*observation = (struct observation){ .servers = &none };
	if (found <= 0 || !*domain ||
		!read_time(bytes_cut(&line, ' '), &observation->time) ||
		!read_number(bytes_cut(&line, ' '), &observation->ns_ttl))
		return found < 0 ? found : 0;
	found = take_text(arena, &line, &observation->ns);
	while (found > 0 && line.len) {
		struct observation_server *server =
			&servers[observation->count];

		if (observation->count == OBSERVATION_SERVERS)
			return 0;
		found = take_text(arena, &line, &server->address);
		if (found > 0 &&
			(!server->address || !read_number(bytes_cut(&line, ' '),
						     &server->ttl)))
			return 0;
		if (found > 0)
			found = take_text(arena, &line, &server->set);
		observation->count++;
	}
	if (found <= 0)
		return found;
	kept = arena_array(arena, observation->count, sizeof *kept);
	if (!kept)
		return ERR_NOMEM;
	memcpy(kept, servers, observation->count * sizeof *kept);
	observation->servers = kept;
	return 1;
}

static int read_lines(struct observations *all, struct bytes text,
	const char *dir, struct error *error)
{
	struct arena *scratch = arena_open(MEMORY_MAX);
	unsigned number = 0;
	int result = scratch ? 0 : ERR_NOMEM;

	while (!result && text.len) {
		struct observation observation;
		const char *domain;
		int found = read_line(
			scratch, bytes_cut(&text, '\n'), &domain, &observation);

		number++;
		if (found > 0)
			result = observations_add(all, domain, &observation);
		else
			result = found ? found : ERR_BAD;
		arena_reset(scratch);
	}
	arena_close(scratch);
	if (result == ERR_BAD)
		return error_set(error, result,
			"%s/" OBSERVATION_FILE
			":%u: the line is damaged; remove the file, and "
			"safe-after begins anew",
			dir, number);
	if (result)
		return error_set(error, result, "out of memory");
	return 0;
}

static int read_file(struct observations *all, int dirfd, const char *dir,
	struct error *error)
{
	char shown[512];
	struct stat status;
	char *text;
	ssize_t got;
	int result;
	int fd;

	(void)snprintf(shown, sizeof shown, "%s/" OBSERVATION_FILE, dir);
	fd = file_open(dirfd, OBSERVATION_FILE, shown, &status, error);
	if (fd < 0)
		return fd;
	if ((uint64_t)status.st_size > FILE_MAX) {
		(void)close(fd);
		return error_set(error, ERR_BAD,
			"%s: found a file of %" PRIu64
			" bytes, expected %zu at most; remove it, and "
			"safe-after begins anew",
			shown, (uint64_t)status.st_size, FILE_MAX);
	}
	text = malloc((size_t)status.st_size + 1);
	got = text ? file_read_at(fd, text, (size_t)status.st_size, 0) : 0;
	if (!text)
		result = error_set(error, ERR_NOMEM, "out of memory");
	else if (got < 0)
		result = error_set_errno(error, "cannot read %s", shown);
	else
		result = read_lines(
			all, (struct bytes){ text, (size_t)got }, dir, error);
	(void)close(fd);
	free(text);
	return result;
}

int observations_read(struct observations **all, int dirfd, const char *dir,
	struct error *error)
{
	struct observations *made = calloc(1, sizeof *made);
	int result;

	if (made)
		made->arena = arena_open(MEMORY_MAX);
	if (!made || !made->arena) {
		free(made);
		return error_set(error, ERR_NOMEM, "out of memory");
	}
	result = dirfd < 0 ? ERR_NOENT : read_file(made, dirfd, dir, error);
	if (result && result != ERR_NOENT)
		observations_close(made);
	else
		*all = made;
	return result == ERR_NOENT ? 0 : result;
}

static void write_line(
	FILE *file, const char *domain, const struct observation *observation)
{
	char time[CLOCK_TEXT_MAX];

	clock_text(observation->time, time);
	(void)fprintf(file, "%s %s %" PRIu32 " %s", domain, time,
		observation->ns_ttl, observation->ns ? observation->ns : "?");
	for (size_t i = 0; i < observation->count; i++) {
		const struct observation_server *server =
			&observation->servers[i];

		(void)fprintf(file, " %s %" PRIu32 " %s", server->address,
			server->ttl, server->set ? server->set : "?");
	}
	(void)fputc('\n', file);
}

int observations_write(const struct observations *all, int dirfd,
	const char *dir, struct error *error)
{
	char shown[512];
	struct stat status;
	char *text = NULL;
	size_t len = 0;
	FILE *file = open_memstream(&text, &len);
	int result;

	(void)snprintf(shown, sizeof shown, "%s/" OBSERVATION_FILE, dir);
	if (!file)
		return error_set(error, ERR_NOMEM, "out of memory");
	for (size_t i = 0; i < all->count; i++)
		for (size_t n = 0; n < all->domains[i].count; n++)
			write_line(file, all->domains[i].name,
				&all->domains[i].list[n]);
	if (fclose(file) || !text) {
		free(text);
		return error_set(error, ERR_NOMEM, "out of memory");
	}
	if (fstat(dirfd, &status))
		result = error_set_errno(error, "cannot examine %s", dir);
	else
		result = file_replace(dirfd, OBSERVATION_FILE, shown, MODE,
			status.st_gid, text, len, error);
	free(text);
	return result;
}
