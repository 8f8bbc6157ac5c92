#include "map/trailer.h"

#include <errno.h>
#include <inttypes.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

#define DIGEST 32
#define CHUNK  ((size_t)256 * 1024)

static const char magic[8] = { 'R', 'E', 'A', 'D', 'D', 'R', 'E', 'S' };

static void put_number(unsigned char *at, uint64_t number, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		at[i] = (unsigned char)(number >> (8 * i));
}

static uint64_t get_number(const unsigned char *at, unsigned bytes)
{
	uint64_t number = 0;

	for (unsigned i = bytes; i-- > 0;)
		number = number << 8 | at[i];
	return number;
}

/* Hashes the first length bytes of fd and writes them to copy, if copy is not
 * -1. The bytes that are copied are those that were hashed, whatever happens to
 * the file. */
static int hash(int fd, const char *path, uint64_t length, int copy,
	unsigned char digest[DIGEST], struct error *error)
{
	int result = 0;
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	char *chunk = malloc(CHUNK);

	if (!context || !chunk ||
		!EVP_DigestInit_ex(context, EVP_sha256(), NULL)) {
		result = error_set(error, ERR_NOMEM,
			"%s: out of memory while hashing it", path);
		goto out;
	}
	for (uint64_t at = 0; at < length;) {
		size_t want =
			length - at < CHUNK ? (size_t)(length - at) : CHUNK;
		ssize_t got = file_read_at(fd, chunk, want, (off_t)at);

		if (got < 0) {
			result = error_set_errno(error, "cannot read %s", path);
			goto out;
		}
		if ((size_t)got < want) {
			result = error_set(error, ERR_BAD,
				"%s became shorter while it was read", path);
			goto out;
		}
		if (!EVP_DigestUpdate(context, chunk, want)) {
			result = error_set(
				error, ERR_IO, "%s: SHA-256 failed", path);
			goto out;
		}
		if (copy >= 0 && file_write(copy, chunk, want)) {
			bool full = errno == ENOSPC;

			result = error_set_errno(
				error, "cannot copy %s into memory", path);
			if (full)
				result = ERR_NOMEM;
			goto out;
		}
		at += want;
	}
	if (!EVP_DigestFinal_ex(context, digest, NULL))
		result = error_set(error, ERR_IO, "%s: SHA-256 failed", path);
out:
	free(chunk);
	EVP_MD_CTX_free(context);
	return result;
}

int trailer_append(
	int fd, const char *path, uint32_t version, struct error *error)
{
	unsigned char trailer[TRAILER_SIZE] = { 0 };
	off_t length = lseek(fd, 0, SEEK_END);
	int result;

	if (length < 0)
		return error_set_errno(error, "cannot read %s", path);
	memcpy(trailer, magic, sizeof magic);
	put_number(trailer + 8, version, 4);
	put_number(trailer + 16, (uint64_t)length, 8);
	result = hash(fd, path, (uint64_t)length, -1, trailer + 24, error);
	if (result)
		return result;
	if (file_write(fd, trailer, sizeof trailer))
		return error_set_errno(error, "cannot write %s", path);
	return 0;
}

/* True if the first page of a file is that of an LMDB file: its magic number
 * stands behind the page's header, whose length depends on the word size of the
 * machine, and in the byte order of the machine. */
static bool is_lmdb(const unsigned char head[20])
{
	static const unsigned char numbers[2][4] = {
		{ 0xde, 0xc0, 0xef, 0xbe },
		{ 0xbe, 0xef, 0xc0, 0xde },
	};

	for (size_t at = 12; at <= 16; at += 4)
		for (size_t i = 0; i < 2; i++)
			if (!memcmp(head + at, numbers[i], sizeof numbers[i]))
				return true;
	return false;
}

/* Reports what a file without our trailer seems to be. */
static int no_seal(int fd, const char *path, uint64_t size, struct error *error)
{
	unsigned char head[20];
	ssize_t got;

	if (!size)
		return error_set(error, ERR_BAD, "%s is empty", path);
	got = file_read_at(fd, head, sizeof head, 0);
	if (got < 0)
		return error_set_errno(error, "cannot read %s", path);
	if (got == (ssize_t)sizeof head && is_lmdb(head))
		return error_set(error, ERR_BAD,
			"%s is an LMDB file without the seal of readdress at "
			"its end: it is unfinished, cut short, or of another "
			"program",
			path);
	return error_set(error, ERR_BAD, "%s is not a map of readdress", path);
}

/* Refuses a version that this program does not read. */
static int check_version(const char *path, uint64_t version,
	const struct trailer *trailer, struct error *error)
{
	if (version > trailer->last)
		return error_set(error, ERR_BAD,
			"%s is a map of format version %" PRIu64
			", newer than version %lu, which this readdress "
			"writes; use the readdress that made it, or a later "
			"one",
			path, version, (unsigned long)trailer->last);
	if (version < trailer->first)
		return error_set(error, ERR_BAD,
			"%s is a map of format version %" PRIu64
			"; this readdress reads version %lu and later ones",
			path, version, (unsigned long)trailer->first);
	return 0;
}

int trailer_check(int fd, const char *path, struct trailer *trailer, int copy,
	struct error *error)
{
	unsigned char raw[TRAILER_SIZE];
	unsigned char digest[DIGEST];
	struct stat status;
	uint64_t size;
	uint64_t found;
	ssize_t got;
	int result;

	if (fstat(fd, &status))
		return error_set_errno(error, "cannot stat %s", path);
	size = (uint64_t)status.st_size;
	if (size < TRAILER_SIZE)
		return no_seal(fd, path, size, error);
	size -= TRAILER_SIZE;
	got = file_read_at(fd, raw, sizeof raw, (off_t)size);
	if (got < 0)
		return error_set_errno(error, "cannot read %s", path);
	if ((size_t)got < sizeof raw || memcmp(raw, magic, sizeof magic) != 0)
		return no_seal(fd, path, size + TRAILER_SIZE, error);
	found = get_number(raw + 8, 4);
	result = check_version(path, found, trailer, error);
	if (result)
		return result;
	if (get_number(raw + 12, 4) != 0 || get_number(raw + 16, 8) != size)
		return error_set(error, ERR_BAD,
			"%s is damaged: it does not have the length with which "
			"it was made",
			path);
	result = hash(fd, path, size, copy, digest, error);
	if (result)
		return result;
	if (memcmp(digest, raw + 24, DIGEST) != 0)
		return error_set(error, ERR_BAD,
			"%s is damaged: its SHA-256 digest does not match its "
			"content",
			path);
	trailer->version = (uint32_t)found;
	trailer->length = size;
	return 0;
}
