/*
 * postmap: what the tables and files say that Postfix's parameters name. Tables
 * on this host are asked; others only if the caller allows it, for a question
 * to a server may take long, and is seen there. Nothing is run or read here:
 * the caller does both.
 *
 * Tested by tests/unit/postfix/ and tests/unit/doctor/.
 */
#ifndef READDRESS_POSTFIX_POSTMAP_H
#define READDRESS_POSTFIX_POSTMAP_H

#include "base/arena.h"
#include "base/error.h"
#include "postfix/askahead.h"
#include "postfix/domainlist.h"

#define POSTMAP_ASKED_MAX 5000 /* times that a caller may have postmap run */

/* A list, and what it is with the words of files in it. */
struct postmap_list {
	const char *value;
	const char *text;
};

struct postmap {
	/* Asks a table ("hash:/etc/postfix/relay") for keys, each with a
	 * newline behind it. *answers becomes the lines "key<TAB>value" of
	 * those that it has, and lives until the next call. Returns 0, or a
	 * negative number if that cannot be known. NULL: none can be asked. */
	int (*ask)(void *context, const char *table, struct bytes keys,
		struct bytes *answers);
	/* Reads a file. *text lives until the next call. Returns 0, or a
	 * negative number if it cannot be read. NULL: none can be read. */
	int (*read)(void *context, const char *path, struct bytes *text);
	void *context;
	/* Answers in place of ask for a table that the caller knows. Returns 1
	 * if it did, 0 if it does not know the table, or a negative number if
	 * the answers cannot be known. NULL: it knows none. */
	int (*own)(void *context, struct bytes table, struct bytes keys,
		struct bytes *answers);
	void *own_context;
	bool all; /* tables that need a server may be asked, too */
	const char *queue_directory; /* relative paths of sockets begin there */

	/* What tables said that were asked for many keys at once; NULL: none
	 * was. */
	struct askahead *ahead;

	struct arena *arena;	  /* for what is returned; set by the caller */
	size_t asked;		  /* times that a table was asked */
	bool left_out;		  /* a table was not asked: it needs a server */
	struct postmap_list list; /* the last one that names a file */
};

/* Forgets what was asked and kept, except for what is in ahead; the arena may
 * then be reset. */
void postmap_reset(struct postmap *postmap);

/* True if the table may be asked: its type needs no server, or all is set.
 * Otherwise sets left_out. */
bool postmap_may(struct postmap *postmap, struct bytes table);

/* True if Postfix gives the table whole addresses and names alone, never parts
 * of them, because it holds patterns. */
bool postmap_has_patterns(struct bytes table);

/* Asks a table for a key. Returns 1 if it has it; 0 if not; ERR_IO if that
 * cannot be known; or ERR_NOMEM. *value, which may be NULL, becomes what it
 * has; it lives in the arena. */
int postmap_find(struct postmap *postmap, struct bytes table, struct bytes key,
	const char **value) MUST_CHECK;

/* Asks a table for many keys at once, as ask does. The answers live in the
 * arena. Returns 0; ERR_IO if that cannot be known; or ERR_NOMEM. */
int postmap_find_all(struct postmap *postmap, struct bytes table,
	struct bytes keys, struct bytes *answers) MUST_CHECK;

/* Does the same, but asks the table itself also where own knows it. */
int postmap_ask_itself(struct postmap *postmap, struct bytes table,
	struct bytes keys, struct bytes *answers) MUST_CHECK;

/* Looks for the first of the keys that one of the tables in the list has: for
 * the first key in each table, then for the second one, and so on. A table that
 * holds patterns is asked for keys with a local part alone, "bob@example.com".
 * Returns as postmap_find() does. */
int postmap_find_first(struct postmap *postmap, const char *list,
	const struct bytes *keys, size_t count, const char **value) MUST_CHECK;

/* Finds what transport_maps has for an address of the domain (transport(5)):
 * for the address, the domain, its parents, and "*". Returns as postmap_find()
 * does. */
int postmap_find_transport(struct postmap *postmap, const char *list,
	struct bytes domain, enum domainlist_parents parents,
	const char **value) MUST_CHECK;

/* Returns whether a list of domains has the domain, which is in lower case. The
 * list may name tables and files. */
enum domainlist_answer postmap_match(struct postmap *postmap, const char *list,
	struct bytes domain, enum domainlist_parents parents) MUST_CHECK;

/* Returns the list with the words of each file that it names in its place, as
 * Postfix reads it; "!/file" turns each of them round. The name of a file that
 * cannot be read stays. NULL when out of memory. */
const char *postmap_list(struct postmap *postmap, const char *list) MUST_CHECK;

#endif
