/*
 * realcall: the functions of libc that a test replaces, where syscall(2) does
 * not do: an offset of 64 bits takes two arguments on a machine of 32 bits, and
 * mmap takes its own in memory on s390x.
 */
#ifndef READDRESS_REALCALL_H
#define READDRESS_REALCALL_H

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

/* Sets *function, a pointer to a function, to libc's function of that name. */
static inline void realcall(const char *name, void *function)
{
	void *found = dlsym(RTLD_NEXT, name);

	if (!found)
		abort();
	memcpy(function, &found, sizeof found);
}

static inline int realcall_ftruncate(int fd, off_t length)
{
	static int (*call)(int, off_t);

	if (!call)
		realcall("ftruncate64", &call);
	return call(fd, length);
}

static inline ssize_t realcall_pwrite(
	int fd, const void *data, size_t len, off_t offset)
{
	static ssize_t (*call)(int, const void *, size_t, off_t);

	if (!call)
		realcall("pwrite64", &call);
	return call(fd, data, len, offset);
}

static inline ssize_t realcall_pwritev(
	int fd, const struct iovec *parts, int count, off_t offset)
{
	static ssize_t (*call)(int, const struct iovec *, int, off_t);

	if (!call)
		realcall("pwritev64", &call);
	return call(fd, parts, count, offset);
}

static inline void *realcall_mmap(
	void *at, size_t size, int protection, int flags, int fd, off_t offset)
{
	static void *(*call)(void *, size_t, int, int, int, off_t);

	if (!call)
		realcall("mmap64", &call);
	return call(at, size, protection, flags, fd, offset);
}

#endif
