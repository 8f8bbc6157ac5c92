/*
 * shell: texts as words of the shell, and commands of Postfix for an instance
 * that is not Postfix's own one. Tested by tests/unit/diagnosis/test_shell.c.
 *
 * The texts that are returned are in the arena, or NULL when it is exhausted.
 */
#ifndef READDRESS_DIAGNOSIS_SHELL_H
#define READDRESS_DIAGNOSIS_SHELL_H

#include "base/arena.h"

/* Returns the text in single quotes. */
const char *shell_quote(struct arena *arena, const char *text) MUST_CHECK;

/* Returns the text as one word: in quotes, if it needs them. */
const char *shell_word(struct arena *arena, const char *text) MUST_CHECK;

/* Returns the commands, or a text that has some, with the directory of main.cf
 * in each that is for an instance of Postfix: "postconf -c DIR -e ...",
 * "postfix -c DIR reload", "readdress postfix --config-dir DIR". */
const char *shell_in(struct arena *arena, const char *commands,
	const char *directory) MUST_CHECK;

#endif
