#include "print/finding.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "print/terminal.h"
#include "print/text.h"
#include "tool.h"

#define INDENT	   4
#define INDENT_WHY 9

static bool is_bad(const struct diagnosis_finding *finding)
{
	return finding->level == DIAGNOSIS_WARN ||
	       finding->level == DIAGNOSIS_FAIL;
}

void finding_put(struct json *json, const struct diagnosis_finding *finding,
	const char *key, const char *subject)
{
	bool bad = is_bad(finding);

	json_put_text(json, "id", finding->id);
	json_put_text(json, "level", diagnosis_level_name(finding->level));
	json_put_text(json, "found", finding->found);
	json_put_text(json, "why", bad ? finding->why : NULL);
	json_put_text(json, "do", bad ? finding->remedy : NULL);
	if (subject)
		json_put_text(json, key, subject);
}

static int print_json(const struct diagnosis_finding *finding, const char *key,
	const char *subject, struct error *error)
{
	struct json json;

	json_begin(&json);
	finding_put(&json, finding, key, subject);
	return json_end(&json, error);
}

/* The remedy is not wrapped: it is to be copied to a shell. */
static void print_lines(
	const struct diagnosis_finding *finding, const char *subject)
{
	const char *level = diagnosis_level_name(finding->level);
	int column;

	terminal_put_level(level);
	column = (int)strlen(level) + printf(" %s: ", finding->id);
	if (subject) {
		column = terminal_wrap(bytes_of(subject), column, INDENT);
		column += printf(": ");
	}
	(void)terminal_wrap(bytes_of(finding->found), column, INDENT);
	(void)putchar('\n');
	if (!is_bad(finding))
		return;
	terminal_put(TERMINAL_FAINT, "    why:");
	(void)putchar(' ');
	(void)terminal_wrap(
		bytes_of(finding->why), (int)strlen("    why: "), INDENT_WHY);
	(void)putchar('\n');
	terminal_put(TERMINAL_FAINT, "    do:");
	(void)putchar(' ');
	(void)text_print(stdout, bytes_of(finding->remedy));
	(void)putchar('\n');
}

int finding_print(const struct diagnosis_finding *finding, const char *key,
	const char *subject, bool json, struct error *error)
{
	if (json)
		return print_json(finding, key, subject, error);
	errno = 0;
	print_lines(finding, subject);
	return ferror(stdout) ? tool_output_failed(error) : 0;
}
