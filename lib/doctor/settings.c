#include "doctor/settings.h"

#include <inttypes.h>
#include <stdio.h>
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

/* Looks at the length of headers that a cleanup keeps; NULL: main.cf's. */
static int check_headers(
	struct diagnosis *diagnosis, const struct postfix_service *cleanup)
{
	static const char name[] = "header_size_limit";
	const char *limit = postfix_value(diagnosis->postfix, cleanup, name);

	if (strtol(limit, NULL, 10) >= HEADER_SIZE_MIN)
		return 0;
	return diagnosis_say(diagnosis, DIAGNOSIS_WARN,
		diagnosis_text(diagnosis,
			"%s is %s%s%s, expected 60000 at least", name, limit,
			cleanup ? " in " : "",
			cleanup ? diagnosis_name(diagnosis, cleanup) : ""),
		"Postfix cuts long To and Cc headers: the addresses at their "
		"end are gone",
		remedy_unset(diagnosis, cleanup, name));
}

static long recipients_of(
	const struct postfix *postfix, const struct postfix_service *smtpd)
{
	return strtol(postfix_value(postfix, smtpd, "smtpd_recipient_limit"),
		NULL, 10);
}

/* Looks at how many recipients an smtpd takes; NULL: main.cf's number. */
static int check_recipients(
	struct diagnosis *diagnosis, const struct postfix_service *smtpd)
{
	const char *filter = postfix_value(
		diagnosis->postfix, NULL, "duplicate_filter_limit");
	long recipients = recipients_of(diagnosis->postfix, smtpd);
	long room = strtol(filter, NULL, 10);

	/* 0 is no limit. */
	if (!room || recipients <= room / 2)
		return 0;
	return diagnosis_say(diagnosis, DIAGNOSIS_WARN,
		diagnosis_text(diagnosis,
			"smtpd_recipient_limit (%ld%s%s) is over half of "
			"duplicate_filter_limit (%s)",
			recipients, smtpd ? ", in " : "",
			smtpd ? diagnosis_name(diagnosis, smtpd) : "", filter),
		"in a message to very many recipients two of them with one "
		"target may get two copies",
		diagnosis_text(diagnosis,
			"postconf -e 'duplicate_filter_limit = %ld' && postfix "
			"reload",
			2 * recipients));
}

int settings_check_limits(struct diagnosis *diagnosis)
{
	const struct postfix *postfix = diagnosis->postfix;
	const struct postfix_service *most = NULL; /* recipients */
	const struct postfix_service *service;
	int result = check_headers(diagnosis, NULL);

	for (size_t i = 0; !result && (service = postfix_service(postfix, i));
		i++)
		if (!strcmp(service->command, "cleanup") &&
			postfix_overrides(
				postfix, service, "header_size_limit"))
			result = check_headers(diagnosis, service);
	for (size_t i = 0; (service = diagnosis_next(diagnosis, &i, NULL));)
		if (recipients_of(postfix, service) >
			recipients_of(postfix, most))
			most = service;
	if (!result)
		result = check_recipients(diagnosis, most);
	return result ? result : check_size(diagnosis);
}

/* Calls look for main.cf and for each smtpd that outsiders reach and that sets
 * the parameter itself. */
static int look_at_public(struct diagnosis *diagnosis, const char *name,
	int (*look)(struct diagnosis *diagnosis,
		const struct postfix_service *service))
{
	const struct postfix_service *service;
	int result = look(diagnosis, NULL);

	for (size_t i = 0;
		!result && (service = postfix_service(diagnosis->postfix, i));
		i++)
		if (diagnosis_is_public(diagnosis, service) &&
			postfix_overrides(diagnosis->postfix, service, name))
			result = look(diagnosis, service);
	return result;
}

/* " in smtp/inet"; "" for main.cf. */
static const char *place(
	struct diagnosis *diagnosis, const struct postfix_service *service)
{
	return service ? diagnosis_text(diagnosis, " in %s/%s", service->name,
				 service->type)
		       : "";
}

