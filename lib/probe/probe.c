#include "probe/probe.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* What Postfix writes (smtpd_check.c, verify.c, smtp_proto.c). */
#define IN_PROGRESS   "Address verification in progress"
#define UNDELIVERABLE "undeliverable address"
#define IN_REPLY_TO   "(in reply to "
#define TO_RCPT	      "RCPT TO command)"

/* What posttls-finger writes in front of each line of the chat. */
#define FINGER	    "posttls-finger: "
#define SIZE	    "SIZE "
#define SIZE_DIGITS 19

#define FNV_BASE  UINT64_C(14695981039346656037)
#define FNV_PRIME UINT64_C(1099511628211)

const char *probe_result_name(enum probe_result result)
{
	static const char *const names[] = { [PROBE_YES] = "yes",
		[PROBE_NO] = "no",
		[PROBE_UNKNOWN] = "unknown",
		[PROBE_WAIT] = "wait" };

	return names[result];
}

/* Returns what follows the last occurrence of word; its data is NULL if there
 * is none. */
static struct bytes find_after(struct bytes text, const char *word)
{
	size_t len = strlen(word);
	struct bytes after = { NULL, 0 };

	for (size_t i = 0; i + len <= text.len; i++)
		if (!memcmp(text.data + i, word, len))
			after = (struct bytes){ text.data + i + len,
				text.len - i - len };
	return after;
}

/* True if Postfix tells of another command of its than RCPT TO. */
static bool is_about_other(struct bytes text)
{
	struct bytes command = find_after(text, IN_REPLY_TO);

	return command.data && !bytes_take(&command, TO_RCPT);
}

enum probe_result probe_classify(unsigned code, struct bytes text)
{
	if (code / 100 == 2)
		return PROBE_YES;
	if (code / 100 == 4 && find_after(text, IN_PROGRESS).data)
		return PROBE_WAIT;
	if (code / 100 != 4 && code / 100 != 5)
		return PROBE_UNKNOWN;
	/* The code of an undeliverable address is 450 where
	 * unverified_recipient_reject_code is the default. */
	if (find_after(text, UNDELIVERABLE).data)
		return is_about_other(text) ? PROBE_UNKNOWN : PROBE_NO;
	/* 5.1.x is about the address (RFC 3463). */
	if (code / 100 == 5 && bytes_take(&text, "5.1."))
		return PROBE_NO;
	return PROBE_UNKNOWN;
}

bool probe_read_size(struct bytes chat, uint64_t *size)
{
	*size = 0;
	while (chat.len) {
		struct bytes line = bytes_cut(&chat, '\n');

		if (bytes_take(&line, FINGER "> EHLO "))
			*size = 0;
		if (!bytes_take(&line, FINGER "< 250"))
			continue;
		if ((bytes_take(&line, "-") || bytes_take(&line, " ")) &&
			line.len > strlen(SIZE) &&
			!strncasecmp(line.data, SIZE, strlen(SIZE))) {
			line.data += strlen(SIZE);
			line.len -= strlen(SIZE);
			if (!bytes_number(&line, SIZE_DIGITS, size) ||
				bytes_trim(line, " \r").len)
				*size = 0;
		}
	}
	return *size;
}

/* FNV-1a */
static uint64_t add(uint64_t hash, struct bytes text)
{
	for (size_t i = 0; i < text.len; i++)
		hash = (hash ^ (unsigned char)text.data[i]) * FNV_PRIME;
	return (hash ^ 0x100) * FNV_PRIME;
}

void probe_make_user(
	struct bytes salt, struct bytes domain, char user[PROBE_USER_MAX])
{
	(void)snprintf(user, PROBE_USER_MAX, "probe-%016" PRIx64,
		add(add(FNV_BASE, salt), domain));
}
