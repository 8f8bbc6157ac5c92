#include "dns/resolver.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <ldns/ldns.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "base/clock.h"
#include "dns/wire.h"

#define SERVERS_MAX  4
#define LINKS_MAX    10	   /* CNAME records that are followed */
#define SILENT_LIMIT 2	   /* questions without an answer in a row */
#define GRACE_MILLI  20000 /* since a server answered anything */
#define EDNS_SIZE    1232  /* bytes; what passes without fragments */
#define BUCKETS	     8192u
#define REMEMBER_MAX ((size_t)256 << 20)
#define RECORDS_MAX  1000u
#define NAME_SERVERS "/etc/resolv.conf"

struct remembered {
	struct remembered *next;
	const char *key; /* "SERVER TYPE NAME" */
	struct reply answer;
};

/* How a server behaved. */
struct behaviour {
	struct behaviour *next;
	const char *name;
	unsigned silent;   /* questions in a row without an answer */
	uint64_t answered; /* when it answered last, by clock_ms(); 0: never */
};

struct resolver {
	struct wire_server servers[SERVERS_MAX];
	size_t count;
	bool only;
	pthread_mutex_t mutex; /* of what follows */
	struct arena *arena;
	struct remembered *buckets[BUCKETS];
	struct behaviour *behaviours;
};

/* One question on its way. */
struct inquiry {
	struct resolver *resolver;
	struct arena *arena;
	const char *name;
	enum reply_type type;
	bool recursive;
	struct reply *answer;
	char next[REPLY_NAME_MAX]; /* where a chain of CNAMEs leads out of the
				       answer; "" if it does not */
};

static int read_name_servers(struct resolver *resolver, struct error *error)
{
	ldns_resolver *file = NULL;
	size_t count;

	if (ldns_resolver_new_frm_file(&file, NAME_SERVERS) != LDNS_STATUS_OK)
		return error_set(error, ERR_NOENT,
			"cannot read " NAME_SERVERS
			"; use --server ADDRESS to name a name server");
	count = ldns_resolver_nameserver_count(file);
	for (size_t i = 0; i < count && resolver->count < SERVERS_MAX; i++) {
		char *text = ldns_rdf2str(ldns_resolver_nameservers(file)[i]);

		if (text && !wire_server(&resolver->servers[resolver->count],
				    text, NULL))
			resolver->count++;
		free(text);
	}
	ldns_resolver_deep_free(file);
	if (!resolver->count)
		return error_set(error, ERR_NOENT,
			NAME_SERVERS " names no name server; use --server "
				     "ADDRESS to name one");
	return 0;
}

int resolver_open(
	struct resolver **resolver, const char *only, struct error *error)
{
	struct resolver *made = calloc(1, sizeof *made);
	int result;

	if (!made)
		return error_set(error, ERR_NOMEM, "out of memory");
	made->arena = arena_open(REMEMBER_MAX);
	if (!made->arena || pthread_mutex_init(&made->mutex, NULL)) {
		arena_close(made->arena);
		free(made);
		return error_set(error, ERR_NOMEM, "out of memory");
	}
	made->only = only != NULL;
	if (only) {
		result = wire_server(&made->servers[0], only, error);
		made->count = 1;
	} else {
		result = read_name_servers(made, error);
	}
	if (result)
		resolver_close(made);
	else
		*resolver = made;
	return result;
}

void resolver_close(struct resolver *resolver)
{
	if (!resolver)
		return;
	(void)pthread_mutex_destroy(&resolver->mutex);
	arena_close(resolver->arena);
	free(resolver);
}

static size_t bucket_of(const char *key)
{
	uint32_t hash = 2166136261u; /* FNV-1a */

	for (; *key; key++)
		hash = (hash ^ (unsigned char)*key) * 16777619u;
	return hash % BUCKETS;
}

/* Copies an answer. Returns 0, or ERR_NOMEM. */
static int copy_answer(
	struct arena *arena, const struct reply *from, struct reply *to)
{
	*to = *from;
	if (from->failure) {
		to->failure =
			arena_copy(arena, from->failure, strlen(from->failure));
		if (!to->failure)
			return ERR_NOMEM;
	}
	to->records = arena_array(arena, from->count, sizeof *to->records);
	if (!to->records)
		return ERR_NOMEM;
	for (size_t i = 0; i < from->count; i++) {
		struct reply_record *record = &to->records[i];

		*record = from->records[i];
		record->data.data =
			arena_copy(arena, record->data.data, record->data.len);
		if (!record->data.data)
			return ERR_NOMEM;
	}
	return 0;
}

