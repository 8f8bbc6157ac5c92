/*
 * localpart: the parts of a local part that are set aside before rules are
 * looked up: a BATV tag before the name, and an extension after it. The
 * functions only read the bytes, which are those of struct mailbox, without
 * quotes.
 */
#ifndef READDRESS_MAIL_LOCALPART_H
#define READDRESS_MAIL_LOCALPART_H

#include <stddef.h>

/* Bits of localpart_syntax.batv. */
#define LOCALPART_PRVS 1u /* prvs=0987654321=bob (draft-levine-smtp-batv) */
#define LOCALPART_BTV1 2u /* btv1==0a1b2c3d4e5==bob (Barracuda's) */

struct localpart_syntax {
	const char *delimiter; /* each of these begins an extension; "": there
				  are none */
	unsigned batv;	       /* the tags that are recognised */
};

/*
 * Returns the length of the tags before the name, with their last "=". A tag is
 * "prvs=", ten letters or digits, "="; or "btv1==", letters or digits, "=="; in
 * upper or lower case. Tags may follow one another. Returns 0 if there is no
 * tag, or no name after it.
 */
size_t localpart_tag_len(
	const struct localpart_syntax *syntax, const char *local, size_t len);

/*
 * Returns where the extension of the name begins: the place of the first
 * delimiter that is not the first character; len if there is none. As in
 * Postfix, postmaster, mailer-daemon and double-bounce have no extension, and
 * if "-" is a delimiter, owner-NAME and NAME-request have none.
 */
size_t localpart_extension(
	const struct localpart_syntax *syntax, const char *local, size_t len);

#endif
