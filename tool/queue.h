/*
 * queue: the messages in Postfix's queue: runs postqueue(1) to list them, and
 * postcat(1) to find the addresses that their recipients came with, and their
 * content filter. Tested by tests/e2e/requeue.test and
 * tests/e2e/applyfails.test.
 */
#ifndef READDRESS_TOOL_QUEUE_H
#define READDRESS_TOOL_QUEUE_H

#include "base/arena.h"
#include "base/error.h"

struct queue_recipient {
	const char *address;  /* in Postfix's internal form */
	const char *original; /* of its ORCPT; NULL: none */
	bool listed;	      /* the file has it */
	/* The client gave it, whatever was made to be it as well: a milter has
	 * deleted it, which then added it again, or one behind it. What milters
	 * add comes last. */
	bool given;
	bool alone; /* no other address of the message has its ORCPT */
};

struct queue_list {
	const char **items;
	size_t count;
	size_t room;
};

struct queue_message {
	const char *id;
	const char *queue;		    /* "deferred", "hold" ... */
	struct queue_recipient *recipients; /* not delivered to yet */
	size_t count;
	size_t room;
	struct queue_list canceled; /* addresses that a milter deleted */
	struct queue_list done;	    /* that have got it, or bounced */
	struct queue_list done_originals; /* the ORCPT of each; "": none */
	struct queue_list originals;	  /* the ORCPT of each of all these */
	const char *filter;	    /* its content_filter; NULL: none */
	bool gone;		    /* it left the queue meanwhile */
	size_t number;		    /* its place in the list */
};

struct queue {
	struct queue_message *messages;
	size_t count;
	size_t room;
};

/*
 * Lists the queue of the Postfix whose main.cf is in directory: each message
 * once, also if Postfix moves it meanwhile, and of each its ID, its queue and
 * its recipients. A message that left the queue during the call may be in the
 * list. Everything in *queue is in arena. Returns 0 or the errors of
 * queue_read().
 */
int queue_list(struct queue *queue, const char *directory, struct arena *arena,
	struct error *error) MUST_CHECK;

/*
 * Lists, and reads the envelope of each message, in the queue of the Postfix whose main.cf is in directory. Everything in
 * *queue is in arena. Returns 0; ERR_DOWN with the words of postqueue, if
 * Postfix is not running; ERR_CONFIG if there is no postqueue or postcat;
 * ERR_PERM if this user may not read the messages; ERR_BAD if what they print
 * is not understood; ERR_NOMEM or ERR_IO.
 */
int queue_read(struct queue *queue, const char *directory, struct arena *arena,
	struct error *error) MUST_CHECK;

#endif
