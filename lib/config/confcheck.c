#include "config/confcheck.h"

#include <limits.h>
#include <errno.h>
#include <stdlib.h>

#include "base/network.h"
#include "base/precis.h"
#include "config/endpoint.h"
#include "config/values.h"
#include "mail/localpart.h"

static int refuse(cfg_t *cfg, const cfg_opt_t *option, const char *value,
	const char *expected)
{
	char name[PRECIS_NAME_MAX];
	struct span odd;

	if (precis_find(bytes_of(value), &odd)) {
		precis_name(bytes_of(value), odd, name);
		cfg_error(cfg,
			"%s: found \"%s\", which contains %s, a character that "
			"is not allowed there; expected %s",
			option->name, value, name, expected);
		return -1;
	}
	cfg_error(cfg, "%s: found \"%s\", expected %s", option->name, value,
		expected);
	return -1;
}

static const char *last_value(cfg_opt_t *option)
{
	return cfg_opt_getnstr(option, cfg_opt_size(option) - 1);
}

static bool is_printable(const char *text)
{
	struct span odd;

	return !precis_find(bytes_of(text), &odd);
}

/* Stores the line number as the comment of the option. */
static void note_line(const cfg_t *cfg, cfg_opt_t *option)
{
	char line[16];

	(void)snprintf(line, sizeof line, "%d", cfg->line);
	(void)cfg_opt_setcomment(option, line);
}

int confcheck_text(cfg_t *cfg, cfg_opt_t *option)
{
	const char *value = last_value(option);

	if (!*value || !is_printable(value))
		return refuse(cfg, option, value, "a name");
	/* Whether this user or group exists is checked later. */
	note_line(cfg, option);
	return 0;
}

int confcheck_outbound(cfg_t *cfg, cfg_opt_t *option)
{
	const char *value = last_value(option);

	if (strcmp(value, CONFIG_LOCAL) != 0)
		return confcheck_text(cfg, option);
	return refuse(cfg, option, value,
		"another name: LOCAL is the service for the mail of programs "
		"on this host, which is always inbound; otherwise every "
		"program could send with your public names");
}

int confcheck_path(cfg_t *cfg, cfg_opt_t *option)
{
	const char *value = last_value(option);

	if (*value == '/' && is_printable(value) && strlen(value) < PATH_MAX)
		return 0;
	return refuse(cfg, option, value,
		"an absolute path, which begins with \"/\"");
}

int confcheck_socket(cfg_t *cfg, cfg_opt_t *option)
{
	const char *value = last_value(option);
	char out[ENDPOINT_MAX];
	struct error error;

	if (!is_printable(value))
		return refuse(
			cfg, option, value, "a socket without such characters");
	if (endpoint_parse(value, out, &error) < 0)
		return refuse(cfg, option, value, error.text);
	return 0;
}

int confcheck_lookup_socket(cfg_t *cfg, cfg_opt_t *option)
{
	note_line(cfg, option);
	return *last_value(option) ? confcheck_socket(cfg, option) : 0;
}

int confcheck_two_sockets(cfg_t *cfg)
{
	cfg_opt_t *option = cfg_getopt(cfg, "lookup_socket");
	const char *value = last_value(option);
	char mta[ENDPOINT_MAX];
	char lookup[ENDPOINT_MAX];

	if (!*value ||
		endpoint_parse(cfg_getstr(cfg, "socket"), mta, NULL) < 0 ||
		endpoint_parse(value, lookup, NULL) < 0 ||
		strcmp(mta, lookup) != 0)
		return 0;
	cfg->line = (int)strtol(cfg_opt_getcomment(option), NULL, 10);
	return refuse(cfg, option, value,
		"another address than that of socket: the milter and the "
		"look-up service speak different protocols");
}

/* True if c may begin an extension: atext or a dot, but no letter or digit, and
 * nothing that Postfix reads as a route. */
static bool is_delimiter(char c)
{
	return c && strchr("#$&'*+-/=?^_`{|}~.", c);
}

int confcheck_delimiter(cfg_t *cfg, cfg_opt_t *option)
{
	const char *value = last_value(option);

	for (const char *c = value; *c; c++)
		if (!is_delimiter(*c) || strchr(c + 1, *c))
			return refuse(cfg, option, value,
				"one or more of the characters # $ & ' * + - . "
				"/ = ? ^ _ ` { | } ~, each only once, like "
				"\"+\" or \"+-\"; or \"\" for no extensions");
	return 0;
}