/* Returns 1 and the answer if it is remembered; 0; or ERR_NOMEM. */
static int recall(struct resolver *resolver, struct arena *arena,
	const char *key, struct reply *answer)
{
	const struct remembered *entry;
	int result = 0;

	(void)pthread_mutex_lock(&resolver->mutex);
	entry = resolver->buckets[bucket_of(key)];
	while (entry && strcmp(entry->key, key) != 0)
		entry = entry->next;
	if (entry)
		result = copy_answer(arena, &entry->answer, answer);
	(void)pthread_mutex_unlock(&resolver->mutex);
	return result ? result : entry != NULL;
}

/* What finds no room is asked for again. */
static void remember(
	struct resolver *resolver, const char *key, const struct reply *answer)
{
	struct remembered **bucket = &resolver->buckets[bucket_of(key)];
	struct remembered *entry;

	(void)pthread_mutex_lock(&resolver->mutex);
	entry = arena_alloc(resolver->arena, sizeof *entry);
	if (entry) {
		entry->key = arena_copy(resolver->arena, key, strlen(key));
		entry->next = *bucket;
		if (entry->key &&
			!copy_answer(resolver->arena, answer, &entry->answer))
			*bucket = entry;
	}
	(void)pthread_mutex_unlock(&resolver->mutex);
}

/* Notes whether a server answered; answered < 0 notes nothing. Returns whether
 * it is worth while to ask it: it has not left several questions in a row
 * without an answer, or it answered another one not long ago. */
static bool note_behaviour(
	struct resolver *resolver, const char *name, int answered)
{
	struct behaviour *entry;
	uint64_t now = clock_ms();
	bool worth = true;

	(void)pthread_mutex_lock(&resolver->mutex);
	entry = resolver->behaviours;
	while (entry && strcmp(entry->name, name) != 0)
		entry = entry->next;
	if (!entry && answered >= 0 &&
		(entry = arena_alloc(resolver->arena, sizeof *entry))) {
		*entry = (struct behaviour){ resolver->behaviours,
			arena_copy(resolver->arena, name, strlen(name)), 0, 0 };
		if (entry->name)
			resolver->behaviours = entry;
	}
	if (entry && answered >= 0)
		entry->silent = answered ? 0 : entry->silent + 1;
	if (entry && answered > 0)
		entry->answered = now;
	if (entry && entry->silent >= SILENT_LIMIT)
		worth = entry->answered && now - entry->answered < GRACE_MILLI;
	(void)pthread_mutex_unlock(&resolver->mutex);
	return worth;
}

/* Writes a name in lower case, without its last dot. */
static bool write_name(const ldns_rdf *name, char text[REPLY_NAME_MAX])
{
	char *shown = ldns_rdf2str(name);
	size_t len = shown ? strlen(shown) : 0;

	if (len && shown[len - 1] == '.')
		len--;
	if (len < REPLY_NAME_MAX) {
		for (size_t i = 0; i < len; i++)
			text[i] = (char)tolower((unsigned char)shown[i]);
		text[len] = '\0';
	}
	free(shown);
	return shown && len < REPLY_NAME_MAX;
}

static bool copy_text(
	struct arena *arena, struct bytes text, struct bytes *copy)
{
	copy->data = arena_copy(arena, text.data, text.len);
	copy->len = text.len;
	return copy->data != NULL;
}

/* Joins the strings of a TXT record. */
static bool copy_strings(
	struct arena *arena, const ldns_rr *rr, struct bytes *text)
{
	size_t count = ldns_rr_rd_count(rr);
	size_t len = 0;
	char *data;

	for (size_t i = 0; i < count; i++)
		len += ldns_rdf_size(ldns_rr_rdf(rr, i));
	data = arena_bytes(arena, len + 1);
	if (!data)
		return false;
	*text = (struct bytes){ data, 0 };
	for (size_t i = 0; i < count; i++) {
		const ldns_rdf *part = ldns_rr_rdf(rr, i);
		size_t size = ldns_rdf_size(part);

		if (size > 1)
			memcpy(data + text->len, ldns_rdf_data(part) + 1,
				size - 1);
		text->len += size ? size - 1 : 0;
	}
	data[text->len] = '\0';
	return true;
}

static bool copy_tlsa(
	struct arena *arena, const ldns_rr *rr, struct bytes *text)
{
	const ldns_rdf *data = ldns_rr_rdf(rr, 3);
	size_t size = ldns_rdf_size(data);
	char *copy = arena_bytes(arena, size + 4);

