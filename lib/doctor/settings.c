#include "doctor/settings.h"

#include <inttypes.h>
#include <stdlib.h>

#include "diagnosis/remedy.h"
#include "postfix/words.h"

#define HEADER_SIZE_MIN 60000 /* what readdress writes at most */
#define SIZE_SPARE	65536 /* for headers that are added on the way */

int settings_check_original_recipient(struct diagnosis *diagnosis)
{
	static const char name[] = "enable_original_recipient";
	const struct postfix *postfix = diagnosis->postfix;
	const struct postfix_service *service = NULL;
	const struct postfix_service *next;

	/* A cleanup service may have a value of its own. */
	if (postfix_is_yes(postfix_value(postfix, NULL, name))) {
		for (size_t i = 0;
			!service && (next = postfix_service(postfix, i)); i++)
			if (!strcmp(next->command, "cleanup") &&
				!postfix_is_yes(
					postfix_value(postfix, next, name)))
				service = next;
		if (!service)
			return 0;
	}
	return diagnosis_say(diagnosis, DIAGNOSIS_FAIL,
		service ? diagnosis_text(diagnosis, "%s is no in %s/%s", name,
				  service->name, service->type)
			: "enable_original_recipient is no",
		"Postfix takes an added recipient for a duplicate of one that "
		"its own tables made of the old one, drops it, and the mail "
		"is lost after 250",
		remedy_unset(diagnosis, service, name));
}

/* True if both hold the same characters. */
static bool same_characters(const char *a, const char *b)
{
	return strspn(a, b) == strlen(a) && strspn(b, a) == strlen(b);
}

int settings_check_delimiter(struct diagnosis *diagnosis)
{
	const char *theirs =
		postfix_value(diagnosis->postfix, NULL, "recipient_delimiter");
	const char *ours = diagnosis->config->delimiter;

	if (same_characters(theirs, ours))
		return 0;
	return diagnosis_say(diagnosis, DIAGNOSIS_FAIL,
		diagnosis_text(diagnosis,
			"recipient_delimiter is \"%s\" in Postfix and \"%s\" "
			"in readdress.conf",
			theirs, ours),
		"bob+news@… is one mailbox to one of them and another to the "
		"other: it is refused, or not rewritten",
		diagnosis_text(diagnosis,
			"postconf -e 'recipient_delimiter = %s' && postfix "
			"reload",
			ours));
}

/* Returns the assignments that let all messages in that are up to size long:
 * where a mailbox may not be as long, Postfix delivers nothing to it. */
static const char *raise_size(struct diagnosis *diagnosis, uint64_t size)
{
	static const char *const names[] = { "mailbox_size_limit",
		"virtual_mailbox_limit" };
	const char *text = diagnosis_text(
		diagnosis, "'message_size_limit = %" PRIu64 "'", size);

	for (size_t i = 0; text && i < sizeof names / sizeof *names; i++) {
		uint64_t limit = strtoull(
			postfix_value(diagnosis->postfix, NULL, names[i]), NULL,
			10);

		if (limit && limit < size) /* 0 is no limit */
			text = diagnosis_text(diagnosis,
				"%s '%s = %" PRIu64 "'", text, names[i], size);
	}
	return text;
}

/* Compares the longest message that Postfix takes with what next hops take. */
static int check_size(struct diagnosis *diagnosis)
{
	const struct hopsize *largest = hopsizes_largest(diagnosis->sizes);
	const char *value =
		postfix_value(diagnosis->postfix, NULL, "message_size_limit");
	uint64_t limit = strtoull(value, NULL, 10);

	if (!largest || !limit || limit > largest->bytes)
		return 0;
	return diagnosis_say(diagnosis, DIAGNOSIS_WARN,
		diagnosis_text(diagnosis,
			"message_size_limit is %s, and the next hop of %.*s, "
			"%.*s, takes messages of up to %" PRIu64 " bytes",
			value, (int)largest->domain.len, largest->domain.data,
			(int)largest->nexthop.len, largest->nexthop.data,
			largest->bytes),
		"this relay refuses messages that the mailboxes would take, "
		"and headers that it adds count, too",
		diagnosis_text(diagnosis, "postconf -e %s && postfix reload",
			raise_size(diagnosis, largest->bytes + SIZE_SPARE)));
}

int settings_check_limits(struct diagnosis *diagnosis)
{
	const struct postfix *postfix = diagnosis->postfix;
	const char *header = postfix_value(postfix, NULL, "header_size_limit");
	const char *filter =
		postfix_value(postfix, NULL, "duplicate_filter_limit");
	const char *recipients =
		postfix_value(postfix, NULL, "smtpd_recipient_limit");
	long room = strtol(filter, NULL, 10);
	int result = 0;

	if (strtol(header, NULL, 10) < HEADER_SIZE_MIN)
		result = diagnosis_say(diagnosis, DIAGNOSIS_WARN,
			diagnosis_text(diagnosis,
				"header_size_limit is %s, expected 60000 at "
				"least",
				header),
			"Postfix cuts long To and Cc headers: the addresses "
			"at their end are gone",
			"postconf -X header_size_limit && postfix reload");
	/* 0 is no limit. */
	if (!result && room && strtol(recipients, NULL, 10) > room / 2)
		result = diagnosis_say(diagnosis, DIAGNOSIS_WARN,
			diagnosis_text(diagnosis,
				"smtpd_recipient_limit (%s) is over half of "
				"duplicate_filter_limit (%s)",
				recipients, filter),
			"in a message to very many recipients two of them "
			"with one target may get two copies",
			diagnosis_text(diagnosis,
				"postconf -e 'duplicate_filter_limit = %ld' "
				"&& postfix reload",
				2 * strtol(recipients, NULL, 10)));
	return result ? result : check_size(diagnosis);
}

