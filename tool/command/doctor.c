/*
 * doctor: the command that finds what is wrong in Postfix around readdress.
 * Tested by tests/e2e/doctor.test.
 */
#include "command/command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doctor/doctor.h"
#include "held.h"
#include "milter.h"
#include "postconf.h"
#include "print/examined.h"
#include "print/finding.h"
#include "print/modes.h"
#include "reach.h"

#define HELD_MAX ((size_t)16 << 20) /* bytes of the domains that are held */

struct doctor {
	const struct tool *tool;
	const char *instance; /* its directory; NULL: there is only one */
	bool failed;	      /* a check found FAIL */
	struct diagnosis_milter milter;
	bool milter_known;
	struct modes modes;	       /* not seen: NULL */
	struct autoroutes *autoroutes; /* NULL: DNS said nothing */
	struct examined examined;
	struct arena *arena; /* of held */
	struct diagnosis_held *held;
	size_t held_count;
	struct error *error;
};

static int print(void *context, const struct diagnosis_finding *finding)
{
	struct doctor *doctor = context;

	doctor->failed = doctor->failed || finding->level == DIAGNOSIS_FAIL;
	examined_add(&doctor->examined, finding, doctor->instance);
	return finding_print(finding, "instance", doctor->instance,
		doctor->tool->options.json, doctor->error);
}

static void see(void *context, const char *endpoint, const char *user,
	struct diagnosis_socket *seen)
{
	const struct doctor *doctor = context;

	reach(endpoint, user, seen);
	/* At a port, who listens is not known. */
	if (seen->state == DIAGNOSIS_STATE_OURS &&
		!strncmp(endpoint, "inet:", 5) && doctor->milter_known &&
		!doctor->milter.up) {
		seen->state = DIAGNOSIS_STATE_OTHER;
		(void)snprintf(seen->path, sizeof seen->path,
			"the milter is not running");
	}
}

static int examine(struct doctor *doctor, const struct postfix *expanded,
	const struct postfix *written)
{
	struct postconf_tables tables;
	struct diagnosis diagnosis = {
		.postfix = expanded,
		.written = written,
		.config = doctor->tool->config,
		.map = doctor->tool->map,
		.autoroutes = doctor->autoroutes,
		.milter = doctor->milter_known ? &doctor->milter : NULL,
		.held = doctor->held,
		.held_count = doctor->held_count,
		.seen = doctor->modes.unread ? NULL : doctor->modes.seen,
		.found = print,
		.context = doctor,
		.postmap = &tables.postmap,
		.see = see,
	};
	int result;

	postconf_open_tables(&tables,
		postfix_value(expanded, NULL, "config_directory"),
		doctor->tool->options.ask_all);
	result = doctor_run(&diagnosis);
	postconf_close_tables(&tables);
	if (result == ERR_NOMEM)
		return error_set(doctor->error, result, "out of memory");
	return result;
}

/* Examines the further instances of Postfix that its main.cf names (see
 * MULTI_INSTANCE_README of Postfix). */
static int examine_others(struct doctor *doctor, const char *directories)
{
	int result = 0;

	while (!result && *directories) {
		size_t len = strcspn(directories, ", \t");
		struct postfix *expanded;
		struct postfix *written;
		char *directory = strndup(directories, len);

		directories += len;
		directories += strspn(directories, ", \t");
		if (!directory)
			return error_set(
				doctor->error, ERR_NOMEM, "out of memory");
		doctor->instance = directory;
		result = postconf_read(
			directory, &expanded, &written, doctor->error);
		if (!result)
			result = examine(doctor, expanded, written);
		postfix_close(expanded);
		postfix_close(written);
		free(directory);
	}
	return result;
}

/* Finds what is known about the milter, and what its state directory says. What
 * cannot be read is no error: the checks that need it say so. */
static int see_milter(struct doctor *doctor)
{
	const struct tool *tool = doctor->tool;
	struct diagnosis_milter *milter = &doctor->milter;
	struct error cause = { .text = "" };
	pid_t pid;
	int code = milter_find(tool, &pid, &cause);

	milter->up = !code;
	doctor->milter_known = !code || code == ERR_DOWN;
	if (!tool->state)
		return 0;
	if (milter_served(tool, milter->up, &milter->served, &cause))
		doctor->milter_known = false;
	doctor->arena = arena_open(HELD_MAX);
	if (!doctor->arena)
		return error_set(doctor->error, ERR_NOMEM, "out of memory");
	code = held_find(tool, doctor->arena, &doctor->held,
		&doctor->held_count, doctor->error);
	if (code)
		return code;
	code = modes_see(tool, milter->up, &doctor->modes, doctor->error);
	if (!code)
		memcpy(milter->shadow, doctor->modes.shadow,
			sizeof milter->shadow);
	return code;
}

int command_doctor(struct tool *tool, struct error *error)
{
	struct doctor doctor = { .tool = tool, .error = error };
	struct postfix *expanded;
	struct postfix *written;
	const char *others;
	int result = tool_open_state(tool, false, error);

	/* Most checks do not need a map. */
	if (!result)
		result = tool_open_map(tool, error);
	if (result && result != ERR_NOENT)
		return result;
	*error = (struct error){ .text = "" };
	result = postconf_read(
		tool->options.config_dir, &expanded, &written, error);
	if (result)
		return result;
	result = see_milter(&doctor);
	/* A file that is damaged is the milter's to report. */
	(void)!autoroutes_read(
		tool->config->state_dir, &doctor.autoroutes, NULL, NULL);
	others = postfix_value(expanded, NULL, "multi_instance_directories");
	if (*others)
		doctor.instance =
			postfix_value(expanded, NULL, "config_directory");
	if (!result)
		result = examine(&doctor, expanded, written);
	if (!result)
		result = examine_others(&doctor, others);
	if (!result)
		examined_keep(&doctor.examined, tool);
	examined_free(&doctor.examined);
	arena_close(doctor.arena);
	modes_free(&doctor.modes);
	autoroutes_close(doctor.autoroutes);
	postfix_close(expanded);
	postfix_close(written);
	if (!result && doctor.failed)
		return ERR_NOTFOUND; /* 1, without a text */
	return result;
}
