/*
 * delta: a bounded table of what was used since it was opened. One thread at a
 * time may use it. Tested by tests/unit/usage/test_uses.c.
 */
#ifndef READDRESS_USAGE_DELTA_H
#define READDRESS_USAGE_DELTA_H

#include "usage/usage.h"

#define DELTA_ENTRIES 16384   /* the most that it holds */
#define DELTA_BYTES   1048576 /* and the most bytes of their names */

struct delta;

/* Returns an empty delta, or NULL if memory is exhausted. delta_close() frees
 * it; the argument may be NULL. seed is secret (usage_hash()). */
struct delta *delta_open(uint64_t seed) MUST_CHECK;
void delta_close(struct delta *delta);

/* Must be called for each message before its first delta_add(). now is in
 * seconds since 1970. */
void delta_begin(struct delta *delta, int64_t now);

/* Returns the UTC day of the message, like "2026-11-21"; "" if it is not known.
 * Lives as long as the delta. */
const char *delta_day(const struct delta *delta);

/* Counts a use in the message: each of the counts in bits (1u << enum
 * usage_count, combined) grows by one, once for each message and name. If there
 * is no room, the use is lost. */
void delta_add(struct delta *delta, enum usage_what what, enum rule_table table,
	struct bytes name, unsigned bits);

/* Notes that a use was lost. */
void delta_lose(struct delta *delta);

/* Returns the time of the last message in which a use was lost; 0: none was. */
uint32_t delta_lost(const struct delta *delta);

/* Returns the number of entries. */
size_t delta_count(const struct delta *delta);

/* True if it should be emptied soon, because half of its room is taken. */
bool delta_is_half_full(const struct delta *delta);

/* Sets *entry to the entry with that index, which must be less than
 * delta_count(). Its name lives as long as the delta. */
void delta_entry(
	const struct delta *delta, size_t index, struct usage_entry *entry);

#endif
