#include "kit/postconfmodel.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 20 /* of references within references */

static char *copy_of(struct bytes text)
{
	char *copy = strndup(text.data, text.len);

	assert_non_null(copy);
	return copy;
}

/* Cuts the next line off; false at the end. */
static bool next_line(struct bytes *rest, struct bytes *line)
{
	while (rest->len) {
		*line = bytes_cut(rest, '\n');
		if (line->len)
			return true;
	}
	return false;
}

static void cut(struct bytes line, struct bytes *name, struct bytes *value)
{
	*value = line;
	*name = bytes_trim(bytes_cut(value, '='), " ");
	*value = bytes_trim(*value, " ");
}

static void set(
	struct postconfmodel *model, struct bytes name, struct bytes value)
{
	size_t i = 0;

	while (i < model->parameter_count &&
		!bytes_equal(bytes_of(model->parameters[i].name), name))
		i++;
	if (i == model->parameter_count) {
		assert_true(i < POSTCONFMODEL_MAX);
		model->parameters[i].name = copy_of(name);
		model->parameter_count++;
	} else {
		free(model->parameters[i].value);
	}
	model->parameters[i].value = copy_of(value);
}

static void unset(struct postconfmodel *model, const char *name)
{
	for (size_t i = 0; i < model->parameter_count; i++) {
		if (strcmp(model->parameters[i].name, name) != 0)
			continue;
		free(model->parameters[i].name);
		free(model->parameters[i].value);
		model->parameters[i] =
			model->parameters[--model->parameter_count];
		return;
	}
	fail_msg("main.cf does not have %s", name);
}

void postconfmodel_open(struct postconfmodel *model, const char *defaults,
	const char *main, const char *services)
{
	struct bytes rest = bytes_of(main);
	struct bytes line;

	memset(model, 0, sizeof *model);
	model->defaults = defaults;
	while (next_line(&rest, &line)) {
		struct bytes name;
		struct bytes value;

		cut(line, &name, &value);
		set(model, name, value);
	}
	rest = bytes_of(services);
	while (next_line(&rest, &line)) {
		assert_true(model->service_count < POSTCONFMODEL_MAX);
		model->services[model->service_count++] = copy_of(line);
	}
}

void postconfmodel_close(struct postconfmodel *model)
{
	for (size_t i = 0; i < model->parameter_count; i++) {
		free(model->parameters[i].name);
		free(model->parameters[i].value);
	}
	for (size_t i = 0; i < model->service_count; i++)
		free(model->services[i]);
}

/* Cuts the next word, which braces hold together, off. */
static struct bytes next_word(struct bytes *rest)
{
	struct bytes word;
	size_t depth = 0;

	*rest = bytes_trim(*rest, " ");
	word = (struct bytes){ rest->data, 0 };
	while (rest->len && (depth || *rest->data != ' ')) {
		depth += *rest->data == '{';
		depth -= *rest->data == '}';
		rest->data++;
		rest->len--;
		word.len++;
	}
	return word;
}

/* Returns the number of the service "name/type"; service_count if there is
 * none. */
static size_t find_service(const struct postconfmodel *model, struct bytes path)
{
	size_t i = 0;

	for (; i < model->service_count; i++) {
		struct bytes rest = bytes_of(model->services[i]);
		struct bytes name = next_word(&rest);
		struct bytes type = next_word(&rest);

		if (path.len == name.len + 1 + type.len &&
			!memcmp(path.data, name.data, name.len) &&
			!memcmp(path.data + name.len + 1, type.data, type.len))
			break;
	}
	return i;
}

/* Stores the next option of a service's line. Returns false at the end. */
static bool next_option(
	struct bytes *rest, struct bytes *name, struct bytes *value)
{
	struct bytes word;

	while ((word = next_word(rest)).len) {
		if (!bytes_equal(word, bytes_of("-o")))
			continue;
		word = next_word(rest);
		if (*word.data == '{')
			word = (struct bytes){ word.data + 1, word.len - 2 };
		cut(word, name, value);
		return true;
	}
	return false;
}

