/*
 * message: what one mail transaction told us so far, copied. One thread at a
 * time. A failure is remembered, for only the end of the message can answer:
 * after it nothing more is taken in, and what was kept is given back.
 */
#ifndef READDRESS_MILTER_MESSAGE_H
#define READDRESS_MILTER_MESSAGE_H

#include "base/arena.h"
#include "decide/decide.h"
#include "snapshot.h"

struct message_name; /* of a header, and how many of it came */

struct message {
	struct budget_account account; /* its budget is set once, before all */
	struct arena *arena;	   /* made at the first message, then kept */
	struct snapshot *snapshot; /* NULL: no message has begun */
	const char *failed;	   /* static; NULL: all well */
	bool too_large;		   /* failed: it will never be taken */
	uint64_t nanoseconds;	   /* spent in callbacks */
	enum decision_direction direction;
	enum decision_why why;

	/* What decide() takes of it; required_seen is not known here. */
	struct decide_message mail;
	struct received_mta mta; /* mail.mta points here, or is NULL */
	enum received_state received;
	size_t recipient_room;
	/* of each header: its place among those of its name, from 1 */
	int *instances;
	size_t header_room;
	struct message_name *names;
	size_t name_count;
	size_t name_room;
};

/*
 * Begins a message; whatever there was of another is dropped. The reference to
 * snapshot goes to the message. arguments: of MAIL, NULL behind the last; the
 * first is the address. resolved: {mail_addr}, or NULL.
 */
void message_begin(struct message *message, struct snapshot *snapshot,
	const struct decide_client *client, char **arguments,
	const char *resolved);

/* arguments: of RCPT. resolved: {rcpt_addr}, or NULL. */
void message_recipient(
	struct message *message, char **arguments, const char *resolved);

/* A header that the decision does not need is not kept. */
void message_header(
	struct message *message, const char *name, const char *value);

/* Why memory was refused last, and *too_large: see struct budget. */
const char *message_no_memory(const struct message *message, bool *too_large);

/* The message is over: the snapshot is dropped, the memory given back but for
 * the first block. */
void message_reset(struct message *message);

/* As message_reset; all memory is given back. */
void message_free(struct message *message);

#endif
