#include "doctor/headerchecks.h"

#include "diagnosis/remedy.h"
#include "postfix/words.h"

static bool switches_off(const struct actions_entry *entry)
{
	return bytes_equal_nocase(entry->action, bytes_of("PASS")) ||
	       bytes_equal_nocase(entry->action, bytes_of("REDIRECT"));
}

/* Returns the command that writes another action into the entry, and nowhere
 * else, for a pattern may have the same word. */
static const char *change(struct diagnosis *diagnosis,
	const struct headerchecks_found *found, const char *action)
{
	const struct actions_entry *entry = found->entry;
	struct bytes path = found->table;

	(void)bytes_cut(&path, ':');
	if (entry->line)
		return diagnosis_text(diagnosis,
			"LC_ALL=C sed -i '%zus/^\\(.\\{%zu\\}\\)%.*s/\\1%s/' "
			"%.*s && postfix reload",
			entry->line, entry->column, (int)entry->action.len,
			entry->action.data, action, (int)path.len, path.data);
	return remedy_replace(diagnosis, found->cleanup, entry->text,
		diagnosis_text(diagnosis, "%.*s%s",
			(int)(entry->text.len - entry->action.len),
			entry->text.data, action),
		diagnosis_text(diagnosis,
			"write %s for %.*s in %s, then `postfix reload`",
			action, (int)entry->action.len, entry->action.data,
			found->parameter));
}

static int say_off(void *context, const struct headerchecks_found *found)
{
	struct diagnosis *diagnosis = context;
	const struct actions_entry *entry = found->entry;

	if (!entry)
		return diagnosis_skip(diagnosis,
			diagnosis_text(diagnosis,
				"cannot read %.*s, which %s names",
				(int)found->table.len, found->table.data,
				found->parameter));
	if (!switches_off(entry))
		return 0;
	return diagnosis_say(diagnosis,
		found->used ? DIAGNOSIS_FAIL : DIAGNOSIS_WARN,
		diagnosis_text(diagnosis, "%s of %s/%s has %.*s in %.*s",
			found->parameter, found->cleanup->name,
			found->cleanup->type, (int)entry->action.len,
			entry->action.data, (int)found->table.len,
			found->table.data),
		"a message that it matches meets no milter: it leaves "
		"un-rewritten, with internal addresses in it, or goes to a "
		"mailbox that is no more",
		change(diagnosis, found,
			bytes_equal_nocase(entry->action, bytes_of("PASS"))
				? "DUNNO"
				: "BCC"));
}

/* True if a service that has the milter hands mail to this cleanup, with checks
 * of headers and bodies. */
static bool is_used(const struct diagnosis *diagnosis,
	const struct postfix_service *cleanup)
{
	const struct postfix *postfix = diagnosis->postfix;
	const struct postfix_service *service;

	for (size_t i = 0; (service = diagnosis_next(diagnosis, &i, NULL));)
		if (!strcmp(postfix_value(
				    postfix, service, "cleanup_service_name"),
			    cleanup->name) &&
			!postfix_list_has(postfix_value(postfix, service,
						  "receive_override_options"),
				"no_header_body_checks"))
			return true;
	return false;
}

struct search {
	struct headerchecks_found found;
	int (*look)(void *context, const struct headerchecks_found *found);
	void *context;
};

static int look_at_entry(void *context, const struct actions_entry *entry)
{
	struct search *search = context;

	search->found.entry = entry;
	return search->look(search->context, &search->found);
}

static int look_at_list(struct diagnosis *diagnosis, struct search *search)
{
	struct bytes rest = bytes_of(postfix_value(diagnosis->postfix,
		search->found.cleanup, search->found.parameter));
	struct bytes word;
	int result = 0;

	while (!result && words_next(&rest, WORDS_OF_LIST, &word)) {
		while (bytes_take(&word, "proxy:"))
			;
		search->found.table = word;
		result = actions_each(diagnosis, word, look_at_entry, search);
		if (result == ERR_IO)
			result = look_at_entry(search, NULL);
	}
	return result;
}

int headerchecks_each(struct diagnosis *diagnosis,
	int (*look)(void *context, const struct headerchecks_found *found),
	void *context)
{
	static const char *const parameters[] = { "header_checks",
		"mime_header_checks", "nested_header_checks", "body_checks" };
	const size_t count = sizeof parameters / sizeof *parameters;
	struct search search = { .look = look, .context = context };
	const struct postfix *postfix = diagnosis->postfix;
	const struct postfix_service *cleanup;
	int result = 0;

	for (size_t i = 0; !result && (cleanup = postfix_service(postfix, i));
		i++) {
		if (strcmp(cleanup->command, "cleanup") != 0)
			continue;
		search.found.cleanup = cleanup;
		search.found.used = is_used(diagnosis, cleanup);
		for (size_t k = 0; !result && k < count; k++) {
			/* By default these two are header_checks. */
			if ((k == 1 || k == 2) &&
				!strcmp(postfix_value(postfix, cleanup,
						parameters[k]),
					postfix_value(postfix, cleanup,
						parameters[0])))
				continue;
			search.found.parameter = parameters[k];
			result = look_at_list(diagnosis, &search);
		}
	}
	return result;
}

int headerchecks_check(struct diagnosis *diagnosis)
{
	return headerchecks_each(diagnosis, say_off, diagnosis);
}
