#include "program.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define OUTPUT_MAX ((off_t)1 << 30) /* bytes */

/* Runs a program of Postfix in the child process. Does not return. */
static void run_child(
	const char *const *arguments, int input, int output, int words)
{
	char path[64];
	char *const *argv; /* execv() changes nothing, but wants it so */

	if ((input >= 0 && dup2(input, STDIN_FILENO) < 0) ||
		dup2(output, STDOUT_FILENO) < 0 ||
		dup2(words, STDERR_FILENO) < 0)
		_exit(126);
	memcpy(&argv, &arguments, sizeof argv);
	(void)execvp(arguments[0], argv);
	(void)snprintf(path, sizeof path, "/usr/sbin/%s", arguments[0]);
	(void)execv(path, argv);
	_exit(127);
}

int program_run(const char *const *arguments, int input, int output, int words)
{
	pid_t pid = output < 0 || words < 0 ? -1 : fork();
	int status = 0;

	if (!pid)
		run_child(arguments, input, output, words);
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (pid < 0)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

char *program_read_back(int fd, size_t *len)
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
