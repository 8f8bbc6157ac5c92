#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/config.h"
#include "config/endpoint.h"

#define PATH_MOST 64

static void write_file(char path[PATH_MOST], const char *text, size_t len)
{
	int fd;

	(void)snprintf(path, PATH_MOST, "/tmp/readdress-config-XXXXXX");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, len), (ssize_t)len);
	(void)close(fd);
}

static struct config *open_text(const char *text)
{
	struct config *config = NULL;
	char path[PATH_MOST];
	struct error error = { .text = "" };
	int result;

	write_file(path, text, strlen(text));
	result = config_open(&config, path, &error);
	(void)unlink(path);
	if (result)
		fail_msg("%s for: %s", error.text, text);
	assert_non_null(config);
	return config;
}

static void assert_list(const struct config_list *list, const char *joined)
{
	char all[400] = "";

	for (size_t i = 0; i < list->count; i++) {
		strcat(all, i ? "," : "");
		strcat(all, list->items[i]);
	}
	assert_string_equal(all, joined);
	assert_null(list->items[list->count]);
}

static void assert_defaults(const struct config *config)
{
	assert_string_equal(config->socket,
		"unix:/var/spool/postfix/readdress/milter.sock");
	assert_int_equal(config->socket_mode, 0660);
	assert_string_equal(config->socket_group, "postfix");
	assert_string_equal(config->lookup_socket, "");
	assert_string_equal(config->user, "readdress");
	assert_string_equal(config->state_dir, "/var/lib/readdress");
	assert_string_equal(config->runtime_dir, "/run/readdress");
	assert_int_equal(config->timeout, 7210);
	assert_string_equal(config->delimiter, "+");
	assert_int_equal(config->batv, LOCALPART_PRVS | LOCALPART_BTV1);
	assert_int_equal(config->memory_max, (size_t)512 << 20);
	assert_true(config->usage);
	assert_int_equal(config->usage_max, 1000000);
	assert_int_equal(config->usage_days, 400);
	assert_int_equal(config->history, 50);
	assert_int_equal(config->inbound_mode, CONFIG_MODE_ENFORCE);
	assert_list(&config->inbound_headers, "To,Cc");
	assert_int_equal(
		config->inbound_rewrite_headers, CONFIG_HEADERS_ALWAYS);
	assert_list(&config->inbound_daemons, "");
	assert_int_equal(config->outbound_mode, CONFIG_MODE_ENFORCE);
	assert_list(&config->outbound_headers,
		"From,Sender,Reply-To,Disposition-Notification-To,"
		"Return-Receipt-To,Resent-From,Resent-Sender");
	assert_list(&config->outbound_daemons, "OUTBOUND");
	assert_true(config->outbound_authenticated);
	assert_int_equal(config->outbound_networks_count, 0);
	assert_int_equal(config->outbound_required_count, 0);
	assert_true(config->outbound_route_recipients);
	assert_int_equal(config->log_target, LOG_TARGET_SYSLOG);
	assert_int_equal(config->log_level, LOG_LEVEL_INFO);
	assert_true(config->log_addresses);
}

static void test_defaults(void **state)
{
	struct config *config = NULL;

	(void)state;
	assert_int_equal(config_open_defaults(&config), 0);
	assert_defaults(config);
	config_close(config);
	config = open_text("");
	assert_defaults(config);
	config_close(config);
	config = open_text(u8"\ufeff# nothing\r\n\r\n// \"here\n/* or '\n*/");
	assert_defaults(config);
	config_close(config);
	config_close(NULL);
}

