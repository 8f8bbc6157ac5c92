/*
 * postfix: the command that prints what Postfix's configuration still needs, or
 * makes it so, or takes it out again. Tested by tests/e2e/applied.test.
 */
#include "command/command.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "milter.h"
#include "mta/apply.h"
#include "mta/arrival.h"
#include "mta/greet.h"
#include "mta/show.h"
#include "mta/tables.h"
#include "mta/waiting.h"
#include "postconf.h"
#include "postfix/words.h"
#include "setup/commands.h"
#include "setup/localmail.h"
#include "setup/obstacle.h"
#include "setup/removal.h"
#include "setup/tables.h"

#define INSTANCES_MAX 32

struct work {
	struct tool *tool;
	struct instance instances[INSTANCES_MAX];
	struct apply_saved saved[INSTANCES_MAX];
	bool runs[INSTANCES_MAX];     /* it ran before the changes */
	char *options[INSTANCES_MAX]; /* -c of further instances */
	int locks[INSTANCES_MAX];     /* for changes; 0: none */
	size_t count;
};

static int check_options(const struct tool *tool, struct error *error)
{
	const struct options *options = &tool->options;

	if (options->apply && options->remove)
		return error_set(error, ERR_USAGE,
			"found --apply and --remove; expected only one of "
			"them");
	if (options->force && !options->remove)
		return error_set(error, ERR_USAGE,
			"found --force without --remove, which alone needs it");
	if (options->dry_run && !options->remove)
		return error_set(error, ERR_USAGE,
			"found --dry-run without --remove; without --apply, "
			"the command changes nothing");
	if (options->files && options->remove)
		return error_set(error, ERR_USAGE,
			"found --files and --remove; expected only one of "
			"them");
	return 0;
}

static int print_commands(struct work *work, struct error *error)
{
	int code = 0;

	for (size_t i = 0; !code && i < work->count; i++)
		code = show_plan(&work->instances[i], work->tool, error);
	return code;
}

static size_t count_changes(const struct work *work)
{
	size_t count = 0;

	for (size_t i = 0; i < work->count; i++)
		for (size_t k = 0; k < work->instances[i].plan.count; k++)
			count += *commands_option(work->instances[i]
							  .plan.changes[k]
							  .kind) != '\0';
	return count;
}

/* Asks on a terminal whether to go on. Returns true where nobody can answer. */
static bool may_go_on(void)
{
	char answer[16] = "";

	if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO))
		return true;
	(void)fputs("Make these changes? [y/N] ", stderr);
	return fgets(answer, sizeof answer, stdin) &&
	       (*answer == 'y' || *answer == 'Y');
}

/* What is needed before Postfix is told to ask us. */
static int check_before(const struct work *work, struct error *error)
{
	const struct tool *tool = work->tool;
	pid_t pid;
	int code = milter_find(tool, &pid, error);

	if (code)
		return code;
	if (!tool->map)
		return error_set(error, ERR_NOENT,
			"there are no rules yet; start with `readdress load "
			"inbound FILE`, or `readdress init`");
	if (!tool->options.files && !*tool->config->lookup_socket)
		return error_set(error, ERR_CONFIG,
			"%s: lookup_socket is empty: Postfix needs it to ask "
			"for domains and recipients; set it and restart the "
			"milter, or use --files DIR",
			tool->config->path);
	for (size_t i = 0; !code && i < work->count; i++)
		code = obstacle_check(&work->instances[i].plan, error);
	return code;
}

static int save_all(struct work *work, struct error *error)
{
	int code = 0;

	for (size_t i = 0; !code && i < work->count; i++)
		code = apply_save(&work->instances[i], &work->saved[i], error);
	for (size_t i = 0; i < work->count; i++)
		work->runs[i] =
			postconf_master(work->instances[i].expanded) > 0;
	return code;
}

static int change_all(struct work *work, struct error *error)
{
	int code = 0;

	for (size_t i = 0; !code && i < work->count; i++)
		code = apply_plan(&work->instances[i], work->runs[i], error);
	return code;
}

