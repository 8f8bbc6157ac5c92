/*
 * reach: whether another user gets to a socket, and who listens there. Tested
 * by tests/e2e/doctor.test.
 */
#ifndef READDRESS_TOOL_REACH_H
#define READDRESS_TOOL_REACH_H

#include "diagnosis/diagnosis.h"

/* Connects to "unix:/path" or "inet:host:port" as the user, in a process of its
 * own, and sends nothing. Who is not root connects as himself: then what is
 * denied to him is DIAGNOSIS_STATE_UNKNOWN. Waits for 3 s at most. */
void reach(
	const char *endpoint, const char *user, struct diagnosis_socket *seen);

#endif
