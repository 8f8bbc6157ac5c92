/*
 * reload: the command that has the milter serve the newest generation, or
 * approves one. Tested by tests/e2e/tool.test and tests/e2e/approval.test.
 */
#include "command/command.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "approve/approve.h"
#include "approve/when.h"
#include "milter.h"
#include "postfixreload.h"
#include "print/approval.h"
#include "print/json.h"

/* Refuses options that exclude each other. */
static int check_options(const struct options *options, struct error *error)
{
	bool approves = options->generation || options->digest;
	unsigned kinds = (unsigned)approves + options->cancel + options->newest;

	if (kinds > 1)
		return error_set(error, ERR_USAGE,
			"expected only one of --cancel, --newest, and "
			"--generation or --digest");
	if (options->postfix && (options->at || options->cancel))
		return error_set(error, ERR_USAGE,
			"found --postfix with %s, which changes nothing that "
			"is served now; expected neither, or run `postfix "
			"reload` yourself when it changes",
			options->at ? "--at" : "--cancel");
	if (options->at && !approves)
		return error_set(error, ERR_USAGE,
			"found --at without --generation and --digest; "
			"expected one that says what is to be served then");
	return 0;
}

static int print_approved(const struct tool *tool,
	const struct approval *approval, int64_t now, struct error *error)
{
	char text[APPROVAL_SHOWN];
	struct json json;

	if (!tool->options.json) {
		approval_show(approval, now, text);
		(void)printf("%s\n", text);
		return 0;
	}
	json_begin(&json);
	approval_put(&json, approval, now);
	json_put_flag(&json, "served", false);
	return json_end(&json, error);
}

static int approve(struct tool *tool, struct error *error)
{
	const struct options *options = &tool->options;
	struct approve asked = { .generation = options->generation,
		.digest = options->digest,
		.now = (int64_t)time(NULL) };
	struct milter_told before = milter_ask(tool);
	struct approval made;
	pid_t pid;
	int code = 0;

	asked.at = asked.now;
	if (options->at)
		code = when_read(
			options->at, asked.now, WHEN_ZONE, &asked.at, error);
	if (!code)
		code = approve_make(tool->state, &asked, &made, error);
	if (code)
		return code;
	if (made.at > asked.now)
		postfixreload_then(tool, made.generation);
	code = milter_find(tool, &pid, error);
	if (!code && made.at <= asked.now)
		return milter_wait_approved(tool, &before, &made, error);
	if (code == ERR_DOWN) {
		error_append(error,
			"; what is approved is served when it starts%s",
			made.at > asked.now ? ", but not before its time" : "");
		/* The text of the failure stays. */
		if (print_approved(tool, &made, asked.now, NULL) < 0 ||
			fflush(stdout))
			error_append(error, "; standard output: %s",
				strerror(errno));
		return code;
	}
	return code ? code : print_approved(tool, &made, asked.now, error);
}

static int cancel(struct tool *tool, struct error *error)
{
	struct approval was;
	struct error down;
	struct json json;
	uint64_t served = 0;
	pid_t pid;
	int64_t now = (int64_t)time(NULL);
	int code = approve_cancel(tool->state, now, &was, error);
	bool up;

	if (code)
		return code;
	up = !milter_find(tool, &pid, &down);
	code = milter_served(tool, up, &served, error);
	if (code)
		return code;
	if (tool->options.json) {
		json_begin(&json);
		approval_put(&json, &was, now);
		json_put_flag(&json, "cancelled", true);
		json_put_generation(&json, "served", served);
		return json_end(&json, error);
	}
	(void)printf("cancelled: generation %" PRIu64 " is not approved any "
		     "more\n",
		was.generation);
	if (served)
		(void)printf("%s generation %" PRIu64 "\n",
			up ? "serving" : "last served", served);
	else
		(void)puts("no generation was served yet");
	return 0;
}

int command_reload(struct tool *tool, struct error *error)
{
	const struct options *options = &tool->options;
	int code = check_options(options, error);

	if (code)
		return code;
	if (options->cancel)
		return cancel(tool, error);
	if (options->generation || options->digest)
		return approve(tool, error);
	return milter_reload(tool, options->timeout, error);
}