static void test_all_options(void **state)
{
	struct config *config = open_text(
		"socket = \"inet:8891@127.0.0.1\"\n"
		"socket_mode = \"0600\"\n"
		"socket_group = 'mail'\n"
		"lookup_socket = \"local:/run/lookup.sock\"\n"
		"user = nobody\n"
		"state_dir = /srv/readdress # a comment\n"
		"runtime_dir = \"/run/r2\"\n"
		"timeout = 3600\n"
		"recipient_delimiter = \"\"\n"
		"inbound_mode = \"shadow\"\n"
		"inbound_headers = {\"To\",\n\t\"Cc\", # both\n\t\"X-To\",}\n"
		"inbound_rewrite_headers = \"unless-signed\"\n"
		"inbound_daemons = {\"IN\"}\n"
		"outbound_mode = shadow\n"
		"outbound_headers = {}\n"
		"outbound_daemons = {}\n"
		"outbound_authenticated = false\n"
		"outbound_networks = {\"192.0.2.0/24\", \"2001:db8::/32\"}\n"
		"outbound_required_headers = {\"X-OriginatorOrg: "
		"drypizza.com\",\n"
		" \" X-Two :  a: b  \"}\n"
		"outbound_route_recipients = no\n"
		"log_target = \"stderr\"\n"
		"log_level = \"debug\"\n"
		"log_addresses = off\n"
		"memory_max = 1\n"
		"history = 10000\n"
		"batv = {}\n");

	(void)state;
	assert_string_equal(config->socket, "inet:8891@127.0.0.1");
	assert_int_equal(config->socket_mode, 0600);
	assert_string_equal(config->socket_group, "mail");
	assert_string_equal(config->lookup_socket, "unix:/run/lookup.sock");
	assert_string_equal(config->user, "nobody");
	assert_string_equal(config->state_dir, "/srv/readdress");
	assert_string_equal(config->runtime_dir, "/run/r2");
	assert_int_equal(config->timeout, 3600);
	assert_string_equal(config->delimiter, "");
	assert_int_equal(config->inbound_mode, CONFIG_MODE_SHADOW);
	assert_list(&config->inbound_headers, "To,Cc,X-To");
	assert_int_equal(
		config->inbound_rewrite_headers, CONFIG_HEADERS_UNLESS_SIGNED);
	assert_list(&config->inbound_daemons, "IN");
	assert_int_equal(config->outbound_mode, CONFIG_MODE_SHADOW);
	assert_list(&config->outbound_headers, "");
	assert_list(&config->outbound_daemons, "");
	assert_false(config->outbound_authenticated);
	assert_int_equal(config->outbound_networks_count, 2);
	assert_true(
		network_contains(config->outbound_networks, 2, "2001:db8::7"));
	assert_int_equal(config->outbound_required_count, 2);
	assert_string_equal(
		config->outbound_required[0].name, "X-OriginatorOrg");
	assert_string_equal(config->outbound_required[0].value, "drypizza.com");
	assert_string_equal(config->outbound_required[1].name, "X-Two");
	assert_string_equal(config->outbound_required[1].value, "a: b");
	assert_false(config->outbound_route_recipients);
	assert_int_equal(config->log_target, LOG_TARGET_STDERR);
	assert_int_equal(config->log_level, LOG_LEVEL_DEBUG);
	assert_false(config->log_addresses);
	assert_int_equal(config->memory_max, 1 << 20);
	assert_int_equal(config->history, 10000);
	assert_int_equal(config->batv, 0);
	config_close(config);
}

