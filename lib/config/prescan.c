#include "config/prescan.h"

/* What comes next. */
enum next {
	NEXT_NAME,   /* of an option */
	NEXT_EQUALS, /* "=" or "+=" */
	NEXT_VALUE,  /* a value, or "{" */
	NEXT_ITEM,   /* a value of a list, or "}" */
	NEXT_COMMA,  /* "," or "}" */
};

struct scan {
	char *text;
	size_t len;
	size_t at;
	unsigned line;
	enum next next;
	struct bytes word;   /* the last token, if it may be a name */
	struct bytes option; /* that the value is for */
	unsigned named;	     /* the line of the last name, or of the last "{" */
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

static bool is_option(const struct scan *scan, struct bytes word)
{
	for (size_t i = 0; scan->name(i); i++)
		if (bytes_equal(word, bytes_of(scan->name(i))))
			return true;
	return false;
}

/* Refuses what has no end: a name, a name and "=", or a list. */
static int refuse_begun(const struct scan *scan)
{
	if (scan->next >= NEXT_ITEM)
		return refuse(scan, scan->named,
			"found a list that is not closed, expected \"}\" after "
			"its last value");
	if (!scan->option.len)
		return refuse(scan, scan->named,
			"found a text in quotes where the name of an option "
			"belongs, expected: name = value");
	return error_set(scan->error, ERR_CONFIG,
		"%s:%u: found \"%.*s\" without %s after it, expected: name = "
		"value",
		scan->path, scan->named, (int)scan->option.len,
		scan->option.data,
		scan->next == NEXT_EQUALS ? "\"=\"" : "a value");
}

/* Takes a name or a value. word has length 0 if it is in quotes. */
static int take_text(struct scan *scan, struct bytes word)
{
	scan->word = word;
	switch (scan->next) {
	case NEXT_NAME:
		scan->option = word;
		scan->named = scan->line;
		scan->next = NEXT_EQUALS;
		return 0;
	case NEXT_VALUE:
		scan->next = NEXT_NAME;
		return 0;
	case NEXT_ITEM:
		scan->next = NEXT_COMMA;
		return 0;
	case NEXT_COMMA:
		if (is_option(scan, word))
			return refuse_begun(scan);
		return refuse(scan, scan->line,
			"found two values of a list without a comma between "
			"them, expected a list like {\"To\", \"Cc\"}");
	case NEXT_EQUALS:
		break;
	}
	return refuse_begun(scan);
}

static int skip_word(struct scan *scan)
{
	size_t start = scan->at;

	while (scan->at < scan->len && is_word(scan->text[scan->at])) {
		if (at_has(scan, "${"))
			return refuse_variable(scan);
		scan->at++;
	}
	return take_text(
		scan, (struct bytes){ scan->text + start, scan->at - start });
}

/* Checks, at "=" or "+=", that the word before it is the name of an option. */
static int note_assignment(struct scan *scan)
{
	struct bytes word = scan->word;
	enum next next = scan->next;

	scan->at += at_has(scan, "+=") ? 2 : 1;
	if (next >= NEXT_ITEM)
		return refuse_begun(scan);
	/* The next name was taken for the value. */
	if (next == NEXT_NAME && scan->option.len && is_option(scan, word)) {
		scan->next = NEXT_VALUE;
		return refuse_begun(scan);
	}
	if (next != NEXT_EQUALS || !word.len)
		return refuse(scan, scan->line,
			"found \"=\" without the name of an option before it, "
			"expected: name = value");
	if (!is_option(scan, word))
		return error_set(scan->error, ERR_CONFIG,
			"%s:%u: found the unknown option \"%.*s\", expected an "
			"option from readdress.conf(5)",
			scan->path, scan->line, (int)word.len, word.data);
	scan->word = (struct bytes){ NULL, 0 };
	scan->next = NEXT_VALUE;
	return 0;
}

/* Takes "{", "}" or ",". */
static int take_mark(struct scan *scan, char mark)
{
	bool in_list = scan->next >= NEXT_ITEM;

	scan->at++;
	scan->word = (struct bytes){ NULL, 0 };
	if (mark == '{' && scan->next == NEXT_VALUE) {
		scan->named = scan->line;
		scan->next = NEXT_ITEM;
	} else if (mark == '}' && in_list) {
		scan->next = NEXT_NAME;
	} else if (mark == ',' && scan->next == NEXT_COMMA) {
		scan->next = NEXT_ITEM;
	} else if (scan->next == NEXT_EQUALS || scan->next == NEXT_VALUE) {
		return refuse_begun(scan);
	} else {
		return error_set(scan->error, ERR_CONFIG,
			"%s:%u: found \"%c\" %s, expected a list like {\"To\", "
			"\"Cc\"}",
			scan->path, scan->line, mark,
			in_list ? "where a value of the list belongs"
				: "outside a list");
	}
	return 0;
}

static int scan_token(struct scan *scan)
{
	char c = scan->text[scan->at];
	int result;

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
	if (c == '"' || c == '\'') {
		result = take_text(scan, (struct bytes){ NULL, 0 });
		return result ? result : skip_string(scan);
	}
	if (c == '{' || c == '}' || c == ',')
		return take_mark(scan, c);
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
	if (!result && scan.next != NEXT_NAME)
		result = refuse_begun(&scan);
	return result;
}
