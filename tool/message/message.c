#include "message/message.h"

#include <errno.h>
#include <stdlib.h>

#include "base/array.h"

#define CHUNK ((size_t)65536)

/* Returns the line that begins at off, with its line break; len 0: there is
 * none, or it has no end yet and more may come. */
static struct bytes line_at(
	const struct message *message, size_t off, bool more)
{
	const char *start = message->data + off;
	size_t left = message->len - off;
	const char *end = left ? memchr(start, '\n', left) : NULL;

	if (end)
		return (struct bytes){ start, (size_t)(end - start) + 1 };
	return (struct bytes){ start, more ? 0 : left };
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/*
 * field-name = 1*ftext, ftext = %d33-57 / %d59-126 (RFC 5322 section 3.6.8);
 * obs-optional = field-name *WSP ":" (section 4.5.8). Returns the offset of the
 * colon, and the name; 0: the line does not begin a header.
 */
static size_t header_colon(struct bytes line, struct bytes *name)
{
	size_t i = 0;

	while (i < line.len && line.data[i] > 32 && line.data[i] < 127 &&
		line.data[i] != ':')
		i++;
	*name = (struct bytes){ line.data, i };
	while (i < line.len && is_blank(line.data[i]))
		i++;
	return name->len && i < line.len && line.data[i] == ':' ? i : 0;
}

/* True if an mbox file could have this line before a message. The caller has
 * found that it is not a header: "From : bob@a.com" is one. */
static bool is_mbox_line(struct bytes line)
{
	return line.len > 5 && !memcmp(line.data, "From ", 5);
}

static int add_header(struct message *message, struct bytes line, size_t colon,
	struct bytes name)
{
	struct decide_header *grown = array_grow(message->headers,
		message->header_count, &message->header_room, sizeof *grown);
	struct decide_header *header;

	if (!grown)
		return ERR_NOMEM;
	message->headers = grown;
	header = &message->headers[message->header_count++];
	header->name = name;
	header->value.data = line.data + colon + 1;
	header->value.len = line.len - colon - 1;
	return 0;
}

/* Finds the headers in what was read. Returns 1 if it found the end of the
 * header section, 0 if more bytes are needed, or ERR_NOMEM. more: true if more
 * may come. */
static int split(struct message *message, bool more)
{
	size_t off = 0;

	message->header_count = 0;
	for (;;) {
		struct bytes line = line_at(message, off, more);
		struct bytes name;
		size_t colon;

		if (!line.len)
			return !more;
		if (message->header_count && is_blank(line.data[0])) {
			struct decide_header *last =
				&message->headers[message->header_count - 1];

			last->value.len = (size_t)(line.data + line.len -
						   last->value.data);
			off += line.len;
			continue;
		}
		colon = header_colon(line, &name);
		if (!off && !colon && is_mbox_line(line)) {
			off += line.len;
			continue;
		}
		if (!colon)
			return 1;
		if (add_header(message, line, colon, name))
			return ERR_NOMEM;
		off += line.len;
	}
}

static int read_stdin(void *context, char *data, size_t size, size_t *got,
	struct error *error)
{
	(void)context;
	errno = 0;
	*got = fread(data, 1, size, stdin);
	if (ferror(stdin))
		return error_set(error, ERR_IO, "standard input: %s",
			strerror(errno ? errno : EIO));
	return 0;
}

struct message_source message_stdin(void)
{
	return (struct message_source){ read_stdin, NULL };
}

/* Reads one more piece. Returns 1 if more may come, 0 at the end, or an error.
 */
static int fill(struct message *message, const struct message_source *source,
	struct error *error)
{
	size_t got = 0;
	int code;

	if (message->len == message->size) {
		size_t size = message->size ? message->size * 2 : CHUNK;
		char *grown = realloc(message->data, size);

		if (!grown)
			return error_set(error, ERR_NOMEM, "out of memory");
		message->data = grown;
		message->size = size;
	}
	code = source->read(source->context, message->data + message->len,
		message->size - message->len, &got, error);
	message->len += got;
	return code ? code : got > 0;
}

/* Removes the line breaks from the values. A last header without a line break
 * counts as ended like the header before it. */
static void cut_breaks(struct message *message)
{
	bool crlf = false;

	for (size_t i = 0; i < message->header_count; i++) {
		struct decide_header *header = &message->headers[i];
		struct bytes *value = &header->value;

		if (value->len && value->data[value->len - 1] == '\n') {
			value->len--;
			crlf = value->len &&
			       value->data[value->len - 1] == '\r';
			if (crlf)
				value->len--;
		}
		header->crlf = crlf;
	}
}

int message_read(const struct message_source *source, struct message *message,
	struct error *error)
{
	int more;
	int found = 0;

	message->len = 0;
	message->header_count = 0;
	do {
		more = fill(message, source, error);
		if (more < 0)
			return more;
		found = split(message, more);
		if (found < 0)
			return error_set(error, found, "out of memory");
		if (!found && message->len > MESSAGE_HEADERS_MAX)
			return error_set(error, ERR_BAD,
				"the header section is longer than %zu bytes; "
				"expected a message",
				MESSAGE_HEADERS_MAX);
	} while (!found && more);
	cut_breaks(message);
	return 0;
}

void message_free(struct message *message)
{
	free(message->data);
	free(message->headers);
	memset(message, 0, sizeof *message);
}

static int copy_rest(
	const struct message_source *rest, FILE *out, struct error *error)
{
	char buffer[CHUNK];
	size_t got = 0;
	int code;

	do {
		code = rest->read(
			rest->context, buffer, sizeof buffer, &got, error);
		(void)fwrite(buffer, 1, got, out);
	} while (!code && got && !ferror(out));
	return code;
}

int message_write(const struct message *message,
	const struct decision_header_edit *edits, size_t change_count,
	const struct message_source *rest, FILE *out, struct error *error)
{
	size_t done = 0;
	int code;

	for (size_t i = 0; i < change_count; i++) {
		const struct bytes *old =
			&message->headers[edits[i].index].value;
		size_t start = (size_t)(old->data - message->data);

		(void)fwrite(message->data + done, 1, start - done, out);
		(void)fwrite(edits[i].value.data, 1, edits[i].value.len, out);
		done = start + old->len;
	}
	(void)fwrite(message->data + done, 1, message->len - done, out);
	errno = 0;
	code = copy_rest(rest, out, error);
	if (!code && (fflush(out) || ferror(out)))
		code = error_set(error, ERR_IO, "standard output: %s",
			strerror(errno ? errno : EIO));
	return code;
}
