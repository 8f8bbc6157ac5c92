/*
 * talk: one connection to an SMTP server on this host, in plain text, with one
 * command at a time. libcurl, which fetches policies, speaks SMTP only to send
 * whole messages. Tested by tests/e2e/setup.test and tests/e2e/probe.test.
 */
#ifndef READDRESS_TOOL_MTA_TALK_H
#define READDRESS_TOOL_MTA_TALK_H

#include <stdbool.h>

#define TALK_REPLY_MAX 2048

struct talk {
	int fd; /* -1: not connected */
	/* The reply: its last line with the code. If there is none, why. */
	char reply[TALK_REPLY_MAX];
};

/* Connects to a host name or an address, and a port. Returns false if nobody
 * answers there; reply then says why. talk_close() it in both cases. */
bool talk_open(struct talk *talk, const char *host, const char *port);
void talk_close(struct talk *talk);

/* Waits for a reply, 30 s at most for each line of it. Returns its code; 0 if
 * none comes, or if it does not begin with a code. */
int talk_hear(struct talk *talk);

/* Sends a line, which ends in CR LF, and waits for the reply likewise. */
int talk_say(struct talk *talk, const char *line);

#endif