	if (!copy)
		return false;
	for (size_t i = 0; i < 3; i++)
		copy[i] = (char)ldns_rdf2native_int8(ldns_rr_rdf(rr, i));
	memcpy(copy + 3, ldns_rdf_data(data), size);
	copy[size + 3] = '\0';
	*text = (struct bytes){ copy, size + 3 };
	return true;
}

/* Reads the data of a record whose type is the inquiry's. Returns 0, ERR_BAD
 * or ERR_NOMEM. */
static int read_record(const struct inquiry *inquiry, const ldns_rr *rr,
	struct reply_record *record)
{
	static const uint8_t fields[] = { [REPLY_A] = 1,
		[REPLY_NS] = 1,
		[REPLY_PTR] = 1,
		[REPLY_MX] = 2,
		[REPLY_TXT] = 1,
		[REPLY_AAAA] = 1,
		[REPLY_TLSA] = 4 };
	struct arena *arena = inquiry->arena;
	char text[REPLY_NAME_MAX];
	const ldns_rdf *first = ldns_rr_rdf(rr, 0);
	bool copied = false;

	*record = (struct reply_record){ .ttl = ldns_rr_ttl(rr) };
	if (ldns_rr_rd_count(rr) < fields[inquiry->type] || !first)
		return ERR_BAD;
	switch (inquiry->type) {
	case REPLY_A:
	case REPLY_AAAA:
		if (!inet_ntop(inquiry->type == REPLY_A ? AF_INET : AF_INET6,
			    ldns_rdf_data(first), text, INET6_ADDRSTRLEN))
			return ERR_BAD;
		copied = copy_text(arena, bytes_of(text), &record->data);
		break;
	case REPLY_MX:
		record->number = ldns_rdf2native_int16(first);
		first = ldns_rr_rdf(rr, 1);
		/* fallthrough */
	case REPLY_NS:
	case REPLY_PTR:
	case REPLY_CNAME:
		if (!write_name(first, text))
			return ERR_BAD;
		copied = copy_text(arena, bytes_of(text), &record->data);
		break;
	case REPLY_TXT:
		copied = copy_strings(arena, rr, &record->data);
		break;
	case REPLY_TLSA:
		copied = copy_tlsa(arena, rr, &record->data);
		break;
	}
	return copied ? 0 : ERR_NOMEM;
}

static int unknown(struct inquiry *inquiry, const char *server, const char *why)
{
	size_t size = strlen(server) + strlen(why) + 3;
	char *text = arena_bytes(inquiry->arena, size);

	if (!text)
		return ERR_NOMEM;
	(void)snprintf(text, size, "%s%s%s", server, *server ? ": " : "", why);
	*inquiry->answer =
		(struct reply){ .kind = REPLY_UNKNOWN, .failure = text };
	return 0;
}

/* Finds the CNAME record of a name. */
static const ldns_rr *find_alias(const ldns_rr_list *list, const char *name)
{
	char owner[REPLY_NAME_MAX];

	for (size_t i = 0; i < ldns_rr_list_rr_count(list); i++) {
		const ldns_rr *rr = ldns_rr_list_rr(list, i);

		if (ldns_rr_get_type(rr) == LDNS_RR_TYPE_CNAME &&
			ldns_rr_rd_count(rr) &&
			write_name(ldns_rr_owner(rr), owner) &&
			reply_same_name(owner, name))
			return rr;
	}
	return NULL;
}

/* Takes the records of a name from the answer section. */
static int take_records(
	struct inquiry *inquiry, const ldns_rr_list *list, const char *name)
{
	struct reply *answer = inquiry->answer;
	size_t count = ldns_rr_list_rr_count(list);
	char owner[REPLY_NAME_MAX];

	if (count > RECORDS_MAX)
		count = RECORDS_MAX;
	answer->records =
		arena_array(inquiry->arena, count, sizeof *answer->records);
	if (!answer->records)
		return ERR_NOMEM;
	for (size_t i = 0; i < count; i++) {
		const ldns_rr *rr = ldns_rr_list_rr(list, i);
		struct reply_record *record = &answer->records[answer->count];
		int result;

		if ((unsigned)ldns_rr_get_type(rr) != (unsigned)inquiry->type ||
			ldns_rr_get_class(rr) != LDNS_RR_CLASS_IN ||
			!write_name(ldns_rr_owner(rr), owner) ||
			!reply_same_name(owner, name))
			continue;
		result = read_record(inquiry, rr, record);
		if (result == ERR_NOMEM)
			return result;
		if (result)
			continue;
		if (!answer->count++ || record->ttl < answer->ttl)
			answer->ttl = record->ttl;
	}
	if (answer->count)
		answer->kind = REPLY_RECORDS;
	return 0;
}

