/* check: the command that finds doubtful rules. */
#include "tool.h"

#include <errno.h>

#include "check.h"
#include "json.h"
#include "progress.h"

#define OUTPUT_BUFFER ((size_t)1 << 18)

struct job {
	const struct tool *tool;
	struct progress progress;
	struct error *error;
	uint64_t counts[CHECK_SEVERITIES];
};

static void show_progress(void *context, uint64_t rows, uint64_t of)
{
	struct job *job = context;

	progress_show(&job->progress, rows, of, rows);
}

static int print_json(const struct check_finding *finding, struct error *error)
{
	struct json json;

	json_begin(&json);
	json_put_text(
		&json, "severity", check_severity_name(finding->severity));
	json_put_text(&json, "finding", check_kind_name(finding->kind));
	json_put_text(&json, "table", rule_table_name(finding->table));
	json_put_text(&json, "source", finding->source);
	json_put_bytes(&json, "target", finding->target);
	json_put_text(&json, "why", finding->why);
	json_put_text(&json, "advice", finding->advice);
	return json_end(&json, error);
}

static int print_line(const struct check_finding *finding, struct error *error)
{
	errno = 0;
	(void)printf("%s %s: %s %s;%.*s: %s. To do: %s\n",
		check_severity_name(finding->severity),
		check_kind_name(finding->kind), rule_table_name(finding->table),
		finding->source, (int)finding->target.len, finding->target.data,
		finding->why, finding->advice);
	return ferror(stdout) ? tool_output_failed(error) : 0;
}

static int print_finding(void *context, const struct check_finding *finding)
{
	struct job *job = context;

	progress_end(&job->progress);
	job->counts[finding->severity]++;
	return job->tool->options.json ? print_json(finding, job->error)
				       : print_line(finding, job->error);
}

static bool print_summary(const struct job *job)
{
	const uint64_t *counts = job->counts;
	bool any =
		counts[CHECK_FAIL] || counts[CHECK_WARN] || counts[CHECK_INFO];

	if (!any)
		tool_say(job->tool,
			"nothing doubtful in %llu inbound and %llu "
			"outbound rules",
			(unsigned long long)map_rows(
				job->tool->map, RULE_INBOUND),
			(unsigned long long)map_rows(
				job->tool->map, RULE_OUTBOUND));
	else
		tool_say(job->tool, "%llu FAIL, %llu WARN, %llu INFO",
			(unsigned long long)counts[CHECK_FAIL],
			(unsigned long long)counts[CHECK_WARN],
			(unsigned long long)counts[CHECK_INFO]);
	return any;
}

int command_check(struct tool *tool, struct error *error)
{
	struct job job = { .tool = tool, .error = error };
	struct check_options options = { .delimiter = tool->config->delimiter,
		.found = print_finding,
		.progress = show_progress,
		.context = &job };
	int code;

	(void)setvbuf(stdout, NULL, _IOFBF, OUTPUT_BUFFER);
	progress_init(&job.progress, tool->quiet);
	progress_begin(&job.progress, "checking");
	code = check_map(tool->map, &options, error);
	progress_end(&job.progress);
	errno = 0;
	if (!code && fflush(stdout)) /* before the summary */
		code = tool_output_failed(error);
	if (code)
		return code;
	return print_summary(&job) ? ERR_NOTFOUND : 0;
}