/* What came while the new files were in force, and waits for a service that the
 * old ones do not have. Adds to the error what goes on waiting. */
static void free_after_restore(
	const struct work *work, size_t index, struct error *error)
{
	const struct instance *instance = &work->instances[index];
	struct error stuck = { .text = "" };
	size_t freed;
	size_t left = 0;

	if (!work->runs[index] ||
		postfix_find_service(instance->expanded,
			bytes_of(LOCALMAIL_CLIENT), bytes_of("unix")))
		return;
	if (waiting_free_local(instance, &freed, &left, &stuck) < 0)
		error_append(error,
			"; mail of local programs waits for the "
			"service " LOCALMAIL_CLIENT
			", which is gone (%s): `postsuper -r ALL "
			"deferred` sends it",
			stuck.text);
	else if (left)
		error_append(error,
			"; %zu message%s of local programs may wait for the "
			"service " LOCALMAIL_CLIENT
			", which is gone: in some minutes, `postsuper -r ALL "
			"deferred` sends them",
			left, left == 1 ? "" : "s");
}

/* Puts the files of all instances back, and has Postfix read them. What fails
 * here is added to the error. */
static void restore_all(struct work *work, struct error *error)
{
	struct error cause = { .text = "" };
	bool failed = false;
	bool down = false;

	for (size_t i = 0; i < work->count; i++)
		failed |= apply_restore(&work->saved[i], &cause) < 0;
	for (size_t i = 0; i < work->count; i++) {
		struct instance *instance = &work->instances[i];

		if (instance_reopen(instance, work->tool, &cause))
			failed = true;
		else if (apply_revive(instance, work->runs[i], &cause))
			down = true;
	}
	for (size_t i = 0; !failed && !down && i < work->count; i++)
		free_after_restore(work, i, error);
	if (failed)
		error_append(error,
			"; main.cf and master.cf could not be put back (%s): "
			"they are beside them as *.before-readdress",
			cause.text);
	else
		error_append(error,
			"; main.cf and master.cf are what they were before%s%s",
			down ? ", and Postfix does not run with them: " : "",
			down ? cause.text : "");
}

/* After the changes: what the services say, the tables, and doctor. */
static int verify_all(struct work *work, struct error *error)
{
	struct tool *tool = work->tool;
	int code = 0;

	for (size_t i = 0; !code && i < work->count; i++) {
		struct instance *instance = &work->instances[i];

		code = instance_reopen(instance, tool, error);
		if (!code)
			code = greet_tables(instance, tool, error);
		if (!code && work->runs[i]) {
			code = greet_services(instance, tool, error);
			/* It may end some time after it was told to reload. */
			if (code && apply_check_master(instance, error))
				code = ERR_CONFIG;
		} else if (!code) {
			tool_say(tool,
				"Postfix does not run (%s), and so its "
				"services were not tried: start it, and send a "
				"message through each",
				instance->directory);
		}
	}
	if (code)
		return code;
	/* It opens the map itself. */
	map_close(tool->map);
	tool->map = NULL;
	code = command_doctor(tool, error);
	if (code == ERR_NOTFOUND)
		return error_set(error, code,
			"doctor found something that must be repaired first");
	return code;
}

/* After a removal: what waits for a service that is gone. */
static void free_all(const struct work *work)
{
	for (size_t i = 0; i < work->count; i++) {
		struct error why = { .text = "" };
		size_t freed = 0;
		size_t left = 0;

		if (work->runs[i] && waiting_free_local(&work->instances[i],
					     &freed, &left, &why) < 0)
			tool_say(work->tool,
				"mail of local programs may wait for the "
				"service " LOCALMAIL_CLIENT
				", which is gone (%s): `postsuper -r ALL "
				"deferred` sends it",
				why.text);
		if (freed)
			tool_say(work->tool,
				"%zu message%s of local programs went into the "
				"queue again",
				freed, freed == 1 ? "" : "s");
		if (left)
			tool_say(work->tool,
				"%zu message%s of local programs may wait for "
				"the service " LOCALMAIL_CLIENT
				", which is gone: in some minutes, `postsuper "
				"-r ALL deferred` sends them",
				left, left == 1 ? "" : "s");
	}
}

