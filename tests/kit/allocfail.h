/*
 * allocfail: this program's own malloc, so that the n-th allocation can be made
 * to fail; libraries that it calls use it, too. Memory that is mapped counts as
 * well: LMDB's, and memfds. Include in one file of a program. Not with a
 * sanitizer that counts on its own from the first instruction: ALLOCFAIL is 0
 * there.
 */
#ifndef READDRESS_ALLOCFAIL_H
#define READDRESS_ALLOCFAIL_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifdef __has_feature
#define ALLOCFAIL_HAS(feature) __has_feature(feature)
#else
#define ALLOCFAIL_HAS(feature) 0
#endif
#if ALLOCFAIL_HAS(thread_sanitizer) || defined(__SANITIZE_THREAD__)
#define ALLOCFAIL 0
#elif ALLOCFAIL_HAS(address_sanitizer) || defined(__SANITIZE_ADDRESS__)
#define ALLOCFAIL	     1
#define ALLOCFAIL_REAL(name) __interceptor_##name
#else
#define ALLOCFAIL	     1
#define ALLOCFAIL_REAL(name) __libc_##name
#endif

static struct {
	long countdown; /* the allocation that fails, 1 the next; 0: none */
	bool for_good;	/* and all behind it */
	long count;	/* of allocations, failed ones too */
	long failed;
	long mapped; /* mappings that are there */
} allocfail;

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

/* These two a sanitizer would do by itself. */
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
	void *mapped = allocfail_now()
			       ? MAP_FAILED
			       : (void *)(uintptr_t)syscall(SYS_mmap, at, size,
					 protection, flags, fd, offset);

	allocfail.mapped += mapped != MAP_FAILED;
	return mapped;
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
