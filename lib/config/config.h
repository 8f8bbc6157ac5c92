/*
 * config: readdress.conf, read with libconfuse. Options, defaults and meanings
 * stand in readdress.conf(5) and in the one table in config.c.
 */
#ifndef READDRESS_CONFIG_H
#define READDRESS_CONFIG_H

#include <sys/types.h>

#include "base/error.h"
#include "base/log.h"
#include "base/network.h"
#include "config/values.h"
#include "mail/localpart.h"

struct config_list {
	char **items; /* NUL-terminated each */
	size_t count;
};

struct config_required { /* of outbound_required_headers */
	char *name;
	char *value; /* white space around it removed */
};

struct config {
	char *path;   /* of the file that was read */
	char *socket; /* in libmilter's form: "unix:/p", "inet:port@host" */
	mode_t socket_mode;
	char *socket_group;
	int socket_group_line; /* in path; 0: the default */
	char *user;
	int user_line;
	char *state_dir;
	char *runtime_dir;
	int timeout;	 /* seconds */
	char *delimiter; /* any of these characters; "": no extensions */

	enum config_mode inbound_mode;
	struct config_list inbound_headers;
	enum config_headers inbound_rewrite_headers;
	struct config_list inbound_daemons;

	enum config_mode outbound_mode;
	struct config_list outbound_headers;
	struct config_list outbound_daemons;
	bool outbound_authenticated;
	struct network *outbound_networks;
	size_t outbound_networks_count;
	struct config_required *outbound_required;
	size_t outbound_required_count;
	bool outbound_route_recipients;
	/* The file itself says who is outbound: networks, required headers,
	 * daemon names or authentication. The defaults alone make nobody
	 * outbound, for Postfix gives no service such a name. */
	bool outbound_named;

	enum log_target log_target;
	enum log_level log_level;
	size_t memory_max; /* bytes */
	bool log_addresses;
	unsigned batv; /* LOCALPART_PRVS, LOCALPART_BTV1 */
};

/* What is set aside before an address is looked up; points into config. */
static inline struct localpart_syntax config_localpart(
	const struct config *config)
{
	return (struct localpart_syntax){ config->delimiter, config->batv };
}

/*
 * Reads and checks path. Every failure is ERR_CONFIG with "path:line: what was
 * found, what was expected" (line where there is one), ERR_NOMEM, or ERR_IO
 * where the file could not be read now and may be later (EIO, ESTALE). Uses
 * libconfuse's lexer, which is global: one thread at a time. config_close
 * frees.
 */
int config_open(struct config **config, const char *path,
	struct error *error) MUST_CHECK;
void config_close(struct config *config);

/* All defaults, without a file: for unit tests and for the manual's check. 0 or
 * ERR_NOMEM. */
int config_open_defaults(struct config **config) MUST_CHECK;

bool config_list_has(const struct config_list *list, struct bytes item);
/* As above; ASCII case is ignored: header names. */
bool config_list_has_nocase(const struct config_list *list, struct bytes item);

/* The names of the options, in the manual's order, NULL behind the last. */
const char *const *config_option_names(void);

#endif
