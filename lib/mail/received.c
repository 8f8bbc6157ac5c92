#include "mail/received.h"

/* Removes the next line from *rest and returns it without its line break; "" if
 * there is none. */
static struct bytes next_line(struct bytes *rest)
{
	struct bytes line = bytes_cut(rest, '\n');

	if (line.len && line.data[line.len - 1] == '\r')
		line.len--;
	return line;
}

/* Removes "HOST (", which mail_name follows. */
static bool take_host(struct bytes *line, const char *host)
{
	return *host && bytes_take(line, host) && bytes_take(line, " (");
}

static bool ends_with(struct bytes text, const char *end)
{
	size_t len = strlen(end);

	return text.len >= len && !memcmp(text.data + text.len - len, end, len);
}

/* Removes end from the end of *text. Returns false if *text does not end with
 * it. */
static bool drop(struct bytes *text, const char *end)
{
	if (!ends_with(*text, end))
		return false;
	text->len -= strlen(end);
	return true;
}

/* True if the header is " by HOST (mail_name, from userid 102)" and, on the
 * next line, "\tid ...". */
static bool is_requeued(const struct received_mta *mta, struct bytes value)
{
	struct bytes line = next_line(&value);

	return bytes_take(&line, " by ") && take_host(&line, mta->host) &&
	       drop(&line, ")") && drop(&line, mta->user) &&
	       drop(&line, ", from userid ") && line.len &&
	       bytes_take(&value, "\tid ");
}

/* Removes "SMTP", "ESMTP" or "UTF8SMTP", with "S", "A" or both after it. */
static bool take_protocol(struct bytes *text)
{
	if (!bytes_take(text, "UTF8SMTP") && !bytes_take(text, "ESMTP") &&
		!bytes_take(text, "SMTP"))
		return false;
	(void)bytes_take(text, "S");
	(void)bytes_take(text, "A");
	return !text->len || text->data[0] == ' ' || text->data[0] == ';';
}

/* True if the line is "mail_name) with ESMTP id ..." or, with
 * smtpd_hide_client_session of Postfix 3.10, "mail_name) id ...". In bounces
 * and forwarded mail of Postfix itself, nothing follows mail_name on this
 * line. */
static bool is_service(struct bytes line)
{
	for (; line.len; line.data++, line.len--) {
		struct bytes rest = line;

		if (!bytes_take(&rest, ") "))
			continue;
		if (bytes_take(&rest, "id "))
			return true;
		if (bytes_take(&rest, "with "))
			return take_protocol(&rest);
	}
	return false;
}

/* True if the header is " from ..." with a later line "\tby HOST (mail_name)
 * with ESMTP id ..."; or, if the session of the client is hidden, " by HOST
 * (mail_name) id ...". */
static bool is_smtpd(const struct received_mta *mta, struct bytes value)
{
	struct bytes line = next_line(&value);

	if (bytes_take(&line, " by "))
		return take_host(&line, mta->host) && is_service(line);
	if (!bytes_take(&line, " from "))
		return false;
	while (value.len) {
		line = next_line(&value);
		if (bytes_take(&line, "\tby "))
			return take_host(&line, mta->host) && is_service(line);
	}
	return false;
}

bool received_is_name(struct bytes name)
{
	return bytes_equal(name, bytes_of("Received"));
}

enum received_by received_by(const struct received_mta *mta, struct bytes value)
{
	if (!mta->host || !mta->user || !*mta->user)
		return RECEIVED_OTHER;
	if (is_requeued(mta, value))
		return RECEIVED_REQUEUED;
	return is_smtpd(mta, value) ? RECEIVED_SMTPD : RECEIVED_OTHER;
}

bool received_next(enum received_state *state, const struct received_mta *mta,
	struct bytes name, struct bytes value)
{
	enum received_by by = RECEIVED_OTHER;

	if (*state == RECEIVED_DECIDED || *state == RECEIVED_UNDECIDED)
		return false;
	if (!bytes_equal_nocase(name, bytes_of("Received")))
		return true;
	if (received_is_name(name))
		by = received_by(mta, value);
	if (by == RECEIVED_REQUEUED) {
		*state = RECEIVED_AGAIN;
		return true;
	}
	*state = by == RECEIVED_SMTPD && *state == RECEIVED_AGAIN
			 ? RECEIVED_DECIDED
			 : RECEIVED_UNDECIDED;
	return false;
}
