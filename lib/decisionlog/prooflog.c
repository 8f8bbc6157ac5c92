#include "decisionlog/prooflog.h"

#include <stdio.h>

#include "decisionlog/logaddress.h"

#define SHOWN 70 /* a name or a value, escaped and cut */

/* Escapes text like log_escape(), and also the quotes, which would end the
 * value. */
static void escape(const struct log *log, struct bytes text, char out[SHOWN])
{
	char plain[SHOWN];
	size_t used = 0;

	/* The value may contain an address, which the log may have to hide. */
	if (text.len && memchr(text.data, '@', text.len))
		(void)logaddress(log, text, plain, sizeof plain);
	else
		(void)log_escape(text, plain, sizeof plain);
	for (const char *c = plain; *c && used + 5 < SHOWN; c++) {
		if (*c != '"')
			out[used++] = *c;
		else
			used += (size_t)snprintf(
				out + used, SHOWN - used, "\\x22");
	}
	out[used] = '\0';
}

void prooflog_origin(
	const struct decide_message *message, char text[PROOFLOG_ORIGIN_MAX])
{
	char client[48] = "-";
	char daemon[SHOWN - 20] = "-";

	if (message->client && *message->client)
		(void)log_escape(
			bytes_of(message->client), client, sizeof client);
	if (message->daemon && *message->daemon)
		(void)log_escape(
			bytes_of(message->daemon), daemon, sizeof daemon);
	(void)snprintf(text, PROOFLOG_ORIGIN_MAX, " client=%s daemon=%s",
		client, daemon);
}

/* Appends ' WORD="Name: value"' to text. Returns false, and appends nothing, if
 * text would then be longer than room. */
static bool add(const struct log *log, const char *word, struct bytes name,
	struct bytes value, char text[PROOFLOG_MAX], size_t room)
{
	char shown_name[SHOWN];
	char shown_value[SHOWN];
	char item[2 * SHOWN + 32];
	size_t used = strlen(text);

	escape(log, name, shown_name);
	escape(log, value, shown_value);
	(void)snprintf(item, sizeof item, " %s=\"%s: %s\"", word, shown_name,
		shown_value);
	if (used + strlen(item) >= room)
		return false;
	memcpy(text + used, item, strlen(item) + 1);
	return true;
}

static void count_more(const char *word, size_t more, char text[PROOFLOG_MAX])
{
	size_t used = strlen(text);

	if (more)
		(void)snprintf(text + used, PROOFLOG_MAX - used, " %s=%zu",
			word, more);
}

void prooflog_text(const struct decision *decision,
	const struct decide_message *message, const struct log *log,
	char text[PROOFLOG_MAX])
{
	const struct decision_proof *proof = &decision->proof;
	const struct config_required *unseen = proof->unseen;
	/* The last bytes are kept for "unseen" and the counts. */
	size_t room = PROOFLOG_MAX - (unseen ? 2 * SHOWN + 50 : 0) - 20;
	size_t shown = 0;

	prooflog_origin(message, text);
	while (shown < proof->found_count && shown < DECISION_FOUND) {
		const struct decide_header *header =
			&message->headers[proof->found[shown]];

		if (!add(log, "found", header->name,
			    bytes_trim(header->value, BYTES_FWS), text, room))
			break;
		shown++;
	}
	if (!proof->found_count) {
		size_t used = strlen(text);

		(void)snprintf(text + used, PROOFLOG_MAX - used, " found=none");
	}
	count_more("more", proof->found_count - shown, text);
	if (!unseen)
		return;
	(void)add(log, "unseen", bytes_of(unseen->name),
		bytes_of(unseen->value), text, PROOFLOG_MAX - 20);
	count_more("unseen-more", proof->unseen_count - 1, text);
}
