#include "config/schema.h"

#include <limits.h>
#include <string.h>

#include "config/confcheck.h"
#include "config/values.h"

#define AT(member) offsetof(struct config, member)

static const char *const modes[] = { [CONFIG_MODE_ENFORCE] = "enforce",
	[CONFIG_MODE_SHADOW] = "shadow",
	[CONFIG_MODE_SHADOW + 1] = NULL };

static const char *const rewrite_headers[] = { [CONFIG_HEADERS_ALWAYS] =
						       "always",
	[CONFIG_HEADERS_UNLESS_SIGNED] = "unless-signed",
	[CONFIG_HEADERS_NEVER] = "never",
	[CONFIG_HEADERS_NEVER + 1] = NULL };

static const char *const log_targets[] = { [LOG_TARGET_SYSLOG] = "syslog",
	[LOG_TARGET_STDERR] = "stderr",
	[LOG_TARGET_STDERR + 1] = NULL };

static const char *const log_levels[] = { [LOG_LEVEL_ERROR] = "error",
	[LOG_LEVEL_WARNING] = "warning",
	[LOG_LEVEL_INFO] = "info",
	[LOG_LEVEL_DEBUG] = "debug",
	[LOG_LEVEL_DEBUG + 1] = NULL };

#define OUTBOUND_HEADERS                                                       \
	"{\"From\", \"Sender\", \"Reply-To\", "                                \
	"\"Disposition-Notification-To\", \"Return-Receipt-To\", "             \
	"\"Resent-From\", \"Resent-Sender\"}"

/* In the order of the manual. */
static const struct schema_option options[] = {
	{ "socket", SCHEMA_OWN, SCHEMA_TEXT,
		.text = "unix:/var/spool/postfix/readdress/milter.sock",
		.check = confcheck_socket },
	{ "socket_mode", AT(socket_mode), SCHEMA_MODE, .number = 0660,
		.max = 0777 },
	{ "socket_group", AT(socket_group), SCHEMA_TEXT, .text = "postfix",
		.check = confcheck_text },
	{ "lookup_socket", SCHEMA_OWN, SCHEMA_TEXT, .text = "",
		.check = confcheck_lookup_socket },
	{ "user", AT(user), SCHEMA_TEXT, .text = "readdress",
		.check = confcheck_text },
	{ "state_dir", AT(state_dir), SCHEMA_TEXT, .text = "/var/lib/readdress",
		.check = confcheck_path },
	{ "runtime_dir", AT(runtime_dir), SCHEMA_TEXT, .text = "/run/readdress",
		.check = confcheck_path },
	/* The default is that of libmilter. A short timeout would cut off slow
	 * senders, because Postfix sends the headers only after DATA is
	 * complete: see readdress.conf(5). */
	{ "timeout", AT(timeout), SCHEMA_NUMBER, .number = 7210, .min = 3600,
		.max = INT_MAX, .unit = "seconds" },
	{ "recipient_delimiter", AT(delimiter), SCHEMA_TEXT, .text = "+",
		.check = confcheck_delimiter },
	{ "batv", SCHEMA_OWN, SCHEMA_LIST, .text = "{\"prvs\", \"btv1\"}",
		.check = confcheck_batv },
	{ "inbound_mode", AT(inbound_mode), SCHEMA_WORD, .words = modes,
		.number = CONFIG_MODE_ENFORCE },
	{ "inbound_headers", AT(inbound_headers), SCHEMA_LIST,
		.text = "{\"To\", \"Cc\"}", .check = confcheck_header },
	{ "inbound_rewrite_headers", AT(inbound_rewrite_headers), SCHEMA_WORD,
		.words = rewrite_headers, .number = CONFIG_HEADERS_ALWAYS },
	{ "inbound_daemons", AT(inbound_daemons), SCHEMA_LIST, .text = "{}",
		.check = confcheck_text },
	{ "outbound_mode", AT(outbound_mode), SCHEMA_WORD, .words = modes,
		.number = CONFIG_MODE_ENFORCE },
	{ "outbound_headers", AT(outbound_headers), SCHEMA_LIST,
		.text = OUTBOUND_HEADERS, .check = confcheck_header },
	{ "outbound_daemons", AT(outbound_daemons), SCHEMA_LIST,
		.text = "{\"OUTBOUND\"}", .check = confcheck_outbound },
	{ "outbound_authenticated", AT(outbound_authenticated), SCHEMA_FLAG,
		.number = true },
	{ "outbound_networks", SCHEMA_OWN, SCHEMA_LIST, .text = "{}",
		.check = confcheck_network },
	{ "outbound_required_headers", SCHEMA_OWN, SCHEMA_LIST, .text = "{}",
		.check = confcheck_required },
	{ "outbound_route_recipients", AT(outbound_route_recipients),
		SCHEMA_FLAG, .number = true },
	{ "log_target", AT(log_target), SCHEMA_WORD, .words = log_targets,
		.number = LOG_TARGET_SYSLOG },
	{ "log_level", AT(log_level), SCHEMA_WORD, .words = log_levels,
		.number = LOG_LEVEL_INFO },
	{ "history", AT(history), SCHEMA_NUMBER, .number = 50, .min = 1,
		.max = 10000, .unit = "generations" },
	{ "memory_max", SCHEMA_OWN, SCHEMA_NUMBER, .number = 512, .min = 1,
		.max = 1 << 20, .unit = "MB" },
	{ "usage", AT(usage), SCHEMA_FLAG, .number = true },
	{ "usage_max", AT(usage_max), SCHEMA_NUMBER, .number = 1000000,
		.min = 1, .max = 10000000, .unit = "addresses" },
	{ "usage_days", AT(usage_days), SCHEMA_NUMBER, .number = 400, .min = 1,
		.max = 3660, .unit = "days" },
	{ "log_addresses", AT(log_addresses), SCHEMA_FLAG, .number = true },
};

