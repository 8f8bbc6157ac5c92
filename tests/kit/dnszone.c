#include "kit/dnszone.h"

#include <stdio.h>
#include <stdlib.h>

#define ROOM  512
#define LINKS 8

struct line {
	char server[ROOM];
	char name[ROOM];
	char type[ROOM];
	unsigned ttl;
	struct bytes data;
};

/* Takes the next word, which the caller knows to be there. */
static void word(struct bytes *line, char out[ROOM])
{
	struct bytes part = bytes_cut(line, ' ');

	if (part.len >= ROOM)
		abort();
	if (part.len)
		memcpy(out, part.data, part.len);
	out[part.len] = '\0';
}

static bool next_line(struct bytes *text, struct line *line)
{
	struct bytes rest;
	char ttl[ROOM];

	do {
		if (!text->len)
			return false;
		rest = bytes_cut(text, '\n');
	} while (!rest.len);
	*line = (struct line){ .ttl = 0 };
	if (bytes_take(&rest, "@"))
		word(&rest, line->server);
	word(&rest, line->name);
	word(&rest, ttl);
	word(&rest, line->type);
	line->ttl = (unsigned)strtoul(ttl, NULL, 10);
	line->data = rest;
	return true;
}

static unsigned digit(char c)
{
	return (unsigned)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
}

static void set_data(struct arena *arena, enum reply_type type,
	struct bytes data, struct reply_record *record)
{
	char *copy;

	if (type == REPLY_MX) {
		uint64_t number;

		(void)bytes_number(&data, 5, &number);
		(void)bytes_take(&data, " ");
		record->number = (unsigned)number;
	}
	if (data.len == 1 && data.data[0] == '.')
		data.len = 0;
	copy = arena_copy(arena, data.data, data.len);
	if (copy && type == REPLY_TLSA) {
		for (size_t i = 0; i < data.len / 2; i++)
			copy[i] = (char)(digit(copy[2 * i]) << 4 |
					 digit(copy[2 * i + 1]));
		data.len /= 2;
	}
	record->data = (struct bytes){ copy, data.len };
}

/* Adds a record, of which there are at most 64. */
static void add(struct arena *arena, enum reply_type type,
	const struct line *line, struct reply *reply)
{
	struct reply_record *record = &reply->records[reply->count];

	if (reply->count == 64)
		abort();
	*record = (struct reply_record){ .ttl = line->ttl };
	set_data(arena, type, line->data, record);
	if (!reply->count++ || line->ttl < reply->ttl)
		reply->ttl = line->ttl;
	reply->kind = REPLY_RECORDS;
}

/* Looks for one name. Returns true if a CNAME leads on, and sets name. */
static bool look(const struct dnszone *zone, struct arena *arena,
	const char *server, char name[ROOM], enum reply_type type,
	struct reply *reply)
{
	const char *wanted = reply_type_name(type);
	struct bytes text = bytes_of(zone->text);
	struct line line;

	while (next_line(&text, &line)) {
		if (strcmp(line.server, server ? server : "") != 0 ||
			!reply_same_name(line.name, name))
			continue;
		if (!strcmp(line.type, "DEAD") &&
			(bytes_equal(line.data, bytes_of("*")) ||
				bytes_equal(line.data, bytes_of(wanted)))) {
			*reply = (struct reply){ .kind = REPLY_UNKNOWN,
				.failure = "192.0.2.53@53: timed out" };
			return false;
		}
		if (reply->kind == REPLY_NO_NAME)
			reply->kind = REPLY_NO_RECORD;
		if (!strcmp(line.type, "CNAME")) {
			reply->alias = true;
			word(&line.data, name);
			return true;
		}
		if (!strcmp(line.type, wanted))
			add(arena, type, &line, reply);
	}
	return false;
}

int dnszone_ask(void *context, struct arena *arena, const char *server,
	const char *asked, enum reply_type type, struct reply *reply)
{
	const struct dnszone *zone = context;
	char name[ROOM];

	*reply = (struct reply){ .kind = REPLY_NO_NAME,
		.authoritative = !zone->cache };
	reply->records = arena_array(arena, 64, sizeof *reply->records);
	if (!reply->records)
		return ERR_NOMEM;
	(void)snprintf(name, sizeof name, "%s", asked);
	for (int i = 0; i < LINKS; i++)
		if (!look(zone, arena, server, name, type, reply))
			return 0;
	*reply = (struct reply){ .kind = REPLY_UNKNOWN,
		.failure = "192.0.2.53@53: the CNAME records are a loop" };
	return 0;
}
