#include "mta/apply.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "mta/programs.h"
#include "postconf.h"
#include "setup/commands.h"

#define FILE_MAX   (16 << 20) /* bytes of main.cf or master.cf */
#define END_MS	   1000	      /* until a Postfix that ends is gone */
#define SETTLE_MS  120000     /* until Postfix's programs are new ones */
#define PAUSE_NANO 20000000L

static int read_whole(struct apply_file *file, struct error *error)
{
	int fd = open(file->path, O_RDONLY | O_CLOEXEC);
	struct stat status;
	int result = 0;

	if (fd < 0 || fstat(fd, &status) < 0) {
		result = error_set_errno(error, "cannot read %s", file->path);
	} else if (!S_ISREG(status.st_mode) || status.st_size > FILE_MAX) {
		result = error_set(error, ERR_IO,
			"cannot read %s: expected a file of at most 16 MB",
			file->path);
	} else {
		file->len = (size_t)status.st_size;
		file->mode = status.st_mode & 07777;
		file->user = status.st_uid;
		file->group = status.st_gid;
		file->text = malloc(file->len + 1);
		if (!file->text)
			result = error_set(error, ERR_NOMEM, "out of memory");
		else if (file_read_at(fd, file->text, file->len, 0) !=
			 (ssize_t)file->len)
			result = error_set_errno(
				error, "cannot read %s", file->path);
	}
	if (fd >= 0)
		close(fd);
	return result;
}

