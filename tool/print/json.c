#include "print/json.h"

#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/precis.h"

#define CODE_POINT_MAX 12 /* "U+10FFFF", NUL */

static const char replacement[] = "\xef\xbf\xbd"; /* U+FFFD */

void json_begin(struct json *json)
{
	json->object = json_object();
	json->failed = !json->object;
}

/* Writes the first character of text in its printable form. Returns its length
 * in text; 1 for a byte that is not in a valid character. */
static size_t spell(struct bytes text, bool row, char *out, size_t *used)
{
	struct bytes one = { text.data, precis_character(text) };

	if (!one.len) {
		memcpy(out + *used, replacement, sizeof replacement - 1);
		*used += sizeof replacement - 1;
		return 1;
	}
	/* JSON escapes U+0000 to U+001F itself. */
	if (!row && one.len == 1) {
		out[(*used)++] = *one.data;
		return 1;
	}
	*used += row ? precis_show(one, out + *used, CODE_POINT_MAX)
		     : precis_show_text(one, out + *used, CODE_POINT_MAX);
	return one.len;
}

static json_t *make(struct bytes text, bool row)
{
	size_t used = 0;
	char *copy = malloc(PRECIS_SHOWN(text.len) + CODE_POINT_MAX);
	json_t *made;

	if (!copy)
		return NULL;
	while (text.len) {
		size_t len = spell(text, row, copy, &used);

		text.data += len;
		text.len -= len;
	}
	made = json_stringn_nocheck(copy, used);
	free(copy);
	return made;
}

static bool is_plain(struct bytes text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] < 0x20 || text.data[i] == 0x7f)
			return false;
	}
	return true;
}

void json_put_digest(struct json *json, const char *key, const char *digest)
{
	json_put_text(json, key, *digest ? digest : NULL);
}

void json_put_adopted(
	struct json *json, const char *key, const struct map_meta *meta)
{
	struct json origin;
	char when[CLOCK_TEXT_MAX];

	if (!meta->adopted.generation) {
		json_put_null(json, key);
		return;
	}
	clock_text(meta->adopted.time, when);
	json_begin(&origin);
	json_put_text(&origin, "host", meta->adopted.host);
	json_put_number(&origin, "generation", meta->adopted.generation);
	json_put_text(&origin, "time", when);
	json_put_object(json, key, &origin);
}

json_t *json_bytes(struct bytes text)
{
	if (!text.len)
		return json_stringn_nocheck("", 0);
	return is_plain(text) ? json_stringn_nocheck(text.data, text.len)
			      : make(text, false);
}

void json_put(struct json *json, const char *key, json_t *value)
{
	if (json->failed) {
		json_decref(value);
		return;
	}
	/* Owns value even if it fails, and fails for NULL. */
	if (json_object_set_new_nocheck(json->object, key, value))
		json->failed = true;
}

void json_put_bytes(struct json *json, const char *key, struct bytes text)
{
	json_put(json, key, json_bytes(text));
}

void json_put_row(struct json *json, const char *key, struct bytes text)
{
	json_put(json, key,
		is_plain(text) ? json_bytes(text) : make(text, true));
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
