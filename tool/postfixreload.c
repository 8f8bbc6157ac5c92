#include "postfixreload.h"

#include <errno.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "update/lookupdiff.h"

extern char **environ;

/* True if the answers about domains and routes differ, or may differ. */
static bool differ(struct tool *tool, uint64_t before, uint64_t now)
{
	struct map *old = NULL;
	struct map *new = NULL;
	struct error error;
	int result;

	if (before == now)
		return false;
	result =
		state_open_generation(tool->state, before, false, &old, &error);
	if (!result)
		result = state_open_generation(
			tool->state, now, false, &new, &error);
	if (!result)
		result = lookupdiff_any(old, new, &error);
	map_close(new);
	map_close(old);
	return result != 0;
}

/* Runs `postfix reload`, whose output becomes messages. Returns its exit
 * status, or 127 if it could not be run. */
static int run_postfix(void)
{
	static const char *const programs[] = { "postfix",
		"/usr/sbin/postfix" };
	posix_spawn_file_actions_t actions;
	pid_t pid = -1;
	int status = 0;
	int failed = ENOENT;

	if (posix_spawn_file_actions_init(&actions) != 0)
		return 127;
	(void)posix_spawn_file_actions_adddup2(
		&actions, STDERR_FILENO, STDOUT_FILENO);
	for (size_t i = 0; failed && i < 2; i++) {
		char name[] = "postfix";
		char word[] = "reload";
		char *arguments[] = { name, word, NULL };

		failed = posix_spawnp(
			&pid, programs[i], &actions, NULL, arguments, environ);
	}
	(void)posix_spawn_file_actions_destroy(&actions);
	if (failed)
		return 127;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

int postfixreload_after(struct tool *tool, uint64_t before, struct error *error)
{
	uint64_t now = 0;
	uint64_t previous;
	int status;

	if (!*tool->config->lookup_socket ||
		(state_served(tool->state, &now, &previous, NULL) == 0 &&
			!differ(tool, before, now)))
		return 0;
	if (!tool->options.postfix) {
		tool_say(tool,
			"domains or routes have changed, and processes of "
			"Postfix remember their last look-up for up to 30 s: "
			"run `postfix reload`");
		return 0;
	}
	status = run_postfix();
	if (!status)
		return 0;
	return error_set(error, ERR_DOWN,
		"the milter serves the new rules, but `postfix reload` failed "
		"(exit status %d): run it again, because processes of Postfix "
		"remember their last look-up for up to 30 s",
		status);
}

void postfixreload_then(struct tool *tool, uint64_t generation)
{
	uint64_t now = 0;
	uint64_t previous;

	if (*tool->config->lookup_socket &&
		(state_served(tool->state, &now, &previous, NULL) ||
			differ(tool, now, generation)))
		tool_say(tool,
			"domains or routes change then, and processes of "
			"Postfix remember their last look-up for up to 30 s: "
			"run `postfix reload` after that time");
}