static void test_other_values(void **state)
{
	struct config *config;

	(void)state;
	config = open_text("inbound_rewrite_headers = never log_level = error");
	assert_int_equal(config->inbound_rewrite_headers, CONFIG_HEADERS_NEVER);
	assert_int_equal(config->log_level, LOG_LEVEL_ERROR);
	config_close(config);
	config = open_text("user = \"a\"\nuser = b\n"
			   "inbound_headers = {\"X\"}\n"
			   "inbound_headers = {\"To\"}\n"
			   "inbound_headers += {\"Cc\"}\n");
	assert_string_equal(config->user, "b"); /* the last one holds */
	assert_int_equal(config->inbound_headers.count, 2);
	assert_string_equal(config->inbound_headers.items[0], "To");
	config_close(config);
	config = open_text("log_level = warning\ntimeout = 2147483647\n"
			   "outbound_headers += {\"To\", \"Cc\"}\n"
			   "recipient_delimiter = '-+.#$&*/=?^_`{|}~'\n"
			   "batv = {\"btv1\", \"btv1\"}\n");
	assert_int_equal(config->log_level, LOG_LEVEL_WARNING);
	assert_int_equal(config->timeout, 2147483647);
	assert_int_equal(config->outbound_headers.count, 9);
	assert_string_equal(config->outbound_headers.items[8], "Cc");
	assert_string_equal(config->delimiter, "-+.#$&*/=?^_`{|}~");
	assert_int_equal(config->batv, LOCALPART_BTV1);
	assert_true(
		config_list_has(&config->outbound_headers, bytes_of("Sender")));
	assert_false(
		config_list_has(&config->outbound_headers, bytes_of("sender")));
	assert_true(config_list_has_nocase(
		&config->outbound_headers, bytes_of("sEnDeR")));
	assert_false(config_list_has_nocase(
		&config->outbound_headers, bytes_of("Sende")));
	assert_false(config_list_has_nocase(
		&config->outbound_headers, (struct bytes){ NULL, 0 }));
	assert_int_equal(config_list_index_nocase(
				 &config->outbound_headers, bytes_of("CC")),
		8);
	assert_int_equal(config_list_index_nocase(&config->outbound_headers,
				 bytes_of("Subject")),
		9);
	config_close(config);
}

/* libconfuse would replace ${NAME} by a value from the environment. */
static void test_environment(void **state)
{
	struct config *config;

	(void)state;
	assert_int_equal(setenv("READDRESS_TEST", "leaked", 1), 0);
	config = open_text("user = \"\\${READDRESS_TEST}\"\n"
			   "# ${READDRESS_TEST}\n/* ${READDRESS_TEST} */\n"
			   "socket_group = '${READDRESS_TEST}'\n");
	assert_string_equal(config->user, "${READDRESS_TEST}");
	assert_string_equal(config->socket_group, "${READDRESS_TEST}");
	config_close(config);
}

struct bad {
	const char *text;
	unsigned line;
	const char *says;
};

static void assert_refused(const struct bad *bad)
{
	struct config *config = NULL;
	char path[PATH_MOST];
	char start[PATH_MOST + 20];
	struct error error = { .text = "" };
	int result;

	write_file(path, bad->text, strlen(bad->text));
	result = config_open(&config, path, &error);
	(void)unlink(path);
	(void)snprintf(start, sizeof start, "%s:%u: ", path, bad->line);
	if (result != ERR_CONFIG || config ||
		strncmp(error.text, start, strlen(start)) != 0 ||
		!strstr(error.text, bad->says))
		fail_msg("%d \"%s\" instead of line %u: %s, for: %s", result,
			error.text, bad->line, bad->says, bad->text);
}