/* Writes the saved text to path, by a new file that takes its place. */
static int write_whole(
	const struct apply_file *file, const char *path, struct error *error)
{
	char temporary[PATH_MAX];
	int result = 0;
	int fd;

	if (snprintf(temporary, sizeof temporary, "%s.readdress-new", path) >=
		(int)sizeof temporary)
		return error_set(
			error, ERR_IO, "%s: the path is too long", path);
	(void)unlink(temporary);
	fd = open(temporary,
		O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return error_set_errno(error, "cannot make %s", temporary);
	if (fchown(fd, file->user, file->group) < 0 ||
		fchmod(fd, file->mode) < 0 ||
		file_write(fd, file->text, file->len) < 0 || fsync(fd) < 0 ||
		rename(temporary, path) < 0)
		result = error_set_errno(error, "cannot write %s", path);
	if (result)
		(void)unlink(temporary);
	close(fd);
	return result;
}

int apply_save(const struct instance *instance, struct apply_saved *saved,
	struct error *error)
{
	static const char *const names[] = { "main.cf", "master.cf" };
	int result = 0;

	for (int i = 0; !result && i < 2; i++) {
		struct apply_file *file = &saved->files[i];
		char path[PATH_MAX];

		(void)snprintf(path, sizeof path, "%s/%s", instance->directory,
			names[i]);
		/* It may be a link, which then stays one. */
		file->path = realpath(path, NULL);
		if (!file->path)
			return error_set_errno(error, "cannot read %s", path);
		result = read_whole(file, error);
		if (result)
			break;
		(void)snprintf(path, sizeof path, "%s/%s.before-readdress",
			instance->directory, names[i]);
		file->copy = strdup(path);
		if (!file->copy)
			return error_set(error, ERR_NOMEM, "out of memory");
		result = write_whole(file, path, error);
	}
	return result;
}

void apply_forget(struct apply_saved *saved)
{
	for (int i = 0; i < 2; i++) {
		free(saved->files[i].path);
		free(saved->files[i].copy);
		free(saved->files[i].text);
		saved->files[i] = (struct apply_file){ .path = NULL };
	}
}

/* True if the file is as it was saved. */
static bool is_same(const struct apply_file *file)
{
	struct apply_file now = { .path = file->path };
	bool same = !read_whole(&now, NULL) && now.text &&
		    now.len == file->len && now.mode == file->mode &&
		    now.user == file->user && now.group == file->group &&
		    !memcmp(now.text, file->text, file->len);

	free(now.text);
	return same;
}

/* A full disk, on which postconf(1) failed, has no room for the file either,
 * but its copy lies there already. */
static int put_back(const struct apply_file *file, struct error *error)
{
	int result = 0;

	if (!is_same(file))
		result = write_whole(file, file->path, error);
	if (result && !rename(file->copy, file->path))
		result = 0;
	return result;
}

int apply_restore(const struct apply_saved *saved, struct error *error)
{
	int result = 0;

	for (int i = 0; i < 2; i++) {
		const struct apply_file *file = &saved->files[i];
		struct error cause = { .text = "" };
		int code = file->text ? put_back(file, &cause) : 0;

		if (code && !result)
			result = error_pass(error, code, &cause);
	}
	return result;
}

int apply_lock(const struct instance *instance, struct error *error)
{
	int fd = open(instance->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return error_set_errno(
			error, "cannot open %s", instance->directory);
	if (!flock(fd, LOCK_EX | LOCK_NB))
		return fd;
	close(fd);
	return errno == EWOULDBLOCK
		       ? error_set(error, ERR_BUSY,
				 "another `readdress postfix` is changing %s "
				 "at this moment: nothing was changed; wait "
				 "until it has ended, and try again",
				 instance->directory)
		       : error_set_errno(
				 error, "cannot lock %s", instance->directory);
}

/* Runs postconf once for all changes of one kind among some of the plan. */
static int run_kind(struct instance *instance, enum plan_kind kind, size_t from,
	size_t to, struct error *error)
{
	struct plan *plan = &instance->plan;
	const char **arguments = calloc(to - from + 5, sizeof *arguments);
	size_t count = 0;
	int result = 0;
	size_t first;

	if (!arguments)
		return error_set(error, ERR_NOMEM, "out of memory");
	arguments[count++] = "postconf";
	arguments[count++] = "-c";
	arguments[count++] = instance->directory;
	arguments[count++] = commands_option(kind);
	first = count;
	for (size_t i = from; i < to; i++)
		if (plan->changes[i].kind == kind)
			arguments[count++] =
				commands_operand(plan, &plan->changes[i]);
	if (plan_result(plan))
		result = error_set(error, ERR_NOMEM, "out of memory");
	else if (count > first)
		result = postconf_call(arguments, NULL, error);
	free(arguments);
	return result;
}

static int run_part(
	struct instance *instance, size_t from, size_t to, struct error *error)
{
	static const enum plan_kind kinds[] = { PLAN_SET, PLAN_SERVICE,
		PLAN_OPTION, PLAN_OPTION_UNSET, PLAN_SERVICE_UNSET,
		PLAN_UNSET };
	int result = 0;

	for (size_t i = 0; !result && i < sizeof kinds / sizeof *kinds; i++)
		result = run_kind(instance, kinds[i], from, to, error);
	return result;
}

int apply_plan(struct instance *instance, bool runs, struct error *error)
{
	const struct plan *plan = &instance->plan;
	bool reloads = plan_reloads(plan);
	size_t from = 0;
	int result = 0;

	for (size_t i = 0; !result && i <= plan->count; i++) {
		bool last = i == plan->count;

		if (!last && plan->changes[i].kind != PLAN_RELOAD)
			continue;
		result = run_part(instance, from, i, error);
		if (!result && (!last || !reloads))
			result = apply_reload(instance, runs, error);
		from = i + 1;
	}
	return result;
}

/* Runs postfix(1) with one word. */
static int run_postfix(
	const struct instance *instance, const char *word, struct error *error)
{
	const char *const arguments[] = { "postfix", "-c", instance->directory,
		word, NULL };

	return postconf_call(arguments, NULL, error);
}

/* Waits until none of the old programs is left. */
static int wait_for_new(const struct programs *old, struct error *error)
{
	uint64_t until = clock_ms() + SETTLE_MS;
	struct timespec pause = { 0, PAUSE_NANO };

	while (programs_run(old)) {
		if (clock_ms() >= until)
			return error_set(error, ERR_DOWN,
				"Postfix was told to reload %d s ago, and "
				"programs with its old files still run; see "
				"its log",
				SETTLE_MS / 1000);
		(void)nanosleep(&pause, NULL);
	}
	return 0;
}

static int ended(struct error *error)
{
	return error_set(error, ERR_CONFIG,
		"Postfix has ended when it read the new files; its log says "
		"why");
}

int apply_check_master(const struct instance *instance, struct error *error)
{
	uint64_t until = clock_ms() + END_MS;
	struct timespec pause = { 0, PAUSE_NANO };

	while (postconf_master(instance->expanded)) {
		if (clock_ms() >= until)
			return 0;
		(void)nanosleep(&pause, NULL);
	}
	return ended(error);
}

int apply_reload(
	const struct instance *instance, bool runs, struct error *error)
{
	struct programs old;
	int result = 0;

	programs_find(&old, postconf_master(instance->expanded));
	if (runs)
		result = run_postfix(instance, "reload", error);
	if (!result)
		result = run_postfix(instance, "check", error);
	if (runs && !result)
		result = wait_for_new(&old, error);
	if (runs && !result && !postconf_master(instance->expanded))
		result = ended(error);
	return result;
}

int apply_revive(
	const struct instance *instance, bool runs, struct error *error)
{
	if (runs && !postconf_master(instance->expanded))
		return run_postfix(instance, "start", error);
	return apply_reload(instance, runs, error);
}
