/*
 * json: prints one object per line on standard output (JSON Lines), for
 * `--json`, with jansson. Keys keep the order in which they were put. The
 * manual lists them, and tests/e2e/examples.test compares it with what is
 * printed. Also tested by tests/e2e/generations.test.
 *
 *	struct json json;
 *
 *	json_begin(&json);
 *	json_put_text(&json, "table", "inbound");
 *	json_put_bytes(&json, "source", key);
 *	return json_end(&json, error);
 *
 * The functions that put something return nothing: if one of them fails for
 * want of memory, json_end() returns the error.
 */
#ifndef READDRESS_TOOL_PRINT_JSON_H
#define READDRESS_TOOL_PRINT_JSON_H

#include <jansson.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"
#include "map/map.h"

struct json {
	json_t *object;
	bool failed;
};

/* Begins an object; json_end() or json_drop() it. */
void json_begin(struct json *json);

/* Puts a string. A byte that is not in a valid character becomes U+FFFD, an
 * invisible character over U+007E its code point as text, "U+200B" (precis.h).
 * text NULL: puts null. */
void json_put_text(struct json *json, const char *key, const char *text);
void json_put_bytes(struct json *json, const char *key, struct bytes text);
/* Puts an address, or a field of a row, as precis_show() writes it. */
void json_put_row(struct json *json, const char *key, struct bytes text);
void json_put_number(struct json *json, const char *key, uint64_t number);
void json_put_flag(struct json *json, const char *key, bool flag);
/* Puts the number of a generation. generation 0: puts null, there is none. */
void json_put_generation(
	struct json *json, const char *key, uint64_t generation);
void json_put_null(struct json *json, const char *key);

/* Puts any value, and owns it from then on. NULL is a failure: jansson's
 * functions return it if out of memory. */
void json_put(struct json *json, const char *key, json_t *value);

/* Puts the object of inner; nothing may be put into inner afterwards. */
void json_put_object(struct json *json, const char *key, struct json *inner);

/* Puts the number of rules of a map: for each table an object, with a number
 * for each kind. */
void json_put_rows(
	struct json *json, const char *key, const struct map_meta *meta);

/* Puts the digest of rules; null for "", which means that it is not known. */
void json_put_digest(struct json *json, const char *key, const char *digest);

/* Puts an object with "host", "generation" and "time" that says where the rules
 * of a map were adopted from; null if they were not adopted. */
void json_put_adopted(
	struct json *json, const char *key, const struct map_meta *meta);

/* Returns the string that json_put_bytes() puts, for arrays. NULL: out of
 * memory. */
json_t *json_bytes(struct bytes text);

/* Prints the object and a newline, and frees it. Returns 0, ERR_NOMEM, or
 * ERR_IO if standard output failed. */
int json_end(struct json *json, struct error *error) MUST_CHECK;

/* Frees the object without printing it. */
void json_drop(struct json *json);

#endif
