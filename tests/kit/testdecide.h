/*
 * testdecide: one message through decide(), given and told as text. Every
 * failure here fails the test.
 */
#ifndef READDRESS_TESTDECIDE_H
#define READDRESS_TESTDECIDE_H

#include "kit/testmap.h"

#include "decide/decide.h"

struct testdecide {
	const char *conf;  /* readdress.conf; NULL: the defaults */
	const char *rules; /* as in testmap.h; NULL: none */
	enum decision_direction direction;
	enum decision_why why;
	const char *sender;
	const char *sender_resolved; /* {mail_addr} */
	/* Lines "<bob@w>"; "|r={rcpt_addr}", "|n=NOTIFY" and "|o=ORCPT" may
	 * follow in a line. */
	const char *recipients;
	const char *headers; /* lines "Name: value", without folds */
	bool smtputf8;
	bool explain;

	/* What testdecide_open() makes, and testdecide_decide() fills. */
	struct config *config;
	struct map *map;      /* testmap_keep()'s */
	struct arena *arena;  /* of the message */
	struct arena *result; /* of the decision */
	struct decide_message message;
	struct decision decision;
	struct error error;
};

/* Makes what decide() needs: configuration, map, arenas and message. */
void testdecide_open(struct testdecide *test);

/* Calls decide() and returns what it returned. */
int testdecide_decide(struct testdecide *test);

/* Does both; fails the test unless decide() returns 0. */
void testdecide_run(struct testdecide *test);

void testdecide_close(struct testdecide *test);

/*
 * Returns the edits of the decision, one in a line, sorted:
 * "+address parameters", "-address", "from address", "headerN value". The order
 * among adds and among deletes does not matter. The text is in the arena of the
 * message.
 */
const char *testdecide_edits(struct testdecide *test);

/* Runs the message from open to close; fails the test unless these are the
 * edits. */
void testdecide_check(
	const char *name, struct testdecide test, const char *edits);

#endif
