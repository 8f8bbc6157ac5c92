#include "print/finding.h"

#include <errno.h>
#include <stdio.h>

#include "print/text.h"
#include "tool.h"

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

int finding_print(const struct diagnosis_finding *finding, const char *key,
	const char *subject, bool json, struct error *error)
{
	if (json)
		return print_json(finding, key, subject, error);
	errno = 0;
	(void)printf(
		"%s %s: ", diagnosis_level_name(finding->level), finding->id);
	if (subject) {
		(void)text_print(stdout, bytes_of(subject));
		(void)fputs(": ", stdout);
	}
	(void)text_print(stdout, bytes_of(finding->found));
	(void)putchar('\n');
	if (is_bad(finding)) {
		(void)fputs("    why: ", stdout);
		(void)text_print(stdout, bytes_of(finding->why));
		(void)fputs("\n    do: ", stdout);
		(void)text_print(stdout, bytes_of(finding->remedy));
		(void)putchar('\n');
	}
	return ferror(stdout) ? tool_output_failed(error) : 0;
}
