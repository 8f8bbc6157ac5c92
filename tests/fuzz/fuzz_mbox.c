/*
 * mbox and message: the messages of an mbox are its octets, none lost and none
 * twice, however they are read; and a message whose headers are replaced by
 * themselves is the same. The first octet is the size of the pieces.
 */
#include "fuzz.h"
#include "message/mbox.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

struct text {
	FILE *file; /* writes into data */
	char *data;
	size_t len;
	size_t messages;
};

static void open_text(struct text *text)
{
	*text = (struct text){ 0 };
	text->file = open_memstream(&text->data, &text->len);
	FUZZ_CHECK(text->file);
}

static void close_text(struct text *text)
{
	FUZZ_CHECK(!fclose(text->file));
	free(text->data);
}

/* Where the file's messages lie: behind the line breaks in front. */
static struct bytes without_breaks(struct bytes file)
{
	while (file.len && (*file.data == '\r' || *file.data == '\n')) {
		file.data++;
		file.len--;
	}
	return file;
}

/* Lines "From ..." that are the first or behind a line without octets. */
static size_t count_messages(struct bytes file)
{
	size_t count = 0;
	bool blank = true;

	while (file.len) {
		struct bytes line = bytes_cut(&file, '\n');

		count += blank && line.len >= 5 &&
			 !memcmp(line.data, "From ", 5);
		blank = !bytes_trim(line, "\r").len;
	}
	return count;
}

static void check_headers(const struct message *message)
{
	const char *at = message->data;

	for (size_t i = 0; i < message->header_count; i++) {
		const struct decide_header *header = &message->headers[i];

		FUZZ_CHECK(header->name.len && header->name.data >= at);
		at = header->name.data + header->name.len;
		FUZZ_CHECK(header->value.data > at && at[0] != '\n');
		at = header->value.data + header->value.len;
		FUZZ_CHECK(at <= message->data + message->len);
	}
}

/* The message as it leaves when each header is edited into itself. */
static void copy_parsed(struct mbox *mbox, FILE *out)
{
	struct message_source source = mbox_source(mbox);
	struct message message = { 0 };
	struct decision_header_edit *edits;
	struct error error;

	FUZZ_CHECK(!message_read(&source, &message, &error));
	check_headers(&message);
	edits = calloc(message.header_count + 1, sizeof *edits);
	FUZZ_CHECK(edits);
	for (size_t i = 0; i < message.header_count; i++)
		edits[i] = (struct decision_header_edit){ .index = i,
			.value = message.headers[i].value };
	FUZZ_CHECK(!message_write(
		&message, edits, message.header_count, &source, out, &error));
	free(edits);
	message_free(&message);
}

static void copy_pieces(struct mbox *mbox, size_t size, FILE *out)
{
	struct message_source source = mbox_source(mbox);
	struct error error;
	char piece[256];
	size_t got;

	do {
		FUZZ_CHECK(!source.read(
			source.context, piece, size, &got, &error));
		FUZZ_CHECK(got <= size && fwrite(piece, 1, got, out) == got);
	} while (got);
}

/* All messages; pieces: of that size, 0: parsed, SIZE_MAX: passed over. */
static void read_all(const char *path, size_t pieces, struct text *text)
{
	struct mbox *mbox = NULL;
	struct error error = { .text = "" };
	int code;

	open_text(text);
	FUZZ_CHECK(!mbox_open(&mbox, path, &error));
	while ((code = mbox_next(mbox, &error)) == 1) {
		text->messages++;
		FUZZ_CHECK(
			strtoul(mbox_name(mbox), NULL, 10) == text->messages);
		if (!pieces)
			copy_parsed(mbox, text->file);
		else if (pieces != SIZE_MAX)
			copy_pieces(mbox, pieces, text->file);
	}
	FUZZ_CHECK(!fflush(text->file));
	/* only the first line of all can be a wrong one */
	FUZZ_CHECK(!code || (code == ERR_BAD && !text->messages));
	mbox_close(mbox);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int fd = -1;
	static char path[64];
	struct bytes file = { (const char *)data + 1, size ? size - 1 : 0 };
	struct text parsed;
	struct text pieces;
	struct text passed;

	if (fd < 0) {
		fd = memfd_create("mbox", MFD_CLOEXEC);
		FUZZ_CHECK(fd >= 0);
		(void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	}
	if (!size)
		return 0;
	FUZZ_CHECK(!ftruncate(fd, 0));
	FUZZ_CHECK(pwrite(fd, file.data, file.len, 0) == (ssize_t)file.len);
	read_all(path, 0, &parsed);
	read_all(path, 1 + data[0] % 256u, &pieces);
	read_all(path, SIZE_MAX, &passed);
	file = without_breaks(file);
	if (file.len < 5 || memcmp(file.data, "From ", 5) != 0)
		file.len = 0; /* no mbox */
	FUZZ_CHECK(parsed.messages == count_messages(file));
	FUZZ_CHECK(passed.messages == parsed.messages);
	FUZZ_CHECK(pieces.messages == parsed.messages);
	FUZZ_CHECK(
		bytes_equal((struct bytes){ parsed.data, parsed.len }, file));
	FUZZ_CHECK(
		bytes_equal((struct bytes){ pieces.data, pieces.len }, file));
	close_text(&parsed);
	close_text(&pieces);
	close_text(&passed);
	return 0;
}
