#include "postfix/postfix.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/array.h"
#include "postfix/words.h"

#define MEMORY_MAX ((size_t)64 << 20) /* bytes of one instance's texts */
#define FIELDS	   8		      /* of a service before its arguments */
#define SLOTS	   4096		      /* of the hash table at first */

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
	size_t *slots; /* a hash table: 0 or the number of a parameter, from 1
			*/
	size_t slot_count; /* a power of two; 0 before the first parameter */
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

/* FNV-1a over the name; the service makes the same name another one. */
static size_t hash_of(const struct postfix_service *service, struct bytes name)
{
	uint64_t hash = 0xcbf29ce484222325 ^ (uintptr_t)service;

	for (size_t i = 0; i < name.len; i++)
		hash = (hash ^ (unsigned char)name.data[i]) * 0x100000001b3;
	return (size_t)(hash ^ hash >> 32);
}

/* Returns the slot of the parameter, or the free one where it belongs. There
 * must be slots. */
static size_t *find_slot(const struct postfix *postfix,
	const struct postfix_service *service, struct bytes name)
{
	size_t mask = postfix->slot_count - 1;
	size_t at = hash_of(service, name) & mask;

	for (; postfix->slots[at]; at = (at + 1) & mask) {
		const struct parameter *parameter =
			&postfix->parameters[postfix->slots[at] - 1];

		if (parameter->service == service &&
			bytes_equal(bytes_of(parameter->name), name))
			break;
	}
	return &postfix->slots[at];
}

static struct parameter *find(const struct postfix *postfix,
	const struct postfix_service *service, struct bytes name)
{
	size_t number =
		postfix->slot_count ? *find_slot(postfix, service, name) : 0;

	return number ? &postfix->parameters[number - 1] : NULL;
}

/* Makes room for one more parameter. At least half of the slots stay free.
 * Returns false when out of memory. */
static bool grow(struct postfix *postfix)
{
	struct parameter *grown = array_grow_in(postfix->arena,
		postfix->parameters, postfix->parameter_count,
		&postfix->parameter_room, sizeof *grown);
	size_t count = postfix->slot_count ? 2 * postfix->slot_count : SLOTS;

	if (!grown)
		return false;
	postfix->parameters = grown;
	if (postfix->parameter_count < postfix->slot_count / 2)
		return true;
	postfix->slots = arena_array(postfix->arena, count, sizeof(size_t));
	postfix->slot_count = postfix->slots ? count : 0;
	if (!postfix->slots)
		return false;
	memset(postfix->slots, 0, count * sizeof(size_t));
	for (size_t i = 0; i < postfix->parameter_count; i++)
		*find_slot(postfix, grown[i].service, bytes_of(grown[i].name)) =
			i + 1;
	return true;
}

/* The last one that was read counts. */
static int put(struct postfix *postfix, const struct postfix_service *service,
	struct bytes name, struct bytes value, struct error *error)
{
	struct parameter *parameter = find(postfix, service, name);
	const char *copy = arena_copy(postfix->arena, value.data, value.len);

	if (!copy || (!parameter && !grow(postfix)))
		return error_set(error, ERR_NOMEM, "out of memory");
	if (!parameter) {
		parameter = &postfix->parameters[postfix->parameter_count];
		parameter->service = service;
		parameter->name =
			arena_copy(postfix->arena, name.data, name.len);
		if (!parameter->name)
			return error_set(error, ERR_NOMEM, "out of memory");
		*find_slot(postfix, service, name) = ++postfix->parameter_count;
	}
	parameter->value = copy;
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

static struct postfix_service *find_service(
	const struct postfix *postfix, struct bytes name, struct bytes type)
{
	for (size_t i = 0; i < postfix->service_count; i++) {
		struct postfix_service *service = postfix->services[i];

		if (is_word(name, service->name) &&
			is_word(type, service->type))
			return service;
	}
	return NULL;
}

static int add_service(struct postfix *postfix, unsigned long number,
	struct bytes line, struct error *error)
{
	struct bytes rest = line;
	struct bytes words[FIELDS];
	struct postfix_service **grown;
	struct postfix_service *service;
	bool added;

	for (size_t i = 0; i < FIELDS; i++)
		(void)words_next(&rest, WORDS_OF_LINE, &words[i]);
	service = find_service(postfix, words[0], words[1]);
	added = !service;
	if (added)
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
	service->line = arena_copy(postfix->arena, line.data, line.len);
	if (!service->name || !service->type || !service->command ||
		!service->line)
		return error_set(error, ERR_NOMEM, "out of memory");
	/* Postfix takes the last of two services of one name and type. */
	if (added)
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
		service = postfix_find_service(postfix, path, type);
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

const struct postfix_service *postfix_find_service(
	const struct postfix *postfix, struct bytes name, struct bytes type)
{
	return find_service(postfix, name, type);
}

const struct postfix_service *postfix_setting_service(
	const struct postfix *postfix, size_t index)
{
	return index < postfix->parameter_count
		       ? postfix->parameters[index].service
		       : NULL;
}

bool postfix_list_has(const char *list, const char *word)
{
	return words_have(bytes_of(list), bytes_of(word));
}

uint64_t postfix_seconds(struct bytes text, char unit)
{
	static const char units[] = "smhdw";
	static const uint64_t seconds[] = { 1, 60, 3600, 86400, 604800 };
	const char *at;
	uint64_t number;

	if (!bytes_number(&text, 9, &number))
		return 0;
	if (text.len)
		unit = *text.data;
	at = unit ? strchr(units, unit) : NULL;
	return at ? number * seconds[at - units] : 0;
}

bool postfix_is_yes(const char *value)
{
	return !strcasecmp(value, "yes") || !strcasecmp(value, "true");
}
