/*
 * map: one immutable, sealed LMDB file with the three tables and a metadata
 * record.
 *
 * The file has LMDB's pages and then the trailer of trailer.h (magic, format
 * version, length of what is before it, SHA-256 of that), which LMDB ignores.
 * Its named databases are: "inbound", "outbound" and "routes" (key and value as
 * in struct rule); "domains" (each domain in a source of inbound, with the "*."
 * of a sub-domain rule; the value is empty); "roles" (each domain that rules
 * name in other places, in the same form; the value is one byte of MAP_ROLE_*;
 * missing in maps that were made before version 0.2); and "meta" (one record:
 * mapmeta.h).
 */
#ifndef READDRESS_MAP_MAP_H
#define READDRESS_MAP_MAP_H

/*
 * The wing map/: the file that contains the rules, from building it to looking
 * up an address in it. A map is built as a new file, sealed by a trailer with a
 * SHA-256, and never changed. The milter opens it isolated: it verifies and
 * uses a private copy in memory that nobody can write to, so that nothing that
 * is done to the file later can change an answer. mapbuild.c builds a map, and
 * mapcopy.c copies one; their functions are declared here.
 *
 *   lmdbfile      LMDB, which no other room knows
 *   trailer       the trailer after LMDB's pages
 *   architecture  tells a map of another architecture from a damaged one
 *   digest        the SHA-256 of the rules
 *   mapmeta       the metadata record
 *   mapfile       the names of the databases
 *   nameset       a set of domains
 *   roles         the domains that rules name, and how
 *   mapbuild      builds a new map
 *   mapcopy       copies the file of a map
 *   lookup        finds the rule for an address
 */

#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"
#include "map/mapmeta.h"
#include "map/roles.h"
#include "rules/rule.h"

struct map;

/*
 * Opens and verifies the map in path: that it is a regular file, its trailer,
 * length, SHA-256, version and row counts. It never blocks on a FIFO and
 * follows no symbolic link.
 *
 * With isolated, the file is first copied into a private memfd that nobody can
 * write to, so that later changes of the file are not seen; the milter does
 * this. Otherwise the file itself is mapped; the tool does this. The file may
 * then be renamed, but must not be written to.
 *
 * Returns 0; ERR_NOENT when the file does not exist; ERR_PERM; ERR_BAD when it
 * is not a map, of another version, unfinished or damaged, with a text that
 * names path and the fault; ERR_FOREIGN when it was made on another
 * architecture; ERR_IO; ERR_NOMEM. *map is set only when it returns 0;
 * map_close() closes it.
 *
 * An open map does not change, and several threads may use it. A map that was
 * made before version 0.2 is read through once, for map_domain_roles(): when it
 * is opened with isolated, and otherwise at the first question.
 */
int map_open(struct map **map, const char *path, bool isolated,
	struct error *error) MUST_CHECK;
/* Does the same for a regular file that is open for reading. The caller closes
 * it. path is for messages. */
int map_open_file(struct map **map, int file, const char *path, bool isolated,
	struct error *error) MUST_CHECK;
/* Closes a map, after all its readers and walks. The map may be NULL. */
void map_close(struct map *map);

/* Returns the metadata, which live as long as the map. */
const struct map_meta *map_meta(const struct map *map);
/* Returns the descriptor of the file, or -1; it is valid as long as the map. */
int map_descriptor(const struct map *map);
/* Returns the number of rules in a table. */
uint64_t map_rows(const struct map *map, enum rule_table table);

/* Returns the size of the file in bytes, without the trailer. It is more than
 * all keys and values together. */
uint64_t map_octets(const struct map *map);

/* Computes the digest of the rules anew, by reading all of them; that of
 * map_meta() was computed when the map was built. Writes the digits and a NUL.
 * Returns 0, ERR_NOMEM, ERR_IO or ERR_BAD. */
int map_digest(const struct map *map, char text[DIGEST_LEN + 1]) MUST_CHECK;

/*
 * Copies the file of a map that was opened without isolated, with its seal, to
 * fd, an empty file that is open for reading and writing, and verifies the
 * copy. path is what messages call it. Returns 0, or with a text that names
 * path: ERR_IO, ERR_NOMEM, or ERR_BAD if the map's file has changed.
 */
int map_copy(const struct map *map, int fd, const char *path,
	struct error *error) MUST_CHECK;

