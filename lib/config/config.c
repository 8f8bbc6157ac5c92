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

#define TEXT_MAX   ((size_t)1 << 20) /* octets of a configuration file */
#define MEMORY_MAX (TEXT_MAX * 4)    /* of what is kept of it */
#define SECONDS	   7210		     /* libmilter's own default */

/* clang-format off */
/*
 * The one table: libconfuse's macro, name, default, parser or check.
 * WORD is an integer in the program and a word in the file.
 */
#define OPTIONS(TEXT, WORD, FLAG, LIST)                                       \
	TEXT(socket, "unix:/var/spool/postfix/readdress/milter.sock",         \
		confcheck_socket)                                             \
	WORD(socket_mode, 0660, confcheck_parse_mode)                         \
	TEXT(socket_group, "postfix", confcheck_text)                         \
	TEXT(user, "readdress", confcheck_text)                               \
	TEXT(state_dir, "/var/lib/readdress", confcheck_path)                 \
	TEXT(runtime_dir, "/run/readdress", confcheck_path)                   \
	WORD(timeout, SECONDS, confcheck_parse_timeout)                       \
	TEXT(recipient_delimiter, "+", confcheck_delimiter)                   \
	LIST(batv, "{\"prvs\", \"btv1\"}", confcheck_batv)                    \
	WORD(inbound_mode, MODE_ENFORCE, confcheck_parse_table_mode)          \
	LIST(inbound_headers, "{\"To\", \"Cc\"}", confcheck_header)           \
	WORD(inbound_rewrite_headers, HEADERS_ALWAYS,                         \
		confcheck_parse_rewrite)                                      \
	LIST(inbound_daemons, "{}", confcheck_text)                           \
	WORD(outbound_mode, MODE_ENFORCE, confcheck_parse_table_mode)         \
	LIST(outbound_headers,                                                \
		"{\"From\", \"Sender\", \"Reply-To\", "                       \
		"\"Disposition-Notification-To\", \"Return-Receipt-To\", "    \
		"\"Resent-From\", \"Resent-Sender\"}",                        \
		confcheck_header)                                             \
	LIST(outbound_daemons, "{\"OUTBOUND\"}", confcheck_outbound)          \
	FLAG(outbound_authenticated, cfg_true)                                \
	LIST(outbound_networks, "{}", confcheck_network)                      \
	LIST(outbound_required_headers, "{}", confcheck_required)             \
	FLAG(outbound_route_recipients, cfg_true)                             \
	WORD(log_target, LOG_TARGET_SYSLOG, confcheck_parse_log_target)       \
	WORD(log_level, LOG_LEVEL_INFO, confcheck_parse_log_level)                \
	WORD(memory_max, 512, confcheck_parse_memory)                         \
	FLAG(log_addresses, cfg_true)

