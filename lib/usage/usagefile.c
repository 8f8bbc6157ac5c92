#include "usage/usagefile.h"

#include <openssl/evp.h>
#include <stdlib.h>

#define MAGIC	    "readdress usage 1\n"
#define MAGIC_ANY   "readdress usage "
#define DIGEST_SIZE 32
#define ENTRY_SIZE  14 /* before the counts */
#define HEAD_SIZE   (sizeof MAGIC - 1 + 4 * USAGE_WHATS + 8)

static char *put(char *out, uint64_t number, size_t size)
{
	for (size_t i = 0; i < size; i++)
		*out++ = (char)(number >> 8 * i & 0xff);
	return out;
}

static uint64_t get(const char **in, size_t size)
{
	uint64_t number = 0;

	for (size_t i = 0; i < size; i++)
		number |= (uint64_t)(unsigned char)*(*in)++ << 8 * i;
	return number;
}

static size_t size_of(const struct usage_entry *entry)
{
	return ENTRY_SIZE + 8 * usage_counts(entry->what) + entry->name.len;
}

static bool make_digest(const char *data, size_t len, char *digest)
{
	return EVP_Digest(data, len, (unsigned char *)digest, NULL,
		       EVP_sha256(), NULL) == 1;
}

static char *put_entry(char *out, const struct usage_entry *entry)
{
	*out++ = (char)entry->what;
	*out++ = (char)entry->table;
	*out++ = (char)entry->hashed;
	*out++ = 0;
	out = put(out, entry->name.len, 2);
	out = put(out, entry->first, 4);
	out = put(out, entry->last, 4);
	for (size_t i = 0; i < usage_counts(entry->what); i++)
		out = put(out, entry->counts[i], 8);
	memcpy(out, entry->name.data, entry->name.len);
	return out + entry->name.len;
}

int usagefile_format(const struct master *master, char **data, size_t *len)
{
	size_t size = HEAD_SIZE + DIGEST_SIZE;
	struct usage_entry entry;
	size_t cursor = 0;
	char *out;

	while (master_next(master, &cursor, &entry))
		size += size_of(&entry);
	*data = malloc(size);
	if (!*data)
		return ERR_NOMEM;
	out = *data;
	memcpy(out, MAGIC, sizeof MAGIC - 1);
	out += sizeof MAGIC - 1;
	for (enum usage_what what = 0; what < USAGE_WHATS; what++)
		out = put(out, master_incomplete(master, what), 4);
	out = put(out, master_total(master), 8);
	cursor = 0;
	while (master_next(master, &cursor, &entry))
		out = put_entry(out, &entry);
	if (!make_digest(*data, size - DIGEST_SIZE, out)) {
		free(*data);
		return ERR_NOMEM;
	}
	*len = size;
	return 0;
}

/* Reads an entry from the front of *rest. Returns false if it is damaged. */
static bool take_entry(struct bytes *rest, struct usage_entry *entry)
{
	const char *in = rest->data;
	size_t size;

	if (rest->len < ENTRY_SIZE)
		return false;
	*entry = (struct usage_entry){ .what = (enum usage_what)get(&in, 1) };
	entry->table = (enum rule_table)get(&in, 1);
	entry->hashed = *in & 1;
	if (entry->what >= USAGE_WHATS || entry->table > RULE_OUTBOUND ||
		get(&in, 2) > 1)
		return false;
	entry->name.len = (size_t)get(&in, 2);
	entry->first = (uint32_t)get(&in, 4);
	entry->last = (uint32_t)get(&in, 4);
	size = size_of(entry);
	if (!entry->name.len || entry->name.len > USAGE_NAME_MAX ||
		rest->len < size || entry->first > entry->last)
		return false;
	for (size_t i = 0; i < usage_counts(entry->what); i++)
		entry->counts[i] = get(&in, 8);
	entry->name.data = in;
	rest->data += size;
	rest->len -= size;
	return true;
}

/* Reads all entries; adds them to master unless that is NULL. */
static int take_entries(
	struct master *master, struct bytes rest, struct error *error)
{
	const char *in = rest.data;
	struct usage_entry entry;
	uint64_t count = get(&in, 8);
	int result = 0;

	rest.data += 8;
	rest.len -= 8;
	for (uint64_t i = 0; !result && i < count; i++) {
		if (!take_entry(&rest, &entry))
			return error_set(
				error, ERR_BAD, "one of its entries is bad");
		if (master)
			result = master_add(master, &entry);
	}
	if (result < 0)
		return error_set(error, result, "out of memory");
	return rest.len ? error_set(error, ERR_BAD,
				  "it has bytes after its last entry")
			: 0;
}

int usagefile_parse(
	struct master *master, struct bytes data, struct error *error)
{
	struct bytes rest = data;
	char digest[DIGEST_SIZE];
	uint32_t since[USAGE_WHATS];
	const char *in;
	int result;

	if (!bytes_take(&rest, MAGIC))
		return error_set(error, ERR_BAD, "%s",
			bytes_take(&rest, MAGIC_ANY)
				? "another version of readdress wrote it"
				: "it does not begin with \"" MAGIC_ANY "1\"");
	if (data.len < HEAD_SIZE + DIGEST_SIZE)
		return error_set(error, ERR_BAD, "it is too short");
	data.len -= DIGEST_SIZE;
	if (!make_digest(data.data, data.len, digest))
		return error_set(error, ERR_NOMEM, "out of memory");
	if (memcmp(digest, data.data + data.len, DIGEST_SIZE) != 0)
		return error_set(error, ERR_BAD, "its digest is wrong");
	rest.len -= DIGEST_SIZE;
	in = rest.data;
	for (enum usage_what what = 0; what < USAGE_WHATS; what++)
		since[what] = (uint32_t)get(&in, 4);
	rest.len -= (size_t)(in - rest.data);
	rest.data = in;
	result = take_entries(NULL, rest, error);
	if (!result)
		result = take_entries(master, rest, error);
	for (enum usage_what what = 0; !result && what < USAGE_WHATS; what++)
		master_set_incomplete(master, what, since[what]);
	return result;
}
