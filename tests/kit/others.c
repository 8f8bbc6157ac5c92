#include "kit/others.h"

#include <stdio.h>
#include <unistd.h>

/* True if a line of that map of this user namespace contains the number, or if
 * the map cannot be read. */
static bool others_mapped(const char *path, unsigned long number)
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

bool others_can_be(unsigned long number)
{
	return geteuid() == 0 && others_mapped("/proc/self/uid_map", number) &&
	       others_mapped("/proc/self/gid_map", number);
}