/* Reads the answer section: follows the CNAMEs in it, and takes the records at
 * their end. */
static int read_section(
	struct inquiry *inquiry, const char *server, const ldns_pkt *packet)
{
	struct reply *answer = inquiry->answer;
	const ldns_rr_list *list = ldns_pkt_answer(packet);
	bool no_name = ldns_pkt_get_rcode(packet) == LDNS_RCODE_NXDOMAIN;
	bool alias = answer->alias;
	char name[REPLY_NAME_MAX];
	const ldns_rr *rr;
	unsigned links = 0;
	int result;

	*answer = (struct reply){
		.kind = no_name ? REPLY_NO_NAME : REPLY_NO_RECORD,
		.authoritative = ldns_pkt_aa(packet),
		.alias = alias,
	};
	(void)snprintf(name, sizeof name, "%s", inquiry->name);
	while ((rr = find_alias(list, name))) {
		answer->alias = true;
		if (++links > LINKS_MAX ||
			!write_name(ldns_rr_rdf(rr, 0), name))
			return unknown(inquiry, server,
				"the CNAME records are a loop, or too many");
	}
	result = take_records(inquiry, list, name);
	if (!result && links && answer->kind == REPLY_NO_RECORD)
		(void)snprintf(inquiry->next, sizeof inquiry->next, "%s", name);
	return result;
}

/* True if the answer is a referral: the server does not know the zone. */
static bool is_referral(const ldns_pkt *packet)
{
	const ldns_rr_list *list = ldns_pkt_authority(packet);

	if (ldns_pkt_aa(packet) || ldns_pkt_ra(packet) ||
		ldns_rr_list_rr_count(ldns_pkt_answer(packet)))
		return false;
	for (size_t i = 0; i < ldns_rr_list_rr_count(list); i++)
		if (ldns_rr_get_type(ldns_rr_list_rr(list, i)) ==
			LDNS_RR_TYPE_NS)
			return true;
	return false;
}

/* Makes the packet of the question; the caller frees it. Returns NULL when out
 * of memory or when the name cannot be asked for. */
static uint8_t *make_question(
	const struct inquiry *inquiry, bool edns, size_t *size)
{
	uint16_t flags = inquiry->recursive ? LDNS_RD : 0;
	ldns_pkt *packet = NULL;
	uint8_t *wire = NULL;
	uint16_t id = 0;

	if (getrandom(&id, sizeof id, 0) != sizeof id ||
		ldns_pkt_query_new_frm_str(&packet, inquiry->name,
			(ldns_rr_type)inquiry->type, LDNS_RR_CLASS_IN,
			flags) != LDNS_STATUS_OK)
		return NULL;
	ldns_pkt_set_id(packet, id);
	if (edns)
		ldns_pkt_set_edns_udp_size(packet, EDNS_SIZE);
	if (ldns_pkt2wire(&wire, packet, size) != LDNS_STATUS_OK)
		wire = NULL;
	ldns_pkt_free(packet);
	return wire;
}

/* Reads a packet that came. Returns 1 if it is an answer; 0 if it is none, with
 * the reason in the answer; ERR_NOMEM. *retry says that the server does not
 * know EDNS. */
static int read_packet(struct inquiry *inquiry, const char *server,
	const uint8_t *reply, size_t got, bool *retry)
{
	ldns_pkt *packet = NULL;
	char why[64];
	char *code;
	int rcode;
	int result;

	*retry = false;
	if (ldns_wire2pkt(&packet, reply, got) != LDNS_STATUS_OK)
		return unknown(inquiry, server, "the answer is damaged");
	rcode = (int)ldns_pkt_get_rcode(packet);
	*retry = rcode == LDNS_RCODE_FORMERR || rcode == LDNS_RCODE_NOTIMPL;
	if (rcode != LDNS_RCODE_NOERROR && rcode != LDNS_RCODE_NXDOMAIN) {
		code = ldns_pkt_rcode2str((ldns_pkt_rcode)rcode);
		(void)snprintf(why, sizeof why, "answered %s",
			code ? code : "with an error");
		free(code);
		result = unknown(inquiry, server, why);
	} else if (is_referral(packet)) {
		result = unknown(
			inquiry, server, "does not serve the zone (referral)");
	} else {
		result = read_section(inquiry, server, packet);
		if (!result)
			result = inquiry->answer->kind != REPLY_UNKNOWN;
	}
	ldns_pkt_free(packet);
	return result;
}

