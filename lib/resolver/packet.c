#include "resolver/packet.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <ldns/ldns.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#define EDNS_SIZE   1232 /* bytes; what passes without fragments */
#define RECORDS_MAX 1000u

/* A packet that is being read: the arguments of packet_read(). */
struct reading {
	struct arena *arena;
	const struct packet_question *question;
	struct reply *reply;
	char *next;
	char *why;
};

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

/* Reads the data of a record whose type is the question's. Returns 0, ERR_BAD
 * or ERR_NOMEM. */
static int read_record(const struct reading *reading, const ldns_rr *rr,
	struct reply_record *record)
{
	static const uint8_t fields[] = { [REPLY_A] = 1,
		[REPLY_NS] = 1,
		[REPLY_PTR] = 1,
		[REPLY_MX] = 2,
		[REPLY_TXT] = 1,
		[REPLY_AAAA] = 1,
		[REPLY_TLSA] = 4 };
	struct arena *arena = reading->arena;
	enum reply_type type = reading->question->type;
	char text[REPLY_NAME_MAX];
	const ldns_rdf *first = ldns_rr_rdf(rr, 0);
	size_t octets = type == REPLY_A ? 4 : 16;
	bool copied = false;

	*record = (struct reply_record){ .ttl = ldns_rr_ttl(rr) };
	if (ldns_rr_rd_count(rr) < fields[type] || !first)
		return ERR_BAD;
	switch (type) {
	case REPLY_A:
	case REPLY_AAAA:
		if (ldns_rdf_size(first) != octets ||
			!inet_ntop(type == REPLY_A ? AF_INET : AF_INET6,
				ldns_rdf_data(first), text, INET6_ADDRSTRLEN))
			return ERR_BAD;
		copied = copy_text(arena, bytes_of(text), &record->data);
		break;
	case REPLY_MX:
		record->number = ldns_rdf2native_int16(first);
		first = ldns_rr_rdf(rr, 1);
		__attribute__((fallthrough));
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
	struct reading *reading, const ldns_rr_list *list, const char *name)
{
	struct reply *answer = reading->reply;
	size_t count = ldns_rr_list_rr_count(list);
	char owner[REPLY_NAME_MAX];

	if (count > RECORDS_MAX)
		count = RECORDS_MAX;
	answer->records =
		arena_array(reading->arena, count, sizeof *answer->records);
	if (!answer->records)
		return ERR_NOMEM;
	for (size_t i = 0; i < count; i++) {
		const ldns_rr *rr = ldns_rr_list_rr(list, i);
		struct reply_record *record = &answer->records[answer->count];
		int result;

		if ((unsigned)ldns_rr_get_type(rr) !=
				(unsigned)reading->question->type ||
			ldns_rr_get_class(rr) != LDNS_RR_CLASS_IN ||
			!write_name(ldns_rr_owner(rr), owner) ||
			!reply_same_name(owner, name))
			continue;
		result = read_record(reading, rr, record);
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

/* Reads the answer section. Returns as packet_read() does. */
static int read_section(struct reading *reading, const ldns_pkt *packet)
{
	struct reply *reply = reading->reply;
	const ldns_rr_list *list = ldns_pkt_answer(packet);
	bool no_name = ldns_pkt_get_rcode(packet) == LDNS_RCODE_NXDOMAIN;
	char name[REPLY_NAME_MAX];
	const ldns_rr *rr;
	unsigned links = 0;
	int result;

	*reply = (struct reply){
		.kind = no_name ? REPLY_NO_NAME : REPLY_NO_RECORD,
		.authoritative = ldns_pkt_aa(packet),
	};
	(void)snprintf(name, sizeof name, "%s", reading->question->name);
	while ((rr = find_alias(list, name))) {
		reply->alias = true;
		if (++links > PACKET_LINKS ||
			!write_name(ldns_rr_rdf(rr, 0), name)) {
			(void)snprintf(reading->why, PACKET_WHY_MAX,
				"the CNAME records are a loop, or too many");
			return 0;
		}
	}
	result = take_records(reading, list, name);
	if (!result && links && reply->kind == REPLY_NO_RECORD)
		memcpy(reading->next, name, sizeof name);
	return result ? result : 1;
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

uint8_t *packet_make(
	const struct packet_question *question, bool edns, size_t *size)
{
	ldns_pkt *packet = NULL;
	uint8_t *wire = NULL;
	uint16_t id = 0;

	if (getrandom(&id, sizeof id, 0) != sizeof id ||
		ldns_pkt_query_new_frm_str(&packet, question->name,
			(ldns_rr_type)question->type, LDNS_RR_CLASS_IN,
			question->recursive ? LDNS_RD : 0) != LDNS_STATUS_OK)
		return NULL;
	ldns_pkt_set_id(packet, id);
	if (edns)
		ldns_pkt_set_edns_udp_size(packet, EDNS_SIZE);
	if (ldns_pkt2wire(&wire, packet, size) != LDNS_STATUS_OK)
		wire = NULL;
	ldns_pkt_free(packet);
	return wire;
}

int packet_read(struct arena *arena, const struct packet_question *question,
	struct bytes packet, struct reply *reply, char next[REPLY_NAME_MAX],
	char why[PACKET_WHY_MAX], bool *retry)
{
	struct reading reading = { arena, question, reply, next, why };
	ldns_pkt *read = NULL;
	int result = 0;
	char *code;
	int rcode;

	*retry = false;
	*next = *why = '\0';
	if (ldns_wire2pkt(&read, (const uint8_t *)packet.data, packet.len) !=
		LDNS_STATUS_OK) {
		(void)snprintf(why, PACKET_WHY_MAX, "the answer is damaged");
		return 0;
	}
	rcode = (int)ldns_pkt_get_rcode(read);
	*retry = rcode == LDNS_RCODE_FORMERR || rcode == LDNS_RCODE_NOTIMPL;
	if (rcode != LDNS_RCODE_NOERROR && rcode != LDNS_RCODE_NXDOMAIN) {
		code = ldns_pkt_rcode2str((ldns_pkt_rcode)rcode);
		(void)snprintf(why, PACKET_WHY_MAX, "answered %s",
			code ? code : "with an error");
		free(code);
	} else if (is_referral(read)) {
		(void)snprintf(why, PACKET_WHY_MAX,
			"does not serve the zone (referral)");
	} else {
		result = read_section(&reading, read);
	}
	ldns_pkt_free(read);
	return result;
}
