/*
 * faults: the calls by which files are changed, replaced for the whole program,
 * so that the n-th of them can be made to fail. This stays a header, which one
 * file of a program includes: in a library the linker would take it for every
 * program that calls write().
 */
#ifndef READDRESS_FAULTS_H
#define READDRESS_FAULTS_H

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "kit/realcall.h"

static struct {
	bool armed;
	unsigned until; /* this many calls succeed */
	unsigned times; /* then this many fail */
	int error;
	const char *failed; /* the first one that failed */
} faults;

static inline bool fault(const char *call)
{
	if (!faults.armed)
		return false;
	if (faults.until) {
		faults.until--;
		return false;
	}
	if (!faults.times)
		return false;
	faults.times--;
	if (!faults.failed)
		faults.failed = call;
	errno = faults.error;
	return true;
}

/* From call number n on (0 is the next), `times` calls fail with this error. */
static inline void faults_arm(unsigned n, unsigned times, int error)
{
	faults.until = n;
	faults.times = times;
	faults.error = error;
	faults.failed = NULL;
	faults.armed = true;
}

/* Returns the name of the first call that failed, or NULL if none did. */
static inline const char *faults_disarm(void)
{
	faults.armed = false;
	return faults.failed;
}

int fsync(int fd)
{
	return fault("fsync") ? -1 : (int)syscall(SYS_fsync, fd);
}

int ftruncate(int fd, off_t length)
{
	return fault("ftruncate") ? -1 : realcall_ftruncate(fd, length);
}

int fchmod(int fd, mode_t mode)
{
	return fault("fchmod") ? -1 : (int)syscall(SYS_fchmod, fd, mode);
}

int renameat(int from_dir, const char *from, int to_dir, const char *to)
{
	return fault("renameat") ? -1
				 : (int)syscall(SYS_renameat2, from_dir, from,
					   to_dir, to, 0);
}

int linkat(
	int from_dir, const char *from, int to_dir, const char *to, int flags)
{
	return fault("linkat") ? -1
			       : (int)syscall(SYS_linkat, from_dir, from,
					 to_dir, to, flags);
}

ssize_t write(int fd, const void *data, size_t len)
{
	return fault("write") ? -1 : syscall(SYS_write, fd, data, len);
}

/* LMDB calls these two. */
ssize_t pwrite(int fd, const void *data, size_t len, off_t offset)
{
	return fault("pwrite") ? -1 : realcall_pwrite(fd, data, len, offset);
}

ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t offset)
{
	return fault("pwritev") ? -1
				: realcall_pwritev(fd, parts, count, offset);
}

/* Debian's LMDB is built without _FILE_OFFSET_BITS, and calls another symbol.
 */
ssize_t narrow_pwrite(
	int fd, const void *data, size_t len, long offset) __asm__("pwrite");
ssize_t narrow_pwrite(int fd, const void *data, size_t len, long offset)
{
	return pwrite(fd, data, len, offset);
}

ssize_t narrow_pwritev(int fd, const struct iovec *parts, int count,
	long offset) __asm__("pwritev");
ssize_t narrow_pwritev(
	int fd, const struct iovec *parts, int count, long offset)
{
	return pwritev(fd, parts, count, offset);
}

#endif