unsigned confcheck_batv_bit(const char *name)
{
	if (!strcmp(name, "prvs"))
		return LOCALPART_PRVS;
	return strcmp(name, "btv1") ? 0 : LOCALPART_BTV1;
}

int confcheck_batv(cfg_t *cfg, cfg_opt_t *option)
{
	const char *value = last_value(option);

	if (confcheck_batv_bit(value))
		return 0;
	return refuse(
		cfg, option, value, "\"prvs\", \"btv1\", or both; {} for none");
}

/* field-name = 1*ftext, RFC 5322 section 3.6.8 */
static bool is_field_name(struct bytes name)
{
	if (!name.len)
		return false;
	for (size_t i = 0; i < name.len; i++)
		if (name.data[i] <= ' ' || name.data[i] >= 0x7f ||
			name.data[i] == ':')
			return false;
	return true;
}

int confcheck_header(cfg_t *cfg, cfg_opt_t *option)
{
	const char *value = last_value(option);

	if (is_field_name(bytes_of(value)))
		return 0;
	return refuse(cfg, option, value,
		"the name of a header without the colon, like \"Reply-To\"");
}

int confcheck_network(cfg_t *cfg, cfg_opt_t *option)
{
	const char *value = last_value(option);
	struct network network;
	struct error error;

	if (!is_printable(value))
		return refuse(cfg, option, value, "a network");
	if (!network_parse(value, &network, &error))
		return 0;
	cfg_error(cfg, "%s: %s", option->name, error.text);
	return -1;
}

bool confcheck_split_header(
	const char *text, struct bytes *name, struct bytes *value)
{
	const char *colon = strchr(text, ':');

	if (!colon)
		return false;
	*name = bytes_trim(
		(struct bytes){ text, (size_t)(colon - text) }, BYTES_BLANKS);
	*value = bytes_trim(bytes_of(colon + 1), BYTES_BLANKS);
	return is_field_name(*name) && value->len;
}

int confcheck_required(cfg_t *cfg, cfg_opt_t *option)
{
	const char *text = last_value(option);
	struct bytes name;
	struct bytes value;

	if (is_printable(text) && confcheck_split_header(text, &name, &value))
		return 0;
	return refuse(cfg, option, text,
		"the name and the value of a header, like \"X-OriginatorOrg: "
		"drypizza.example\"");
}

/* Reads digits of that base only: strtol() would accept blanks, signs and
 * more. */
static bool parse_number(
	const char *text, int base, long min, long max, long *number)
{
	size_t len = strlen(text);

	if (!len || len > 15 ||
		strspn(text, base == 8 ? "01234567" : "0123456789") != len)
		return false;
	errno = 0;
	*number = strtol(text, NULL, base);
	return !errno && *number >= min && *number <= max;
}

int confcheck_number(cfg_t *cfg, const cfg_opt_t *option, const char *value,
	long min, long max, const char *unit, long *result)
{
	char expected[80];

	if (parse_number(value, 10, min, max, result))
		return 0;
	(void)snprintf(expected, sizeof expected,
		"a number of %s from %ld to %ld", unit, min, max);
	return refuse(cfg, option, value, expected);
}

int confcheck_mode(cfg_t *cfg, const cfg_opt_t *option, const char *value,
	long min, long max, long *result)
{
	char expected[80];

	if (parse_number(value, 8, min, max, result))
		return 0;
	(void)snprintf(expected, sizeof expected,
		"an octal mode from \"%04lo\" to \"%04lo\"", (unsigned long)min,
		(unsigned long)max);
	return refuse(cfg, option, value, expected);
}

int confcheck_word(cfg_t *cfg, const cfg_opt_t *option, const char *value,
	const char *const *words, long *result)
{
	char expected[120] = "";
	size_t used = 0;

	for (long i = 0; words[i]; i++)
		if (!strcmp(value, words[i])) {
			*result = i;
			return 0;
		}
	for (size_t i = 0; words[i]; i++) {
		const char *before = words[i + 1] ? ", " : " or ";

		used += (size_t)snprintf(expected + used,
			sizeof expected - used, "%s\"%s\"", i ? before : "",
			words[i]);
	}
	return refuse(cfg, option, value, expected);
}

int confcheck_flag(
	cfg_t *cfg, const cfg_opt_t *option, const char *value, int *result)
{
	int flag = cfg_parse_boolean(value);

	if (flag < 0)
		return refuse(cfg, option, value, "true or false");
	*result = flag;
	return 0;
}
