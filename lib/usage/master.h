/*
 * master: all uses that are remembered, from many deltas or files. It has a
 * maximum for each kind of entry but rules and days. Tested by
 * tests/unit/usage/test_master.c.
 */
#ifndef READDRESS_USAGE_MASTER_H
#define READDRESS_USAGE_MASTER_H

#include "base/log.h"
#include "usage/delta.h"

/* The most leaks, and the most pairs of domains of strangers and ours. */
#define MASTER_LEAKS   10000
#define MASTER_DOMAINS 10000

struct master;

/* Returns an empty master without maxima, or NULL if memory is exhausted.
 * master_close() frees it; the argument may be NULL. */
struct master *master_open(uint64_t seed) MUST_CHECK;
void master_close(struct master *master);

/* Sets the maxima: usage_max addresses, MASTER_LEAKS and MASTER_DOMAINS. Drops
 * what is over them. */
void master_limit(struct master *master, size_t usage_max);

/* Adds an entry, or its counts to those of the entry with its name. If the kind
 * is full, the entry with the lowest count is dropped for it, and of several
 * such the one that was not seen for longest. Returns 0 or ERR_NOMEM. */
int master_add(
	struct master *master, const struct usage_entry *entry) MUST_CHECK;

/* Adds all of a delta. With log, addresses are hashed by its key. What memory
 * does not suffice for is noted as lost. */
void master_merge(struct master *master, const struct delta *delta,
	const struct log *log);

/* Hashes all addresses that are not hashed yet. Returns 0, or ERR_NOMEM, and
 * then some may be left; one may be lost, which is noted. */
int master_hash(struct master *master, const struct log *log) MUST_CHECK;

/* Removes what was not seen for so many days before now, and days that are not
 * yet. Times after now become now. What is incomplete since longer than that is
 * complete again. */
void master_expire(struct master *master, int64_t now, int days);

/* Returns since when entries of that kind are incomplete, because some were
 * dropped; 0: they are complete. */
uint32_t master_incomplete(const struct master *master, enum usage_what what);

/* Notes that entries of that kind are incomplete since a time, if it is before
 * what was noted. 0 does nothing. */
void master_set_incomplete(
	struct master *master, enum usage_what what, uint32_t since);

/* Returns the number of entries, of one kind and of all. */
size_t master_count(const struct master *master, enum usage_what what);
size_t master_total(const struct master *master);

/* Sets *entry to the next entry after *cursor, which begins as 0. The name
 * lives until the master changes. Returns false after the last one. */
bool master_next(
	const struct master *master, size_t *cursor, struct usage_entry *entry);

/* Finds the entry with the what, table, hashed and name of *entry, and sets the
 * rest of it. Returns false if there is none. */
bool master_find(const struct master *master, struct usage_entry *entry);

#endif
