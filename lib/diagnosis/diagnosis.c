#include "diagnosis/diagnosis.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/network.h"
#include "diagnosis/shell.h"
#include "postfix/words.h"

const char *diagnosis_text(struct diagnosis *diagnosis, const char *format, ...)
{
	const char *text;
	va_list args;

	va_start(args, format);
	text = arena_vformat(diagnosis->arena, format, args);
	va_end(args);
	return text;
}

int diagnosis_say(struct diagnosis *diagnosis, enum diagnosis_level level,
	const char *found, const char *why, const char *remedy)
{
	struct diagnosis_finding finding = { diagnosis->id, level, found, why,
		remedy };

	if (remedy && diagnosis->directory)
		finding.remedy = shell_in(
			diagnosis->arena, remedy, diagnosis->directory);

	if (!found || !why || !finding.remedy)
		return ERR_NOMEM;
	diagnosis->said++;
	return diagnosis->found(diagnosis->context, &finding);
}

int diagnosis_pass(struct diagnosis *diagnosis, const char *found)
{
	return diagnosis_say(diagnosis, DIAGNOSIS_PASS, found, "", "");
}

int diagnosis_skip(struct diagnosis *diagnosis, const char *found)
{
	return diagnosis_say(diagnosis, DIAGNOSIS_SKIP, found, "", "");
}

const char *diagnosis_level_name(enum diagnosis_level level)
{
	static const char *const names[DIAGNOSIS_LEVELS] = { "PASS", "WARN",
		"FAIL", "SKIP" };

	return level < DIAGNOSIS_LEVELS ? names[level] : "";
}

/* "[127.0.0.1]:10099", "localhost:10026", "[::1]:25" */
static bool names_loopback(const char *name)
{
	const char *host = *name == '[' ? name + 1 : name;

	return strchr(name, ':') &&
	       (!strncmp(host, "127.", 4) || !strncmp(host, "::1]", 4) ||
		       !strncasecmp(host, "localhost:", 10));
}

/* True if inet_interfaces names loopback alone. */
static bool is_loopback_only(const char *interfaces)
{
	struct bytes rest = bytes_of(interfaces);
	struct bytes word;
	bool any = false;

	while (words_next(&rest, WORDS_OF_LIST, &word)) {
		any = true;
		if (!bytes_equal_nocase(word, bytes_of("loopback-only")) &&
			!bytes_equal_nocase(word, bytes_of("localhost")) &&
			!bytes_equal(word, bytes_of("::1")) &&
			!bytes_equal(word, bytes_of("[::1]")) &&
			!bytes_take(&word, "127."))
			return false;
	}
	return any;
}

bool diagnosis_is_loopback_only(const struct diagnosis *diagnosis)
{
	return is_loopback_only(
		postfix_value(diagnosis->postfix, NULL, "inet_interfaces"));
}

static bool listens_on_loopback(const struct diagnosis *diagnosis,
	const struct postfix_service *service)
{
	/* An address of its own counts whatever inet_interfaces says. */
	if (strchr(service->name, ':'))
		return names_loopback(service->name);
	return is_loopback_only(
		postfix_value(diagnosis->postfix, service, "inet_interfaces"));
}

bool diagnosis_is_public(const struct diagnosis *diagnosis,
	const struct postfix_service *service)
{
	if (strcmp(service->command, "smtpd") != 0)
		return false;
	if (!strcmp(service->type, "pass"))
		return true;
	return !strcmp(service->type, "inet") &&
	       !listens_on_loopback(diagnosis, service);
}

bool diagnosis_is_loopback(const struct diagnosis *diagnosis,
	const struct postfix_service *service)
{
	return !strcmp(service->command, "smtpd") &&
	       !strcmp(service->type, "inet") &&
	       listens_on_loopback(diagnosis, service);
}

const char *diagnosis_daemon(const struct diagnosis *diagnosis,
	const struct postfix_service *service)
{
	return postfix_value(
		diagnosis->postfix, service, "milter_macro_daemon_name");
}

bool diagnosis_is_local(const struct diagnosis *diagnosis,
	const struct postfix_service *service)
{
	return !strcmp(diagnosis_daemon(diagnosis, service), CONFIG_LOCAL);
}

bool diagnosis_is_ours(const struct diagnosis *diagnosis, struct bytes endpoint)
{
	char ours[ENDPOINT_MAX];

	endpoint_for_postfix(diagnosis->config->socket, ours);
	return milterlist_is_same(endpoint, bytes_of(ours),
		postfix_value(diagnosis->postfix, NULL, "queue_directory"));
}

size_t diagnosis_count_ours(const struct diagnosis *diagnosis,
	const struct postfix_service *service, struct milterlist_item *item)
{
	const struct postfix *postfix = diagnosis->postfix;
	struct bytes rest =
		bytes_of(postfix_value(postfix, service, "smtpd_milters"));
	struct milterlist_item next;
	size_t count = 0;

	if (postfix_list_has(
		    postfix_value(postfix, service, "receive_override_options"),
		    "no_milters"))
		return 0;
	while (milterlist_next(&rest, &next))
		if (diagnosis_is_ours(diagnosis, next.endpoint) && !count++ &&
			item)
			*item = next;
	return count;
}

