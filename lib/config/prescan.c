#include "config/prescan.h"

struct scan {
	char *text;
	size_t len;
	size_t at;
	unsigned line;
	struct bytes word; /* the last token, if it may be a name */
	const char *path;
	const char *(*name)(size_t index);
	struct error *error;
};

static bool at_has(const struct scan *scan, const char *what)
{
	size_t len = strlen(what);

	return scan->len - scan->at >= len &&
	       !memcmp(scan->text + scan->at, what, len);
}

static int refuse(const struct scan *scan, unsigned line, const char *what)
{
	return error_set(
		scan->error, ERR_CONFIG, "%s:%u: %s", scan->path, line, what);
}

static void blank_line_comment(struct scan *scan)
{
	while (scan->at < scan->len && scan->text[scan->at] != '\n')
		scan->text[scan->at++] = ' ';
}

static int blank_block_comment(struct scan *scan)
{
	unsigned opened = scan->line;

	memset(scan->text + scan->at, ' ', 2);
	for (scan->at += 2; scan->at < scan->len; scan->at++) {
		if (at_has(scan, "*/")) {
			memset(scan->text + scan->at, ' ', 2);
			scan->at += 2;
			return 0;
		}
		if (scan->text[scan->at] == '\n')
			scan->line++;
		else
			scan->text[scan->at] = ' ';
	}
	return refuse(scan, opened,
		"found a comment that is not closed, expected \"*/\"");
}

static int refuse_variable(const struct scan *scan)
{
	return refuse(scan, scan->line,
		"found \"${\", which would take a value from the environment; "
		"expected the value itself, or \"\\${\" if these two "
		"characters are meant");
}

/* True at "\0", "\x00" or the like, which could bring a NUL into a value. */
static bool is_numbered(const struct scan *scan)
{
	char next = '\0';

	if (scan->text[scan->at] == '\\' && scan->at + 1 < scan->len)
		next = scan->text[scan->at + 1];
	return next == 'x' || next == 'X' || (next >= '0' && next <= '9');
}

static int skip_string(struct scan *scan)
{
	char quote = scan->text[scan->at];
	unsigned opened = scan->line;

	for (scan->at++; scan->at < scan->len; scan->at++) {
		char c = scan->text[scan->at];

		if (c == quote) {
			scan->at++;
			return 0;
		}
		if (c == '\n')
			break;
		if (quote == '"' && at_has(scan, "${"))
			return refuse_variable(scan);
		if (quote == '"' && is_numbered(scan))
			return refuse(scan, scan->line,
				"found an octal or hexadecimal escape, "
				"expected the character itself");
		if (c == '\\' && scan->at + 1 < scan->len &&
			scan->text[++scan->at] == '\n')
			scan->line++;
	}
	return error_set(scan->error, ERR_CONFIG,
		"%s:%u: found a string that is not closed, expected %c before "
		"the end of the line",
		scan->path, opened, quote);
}

static bool is_word(char c)
{
	return (unsigned char)c > ' ' && c != 0x7f &&
	       !strchr("#\"'={}()+,*", c);
}

static int skip_word(struct scan *scan)
{
	size_t start = scan->at;

	while (scan->at < scan->len && is_word(scan->text[scan->at])) {
		if (at_has(scan, "${"))
			return refuse_variable(scan);
		scan->at++;
	}
	scan->word.data = scan->text + start;
	scan->word.len = scan->at - start;
	return 0;
}

/* Checks, at "=" or "+=", that the word before it is the name of an option. */
static int note_assignment(struct scan *scan)
{
	struct bytes word = scan->word;
	size_t i;

	scan->word = (struct bytes){ NULL, 0 };
	scan->at += at_has(scan, "+=") ? 2 : 1;
	if (!word.data)
		return refuse(scan, scan->line,
			"found \"=\" without the name of an option before it, "
			"expected: name = value");
	for (i = 0; scan->name(i); i++)
		if (bytes_equal(word, bytes_of(scan->name(i))))
			break;
	if (!scan->name(i))
		return error_set(scan->error, ERR_CONFIG,
			"%s:%u: found the unknown option \"%.*s\", expected an "
			"option from readdress.conf(5)",
			scan->path, scan->line, (int)word.len, word.data);
	return 0;
}

static int scan_token(struct scan *scan)
{
	char c = scan->text[scan->at];

	if (c == '\n') {
		scan->line++;
		scan->at++;
		return 0;
	}
	if (c == ' ' || c == '\t' || (c == '\r' && at_has(scan, "\r\n"))) {
		scan->at++;
		return 0;
	}
	if (c == '#' || at_has(scan, "//")) {
		blank_line_comment(scan);
		return 0;
	}
	if (at_has(scan, "/*"))
		return blank_block_comment(scan);
	if (c == '=' || at_has(scan, "+="))
		return note_assignment(scan);
	if (is_word(c))
		return skip_word(scan);
	scan->word = (struct bytes){ NULL, 0 };
	if (c == '"' || c == '\'')
		return skip_string(scan);
	if (c == '{' || c == '}' || c == ',') {
		scan->at++;
		return 0;
	}
	return error_set(scan->error, ERR_CONFIG,
		"%s:%u: found \"%c\" outside quotes, expected: name = value, "
		"with the value in double quotes",
		scan->path, scan->line, c);
}

int prescan_prepare(char *text, size_t len, const char *path,
	const char *(*name)(size_t index), struct error *error)
{
	struct scan scan = { .text = text,
		.len = len,
		.line = 1,
		.path = path,
		.name = name,
		.error = error };
	const char *nul = memchr(text, '\0', len);
	int result = 0;

	while (nul && scan.at < (size_t)(nul - text))
		scan.line += text[scan.at++] == '\n';
	if (nul)
		return refuse(
			&scan, scan.line, "found a NUL byte, expected text");
	if (at_has(&scan, "\xef\xbb\xbf"))
		memset(text, ' ', 3);
	while (!result && scan.at < scan.len)
		result = scan_token(&scan);
	return result;
}
