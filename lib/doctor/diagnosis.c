#include "doctor/diagnosis.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

const char *diagnosis_text(struct diagnosis *diagnosis, const char *format, ...)
{
	const char *copy = NULL;
	char *text = NULL;
	va_list args;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	va_end(args);
	if (text)
		copy = arena_copy(diagnosis->arena, text, strlen(text));
	free(text);
	return copy;
}

int diagnosis_say(struct diagnosis *diagnosis, enum diagnosis_level level,
	const char *found, const char *why, const char *remedy)
{
	struct diagnosis_finding finding = { diagnosis->id, level, found, why,
		remedy };

	if (!found || !why || !remedy)
		return ERR_NOMEM;
	diagnosis->said++;
	return diagnosis->found(diagnosis->context, &finding);
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

static bool listens_on_loopback(const struct diagnosis *diagnosis,
	const struct postfix_service *service)
{
	const char *interfaces =
		postfix_value(diagnosis->postfix, service, "inet_interfaces");

	return names_loopback(service->name) ||
	       postfix_list_has(interfaces, "loopback-only") ||
	       !strcasecmp(interfaces, "localhost") ||
	       !strcmp(interfaces, "127.0.0.1");
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

size_t diagnosis_count_ours(const struct diagnosis *diagnosis,
	const struct postfix_service *service, struct milterlist_item *item)
{
	const struct postfix *postfix = diagnosis->postfix;
	const char *queue = postfix_value(postfix, NULL, "queue_directory");
	struct bytes rest =
		bytes_of(postfix_value(postfix, service, "smtpd_milters"));
	struct milterlist_item next;
	char ours[ENDPOINT_MAX];
	size_t count = 0;

	endpoint_for_postfix(diagnosis->config->socket, ours);
	if (postfix_list_has(
		    postfix_value(postfix, service, "receive_override_options"),
		    "no_milters"))
		return 0;
	while (milterlist_next(&rest, &next)) {
		if (!milterlist_is_same(next.endpoint, bytes_of(ours), queue))
			continue;
		if (!count++ && item)
			*item = next;
	}
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