/* Closes a long list of findings with what was reached. */
static void say_done(const struct work *work)
{
	const struct options *options = &work->tool->options;

	for (size_t i = 0; i < work->count; i++)
		if (options->apply)
			tool_say(work->tool,
				"Postfix is set up (%s); main.cf and master.cf "
				"of before are kept beside them as "
				"*.before-readdress",
				work->instances[i].directory);
		else if (!options->force)
			tool_say(work->tool,
				"readdress was taken out of Postfix (%s)",
				work->instances[i].directory);
}

static int apply_all(struct work *work, struct error *error)
{
	int code = count_changes(work) ? 0 : 1;

	if (code) {
		tool_say(work->tool, "nothing to do");
		for (size_t i = 0; i < work->count; i++)
			if (!postconf_master(work->instances[i].expanded))
				tool_say(work->tool,
					"Postfix does not run (%s): start it",
					work->instances[i].directory);
		return 0;
	}
	if (!work->tool->options.remove)
		code = check_before(work, error);
	if (!code && !may_go_on())
		return error_set(error, ERR_NOTFOUND, "nothing was changed");
	if (!code)
		code = save_all(work, error);
	if (code)
		return code;
	/* Half a change would be worse than one that cannot be stopped. */
	(void)signal(SIGINT, SIG_IGN);
	(void)signal(SIGHUP, SIG_IGN);
	(void)signal(SIGTERM, SIG_IGN);
	code = change_all(work, error);
	if (!code && work->tool->options.remove)
		free_all(work);
	else if (!code)
		code = verify_all(work, error);
	if (code)
		restore_all(work, error);
	else
		say_done(work);
	return code;
}

/* Opens a further instance, and keeps it if readdress is in it. */
static int open_other(
	struct work *work, struct bytes directory, struct error *error)
{
	struct instance *instance = &work->instances[work->count];
	char *option = strndup(directory.data, directory.len);
	int code;

	if (!option)
		return error_set(error, ERR_NOMEM, "out of memory");
	code = instance_open(instance, work->tool, option, error);
	if (!code && instance_has_us(instance)) {
		work->options[work->count++] = option;
		return 0;
	}
	if (!code && work->tool->options.apply)
		tool_say(work->tool,
			"the instance in %s is left as it is; `readdress "
			"postfix --config-dir %s` is for it",
			option, option);
	instance_close(instance);
	free(option);
	return code;
}

/* Before files are changed: takes the lock of each instance, and reads again
 * what another process may have changed before. */
static int lock_all(struct work *work, struct error *error)
{
	int code = 0;

	for (size_t i = 0; !code && i < work->count; i++) {
		int fd = apply_lock(&work->instances[i], error);

		if (fd < 0)
			return fd;
		work->locks[i] = fd;
		code = instance_reopen(&work->instances[i], work->tool, error);
	}
	return code;
}

/* Opens the instance of --config-dir; or Postfix's own one, and further ones in
 * which readdress is (MULTI_INSTANCE_README). */
static int open_instances(struct work *work, struct error *error)
{
	struct tool *tool = work->tool;
	const char *given = tool->options.config_dir;
	int code = instance_open(&work->instances[0], tool, given, error);
	struct bytes rest;
	struct bytes directory;

	work->count = 1;
	if (code || given)
		return code;
	rest = bytes_of(postfix_value(work->instances[0].expanded, NULL,
		"multi_instance_directories"));
	while (!code && words_next(&rest, WORDS_OF_LIST, &directory)) {
		if (work->count == INSTANCES_MAX)
			return error_set(error, ERR_CONFIG,
				"multi_instance_directories has more than %d "
				"instances; name one with --config-dir",
				INSTANCES_MAX);
		code = open_other(work, directory, error);
	}
	return code;
}

/* Finds the reasons against a removal. Returns how many there are, or an error;
 * any reason is one without --force. */
static int find_reasons(struct work *work, const struct removal_mail *all_mail,
	struct error *error)
{
	int all = 0;

