/*
 * find_addresses FINDER CASES SECONDS: finds the addresses in headers, again
 * and again, and prints "BYTES SECONDS ADDRESSES", the seconds of CPU time.
 * FINDER is "readdress" or "GMime", whose library is loaded; without it the
 * program exits with 69. CASES is tests/cases, whose headers are forms that
 * programs and RFCs really have; longer ones than 2,000 bytes, which no program
 * writes, are left out.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "kit/casefile.h"
#include "mail/addrlist.h"

#define LENGTH_MAX  2000
#define UNAVAILABLE 69

/* Of libgmime-3.0.so.0 (gmime/internet-address.h). */
struct gmime {
	void (*init)(void);
	void *(*parse)(void *options, const char *text);
	int (*length)(void *list);
	void (*unref)(void *object);
};

static struct gmime gmime;

static double cpu(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* A function of a library. POSIX makes a pointer to it of dlsym's. */
static bool find_function(void *library, const char *name, void *function)
{
	void *found = library ? dlsym(library, name) : NULL;

	memcpy(function, &found, sizeof found);
	return found != NULL;
}

static bool open_gmime(void)
{
	void *library = dlopen("libgmime-3.0.so.0", RTLD_NOW | RTLD_GLOBAL);
	bool found = find_function(library, "g_mime_init", &gmime.init) &&
		     find_function(library, "internet_address_list_parse",
			     &gmime.parse) &&
		     find_function(library, "internet_address_list_length",
			     &gmime.length) &&
		     find_function(library, "g_object_unref", &gmime.unref);

	if (found)
		gmime.init();
	return found;
}

static size_t ours(const char *text, size_t len)
{
	struct addrlist_iter iter;
	struct addrlist_element element;
	size_t count = 0;

	addrlist_iter_init(&iter, (struct bytes){ text, len });
	while (addrlist_next(&iter, &element) > 0)
		count += !(element.flags & ADDRLIST_ELEMENT_BAD);
	return count;
}

static size_t gmimes(const char *text, size_t len)
{
	void *list = gmime.parse(NULL, text);
	size_t count = list ? (size_t)gmime.length(list) : 0;

	(void)len;
	if (list)
		gmime.unref(list);
	return count;
}

static bool is_measured(const struct casefile_line *line)
{
	return !strcmp(line->name, "in") && line->value.len <= LENGTH_MAX;
}

/* Returns the addresses in the headers of all cases, and adds the bytes behind
 * their colons. */
static size_t find_all(const struct casefile *cases,
	size_t (*find)(const char *, size_t), size_t *bytes)
{
	size_t count = 0;

	for (size_t i = 0; i < cases->count; i++)
		for (size_t k = 0; k < cases->blocks[i]->count; k++) {
			const struct casefile_line *line =
				&cases->blocks[i]->lines[k];
			const char *colon =
				is_measured(line)
					? strchr(line->value.data, ':')
					: NULL;
			size_t len;

			if (!colon)
				continue;
			colon++;
			len = line->value.len -
			      (size_t)(colon - line->value.data);
			count += find(colon, len);
			*bytes += len;
		}
	return count;
}

int main(int argc, char **argv)
{
	double limit = argc == 4 ? strtod(argv[3], NULL) : 0;
	bool is_gmime = limit > 0 && !strcmp(argv[1], "GMime");
	struct casefile cases = { .count = 0 };
	size_t bytes = 0;
	size_t count = 0;
	double begun;
	double spent;

	if (limit <= 0 || (!is_gmime && strcmp(argv[1], "readdress") != 0)) {
		(void)fprintf(stderr, "usage: find_addresses readdress|GMime "
				      "CASES SECONDS\n");
		return 64;
	}
	if (is_gmime && !open_gmime())
		return UNAVAILABLE;
	casefile_glob(&cases, argv[2], "*.case");
	begun = cpu();
	do {
		count += find_all(&cases, is_gmime ? gmimes : ours, &bytes);
		spent = cpu() - begun;
	} while (spent < limit);
	(void)printf("%zu %.6f %zu\n", bytes, spent, count);
	return 0;
}