const struct postfix_service *diagnosis_next(const struct diagnosis *diagnosis,
	size_t *index, struct milterlist_item *item)
{
	const struct postfix_service *service;

	while ((service = postfix_service(diagnosis->postfix, *index))) {
		(*index)++;
		if (!strcmp(service->command, "smtpd") &&
			diagnosis_count_ours(diagnosis, service, item))
			break;
	}
	return service;
}

bool diagnosis_has_other(const struct diagnosis *diagnosis,
	const struct postfix_service *service, struct milterlist_item *item)
{
	struct bytes rest = bytes_of(postfix_value(
		diagnosis->postfix, service, "non_smtpd_milters"));
	struct milterlist_item next;

	while (!strcmp(service->command, "cleanup") &&
		milterlist_next(&rest, &next)) {
		if (!diagnosis_is_ours(diagnosis, next.endpoint))
			continue;
		if (item)
			*item = next;
		return true;
	}
	return false;
}

const struct postfix_service *diagnosis_next_any(
	const struct diagnosis *diagnosis, size_t *index,
	struct milterlist_item *item)
{
	const struct postfix_service *service;

	while ((service = postfix_service(diagnosis->postfix, *index))) {
		(*index)++;
		if (diagnosis_has_other(diagnosis, service, item) ||
			(!strcmp(service->command, "smtpd") &&
				diagnosis_count_ours(diagnosis, service, item)))
			break;
	}
	return service;
}

bool diagnosis_has_milter(const struct diagnosis *diagnosis)
{
	size_t index = 0;

	return diagnosis_next_any(diagnosis, &index, NULL);
}

const char *diagnosis_name(
	struct diagnosis *diagnosis, const struct postfix_service *service)
{
	return diagnosis_text(diagnosis, "%s/%s", service->name, service->type);
}

const char *diagnosis_endpoint(struct diagnosis *diagnosis)
{
	const char *queue =
		postfix_value(diagnosis->postfix, NULL, "queue_directory");
	char ours[ENDPOINT_MAX];
	struct bytes path;

	endpoint_for_postfix(diagnosis->config->socket, ours);
	path = bytes_of(ours);
	if (milterlist_take_path(&path, queue))
		return diagnosis_text(
			diagnosis, "unix:%.*s", (int)path.len, path.data);
	return diagnosis_text(diagnosis, "%s", ours);
}

enum domainlist_answer diagnosis_match(struct diagnosis *diagnosis,
	const char *parameter, struct bytes domain,
	enum domainlist_parents parents)
{
	return postmap_match(diagnosis->postmap,
		postfix_value(diagnosis->postfix, NULL, parameter), domain,
		parents);
}

/* Returns 1 if the word of a list of networks holds the address, 0 if not, or a
 * negative number if that cannot be known. */
static int word_has_address(
	struct diagnosis *diagnosis, struct bytes word, const char *address)
{
	struct network network;
	char *text = arena_copy(diagnosis->arena, word.data, word.len);

	if (text && !network_parse(text, &network, NULL))
		return network_contains(&network, 1, address);
	if (text && *text != '/' && strchr(text, ':'))
		return postmap_find(
			diagnosis->postmap, word, bytes_of(address), NULL);
	return text && *text != '/' ? 0 : -1;
}

enum domainlist_answer diagnosis_has_address(
	struct diagnosis *diagnosis, const char *list, const char *address)
{
	const char *expanded = postmap_list(diagnosis->postmap, list);
	struct bytes rest = bytes_of(expanded);
	struct bytes word;
	bool unknown = !expanded;

	while (words_next(&rest, WORDS_OF_LIST, &word)) {
		bool other = bytes_take(&word, "!");
		int found = word_has_address(diagnosis, word, address);

		unknown = unknown || found < 0;
		if (found > 0)
			return unknown ? DOMAINLIST_UNKNOWN
			       : other ? DOMAINLIST_NO
				       : DOMAINLIST_YES;
	}
	return unknown ? DOMAINLIST_UNKNOWN : DOMAINLIST_NO;
}

enum domainlist_parents diagnosis_parents(
	const struct diagnosis *diagnosis, const char *parameter)
{
	return postfix_list_has(postfix_value(diagnosis->postfix, NULL,
					"parent_domain_matches_subdomains"),
		       parameter)
		       ? DOMAINLIST_INCLUDING
		       : DOMAINLIST_DOTTED;
}

const char *diagnosis_hint(const struct diagnosis *diagnosis)
{
	return diagnosis->postmap->left_out
		       ? "; `readdress doctor --ask-all` asks the tables "
			 "that need a server, too"
		       : "";
}
