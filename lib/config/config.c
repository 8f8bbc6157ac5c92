#include "config/config.h"

#include <confuse.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "config/confcheck.h"
#include "config/prescan.h"
#include "config/endpoint.h"
#include "config/schema.h"

#define TEXT_MAX   ((size_t)1 << 20) /* bytes of a configuration file */
#define MEMORY_MAX (TEXT_MAX * 4)    /* bytes of what is kept of it */

struct holder {
	struct config config; /* the first member: config_close() gets a pointer
				 to it */
	struct arena *arena;  /* contains everything that config points to */
};

const char *config_option_name(size_t index)
{
	const struct schema_option *option = schema_option(index);

	return option ? option->name : NULL;
}

/* Returns the text of libconfuse, or a clearer one. prescan_prepare() leaves
 * only these two cases. */
static const char *in_our_words(const char *text)
{
	if (!strcmp(text, "unexpected token '{'"))
		return "found \"{\" before the value of an option that has one "
		       "value, expected: name = value";
	if (!strncmp(text, "attempt to append", 17))
		return "found \"+=\" after an option that has one value, "
		       "expected: name = value";
	return text;
}

/* libconfuse passes no context to this callback, so the error is stored in the
 * comment of the root, which is not used otherwise. */
static void __attribute__((format(printf, 2, 0)))
keep_first_error(cfg_t *cfg, const char *format, va_list args)
{
	char *text;

	if (cfg->comment || vasprintf(&text, format, args) < 0)
		return;
	if (asprintf(&cfg->comment, "%d: %s", cfg->line, in_our_words(text)) <
		0)
		cfg->comment = NULL;
	free(text);
}

static cfg_t *table_open(void)
{
	cfg_t *cfg = schema_open();

	if (cfg)
		(void)cfg_set_error_function(cfg, keep_first_error);
	return cfg;
}

/* Reports a failed call on the file, while errno is set. Returns ERR_CONFIG
 * when the file must be changed first, and another code when a later attempt
 * may succeed. */
static int read_error(const char *path, struct error *error)
{
	static const int lasting[] = { ENOENT, ENOTDIR, EISDIR, EACCES, EPERM,
		ELOOP, ENAMETOOLONG, ENXIO, ENODEV, EINVAL };
	int saved = errno;
	int result = error_set_errno(error, "%s", path);

	for (size_t i = 0; i < sizeof lasting / sizeof *lasting; i++)
		if (saved == lasting[i])
			return ERR_CONFIG;
	return result;
}

/* Reads the file into *text, which ends with a NUL; the caller frees it. */
static int read_text(
	const char *path, char **text, size_t *len, struct error *error)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	int result = ERR_CONFIG;
	struct stat status;
	size_t used = 0;
	ssize_t got;

	*text = NULL;
	if (fd < 0 || fstat(fd, &status) < 0) {
		result = read_error(path, error);
		goto out;
	}
	if (!S_ISREG(status.st_mode) && !S_ISCHR(status.st_mode)) {
		(void)error_set(
			error, result, "%s: is not a regular file", path);
		goto out;
	}
	*text = malloc(TEXT_MAX + 1);
	if (!*text) {
		result = error_set(error, ERR_NOMEM, "%s: out of memory", path);
		goto out;
	}
	while ((got = read(fd, *text + used, TEXT_MAX + 1 - used)) > 0)
		used += (size_t)got;
	if (got < 0) {
		result = read_error(path, error);
	} else if (used > TEXT_MAX) {
		(void)error_set(error, result, "%s: is longer than %zu bytes",
			path, TEXT_MAX);
	} else {
		(*text)[used] = '\0';
		*len = used;
		result = 0;
	}
out:
	if (fd >= 0)
		(void)close(fd);
	return result;
}

static char *copy_text(struct arena *arena, cfg_t *cfg, const char *name)
{
	const char *text = cfg_getstr(cfg, name);

	return arena_copy(arena, text, strlen(text));
}

static bool copy_list(struct arena *arena, cfg_t *cfg, const char *name,
	struct config_list *list)
{
	unsigned count = cfg_size(cfg, name);

