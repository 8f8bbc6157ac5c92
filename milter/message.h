/*
 * message: a copy of what the MTA has sent of one mail transaction. One thread
 * at a time may use it. Tested by tests/unit/milter/test_milter.c.
 *
 * The functions here return no errors, because only the end of the message can
 * be answered. After a failure, `failed` has the reason, nothing more is
 * copied, and the memory is given back.
 */
#ifndef READDRESS_MILTER_MESSAGE_H
#define READDRESS_MILTER_MESSAGE_H

#include "base/arena.h"
#include "decide/decide.h"
#include "snapshot.h"

struct message_name; /* a header's name, and how many headers have it */

struct message {
	struct budget_account account; /* the caller sets its budget at first */
	struct arena *arena;	   /* made for the first message, then kept */
	struct snapshot *snapshot; /* NULL: no message has begun */
	const char *failed;	   /* a static string; NULL: no failure */
	bool too_large;		   /* it failed because it is too large */
	enum decision_direction direction;
	enum decision_why why;

	/* The input of decide(), without required_seen. */
	struct decide_message mail;
	struct received_mta mta; /* mail.mta points here, or is NULL */
	enum received_state received;
	size_t recipient_room;
	/* For each header: its number among the headers of its name, from 1. */
	int *instances;
	size_t header_room;
	struct message_name *names;
	size_t name_count;
	size_t name_room;
};

/*
 * Begins a message, and drops the one before. Takes over the caller's reference
 * to snapshot. arguments are those of MAIL, followed by NULL; the first is the
 * address. resolved is {mail_addr}, or NULL.
 */
void message_begin(struct message *message, struct snapshot *snapshot,
	const struct decide_client *client, char **arguments,
	const char *resolved);

/* Adds a recipient. arguments are those of RCPT, followed by NULL; resolved is
 * {rcpt_addr}, or NULL. */
void message_recipient(
	struct message *message, char **arguments, const char *resolved);

/* Adds a header, unless the decision does not need it. */
void message_header(
	struct message *message, const char *name, const char *value);

/* Returns why memory was refused last, a static string. Sets *too_large to true
 * if the message is too large for any time (struct budget). */
const char *message_no_memory(const struct message *message, bool *too_large);

/* Ends the message: drops the snapshot and gives back the memory, but for the
 * first block. */
void message_reset(struct message *message);

/* Ends the message like message_reset(), and gives back all memory. */
void message_free(struct message *message);

#endif
