#include "kit/casefile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <glob.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void casefile_put(struct casefile_text *text, const char *data, size_t len)
{
	while (text->len + len + 1 > text->room) {
		text->room = text->room ? 2 * text->room : 256;
		text->data = realloc(text->data, text->room);
		assert_non_null(text->data);
	}
	if (len)
		memcpy(text->data + text->len, data, len);
	text->len += len;
	text->data[text->len] = '\0';
}

static int casefile_hex(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at =
		c ? strchr(digits, c >= 'A' && c <= 'F' ? c + 32 : c) : NULL;

	assert_non_null(at);
	return (int)(at - digits);
}

/* Appends what the escape at in means, which begins with a backslash. Returns
 * the length of the escape. */
static size_t casefile_escape(
	const char *in, size_t len, struct casefile_text *out)
{
	static const char letters[] = "nrts\\";
	static const char bytes[] = "\n\r\t \\";
	const char *letter = len > 1 ? strchr(letters, in[1]) : NULL;
	char byte;

	assert_true(len > 1);
	if (letter && *letter) {
		casefile_put(out, &bytes[letter - letters], 1);
		return 2;
	}
	assert_true(in[1] == 'x' && len > 3);
	byte = (char)(casefile_hex(in[2]) * 16 + casefile_hex(in[3]));
	casefile_put(out, &byte, 1);
	return 4;
}

/* Appends a text whose escapes are all but \*N{}. */
static void casefile_simple(
	const char *in, size_t len, struct casefile_text *out)
{
	for (size_t i = 0; i < len;) {
		if (in[i] == '\\') {
			i += casefile_escape(in + i, len - i, out);
		} else {
			casefile_put(out, in + i, 1);
			i++;
		}
	}
}

static struct bytes casefile_unescape(const char *in)
{
	struct casefile_text out = { NULL, 0, 0 };
	size_t len = strlen(in);

	casefile_put(&out, "", 0);
	for (size_t i = 0; i < len;) {
		if (in[i] == '\\' && in[i + 1] == '*') {
			char *text;
			unsigned long times = strtoul(in + i + 2, &text, 10);
			const char *end = strchr(text, '}');

			assert_true(*text == '{' && end);
			text++;
			for (unsigned long n = 0; n < times; n++)
				casefile_simple(
					text, (size_t)(end - text), &out);
			i = (size_t)(end - in) + 1;
		} else if (in[i] == '\\') {
			i += casefile_escape(in + i, len - i, &out);
		} else {
			casefile_put(&out, in + i, 1);
			i++;
		}
	}
	return (struct bytes){ out.data, out.len };
}

static void casefile_line(struct casefile *cases, const char *file,
	unsigned number, char *line, bool *open)
{
	struct casefile_block *block;
	struct casefile_line *new;
	char *colon = strchr(line, ':');

	if (!colon)
		fail_msg("%s:%u: no \"name: value\"", file, number);
	if (!*open) {
		assert_true(cases->count < CASEFILE_MAX);
		block = calloc(1, sizeof *block);
		assert_non_null(block);
		block->file = file;
		block->number = number;
		cases->blocks[cases->count++] = block;
		*open = true;
	}
	block = cases->blocks[cases->count - 1];
	assert_true(block->count < CASEFILE_LINES);
	new = &block->lines[block->count++];
	*colon = '\0';
	new->name = strdup(line);
	assert_non_null(new->name);
	new->value = casefile_unescape(colon[1] == ' ' ? colon + 2 : colon + 1);
}

static void casefile_read(struct casefile *cases, const char *path)
{
	FILE *file = fopen(path, "r");
	const char *name = strrchr(path, '/');
	char *line = NULL;
	size_t size = 0;
	ssize_t len;
	unsigned number = 0;
	bool open = false;

	assert_non_null(file);
	name = strdup(name ? name + 1 : path);
	while ((len = getline(&line, &size, file)) > 0) {
		number++;
		if (line[len - 1] == '\n')
			line[--len] = '\0';
		if (!len)
			open = false;
		else if (*line != '#')
			casefile_line(cases, name, number, line, &open);
	}
	free(line);
	(void)fclose(file);
}

void casefile_glob(struct casefile *cases, const char *dir, const char *pattern)
{
	char path[4096];
	glob_t found;

	(void)snprintf(path, sizeof path, "%s/%s", dir, pattern);
	assert_int_equal(glob(path, 0, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc; i++)
		casefile_read(cases, found.gl_pathv[i]);
	globfree(&found);
}

struct bytes casefile_value(
	const struct casefile_block *block, const char *name)
{
	for (size_t i = 0; i < block->count; i++)
		if (!strcmp(block->lines[i].name, name))
			return block->lines[i].value;
	return (struct bytes){ NULL, 0 };
}
