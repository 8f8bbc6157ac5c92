/*
 * text: what comes from mail and from tables, printed for people. Nothing that
 * would move a terminal's cursor, change its colours or turn its writing round
 * gets through, and nothing that nobody can see: such characters are printed as
 * U+XXXX, bytes that are no UTF-8 as \xHH.
 */
#ifndef READDRESS_TOOL_PRINT_TEXT_H
#define READDRESS_TOOL_PRINT_TEXT_H

#include <stdio.h>

#include "base/bytes.h"

/* Returns the columns that it takes, as far as they can be told from UTF-8.
 * file NULL: prints nothing. */
int text_print(FILE *file, struct bytes text);

/* The same for an address or a field of a row: as precis_show writes it. */
int text_print_row(FILE *file, struct bytes text);

/* As text_print, cut behind some 300 octets, with "..." then. */
int text_print_cut(FILE *file, struct bytes text);

/* A header as it stands in a message, each of its lines behind prefix. */
void text_print_header(
	FILE *file, const char *prefix, struct bytes name, struct bytes value);

/* "<a@x>", and "<a@x>,<b@y>" from "a@x,b@y", in ASCII as in the milter's log.
 */
void text_print_address(FILE *file, struct bytes address);
void text_print_addresses(FILE *file, struct bytes addresses);

/* True if it holds a byte over 0x7F and is UTF-8: a message in which it stands
 * needs SMTPUTF8. */
bool text_holds_utf8(struct bytes text);

#endif
