/*
 * values: the values of readdress.conf as the program stores them: the types of
 * config.h.
 */
#ifndef READDRESS_CONFIG_VALUES_H
#define READDRESS_CONFIG_VALUES_H

#include <sys/types.h>

#include "base/log.h"
#include "base/network.h"

/* The daemon name of the smtpd service for the mail of programs on this host.
 * Its mail is always inbound, whatever else is configured. */
#define CONFIG_LOCAL "LOCAL"

enum config_mode { CONFIG_MODE_ENFORCE, CONFIG_MODE_SHADOW };
enum config_headers {
	CONFIG_HEADERS_ALWAYS,
	CONFIG_HEADERS_UNLESS_SIGNED,
	CONFIG_HEADERS_NEVER
};

struct config_list {
	char **items; /* each ends with a NUL */
	size_t count;
};

struct config_required { /* one of outbound_required_headers */
	char *name;
	char *value; /* without the white space around it */
};

struct config {
	char *path;   /* the file that was read */
	char *socket; /* as for libmilter: "unix:/p", "inet:port@host" */
	mode_t socket_mode;
	char *socket_group;
	char *lookup_socket; /* in the form of socket; "": no look-up service */
	int socket_group_line; /* in the file; 0 if it does not set it */
	char *user;
	int user_line;
	char *state_dir;
	char *runtime_dir;
	int timeout;	 /* seconds */
	char *delimiter; /* each character of it begins an extension; "": there
			    are none */

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
	/* True if the file itself says which mail is outbound: by networks,
	 * required headers, daemon names or authentication. The defaults
	 * alone make no mail outbound, because Postfix gives no service such
	 * a name. */
	bool outbound_named;

	enum log_target log_target;
	enum log_level log_level;
	int history;	   /* generations that history/ keeps, at most */
	size_t memory_max; /* bytes */
	bool usage;	   /* what is used is counted, in served/usage */
	int usage_max;	/* addresses without a user rule that are remembered */
	int usage_days; /* entries not seen for so long are removed */
	bool log_addresses;
	unsigned batv; /* LOCALPART_PRVS, LOCALPART_BTV1 */
};

#endif
