#include "diagnosis/shell.h"

#include <string.h>

const char *shell_quote(struct arena *arena, const char *text)
{
	static const char quote[] = "'\\''";
	char *quoted = arena_bytes(arena, strlen(quote) * strlen(text) + 3);
	char *to = quoted;

	if (!quoted)
		return NULL;
	*to++ = '\'';
	for (; *text; text++)
		if (*text == '\'')
			to = stpcpy(to, quote);
		else
			*to++ = *text;
	*to++ = '\'';
	*to = '\0';
	return quoted;
}

const char *shell_word(struct arena *arena, const char *text)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789/._-";

	return *text && !text[strspn(text, plain)] ? text
						   : shell_quote(arena, text);
}

/* Returns how many bytes of the text are the beginning of a command for an
 * instance, behind which its directory belongs, with *option in front; 0 if
 * they are none. */
static size_t begin_of_command(const char *text, const char **option)
{
	static const struct {
		const char *program;
		const char *follows; /* behind it, in a command */
		const char *option;
	} commands[] = { { "postconf", " -", " -c " },
		{ "postfix", " reload", " -c " },
		{ "postfix", " stop", " -c " }, { "postfix", " start", " -c " },
		{ "readdress postfix", "", " --config-dir " } };

	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
		const char *follows = commands[i].follows;
		size_t len = strlen(commands[i].program);

		if (!strncmp(text, commands[i].program, len) &&
			!strncmp(text + len, follows, strlen(follows))) {
			*option = commands[i].option;
			return len;
		}
	}
	return 0;
}

/* Returns the length of the text up to its next word. */
static size_t word_len(const char *text)
{
	static const char between[] = " (`;";
	size_t len = strcspn(text, between);

	return len + strspn(text + len, between);
}

const char *shell_in(
	struct arena *arena, const char *commands, const char *directory)
{
	const char *word = shell_word(arena, directory);
	const char *text = "";

	while (word && text && *commands) {
		const char *option = "";
		size_t begin = begin_of_command(commands, &option);
		size_t len = begin + word_len(commands + begin);

		text = arena_format(arena, "%s%.*s%s%s%.*s", text, (int)begin,
			commands, option, begin ? word : "", (int)(len - begin),
			commands + begin);
		commands += len;
	}
	return word ? text : NULL;
}