	list->items =
		arena_array(arena, (size_t)count + 1, sizeof *list->items);
	if (!list->items)
		return false;
	for (unsigned i = 0; i < count; i++) {
		const char *item = cfg_getnstr(cfg, name, i);

		list->items[i] = arena_copy(arena, item, strlen(item));
		if (!list->items[i])
			return false;
	}
	list->items[count] = NULL;
	list->count = count;
	return true;
}

static bool copy_networks(
	struct arena *arena, cfg_t *cfg, struct config *config)
{
	unsigned count = cfg_size(cfg, "outbound_networks");

	config->outbound_networks =
		arena_array(arena, count, sizeof *config->outbound_networks);
	if (!config->outbound_networks)
		return false;
	for (unsigned i = 0; i < count; i++)
		if (network_parse(cfg_getnstr(cfg, "outbound_networks", i),
			    &config->outbound_networks[i], NULL) < 0)
			return false;
	config->outbound_networks_count = count;
	return true;
}

static bool copy_required(
	struct arena *arena, cfg_t *cfg, struct config *config)
{
	const char *option = "outbound_required_headers";
	unsigned count = cfg_size(cfg, option);

	config->outbound_required =
		arena_array(arena, count, sizeof *config->outbound_required);
	if (!config->outbound_required)
		return false;
	for (unsigned i = 0; i < count; i++) {
		struct config_required *item = &config->outbound_required[i];
		struct bytes name;
		struct bytes value;

		if (!confcheck_split_header(
			    cfg_getnstr(cfg, option, i), &name, &value))
			return false;
		item->name = arena_copy(arena, name.data, name.len);
		item->value = arena_copy(arena, value.data, value.len);
		if (!item->name || !item->value)
			return false;
	}
	config->outbound_required_count = count;
	return true;
}

/* Returns the line that confcheck_text() stored; 0 if there is none. */
static int line_of(cfg_t *cfg, const char *name)
{
	const char *line = cfg_opt_getcomment(cfg_getopt(cfg, name));

	return line ? (int)strtol(line, NULL, 10) : 0;
}

/* True if the file itself sets the option, and not to an empty list. */
static bool is_set(cfg_t *cfg, const char *name)
{
	return cfg_getopt(cfg, name)->flags & CFGF_MODIFIED &&
	       cfg_size(cfg, name) > 0;
}

/* Copies the options that have a type of their own in struct config. */
static bool copy_own(struct arena *arena, cfg_t *cfg, const char *path,
	struct config *config)
{
	const char *lookup = cfg_getstr(cfg, "lookup_socket");
	char socket[ENDPOINT_MAX];
	char lookup_socket[ENDPOINT_MAX] = "";

	if (endpoint_parse(cfg_getstr(cfg, "socket"), socket, NULL) < 0 ||
		(*lookup && endpoint_parse(lookup, lookup_socket, NULL) < 0))
		return false;
	config->path = arena_copy(arena, path, strlen(path));
	config->socket = arena_copy(arena, socket, strlen(socket));
	config->lookup_socket =
		arena_copy(arena, lookup_socket, strlen(lookup_socket));
	config->outbound_named =
		cfg_size(cfg, "outbound_networks") ||
		cfg_size(cfg, "outbound_required_headers") ||
		is_set(cfg, "outbound_daemons") ||
		(is_set(cfg, "outbound_authenticated") &&
			cfg_getbool(cfg, "outbound_authenticated"));
	config->socket_group_line = line_of(cfg, "socket_group");
	config->user_line = line_of(cfg, "user");
	config->memory_max = (size_t)cfg_getint(cfg, "memory_max");
	config->memory_max = config->memory_max > SIZE_MAX >> 20
				     ? SIZE_MAX
				     : config->memory_max << 20;
	for (unsigned i = 0; i < cfg_size(cfg, "batv"); i++)
		config->batv |= confcheck_batv_bit(cfg_getnstr(cfg, "batv", i));
	return config->path && config->socket && config->lookup_socket &&
	       copy_networks(arena, cfg, config) &&
	       copy_required(arena, cfg, config);
}

/* Every integer and enum that a row of the table points to is as wide as an
 * int. */
_Static_assert(sizeof(mode_t) == sizeof(int) &&
		       sizeof(enum config_mode) == sizeof(int) &&
		       sizeof(enum config_headers) == sizeof(int) &&
		       sizeof(enum log_target) == sizeof(int) &&
		       sizeof(enum log_level) == sizeof(int),
	"copy_option writes an int");

