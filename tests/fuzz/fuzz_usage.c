/*
 * usage: served/usage, without its digest, which is put right here. What is
 * read is written and read again the same.
 */
#include <openssl/evp.h>

#include "fuzz.h"
#include "usage/usagefile.h"

#define DIGEST 32

static char *seal(const uint8_t *data, size_t size, size_t *len)
{
	char *copy = malloc(size + DIGEST);

	FUZZ_CHECK(copy);
	if (size)
		memcpy(copy, data, size);
	FUZZ_CHECK(EVP_Digest(data, size, (unsigned char *)copy + size, NULL,
			   EVP_sha256(), NULL) == 1);
	*len = size + DIGEST;
	return copy;
}

static void check_again(const struct master *master)
{
	struct master *again = master_open(9);
	struct usage_entry entry;
	struct usage_entry other;
	struct error error = { .text = "" };
	size_t cursor = 0;
	size_t len;
	char *text;

	FUZZ_CHECK(again && !usagefile_format(master, &text, &len));
	FUZZ_CHECK(
		!usagefile_parse(again, (struct bytes){ text, len }, &error));
	FUZZ_CHECK(master_total(again) == master_total(master));
	while (master_next(master, &cursor, &entry)) {
		other = entry;
		memset(other.counts, 0, sizeof other.counts);
		FUZZ_CHECK(master_find(again, &other));
		FUZZ_CHECK(other.first == entry.first &&
			   other.last == entry.last &&
			   !memcmp(other.counts, entry.counts,
				   sizeof other.counts));
	}
	free(text);
	master_close(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct master *master = master_open(8);
	struct error error = { .text = "" };
	size_t len;
	char *file = seal(data, size, &len);
	int result;

	FUZZ_CHECK(master);
	result = usagefile_parse(master, (struct bytes){ file, len }, &error);
	FUZZ_CHECK(result == 0 || (result == ERR_BAD && error.text[0] &&
					  !master_total(master)));
	if (!result)
		check_again(master);
	master_limit(master, 2);
	master_expire(master, 1795262400, 30);
	free(file);
	master_close(master);
	return 0;
}
