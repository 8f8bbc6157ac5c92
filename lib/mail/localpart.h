/*
 * localpart: what stands around the name in a local part, and is set aside
 * before the rules are looked up: a BATV tag in front of it, an extension
 * behind it. Pure; the bytes are those of struct mailbox, without quotes.
 */
#ifndef READDRESS_MAIL_LOCALPART_H
#define READDRESS_MAIL_LOCALPART_H

#include <stddef.h>

/* Bits of localpart_syntax.batv. */
#define LOCALPART_PRVS 1u /* prvs=0987654321=bob (draft-levine-smtp-batv) */
#define LOCALPART_BTV1 2u /* btv1==0a1b2c3d4e5==bob (Barracuda's) */

struct localpart_syntax {
	const char *delimiter; /* any of these begins an extension; "": none */
	unsigned batv;	       /* the tags that are known */
};

/*
 * The length of the tags in front of the name, with their last "=": "prvs=",
 * ten letters or digits, "="; "btv1==", letters or digits, "==". In any case;
 * one may stand behind another. 0 where there is none, or no name behind it.
 */
size_t localpart_tag_len(
	const struct localpart_syntax *syntax, const char *local, size_t len);

/*
 * Where the extension of the name begins, on its delimiter: at the first one
 * that is not in front. len where there is none. As Postfix does, postmaster,
 * mailer-daemon and double-bounce have none, and where "-" is a delimiter
 * owner-NAME and NAME-request have none.
 */
size_t localpart_extension(
	const struct localpart_syntax *syntax, const char *local, size_t len);

#endif
