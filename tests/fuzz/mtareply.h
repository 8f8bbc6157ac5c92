/*
 * mtareply: the packets that a milter sends: their form, and what must hold for
 * any of them.
 */
#ifndef READDRESS_MTAREPLY_H
#define READDRESS_MTAREPLY_H

#include <libmilter/mfdef.h>

#include "base/bytes.h"
#include "fuzz.h"

#define MTAREPLY_STAGES	 7  /* that macros belong to */
#define MTAREPLY_STRINGS 64 /* more in a packet are not looked at */
#define MTAREPLY_ACTIONS                                                       \
	(SMFIF_ADDRCPT | SMFIF_ADDRCPT_PAR | SMFIF_DELRCPT | SMFIF_CHGFROM |   \
		SMFIF_CHGHDRS)
#define MTAREPLY_EDITS "-+2em" /* in the order in which they come */

static inline uint32_t mtareply_number(const char *data)
{
	const unsigned char *octets = (const unsigned char *)data;

	return (uint32_t)octets[0] << 24 | (uint32_t)octets[1] << 16 |
	       (uint32_t)octets[2] << 8 | octets[3];
}

/* The octets behind the packet's command; replies are packets all through. */
static inline struct bytes mtareply_next(struct bytes *rest, char *command)
{
	struct bytes data;
	size_t size;

	FUZZ_CHECK(rest->len > 4);
	size = mtareply_number(rest->data);
	FUZZ_CHECK(size >= 1 && size <= rest->len - 4);
	*command = rest->data[4];
	data = (struct bytes){ rest->data + 5, size - 1 };
	rest->data += 4 + size;
	rest->len -= 4 + size;
	return data;
}

/* How many strings, NUL behind each, the data is; the first ones in strings. 0
 * when it does not end with NUL. */
static inline size_t mtareply_strings(
	struct bytes data, const char *strings[MTAREPLY_STRINGS + 1])
{
	size_t count = 0;

	if (!data.len || data.data[data.len - 1])
		return 0;
	while (data.len) {
		size_t len = strlen(data.data) + 1;

		if (count < MTAREPLY_STRINGS)
			strings[count] = data.data;
		count++;
		data.data += len;
		data.len -= len;
	}
	strings[count < MTAREPLY_STRINGS ? count : MTAREPLY_STRINGS] = NULL;
	return count;
}

static inline bool mtareply_is_clean(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			return false;
	return true;
}

/* An edit that an MTA can take, whatever it was sent. */
static inline void mtareply_edit(char command, struct bytes data)
{
	const char *strings[MTAREPLY_STRINGS + 1];
	size_t count;

	if (command == 'm') {
		FUZZ_CHECK(data.len > 4 && mtareply_number(data.data) >= 1);
		data.data += 4;
		data.len -= 4;
	}
	count = mtareply_strings(data, strings);
	FUZZ_CHECK(count == (command == 'm' || command == '2' ? 2 : 1));
	FUZZ_CHECK(*strings[0]);
	/* what is deleted is spelt as it came, whatever that was */
	if (command != '-')
		FUZZ_CHECK(mtareply_is_clean(strings[0]));
	if (command == 'm')
		FUZZ_CHECK(*strings[1]); /* else the header is deleted */
	if (command == '2')
		FUZZ_CHECK(*strings[1] && mtareply_is_clean(strings[1]));
}

static inline void mtareply_verdict(char command, struct bytes data, bool edits)
{
	const char *text[MTAREPLY_STRINGS + 1];

	if (command == 'c') {
		FUZZ_CHECK(!data.len);
		return;
	}
	FUZZ_CHECK(command == 'y' && !edits);
	FUZZ_CHECK(mtareply_strings(data, text) == 1);
	FUZZ_CHECK(mtareply_is_clean(text[0]));
	FUZZ_CHECK(!strncmp(text[0], "451 4.3.0 ", 10) ||
		   !strncmp(text[0], "450 4.7.1 ", 10) ||
		   !strncmp(text[0], "550 5.7.1 ", 10));
}

static inline void mtareply_options(struct bytes data, uint32_t *actions)
{
	const uint32_t all = MTAREPLY_ACTIONS | SMFIF_SETSYMLIST;

	FUZZ_CHECK(data.len >= 12);
	*actions = mtareply_number(data.data + 4);
	FUZZ_CHECK(!(*actions & ~all));
	for (data.data += 12, data.len -= 12; data.len;) {
		size_t len;

		FUZZ_CHECK(data.len > 4 && !data.data[data.len - 1]);
		FUZZ_CHECK(mtareply_number(data.data) < MTAREPLY_STAGES);
		len = 4 + strlen(data.data + 4) + 1;
		data.data += len;
		data.len -= len;
	}
}

/*
 * What holds for any replies at all. ends: how often the end of a message was
 * sent, SIZE_MAX when nobody knows. Nothing is ever accepted or discarded, and
 * edits come in one run, allowed by the negotiation, before a "continue".
 */
static inline void mtareply_well_formed(struct bytes replies, size_t ends)
{
	const uint32_t needed = MTAREPLY_ACTIONS;
	uint32_t actions = 0;
	const char *order = MTAREPLY_EDITS;
	bool edits = false;

	while (replies.len) {
		char command;
		struct bytes data = mtareply_next(&replies, &command);
		const char *place = strchr(MTAREPLY_EDITS, command);

		FUZZ_CHECK(command);
		if (place) {
			FUZZ_CHECK((actions & needed) == needed);
			FUZZ_CHECK(edits || ends-- > 0);
			if (command == '2') /* an add, as "+" is */
				place--;
			FUZZ_CHECK(place >= order);
			order = place;
			edits = true;
			mtareply_edit(command, data);
			continue;
		}
		if (command == 'O') {
			FUZZ_CHECK(!edits);
			mtareply_options(data, &actions);
		} else {
			mtareply_verdict(command, data, edits);
		}
		edits = false;
		order = MTAREPLY_EDITS;
	}
	FUZZ_CHECK(!edits);
}

#endif
