/*
 * doctor: the command that finds what is wrong in Postfix around readdress.
 * Tested by tests/e2e/doctor.test.
 */
#include "command/command.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/array.h"
#include "base/network.h"
#include "doctor/doctor.h"
#include "held.h"
#include "milter.h"
#include "postconf.h"
#include "print/examined.h"
#include "print/finding.h"
#include "print/modes.h"
#include "reach.h"
#include "state/approval.h"

#define HELD_MAX ((size_t)16 << 20) /* bytes of the domains that are held */

struct doctor {
	const struct tool *tool;
	const char *instance; /* its directory; NULL: there is only one */
	bool names_directory; /* commands for the instance must name it */
	bool failed;	      /* a check found FAIL */
	struct diagnosis_milter milter;
	bool milter_known;
	struct modes modes;	       /* not seen: NULL */
	struct autoroutes *autoroutes; /* NULL: DNS said nothing */
	struct examined examined;
	struct hopsizes sizes;
	struct arena *arena; /* of held and sizes */
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

/* True if this host has no public address: outsiders come through another
 * one's.
 */
static bool is_hidden(void)
{
	struct ifaddrs *list;
	bool hidden = true;

	if (getifaddrs(&list))
		return false;
	for (const struct ifaddrs *at = list; at; at = at->ifa_next) {
		int family = at->ifa_addr ? at->ifa_addr->sa_family : AF_UNSPEC;
		socklen_t len = family == AF_INET ? sizeof(struct sockaddr_in)
						  : sizeof(struct sockaddr_in6);
		struct network network;
		char text[INET6_ADDRSTRLEN + IF_NAMESIZE + 1];

		if ((family != AF_INET && family != AF_INET6) ||
			getnameinfo(at->ifa_addr, len, text, sizeof text, NULL,
				0, NI_NUMERICHOST))
			continue;
		text[strcspn(text, "%")] = '\0';
		if (!network_parse(text, &network, NULL) &&
			!network_is_private(&network))
			hidden = false;
	}
	freeifaddrs(list);
	return hidden;
}

/* One instance of Postfix. */
struct instance {
	char *directory;
	struct postfix *expanded;
	struct postfix *written;
	bool has_milter;
};

static int examine(struct doctor *doctor, const struct instance *instance,
	const char *elsewhere)
{
	struct postconf_tables tables;
	struct diagnosis diagnosis = {
		.postfix = instance->expanded,
		.written = instance->written,
		.config = doctor->tool->config,
		.directory =
			doctor->names_directory ? instance->directory : NULL,
		.elsewhere = elsewhere,
		.map = doctor->tool->map,
		.autoroutes = doctor->autoroutes,
		.sizes = &doctor->sizes,
		.milter = doctor->milter_known ? &doctor->milter : NULL,
		.held = doctor->held,
		.held_count = doctor->held_count,
		.is_hidden = is_hidden(),
		.seen = doctor->modes.unread ? NULL : doctor->modes.seen,
		.found = print,
		.context = doctor,
		.postmap = &tables.postmap,
		.see = see,
	};
	int result;

	if (!postconf_master(instance->expanded))
		tool_say(doctor->tool,
			"Postfix does not run (%s), and mail waits at its "
			"senders; what follows is about its files",
			instance->directory);
	postconf_open_tables(
		&tables, instance->directory, doctor->tool->options.ask_all);
	result = doctor_run(&diagnosis);
	postconf_close_tables(&tables);
	if (result == ERR_NOMEM)
		return error_set(doctor->error, result, "out of memory");
	return result;
}

/* Reads the configuration of an instance. directory is NULL for Postfix's own.
 */
static int read_instance(const struct doctor *doctor, const char *directory,
	struct instance *instance)
{
	struct diagnosis diagnosis = { .config = doctor->tool->config };
	int result = postconf_read(directory, &instance->expanded,
		&instance->written, doctor->error);
	const char *found;

