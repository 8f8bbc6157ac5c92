/*
 * others: may the test become another user, and give him files? Not as an
 * ordinary user, and not as root in a user namespace that knows nobody else.
 */
#ifndef READDRESS_OTHERS_H
#define READDRESS_OTHERS_H

#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

/* True if a line of that map of this user namespace holds the number; also
 * where there is no map to be read. */
static inline bool others_mapped(const char *path, unsigned long number)
{
	FILE *file = fopen(path, "r");
	unsigned long first, outside, count;
	bool found = !file;

	while (file &&
		fscanf(file, "%lu %lu %lu", &first, &outside, &count) == 3)
		if (number >= first && number - first < count)
			found = true;
	if (file)
		(void)fclose(file);
	return found;
}

/* True if we are root and that user and group, of one number, are others. */
static inline bool others_can_be(unsigned long number)
{
	return geteuid() == 0 && others_mapped("/proc/self/uid_map", number) &&
	       others_mapped("/proc/self/gid_map", number);
}

#endif
