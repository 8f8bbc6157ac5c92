/*
 * terminal: colours, and lines that fit the terminal, on standard output. If
 * standard output is not a terminal, these functions print the text alone, in
 * lines of any length, so that programs read the same bytes everywhere. Tested
 * by tests/e2e/terminal.test.
 */
#ifndef READDRESS_TOOL_PRINT_TERMINAL_H
#define READDRESS_TOOL_PRINT_TERMINAL_H

#include "base/bytes.h"
#include "options.h"

/* The columns of a name that a line of `readdress status` begins with. */
#define TERMINAL_NAME 11

enum terminal_style {
	TERMINAL_PLAIN,
	TERMINAL_GOOD,
	TERMINAL_DOUBTFUL,
	TERMINAL_BAD,
	TERMINAL_FAINT,
	TERMINAL_TITLE,
	TERMINAL_STYLES
};

/* Finds out what standard output is. Call it once, before anything is printed.
 * OPTIONS_COLOR_AUTO, and OPTIONS_COLOR_UNSET: colours are on if standard
 * output is a terminal, NO_COLOR is unset or empty, and TERM is set and not
 * "dumb". */
void terminal_init(enum options_color color);

/* Returns the number of columns of the terminal fd; 0 if it does not tell, or
 * is too narrow to fit anything. */
int terminal_width(int fd);

/* Returns the number of columns of standard output; 0 if standard output is not
 * a terminal, or one that is too narrow to fit anything. */
int terminal_columns(void);

/* Begins a style, which lasts until terminal_end(). */
void terminal_begin(enum terminal_style style);
void terminal_end(void);

/* Prints text, which is ours, in a style. */
void terminal_put(enum terminal_style style, const char *text);

/* Prints a level, such as "FAIL", in its style. */
void terminal_put_level(const char *level);

/*
 * Prints text like text_print(). column is where the line stands. On a
 * terminal, a word that does not fit goes to a new line, which begins with
 * indent blanks; words between two backquotes, a command for example, stay
 * together. The first word stays in this line: begin with a blank if that is
 * not wanted. Returns the new column.
 */
int terminal_wrap(struct bytes text, int column, int indent);

/* Does the same with a text that is formatted first. */
int terminal_print(int column, int indent, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Prints a line of `readdress status`: a name, and a text that goes on below
 * itself. */
void terminal_named(const char *name, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Prints a blank before something that is width columns wide; or begins a new
 * line for it, as terminal_wrap() does. Returns the new column. */
int terminal_blank(int width, int column, int indent);

#endif
