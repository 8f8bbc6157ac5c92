#include "doctor/filters.h"

#include "doctor/actions.h"
#include "doctor/headerchecks.h"
#include "map/nameset.h"
#include "postfix/words.h"

struct search {
	struct diagnosis *diagnosis;
	int (*look)(void *context, const struct filters_found *found);
	void *context;
	const char *parameter;
	struct nameset *seen; /* tables of access(5) */
	bool all;	      /* also of mail that does not pass the milter */
};

static int look_at_entry(void *context, const struct actions_entry *entry)
{
	const struct search *search = context;
	struct filters_found found = { .parameter = search->parameter };

	if (!bytes_equal_nocase(entry->action, bytes_of("FILTER")))
		return 0;
	found.transport = diagnosis_text(search->diagnosis, "%.*s",
		(int)entry->operand.len, entry->operand.data);
	return found.transport ? search->look(search->context, &found)
			       : ERR_NOMEM;
}

static int look_at_check(void *context, const struct headerchecks_found *found)
{
	struct search *search = context;

	search->parameter = found->parameter;
	return (found->used || search->all) && found->entry
		       ? look_at_entry(search, found->entry)
		       : 0;
}

/* "check_client_access" */
static bool is_access(struct bytes word)
{
	static const char front[] = "check_";
	static const char back[] = "_access";

	return word.len > strlen(front) + strlen(back) &&
	       !strncasecmp(word.data, front, strlen(front)) &&
	       !strncasecmp(
		       word.data + word.len - strlen(back), back, strlen(back));
}

static int look_at_restrictions(struct search *search,
	const struct postfix_service *service, const char *parameter)
{
	struct diagnosis *diagnosis = search->diagnosis;
	struct bytes rest =
		bytes_of(postfix_value(diagnosis->postfix, service, parameter));
	struct bytes word;
	bool access = false;
	int result = 0;

	search->parameter = parameter;
	while (!result && words_next(&rest, WORDS_OF_LIST, &word)) {
		if (access && !nameset_has(search->seen, word)) {
			result = nameset_add(search->seen, word);
			if (!result)
				result = actions_each(
					diagnosis, word, look_at_entry, search);
			if (result == ERR_IO)
				result = 0;
		}
		access = is_access(word);
	}
	return result;
}

/* Looks at all restrictions of an smtpd, and at those that stand for others. */
static int look_at_service(
	struct search *search, const struct postfix_service *service)
{
	static const char *const lists[] = { "smtpd_client_restrictions",
		"smtpd_helo_restrictions", "smtpd_sender_restrictions",
		"smtpd_relay_restrictions", "smtpd_recipient_restrictions",
		"smtpd_data_restrictions", "smtpd_end_of_data_restrictions" };
	struct diagnosis *diagnosis = search->diagnosis;
	struct bytes rest = bytes_of(postfix_value(
		diagnosis->postfix, service, "smtpd_restriction_classes"));
	struct bytes word;
	int result = 0;

	for (size_t i = 0; !result && i < sizeof lists / sizeof *lists; i++)
		result = look_at_restrictions(search, service, lists[i]);
	while (!result && words_next(&rest, WORDS_OF_LIST, &word)) {
		const char *name = diagnosis_text(
			diagnosis, "%.*s", (int)word.len, word.data);

		result = name ? look_at_restrictions(search, service, name)
			      : ERR_NOMEM;
	}
	return result;
}

int filters_each(struct diagnosis *diagnosis, bool all,
	int (*look)(void *context, const struct filters_found *found),
	void *context)
{
	struct search search = { .diagnosis = diagnosis,
		.look = look,
		.context = context,
		.all = all,
		.seen = nameset_open() };
	const struct postfix_service *service;
	int result = search.seen ? 0 : ERR_NOMEM;

	if (!result)
		result = headerchecks_each(diagnosis, look_at_check, &search);
	for (size_t i = 0;
		!result && (service = postfix_service(diagnosis->postfix, i));
		i++)
		if (!strcmp(service->command, "smtpd") &&
			(all || diagnosis_count_ours(diagnosis, service, NULL)))
			result = look_at_service(&search, service);
	nameset_close(search.seen);
	return result;
}
