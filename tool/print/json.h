/*
 * json: one object a line on standard output (JSON Lines), made with jansson,
 * for what `--json` asks for. Keys stay in the order in which they were put;
 *the manual lists them, and a test holds it against what is printed.
 *
 *	struct json json;
 *
 *	json_begin(&json);
 *	json_put_text(&json, "table", "inbound");
 *	json_put_bytes(&json, "source", key);
 *	return json_end(&json, error);
 *
 * A failure in between (memory) is remembered and returned by json_end.
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

void json_begin(struct json *json);

/* text NULL: null. Each byte that is in no valid character becomes U+FFFD, each
 * invisible character over U+007E the six letters "U+200B": see precis.h. */
void json_put_text(struct json *json, const char *key, const char *text);
void json_put_bytes(struct json *json, const char *key, struct bytes text);
/* An address or a field of a row: as precis_show writes it. */
void json_put_row(struct json *json, const char *key, struct bytes text);
void json_put_number(struct json *json, const char *key, uint64_t number);
void json_put_flag(struct json *json, const char *key, bool flag);
/* generation 0: null, there is none. */
void json_put_generation(
	struct json *json, const char *key, uint64_t generation);
void json_put_null(struct json *json, const char *key);

/* Whatever else: an array, an object. value is taken over; NULL is a failure
 * (jansson's functions give it when out of memory). */
void json_put(struct json *json, const char *key, json_t *value);

/* inner becomes the value of key; nothing may be put into it afterwards. */
void json_put_object(struct json *json, const char *key, struct json *inner);

/* The rules of a map: an object for each table, a number for each kind. */
void json_put_rows(
	struct json *json, const char *key, const struct map_meta *meta);

/* A string as json_put_bytes makes it, for arrays; NULL: out of memory. */
json_t *json_bytes(struct bytes text);

/* Prints the object and a newline, and frees it. 0; ERR_NOMEM; ERR_IO when
 * standard output failed. */
int json_end(struct json *json, struct error *error) MUST_CHECK;

/* Frees without printing. */
void json_drop(struct json *json);

#endif
