/*
 * mask: hashes addresses in the names of entries, for log_addresses = false.
 * Tested by tests/unit/usage/test_master.c.
 */
#ifndef READDRESS_USAGE_MASK_H
#define READDRESS_USAGE_MASK_H

#include "base/log.h"
#include "usage/usage.h"

/* Hashes the address in the name of an entry by the log's key, as log lines
 * show it (logaddress.h). Writes the new name to text, and points *entry to it.
 * Returns false if it is hashed already, or has nothing to hash: a rule for a
 * whole domain, a day, a domain. */
bool mask_name(struct usage_entry *entry, const struct log *log,
	char text[USAGE_NAME_MAX]);

#endif
