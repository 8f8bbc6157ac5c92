#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/pidfile.h"

static int make_dir(void **state)
{
	char *dir = strdup("/tmp/readdress-pidfile-XXXXXX");

	if (!dir || !mkdtemp(dir))
		return -1;
	*state = dir;
	return 0;
}

static int remove_dir(void **state)
{
	char path[200];
	int result;

	(void)snprintf(path, sizeof path, "%s/pid", (const char *)*state);
	(void)unlink(path);
	/* fails where something else was left behind */
	result = rmdir(*state);
	free(*state);
	return result;
}

/* A child that holds the lock until it is killed. */
static pid_t claim_in_child(const char *dir)
{
	int ready[2];
	char c = 'x';
	pid_t child;

	assert_int_equal(pipe(ready), 0);
	child = fork();
	assert_true(child >= 0);
	if (!child) {
		int fd;

		c = pidfile_claim(dir, &fd, NULL) ? 'n' : 'y';
		if (write(ready[1], &c, 1) != 1)
			_exit(1);
		(void)pause();
		_exit(0);
	}
	assert_int_equal(read(ready[0], &c, 1), 1);
	assert_int_equal(c, 'y');
	(void)close(ready[0]);
	(void)close(ready[1]);
	return child;
}

static void test_claim(void **state)
{
	const char *dir = *state;
	struct error error = { .text = "" };
	char path[200];
	char text[40] = "";
	FILE *file;
	pid_t pid = 0;
	pid_t child;
	int fd;

	assert_int_equal(pidfile_running(dir, &pid, &error), 0);
	child = claim_in_child(dir);
	assert_int_equal(pidfile_running(dir, &pid, &error), 1);
	assert_int_equal(pid, child);
	assert_int_equal(pidfile_claim(dir, &fd, &error), ERR_BUSY);
	assert_int_equal(fd, -1);
	assert_non_null(strstr(error.text, "another readdress-milter"));
	(void)snprintf(path, sizeof path, "%s/pid", dir);
	file = fopen(path, "r");
	assert_non_null(file);
	assert_non_null(fgets(text, sizeof text, file));
	assert_int_equal(atoi(text), child);
	(void)fclose(file);

	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitpid(child, NULL, 0), child);
	/* the file and the number in it are left, and mean nothing */
	assert_int_equal(access(path, R_OK), 0);
	assert_int_equal(pidfile_running(dir, &pid, &error), 0);
	assert_int_equal(pidfile_claim(dir, &fd, &error), 0);
	(void)close(fd);
}

static void test_claim_errors(void **state)
{
	struct error error = { .text = "" };
	char path[200];
	pid_t pid;
	int fd;

	assert_int_equal(pidfile_running("/nonexistent", &pid, &error), 0);
	assert_int_equal(pidfile_claim("/nonexistent", &fd, &error), ERR_NOENT);
	assert_int_equal(fd, -1);
	(void)snprintf(path, sizeof path, "%s/pid", (const char *)*state);
	assert_int_equal(symlink("/tmp/readdress-not-there", path), 0);
	assert_int_equal(pidfile_claim(*state, &fd, &error), ERR_IO);
	assert_int_not_equal(access("/tmp/readdress-not-there", F_OK), 0);
	(void)unlink(path);
}

#define IN_DIR(test) cmocka_unit_test_setup_teardown(test, make_dir, remove_dir)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_DIR(test_claim),
		IN_DIR(test_claim_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