	if (result)
		return result;
	found = postfix_value(instance->expanded, NULL, "config_directory");
	instance->directory =
		*found == '/' ? strdup(found) : realpath(found, NULL);
	if (!instance->directory)
		return error_set(doctor->error, ERR_NOMEM, "out of memory");
	diagnosis.postfix = instance->expanded;
	instance->has_milter = diagnosis_has_milter(&diagnosis);
	return 0;
}

/* Reads the first instance, and the further ones that its main.cf names (see
 * MULTI_INSTANCE_README of Postfix). Sets *instances, which the caller must
 * free_instances(), after an error too. */
static int read_instances(
	const struct doctor *doctor, struct instance **instances, size_t *count)
{
	const char *rest;
	size_t room = 0;
	int result;

	*instances = array_grow(NULL, 0, &room, sizeof **instances);
	if (!*instances)
		return error_set(doctor->error, ERR_NOMEM, "out of memory");
	memset(*instances, 0, sizeof **instances);
	*count = 1;
	result = read_instance(
		doctor, doctor->tool->options.config_dir, &(*instances)[0]);
	if (result)
		return result;
	rest = postfix_value(
		(*instances)[0].expanded, NULL, "multi_instance_directories");
	while (!result && *rest) {
		size_t len = strcspn(rest, ", \t");
		char *directory = strndup(rest, len);
		struct instance *grown =
			array_grow(*instances, *count, &room, sizeof *grown);

		rest += len;
		rest += strspn(rest, ", \t");
		if (grown) {
			*instances = grown;
			memset(&grown[*count], 0, sizeof *grown);
			(*count)++;
		}
		result = grown && directory
				 ? read_instance(doctor, directory,
					   &(*instances)[*count - 1])
				 : error_set(doctor->error, ERR_NOMEM,
					   "out of memory");
		free(directory);
	}
	return result;
}

static void free_instances(struct instance *instances, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		postfix_close(instances[i].expanded);
		postfix_close(instances[i].written);
		free(instances[i].directory);
	}
	free(instances);
}

/* Examines all instances. One that has no milter is not to have it, if another
 * one has it. */
static int examine_all(
	struct doctor *doctor, const struct instance *instances, size_t count)
{
	const char *with = NULL;
	int result = 0;

	for (size_t i = 0; i < count && !with; i++)
		if (instances[i].has_milter)
			with = instances[i].directory;
	for (size_t i = 0; !result && i < count; i++) {
		doctor->instance = count > 1 ? instances[i].directory : NULL;
		doctor->names_directory = i || doctor->tool->options.config_dir;
		result = examine(doctor, &instances[i],
			instances[i].has_milter ? NULL : with);
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
	struct approval approval;
	pid_t pid;
	int code = milter_find(tool, &pid, &cause);

	milter->up = !code;
	doctor->milter_known = !code || code == ERR_DOWN;
	if (!tool->state)
		return 0;
	if (milter_served(tool, milter->up, &milter->served, &cause))
		doctor->milter_known = false;
	/* What is approved for later changes nothing yet. */
	if (approval_read(tool->state, &approval, &cause) == 1)
		milter->approved = approval.at <= (int64_t)time(NULL)
					   ? approval.generation
					   : milter->served;
	doctor->arena = arena_open(HELD_MAX);
	if (!doctor->arena)
		return error_set(doctor->error, ERR_NOMEM, "out of memory");
	/* A file that is damaged says nothing: the next probe names it. */
	(void)!hopsizes_read(tool->config->state_dir, (int64_t)time(NULL),
		doctor->arena, &doctor->sizes, NULL);
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
	struct instance *instances = NULL;
	size_t count = 0;
	int result = tool_open_state(tool, false, error);

	/* Most checks do not need a map. */
	if (!result)
		result = tool_open_map(tool, error);
	if (result && result != ERR_NOENT)
		return result;
	*error = (struct error){ .text = "" };
	result = read_instances(&doctor, &instances, &count);
	if (!result)
		result = see_milter(&doctor);
	/* A file that is damaged is the milter's to report. */
	(void)!autoroutes_read(
		tool->config->state_dir, &doctor.autoroutes, NULL, NULL);
	if (!result)
		result = examine_all(&doctor, instances, count);
	if (!result)
		examined_keep(&doctor.examined, tool);
	examined_free(&doctor.examined);
	arena_close(doctor.arena);
	modes_free(&doctor.modes);
	autoroutes_close(doctor.autoroutes);
	free_instances(instances, count);
	if (!result && doctor.failed)
		return ERR_NOTFOUND; /* 1, without a text */
	return result;
}
