/*
 * usage: what the milter remembers of the use of its rules: the kinds of
 * entries, and the names by which they are told apart. Types only. Tested by
 * tests/unit/usage/.
 */
#ifndef READDRESS_USAGE_USAGE_H
#define READDRESS_USAGE_USAGE_H

/*
 * The wing usage/: which rules are used, which addresses have no rule of their
 * own, which internal addresses leave. A message adds to a small table, the
 * delta; a thread of the milter adds deltas to a large one, the master, and
 * writes that to served/usage. No room here does I/O.
 *
 *   delta      what was used since the last look
 *   uses       from a decision into a delta
 *   mask       hashes in place of addresses
 *   master     everything that is remembered
 *   usagefile  the format of served/usage
 */

#include <stdint.h>

#include "decide/decision.h"

/* What an entry counts, and its name: texts that a NUL divides. */
enum usage_what {
	USAGE_RULE,    /* a rule: its key */
	USAGE_UNRULED, /* an address that only a rule for its domain served: its
			  key, without tag and extension */
	USAGE_LEAK,    /* a leak: the address's key, the field, the network of
			  the client */
	USAGE_DAY,     /* messages: the UTC day as "2026-11-21", the direction,
			  the result */
	USAGE_DOMAIN,  /* strangers: the domain of a sender, and the domain of
			  the rules to which he wrote */
	USAGE_WHATS
};

/* The counts of a rule. An entry of another kind has the first two only, or, if
 * it is a day, the messages, and those in which a rule for a user was used. */
enum usage_count {
	USAGE_MESSAGES, /* messages in which it was used */
	USAGE_SHADOWED, /* messages in which shadow mode held it back */
	USAGE_ENVELOPE, /* messages in whose envelope it was used */
	USAGE_HEADER,
	USAGE_SHADOWED_ENVELOPE,
	USAGE_SHADOWED_HEADER,
	USAGE_COUNTS
};

#define USAGE_USERS USAGE_SHADOWED /* of a day */

/* The result of a message, for USAGE_DAY. */
enum usage_result {
	USAGE_REWRITTEN,
	USAGE_UNCHANGED,
	USAGE_HELD, /* shadow mode held a change back */
	USAGE_REFUSED,
	USAGE_RESULTS
};

#define USAGE_NAME_MAX 1024 /* bytes of a name */

struct usage_entry {
	enum usage_what what;
	enum rule_table table; /* RULE_INBOUND or RULE_OUTBOUND */
	/* The address in the name is a hash (log_addresses = false). */
	bool hashed;
	struct bytes name;
	uint32_t first; /* seconds since 1970 */
	uint32_t last;
	uint64_t counts[USAGE_COUNTS];
};

/* Returns how many of its counts an entry has. */
static inline size_t usage_counts(enum usage_what what)
{
	return what == USAGE_RULE ? USAGE_COUNTS : 2;
}

/* Returns a time as entries have it. */
static inline uint32_t usage_time(int64_t seconds)
{
	return seconds < 0	      ? 0
	       : seconds > UINT32_MAX ? UINT32_MAX
				      : (uint32_t)seconds;
}

/* Returns the two halves of the product, of 128 bits, mixed. Computed from
 * halves of the factors, for machines of 32 bits. */
static inline uint64_t usage_mix_halves(uint64_t a, uint64_t b)
{
	uint64_t low = (a & UINT32_MAX) * (b & UINT32_MAX);
	uint64_t left = (a >> 32) * (b & UINT32_MAX);
	uint64_t right = (a & UINT32_MAX) * (b >> 32);
	uint64_t middle =
		(low >> 32) + (left & UINT32_MAX) + (right & UINT32_MAX);
	uint64_t high = (a >> 32) * (b >> 32) + (left >> 32) + (right >> 32) +
			(middle >> 32);

	return high ^ (middle << 32 | (low & UINT32_MAX));
}

/* Returns the same, on machines that know 128 bits, by one instruction. */
static inline uint64_t usage_mix(uint64_t a, uint64_t b)
{
#ifdef __SIZEOF_INT128__
	__extension__ unsigned __int128 product = a;

	product *= b;
	return (uint64_t)product ^ (uint64_t)(product >> 64);
#else
	return usage_mix_halves(a, b);
#endif
}

/* Hashes a name. The seed is secret, because senders choose addresses. */
static inline uint64_t usage_hash(
	uint64_t seed, unsigned kind, struct bytes name)
{
	uint64_t hash = seed ^ (kind + 1) * UINT64_C(0x9e3779b97f4a7c15);
	uint64_t word;

	for (size_t at = 0; at < name.len; at += sizeof word) {
		size_t len = name.len - at;

		word = 0;
		memcpy(&word, name.data + at,
			len < sizeof word ? len : sizeof word);
		hash = usage_mix(hash ^ word, seed | 1) ^ name.len;
	}
	hash ^= hash >> 32;
	hash *= UINT64_C(0xd6e8feb86659fd93);
	return hash ^ hash >> 32;
}

#endif
