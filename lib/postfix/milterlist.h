/*
 * milterlist: the milters in the value of smtpd_milters or non_smtpd_milters:
 * "unix:readdress/milter.sock, { inet:localhost:11332, default_action=accept }"
 * (postconf(5), MILTER_README).
 */
#ifndef READDRESS_POSTFIX_MILTERLIST_H
#define READDRESS_POSTFIX_MILTERLIST_H

#include "base/bytes.h"

/* One milter; everything points into the value. */
struct milterlist_item {
	struct bytes endpoint; /* "unix:readdress/milter.sock" */
	struct bytes options;  /* in braces behind the endpoint; may be empty */
};

/* Cuts the next milter off *rest, which begins as the whole value. Returns
 * false at the end. A brace that is never closed ends with the value. */
bool milterlist_next(struct bytes *rest, struct milterlist_item *item);

/* The value of an option of the item, such as "default_action"; or, when the
 * item does not have it, otherwise. */
struct bytes milterlist_option(const struct milterlist_item *item,
	const char *name, const char *otherwise);

/* Cuts the type off the endpoint of a UNIX-domain socket, and the queue
 * directory off the path behind it. Returns false, and changes nothing, for any
 * other endpoint. queue_directory: without "/" at its end. */
bool milterlist_take_path(struct bytes *endpoint, const char *queue_directory);

/* True if both endpoints name one socket: Postfix takes "local:" for "unix:",
 * a path that begins without "/" is below its queue directory, which may be
 * written out, and the names of loopback are one. queue_directory: without "/"
 * at its end. */
bool milterlist_is_same(
	struct bytes a, struct bytes b, const char *queue_directory);

#endif
