/*
 * program: runs a program of Postfix, and reads what it printed. Tested by
 * tests/e2e/doctor.test and tests/e2e/requeue.test.
 */
#ifndef READDRESS_TOOL_PROGRAM_H
#define READDRESS_TOOL_PROGRAM_H

#include <stddef.h>

/* Runs a program from PATH or /usr/sbin, and waits for its end. arguments ends
 * with NULL. The descriptors become its standard input, output and error; input
 * is -1 if it reads none. Returns its exit status, 127 if there is no such
 * program, 128 if a signal ended it; or -1 with errno if it could not be
 * run. */
int program_run(const char *const *arguments, int input, int output, int words);

/* Returns all that was written to the file fd, with a NUL behind it; free() it.
 * Returns NULL with errno if out of memory, if it cannot be read, or if it is
 * larger than 1 GB. */
char *program_read_back(int fd, size_t *len);

#endif
