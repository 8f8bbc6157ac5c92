/*
 * values: what readdress.conf sets, as the program holds it. The nouns of
 * config.h.
 */
#ifndef READDRESS_CONFIG_VALUES_H
#define READDRESS_CONFIG_VALUES_H

#include <sys/types.h>

#include "base/log.h"
#include "base/network.h"

/* The smtpd service for the mail of this host's programs, by its daemon name:
 * inbound, whatever else is configured. */
#define CONFIG_LOCAL "LOCAL"

enum config_mode { CONFIG_MODE_ENFORCE, CONFIG_MODE_SHADOW };
enum config_headers {
	CONFIG_HEADERS_ALWAYS,
	CONFIG_HEADERS_UNLESS_SIGNED,
	CONFIG_HEADERS_NEVER
};

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

#endif