static int look_at_newline(
	struct diagnosis *diagnosis, const struct postfix_service *service)
{
	static const char name[] = "smtpd_forbid_bare_newline";
	const char *value = postfix_value(diagnosis->postfix, service, name);
	const char *where = place(diagnosis, service);

	if (*value && strcasecmp(value, "no") != 0 &&
		strcasecmp(value, "false") != 0)
		return 0;
	if (!where)
		return ERR_NOMEM;
	return diagnosis_say(diagnosis, DIAGNOSIS_WARN,
		*value ? diagnosis_text(diagnosis, "%s is no%s", name, where)
		       : "this Postfix has no smtpd_forbid_bare_newline",
		"a stranger can hide a second message behind the first one "
		"(SMTP smuggling): its sender looks like one of yours",
		*value ? remedy_set(diagnosis, service, name, "yes")
		       : "apt-get install --only-upgrade postfix");
}

int settings_check_bare_newline(struct diagnosis *diagnosis)
{
	return look_at_public(
		diagnosis, "smtpd_forbid_bare_newline", look_at_newline);
}

/* True if the level lets TLS be used. */
static bool is_on(const char *level)
{
	return *level && strcasecmp(level, "none") != 0;
}

static int look_at_offer(
	struct diagnosis *diagnosis, const struct postfix_service *service)
{
	static const char name[] = "smtpd_tls_security_level";
	const struct postfix *postfix = diagnosis->postfix;
	const char *where = place(diagnosis, service);

	if (is_on(postfix_value(postfix, service, name)) ||
		postfix_is_yes(
			postfix_value(postfix, service, "smtpd_use_tls")) ||
		postfix_is_yes(postfix_value(
			postfix, service, "smtpd_tls_wrappermode")))
		return 0;
	if (!where)
		return ERR_NOMEM;
	return diagnosis_say(diagnosis, DIAGNOSIS_WARN,
		diagnosis_text(diagnosis, "%s is not set%s: no TLS is offered",
			name, where),
		"all mail comes in readable for whoever sees the wire",
		diagnosis_text(diagnosis,
			"%s (smtpd_tls_chain_files names the certificate)",
			remedy_set(diagnosis, service, name, "may")));
}

/* The client by which mail leaves: the transport of the parameter. */
static int look_at_client(struct diagnosis *diagnosis, const char *parameter)
{
	static const char name[] = "smtp_tls_security_level";
	const struct postfix *postfix = diagnosis->postfix;
	struct bytes rest = bytes_of(postfix_value(postfix, NULL, parameter));
	const struct postfix_service *client = postfix_find_service(
		postfix, bytes_cut(&rest, ':'), bytes_of("unix"));

	if (!client || strcmp(client->command, "smtp") != 0 ||
		!postfix_overrides(postfix, client, name) ||
		is_on(postfix_value(postfix, client, name)))
		return 0;
	return diagnosis_say(diagnosis, DIAGNOSIS_WARN,
		diagnosis_text(diagnosis,
			"%s is not set in %s/%s: no TLS is used", name,
			client->name, client->type),
		"all mail goes on readable for whoever sees the wire",
		remedy_unset(diagnosis, client, name));
}

