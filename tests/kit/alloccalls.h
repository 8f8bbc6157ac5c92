/*
 * alloccalls: the allocating calls of libc, replaced for the whole program, as
 * kit/allocfail.h says. This stays a header, which one file of a program
 * includes: in a library the linker would take it for every program that calls
 * malloc().
 */
#ifndef READDRESS_ALLOCCALLS_H
#define READDRESS_ALLOCCALLS_H

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kit/allocfail.h"
#include "kit/realcall.h"

struct allocfail allocfail;

#if ALLOCFAIL
void *ALLOCFAIL_REAL(malloc)(size_t size);
void *ALLOCFAIL_REAL(calloc)(size_t count, size_t size);
void *ALLOCFAIL_REAL(realloc)(void *old, size_t size);

static bool allocfail_now(void)
{
	allocfail.count++;
	if (!allocfail.countdown)
		return false;
	if (allocfail.countdown > 1) {
		allocfail.countdown--;
		return false;
	}
	if (!allocfail.for_good)
		allocfail.countdown = 0;
	allocfail.failed++;
	errno = ENOMEM;
	return true;
}

void *malloc(size_t size)
{
	return allocfail_now() ? NULL : ALLOCFAIL_REAL(malloc)(size);
}

void *calloc(size_t count, size_t size)
{
	return allocfail_now() ? NULL : ALLOCFAIL_REAL(calloc)(count, size);
}

void *realloc(void *old, size_t size)
{
	return allocfail_now() ? NULL : ALLOCFAIL_REAL(realloc)(old, size);
}

/* A sanitizer would implement these two by itself. */
void *reallocarray(void *old, size_t count, size_t size)
{
	size_t all;

	if (allocfail_now())
		return NULL;
	if (__builtin_mul_overflow(count, size, &all)) {
		errno = ENOMEM;
		return NULL;
	}
	return ALLOCFAIL_REAL(realloc)(old, all);
}

char *strdup(const char *text)
{
	size_t size = strlen(text) + 1;
	char *copy = allocfail_now() ? NULL : ALLOCFAIL_REAL(malloc)(size);

	return copy ? memcpy(copy, text, size) : NULL;
}

void *mmap(
	void *at, size_t size, int protection, int flags, int fd, off_t offset)
{
	void *mapped = allocfail_now() ? MAP_FAILED
				       : realcall_mmap(at, size, protection,
						 flags, fd, offset);

	allocfail.mapped += mapped != MAP_FAILED;
	return mapped;
}

/* Debian's LMDB is built without _FILE_OFFSET_BITS, and calls another symbol.
 */
void *narrow_mmap(void *at, size_t size, int protection, int flags, int fd,
	long offset) __asm__("mmap");
void *narrow_mmap(
	void *at, size_t size, int protection, int flags, int fd, long offset)
{
	return mmap(at, size, protection, flags, fd, offset);
}

int munmap(void *at, size_t size)
{
	allocfail.mapped--;
	return (int)syscall(SYS_munmap, at, size);
}

int memfd_create(const char *name, unsigned flags)
{
	return allocfail_now() ? -1
			       : (int)syscall(SYS_memfd_create, name, flags);
}
#endif

#endif
