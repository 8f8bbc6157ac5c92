/*
 * allocfail: makes the n-th allocation of this program fail, those of libraries
 * that it calls included. Memory that is mapped counts as well: LMDB's, and
 * memfds. The program includes kit/alloccalls.h in one file.
 */
#ifndef READDRESS_ALLOCFAIL_H
#define READDRESS_ALLOCFAIL_H

#include <stdbool.h>

/* 0 with a sanitizer that counts allocations from the first instruction on:
 * nothing fails there. */
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

struct allocfail {
	long countdown; /* the allocation that fails, 1 the next; 0: none */
	bool for_good;	/* all later ones fail, too */
	long count;	/* of allocations, with those that failed */
	long failed;
	long mapped; /* mappings that exist */
};

extern struct allocfail allocfail;

#endif