static bool copy_option(struct arena *arena, cfg_t *cfg,
	const struct schema_option *row, struct config *config)
{
	void *to = (char *)config + row->offset;
	char *text;
	bool flag;
	int number;

	switch (row->type) {
	case SCHEMA_TEXT:
		text = copy_text(arena, cfg, row->name);
		memcpy(to, &text, sizeof text);
		return text;
	case SCHEMA_LIST:
		return copy_list(arena, cfg, row->name, to);
	case SCHEMA_FLAG:
		flag = cfg_getbool(cfg, row->name);
		memcpy(to, &flag, sizeof flag);
		return true;
	case SCHEMA_NUMBER:
	case SCHEMA_MODE:
	case SCHEMA_WORD:
		break;
	}
	number = (int)cfg_getint(cfg, row->name);
	memcpy(to, &number, sizeof number);
	return true;
}

/* All values were checked before, so only memory can be missing here. */
static int make_config(cfg_t *cfg, const char *path, struct config **out)
{
	struct holder *holder = calloc(1, sizeof *holder);
	struct config *config;
	struct arena *arena;
	bool good;

	if (!holder)
		return ERR_NOMEM;
	config = &holder->config;
	holder->arena = arena = arena_open(MEMORY_MAX);
	if (!arena) {
		free(holder);
		return ERR_NOMEM;
	}
	good = copy_own(arena, cfg, path, config);
	for (size_t i = 0; good && schema_option(i); i++)
		if (schema_option(i)->offset != SCHEMA_OWN)
			good = copy_option(
				arena, cfg, schema_option(i), config);
	if (!good) {
		config_close(config);
		return ERR_NOMEM;
	}
	*out = config;
	return 0;
}

static int parse(char *text, size_t len, const char *path,
	struct config **config, struct error *error)
{
	cfg_t *cfg = NULL;
	int result =
		prescan_prepare(text, len, path, config_option_name, error);

	if (result < 0)
		return result;
	cfg = table_open();
	if (!cfg)
		return error_set(error, ERR_NOMEM, "%s: out of memory", path);
	errno = 0;
	if (cfg_parse_buf(cfg, text) == CFG_SUCCESS &&
		confcheck_two_sockets(cfg) == 0)
		result = make_config(cfg, path, config);
	else if (cfg->comment)
		result = error_set(
			error, ERR_CONFIG, "%s:%s", path, cfg->comment);
	else if (errno ==
		 ENOMEM) /* memory for libconfuse, or for its message */
		result = ERR_NOMEM;
	else /* libconfuse has no message for an empty name */
		result = error_set(error, ERR_CONFIG,
			"%s:%d: found \"\", expected: name = value", path,
			cfg->line);
	if (result == ERR_NOMEM)
		(void)error_set(error, result, "%s: out of memory", path);
	(void)cfg_free(cfg);
	return result;
}

int config_open(struct config **config, const char *path, struct error *error)
{
	char *text = NULL;
	size_t len = 0;
	int result = read_text(path, &text, &len, error);

	if (!result)
		result = parse(text, len, path, config, error);
	free(text);
	return result;
}

int config_open_defaults(struct config **config)
{
	char text[] = "";

	return parse(text, 0, "(defaults)", config, NULL);
}

void config_close(struct config *config)
{
	struct holder *holder = (struct holder *)config;

	if (!holder)
		return;
	arena_close(holder->arena);
	free(holder);
}

bool config_list_has(const struct config_list *list, struct bytes item)
{
	for (size_t i = 0; i < list->count; i++)
		if (bytes_equal(bytes_of(list->items[i]), item))
			return true;
	return false;
}

size_t config_list_index_nocase(
	const struct config_list *list, struct bytes item)
{
	size_t i = 0;

	/* Most headers differ from each name in the first byte already. The
	 * two cases of a letter differ in the bit 0x20. */
	while (i < list->count &&
		((item.len && ((list->items[i][0] ^ item.data[0]) & ~0x20)) ||
			!bytes_equal_nocase(bytes_of(list->items[i]), item)))
		i++;
	return i;
}

bool config_list_has_nocase(const struct config_list *list, struct bytes item)
{
	return config_list_index_nocase(list, item) < list->count;
}
