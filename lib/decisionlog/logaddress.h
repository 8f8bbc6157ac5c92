/*
 * logaddress: an address as a log line shows it: readable, or as a hash where
 * log_addresses is off.
 */
#ifndef READDRESS_DECISIONLOG_LOGADDRESS_H
#define READDRESS_DECISIONLOG_LOGADDRESS_H

#include "base/log.h"

/* Writes the address escaped, or with log->addresses off the first 12 hex
 * digits of HMAC-SHA-256(key, its address_key; what is no address: the text in
 * lower-case ASCII). "" stays "". Cut to fit in size with NUL. Returns the
 * length written. */
size_t logaddress(
	const struct log *log, struct bytes address, char *out, size_t size);

#endif
