#include "map/architecture.h"

#include "base/file.h"

#define HEAD 20

/* The first page of LMDB: its number (a word), 8 bytes, and then the magic
 * number 0xBEEFC0DE, in the byte order of the machine. */
static const struct kind {
	size_t off;
	unsigned char magic[4];
	const char *name;
} kinds[] = {
	{ 16, { 0xde, 0xc0, 0xef, 0xbe }, "64-bit little-endian" },
	{ 16, { 0xbe, 0xef, 0xc0, 0xde }, "64-bit big-endian" },
	{ 12, { 0xde, 0xc0, 0xef, 0xbe }, "32-bit little-endian" },
	{ 12, { 0xbe, 0xef, 0xc0, 0xde }, "32-bit big-endian" },
};

static const struct kind *this_machine(void)
{
	const uint32_t magic = 0xbeefc0de;

	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		if (kinds[i].off == sizeof(size_t) + 8 &&
			!memcmp(kinds[i].magic, &magic, sizeof magic))
			return &kinds[i];
	}
	return NULL;
}

int architecture_check(int fd, const char *path, struct error *error)
{
	const struct kind *ours = this_machine();
	unsigned char head[HEAD];
	ssize_t got = file_read_at(fd, head, sizeof head, 0);

	if (got < 0)
		return error_set_errno(error, "cannot read %s", path);
	if ((size_t)got < sizeof head || !ours ||
		!memcmp(head + ours->off, ours->magic, sizeof ours->magic))
		return 0;
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		const struct kind *kind = &kinds[i];

		if (!memcmp(head + kind->off, kind->magic, sizeof kind->magic))
			return error_set(error, ERR_FOREIGN,
				"%s is undamaged, but it was made on a %s "
				"machine and this machine is %s: move it and "
				"the directory history away, then load here "
				"what `readdress export TABLE` prints there",
				path, kind->name, ours->name);
	}
	return 0;
}
