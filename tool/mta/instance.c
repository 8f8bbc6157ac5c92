#include "mta/instance.h"

#include <arpa/inet.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "config/endpoint.h"
#include "doctor/chain.h"
#include "doctor/filters.h"
#include "postconf.h"
#include "postfix/milterlist.h"
#include "relay/rewriting.h"
#include "setup/setup.h"
#include "setup/tables.h"

#define TEXTS_MAX ((size_t)64 << 20) /* bytes of a plan's texts */

/* True if nobody listens at the port, on any address. Connections that have
 * just ended there do not count: they hinder master(8) no more. */
static bool is_free(void *context, unsigned port)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr = { htonl(INADDR_ANY) } };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int on = 1;
	bool free_port;

	(void)context;
	if (fd >= 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	free_port = fd < 0 || !bind(fd, (const struct sockaddr *)&address,
				      sizeof address);
	if (fd >= 0)
		close(fd);
	return free_port;
}

static int check_version(const struct postfix *postfix, struct error *error)
{
	const char *version = postfix_value(postfix, NULL, "mail_version");
	struct bytes rest = bytes_of(version);
	uint64_t major = 0;
	uint64_t minor = 0;

	if (bytes_number(&rest, 6, &major) && bytes_take(&rest, ".") &&
		bytes_number(&rest, 6, &minor) &&
		(major > 3 || (major == 3 && minor >= 7)))
		return 0;
	return error_set(error, ERR_CONFIG,
		"this is Postfix %s, expected 3.7 or newer: nothing was "
		"changed; move the relay to Debian 12 or newer",
		version);
}

/* True if the tables that Postfix asks are our files. */
static bool is_regexp(const struct instance *instance)
{
	static const char end[] = "/readdress-domains";
	const char *value =
		postfix_value(instance->written, NULL, TABLES_DOMAINS);
	size_t len = strlen(value);

	return !strncmp(value, "regexp:/", 8) && len > strlen(end) &&
	       !strcmp(value + len - strlen(end), end);
}

/* Sets what stands before the name of each table that Postfix asks. */
static void name_tables(struct instance *instance, const struct tool *tool)
{
	struct plan *plan = &instance->plan;
	const char *socket = tool->config->lookup_socket;
	char ours[ENDPOINT_MAX];
	struct bytes path;

	plan->tables = "";
	if (tool->options.files) {
		char absolute[PATH_MAX];

		if (!realpath(tool->options.files, absolute))
			return;
		plan->tables =
			plan_text(plan, "regexp:%s/readdress-", absolute);
	} else if (!*socket && is_regexp(instance)) {
		/* --files was given before. */
		plan->tables = plan_text(plan, "%.*s",
			(int)(strlen(postfix_value(instance->written, NULL,
				      TABLES_DOMAINS)) -
				strlen("domains")),
			postfix_value(instance->written, NULL, TABLES_DOMAINS));
	} else if (*socket) {
		endpoint_for_postfix(socket, ours);
		path = bytes_of(ours);
		if (milterlist_take_path(
			    &path, postfix_value(instance->expanded, NULL,
					   "queue_directory")))
			plan->tables = plan_text(plan,
				"socketmap:unix:%.*s:", (int)path.len,
				path.data);
		else
			plan->tables = plan_text(plan, "socketmap:%s:", ours);
	}
}

static int begin_plan(
	struct instance *instance, const struct tool *tool, struct error *error)
{
	struct plan *plan = &instance->plan;

	*plan = (struct plan){ .expanded = instance->expanded,
		.written = instance->written,
		.defaults = instance->defaults,
		.config = tool->config,
		.map = tool->map,
		.is_free = is_free,
		.runs = postconf_master(instance->expanded) > 0,
		.arena = arena_open(TEXTS_MAX) };
	if (plan->arena)
		name_tables(instance, tool);
	if (!plan->arena || plan->failed)
		return error_set(error, ERR_NOMEM, "out of memory");
	return 0;
}

int instance_open(struct instance *instance, const struct tool *tool,
	const char *option, struct error *error)
{
	const char *directory;
	int result;

	instance->option = option;
	result = postconf_read(
		option, &instance->expanded, &instance->written, error);
	if (!result)
		result = postconf_read_defaults(&instance->defaults, error);
	if (!result)
		result = check_version(instance->expanded, error);
	if (result)
		return result;
	/* postfix(1) takes no relative path. */
	directory = option ? option
			   : postfix_value(instance->expanded, NULL,
				     "config_directory");
	instance->directory = realpath(directory, NULL);
	if (!instance->directory)
		return error_set_errno(error, "%s", directory);
	return begin_plan(instance, tool, error);
}

void instance_close(struct instance *instance)
{
	arena_close(instance->plan.arena);
	postfix_close(instance->expanded);
	postfix_close(instance->written);
	postfix_close(instance->defaults);
	free(instance->directory);
	*instance = (struct instance){ .option = NULL };
}

int instance_reopen(
	struct instance *instance, const struct tool *tool, struct error *error)
{
	const char *option = instance->option;

	instance_close(instance);
	return instance_open(instance, tool, option, error);
}

static int note_back(void *context, const struct diagnosis_finding *finding)
{
	static const struct {
		const char *parameter;
		enum plan_back back;
	} all[] = { { "canonical_maps ", PLAN_BACK_CANONICAL },
		{ "recipient_canonical_maps ", PLAN_BACK_RECIPIENT },
		{ "masquerade_domains ", PLAN_BACK_MASQUERADE } };
	struct plan *plan = context;

	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (finding->level == DIAGNOSIS_FAIL &&
			!strncmp(finding->found, all[i].parameter,
				strlen(all[i].parameter)))
			plan->leads_back |= all[i].back;
	return 0;
}

static int note_filter(void *context, const struct filters_found *found)
{
	struct plan *plan = context;

	plan->filtered = plan->filtered || chain_hop(found->transport).len;
	return 0;
}

/* Has the checks of doctor look for tables that lead a target back, and for
 * filters that tables name. */
static int ask_tables(struct instance *instance)
{
	struct plan *plan = &instance->plan;
	struct postconf_tables tables;
	struct diagnosis diagnosis = { .postfix = instance->expanded,
		.written = instance->written,
		.config = plan->config,
		.map = plan->map,
		.postmap = &tables.postmap,
		.found = note_back,
		.context = plan,
		.arena = arena_open(TEXTS_MAX),
		.id = "target-back" };
	int result = ERR_NOMEM;

	postconf_open_tables(&tables, instance->directory, false);
	tables.postmap.arena = diagnosis.arena;
	tables.postmap.queue_directory =
		postfix_value(instance->expanded, NULL, "queue_directory");
	if (diagnosis.arena && plan->map)
		result = rewriting_check_back(&diagnosis);
	else if (diagnosis.arena)
		result = 0;
	if (!result)
		result = filters_each(&diagnosis, true, note_filter, plan);
	postconf_close_tables(&tables);
	arena_close(diagnosis.arena);
	return result;
}

int instance_plan(struct instance *instance, struct error *error)
{
	int result = ask_tables(instance);

	if (!result)
		result = setup_run(&instance->plan);
	return result ? error_set(error, result, "out of memory") : 0;
}

bool instance_has_us(const struct instance *instance)
{
	const char *value;
	const char *name;

	for (size_t i = 0;
		(value = postfix_setting(instance->written, i, &name)); i++) {
		struct bytes found;

		if (!strncmp(
			    name, REFERENCE_PREFIX, strlen(REFERENCE_PREFIX)) ||
			reference_next(&value, &found))
			return true;
	}
	return false;
}
