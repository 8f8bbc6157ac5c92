/*
 * values: what options of readdress.conf hold that is a word there. confcheck
 * reads the words, config holds the values.
 */
#ifndef READDRESS_VALUES_H
#define READDRESS_VALUES_H

/* The smtpd service for the mail of this host's programs, by its daemon name:
 * inbound, whatever else is configured. */
#define CONFIG_LOCAL "LOCAL"

enum config_mode { MODE_ENFORCE, MODE_SHADOW };
enum config_headers { HEADERS_ALWAYS, HEADERS_UNLESS_SIGNED, HEADERS_NEVER };

#endif