	for (size_t i = 0; i < work->count; i++) {
		int code = 0;

		if (instance_has_us(&work->instances[i]))
			code = arrival_reasons(&work->instances[i], work->tool,
				all_mail, error);
		if (code < 0)
			return code;
		all += code;
	}
	if (all && !work->tool->options.force)
		return error_set(error, ERR_BAD,
			"mail still comes by readdress, and so it was not "
			"removed; with --force it is, and Postfix then defers "
			"that mail");
	return all;
}

/* Sets what mail may still come to the instance, of all that may. */
static struct removal_mail mail_of(const struct work *work,
	const struct instance *instance, const struct removal_mail *all)
{
	const struct plan *plan = &instance->plan;
	struct removal_mail mail = { .count = 0 };

	if (plan_is_set(plan, TABLES_DOMAINS)) {
		mail = *all;
		mail.outbound = false;
	}
	if (plan_has_rules(plan, RULE_OUTBOUND) &&
		work->tool->config->outbound_mode == CONFIG_MODE_ENFORCE)
		mail.outbound = instance_has_us(instance);
	return mail;
}

/* Has the domains of both sets in *mail. */
static int list_domains(const struct tool *tool, struct nameset *names,
	struct nameset *local, struct removal_mail *mail)
{
	int code = names && local ? arrival_domains(tool, names, local)
				  : ERR_NOMEM;

	if (code)
		return code;
	mail->domains = nameset_sorted(names, &mail->count);
	mail->local = nameset_sorted(local, &mail->local_count);
	return (mail->count && !mail->domains) ||
			       (mail->local_count && !mail->local)
		       ? ERR_NOMEM
		       : 0;
}

static int plan_removal(struct work *work, struct error *error)
{
	static const struct removal_mail nothing;
	const struct options *options = &work->tool->options;
	struct nameset *names = nameset_open();
	struct nameset *local = nameset_open();
	struct removal_mail all = { .count = 0 };
	int code = list_domains(work->tool, names, local, &all);

	if (code)
		code = error_set(
			error, code, "cannot list the domains of the rules");
	else if (options->dry_run && options->force)
		code = 1; /* nobody is asked: as if mail still came */
	else
		code = find_reasons(work, &all, error);
	for (size_t i = 0; code >= 0 && i < work->count; i++) {
		struct instance *instance = &work->instances[i];
		struct removal_mail mail =
			code ? mail_of(work, instance, &all) : nothing;

		removal_plan(&instance->plan, &mail);
		if (plan_result(&instance->plan))
			code = error_set(error, ERR_NOMEM, "out of memory");
	}
	nameset_close(names);
	nameset_close(local);
	return code < 0 ? code : 0;
}

static int plan_all(struct work *work, struct error *error)
{
	const struct options *options = &work->tool->options;
	int code = open_instances(work, error);

	if (!code && (options->apply || options->remove))
		code = lock_all(work, error);
	if (!code && options->remove)
		return plan_removal(work, error);
	for (size_t i = 0; !code && i < work->count; i++)
		code = instance_plan(&work->instances[i], error);
	return code;
}

int command_postfix(struct tool *tool, struct error *error)
{
	struct work work = { .tool = tool };
	int code = check_options(tool, error);

	if (!code)
		code = tool_open_state(tool, false, error);
	/* A set-up may come before the first map. */
	if (!code)
		code = tool_open_map(tool, error);
	if (code && code != ERR_NOENT)
		return code;
	*error = (struct error){ .text = "" };
	code = tool->options.files ? tables_write(tool, error) : 0;
	if (!code)
		code = plan_all(&work, error);
	if (!code)
		code = print_commands(&work, error);
	if (!code && !tool->options.dry_run &&
		(tool->options.apply || tool->options.remove))
		code = apply_all(&work, error);
	for (size_t i = 0; i < work.count; i++) {
		apply_forget(&work.saved[i]);
		instance_close(&work.instances[i]);
		free(work.options[i]);
		if (work.locks[i])
			close(work.locks[i]);
	}
	return code;
}