/* Asks one server. Returns 1, 0 or ERR_NOMEM, as read_packet(). */
static int ask_server(struct inquiry *inquiry, const struct wire_server *server)
{
	struct error why = { .text = "" };
	uint8_t *reply = NULL;
	bool retry = true;
	int result = 0;

	if (!note_behaviour(inquiry->resolver, server->name, -1))
		return unknown(inquiry, server->name,
			"timed out, as several questions before");
	reply = malloc(WIRE_PACKET_MAX);
	if (!reply)
		return ERR_NOMEM;
	for (int edns = 1; !result && retry && edns >= 0; edns--) {
		size_t size = 0;
		size_t got = 0;
		uint8_t *wire = make_question(inquiry, edns, &size);
		struct bytes question = { (const char *)wire, size };

		int sent;

		if (!wire) {
			result = unknown(
				inquiry, "", "the name cannot be asked for");
			break;
		}
		sent = wire_ask(server, question, reply, &got, &why);
		if (sent) {
			(void)note_behaviour(
				inquiry->resolver, server->name, 0);
			result = unknown(inquiry, server->name, why.text);
			inquiry->answer->unreachable = sent == ERR_NOTFOUND;
			retry = false;
		} else {
			(void)note_behaviour(
				inquiry->resolver, server->name, 1);
			result = read_packet(
				inquiry, server->name, reply, got, &retry);
		}
		free(wire);
	}
	free(reply);
	return result;
}

/* Asks all servers until one answers. */
static int ask_any(struct inquiry *inquiry)
{
	const struct resolver *resolver = inquiry->resolver;
	int result = 0;

	for (size_t i = 0; !result && i < resolver->count; i++)
		result = ask_server(inquiry, &resolver->servers[i]);
	return result < 0 ? result : 0;
}

static int ask_one(struct inquiry *inquiry, const char *address)
{
	struct wire_server server;
	int result;

	if (wire_server(&server, address, NULL))
		return unknown(inquiry, address, "is no address of a server");
	result = ask_server(inquiry, &server);
	if (result == 1 && !inquiry->answer->authoritative)
		return unknown(inquiry, server.name,
			"does not serve the zone (no authoritative answer)");
	return result < 0 ? result : 0;
}

/* Follows a chain of CNAMEs whose end is in no answer so far. */
static int follow(struct inquiry *inquiry)
{
	unsigned links = 0;
	int result = 0;

	while (!result && inquiry->next[0]) {
		char name[REPLY_NAME_MAX];

		if (links++ >= LINKS_MAX)
			return unknown(inquiry, "",
				"the CNAME records are a loop, or too many");
		memcpy(name, inquiry->next, sizeof name);
		inquiry->next[0] = '\0';
		inquiry->name = name;
		inquiry->recursive = true;
		result = ask_any(inquiry);
	}
	return result;
}

/* True if the name has neither an empty label nor one that is too long. ldns
 * would refuse it anyway, but some of its versions do so loudly. */
static bool can_be_asked(const char *name)
{
	size_t label = 0;

	for (const char *c = name; *c; c++) {
		if (*c == '.' && !label)
			return false;
		label = *c == '.' ? 0 : label + 1;
	}
	return *name && strlen(name) < 4 * 255;
}

int resolver_ask(void *context, struct arena *arena, const char *server,
	const char *name, enum reply_type type, struct reply *answer)
{
	struct resolver *resolver = context;
	struct inquiry inquiry = { resolver, arena, name, type,
		resolver->only || !server, answer, "" };
	char key[REPLY_NAME_MAX + WIRE_NAME_MAX + 16];
	int result;

	*answer = (struct reply){ .kind = REPLY_UNKNOWN };
	if (!can_be_asked(name))
		return unknown(&inquiry, "", "the name cannot be asked for");
	(void)snprintf(key, sizeof key, "%s %d %s",
		resolver->only || !server ? "" : server, (int)type, name);
	result = recall(resolver, arena, key, answer);
	if (result)
		return result < 0 ? result : 0;
	result = server && !resolver->only ? ask_one(&inquiry, server)
					   : ask_any(&inquiry);
	if (!result)
		result = follow(&inquiry);
	if (!result)
		remember(resolver, key, answer);
	return result;
}