/* Puts the option into the line, or takes it out if value is NULL. */
static void set_option(
	struct postconfmodel *model, const char *path, const char *value)
{
	const char *slash = strrchr(path, '/');
	size_t at = find_service(
		model, (struct bytes){ path, (size_t)(slash - path) });
	char *line = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&line, &size);
	struct bytes rest;
	struct bytes name;
	struct bytes old;
	bool found = false;

	assert_non_null(file);
	assert_true(at < model->service_count);
	/* postconf -P: "fatal: -Pe does not accept whitespace". */
	assert_true(!value || !strpbrk(value, " \t"));
	rest = bytes_of(model->services[at]);
	for (int i = 0; i < 8; i++) {
		struct bytes word = next_word(&rest);

		(void)fprintf(
			file, "%s%.*s", i ? " " : "", (int)word.len, word.data);
	}
	while (next_option(&rest, &name, &old)) {
		bool this = bytes_equal(name, bytes_of(slash + 1));

		found = found || this;
		if (this && value)
			(void)fprintf(file, " -o %s=%s", slash + 1, value);
		else if (!this && memchr(old.data, ' ', old.len))
			(void)fprintf(file, " -o {%.*s=%.*s}", (int)name.len,
				name.data, (int)old.len, old.data);
		else if (!this)
			(void)fprintf(file, " -o %.*s=%.*s", (int)name.len,
				name.data, (int)old.len, old.data);
	}
	if (!found && value)
		(void)fprintf(file, " -o %s=%s", slash + 1, value);
	assert_true(found || value);
	assert_int_equal(fclose(file), 0);
	free(model->services[at]);
	model->services[at] = line;
}

void postconfmodel_change(
	struct postconfmodel *model, const struct plan_change *change)
{
	size_t at = find_service(model, bytes_of(change->name));

	switch (change->kind) {
	case PLAN_SET:
		set(model, bytes_of(change->name), bytes_of(change->value));
		break;
	case PLAN_UNSET:
		unset(model, change->name);
		break;
	case PLAN_SERVICE:
		if (at == model->service_count) {
			assert_true(at < POSTCONFMODEL_MAX);
			model->service_count++;
		} else {
			free(model->services[at]);
		}
		model->services[at] = copy_of(bytes_of(change->value));
		break;
	case PLAN_SERVICE_UNSET:
		assert_true(at < model->service_count);
		free(model->services[at]);
		memmove(model->services + at, model->services + at + 1,
			(--model->service_count - at) * sizeof(char *));
		break;
	case PLAN_OPTION:
		set_option(model, change->name, change->value);
		break;
	case PLAN_OPTION_UNSET:
		set_option(model, change->name, NULL);
		break;
	case PLAN_SHELL:
	case PLAN_RELOAD:
	case PLAN_NOTE:
		break;
	}
}

/* The text of the parameter as it is written. */
static struct bytes value_of(
	const struct postconfmodel *model, size_t service, struct bytes wanted)
{
	struct bytes rest = bytes_of(model->defaults);
	struct bytes name;
	struct bytes value;
	struct bytes line;

	if (service < model->service_count) {
		struct bytes options = bytes_of(model->services[service]);

		while (next_option(&options, &name, &value))
			if (bytes_equal(name, wanted))
				return value;
	}
	for (size_t i = 0; i < model->parameter_count; i++)
		if (bytes_equal(bytes_of(model->parameters[i].name), wanted))
			return bytes_of(model->parameters[i].value);
	while (next_line(&rest, &line)) {
		cut(line, &name, &value);
		if (bytes_equal(name, wanted))
			return value;
	}
	return bytes_of("");
}

static void expand(const struct postconfmodel *model, size_t service,
	struct bytes text, unsigned depth, FILE *file);

/* "{$name}:{old}", behind "name?". */
static void expand_choice(const struct postconfmodel *model, size_t service,
	struct bytes name, struct bytes rest, unsigned depth, FILE *file)
{
	struct bytes yes = next_word(&rest);
	size_t end = 1;
	size_t open = 1;

	/* next_word() sees no border between "}" and ":". */
	while (open) {
		open += yes.data[end] == '{';
		open -= yes.data[end++] == '}';
	}
	if (value_of(model, service, name).len)
		expand(model, service, (struct bytes){ yes.data + 1, end - 2 },
			depth, file);
	else
		expand(model, service,
			(struct bytes){ yes.data + end + 2, yes.len - end - 3 },
			depth, file);
}

