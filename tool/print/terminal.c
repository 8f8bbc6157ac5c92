#include "print/terminal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "print/text.h"

#define COLUMNS_LEAST 40

/* What standard output is; it does not change while the program runs. */
static struct {
	bool colored;
	int columns; /* 0: no limit */
} terminal;

static const char *const starts[TERMINAL_STYLES] = {
	[TERMINAL_PLAIN] = "",
	[TERMINAL_GOOD] = "\033[32m",
	[TERMINAL_DOUBTFUL] = "\033[33m",
	[TERMINAL_BAD] = "\033[1;31m",
	[TERMINAL_FAINT] = "\033[2m",
	[TERMINAL_TITLE] = "\033[1m",
};

static bool is_dumb(void)
{
	const char *term = getenv("TERM");

	return !term || !*term || !strcmp(term, "dumb");
}

int terminal_width(int fd)
{
	struct winsize size = { 0 };

	if (ioctl(fd, TIOCGWINSZ, &size) != 0 || !size.ws_col)
		return 0;
	return size.ws_col >= COLUMNS_LEAST ? size.ws_col : 0;
}

void terminal_init(enum options_color color)
{
	const char *no_color = getenv("NO_COLOR");
	bool is_terminal = isatty(STDOUT_FILENO) == 1;

	terminal.colored = color == OPTIONS_COLOR_ALWAYS ||
			   (color != OPTIONS_COLOR_NEVER && is_terminal &&
				   (!no_color || !*no_color) && !is_dumb());
	if (is_terminal)
		terminal.columns = terminal_width(STDOUT_FILENO);
}

int terminal_columns(void)
{
	return terminal.columns;
}

void terminal_begin(enum terminal_style style)
{
	if (terminal.colored)
		(void)fputs(starts[style], stdout);
}

void terminal_end(void)
{
	if (terminal.colored)
		(void)fputs("\033[0m", stdout);
}

void terminal_put(enum terminal_style style, const char *text)
{
	if (style == TERMINAL_PLAIN) {
		(void)fputs(text, stdout);
		return;
	}
	terminal_begin(style);
	(void)fputs(text, stdout);
	terminal_end();
}

void terminal_put_level(const char *level)
{
	static const struct {
		const char *level;
		enum terminal_style style;
	} styles[] = {
		{ "PASS", TERMINAL_GOOD },
		{ "WARN", TERMINAL_DOUBTFUL },
		{ "FAIL", TERMINAL_BAD },
		{ "SKIP", TERMINAL_FAINT },
		{ "INFO", TERMINAL_FAINT },
	};

	for (size_t i = 0; i < sizeof styles / sizeof *styles; i++) {
		if (!strcmp(styles[i].level, level)) {
			terminal_put(styles[i].style, level);
			return;
		}
	}
	(void)text_print(stdout, bytes_of(level));
}

/* Returns the length of the word that text begins with: up to a blank that is
 * not between backquotes. A backquote without a second one is a character. */
static size_t word_length(struct bytes text)
{
	size_t len = 0;

	while (len < text.len && text.data[len] != ' ') {
		const char *end = NULL;

		if (text.data[len] == '`')
			end = memchr(
				text.data + len + 1, '`', text.len - len - 1);
		len = end ? (size_t)(end - text.data) + 1 : len + 1;
	}
	return len;
}

int terminal_blank(int width, int column, int indent)
{
	if (terminal.columns && column > indent &&
		column + 1 + width > terminal.columns) {
		(void)printf("\n%*s", indent, "");
		return indent;
	}
	(void)putchar(' ');
	return column + 1;
}

int terminal_wrap(struct bytes text, int column, int indent)
{
	size_t len = word_length(text);

	if (!terminal.columns)
		return column + text_print(stdout, text);
	column += text_print(stdout, (struct bytes){ text.data, len });
	while (len < text.len) {
		struct bytes word;

		text.data += len + 1;
		text.len -= len + 1;
		len = word_length(text);
		word = (struct bytes){ text.data, len };
		column = terminal_blank(text_print(NULL, word), column, indent);
		column += text_print(stdout, word);
	}
	return column;
}

/* Returns the new column. */
static int __attribute__((format(printf, 3, 0)))
print_formatted(int column, int indent, const char *format, va_list arguments)
{
	char *text = NULL;

	if (vasprintf(&text, format, arguments) < 0)
		text = NULL;
	column = terminal_wrap(
		bytes_of(text ? text : "(out of memory)"), column, indent);
	free(text);
	return column;
}

int terminal_print(int column, int indent, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	column = print_formatted(column, indent, format, arguments);
	va_end(arguments);
	return column;
}

void terminal_named(const char *name, const char *format, ...)
{
	va_list arguments;

	(void)printf("%-*s", TERMINAL_NAME, name);
	va_start(arguments, format);
	(void)print_formatted(TERMINAL_NAME, TERMINAL_NAME, format, arguments);
	va_end(arguments);
	(void)putchar('\n');
}
