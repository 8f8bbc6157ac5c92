#include "dns/safeafter.h"

static const struct observation_server *find_server(
	const struct observation *observation, const char *address)
{
	for (size_t i = 0; i < observation->count; i++)
		if (!strcmp(observation->servers[i].address, address))
			return &observation->servers[i];
	return NULL;
}

/* The first answer of the last observation that has one. */
static const char *current_set(const struct observation *now)
{
	for (size_t i = 0; i < now->count; i++)
		if (now->servers[i].set)
			return now->servers[i].set;
	return NULL;
}

/* Returns a server whose set differs from the first one; NULL: none. */
static const char *find_dissent(const struct observation *now)
{
	const char *set = current_set(now);

	for (size_t i = 0; i < now->count; i++)
		if (now->servers[i].set &&
			strcmp(now->servers[i].set, set) != 0)
			return now->servers[i].address;
	return NULL;
}

/* Returns the last observation that has these records. */
static size_t last_seen(const struct observation *list, size_t count,
	const char *set, uint32_t ttl)
{
	size_t last = 0;

	for (size_t i = 0; i < count; i++)
		for (size_t n = 0; n < list[i].count; n++) {
			const struct observation_server *server =
				&list[i].servers[n];

			if (server->set && server->ttl == ttl &&
				!strcmp(server->set, set))
				last = i;
		}
	return last;
}

/* Finds when all servers of today had answered something else, after the
 * observation last. Returns false and a server that has not answered since. */
static bool find_gone(const struct observation *list, size_t count, size_t last,
	int64_t *gone, const char **missing)
{
	const struct observation *now = &list[count - 1];

	*gone = 0;
	for (size_t n = 0; n < now->count; n++) {
		const char *address = now->servers[n].address;
		size_t i;

		for (i = last + 1; i < count; i++) {
			const struct observation_server *server =
				find_server(&list[i], address);

			if (server && server->set)
				break;
		}
		if (i == count) {
			*missing = address;
			return false;
		}
		if (list[i].time > *gone)
			*gone = list[i].time;
	}
	return true;
}

/* Finds until when caches may ask other name servers than those of now: 0 if
 * there were never others. */
static int64_t former_servers_end(const struct observation *list, size_t count)
{
	const char *ns = list[count - 1].ns;
	int64_t end = 0;

	for (size_t i = 0; ns && i < count; i++) {
		size_t next = i + 1;

		if (!list[i].ns || !strcmp(list[i].ns, ns))
			continue;
		while (next < count && !list[next].ns)
			next++;
		if (next < count &&
			list[next].time + (int64_t)list[i].ns_ttl > end)
			end = list[next].time + (int64_t)list[i].ns_ttl;
	}
	return end;
}

/* True if the last thing that a former server answered was this set. */
static bool was_left_behind(const struct observation *list, size_t count,
	size_t at, const struct observation_server *server)
{
	if (find_server(&list[count - 1], server->address))
		return false;
	for (size_t i = at + 1; i < count; i++) {
		const struct observation_server *later =
			find_server(&list[i], server->address);

		if (later && later->set)
			return false;
	}
	return true;
}

static void later(int64_t *time, int64_t other)
{
	if (other > *time)
		*time = other;
}

void safeafter_find(
	const struct observation *list, size_t count, struct safeafter *after)
{
	const struct observation *now = &list[count - 1];
	const char *set = current_set(now);
	int64_t former = former_servers_end(list, count);
	bool another = false;

	*after = (struct safeafter){ .state = SAFEAFTER_SPREADING,
		.server = find_dissent(now) };
	if (after->server || !set) {
		if (!set && now->count)
			after->server = now->servers[0].address;
		return;
	}
	for (size_t i = 0; i < count; i++)
		for (size_t n = 0; n < list[i].count; n++) {
			const struct observation_server *server =
				&list[i].servers[n];
			int64_t ttl = (int64_t)server->ttl;
			int64_t gone;

			if (!server->set || !strcmp(server->set, set))
				continue;
			another = true;
			if (!find_gone(list, count,
				    last_seen(list, count, server->set,
					    server->ttl),
				    &gone, &after->server))
				return;
			later(&after->time, gone + ttl);
			if (former && was_left_behind(list, count, i, server))
				later(&after->time, former + ttl);
		}
	if (!another)
		later(&after->time, list[0].time + SAFEAFTER_BLIND);
	later(&after->time, former);
	after->state = another ? SAFEAFTER_KNOWN : SAFEAFTER_UNKNOWN;
}

int64_t safeafter_lowered(const struct observation *list, size_t count,
	bool same_set, uint32_t *former)
{
	const struct observation *now = &list[count - 1];
	const char *set = current_set(now);
	uint32_t lowest = UINT32_MAX;
	int64_t time = 0;

	*former = 0;
	for (size_t n = 0; n < now->count; n++)
		if (now->servers[n].set && now->servers[n].ttl < lowest)
			lowest = now->servers[n].ttl;
	for (size_t i = 0; set && i < count; i++)
		for (size_t n = 0; n < list[i].count; n++) {
			const struct observation_server *server =
				&list[i].servers[n];
			const char *missing;
			int64_t gone;

			if (!server->set || server->ttl <= lowest ||
				(same_set && strcmp(server->set, set) != 0))
				continue;
			if (!find_gone(list, count,
				    last_seen(list, count, server->set,
					    server->ttl),
				    &gone, &missing))
				gone = now->time;
			if (gone + (int64_t)server->ttl > time) {
				time = gone + (int64_t)server->ttl;
				*former = server->ttl;
			}
		}
	return time;
}
