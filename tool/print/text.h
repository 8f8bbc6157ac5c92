/*
 * text: prints text from mail and from tables for people. Characters that would
 * move the terminal's cursor, change its colours or its writing direction, and
 * characters that nobody can see are printed as U+XXXX. Bytes that are not
 * UTF-8 are printed as \xHH. Tested by tests/e2e/generations.test and
 * tests/e2e/rewrite.test.
 */
#ifndef READDRESS_TOOL_PRINT_TEXT_H
#define READDRESS_TOOL_PRINT_TEXT_H

#include <stdio.h>

#include "base/bytes.h"

/* Prints the text. Returns its width in columns, as far as UTF-8 alone tells
 * it. file NULL: only returns the width. */
int text_print(FILE *file, struct bytes text);

/* Prints an address, or a field of a row, as precis_show() writes it. Returns
 * like text_print(). */
int text_print_row(FILE *file, struct bytes text);

/* Prints like text_print(), but at most some 300 bytes and then "...". */
int text_print_cut(FILE *file, struct bytes text);

/* Prints a header as it is in the message, with prefix before each line. */
void text_print_header(
	FILE *file, const char *prefix, struct bytes name, struct bytes value);

/* Print "<a@x>", and "<a@x>,<b@y>" for "a@x,b@y", in ASCII like the milter's
 * log. */
void text_print_address(FILE *file, struct bytes address);
void text_print_addresses(FILE *file, struct bytes addresses);

/* True if text is UTF-8 and holds a byte over 0x7F, so that a message with it
 * needs SMTPUTF8. */
bool text_holds_utf8(struct bytes text);

#endif
