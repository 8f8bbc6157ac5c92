#include "message/mbox.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"

#define BUFFER	  ((size_t)1 << 18)
#define SEPARATOR "From "
#define SEPARATOR_MAX                                                          \
	((size_t)1024) /* the date must stand before this byte                 \
			*/

struct mbox {
	char *path;
	char name[NAME_MAX + 8]; /* of the message */
	int fd;			 /* the mbox, or a file of the Maildir */
	uint64_t done;
	uint64_t total;

	/* An mbox: bytes from start to end were read, not yet returned. */
	char *buffer;
	size_t start;
	size_t end;
	uint64_t number; /* of the message */
	bool eof;
	bool line_start;  /* the next byte begins a line */
	bool line_blank;  /* this line holds only CR and LF so far */
	bool after_blank; /* the last complete line was empty */
	bool inside;	  /* of a message, and not at its end */

	/* A Maildir. */
	int dir; /* -1: an mbox */
	char **files;
	size_t file_count;
	size_t file_room;
};

static int failed(
	const struct mbox *mbox, const char *name, struct error *error)
{
	return error_set_errno(
		error, "%s%s%s", mbox->path, name ? "/" : "", name ? name : "");
}

/* ---- an mbox ---- */

/* Reads until the buffer holds at least size bytes, or the file ends. */
static int need(struct mbox *mbox, size_t size, struct error *error)
{
	while (mbox->end - mbox->start < size && !mbox->eof) {
		ssize_t got;

		memmove(mbox->buffer, mbox->buffer + mbox->start,
			mbox->end - mbox->start);
		mbox->end -= mbox->start;
		mbox->start = 0;
		got = read(
			mbox->fd, mbox->buffer + mbox->end, BUFFER - mbox->end);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return failed(mbox, NULL, error);
		mbox->eof = !got;
		mbox->end += (size_t)got;
		mbox->done += (uint64_t)got;
	}
	return 0;
}

static bool at_separator(const struct mbox *mbox)
{
	size_t len = strlen(SEPARATOR);

	return mbox->end - mbox->start >= len &&
	       !memcmp(mbox->buffer + mbox->start, SEPARATOR, len);
}

/* Takes a word and the blanks after it from text. */
static struct bytes word(struct bytes *text)
{
	struct bytes found = bytes_cut(text, ' ');

	while (text->len && *text->data == ' ')
		text->data++, text->len--;
	return found;
}

static bool is_one_of(struct bytes text, const char *names)
{
	for (; *names; names += 3)
		if (text.len == 3 && !memcmp(text.data, names, 3))
			return true;
	return false;
}

/* True if the line is like "From bob@a.example Sat Nov 21 15:09:00 2026". Such
 * a line begins a message even if no empty line precedes it. */
static bool at_dated_separator(const struct mbox *mbox)
{
	struct bytes line = { mbox->buffer + mbox->start,
		mbox->end - mbox->start };
	struct bytes part;

	line = bytes_cut(&line, '\n');
	if (!bytes_take(&line, SEPARATOR))
		return false;
	(void)word(&line); /* the sender, which may be missing */
	for (part = word(&line); part.len; part = word(&line)) {
		struct bytes month;
		struct bytes day;
		struct bytes time;

		if (!is_one_of(part, "SunMonTueWedThuFriSat"))
			continue;
		month = word(&line);
		day = word(&line);
		time = word(&line);
		return is_one_of(
			       month, "JanFebMarAprMayJunJulAugSepOctNovDec") &&
		       (day.len == 1 || day.len == 2) && time.len >= 5 &&
		       time.data[2] == ':' && line.len >= 4;
	}
	return false;
}

/* Takes the rest of the line from the buffer, as far as it was read, but at
 * most size bytes. */
static struct bytes take(struct mbox *mbox, size_t size)
{
	struct bytes piece = { mbox->buffer + mbox->start,
		mbox->end - mbox->start };
	const char *end;

