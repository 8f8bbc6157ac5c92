#include "mta/programs.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

/* Fields of /proc/PID/stat after the name (proc(5)). */
enum { STATE = 0, PARENT = 1, STARTED = 19 };

#define DIGITS 20 /* of a number there, at most */

/* What the kernel says of a process. */
struct process {
	char name[32];
	char state;
	pid_t parent;
	uint64_t started;
};

/* Returns false if there is no such process. */
static bool read_process(pid_t pid, struct process *process)
{
	char path[64];
	char text[1024];
	const char *front;
	const char *back;
	FILE *file;
	struct bytes fields[STARTED + 1];
	struct bytes rest;
	size_t len = 0;
	uint64_t parent;

	(void)snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
	file = fopen(path, "re");
	if (file) {
		len = fread(text, 1, sizeof text - 1, file);
		(void)fclose(file);
	}
	text[len] = '\0';
	/* "12 (name) S 1 ...": the name may hold anything. */
	front = strchr(text, '(');
	back = strrchr(text, ')');
	if (!front || !back)
		return false;
	rest = bytes_of(back + 1);
	(void)bytes_take(&rest, " ");
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
		fields[i] = bytes_cut(&rest, ' ');
	process->state = fields[STATE].len ? *fields[STATE].data : '\0';
	if (!bytes_number(&fields[PARENT], DIGITS, &parent) ||
		!bytes_number(&fields[STARTED], DIGITS, &process->started))
		return false;
	process->parent = (pid_t)parent;
	(void)snprintf(process->name, sizeof process->name, "%.*s",
		(int)(back - front - 1), front + 1);
	return true;
}

static bool decides(const char *name)
{
	static const char *const names[] = { "qmgr", "oqmgr", "pickup",
		"trivial-rewrite" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (!strcmp(name, names[i]))
			return true;
	return false;
}

void programs_find(struct programs *programs, pid_t master)
{
	DIR *dir = master > 0 ? opendir("/proc") : NULL;
	struct dirent *entry;

	programs->count = 0;
	while (dir && programs->count < PROGRAMS_MAX &&
		(entry = readdir(dir))) {
		struct process process;
		int pid = (int)strtol(entry->d_name, NULL, 10);

		if (pid > 0 && read_process(pid, &process) &&
			process.parent == master && decides(process.name))
			programs->items[programs->count++] =
				(struct program){ pid, process.started };
	}
	if (dir)
		closedir(dir);
}

bool programs_run(const struct programs *programs)
{
	for (size_t i = 0; i < programs->count; i++) {
		const struct program *program = &programs->items[i];
		struct process process;

		if (read_process(program->pid, &process) &&
			process.state != 'Z' &&
			process.started == program->started)
			return true;
	}
	return false;
}