#define NAME2(name, fallback)         #name,
#define NAME3(name, fallback, check)  #name,
#define NOTHING2(name, fallback)
#define NOTHING3(name, fallback, check)
#define AS_TEXT(name, fallback, check) CFG_STR(#name, fallback, CFGF_NONE),
#define AS_WORD(name, fallback, parse)                                        \
	CFG_INT_CB(#name, fallback, CFGF_NONE, parse),
#define AS_FLAG(name, fallback)                                               \
	CFG_BOOL_CB(#name, fallback, CFGF_NONE, confcheck_parse_flag),
#define AS_LIST(name, fallback, check)                                        \
	CFG_STR_LIST(#name, fallback, CFGF_NONE),
#define CHECK(name, fallback, check) cfg_set_validate_func(cfg, #name, check);
#define HAS_TEXT(name, fallback, check) && cfg_getstr(cfg, #name)
#define HAS_WORD(name, fallback, parse) && cfg_size(cfg, #name)
#define HAS_FLAG(name, fallback)        && cfg_size(cfg, #name)
/* clang-format on */

struct holder {
	struct config config; /* first: config_close gets a pointer to it */
	struct arena *arena;  /* holds all that config points to */
};

const char *const *config_option_names(void)
{
	static const char *const names[] = { OPTIONS(NAME3, NAME3, NAME2, NAME3)
			NULL };

	return names;
}

/* libconfuse hands us no context; the root's comment is ours to use. */
static void __attribute__((format(printf, 2, 0)))
keep_first_error(cfg_t *cfg, const char *format, va_list args)
{
	char *text;

	if (cfg->comment || vasprintf(&text, format, args) < 0)
		return;
	if (asprintf(&cfg->comment, "%d: %s", cfg->line, text) < 0)
		cfg->comment = NULL;
	free(text);
}

/* libconfuse does not say when it is out of memory for a default: the option
 * would be 0, false or NULL. (For that of a list it ends the process.) */
static bool has_defaults(cfg_t *cfg)
{
	return true OPTIONS(HAS_TEXT, HAS_WORD, HAS_FLAG, NOTHING3);
}

static cfg_t *table_open(void)
{
	cfg_opt_t options[] = { OPTIONS(AS_TEXT, AS_WORD, AS_FLAG, AS_LIST)
			CFG_END() };
	cfg_t *cfg = cfg_init(options, CFGF_NONE);

	if (cfg && !has_defaults(cfg)) {
		(void)cfg_free(cfg);
		return NULL;
	}
	if (cfg) {
		(void)cfg_set_error_function(cfg, keep_first_error);
		OPTIONS(CHECK, NOTHING3, NOTHING2, CHECK)
	}
	return cfg;
}

/* After a call on the file failed: is that the file as it is, or may it be
 * right the next time? */
static int read_error(const char *path, struct error *error)
{
	static const int lasting[] = { ENOENT, ENOTDIR, EISDIR, EACCES, EPERM,
		ELOOP, ENAMETOOLONG, ENXIO, ENODEV, EINVAL };
	int saved = errno;
	int code = error_set_errno(error, "%s", path);

	for (size_t i = 0; i < sizeof lasting / sizeof *lasting; i++)
		if (saved == lasting[i])
			return ERR_CONFIG;
	return code;
}

/* *text: free() it, NUL-terminated. */
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
		(void)error_set(error, result, "%s: is not a file", path);
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
		(void)error_set(error, result, "%s: is longer than %zu octets",
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

/* Where confcheck_text met it; 0: nowhere. */
static int line_of(cfg_t *cfg, const char *name)
{
	const char *line = cfg_opt_getcomment(cfg_getopt(cfg, name));

	return line ? atoi(line) : 0;
}

/* True if the file itself has the option, and something in it. */
static bool is_set(cfg_t *cfg, const char *name)
{
	return cfg_getopt(cfg, name)->flags & CFGF_MODIFIED &&
	       cfg_size(cfg, name) > 0;
}

static void copy_words(cfg_t *cfg, struct config *config)
{
	config->outbound_named =
		cfg_size(cfg, "outbound_networks") ||
		cfg_size(cfg, "outbound_required_headers") ||
		is_set(cfg, "outbound_daemons") ||
		(is_set(cfg, "outbound_authenticated") &&
			cfg_getbool(cfg, "outbound_authenticated"));
	config->socket_group_line = line_of(cfg, "socket_group");
	config->user_line = line_of(cfg, "user");
	config->socket_mode = (mode_t)cfg_getint(cfg, "socket_mode");
	config->timeout = (int)cfg_getint(cfg, "timeout");
	config->memory_max = (size_t)cfg_getint(cfg, "memory_max") << 20;
	config->inbound_mode =
		(enum config_mode)cfg_getint(cfg, "inbound_mode");
	config->inbound_rewrite_headers =
		(enum config_headers)cfg_getint(cfg, "inbound_rewrite_headers");
	config->outbound_mode =
		(enum config_mode)cfg_getint(cfg, "outbound_mode");
	config->outbound_authenticated =
		cfg_getbool(cfg, "outbound_authenticated");
	config->outbound_route_recipients =
		cfg_getbool(cfg, "outbound_route_recipients");
	config->log_target = (enum log_target)cfg_getint(cfg, "log_target");
	config->log_level = (enum log_level)cfg_getint(cfg, "log_level");
	config->log_addresses = cfg_getbool(cfg, "log_addresses");
	for (unsigned i = 0; i < cfg_size(cfg, "batv"); i++)
		config->batv |= confcheck_batv_bit(cfg_getnstr(cfg, "batv", i));
}

static bool copy_texts(struct arena *arena, cfg_t *cfg, const char *path,
	struct config *config)
{
	char socket[ENDPOINT_MAX];

	if (endpoint_parse(cfg_getstr(cfg, "socket"), socket, NULL) < 0)
		return false;
	config->path = arena_copy(arena, path, strlen(path));
	config->socket = arena_copy(arena, socket, strlen(socket));
	config->socket_group = copy_text(arena, cfg, "socket_group");
	config->user = copy_text(arena, cfg, "user");
	config->state_dir = copy_text(arena, cfg, "state_dir");
	config->runtime_dir = copy_text(arena, cfg, "runtime_dir");
	config->delimiter = copy_text(arena, cfg, "recipient_delimiter");
	return config->path && config->socket && config->socket_group &&
	       config->user && config->state_dir && config->runtime_dir &&
	       config->delimiter;
}

/* All values were checked: what fails here is memory. */
static int make_config(cfg_t *cfg, const char *path, struct config **out)
{
	struct holder *holder = calloc(1, sizeof *holder);
	struct config *config;
	struct arena *arena;

	if (!holder)
		return ERR_NOMEM;
	config = &holder->config;
	holder->arena = arena = arena_open(MEMORY_MAX);
	if (!arena) {
		free(holder);
		return ERR_NOMEM;
	}
	copy_words(cfg, config);
	if (!copy_texts(arena, cfg, path, config) ||
		!copy_list(arena, cfg, "inbound_headers",
			&config->inbound_headers) ||
		!copy_list(arena, cfg, "inbound_daemons",
			&config->inbound_daemons) ||
		!copy_list(arena, cfg, "outbound_headers",
			&config->outbound_headers) ||
		!copy_list(arena, cfg, "outbound_daemons",
			&config->outbound_daemons) ||
		!copy_networks(arena, cfg, config) ||
		!copy_required(arena, cfg, config)) {
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
		conftext_prepare(text, len, path, config_option_names(), error);

	if (result < 0)
		return result;
	cfg = table_open();
	if (!cfg)
		return error_set(error, ERR_NOMEM, "%s: out of memory", path);
	errno = 0;
	if (cfg_parse_buf(cfg, text) == CFG_SUCCESS)
		result = make_config(cfg, path, config);
	else if (cfg->comment)
		result = error_set(
			error, ERR_CONFIG, "%s:%s", path, cfg->comment);
	else if (errno == ENOMEM) /* libconfuse's, or for its words */
		result = ERR_NOMEM;
	else /* libconfuse has no words for an empty name */
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

bool config_list_has_nocase(const struct config_list *list, struct bytes item)
{
	for (size_t i = 0; i < list->count; i++)
		if (bytes_equal_nocase(bytes_of(list->items[i]), item))
			return true;
	return false;
}