#define OPTIONS (sizeof options / sizeof *options)

const struct schema_option *schema_option(size_t index)
{
	return index < OPTIONS ? &options[index] : NULL;
}

/* Reads a value that is not a text, as the row of its option says. */
static int parse_value(
	cfg_t *cfg, cfg_opt_t *option, const char *value, void *result)
{
	const struct schema_option *row = options;

	while (strcmp(row->name, option->name) != 0)
		row++;
	switch (row->type) {
	case SCHEMA_FLAG:
		return confcheck_flag(cfg, option, value, result);
	case SCHEMA_NUMBER:
		return confcheck_number(cfg, option, value, row->min, row->max,
			row->unit, result);
	case SCHEMA_MODE:
		return confcheck_mode(
			cfg, option, value, row->min, row->max, result);
	case SCHEMA_WORD:
		return confcheck_word(cfg, option, value, row->words, result);
	case SCHEMA_TEXT:
	case SCHEMA_LIST:
		break;
	}
	return -1;
}

static cfg_opt_t make_option(const struct schema_option *row)
{
	switch (row->type) {
	case SCHEMA_TEXT:
		return (cfg_opt_t)CFG_STR(row->name, row->text, CFGF_NONE);
	case SCHEMA_LIST:
		return (cfg_opt_t)CFG_STR_LIST(row->name, row->text, CFGF_NONE);
	case SCHEMA_FLAG:
		return (cfg_opt_t)CFG_BOOL_CB(row->name,
			row->number ? cfg_true : cfg_false, CFGF_NONE,
			parse_value);
	case SCHEMA_NUMBER:
	case SCHEMA_MODE:
	case SCHEMA_WORD:
		break;
	}
	return (cfg_opt_t)CFG_INT_CB(
		row->name, row->number, CFGF_NONE, parse_value);
}

/* True if all defaults are set. libconfuse does not report that it is out of
 * memory for a default: the option is then 0, false or NULL. (If memory for the
 * default of a list is missing, it ends the process.) */
static bool has_defaults(cfg_t *cfg)
{
	for (size_t i = 0; i < OPTIONS; i++)
		if (options[i].type != SCHEMA_LIST &&
			(options[i].type == SCHEMA_TEXT
					? !cfg_getstr(cfg, options[i].name)
					: !cfg_size(cfg, options[i].name)))
			return false;
	return true;
}

cfg_t *schema_open(void)
{
	cfg_opt_t table[OPTIONS + 1];
	cfg_t *cfg;

	for (size_t i = 0; i < OPTIONS; i++)
		table[i] = make_option(&options[i]);
	table[OPTIONS] = (cfg_opt_t)CFG_END();
	cfg = cfg_init(table, CFGF_NONE);
	if (cfg && !has_defaults(cfg)) {
		(void)cfg_free(cfg);
		return NULL;
	}
	for (size_t i = 0; cfg && i < OPTIONS; i++)
		if (options[i].check)
			(void)cfg_set_validate_func(
				cfg, options[i].name, options[i].check);
	return cfg;
}
