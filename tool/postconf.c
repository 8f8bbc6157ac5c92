#include "postconf.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define OUTPUT_MAX ((off_t)32 << 20) /* bytes */

/* Runs a program of Postfix in the child process. Does not return. */
static void run_child(const char *const *arguments, int output, int words)
{
	char path[64] = "/usr/sbin/";

	if (dup2(output, STDOUT_FILENO) < 0 || dup2(words, STDERR_FILENO) < 0)
		_exit(126);
	(void)execvp(arguments[0], (char **)(uintptr_t)arguments);
	strcat(path, arguments[0]);
	(void)execv(path, (char **)(uintptr_t)arguments);
	_exit(127);
}

/* Runs a program of Postfix, and waits for its end. Returns its exit status;
 * 128 if a signal ended it; or -1 with errno if it could not be run. */
static int run_program(const char *const *arguments, int output, int words)
{
	pid_t pid = output < 0 || words < 0 ? -1 : fork();
	int status = 0;

	if (!pid)
		run_child(arguments, output, words);
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (pid < 0)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

/* Returns all that was written to fd; free() it. Returns NULL with errno if out
 * of memory, or if it cannot be read. */
static char *read_back(int fd, size_t *len)
{
	struct stat status;
	char *text;

	if (fstat(fd, &status) < 0)
		return NULL;
	if (status.st_size > OUTPUT_MAX) {
		errno = EFBIG;
		return NULL;
	}
	*len = (size_t)status.st_size;
	text = malloc(*len + 1);
	if (text && pread(fd, text, *len, 0) != (ssize_t)*len) {
		free(text);
		return NULL;
	}
	if (text)
		text[*len] = '\0';
	return text;
}

/* Sets the error to the last line that postconf printed on standard error. The
 * lines before it are warnings. */
static int explain(int words, const char *option, struct error *error)
{
	size_t len = 0;
	char *text = read_back(words, &len);
	struct bytes rest = { text, len };
	struct bytes last = { "", 0 };

	while (rest.len) {
		struct bytes line = bytes_cut(&rest, '\n');

		if (line.len)
			last = line;
	}
	(void)error_set(error, ERR_CONFIG,
		"postconf %s cannot read the configuration of Postfix: %.*s",
		option, (int)(last.len < 400 ? last.len : 400), last.data);
	free(text);
	return ERR_CONFIG;
}

/* Runs postconf and waits for its end. free() *text, what it printed. */
static int run(const char *directory, const char *option, char **text,
	size_t *len, struct error *error)
{
	const char *arguments[8] = { "postconf", option };
	char itself[PATH_MAX + 32];
	int output = memfd_create("postconf", MFD_CLOEXEC);
	int words = memfd_create("postconf", MFD_CLOEXEC);
	int status;
	int result = 0;

	*text = NULL;
	if (directory) {
		/* Postfix 3.10 takes $config_directory for its default,
		 * whatever -c says. */
		(void)snprintf(itself, sizeof itself, "config_directory=%s",
			directory);
		arguments[1] = "-c";
		arguments[2] = directory;
		arguments[3] = "-o";
		arguments[4] = itself;
		arguments[5] = option;
	}
	status = run_program(arguments, output, words);
	if (status < 0)
		result = error_set_errno(error, "cannot run postconf");
	else if (status == 127)
		result = error_set(error, ERR_CONFIG,
			"found no postconf in PATH and /usr/sbin: Postfix is "
			"not installed on this host");
	else if (status)
		result = explain(words, option, error);
	else if (!(*text = read_back(output, len)))
		result = error_set_errno(
			error, "cannot read what postconf printed");
	if (output >= 0)
		close(output);
	if (words >= 0)
		close(words);
	return result;
}

static int read_part(const char *directory, const char *option,
	int (*parse)(struct postfix *postfix, struct bytes text,
		struct error *error),
	struct postfix *postfix, struct error *error)
{
	size_t len = 0;
	char *text;
	int result = run(directory, option, &text, &len, error);

	if (!result)
		result = parse(postfix, (struct bytes){ text, len }, error);
	free(text);
	return result;
}

static int read_services(const char *directory, struct postfix *expanded,
	struct postfix *written, struct error *error)
{
	size_t len = 0;
	char *text;
	int result = run(directory, "-M", &text, &len, error);

	if (!result)
		result = postfix_read_services(
			expanded, (struct bytes){ text, len }, error);
	if (!result)
		result = postfix_read_services(
			written, (struct bytes){ text, len }, error);
	free(text);
	return result;
}

static int read_instance(const char *directory, struct postfix *expanded,
	struct postfix *written, struct error *error)
{
	int result =
		read_part(directory, "-x", postfix_read_main, expanded, error);

	if (!result)
		result = read_part(
			directory, "-n", postfix_read_main, written, error);
	if (!result)
		result = read_services(directory, expanded, written, error);
	if (!result)
		result = read_part(directory, "-Px", postfix_read_overrides,
			expanded, error);
	if (!result)
		result = read_part(directory, "-P", postfix_read_overrides,
			written, error);
	return result;
}

int postconf_read(const char *directory, struct postfix **expanded,
	struct postfix **written, struct error *error)
{
	int result;

	*expanded = postfix_open();
	*written = postfix_open();
	if (*expanded && *written)
		result = read_instance(directory, *expanded, *written, error);
	else
		result = error_set(error, ERR_NOMEM, "out of memory");
	if (result) {
		postfix_close(*expanded);
		postfix_close(*written);
		*expanded = *written = NULL;
	}
	return result;
}

int postconf_ask(const char *directory, const char *table, const char *key)
{
	const char *const arguments[] = { "postmap", "-c", directory, "-q", key,
		table, NULL };
	int output = memfd_create("postmap", MFD_CLOEXEC);
	int words = memfd_create("postmap", MFD_CLOEXEC);
	int status = run_program(arguments, output, words);
	struct stat said;
	int result = -1;

	/* postmap ends with 1 in either case, but says something only if the
	 * table could not be asked. */
	if (!status)
		result = 1;
	else if (status == 1 && !fstat(words, &said) && !said.st_size)
		result = 0;
	if (output >= 0)
		close(output);
	if (words >= 0)
		close(words);
	return result;
}