static void test_refused(void **state)
{
	static const struct bad tests[] = {
		{ "# one\n/* two\n */\n\ncolour = \"red\"\n", 5,
			"unknown option \"colour\"" },
		{ "Socket = \"unix:/x\"", 1, "unknown option \"Socket\"" },
		{ "\nuser = \"a\\0b\"", 2, "octal or hexadecimal escape" },
		{ "user = \"a\\x00\"", 1, "octal or hexadecimal escape" },
		{ "\"user\" = \"a\"", 1, "without the name" },
		{ "= 3", 1, "without the name" },
		{ "\n\nuser", 3, "without \"=\"" },
		{ "user\n\"b\"\n", 1, "found \"user\" without \"=\"" },
		{ "user: x\ntimeout = 7210\n", 1,
			"found \"user:\" without \"=\"" },
		{ "\nuser = ", 2, "found \"user\" without a value" },
		{ "user =\ntimeout = 7210\n", 1,
			"found \"user\" without a value" },
		{ "user = {\"a\"}", 1, "found \"{\" before the value" },
		{ "user += \"a\"", 1, "found \"+=\" after an option" },
		{ "user = \"a\" \"b\"", 1, "in quotes where the name" },
		{ "user = \"a\"\n\"\"", 2, "expected: name = value" },
		{ "inbound_headers = {\"To\" \"Cc\"}", 1, "without a comma" },
		{ "inbound_headers = {\"To\"", 1, "list that is not closed" },
		{ "\ninbound_headers = {\"To\",\n\ntimeout = 7210\n", 2,
			"list that is not closed" },
		{ "\ninbound_headers = {\"To\"\n\ntimeout = 7210\n", 2,
			"list that is not closed" },
		{ "inbound_headers = \"To\", \"Cc\"", 1,
			"found \",\" outside" },
		{ "inbound_headers = {,}", 1, "found \",\" where a value" },
		{ "user = a\n}\n", 2, "found \"}\" outside" },
		{ "user = \"a\n# \"\n", 1, "string that is not closed" },
		{ "\nuser = 'a", 2, "string that is not closed" },
		{ "user = a\n\n/* user = b\n", 3,
			"comment that is not closed" },
		{ "# 1\nuser = \"${HOME}\"", 2, "environment" },
		{ "user = ${HOME}", 1, "environment" },
		{ "user = a${HOME}", 1, "environment" },
		{ "user = \"\\\\${HOME}\"", 1, "environment" },
		{ "user = a*b", 1, "\"*\"" },
		{ "user = a;b\n;", 2, "" },
		{ "timeout = +7210", 1, "\"+\" outside quotes" },
		{ "timeout = 3599", 1, "timeout: found \"3599\", expected" },
		{ "timeout = 0x2000", 1, "3600 to 2147483647" },
		{ "timeout = 2147483648", 1, "found" },
		{ "timeout = \"2 h\"", 1, "found \"2 h\"" },
		{ "timeout = \"\"", 1, "found \"\"" },
		{ "timeout = -1", 1, "found \"-1\"" },
		{ "timeout = 99999999999999999999", 1, "found" },
		{ "socket_mode = \"0888\"", 1, "octal" },
		{ "socket_mode = \"1777\"", 1, "octal" },
		{ "socket_mode = \"rw\"", 1, "octal" },
		{ "socket = \"milter.sock\"", 1, "inet:PORT@HOST" },
		{ "socket = \"unix:milter.sock\"", 1,
			"an absolute path, like" },
		{ "socket = \"inet:99999@localhost\"", 1, "65535" },
		{ "lookup_socket = \"lookup.sock\"", 1, "inet:PORT@HOST" },
		{ "lookup_socket = \"unix:/l\u00a0s\"", 1,
			"without such characters" },
		{ "\nlookup_socket = \"unix:/a\"\nsocket = \"local:/a\"", 2,
			"another address than that of socket" },
		{ "socket = \"inet:8891@a\"\nlookup_socket = \"inet:a:8891\"",
			2, "lookup_socket: found \"inet:a:8891\"" },
		{ "lookup_socket = "
		  "\"unix:/var/spool/postfix/readdress/milter.sock\"",
			1, "another address" },
		{ "user = \"\"", 1, "user: found \"\", expected a name" },
		{ "user = \"a\\nb\"", 1, "found \"aU+000Ab\"" },
		{ "socket_group = \"\"", 1, "expected a name" },
		{ "state_dir = \"var/lib\"", 1,
			"an absolute path, which begins" },
		{ "state_dir = \"/a\\nb\"", 1,
			"an absolute path, which begins" },
		{ "runtime_dir = \"/a\\tb\"", 1,
			"an absolute path, which begins" },
		{ "runtime_dir = \"\"", 1, "an absolute path, which begins" },
		{ "recipient_delimiter = \"+-+\"", 1, "each only once" },
		{ "recipient_delimiter = \"++\"", 1, "each only once" },
		{ "recipient_delimiter = \"+a\"", 1,
			"one or more of the characters" },
		{ "recipient_delimiter = \"a\"", 1,
			"one or more of the characters" },
		{ "recipient_delimiter = \"7\"", 1,
			"one or more of the characters" },
		{ "recipient_delimiter = \"+@\"", 1,
			"one or more of the characters" },
		{ "recipient_delimiter = \"%\"", 1,
			"one or more of the characters" },
		{ "recipient_delimiter = \"!\"", 1,
			"one or more of the characters" },
		{ "recipient_delimiter = \"(\"", 1,
			"one or more of the characters" },
		{ "recipient_delimiter = \"\\\"\"", 1,
			"one or more of the characters" },
		{ "recipient_delimiter = \"+ -\"", 1,
			"one or more of the characters" },
		{ "recipient_delimiter = \"+,-\"", 1,
			"one or more of the characters" },
		{ u8"recipient_delimiter = \"ä\"", 1,
			"one or more of the characters" },
		{ "batv = {\"prvs\", \"srs\"}", 1,
			"batv: found \"srs\", expected \"prvs\", \"btv1\"" },
		{ "history = 0", 1, "generations from 1 to 10000" },
		{ "history = 10001", 1, "found \"10001\"" },
		{ "usage_max = 0", 1, "addresses from 1 to 10000000" },
		{ "usage_days = 3661", 1, "days from 1 to 3660" },
		{ "memory_max = 0", 1, "MB from 1 to 1048576" },
		{ "memory_max = 1048577", 1, "found \"1048577\"" },
		{ "memory_max = 512M", 1, "found \"512M\"" },
		{ "memory_max = -1", 1, "found \"-1\"" },
		{ "batv = {\"PRVS\"}", 1, "found \"PRVS\"" },
		{ "batv = {\"\"}", 1, "found \"\"" },
		{ "inbound_mode = \"on\"", 1, "\"enforce\" or \"shadow\"" },
		{ "outbound_mode = Shadow", 1, "\"enforce\" or \"shadow\"" },
		{ "inbound_rewrite_headers = true", 1, "unless-signed" },
		{ "outbound_authenticated = 1", 1, "true or false" },
		{ "log_addresses = \"\"", 1, "true or false" },
		{ "log_target = \"file\"", 1, "syslog" },
		{ "log_level = \"7\"", 1, "debug" },
		{ "inbound_headers = {\"To\",\n\n\"Cc:\"}", 3, "\"Cc:\"" },
		{ "outbound_headers = {\"Reply To\"}", 1, "Reply To" },
		{ "outbound_headers = {\"\"}", 1, "found \"\"" },
		{ "inbound_daemons = {\"\"}", 1, "found \"\"" },
		{ "outbound_daemons = {\"\"}", 1, "found \"\"" },
		{ "outbound_daemons = {\"LOCAL\"}", 1,
			"outbound_daemons: found \"LOCAL\", expected another "
			"name: LOCAL is the service for the mail of programs "
			"on this host, which is always inbound" },
		{ "outbound_daemons = {\"OUT\",\n\"LOCAL\",\n\"IN\"}", 2,
			"found \"LOCAL\"" },
		{ "outbound_daemons = {\"A\"}\noutbound_daemons += "
		  "{\"LOCAL\"}",
			2, "found \"LOCAL\"" },
		{ "outbound_networks = {\"10.0.0.0/8\",\n\"10.1.2.3/8\"}", 2,
			"which has bits set after its first 8" },
		{ "outbound_networks = {\"example.com\"}", 1,
			"expected an IPv4 or IPv6 network like" },
		{ "outbound_required_headers = {\"X-A\"}", 1, "found \"X-A\"" },
		{ "outbound_required_headers = {\"X-A: \"}", 1, "value" },
		{ "outbound_required_headers = {\": b\"}", 1, "name" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tests / sizeof *tests; i++)
		assert_refused(&tests[i]);
}

static void test_files(void **state)
{
	struct config *config = NULL;
	struct error error;
	char path[PATH_MOST];
	char *large;

	(void)state;
	assert_int_equal(config_open(&config, "/nonexistent/r.conf", &error),
		ERR_CONFIG);
	assert_string_equal(
		error.text, "/nonexistent/r.conf: No such file or directory");
	assert_int_equal(config_open(&config, "/", &error), ERR_CONFIG);
	assert_string_equal(error.text, "/: is not a regular file");

	write_file(path, "user = a\n\nuser\0= b\n", 19);
	assert_int_equal(config_open(&config, path, &error), ERR_CONFIG);
	assert_non_null(strstr(error.text, ":3: found a NUL byte"));
	(void)unlink(path);

	write_file(path, "", 0);
	(void)unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(config_open(&config, path, &error), ERR_CONFIG);
	assert_non_null(strstr(error.text, "is not a regular file"));
	(void)unlink(path);

	large = malloc(2000000);
	assert_non_null(large);
	memset(large, '\n', 2000000);
	write_file(path, large, 2000000);
	assert_int_equal(config_open(&config, path, &error), ERR_CONFIG);
	assert_non_null(strstr(error.text, "is longer than"));
	(void)unlink(path);
	free(large);
	assert_null(config);
}

static void test_socket_forms(void **state)
{
	static const struct {
		const char *text;
		const char *out; /* NULL: refused */
	} tests[] = {
		{ "unix:/run/a.sock", "unix:/run/a.sock" },
		{ "local:/run/a b.sock", "unix:/run/a b.sock" },
		{ "inet:8891@127.0.0.1", "inet:8891@127.0.0.1" },
		{ "inet:127.0.0.1:8891", "inet:8891@127.0.0.1" },
		{ "inet:localhost:8891", "inet:8891@localhost" },
		{ "inet:8891@[127.0.0.1]", "inet:8891@127.0.0.1" },
		{ "inet6:8891@::1", "inet6:8891@::1" },
		{ "inet6:8891@[::1]", "inet6:8891@::1" },
		{ "inet6:8891@localhost", "inet6:8891@localhost" },
		{ "inet:[::1]:8891", "inet6:8891@::1" },
		{ "inet:8891@::1", "inet6:8891@::1" },
		{ "inet:1@a", "inet:1@a" },
		{ "inet:65535@a", "inet:65535@a" },
		{ "inet:::1:8891", NULL },
		{ "inet:8891", NULL },
		{ "inet:8891@", NULL },
		{ "inet:@localhost", NULL },
		{ "inet:0@localhost", NULL },
		{ "inet:65536@localhost", NULL },
		{ "inet:99999999999999999999@localhost", NULL },
		{ "inet:smtp@localhost", NULL },
		{ "inet:local host:8891", NULL },
		{ "inet:8891@a@b", NULL },
		{ "inet:", NULL },
		{ "unix:", NULL },
		{ "unix:a.sock", NULL },
		{ "/run/a.sock", NULL },
		{ "tcp:8891@localhost", NULL },
		{ "", NULL },
	};
	char path[200] = "unix:/";
	char out[ENDPOINT_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) {
		struct error error = { .text = "" };
		int result = endpoint_parse(tests[i].text, out, &error);

		if (!tests[i].out) {
			if (result != ERR_BAD || !error.text[0])
				fail_msg("%s was taken", tests[i].text);
			continue;
		}
		if (result)
			fail_msg("%s: %s", tests[i].text, error.text);
		assert_string_equal(out, tests[i].out);
	}
	/* sun_path holds 107 octets and a NUL */
	memset(path + 6, 'a', 106);
	path[5 + 107] = '\0';
	assert_int_equal(endpoint_parse(path, out, NULL), 0);
	path[5 + 107] = 'a';
	assert_int_equal(endpoint_parse(path, out, NULL), ERR_BAD);
}

/* Each line of the sample sets an option to its default. */
static void test_sample(void **state)
{
	struct config *config = NULL;
	struct error error = { .text = "" };

	(void)state;
	if (config_open(
		    &config, CASES_DIR "/../../contrib/readdress.conf", &error))
		fail_msg("%s", error.text);
	assert_defaults(config);
	config_close(config);
}

static void test_names(void **state)
{
	size_t count = 0;

	(void)state;
	assert_string_equal(config_option_name(0), "socket");
	while (config_option_name(count))
		count++;
	assert_int_equal(count, 29);
	assert_string_equal(config_option_name(count - 1), "log_addresses");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_all_options),
		cmocka_unit_test(test_other_values),
		cmocka_unit_test(test_environment),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_socket_forms),
		cmocka_unit_test(test_sample),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
