#include "postfix/postfix.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/array.h"

#define MEMORY_MAX ((size_t)64 << 20) /* bytes of one instance's texts */
#define FIELDS	   8		      /* of a service before its arguments */

struct parameter {
	const struct postfix_service *service; /* NULL: main.cf */
	const char *name;
	const char *value;
};

struct postfix {
	struct arena *arena;
	struct postfix_service **services;
	size_t service_count;
	size_t service_room;
	struct parameter *parameters;
	size_t parameter_count;
	size_t parameter_room;
};

struct postfix *postfix_open(void)
{
	struct arena *arena = arena_open(MEMORY_MAX);
	struct postfix *postfix =
		arena ? arena_alloc(arena, sizeof *postfix) : NULL;

	if (!postfix) {
		arena_close(arena);
		return NULL;
	}
	memset(postfix, 0, sizeof *postfix);
	postfix->arena = arena;
	return postfix;
}

void postfix_close(struct postfix *postfix)
{
	if (postfix)
		arena_close(postfix->arena);
}

/* The last one that was read counts. */
static struct parameter *find(const struct postfix *postfix,
	const struct postfix_service *service, struct bytes name)
{
	for (size_t i = postfix->parameter_count; i; i--) {
		struct parameter *parameter = &postfix->parameters[i - 1];

		if (parameter->service == service &&
			bytes_equal(bytes_of(parameter->name), name))
			return parameter;
	}
	return NULL;
}

static int put(struct postfix *postfix, const struct postfix_service *service,
	struct bytes name, struct bytes value, struct error *error)
{
	struct parameter *grown = array_grow_in(postfix->arena,
		postfix->parameters, postfix->parameter_count,
		&postfix->parameter_room, sizeof *grown);
	struct parameter *parameter;

	if (!grown)
		return error_set(error, ERR_NOMEM, "out of memory");
	postfix->parameters = grown;
	parameter = &grown[postfix->parameter_count];
	parameter->service = service;
	parameter->name = arena_copy(postfix->arena, name.data, name.len);
	parameter->value = arena_copy(postfix->arena, value.data, value.len);
	if (!parameter->name || !parameter->value)
		return error_set(error, ERR_NOMEM, "out of memory");
	postfix->parameter_count++;
	return 0;
}

static int not_postconf(struct error *error, const char *command,
	unsigned long line, struct bytes text)
{
	return error_set(error, ERR_BAD,
		"%s printed a line that is not understood: line %lu: %.*s",
		command, line, (int)(text.len < 200 ? text.len : 200),
		text.data);
}

/* Cuts "name = value", or "name =" with nothing behind it. */
static bool cut(struct bytes line, struct bytes *name, struct bytes *value)
{
	*value = line;
	*name = bytes_cut(value, '=');
	*name = bytes_trim(*name, " \t");
	*value = bytes_trim(*value, " \t");
	return name->len && memchr(line.data, '=', line.len) &&
	       !memchr(name->data, ' ', name->len);
}

int postfix_read_main(
	struct postfix *postfix, struct bytes text, struct error *error)
{
	for (unsigned long number = 1; text.len; number++) {
		struct bytes line = bytes_cut(&text, '\n');
		struct bytes name;
		struct bytes value;
		int result;

		if (!bytes_trim(line, " \t").len)
			continue;
		if (!cut(line, &name, &value))
			return not_postconf(error, "postconf -x", number, line);
		result = put(postfix, NULL, name, value, error);
		if (result)
			return result;
	}
	return 0;
}

/* Cuts the next word off; empty at the end. */
static struct bytes next_word(struct bytes *rest)
{
	struct bytes word;

	*rest = bytes_trim(*rest, " \t");
	word = *rest;
	word.len = 0;
	while (rest->len && *rest->data != ' ' && *rest->data != '\t') {
		rest->data++;
		rest->len--;
		word.len++;
	}
	return word;
}

static bool is_word(struct bytes word, const char *text)
{
	return bytes_equal(word, bytes_of(text));
}

/* "-" stands for default_process_limit. */
static bool read_limit(
	const struct postfix *postfix, struct bytes word, size_t *limit)
{
	const char *text = word.data;
	size_t len = word.len;

	if (is_word(word, "-")) {
		text = postfix_value(postfix, NULL, "default_process_limit");
		len = strlen(text);
	}
	*limit = 0;
	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9' || i == 9)
			return false;
		*limit = *limit * 10 + (size_t)(text[i] - '0');
	}
	return true;
}

