/*
 * torture: makes each allocation of a call fail in turn, alone and together
 * with all later ones. Each time the call must return ERR_NOMEM with a text and
 * have changed nothing, or, if it did not need that memory, have done
 * everything. Then it is called again, with memory, and must do everything.
 * Descriptors and mappings are counted here; memory that is leaked is reported
 * by the address sanitizer at the end. Every failure here fails the test.
 *
 * The program includes kit/alloccalls.h in one file.
 */
#ifndef READDRESS_TORTURE_H
#define READDRESS_TORTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

/* What their tests need as well. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kit/allocfail.h"
#include "base/error.h"

#define TORTURE_TOLD ((size_t)16384)

struct torture_told {
	char text[TORTURE_TOLD];
	size_t used;
};

struct torture {
	const char *name;
	/* Makes the call, writes the results to told if it succeeded, and frees
	 * them. Returns what the call returned. */
	int (*run)(
		void *context, struct torture_told *told, struct error *error);
	void *context;
	int code;     /* what it returns if nothing fails, where that is less
			 than 0; told has the text */
	bool no_text; /* the call leaves no text in error */
	/* For calls that change files; else NULL. restore makes them as they
	 * were before the first call; files returns all of them as a text,
	 * which the caller frees. */
	void (*restore)(void *context);
	char *(*files)(void *context);
	bool halves;   /* a call that fails may have done a part; the next call
			  completes it */
	unsigned step; /* try every step-th allocation; 0 is 1 */
};

/* Appends to what the call led to. */
void torture_tell(struct torture_told *told, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* What a call must lead to. */
struct torture_whole {
	struct torture_told told;
	int code;
	char *before; /* files */
	char *after;
	unsigned descriptors; /* that are open */
	long mapped;
	long needed; /* allocations */
};

/* Returns how many descriptors below 32 are open. */
unsigned torture_descriptors(void);

/* Makes the call once. Allocation n / 2 + 1 fails, and if n is odd, all later
 * ones too; none if n is negative. Returns true if the call was refused. */
bool torture_once(const struct torture *torture,
	const struct torture_whole *whole, long n);

/* Tortures all of these calls. Skips the test where ALLOCFAIL is 0. */
void torture_all(const struct torture *tortures, size_t count);

#endif
