/*
 * Each allocation fails in turn while readdress.conf is read. If an allocation
 * of libconfuse itself fails, its lexer or an assert may end the process, so
 * this is done in child processes.
 */
#include "kit/mapkit.h"
#include "kit/torture.h"
#include "kit/alloccalls.h"

#include <signal.h>

#include "config/config.h"

#define DIED 77 /* exit status */

/* Memory that is shared with the child processes. */
struct progress {
	struct torture_whole whole;
	long next; /* n of torture_once */
	long refused;
	bool done;
};

static struct progress *progress;
static FILE *said; /* by a child to stderr */

static void tell_list(struct torture_told *told, const struct config_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		torture_tell(told, "%s,", list->items[i]);
	torture_tell(told, "\n");
}

static void tell_config(struct torture_told *told, const struct config *config)
{
	torture_tell(told, "%s %o %s %s %s %s %d %s %u %d\n", config->socket,
		config->socket_mode, config->socket_group, config->user,
		config->state_dir, config->runtime_dir, config->timeout,
		config->delimiter, config->batv, config->history);
	torture_tell(told, "%d %d %d %d %d %d %d %d\n", config->inbound_mode,
		config->inbound_rewrite_headers, config->outbound_mode,
		config->outbound_authenticated,
		config->outbound_route_recipients, config->log_target,
		config->log_level, config->log_addresses);
	tell_list(told, &config->inbound_headers);
	tell_list(told, &config->inbound_daemons);
	tell_list(told, &config->outbound_headers);
	tell_list(told, &config->outbound_daemons);
	for (size_t i = 0; i < config->outbound_networks_count; i++)
		torture_tell(told, "/%u %u,",
			config->outbound_networks[i].prefix,
			config->outbound_networks[i].octets[15]);
	for (size_t i = 0; i < config->outbound_required_count; i++)
		torture_tell(told, "%s: %s,", config->outbound_required[i].name,
			config->outbound_required[i].value);
}

/* path is NULL for the defaults. */
static int run_config(
	void *path, struct torture_told *told, struct error *error)
{
	struct config *config = NULL;
	int code = path ? config_open(&config, path, error)
			: config_open_defaults(&config);

	if (!code)
		tell_config(told, config);
	else if (code != ERR_NOMEM)
		torture_tell(told, "%s", error->text);
	config_close(config);
	return code;
}

/* The texts with which libconfuse ends the process. The last one is what
 * remains of the text of an assert when all allocations fail. */
static bool is_libconfuse(const char *text)
{
	static const char *const last_words[] = { "libConfuse documentation\n",
		"out of dynamic memory in yy",
		"lexer.l:", "Unexpected error.\n" };
	bool is = false;

	for (size_t i = 0; i < sizeof last_words / sizeof *last_words; i++)
		is = is || strstr(text, last_words[i]);
	return is;
}

/* Leaves before the address sanitizer looks for leaks. */
static void ended(void)
{
	if (!progress->done)
		_exit(DIED);
}

static void child(const struct torture *torture)
{
	if (dup2(fileno(said), STDERR_FILENO) < 0 || atexit(ended))
		_exit(1);
	for (; progress->next < 2 * progress->whole.needed; progress->next++)
		if (torture_once(torture, &progress->whole, progress->next))
			progress->refused++;
	progress->done = true;
	exit(0);
}

/* Goes on in a child process. Returns true if another one must follow. */
static bool run_child(const struct torture *torture)
{
	char text[4096] = "";
	int status;
	pid_t pid;

	(void)fflush(NULL);
	assert_int_equal(ftruncate(fileno(said), 0), 0);
	rewind(said);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid)
		child(torture);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (progress->done && !status)
		return false;
	rewind(said);
	text[fread(text, 1, sizeof text - 1, said)] = '\0';
	if (progress->done || !is_libconfuse(text) ||
		(WIFEXITED(status) ? WEXITSTATUS(status) != DIED
				   : WTERMSIG(status) != SIGABRT))
		fail_msg("%s, allocation %ld: status %x\n%s", torture->name,
			progress->next / 2 + 1, (unsigned)status, text);
	return true;
}

static void torture_in_children(const struct torture *torture)
{
	struct torture_whole *whole = &progress->whole;
	struct error error = { .text = "" };
	long deaths = 0;

	memset(progress, 0, sizeof *progress);
	allocfail.count = 0;
	whole->code = torture->run(torture->context, &whole->told, &error);
	whole->needed = allocfail.count;
	whole->descriptors = torture_descriptors();
	whole->mapped = allocfail.mapped;
	assert_int_equal(whole->code, torture->code);
	for (; run_child(torture); deaths++)
		progress->next++;
	print_message("%s: %ld allocations, %ld of %ld calls refused, "
		      "libconfuse ended %ld\n",
		torture->name, whole->needed, progress->refused,
		2 * whole->needed, deaths);
	assert_true(progress->refused > whole->needed / 4);
}

static void test_config(void **test)
{
	static const char good[] =
		"socket = \"inet:127.0.0.1:8891\"\nsocket_mode = \"0600\"\n"
		"state_dir = '/var/lib/somewhere'\ntimeout = 4000\n"
		"recipient_delimiter = \"-+\"\nbatv = {\"prvs\"}\ninbound_mode "
		"= \"shadow\"\n"
		"inbound_headers = {\"To\", \"Cc\", \"X-To\"}\n"
		"inbound_daemons = {\"IN\"}\n# no\n"
		"outbound_networks = {\"192.0.2.0/24\", \"2001:db8::1\"}\n"
		"outbound_required_headers = {\"X-Org: a.com\"}\n"
		"log_level = \"debug\"\nlog_addresses = false\n";
	static const char bad[] = "timeout = 4000\ntimeout = 5\n";
	struct kit *kit = *test;
	char good_path[KIT_PATH * 2];
	char bad_path[KIT_PATH * 2];
	const struct torture tortures[] = {
		{ .name = "config_open",
			.run = run_config,
			.context = good_path },
		{ .name = "config_open, bad",
			.run = run_config,
			.context = bad_path,
			.code = ERR_CONFIG },
		{ .name = "config_open_defaults",
			.run = run_config,
			.no_text = true },
	};

	if (!ALLOCFAIL)
		skip();
	(void)snprintf(good_path, sizeof good_path, "%s/good", kit->dir);
	(void)snprintf(bad_path, sizeof bad_path, "%s/bad", kit->dir);
	kit_write(good_path, good, sizeof good - 1);
	kit_write(bad_path, bad, sizeof bad - 1);
	progress = mmap(NULL, sizeof *progress, PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(progress, MAP_FAILED);
	said = tmpfile();
	assert_non_null(said);
	for (size_t i = 0; i < sizeof tortures / sizeof *tortures; i++)
		torture_in_children(&tortures[i]);
	(void)fclose(said);
	(void)munmap(progress, sizeof *progress);
}

int main(void)
{
	const struct CMUnitTest tests[] = { KIT_TEST(test_config) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
