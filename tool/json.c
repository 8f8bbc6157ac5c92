#include "json.h"

#include <errno.h>
#include <stdlib.h>

#include "address.h"

#define UTF8_OCTETS 4 /* of the longest character */

static const char replacement[] = "\xef\xbf\xbd"; /* U+FFFD */

void json_begin(struct json *json)
{
	json->object = json_object();
	json->failed = !json->object;
}

/* Octets of the character that text begins with; 0 when it begins with none. */
static size_t first_character(struct bytes text)
{
	size_t most = text.len < UTF8_OCTETS ? text.len : UTF8_OCTETS;

	for (size_t len = 1; len <= most; len++) {
		if (address_utf8_valid(text.data, len))
			return len;
	}
	return 0;
}

/* A string of text that is not all UTF-8. */
static json_t *mended(struct bytes text)
{
	size_t used = 0;
	char *copy = malloc(text.len * (sizeof replacement - 1) + 1);
	json_t *made;

	if (!copy)
		return NULL;
	while (text.len) {
		size_t len = first_character(text);

		memcpy(copy + used, len ? text.data : replacement,
			len ? len : sizeof replacement - 1);
		used += len ? len : sizeof replacement - 1;
		text.data += len ? len : 1;
		text.len -= len ? len : 1;
	}
	made = json_stringn_nocheck(copy, used);
	free(copy);
	return made;
}

json_t *json_bytes(struct bytes text)
{
	if (!text.len)
		return json_stringn_nocheck("", 0);
	return address_utf8_valid(text.data, text.len)
		       ? json_stringn_nocheck(text.data, text.len)
		       : mended(text);
}

void json_put(struct json *json, const char *key, json_t *value)
{
	if (json->failed) {
		json_decref(value);
		return;
	}
	/* Takes value over also when it fails, and fails for NULL. */
	if (json_object_set_new_nocheck(json->object, key, value))
		json->failed = true;
}

void json_put_bytes(struct json *json, const char *key, struct bytes text)
{
	json_put(json, key, json_bytes(text));
}

void json_put_text(struct json *json, const char *key, const char *text)
{
	json_put(json, key, text ? json_bytes(bytes_of(text)) : json_null());
}

void json_put_number(struct json *json, const char *key, uint64_t number)
{
	json_put(json, key, json_integer((json_int_t)number));
}

void json_put_flag(struct json *json, const char *key, bool flag)
{
	json_put(json, key, json_boolean(flag));
}

void json_put_null(struct json *json, const char *key)
{
	json_put(json, key, json_null());
}

void json_put_generation(
	struct json *json, const char *key, uint64_t generation)
{
	if (generation)
		json_put_number(json, key, generation);
	else
		json_put_null(json, key);
}

void json_put_object(struct json *json, const char *key, struct json *inner)
{
	json_put(json, key, inner->failed ? NULL : inner->object);
	if (inner->failed)
		json_decref(inner->object);
	inner->object = NULL;
}

void json_put_rows(
	struct json *json, const char *key, const struct map_meta *meta)
{
	struct json tables;

	json_begin(&tables);
	for (unsigned t = 0; t < RULE_TABLES; t++) {
		struct json kinds;

		json_begin(&kinds);
		for (unsigned k = 0; k < RULE_KINDS; k++)
			json_put_number(&kinds,
				rule_kind_name((enum rule_kind)k),
				meta->rows[t][k]);
		json_put_object(
			&tables, rule_table_name((enum rule_table)t), &kinds);
	}
	json_put_object(json, key, &tables);
}

void json_drop(struct json *json)
{
	json_decref(json->object);
	json->object = NULL;
}

int json_end(struct json *json, struct error *error)
{
	int code = 0;

	errno = 0;
	if (json->failed)
		code = error_set(error, ERR_NOMEM, "out of memory");
	else if (json_dumpf(json->object, stdout, JSON_COMPACT) ||
		 putchar('\n') == EOF)
		code = error_set(error, ERR_IO, "standard output: %s",
			strerror(errno ? errno : EIO));
	json_drop(json);
	return code;
}