	if (piece.len > size)
		piece.len = size;
	end = memchr(piece.data, '\n', piece.len);
	if (end)
		piece.len = (size_t)(end - piece.data) + 1;
	if (mbox->line_start)
		mbox->line_blank = true;
	for (size_t i = 0; mbox->line_blank && i < piece.len; i++)
		mbox->line_blank =
			piece.data[i] == '\r' || piece.data[i] == '\n';
	mbox->line_start = end != NULL;
	if (end)
		mbox->after_blank = mbox->line_blank;
	mbox->start += piece.len;
	return piece;
}

/* Reads bytes of the message. data NULL: skips them. */
static int read_mbox(void *context, char *data, size_t size, size_t *got,
	struct error *error)
{
	struct mbox *mbox = context;

	*got = 0;
	while (mbox->inside && *got < size) {
		struct bytes piece;
		int code = need(
			mbox, mbox->line_start ? strlen(SEPARATOR) : 1, error);

		if (!code && mbox->line_start && at_separator(mbox))
			code = need(mbox, SEPARATOR_MAX, error);
		if (code)
			return code;
		if (mbox->start == mbox->end ||
			(mbox->line_start && at_separator(mbox) &&
				(mbox->after_blank ||
					at_dated_separator(mbox)))) {
			mbox->inside = false;
			break;
		}
		piece = take(mbox, size - *got);
		if (data)
			memcpy(data + *got, piece.data, piece.len);
		*got += piece.len;
	}
	return 0;
}

static int next_in_mbox(struct mbox *mbox, struct error *error)
{
	size_t got;
	int code;

	do {
		code = read_mbox(mbox, NULL, BUFFER, &got, error);
	} while (!code && got);
	for (;;) {
		if (!code)
			code = need(mbox, strlen(SEPARATOR), error);
		if (code || mbox->start == mbox->end)
			return code;
		if (mbox->buffer[mbox->start] != '\r' &&
			mbox->buffer[mbox->start] != '\n')
			break;
		mbox->start++; /* an empty line before the first message */
	}
	if (!at_separator(mbox))
		return error_set(error, ERR_BAD,
			"%s is not an mbox; expected a line \"From ...\" "
			"before each message",
			mbox->path);
	mbox->line_start = false; /* or it would begin the next message, too */
	mbox->line_blank = false;
	mbox->inside = true;
	(void)snprintf(
		mbox->name, sizeof mbox->name, "%" PRIu64, ++mbox->number);
	return 1;
}

/* ---- a Maildir ---- */

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int add_file(struct mbox *mbox, const char *folder, const char *name)
{
	char **grown = array_grow(
		mbox->files, mbox->file_count, &mbox->file_room, sizeof *grown);

	if (!grown)
		return ERR_NOMEM;
	mbox->files = grown;
	if (asprintf(&mbox->files[mbox->file_count], "%s/%s", folder, name) < 0)
		return ERR_NOMEM;
	mbox->file_count++;
	return 0;
}