static void expand(const struct postconfmodel *model, size_t service,
	struct bytes text, unsigned depth, FILE *file)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz_0123456789";

	assert_true(depth < DEPTH_MAX);
	while (text.len) {
		struct bytes front = bytes_cut(&text, '$');
		struct bytes name = text;
		struct bytes inner = text;

		(void)fprintf(file, "%.*s", (int)front.len, front.data);
		if (!text.len)
			return;
		if (*text.data == '$') {
			(void)fputc('$', file);
			text.data++;
			text.len--;
			continue;
		}
		if (*text.data == '{') {
			inner = next_word(&text);
			/* What follows the braces belongs to the text. */
			for (size_t at = 1, open = 1; at < inner.len; at++) {
				open += inner.data[at] == '{';
				open -= inner.data[at] == '}';
				if (open)
					continue;
				text = (struct bytes){ inner.data + at + 1,
					text.len + inner.len - at - 1 };
				inner.len = at + 1;
			}
			name = (struct bytes){ inner.data + 1, inner.len - 2 };
		} else {
			inner.len = 0;
		}
		inner = name;
		name.len = strspn(name.data, letters);
		if (inner.len > name.len && inner.data[name.len] == '?' &&
			text.data != name.data)
			expand_choice(model, service, name,
				(struct bytes){ inner.data + name.len + 1,
					inner.len - name.len - 1 },
				depth + 1, file);
		else
			expand(model, service, value_of(model, service, name),
				depth + 1, file);
		if (text.data == name.data) {
			text.data += name.len;
			text.len -= name.len;
		}
	}
}

static struct postfix *read(
	const struct postconfmodel *model, bool defaults, bool expands)
{
	struct postfix *postfix = postfix_open();
	char *texts[3] = { NULL };
	size_t sizes[3];
	FILE *files[3];
	struct bytes rest = bytes_of(model->defaults);
	struct bytes line;
	struct bytes name;
	struct bytes value;

	assert_non_null(postfix);
	for (int i = 0; i < 3; i++) {
		files[i] = open_memstream(&texts[i], &sizes[i]);
		assert_non_null(files[i]);
	}
	while (defaults && next_line(&rest, &line)) {
		cut(line, &name, &value);
		(void)fprintf(files[0], "%.*s = ", (int)name.len, name.data);
		if (expands)
			expand(model, POSTCONFMODEL_MAX, value, 0, files[0]);
		else
			(void)fprintf(
				files[0], "%.*s", (int)value.len, value.data);
		(void)fputc('\n', files[0]);
	}
	for (size_t i = 0; i < model->parameter_count; i++) {
		const char *text = model->parameters[i].value;

		if (defaults && !expands)
			break;
		(void)fprintf(files[0], "%s = ", model->parameters[i].name);
		if (expands)
			expand(model, POSTCONFMODEL_MAX, bytes_of(text), 0,
				files[0]);
		else
			(void)fputs(text, files[0]);
		(void)fputc('\n', files[0]);
	}
	for (size_t i = 0; i < model->service_count; i++) {
		struct bytes options = bytes_of(model->services[i]);
		struct bytes words[2];

		(void)fprintf(files[1], "%s\n", model->services[i]);
		words[0] = next_word(&options);
		words[1] = next_word(&options);
		while (next_option(&options, &name, &value)) {
			(void)fprintf(files[2],
				"%.*s/%.*s/%.*s = ", (int)words[0].len,
				words[0].data, (int)words[1].len, words[1].data,
				(int)name.len, name.data);
			if (expands)
				expand(model, i, value, 0, files[2]);
			else
				(void)fprintf(files[2], "%.*s", (int)value.len,
					value.data);
			(void)fputc('\n', files[2]);
		}
	}
	for (int i = 0; i < 3; i++)
		assert_int_equal(fclose(files[i]), 0);
	assert_int_equal(
		postfix_read_main(postfix, bytes_of(texts[0]), NULL), 0);
	assert_int_equal(
		postfix_read_services(postfix, bytes_of(texts[1]), NULL), 0);
	assert_int_equal(
		postfix_read_overrides(postfix, bytes_of(texts[2]), NULL), 0);
	for (int i = 0; i < 3; i++)
		free(texts[i]);
	return postfix;
}

struct postfix *postconfmodel_expanded(const struct postconfmodel *model)
{
	return read(model, true, true);
}

struct postfix *postconfmodel_written(const struct postconfmodel *model)
{
	return read(model, false, false);
}

struct postfix *postconfmodel_defaults(const struct postconfmodel *model)
{
	return read(model, true, false);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

char *postconfmodel_text(const struct postconfmodel *model)
{
	char *lines[POSTCONFMODEL_MAX];
	char *text = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&text, &size);

	assert_non_null(file);
	for (size_t i = 0; i < model->parameter_count; i++)
		assert_true(asprintf(&lines[i], "%s = %s",
				    model->parameters[i].name,
				    model->parameters[i].value) > 0);
	qsort(lines, model->parameter_count, sizeof *lines, by_text);
	for (size_t i = 0; i < model->parameter_count; i++) {
		(void)fprintf(file, "%s\n", lines[i]);
		free(lines[i]);
	}
	for (size_t i = 0; i < model->service_count; i++)
		(void)fprintf(file, "%s\n", model->services[i]);
	assert_int_equal(fclose(file), 0);
	return text;
}