/*
 * A reader is one read transaction. It is not bound to a thread, but only one
 * thread at a time may use it. The map must outlive it. Opening one takes a few
 * microseconds at most; the milter opens one for each message.
 */
struct map_reader;
/* Opens a reader. Returns 0, ERR_NOMEM, ERR_IO or ERR_BAD. *reader is set only
 * when it returns 0; map_reader_close() closes it. */
int map_reader_open(
	struct map_reader **reader, const struct map *map) MUST_CHECK;
void map_reader_close(struct map_reader *reader); /* may be NULL */

/* Finds the value of a key. Returns 1 and the value, which lives as long as the
 * map; 0 when the key does not exist; or ERR_NOMEM, ERR_IO or ERR_BAD when LMDB
 * failed, so that it is not known whether the key exists. */
int map_get(struct map_reader *reader, enum rule_table table, struct bytes key,
	struct bytes *value) MUST_CHECK;

/* Tells whether a rule of inbound names this domain (lower-case A-labels): as
 * the domain of a user, as @domain, or as a sub-domain of @*.parent. Returns 1,
 * 0, or an error of map_get(). */
int map_names_domain(struct map_reader *reader, struct bytes domain) MUST_CHECK;

/* Sets *roles to all MAP_ROLE_* of this domain (lower-case A-labels), also
 * those of the sub-domain rules above it; 0 if it has none. Returns 0, or an
 * error of map_get(). */
int map_domain_roles(struct map_reader *reader, struct bytes domain,
	unsigned *roles) MUST_CHECK;

/* Returns the map of a reader. */
const struct map *map_reader_map(const struct map_reader *reader);

/*
 * A walk reads a table from start to end in the order of its keys (memcmp()).
 * The caller owns the struct and initialises it with { .map = map, .table =
 * table }; if map is NULL, there are no rows. The map must outlive the walk.
 * The walk has a read transaction of its own, from the first row to
 * map_walk_close(). Only one thread at a time may use it.
 */
struct map_walk {
	const struct map *map; /* NULL: there are no rows, or no more */
	enum rule_table table;
	struct rule rule;		/* the last one that was read */
	struct lmdbfile_cursor *cursor; /* private */
};

/* Returns 1 and the next rule, whose bytes live as long as the map; 0 at the
 * end, and again when it is called again; or ERR_NOMEM, ERR_IO or ERR_BAD when
 * LMDB failed, for example because the file was written to. An error does not
 * mean the end. */
int map_walk_next(struct map_walk *walk) MUST_CHECK;
/* Must be called even if map_walk_next() never was. */
void map_walk_close(struct map_walk *walk);

/*
 * A builder makes a new file in place of what is in path. Rules must come table
 * after table, each in strictly ascending order of keys. rows and bytes are
 * upper estimates of the number of rules and of the bytes of all keys and
 * values together; the size of LMDB's map is computed from them. These three
 * functions return 0, or with a text that names path: ERR_NOMEM, ERR_PERM,
 * ERR_IO (also for a full disk) or ERR_BAD. After an error only
 * map_builder_close() may be called.
 */
struct map_builder;
/* Opens a builder. Also returns ERR_CREATE when the directory does not exist.
 * *builder is set only when it returns 0. */
int map_builder_open(struct map_builder **builder, const char *path,
	uint64_t rows, uint64_t bytes, struct error *error) MUST_CHECK;
/* Adds a rule, whose bytes are copied. Returns ERR_BAD for a value of an
 * unknown kind, and for a key that is empty, too long, repeated or not in
 * order. */
int map_builder_put(struct map_builder *builder, enum rule_table table,
	const struct rule *rule, struct error *error) MUST_CHECK;
/* Writes meta, whose rows, digest and version are made here (those of the
 * caller are ignored), and the domains; closes LMDB, appends the trailer and
 * syncs the file. After it only map_builder_close() may be called. */
int map_builder_seal(struct map_builder *builder, const struct map_meta *meta,
	struct error *error) MUST_CHECK;
/* Returns the digest of the rules, after map_builder_seal() returned 0; it
 * lives as long as the builder. */
const char *map_builder_digest(const struct map_builder *builder);
/* Frees the builder, which may be NULL. Removes the file unless it was
 * sealed. */
void map_builder_close(struct map_builder *builder);

#endif
