#include "print/examined.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "print/finding.h"
#include "print/terminal.h"
#include "print/text.h"

#define MODE	  0640
#define BYTES_MAX ((size_t)1 << 20)

/* The worst first. What could not be made is worse than what is well. */
static int rank(enum diagnosis_level level)
{
	static const int ranks[DIAGNOSIS_LEVELS] = {
		[DIAGNOSIS_PASS] = 0,
		[DIAGNOSIS_SKIP] = 1,
		[DIAGNOSIS_WARN] = 2,
		[DIAGNOSIS_FAIL] = 3,
	};

	return ranks[level];
}

void examined_put(struct json *json, const struct diagnosis_finding *finding,
	const char *instance)
{
	finding_put(json, finding, "instance", instance);
}

void examined_add(struct examined *examined,
	const struct diagnosis_finding *finding, const char *instance)
{
	struct json json;

	if (!examined->checks)
		examined->checks = json_array();
	json_begin(&json);
	examined_put(&json, finding, instance);
	if (json.failed || json_array_append(examined->checks, json.object))
		examined->failed = true;
	json_drop(&json);
	if (rank(finding->level) > rank(examined->worst))
		examined->worst = finding->level;
}

void examined_keep(const struct examined *examined, const struct tool *tool)
{
	struct timespec now;
	char when[CLOCK_TEXT_MAX];
	struct stat status;
	char *text = NULL;
	json_t *all;
	int fd;

	if (!tool->state || !examined->checks || examined->failed ||
		clock_gettime(CLOCK_REALTIME, &now) != 0)
		return;
	clock_text(now.tv_sec, when);
	fd = open(state_dir(tool->state),
		O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	all = json_pack("{s:s, s:s, s:O}", "time", when, "level",
		diagnosis_level_name(examined->worst), "checks",
		examined->checks);
	if (all)
		text = json_dumps(all, JSON_COMPACT);
	if (fd >= 0 && text && !fstat(fd, &status))
		(void)!file_replace(fd, STATE_DOCTOR, STATE_DOCTOR, MODE,
			status.st_gid, text, strlen(text), NULL);
	if (fd >= 0)
		close(fd);
	free(text);
	json_decref(all);
}

void examined_free(struct examined *examined)
{
	json_decref(examined->checks);
}

static void copy_member(
	const json_t *object, const char *name, char *text, size_t size)
{
	const char *value = json_string_value(json_object_get(object, name));

	(void)snprintf(text, size, "%s", value ? value : "");
}

void examined_read(const struct tool *tool, struct examined_last *last)
{
	const json_t *checks;
	json_t *all = NULL;
	char *text;
	int fd;
	int len = -1;

	*last = (struct examined_last){ .time = "" };
	text = tool->state ? malloc(BYTES_MAX) : NULL;
	fd = text ? open(state_dir(tool->state),
			    O_RDONLY | O_DIRECTORY | O_CLOEXEC)
		  : -1;
	if (fd >= 0) {
		len = file_read_small(
			fd, STATE_DOCTOR, STATE_DOCTOR, text, BYTES_MAX, NULL);
		close(fd);
	}
	if (len >= 0)
		all = json_loadb(text, (size_t)len, 0, NULL);
	free(text);
	copy_member(all, "time", last->time, sizeof last->time);
	copy_member(all, "level", last->level, sizeof last->level);
	checks = json_object_get(all, "checks");
	for (size_t i = 0; i < json_array_size(checks); i++) {
		const json_t *check = json_array_get(checks, i);
		const char *level =
			json_string_value(json_object_get(check, "level"));

		if (!strcmp(last->level, "PASS") || !level ||
			strcmp(level, last->level) != 0)
			continue;
		copy_member(check, "id", last->id, sizeof last->id);
		copy_member(check, "found", last->found, sizeof last->found);
		break;
	}
	json_decref(all);
}

void examined_print(const struct examined_last *last)
{
	int column = TERMINAL_NAME + (int)strlen(last->level);

	if (!*last->time)
		return;
	(void)printf("%-*s", TERMINAL_NAME, "doctor");
	terminal_put_level(last->level);
	if (*last->id)
		column = terminal_print(column, TERMINAL_NAME, " %s: %s",
			last->id, last->found);
	(void)terminal_print(column, TERMINAL_NAME,
		" (%s; `readdress doctor` says more)", last->time);
	(void)putchar('\n');
}

void examined_put_last(const struct examined_last *last, struct json *json)
{
	struct json inner;

	if (!*last->time) {
		json_put_null(json, "doctor");
		return;
	}
	json_begin(&inner);
	json_put_text(&inner, "time", last->time);
	json_put_text(&inner, "level", last->level);
	json_put_text(&inner, "id", *last->id ? last->id : NULL);
	json_put_text(&inner, "found", *last->id ? last->found : NULL);
	json_put_object(json, "doctor", &inner);
}
