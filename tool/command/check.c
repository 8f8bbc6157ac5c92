/*
 * check: the command that finds doubtful rules. Tested by tests/e2e/check.test.
 */
#include "command/command.h"

#include <errno.h>
#include <inttypes.h>

#include "check/check.h"
#include "check/checkgroup.h"
#include "print/json.h"
#include "print/progress.h"
#include "print/terminal.h"
#include "print/text.h"

#define OUTPUT_BUFFER ((size_t)1 << 18)
#define INDENT	      4

struct job {
	const struct tool *tool;
	struct progress progress;
	struct error *error;
	struct checkgroups *groups;
	uint64_t counts[CHECK_SEVERITIES];
};

static void show_progress(void *context, uint64_t rows, uint64_t of)
{
	struct job *job = context;

	progress_show(&job->progress, rows, of, rows);
}

static int print_json(const struct checkgroup *group, struct error *error)
{
	const struct check_finding *finding = &group->example;
	struct json json;

	json_begin(&json);
	json_put_text(
		&json, "severity", finding_severity_name(finding->severity));
	json_put_text(&json, "finding", finding_kind_name(finding->kind));
	json_put_text(&json, "table", rule_table_name(finding->table));
	json_put_row(&json, "source", bytes_of(finding->source));
	json_put_row(&json, "target", finding->target);
	json_put_text(&json, "why", finding->why);
	json_put_text(&json, "advice", finding->advice);
	json_put_number(&json, "count", group->count);
	return json_end(&json, error);
}

/* Prints the rule, on a line of its own if it is too long for this one. Returns
 * the new column. */
static int print_rule(const struct check_finding *finding, int column)
{
	struct bytes source = bytes_of(finding->source);
	int width = text_print_row(NULL, source) + 1 +
		    text_print_row(NULL, finding->target);

	column = terminal_blank(width, column, INDENT);
	(void)text_print_row(stdout, source);
	(void)putchar(';');
	(void)text_print_row(stdout, finding->target);
	return column + width;
}

static int print_line(const struct checkgroup *group, struct error *error)
{
	const struct check_finding *finding = &group->example;
	const char *severity = finding_severity_name(finding->severity);
	int column;

	errno = 0;
	terminal_put_level(severity);
	column = (int)strlen(severity) +
		 printf(" %s: %s", finding_kind_name(finding->kind),
			 rule_table_name(finding->table));
	if (*finding->source)
		column = print_rule(finding, column);
	if (group->count > 1)
		column = terminal_print(column, INDENT,
			" and %" PRIu64 " more of %.*s", group->count - 1,
			(int)group->domain.len, group->domain.data);
	(void)terminal_print(column, INDENT, ": %s. To do: %s", finding->why,
		finding->advice);
	(void)putchar('\n');
	return ferror(stdout) ? tool_output_failed(error) : 0;
}

static int print_group(struct job *job, const struct checkgroup *group)
{
	return job->tool->options.json ? print_json(group, job->error)
				       : print_line(group, job->error);
}

/* Prints the finding at once with -v; otherwise adds it to the group of its
 * kind and domain, which is printed at the end. */
static int take_finding(void *context, const struct check_finding *finding)
{
	struct job *job = context;
	const struct checkgroup alone = { *finding, { NULL, 0 }, 1 };

	job->counts[finding->severity]++;
	if (!job->tool->options.verbose)
		return checkgroups_add(job->groups, finding) < 0
			       ? error_set(
					 job->error, ERR_NOMEM, "out of memory")
			       : 0;
	progress_end(&job->progress);
	return print_group(job, &alone);
}

static int print_groups(struct job *job)
{
	size_t count;
	const struct checkgroup *groups = checkgroups_all(job->groups, &count);
	int code = 0;

	for (size_t i = 0; !code && i < count; i++)
		code = print_group(job, &groups[i]);
	return code;
}

static bool print_summary(const struct job *job)
{
	const uint64_t *counts = job->counts;
	uint64_t routes = map_rows(job->tool->map, RULE_ROUTES);
	char more[48] = "";
	bool any =
		counts[CHECK_FAIL] || counts[CHECK_WARN] || counts[CHECK_INFO];

	if (routes)
		(void)snprintf(more, sizeof more, ", and %" PRIu64 " route%s",
			routes, routes == 1 ? "" : "s");
	if (!any)
		tool_say(job->tool,
			"found nothing doubtful in %" PRIu64
			" inbound and %" PRIu64 " outbound rules%s",
			map_rows(job->tool->map, RULE_INBOUND),
			map_rows(job->tool->map, RULE_OUTBOUND), more);
	else
		tool_say(job->tool,
			"%" PRIu64 " FAIL, %" PRIu64 " WARN, %" PRIu64 " INFO",
			counts[CHECK_FAIL], counts[CHECK_WARN],
			counts[CHECK_INFO]);
	return any;
}

int command_check(struct tool *tool, struct error *error)
{
	struct job job = { .tool = tool, .error = error };
	struct check_options options = { .localpart =
						 config_localpart(tool->config),
		.outbound_named = tool->config->outbound_named,
		.found = take_finding,
		.progress = show_progress,
		.context = &job };
	int code;

	job.groups = checkgroups_open();
	if (!job.groups)
		return error_set(error, ERR_NOMEM, "out of memory");
	(void)setvbuf(stdout, NULL, _IOFBF, OUTPUT_BUFFER);
	progress_init(&job.progress, tool->quiet);
	progress_begin(&job.progress, "checking");
	code = check_map(tool->map, &options, error);
	progress_end(&job.progress);
	if (!code)
		code = print_groups(&job);
	checkgroups_close(job.groups);
	errno = 0;
	if (!code && fflush(stdout)) /* the findings precede the summary */
		code = tool_output_failed(error);
	if (code)
		return code;
	return print_summary(&job) ? ERR_NOTFOUND : 0;
}