/* Returns 1; 0 if there is no such folder; or an error. */
static int list_folder(
	struct mbox *mbox, const char *folder, struct error *error)
{
	int fd = openat(mbox->dir, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;
	int code = 0;

	if (!dir) {
		if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
			return 0;
		code = failed(mbox, folder, error);
		if (fd >= 0)
			close(fd);
		return code;
	}
	do {
		errno = 0;
		entry = readdir(dir);
		if (entry && entry->d_name[0] != '.' &&
			add_file(mbox, folder, entry->d_name))
			code = error_set(error, ERR_NOMEM, "out of memory");
		else if (!entry && errno)
			code = failed(mbox, folder, error);
	} while (entry && !code);
	(void)closedir(dir);
	return code ? code : 1;
}

static int open_maildir(struct mbox *mbox, struct error *error)
{
	int cur = list_folder(mbox, "cur", error);
	int new = cur < 0 ? 0 : list_folder(mbox, "new", error);

	if (cur < 0 || new < 0)
		return cur < 0 ? cur : new;
	if (!cur && !new)
		return error_set(error, ERR_BAD,
			"%s is not a Maildir; expected a directory with cur or "
			"new in it",
			mbox->path);
	mbox->total = mbox->file_count;
	if (mbox->file_count)
		qsort(mbox->files, mbox->file_count, sizeof *mbox->files,
			compare_names);
	return 0;
}

static int next_in_maildir(struct mbox *mbox, struct error *error)
{
	while (mbox->done < mbox->file_count) {
		const char *file = mbox->files[mbox->done++];
		struct stat about;

		if (mbox->fd >= 0)
			close(mbox->fd);
		mbox->fd = openat(mbox->dir, file,
			O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
		if (mbox->fd < 0 && (errno == ENOENT || errno == ELOOP))
			continue;
		(void)snprintf(mbox->name, sizeof mbox->name, "%s", file);
		if (mbox->fd < 0 || fstat(mbox->fd, &about))
			return failed(mbox, file, error);
		if (S_ISREG(about.st_mode))
			return 1;
	}
	return 0;
}

static int read_file(void *context, char *data, size_t size, size_t *got,
	struct error *error)
{
	struct mbox *mbox = context;
	ssize_t len;

	do {
		len = read(mbox->fd, data, size);
	} while (len < 0 && errno == EINTR);
	*got = len < 0 ? 0 : (size_t)len;
	return len < 0 ? failed(mbox, mbox->name, error) : 0;
}

/* ---- both ---- */

static int open_path(struct mbox *mbox, struct error *error)
{
	bool standard = !strcmp(mbox->path, "-");
	struct stat about;

	mbox->fd = standard ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
			    : open(mbox->path, O_RDONLY | O_CLOEXEC);
	if (mbox->fd < 0 || fstat(mbox->fd, &about))
		return failed(mbox, NULL, error);
	if (S_ISDIR(about.st_mode) && !standard) {
		mbox->dir = mbox->fd;
		mbox->fd = -1;
		return open_maildir(mbox, error);
	}
	if (S_ISREG(about.st_mode))
		mbox->total = (uint64_t)about.st_size;
	mbox->buffer = malloc(BUFFER);
	mbox->line_start = true;
	return mbox->buffer ? 0 : error_set(error, ERR_NOMEM, "out of memory");
}

int mbox_open(struct mbox **result, const char *path, struct error *error)
{
	struct mbox *mbox = calloc(1, sizeof *mbox);
	int code = ERR_NOMEM;

	if (mbox) {
		mbox->fd = -1;
		mbox->dir = -1;
		mbox->path = strdup(path);
	}
	if (mbox && mbox->path)
		code = open_path(mbox, error);
	else
		(void)error_set(error, code, "out of memory");
	if (code) {
		mbox_close(mbox);
		return code;
	}
	*result = mbox;
	return 0;
}

void mbox_close(struct mbox *mbox)
{
	if (!mbox)
		return;
	for (size_t i = 0; i < mbox->file_count; i++)
		free(mbox->files[i]);
	free(mbox->files);
	if (mbox->fd >= 0)
		close(mbox->fd);
	if (mbox->dir >= 0)
		close(mbox->dir);
	free(mbox->buffer);
	free(mbox->path);
	free(mbox);
}

int mbox_next(struct mbox *mbox, struct error *error)
{
	return mbox->dir >= 0 ? next_in_maildir(mbox, error)
			      : next_in_mbox(mbox, error);
}

struct message_source mbox_source(struct mbox *mbox)
{
	return (struct message_source){ mbox->dir >= 0 ? read_file : read_mbox,
		mbox };
}

const char *mbox_name(const struct mbox *mbox)
{
	return mbox->name;
}

void mbox_progress(const struct mbox *mbox, uint64_t *done, uint64_t *total)
{
	*done = mbox->done;
	*total = mbox->total;
}
