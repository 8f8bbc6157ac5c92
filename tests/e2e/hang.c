/*
 * hang: preloaded into readdress-milter, fsync(2) of a file whose name
 * READDRESS_HANG ends with does not return while the file READDRESS_HANG_WHILE
 * exists, as on a disk that hangs.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int hangs(int fd)
{
	const char *name = getenv("READDRESS_HANG");
	char link[64];
	char path[4096];
	ssize_t len;

	(void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	len = readlink(link, path, sizeof path - 1);
	if (!name || len < (ssize_t)strlen(name))
		return 0;
	path[len] = '\0';
	return !strcmp(path + len - strlen(name), name);
}

int fsync(int fd)
{
	int (*real)(int);
	const char *flag = getenv("READDRESS_HANG_WHILE");

	*(void **)&real = dlsym(RTLD_NEXT, "fsync");
	while (flag && hangs(fd) && access(flag, F_OK) == 0)
		(void)usleep(100000);
	return real(fd);
}
