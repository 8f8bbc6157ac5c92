#include "postconf.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define OUTPUT_MAX ((off_t)32 << 20) /* bytes */

/* Runs postconf in the child process. Does not return. */
static void run_child(
	const char *directory, const char *option, int output, int words)
{
	const char *arguments[6] = { "postconf" };
	size_t count = 1;

	if (directory) {
		arguments[count++] = "-c";
		arguments[count++] = directory;
	}
	arguments[count] = option;
	if (dup2(output, STDOUT_FILENO) < 0 || dup2(words, STDERR_FILENO) < 0)
		_exit(126);
	(void)execvp("postconf", (char **)(uintptr_t)arguments);
	(void)execv("/usr/sbin/postconf", (char **)(uintptr_t)arguments);
	_exit(127);
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
	int output = memfd_create("postconf", MFD_CLOEXEC);
	int words = memfd_create("postconf", MFD_CLOEXEC);
	pid_t pid = output < 0 || words < 0 ? -1 : fork();
	int status = 0;
	int result = 0;

	*text = NULL;
	if (!pid)
		run_child(directory, option, output, words);
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (pid < 0)
		result = error_set_errno(error, "cannot run postconf");
	else if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
		result = error_set(error, ERR_CONFIG,
			"found no postconf in PATH and /usr/sbin: Postfix is "
			"not installed on this host");
	else if (!WIFEXITED(status) || WEXITSTATUS(status))
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

static int read_instance(const char *directory, const char *parameters,
	const char *overrides, struct postfix **postfix, struct error *error)
{
	int result;

	*postfix = postfix_open();
	if (!*postfix)
		return error_set(error, ERR_NOMEM, "out of memory");
	result = read_part(
		directory, parameters, postfix_read_main, *postfix, error);
	if (!result)
		result = read_part(directory, "-M", postfix_read_services,
			*postfix, error);
	if (!result)
		result = read_part(directory, overrides, postfix_read_overrides,
			*postfix, error);
	return result;
}

int postconf_read(const char *directory, struct postfix **expanded,
	struct postfix **written, struct error *error)
{
	int result;

	*written = NULL;
	result = read_instance(directory, "-x", "-Px", expanded, error);
	if (!result)
		result = read_instance(directory, "-n", "-P", written, error);
	if (result) {
		postfix_close(*expanded);
		postfix_close(*written);
		*expanded = *written = NULL;
	}
	return result;
}