static int add_service(struct postfix *postfix, unsigned long number,
	struct bytes line, struct error *error)
{
	struct bytes rest = line;
	struct bytes words[FIELDS];
	struct postfix_service **grown;
	struct postfix_service *service;

	for (size_t i = 0; i < FIELDS; i++)
		words[i] = next_word(&rest);
	service = arena_alloc(postfix->arena, sizeof *service);
	grown = array_grow_in(postfix->arena, postfix->services,
		postfix->service_count, &postfix->service_room, sizeof(void *));
	if (!service || !grown)
		return error_set(error, ERR_NOMEM, "out of memory");
	postfix->services = grown;
	if (!words[FIELDS - 1].len ||
		!read_limit(postfix, words[6], &service->max_processes))
		return not_postconf(error, "postconf -M", number, line);
	service->name = arena_copy(postfix->arena, words[0].data, words[0].len);
	service->type = arena_copy(postfix->arena, words[1].data, words[1].len);
	/* postconf prints the default, which is "n" since Postfix 3.0. */
	service->chroot = is_word(words[4], "y");
	service->command =
		arena_copy(postfix->arena, words[7].data, words[7].len);
	if (!service->name || !service->type || !service->command)
		return error_set(error, ERR_NOMEM, "out of memory");
	grown[postfix->service_count++] = service;
	return 0;
}

int postfix_read_services(
	struct postfix *postfix, struct bytes text, struct error *error)
{
	for (unsigned long number = 1; text.len; number++) {
		struct bytes line = bytes_cut(&text, '\n');
		int result;

		if (!bytes_trim(line, " \t").len)
			continue;
		result = add_service(postfix, number, line, error);
		if (result)
			return result;
	}
	return 0;
}

static const struct postfix_service *find_service(
	const struct postfix *postfix, struct bytes name, struct bytes type)
{
	for (size_t i = 0; i < postfix->service_count; i++) {
		const struct postfix_service *service = postfix->services[i];

		if (is_word(name, service->name) &&
			is_word(type, service->type))
			return service;
	}
	return NULL;
}

/* Cuts "/last" off; the name of a service may hold slashes itself. */
static struct bytes cut_last(struct bytes *path)
{
	struct bytes last = { path->data, 0 };
	size_t at = path->len;

	while (at && path->data[at - 1] != '/')
		at--;
	last.data += at;
	last.len = path->len - at;
	path->len = at ? at - 1 : 0;
	return last;
}

int postfix_read_overrides(
	struct postfix *postfix, struct bytes text, struct error *error)
{
	for (unsigned long number = 1; text.len; number++) {
		struct bytes line = bytes_cut(&text, '\n');
		const struct postfix_service *service;
		struct bytes path;
		struct bytes value;
		struct bytes name;
		struct bytes type;
		int result;

		if (!bytes_trim(line, " \t").len)
			continue;
		if (!cut(line, &path, &value))
			return not_postconf(
				error, "postconf -Px", number, line);
		name = cut_last(&path);
		type = cut_last(&path);
		service = find_service(postfix, path, type);
		if (!service || !name.len)
			return not_postconf(
				error, "postconf -Px", number, line);
		result = put(postfix, service, name, value, error);
		if (result)
			return result;
	}
	return 0;
}

const struct postfix_service *postfix_service(
	const struct postfix *postfix, size_t index)
{
	return index < postfix->service_count ? postfix->services[index] : NULL;
}

bool postfix_overrides(const struct postfix *postfix,
	const struct postfix_service *service, const char *name)
{
	return find(postfix, service, bytes_of(name));
}

const char *postfix_value(const struct postfix *postfix,
	const struct postfix_service *service, const char *name)
{
	const struct parameter *found = NULL;

	if (service)
		found = find(postfix, service, bytes_of(name));
	if (!found)
		found = find(postfix, NULL, bytes_of(name));
	return found ? found->value : "";
}

const char *postfix_setting(
	const struct postfix *postfix, size_t index, const char **name)
{
	if (index >= postfix->parameter_count)
		return NULL;
	if (name)
		*name = postfix->parameters[index].name;
	return postfix->parameters[index].value;
}

bool postfix_list_has(const char *list, const char *word)
{
	size_t wanted = strlen(word);

	while (*list) {
		size_t len = strcspn(list, ", \t\r\n");

		if (len == wanted && !strncasecmp(list, word, len))
			return true;
		list += len;
		list += strspn(list, ", \t\r\n");
	}
	return false;
}

bool postfix_is_yes(const char *value)
{
	return !strcasecmp(value, "yes") || !strcasecmp(value, "true");
}