int settings_check_bare_newline(struct diagnosis *diagnosis)
{
	const char *value = postfix_value(
		diagnosis->postfix, NULL, "smtpd_forbid_bare_newline");

	if (*value && strcasecmp(value, "no") != 0 &&
		strcasecmp(value, "false") != 0)
		return 0;
	return diagnosis_say(diagnosis, DIAGNOSIS_WARN,
		*value ? "smtpd_forbid_bare_newline is no"
		       : "this Postfix has no smtpd_forbid_bare_newline",
		"a stranger can hide a second message behind the first one "
		"(SMTP smuggling): its sender looks like one of yours",
		*value ? "postconf -e 'smtpd_forbid_bare_newline = yes' && "
			 "postfix reload"
		       : "apt-get install --only-upgrade postfix");
}

/* True if the level lets TLS be used. */
static bool is_on(const char *level)
{
	return *level && strcasecmp(level, "none") != 0;
}

int settings_check_tls(struct diagnosis *diagnosis)
{
	const struct postfix *postfix = diagnosis->postfix;
	int result = 0;

	if (!is_on(postfix_value(postfix, NULL, "smtpd_tls_security_level")) &&
		!postfix_is_yes(postfix_value(postfix, NULL, "smtpd_use_tls")))
		result = diagnosis_say(diagnosis, DIAGNOSIS_WARN,
			"smtpd_tls_security_level is not set: no TLS is "
			"offered",
			"all mail comes in readable for whoever sees the wire",
			"postconf -e 'smtpd_tls_security_level = may' && "
			"postfix reload (smtpd_tls_chain_files names the "
			"certificate)");
	if (!result &&
		!is_on(postfix_value(
			postfix, NULL, "smtp_tls_security_level")) &&
		!postfix_is_yes(postfix_value(postfix, NULL, "smtp_use_tls")))
		result = diagnosis_say(diagnosis, DIAGNOSIS_WARN,
			"smtp_tls_security_level is not set: no TLS is used",
			"all mail goes on readable for whoever sees the wire",
			"postconf -e 'smtp_tls_security_level = may' && "
			"postfix reload");
	return result;
}

/* Finds a word of the list that names a table in our state directory. */
static bool find_shared(
	const struct diagnosis *diagnosis, const char *list, struct bytes *word)
{
	const char *dir = diagnosis->config->state_dir;
	size_t len = strlen(dir);
	struct bytes rest = bytes_of(list);

	while (words_next(&rest, WORDS_OF_LIST, word)) {
		const char *at = memmem(word->data, word->len, dir, len);

		if (at && at > word->data && at[-1] == ':' &&
			at + len < word->data + word->len && at[len] == '/')
			return true;
	}
	return false;
}

int settings_check_tables_shared(struct diagnosis *diagnosis)
{
	const struct postfix *written = diagnosis->written;
	const char *name;
	int result = 0;

	/* What main.cf and master.cf do not set is made of what they set. */
	for (size_t i = 0; !result && postfix_setting(written, i, &name); i++) {
		const struct postfix_service *service =
			postfix_setting_service(written, i);
		const char *value;
		const char *left;
		struct bytes word;

		if (service)
			service = postfix_find_service(diagnosis->postfix,
				bytes_of(service->name),
				bytes_of(service->type));
		value = postfix_value(diagnosis->postfix, service, name);
		if (!find_shared(diagnosis, value, &word))
			continue;
		left = diagnosis_text(
			diagnosis, "%.*s", (int)word.len, word.data);
		if (left)
			left = remedy_without(diagnosis,
				remedy_written(diagnosis, service, name), left);
		if (!left)
			return ERR_NOMEM;
		result = diagnosis_say(diagnosis, DIAGNOSIS_FAIL,
			diagnosis_text(diagnosis, "%s opens a table in %s",
				name, diagnosis->config->state_dir),
			"the files there are sealed and are replaced by each "
			"load: Postfix reads nothing right in them",
			remedy_set(diagnosis, service, name, left));
	}
	return result;
}

int settings_check_versions(struct diagnosis *diagnosis)
{
	const char *version =
		postfix_value(diagnosis->postfix, NULL, "mail_version");
	struct bytes rest = bytes_of(version);
	uint64_t major = 0;
	uint64_t minor = 0;

	if (!bytes_number(&rest, 6, &major) || !bytes_take(&rest, ".") ||
		!bytes_number(&rest, 6, &minor))
		return diagnosis_skip(diagnosis,
			diagnosis_text(diagnosis,
				"mail_version is \"%s\", which is no version",
				version));
	if (major > 3 || (major == 3 && minor >= 7))
		return 0;
	return diagnosis_say(diagnosis, DIAGNOSIS_WARN,
		diagnosis_text(diagnosis,
			"this is Postfix %s, expected 3.7 or newer", version),
		"nobody has tried whether no mail is lost or doubled with it",
		"move the relay to Debian 12 or newer");
}
