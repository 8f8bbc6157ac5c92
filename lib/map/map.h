/*
 * map: one immutable, sealed LMDB file with the three tables and a metadata
 * record.
 *
 * File: LMDB's pages, then the trailer of trailer.h (magic, format version,
 * length of what is before it, SHA-256 of that), which LMDB ignores. Named
 * databases: "inbound", "outbound", "routes" (key and value as in struct rule),
 * "domains" (each domain that a source of inbound names, with the "*." of a
 * sub-domain rule; empty value), "roles" (each domain that rules name
 * otherwise, in the same form; the value is one byte of MAP_ROLE_*; not in maps
 * made before 0.2), "meta" (one record: mapmeta.h).
 */
#ifndef READDRESS_MAP_MAP_H
#define READDRESS_MAP_MAP_H

/*
 * The wing map/: the file that holds the rules, from building it to looking up
 * an address in it. A map is built as a new file, sealed by a trailer with a
 * SHA-256, and never changed. The milter opens it isolated: it verifies and
 * serves a private copy in memory (a sealed memfd), so that nothing done to the
 * file afterwards can change an answer. mapbuild.c builds a map; its functions
 * are declared here.
 *
 *   lmdbfile      LMDB, of which no other room knows
 *   trailer       the trailer behind LMDB's pages
 *   architecture  tells a map of another architecture from a damaged one
 *   mapmeta       the metadata record
 *   mapfile       the names of the databases
 *   nameset       a set of domains
 *   roles         the domains that rules name, and how
 *   mapbuild      builds a new map
 *   lookup        finds the rule that holds for an address
 */

#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"
#include "map/mapmeta.h"
#include "map/roles.h"
#include "rules/rule.h"

struct map;

/*
 * Opens and verifies the map in path: a regular file (never blocks on a FIFO,
 * follows no symlink), trailer, length, SHA-256, version, row counts.
 * isolated: copy it into a sealed memfd first, so that nothing done to the file
 * afterwards is seen (the milter); otherwise the open file itself is mapped
 * (the tool; a rename is safe, writing into the file is not).
 * Returns 0; ERR_NOENT when there is no file; ERR_PERM; ERR_BAD when it is not
 * ours, of another version, unfinished or damaged, with text that names path
 * and what is wrong; ERR_FOREIGN when another architecture made it; ERR_IO;
 * ERR_NOMEM. *map is set on 0 only; map_close it. An open map does not change:
 * several threads may use it. A map that was made before 0.2 is walked through
 * once, for map_domain_roles: when it is opened, if it is isolated, else at the
 * first question.
 */
int map_open(struct map **map, const char *path, bool isolated,
	struct error *error) MUST_CHECK;
/* As map_open, of a regular file that is open for reading, and stays the
 * caller's; path is for messages. */
int map_open_file(struct map **map, int file, const char *path, bool isolated,
	struct error *error) MUST_CHECK;
/* After all readers and walks of it. NULL: nothing to do. */
void map_close(struct map *map);

/* Lives as long as the map. */
const struct map_meta *map_meta(const struct map *map);
uint64_t map_rows(const struct map *map, enum rule_table table);

/* Octets of the file: more than all keys and values of it together. */
uint64_t map_octets(const struct map *map);

/*
 * A reader: one read transaction, bound to no thread; one thread uses it at a
 * time, and the map must outlive it. Cheap (some microseconds at most): the
 * milter makes one for each message.
 */
struct map_reader;
/* 0, ERR_NOMEM, ERR_IO. *reader is set on 0 only; map_reader_close it. */
int map_reader_open(
	struct map_reader **reader, const struct map *map) MUST_CHECK;
void map_reader_close(struct map_reader *reader); /* may be NULL */

/* Returns 1 and the value (it lives as long as the map), 0 when the key is not
 * there; ERR_NOMEM, ERR_IO or ERR_BAD when LMDB failed: that is never "not
 * there". */
int map_get(struct map_reader *reader, enum rule_table table, struct bytes key,
	struct bytes *value) MUST_CHECK;

/* Does a rule of inbound name this domain (lower-case A-labels), as the domain
 * of a user, as @domain, or as a sub-domain of @*.parent? 1, 0, or an error as
 * of map_get. */
int map_names_domain(struct map_reader *reader, struct bytes domain) MUST_CHECK;

/* Sets *roles to all of MAP_ROLE_* that hold for this domain (lower-case
 * A-labels), with those of the sub-domain rules above it; 0: none. Returns 0,
 * or an error as of map_get. */
int map_domain_roles(struct map_reader *reader, struct bytes domain,
	unsigned *roles) MUST_CHECK;

/* The map of a reader. */
const struct map *map_reader_map(const struct map_reader *reader);

/*
 * A walk over a table, from start to end in the order of its keys (memcmp). The
 * caller's, begun as { .map = map, .table = table }; map NULL: there are no
 * rows. The map must outlive it. It has a read transaction of its own from the
 * first row to map_walk_close; one thread uses it at a time.
 */
struct map_walk {
	const struct map *map; /* NULL: no rows, or no more */
	enum rule_table table;
	struct rule rule;		/* the last that came */
	struct lmdbfile_cursor *cursor; /* map_walk's own */
};

/* 1 and the next rule (its bytes live as long as the map); 0 at the end, and
 * again when it is asked again; or, and that is never "the end", ERR_NOMEM;
 * ERR_IO or ERR_BAD when LMDB failed: the file was written into. */
int map_walk_next(struct map_walk *walk) MUST_CHECK;
/* In any case, also where no row was asked for. */
void map_walk_close(struct map_walk *walk);

/*
 * Building a new file, in place of what is in path. Rules come table after
 * table, each in strictly ascending order of keys. octets: an upper estimate of
 * all keys and values together, and rows of their number, from which the size
 * of LMDB's map follows. Errors of all three, with text that names path:
 * ERR_NOMEM, ERR_PERM, ERR_IO (a full disk among them), ERR_BAD; after one,
 * only map_builder_close may follow.
 */
struct map_builder;
/* Also ERR_CREATE: the directory is not there. *builder is set on 0 only. */
int map_builder_open(struct map_builder **builder, const char *path,
	uint64_t rows, uint64_t octets, struct error *error) MUST_CHECK;
/* ERR_BAD: a value of no known kind, a key that is empty, too long, twice or
 * out of order. The rule's bytes are copied. */
int map_builder_put(struct map_builder *builder, enum rule_table table,
	const struct rule *rule, struct error *error) MUST_CHECK;
/* Writes meta (its rows are counted here, the caller's are ignored) and the
 * domains, closes LMDB, appends the trailer, fsyncs the file. After it only
 * map_builder_close may follow. */
int map_builder_seal(struct map_builder *builder, const struct map_meta *meta,
	struct error *error) MUST_CHECK;
/* Frees, NULL too; removes the file unless it was sealed. */
void map_builder_close(struct map_builder *builder);

#endif