/* True if the parameters name a certificate for smtpd. */
static bool has_certificate(
	const struct postfix *postfix, const struct postfix_service *service)
{
	static const char *const names[] = { "smtpd_tls_chain_files",
		"smtpd_tls_cert_file", "smtpd_tls_eccert_file",
		"smtpd_tls_dcert_file" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (*postfix_value(postfix, service, names[i]))
			return true;
	return false;
}

/* Postfix does not offer TLS without a certificate, whatever the level is. */
static int tell_certificate(struct diagnosis *diagnosis)
{
	const struct postfix_service *service;

	if (has_certificate(diagnosis->postfix, NULL))
		return 0;
	for (size_t i = 0; (service = postfix_service(diagnosis->postfix, i));
		i++)
		if (!strcmp(service->command, "smtpd") &&
			has_certificate(diagnosis->postfix, service))
			return 0;
	return diagnosis_pass(diagnosis,
		"TLS is used, but it is not offered before "
		"smtpd_tls_chain_files names a key and a certificate: mail "
		"comes in readable for whoever sees the wire");
}

int settings_check_tls(struct diagnosis *diagnosis)
{
	static const char name[] = "smtp_tls_security_level";
	const struct postfix *postfix = diagnosis->postfix;
	int result = look_at_public(
		diagnosis, "smtpd_tls_security_level", look_at_offer);

	if (!result && !is_on(postfix_value(postfix, NULL, name)) &&
		!postfix_is_yes(postfix_value(postfix, NULL, "smtp_use_tls")))
		result = diagnosis_say(diagnosis, DIAGNOSIS_WARN,
			"smtp_tls_security_level is not set: no TLS is used",
			"all mail goes on readable for whoever sees the wire",
			remedy_set(diagnosis, NULL, name, "may"));
	if (!result)
		result = look_at_client(diagnosis, "default_transport");
	if (!result &&
		strcmp(postfix_value(postfix, NULL, "relay_transport"),
			postfix_value(postfix, NULL, "default_transport")) != 0)
		result = look_at_client(diagnosis, "relay_transport");
	if (!result && !diagnosis->said)
		result = tell_certificate(diagnosis);
	return result;
}

/* Finds a word of the list that names a table in our state directory. Returns
 * its number, from 1; 0: there is none. */
static size_t find_shared(const struct diagnosis *diagnosis, const char *list)
{
	const char *dir = diagnosis->config->state_dir;
	size_t len = strlen(dir);
	struct bytes rest = bytes_of(list);
	struct bytes word;

	for (size_t i = 1; words_next(&rest, WORDS_OF_LIST, &word); i++) {
		const char *at = memmem(word.data, word.len, dir, len);

		if (at && at > word.data && at[-1] == ':' &&
			at + len < word.data + word.len && at[len] == '/')
			return i;
	}
	return 0;
}

/* "check_client_access", whose operand is a table */
static bool takes_table(struct bytes word)
{
	return bytes_take(&word, "check_") && word.len > strlen("_access") &&
	       !memcmp(word.data + word.len - strlen("_access"), "_access",
		       strlen("_access"));
}

/* Returns the list without the word of this number, and without the restriction
 * in front whose operand it is. */
static const char *without(
	struct diagnosis *diagnosis, const char *list, size_t number)
{
	struct bytes rest = bytes_of(list);
	struct bytes word;
	struct bytes held = { "", 0 }; /* is not written yet */
	const char *text = "";

	for (size_t i = 1; text && words_next(&rest, WORDS_OF_LIST, &word);
		i++) {
		bool takes = takes_table(word);

		if (i != number)
			text = diagnosis_text(diagnosis, "%s%s%.*s%s%.*s", text,
				*text && (held.len || !takes) ? ", " : "",
				(int)held.len, held.data, held.len ? " " : "",
				takes ? 0 : (int)word.len, word.data);
		held = takes ? word : (struct bytes){ "", 0 };
	}
	return text;
}

/* True if another parameter has the table, to which the word of this number
 * refers: that one is told. */
static bool is_elsewhere(
	const struct diagnosis *diagnosis, const char *list, size_t number)
{
	struct bytes rest = bytes_of(list);
	struct bytes word = { "", 0 };
	char name[128];

	while (number-- && words_next(&rest, WORDS_OF_LIST, &word))
		;
	if (!bytes_take(&word, "$"))
		return false;
	word = bytes_trim(word, "{}()");
	(void)snprintf(name, sizeof name, "%.*s", (int)word.len, word.data);
	return postfix_overrides(diagnosis->written, NULL, name) &&
	       find_shared(diagnosis,
		       postfix_value(diagnosis->postfix, NULL, name));
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
		const char *had;
		const char *left;
		size_t number;

		if (service)
			service = postfix_find_service(diagnosis->postfix,
				bytes_of(service->name),
				bytes_of(service->type));
		number = find_shared(diagnosis,
			postfix_value(diagnosis->postfix, service, name));
		had = remedy_written(diagnosis, service, name);
		if (!number || is_elsewhere(diagnosis, had, number))
			continue;
		left = without(diagnosis, had, number);
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
