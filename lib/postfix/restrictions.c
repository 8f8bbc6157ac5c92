#include "postfix/restrictions.h"

#include "postfix/words.h"

static const char *const lists[] = { "smtpd_client_restrictions",
	"smtpd_helo_restrictions", "smtpd_sender_restrictions",
	"smtpd_relay_restrictions", "smtpd_recipient_restrictions" };

#define NESTED_MAX 4 /* classes of restrictions within others */

/* Whose lists are judged, and by whom tables are asked. */
struct judge {
	const struct postfix *postfix;
	const struct postfix_service *service;
	restrictions_ask *ask;
	void *context;
};

/* Judges one restriction that takes no operand. */
static enum restrictions_verdict judge_word(
	const struct postfix *postfix, struct bytes word)
{
	static const char *const stop[] = { "reject_unauth_destination",
		"defer_unauth_destination", "reject", "defer" };

	for (size_t i = 0; i < sizeof stop / sizeof *stop; i++)
		if (bytes_equal_nocase(word, bytes_of(stop[i])))
			return RESTRICTIONS_STOPS;
	if (bytes_equal_nocase(word, bytes_of("permit")))
		return RESTRICTIONS_LETS;
	if (bytes_equal_nocase(word, bytes_of("permit_mx_backup")) &&
		!*postfix_value(postfix, NULL, "permit_mx_backup_networks"))
		return RESTRICTIONS_BACKUP;
	return RESTRICTIONS_GOES_ON;
}

static enum restrictions_verdict judge_list(
	const struct judge *judge, const char *list, unsigned depth);

/* Judges what a table says (access(5)): an action, or restrictions. */
static enum restrictions_verdict judge_action(
	const struct judge *judge, const char *action, unsigned depth)
{
	struct bytes rest = bytes_of(action);
	struct bytes word;
	uint64_t number;

	if (!words_next(&rest, WORDS_OF_LIST, &word))
		return RESTRICTIONS_GOES_ON;
	rest = word;
	if (bytes_equal_nocase(word, bytes_of("OK")))
		return RESTRICTIONS_LETS;
	if (bytes_equal_nocase(word, bytes_of("REJECT")) ||
		bytes_equal_nocase(word, bytes_of("DEFER")))
		return RESTRICTIONS_STOPS;
	/* "450 text" refuses; any other number lets mail pass. */
	if (bytes_number(&rest, 9, &number) && !rest.len)
		return word.len == 3 && strchr("45", *word.data)
			       ? RESTRICTIONS_STOPS
			       : RESTRICTIONS_LETS;
	return judge_list(judge, action, depth);
}

/* "check_client_access" */
static bool is_access(struct bytes word)
{
	static const char back[] = "_access";

	return bytes_take(&word, "check_") && word.len > strlen(back) &&
	       !strncasecmp(
		       word.data + word.len - strlen(back), back, strlen(back));
}

/* Judges a restriction and its operand, which *rest begins with. */
static enum restrictions_verdict judge_access(const struct judge *judge,
	struct bytes restriction, struct bytes rest, unsigned depth)
{
	const char *action;
	struct bytes table;

	if (!judge->ask || !depth || !words_next(&rest, WORDS_OF_LIST, &table))
		return RESTRICTIONS_GOES_ON;
	action = judge->ask(judge->context, restriction, table);
	return action ? judge_action(judge, action, depth - 1)
		      : RESTRICTIONS_GOES_ON;
}

/* Judges a list of restrictions, in its order. Names of
 * smtpd_restriction_classes stand for lists of their own. */
static enum restrictions_verdict judge_list(
	const struct judge *judge, const char *list, unsigned depth)
{
	const char *classes = postfix_value(
		judge->postfix, judge->service, "smtpd_restriction_classes");
	struct bytes rest = bytes_of(list);
	struct bytes word;
	bool warns = false;

	while (words_next(&rest, WORDS_OF_LIST, &word)) {
		enum restrictions_verdict verdict =
			judge_word(judge->postfix, word);
		char name[128];

		if (is_access(word)) {
			verdict = judge_access(judge, word, rest, depth);
		} else if (depth && word.len < sizeof name &&
			   words_have(bytes_of(classes), word)) {
			memcpy(name, word.data, word.len);
			name[word.len] = '\0';
			verdict = judge_list(judge,
				postfix_value(
					judge->postfix, judge->service, name),
				depth - 1);
		}
		/* Of the restriction behind it, it only logs. */
		if (verdict != RESTRICTIONS_GOES_ON &&
			!(warns && verdict == RESTRICTIONS_STOPS))
			return verdict;
		warns = bytes_equal_nocase(word, bytes_of("warn_if_reject"));
	}
	return RESTRICTIONS_GOES_ON;
}

enum restrictions_verdict restrictions_judge(const struct postfix *postfix,
	const struct postfix_service *service, restrictions_ask *ask,
	void *context)
{
	const struct judge judge = { postfix, service, ask, context };
	enum restrictions_verdict worst = RESTRICTIONS_GOES_ON;

	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
		enum restrictions_verdict verdict = judge_list(&judge,
			postfix_value(postfix, service, lists[i]), NESTED_MAX);

		if (verdict == RESTRICTIONS_STOPS)
			return verdict;
		if (verdict == RESTRICTIONS_BACKUP)
			worst = verdict;
	}
	return worst;
}

/* True if the list says "reject" or "defer" to all that come so far. */
static bool ends_with_reject(const char *list)
{
	struct bytes rest = bytes_of(list);
	struct bytes word;
	bool warns = false;

	while (words_next(&rest, WORDS_OF_LIST, &word)) {
		if (bytes_equal_nocase(word, bytes_of("permit")))
			return false;
		if (!warns &&
			(bytes_equal_nocase(word, bytes_of("reject")) ||
				bytes_equal_nocase(word, bytes_of("defer"))))
			return true;
		warns = bytes_equal_nocase(word, bytes_of("warn_if_reject"));
	}
	return false;
}

bool restrictions_close(
	const struct postfix *postfix, const struct postfix_service *service)
{
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
		if (ends_with_reject(postfix_value(postfix, service, lists[i])))
			return true;
	return false;
}
