/*
 * logaddress: writes an address as log lines show it: readable, or as a hash if
 * log_addresses is off.
 */
#ifndef READDRESS_DECISIONLOG_LOGADDRESS_H
#define READDRESS_DECISIONLOG_LOGADDRESS_H

#include "base/log.h"

/*
 * Writes the address, escaped, to out, cut to size bytes with its NUL. With
 * log->addresses off, writes the first 12 hexadecimal digits of
 * HMAC-SHA-256(log->key, K) instead, where K is the address's key
 * (address_key()) or, if the text is not an address, the text in lower-case
 * ASCII. An empty address stays empty. Writes "?" if memory is exhausted.
 * Returns the length without the NUL.
 */
size_t logaddress(
	const struct log *log, struct bytes address, char *out, size_t size);

#endif
