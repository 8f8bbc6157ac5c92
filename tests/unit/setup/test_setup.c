/*
 * The set-up of Postfix on a model of its files: what is planned, that nothing
 * is planned any more when it was done, and that the removal gives back what
 * was there, for a stock Postfix and for ones that others have configured.
 */
#include "kit/testmap.h"

#include "doctor/doctor.h"
#include "kit/postconfmodel.h"
#include "setup/commands.h"
#include "setup/removal.h"
#include "setup/setup.h"

#define LOOKUP "socketmap:unix:readdress/lookup.sock:"

static const char defaults[] =
	"canonical_classes = envelope_sender, envelope_recipient, "
	"header_sender, header_recipient\n"
	"config_directory = /etc/postfix\n"
	"content_filter =\n"
	"default_process_limit = 100\n"
	"duplicate_filter_limit = 1000\n"
	"enable_original_recipient = yes\n"
	"fast_flush_domains = $relay_domains\n"
	"header_size_limit = 102400\n"
	"inet_interfaces = all\n"
	"internal_mail_filter_classes =\n"
	"mail_version = 3.7.11\n"
	"masquerade_classes = envelope_sender, header_sender, "
	"header_recipient\n"
	"maximal_queue_lifetime = 5d\n"
	"milter_content_timeout = 300s\n"
	"milter_default_action = tempfail\n"
	"milter_macro_daemon_name = $myhostname\n"
	"milter_protocol = 6\n"
	"mydestination = $myhostname, localhost\n"
	"myhostname = relay.example\n"
	"mynetworks = 127.0.0.0/8\n"
	"non_smtpd_milters =\n"
	"parent_domain_matches_subdomains =\n"
	"queue_directory = /var/spool/postfix\n"
	"receive_override_options =\n"
	"recipient_canonical_classes = envelope_recipient, header_recipient\n"
	"recipient_delimiter =\n"
	"relay_domains = $mydestination\n"
	"relay_recipient_maps =\n"
	"relay_transport = relay\n"
	"smtp_tls_security_level =\n"
	"smtp_use_tls = no\n"
	"smtpd_forbid_bare_newline = no\n"
	"smtpd_milter_maps =\n"
	"smtpd_milters =\n"
	"smtpd_proxy_filter =\n"
	"smtpd_recipient_limit = 1000\n"
	"smtpd_recipient_restrictions =\n"
	"smtpd_relay_restrictions = permit_mynetworks, "
	"reject_unauth_destination\n"
	"smtpd_sasl_auth_enable = no\n"
	"smtpd_tls_security_level =\n"
	"smtpd_use_tls = no\n"
	"transport_maps =\n"
	"virtual_alias_domains =\n"
	"virtual_mailbox_domains =\n";

static const char services[] = "smtp inet n - y - - smtpd\n"
			       "pickup unix n - y 60 1 pickup\n"
			       "cleanup unix n - y - 0 cleanup\n"
			       "bounce unix - - y - 0 bounce\n"
			       "defer unix - - y - 0 bounce\n"
			       "trace unix - - y - 0 bounce\n"
			       "verify unix - - y - 1 verify\n"
			       "smtp unix - - y - - smtp\n"
			       "relay unix - - y - - smtp\n";

#define RULES                                                                  \
	"in a@old.example;a@new.example\n"                                     \
	"in @old.example;@other.example\n"                                     \
	"out a@new.example;a@old.example\n"

/* One Postfix, and what the set-up must make of it. */
struct given {
	const char *what;
	const char *main;
	const char *services;	 /* NULL: those above */
	const char *rules;	 /* NULL: those above */
	const char *conf;	 /* of readdress.conf */
	const char *tables;	 /* NULL: LOOKUP */
	const char *expected[8]; /* lines of main.cf and of services, the
				    latter up to their end or a "*" */
	const char *not_expected[4];
	bool taken_ports;
	unsigned leads_back;
	bool filtered;
};

struct bench {
	struct postconfmodel model;
	struct config *config;
	struct plan plan;
};

/* No mail comes here any more. */
static const struct removal_mail nothing;

/* Another instance has these. */
static bool is_free(void *context, unsigned port)
{
	(void)context;
	return port != 10098 && port != 10099;
}

static void begin(struct bench *bench, const struct given *given)
{
	bench->plan = (struct plan){
		.expanded = postconfmodel_expanded(&bench->model),
		.written = postconfmodel_written(&bench->model),
		.defaults = postconfmodel_defaults(&bench->model),
		.config = bench->config,
		.map = testmap_keep(given->rules ? given->rules : RULES),
		.tables = given->tables ? given->tables : LOOKUP,
		.leads_back = given->leads_back,
		.filtered = given->filtered,
		.is_free = given->taken_ports ? is_free : NULL,
		.arena = arena_open(16 << 20),
	};
	assert_non_null(bench->plan.arena);
}

static void end(struct bench *bench)
{
	postfix_close((struct postfix *)(uintptr_t)bench->plan.expanded);
	postfix_close((struct postfix *)(uintptr_t)bench->plan.written);
	postfix_close((struct postfix *)(uintptr_t)bench->plan.defaults);
	arena_close(bench->plan.arena);
}

/* Does what was planned, in the order of --apply: main.cf, master.cf, and then
 * what goes from main.cf. */
static void apply(struct bench *bench)
{
	for (int late = 0; late < 2; late++)
		for (size_t i = 0; i < bench->plan.count; i++)
			if ((bench->plan.changes[i].kind == PLAN_UNSET) == late)
				postconfmodel_change(
					&bench->model, &bench->plan.changes[i]);
}

static bool has_line(const char *text, const char *line)
{
	size_t len = strlen(line);
	bool open = len && line[len - 1] == '*';

	len -= open;
	for (; *text; text += strcspn(text, "\n"), text += *text == '\n')
		if (!strncmp(text, line, len) && (open || text[len] == '\n'))
			return true;
	return false;
}

static int note(void *context, const struct diagnosis_finding *finding)
{
	/* Postfix itself is asked about these elsewhere. */
	if ((finding->level == DIAGNOSIS_FAIL ||
		    finding->level == DIAGNOSIS_WARN) &&
		strcmp(finding->id, "tls") != 0)
		fail_msg("%s: doctor finds %s: %s", (const char *)context,
			finding->id, finding->found);
	return 0;
}

/* After the set-up, doctor finds nothing. */
static void consult(struct bench *bench, const struct given *given)
{
	static const struct diagnosis_milter running = { .up = true,
		.served = 12 };
	struct config config = *bench->config;
	struct diagnosis diagnosis = { .postfix = bench->plan.expanded,
		.written = bench->plan.written,
		.config = &config,
		.map = bench->plan.map,
		.milter = &running,
		.found = note,
		.context = (void *)(uintptr_t)given->what };

	/* readdress.conf is the administrator's to set. */
	config.lookup_socket =
		(char[]){ "unix:/var/spool/postfix/readdress/lookup.sock" };
	assert_int_equal(doctor_run(&diagnosis), 0);
}

/* Removes everything. The files are then what they were before, a text that is
 * freed. Closes the bench. */
static void give_back(
	struct bench *bench, const struct given *given, char *before)
{
	char *after;

	begin(bench, given);
	removal_plan(&bench->plan, &nothing);
	assert_int_equal(plan_result(&bench->plan), 0);
	apply(bench);
	end(bench);
	after = postconfmodel_text(&bench->model);
	assert_string_equal(after, before);
	free(after);
	free(before);
	config_close(bench->config);
	postconfmodel_close(&bench->model);
}

static void check(const struct given *given, bool consults)
{
	struct bench bench;
	char *before;
	char *after;

	postconfmodel_open(&bench.model, defaults, given->main,
		given->services ? given->services : services);
	bench.config = testmap_config(given->conf);
	before = postconfmodel_text(&bench.model);

	begin(&bench, given);
	assert_int_equal(setup_run(&bench.plan), 0);
	assert_true(bench.plan.count > 0);
	apply(&bench);
	end(&bench);
	after = postconfmodel_text(&bench.model);
	for (size_t i = 0; i < 8 && given->expected[i]; i++)
		if (!has_line(after, given->expected[i]))
			fail_msg("%s: no line \"%s\" in\n%s", given->what,
				given->expected[i], after);
	for (size_t i = 0; i < 4 && given->not_expected[i]; i++)
		if (has_line(after, given->not_expected[i]))
			fail_msg("%s: a line \"%s\" in\n%s", given->what,
				given->not_expected[i], after);
	free(after);

	begin(&bench, given);
	assert_int_equal(setup_run(&bench.plan), 0);
	/* The command that sets lookup_socket stays until that is set. */
	if (bench.plan.count != (given->tables && !*given->tables))
		fail_msg("%s: once more:\n%s", given->what,
			commands_text(&bench.plan, NULL));
	if (consults)
		consult(&bench, given);
	end(&bench);

	give_back(&bench, given, before);
}

#define MILTER "{ unix:readdress/milter.sock, default_action=tempfail }"

static void test_stock(void **state)
{
	static const struct given cases[] = {
		{ .what = "stock",
			.main = "recipient_delimiter = +\n",
			.expected = { "readdress_milter = " MILTER,
				"smtpd_milters = $readdress_milter",
				"relay_domains = $mydestination "
				"$readdress_domains",
				"readdress_domains = " LOOKUP "domains",
				"relay_recipient_maps = $readdress_recipients",
				"readdress_recipients = " LOOKUP
				"recipients-open",
				"pickup unix n - y 60 1 pickup -o "
				"content_filter=readdress-local:[127.0.0.1]:"
				"10099*",
				"2526 inet n - y - - smtpd*" },
			.not_expected = { "recipient_delimiter = "
					  "$readdress_recipient_delimiter" } },
		{ .what = "inbound alone needs no outbound service",
			.main = "",
			.rules = "in a@old.example;a@new.example\n",
			.expected = { "recipient_delimiter = "
				      "$readdress_recipient_delimiter",
				"readdress_recipient_delimiter = +",
				"fast_flush_domains = $readdress_fast_flush" },
			.not_expected = { "2526*",
				"readdress_outbound_clients*" } },
		{ .what = "ports that are taken",
			.main = "",
			.taken_ports = true,
			.expected = { "[127.0.0.1]:10100 inet*",
				"[127.0.0.1]:10101 inet*" } },
		{ .what = "ports of services",
			.main = "",
			.services = "smtp inet n - n - - smtpd\n"
				    "pickup unix n - n 60 1 pickup\n"
				    "127.0.0.1:10099 inet n - n - - smtpd\n"
				    "10100 inet n - n - - smtpd\n"
				    "smtp unix - - n - - smtp\n",
			.expected = { "[127.0.0.1]:10101 inet n - n*",
				"readdress-local unix - - n*" } },
		{ .what = "no look-ups",
			.main = "relay_domains = old.example\n",
			.tables = "",
			.not_expected = { "transport_maps*" } },
		{ .what = "files",
			.main = "",
			.tables = "regexp:/etc/postfix/readdress-",
			.expected = { "readdress_domains = "
				      "regexp:/etc/postfix/"
				      "readdress-domains" } },
		{ .what = "another socket",
			.main = "",
			.conf = "socket = \"inet:8891@192.0.2.1\"\n",
			.expected = { "readdress_milter = { "
				      "inet:192.0.2.1:8891, "
				      "default_action=tempfail }" } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		check(&cases[i], strcmp(cases[i].what, "files") != 0);
}

static void test_neighbours(void **state)
{
	static const struct given cases[] = {
		{ .what = "verifier, signer",
			.main = "smtpd_milters = inet:localhost:8893, "
				"unix:opendkim/opendkim.sock\n"
				"non_smtpd_milters = $smtpd_milters\n",
			.expected = { "smtpd_milters = inet:localhost:8893, "
				      "$readdress_milter, "
				      "unix:opendkim/opendkim.sock",
				"readdress_local_milters = $readdress_milter, "
				"inet:localhost:8893, "
				"unix:opendkim/opendkim.sock" } },
		{ .what = "signer in braces",
			.main = "smtpd_milters = { inet:localhost:8891, "
				"connect_timeout=10s }\n"
				"milter_default_action = accept\n",
			.expected = { "smtpd_milters = $readdress_milter { "
				      "inet:localhost:8891, "
				      "connect_timeout=10s }" } },
		{ .what = "rspamd",
			.main = "smtpd_milters = inet:127.0.0.1:11332\n",
			.expected = { "smtpd_milters = inet:127.0.0.1:11332 "
				      "$readdress_milter" } },
		{ .what = "other relay domains, users and transports",
			.main = "relay_domains = hash:/etc/postfix/relay, "
				"b.example\n"
				"relay_recipient_maps = "
				"hash:/etc/postfix/users\n"
				"transport_maps = hash:/etc/postfix/transport\n"
				"fast_flush_domains = $relay_domains\n",
			.expected = { "relay_domains = "
				      "hash:/etc/postfix/relay, b.example, "
				      "$readdress_domains",
				"relay_recipient_maps = "
				"hash:/etc/postfix/users $readdress_recipients",
				"readdress_recipients = " LOOKUP "recipients",
				"transport_maps = $readdress_transport "
				"hash:/etc/postfix/transport",
				"fast_flush_domains = $relay_domains" } },
		{ .what = "lists set to nothing, or to the default",
			.main = "relay_domains =\nsmtpd_milters =\n"
				"relay_recipient_maps =\n"
				"transport_maps =\n",
			.expected = { "relay_domains = ${readdress_domains}",
				"smtpd_milters = ${readdress_milter}" } },
		{ .what = "the default, written",
			.main = "relay_domains = $mydestination\n",
			.expected = { "relay_domains = $mydestination "
				      "${readdress_domains}" } },
		{ .what = "values that harm",
			.main = "enable_original_recipient = no\n"
				"duplicate_filter_limit = 500\n"
				"header_size_limit = 1000\n"
				"recipient_delimiter = -\n"
				"smtpd_forbid_bare_newline = no\n"
				"canonical_maps = hash:/etc/c\n",
			.leads_back = PLAN_BACK_CANONICAL,
			.expected = { "duplicate_filter_limit = "
				      "${readdress_duplicate_filter_limit?{"
				      "$readdress_duplicate_filter_limit}:{"
				      "500}}",
				"readdress_original_recipient = yes",
				"readdress_canonical_classes = "
				"envelope_sender, header_sender, "
				"header_recipient" } },
		{ .what = "classes of canonical tables",
			.main = "canonical_classes = header_recipient, "
				"envelope_recipient\n"
				"recipient_canonical_classes = "
				"envelope_recipient\n"
				"masquerade_classes = envelope_sender "
				"envelope_recipient\n",
			.leads_back = PLAN_BACK_CANONICAL |
				      PLAN_BACK_RECIPIENT |
				      PLAN_BACK_MASQUERADE,
			.expected = { "readdress_canonical_classes = "
				      "header_recipient",
				"readdress_masquerade_classes = "
				"envelope_sender" },
			.not_expected = { "readdress_recipient_classes*" } },
		{ .what = "an old protocol and little time",
			.main = "milter_protocol = 4\n"
				"milter_content_timeout = 59s\n",
			.expected = { "readdress_protocol = 6",
				"readdress_content_timeout = 300s",
				"milter_content_timeout = "
				"${readdress_content_timeout?{"
				"$readdress_content_timeout}:{59s}}" } },
		{ .what = "enough time, and a protocol with options",
			.main = "milter_protocol = 6 no_header_reply\n"
				"milter_content_timeout = 1m\n",
			.not_expected = { "readdress_protocol*",
				"readdress_content_timeout*" } },
		{ .what = "look-ups by hand",
			.main = "relay_domains = $mydestination " LOOKUP
				"domains\n"
				"relay_recipient_maps = " LOOKUP
				"recipients-open\n"
				"transport_maps = "
				"hash:/etc/postfix/transport " LOOKUP
				"transport\n",
			.not_expected = { "readdress_domains*",
				"readdress_recipients*",
				"readdress_transport*" } },
		{ .what = "recipients by hand, and another relay domain",
			.main = "relay_domains = b.example\n"
				"relay_recipient_maps = " LOOKUP "recipients\n",
			.expected = { "readdress_recipients = " LOOKUP
				      "recipients-open" } },
		{ .what = "recipients by hand, and other users",
			.main = "relay_domains = b.example\n"
				"relay_recipient_maps = "
				"hash:/etc/users, " LOOKUP "recipients\n",
			.not_expected = { "readdress_recipients*" } },
		{ .what = "TLS that was turned off",
			.main = "smtp_tls_security_level = none\n"
				"smtpd_tls_security_level =\n",
			.not_expected = { "readdress_smtp_tls*",
				"readdress_smtpd_tls*" } },
		{ .what = "networks of readdress.conf",
			.main = "",
			.conf = "outbound_networks = {\"192.0.2.0/24\"}\n",
			.not_expected = { "2526*" } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		check(&cases[i], strcmp(cases[i].what, "signer in braces") &&
					 strcmp(cases[i].what,
						 "TLS that was turned off"));
}

static void test_services(void **state)
{
	static const struct given cases[] = {
		{ .what = "a service with milters of its own",
			.main = "",
			.services = "smtp inet n - y - - smtpd\n"
				    "submission inet n - y - - smtpd "
				    "-o smtpd_sasl_auth_enable=yes "
				    "-o smtpd_milters=inet:localhost:8891\n"
				    "192.0.2.1:smtp inet n - y - - smtpd "
				    "-o {smtpd_milters=inet:a:1 inet:b:8891}\n"
				    "192.0.2.2:smtp inet n - y - - smtpd "
				    "-o smtpd_milters=\n"
				    "pickup unix n - y 60 1 pickup\n",
			.expected = { "submission inet n - y - - smtpd "
				      "-o smtpd_sasl_auth_enable=yes "
				      "-o smtpd_milters=$readdress_milter,"
				      "inet:localhost:8891",
				"192.0.2.1:smtp inet n - y - - smtpd "
				"-o {smtpd_milters=inet:a:1 "
				"$readdress_milter,inet:b:8891}",
				"192.0.2.2:smtp inet n - y - - smtpd "
				"-o smtpd_milters=$readdress_milter" },
			.not_expected = { "2526*" } },
		{ .what = "options that are empty",
			.main = "",
			.services = "smtp inet n - y - - smtpd\n"
				    "pickup unix n - y 60 1 pickup "
				    "-o content_filter= "
				    "-o receive_override_options=\n"
				    "bounce unix - - y - 0 bounce "
				    "-o internal_mail_filter_classes=\n",
			.expected = { "bounce unix - - y - 0 bounce "
				      "-o internal_mail_filter_classes="
				      "${readdress_bounce_classes} *" } },
		{ .what = "a content filter and its way back",
			.main = "content_filter = amavis:[127.0.0.1]:10024\n"
				"smtpd_milters = inet:localhost:8891\n",
			.services = "smtp inet n - y - - smtpd\n"
				    "127.0.0.1:10025 inet n - n - - smtpd "
				    "-o content_filter=\n"
				    "127.0.0.1:10026 inet n - n - - smtpd "
				    "-o receive_override_options=no_milters\n"
				    "pickup unix n - y 60 1 pickup\n",
			.expected = { "127.0.0.1:10025 inet n - n - - smtpd "
				      "-o content_filter= "
				      "-o smtpd_milters="
				      "$readdress_other_milters",
				"readdress_other_milters = "
				"inet:localhost:8891",
				"127.0.0.1:10026 inet n - n - - smtpd "
				"-o receive_override_options=no_milters" } },
		{ .what = "a filter before the queue, and nothing behind it",
			.main = "",
			.services = "smtp inet n - y - - smtpd "
				    "-o smtpd_proxy_filter=127.0.0.1:10025\n"
				    "127.0.0.1:10026 inet n - n - - smtpd "
				    "-o receive_override_options=no_milters\n"
				    "pickup unix n - y 60 1 pickup\n",
			.expected = { "smtp inet n - y - - smtpd "
				      "-o smtpd_proxy_filter="
				      "127.0.0.1:10025" } },
		{ .what = "filters before and behind the queue",
			.main = "",
			.services = "smtp inet n - y - - smtpd "
				    "-o smtpd_proxy_filter=127.0.0.1:10025\n"
				    "127.0.0.1:10026 inet n - n - - smtpd\n"
				    "pickup unix n - y 60 1 pickup\n",
			.filtered = true,
			.expected = { "smtp inet n - y - - smtpd "
				      "-o smtpd_proxy_filter="
				      "127.0.0.1:10025" } },
		{ .what = "logins on loopback beside a content filter",
			.main = "content_filter = amavis:[127.0.0.1]:10024\n",
			.services = "smtp inet n - y - - smtpd\n"
				    "127.0.0.1:587 inet n - n - - smtpd "
				    "-o smtpd_sasl_auth_enable=yes\n"
				    "127.0.0.1:2525 inet n - n - - smtpd "
				    "-o content_filter=other:[127.0.0.1]:9\n"
				    "127.0.0.1:10025 inet n - n - - smtpd "
				    "-o content_filter=\n"
				    "pickup unix n - y 60 1 pickup\n",
			.expected = { "127.0.0.1:587 inet n - n - - smtpd "
				      "-o smtpd_sasl_auth_enable=yes",
				"127.0.0.1:2525 inet n - n - - smtpd "
				"-o content_filter=other:[127.0.0.1]:9",
				"127.0.0.1:10025 inet n - n - - smtpd "
				"-o content_filter= -o smtpd_milters="
				"$readdress_other_milters" } },
		{ .what = "a filter that tables name",
			.main = "",
			.services = "smtp inet n - y - - smtpd\n"
				    "127.0.0.1:10025 inet n - n - - smtpd\n"
				    "pickup unix n - y 60 1 pickup\n",
			.filtered = true,
			.expected = { "127.0.0.1:10025 inet n - n - - smtpd "
				      "-o smtpd_milters="
				      "$readdress_other_milters" } },
		{ .what = "a filter before the queue",
			.main = "smtpd_milters = inet:localhost:8891\n",
			.services = "smtp inet n - y - - smtpd "
				    "-o smtpd_proxy_filter=127.0.0.1:10025\n"
				    "submission inet n - y - - smtpd "
				    "-o smtpd_proxy_filter=127.0.0.1:10025 "
				    "-o smtpd_milters=\n"
				    "127.0.0.1:10026 inet n - n - - smtpd "
				    "-o smtpd_proxy_filter=\n"
				    "pickup unix n - y 60 1 pickup\n",
			.expected = { "smtp inet n - y - - smtpd "
				      "-o smtpd_proxy_filter=127.0.0.1:10025 "
				      "-o smtpd_milters="
				      "$readdress_other_milters",
				"readdress_other_milters = "
				"inet:localhost:8891",
				"submission inet n - y - - smtpd "
				"-o smtpd_proxy_filter=127.0.0.1:10025 "
				"-o smtpd_milters=",
				"127.0.0.1:10026 inet n - n - - smtpd "
				"-o smtpd_proxy_filter=" } },
		{ .what = "postscreen",
			.main = "",
			.services = "smtp inet n - y - 1 postscreen\n"
				    "smtpd pass - - y - - smtpd\n"
				    "pickup unix n - y 60 1 pickup\n",
			.expected = { "smtpd_milters = $readdress_milter" } },
		{ .what = "pickup and bounces that have options",
			.main = "receive_override_options = "
				"no_address_mappings\n",
			.services = "smtp inet n - y - - smtpd\n"
				    "pickup unix n - y 60 1 pickup "
				    "-o content_filter=x:[127.0.0.1]:9\n"
				    "bounce unix - - y - 0 bounce "
				    "-o internal_mail_filter_classes=notify\n"
				    "trace unix - - y - 0 bounce "
				    "-o internal_mail_filter_classes=bounce\n",
			.expected = { "pickup unix n - y 60 1 pickup -o "
				      "content_filter=${readdress_local?{"
				      "$readdress_local}:{x:[127.0.0.1]:9}} -o "
				      "receive_override_options="
				      "no_address_mappings,"
				      "${readdress_no_milters}",
				"bounce unix - - y - 0 bounce -o "
				"internal_mail_filter_classes=notify,"
				"$readdress_bounce_classes -o "
				"cleanup_service_name=readdress-bounce",
				"trace unix - - y - 0 bounce -o "
				"internal_mail_filter_classes=bounce -o "
				"cleanup_service_name=readdress-bounce" } },
		{ .what = "what services set for themselves",
			.main = "",
			.services =
				"smtp inet n - y - - smtpd "
				"-o smtpd_forbid_bare_newline=no "
				"-o milter_protocol=2 "
				"-o smtpd_recipient_limit=5000 "
				"-o smtpd_milters=unix:readdress/milter.sock\n"
				"pickup unix n - y 60 1 pickup\n"
				"cleanup unix n - y - 0 cleanup "
				"-o header_size_limit=999 "
				"-o enable_original_recipient=no\n",
			.expected = { "smtp inet n - y - - smtpd -o "
				      "smtpd_forbid_bare_newline="
				      "${readdress_bare_newline?{"
				      "$readdress_bare_newline}:{no}} -o "
				      "milter_protocol=${readdress_protocol?{"
				      "$readdress_protocol}:{2}} -o "
				      "smtpd_recipient_limit=5000 -o "
				      "smtpd_milters=unix:readdress/"
				      "milter.sock",
				"readdress_duplicate_filter_limit = 10000",
				"cleanup unix n - y - 0 cleanup -o "
				"header_size_limit="
				"${readdress_header_size_limit?{"
				"$readdress_header_size_limit}:{999}} -o "
				"enable_original_recipient="
				"${readdress_original_recipient?{"
				"$readdress_original_recipient}:{no}}" } },
		{ .what = "bounces to a cleanup that is gone",
			.main = "",
			.services = "smtp inet n - y - - smtpd\n"
				    "pickup unix n - y 60 1 pickup\n"
				    "bounce unix - - y - 0 bounce "
				    "-o cleanup_service_name=x "
				    "-o internal_mail_filter_classes=bounce\n",
			.not_expected = { "readdress-bounce*" } },
		{ .what = "pickup with own options",
			.main = "",
			.services = "smtp inet n - y - - smtpd\n"
				    "pickup unix n - y 60 1 pickup -o "
				    "receive_override_options=no_header_body_"
				    "checks\n",
			.expected = { "pickup unix n - y 60 1 pickup -o "
				      "receive_override_options=no_header_body_"
				      "checks,$readdress_no_milters -o "
				      "content_filter=readdress-local:["
				      "127.0.0.1]:10099" } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		check(&cases[i], false);
}

static void set_up(struct bench *bench, const struct given *given)
{
	begin(bench, given);
	assert_int_equal(setup_run(&bench->plan), 0);
	apply(bench);
	end(bench);
}

/* Nothing is left to do. */
static void settled(struct bench *bench, const struct given *given)
{
	begin(bench, given);
	assert_int_equal(setup_run(&bench->plan), 0);
	assert_int_equal(bench->plan.count, 0);
	end(bench);
}

/* A list that has our milter in a wrong way is written again, and once. */
static void test_rewritten(void **state)
{
	static const struct {
		struct given given;
		const char *expected;
	} cases[] = {
		{ { .what = "twice",
			  .main = "smtpd_milters = $readdress_milter, "
				  "unix:readdress/milter.sock, inet:a:1\n"
				  "readdress_milter = " MILTER "\n" },
			"smtpd_milters = inet:a:1 $readdress_milter" },
		{ { .what = "behind a signer",
			  .main = "smtpd_milters = inet:a:1, inet:b:8891, "
				  "$readdress_milter\n"
				  "readdress_milter = " MILTER "\n" },
			"smtpd_milters = inet:a:1, $readdress_milter, "
			"inet:b:8891" },
		{ { .what = "before a verifier",
			  .main = "smtpd_milters = "
				  "unix:readdress/milter.sock, inet:a:8893, "
				  "inet:b:8891\n" },
			"smtpd_milters = inet:a:8893, $readdress_milter, "
			"inet:b:8891" },
		{ { .what = "before a verifier that is behind a signer",
			  .main = "smtpd_milters = $readdress_milter, "
				  "inet:b:8891, inet:a:8893\n"
				  "readdress_milter = " MILTER "\n" },
			"smtpd_milters = $readdress_milter, inet:b:8891, "
			"inet:a:8893" },
		{ { .what = "twice, below the queue directory",
			  .main = "smtpd_milters = "
				  "unix:readdress/milter.sock "
				  "unix:$queue_directory/readdress/"
				  "milter.sock\n" },
			"smtpd_milters = $readdress_milter" },
		{ { .what = "a whole path, and smtpd is in a chroot",
			  .main = "smtpd_milters = "
				  "unix:${queue_directory}/readdress/"
				  "milter.sock, inet:a:1\n" },
			"smtpd_milters = inet:a:1 $readdress_milter" },
		{ { .what = "an old protocol and little time, of the milter",
			  .main = "smtpd_milters = { "
				  "unix:readdress/milter.sock, protocol=2 }\n"
				  "readdress_milter = { "
				  "unix:readdress/milter.sock, "
				  "content_timeout=59s }\n" },
			"smtpd_milters = $readdress_milter" },
		{ { .what = "a reference without a definition",
			  .main = "smtpd_milters = $readdress_milter\n" },
			"smtpd_milters = $readdress_milter" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct bench bench;
		char *text;

		postconfmodel_open(
			&bench.model, defaults, cases[i].given.main, services);
		bench.config = testmap_config("");
		set_up(&bench, &cases[i].given);
		text = postconfmodel_text(&bench.model);
		if (!has_line(text, cases[i].expected) ||
			!has_line(text, "readdress_milter = " MILTER))
			fail_msg("%s:\n%s", cases[i].given.what, text);
		free(text);
		begin(&bench, &cases[i].given);
		assert_int_equal(setup_run(&bench.plan), 0);
		assert_int_equal(bench.plan.count, 0);
		end(&bench);
		config_close(bench.config);
		postconfmodel_close(&bench.model);
	}
}

/* Services by hand for local mail and bounces, as contrib/postfix has them,
 * with our milter in their lists. */
static void test_bounces(void **state)
{
	static const char lines[] =
		"smtp inet n - y - - smtpd\n"
		"pickup unix n - y 60 1 pickup "
		"-o content_filter=readdress-local:[127.0.0.1]:10099 "
		"-o receive_override_options=no_milters\n"
		"readdress-local unix - - y - - smtp\n"
		"[127.0.0.1]:10099 inet n - y - - smtpd "
		"-o milter_macro_daemon_name=LOCAL "
		"-o smtpd_milters=unix:readdress/milter.sock\n"
		"readdress-bounce unix n - y - 0 cleanup "
		"-o non_smtpd_milters=%s\n"
		"bounce unix - - y - 0 bounce "
		"-o cleanup_service_name=readdress-bounce%s\n";
	static const struct {
		const char *milters;
		const char *classes;
		const char *main;
		const char *expected; /* of the cleanup */
		const char *of_bounce;
	} cases[] = {
		{ "unix:readdress/milter.sock", "", "",
			"-o non_smtpd_milters=unix:readdress/milter.sock",
			" -o internal_mail_filter_classes="
			"$readdress_bounce_classes" },
		{ "inet:a:1,unix:readdress/milter.sock",
			" -o internal_mail_filter_classes=bounce",
			"milter_default_action = accept\n",
			"-o non_smtpd_milters=inet:a:1,$readdress_milter",
			" -o internal_mail_filter_classes=bounce" },
		{ "unix:/var/spool/postfix/readdress/milter.sock",
			" -o internal_mail_filter_classes=bounce", "",
			"-o non_smtpd_milters=$readdress_milter",
			" -o internal_mail_filter_classes=bounce" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char before[1024];
		char main[256];
		char wanted[256];
		const struct given given = { .what = cases[i].milters };
		struct bench bench;
		char *text;

		(void)snprintf(main, sizeof main,
			"smtpd_milters = unix:readdress/milter.sock\n%s",
			cases[i].main);
		(void)snprintf(before, sizeof before, lines, cases[i].milters,
			cases[i].classes);
		postconfmodel_open(&bench.model, defaults, main, before);
		bench.config = testmap_config("");
		set_up(&bench, &given);
		text = postconfmodel_text(&bench.model);
		(void)snprintf(wanted, sizeof wanted,
			"readdress-bounce unix n - y - 0 cleanup %s",
			cases[i].expected);
		if (!has_line(text, wanted))
			fail_msg("no line \"%s\" in\n%s", wanted, text);
		(void)snprintf(wanted, sizeof wanted,
			"bounce unix - - y - 0 bounce -o "
			"cleanup_service_name=readdress-bounce%s",
			cases[i].of_bounce);
		if (!has_line(text, wanted))
			fail_msg("no line \"%s\" in\n%s", wanted, text);
		/* Nothing is defined that nothing refers to. */
		if (has_line(text, "readdress_milter*") !=
			!!strstr(text, "$readdress_milter"))
			fail_msg("%s:\n%s", cases[i].milters, text);
		free(text);
		settled(&bench, &given);
		config_close(bench.config);
		postconfmodel_close(&bench.model);
	}
}

/* The cleanup for bounces is gone, and is named still. */
static void test_bounces_to_nobody(void **state)
{
	static const struct given given = { .what = "gone" };
	struct bench bench;
	char *text;

	(void)state;
	postconfmodel_open(&bench.model, defaults, "",
		"smtp inet n - y - - smtpd\n"
		"cleanup unix n - y - 0 cleanup\n"
		"bounce unix - - y - 0 bounce "
		"-o cleanup_service_name=readdress-bounce "
		"-o internal_mail_filter_classes=bounce\n");
	bench.config = testmap_config("");
	set_up(&bench, &given);
	text = postconfmodel_text(&bench.model);
	assert_true(has_line(text, "readdress-bounce unix n - y - 0 cleanup*"));
	assert_true(has_line(text, "bounce unix - - y - 0 bounce "
				   "-o cleanup_service_name=readdress-bounce "
				   "-o internal_mail_filter_classes=bounce"));
	free(text);
	config_close(bench.config);
	postconfmodel_close(&bench.model);
}

/* A Postfix that verifies addresses itself keeps its own service, and its
 * cache. */
static void test_verify(void **state)
{
	static const struct given cases[] = {
		{
			.what = "no verification",
			.main = "smtpd_recipient_restrictions = "
				"permit_mynetworks\n",
			.expected = { "readdress_verify = readdress-verify",
				"address_verify_service_name = "
				"$readdress_verify",
				"readdress-verify unix - - y - 1 verify*",
				"[127.0.0.1]:10098 inet n - y - - smtpd*" },
		},
		{ .what = "verification of its own",
			.main = "smtpd_sender_restrictions = "
				"permit_mynetworks, reject_unverified_sender\n",
			.expected = { "[127.0.0.1]:10098 inet n - y - - "
				      "smtpd*" },
			.not_expected = { "readdress-verify*",
				"readdress_verify*",
				"address_verify_service_name*" } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		check(&cases[i], true);
}

static void test_literal(void **state)
{
	/* Somebody has put the milter in by hand. */
	static const struct given cases[] = {
		{ .what = "by hand, and well",
			.main = "smtpd_milters = unix:readdress/milter.sock\n"
				"milter_default_action = tempfail\n",
			.expected = { "smtpd_milters = "
				      "unix:readdress/milter.sock",
				"readdress_milter = " MILTER } },
	};
	static const struct given open = {
		.what = "by hand, and it fails open",
		.main = "smtpd_milters = inet:a:1, "
			"unix:/var/spool/postfix/readdress/milter.sock\n"
			"milter_default_action = accept\n",
	};
	struct bench bench;
	char *text;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		check(&cases[i], true);
	postconfmodel_open(&bench.model, defaults, open.main, services);
	bench.config = testmap_config("");
	set_up(&bench, &open);
	text = postconfmodel_text(&bench.model);
	assert_true(has_line(text,
			    "smtpd_milters = inet:a:1 ${readdress_milter}") ||
		    has_line(text, "smtpd_milters = inet:a:1 "
				   "$readdress_milter"));
	free(text);
	settled(&bench, &open);
	config_close(bench.config);
	postconfmodel_close(&bench.model);
}

/* Lists that somebody wrote by hand for one service, in which our milter stands
 * wrongly. */
static void test_literal_of_service(void **state)
{
	static const struct {
		const char *main;
		const char *options; /* of the service that outsiders reach */
		const char *becomes;
	} cases[] = {
		{ "milter_default_action = accept\n",
			"smtpd_milters=inet:a:1,unix:readdress/milter.sock",
			"smtpd_milters=inet:a:1,$readdress_milter" },
		{ "smtpd_milters = inet:a:1\n",
			"smtpd_milters=unix:readdress/milter.sock -o "
			"milter_default_action=reject",
			"smtpd_milters=$readdress_milter -o "
			"milter_default_action=reject" },
		{ "milter_default_action = tempfail\n",
			"smtpd_milters=unix:opendkim/opendkim.sock,"
			"unix:readdress/milter.sock",
			"smtpd_milters=$readdress_milter,"
			"unix:opendkim/opendkim.sock" },
		{ "milter_default_action = tempfail\n",
			"smtpd_milters=unix:readdress/milter.sock,"
			"unix:/var/spool/postfix/readdress/milter.sock",
			"smtpd_milters=$readdress_milter" },
		/* A parameter of somebody's own cannot be taken apart: it must
		 * not become two calls of the milter. */
		{ "milter_default_action = accept\n"
		  "own = unix:readdress/milter.sock\n"
		  "readdress_milter = " MILTER "\n",
			"smtpd_milters=$own", "smtpd_milters=$own" },
		/* The list is main.cf's. */
		{ "smtpd_milters = unix:readdress/milter.sock\n"
		  "milter_default_action = tempfail\n",
			"milter_default_action=accept",
			"milter_default_action=accept" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char lines[512];
		char wanted[512];
		struct given given = { .what = cases[i].options,
			.main = cases[i].main,
			.services = lines };
		struct bench bench;
		char *text;

		(void)snprintf(lines, sizeof lines,
			"smtp inet n - n - - smtpd -o %s\n"
			"pickup unix n - n 60 1 pickup\n"
			"smtp unix - - n - - smtp\n",
			cases[i].options);
		(void)snprintf(wanted, sizeof wanted,
			"smtp inet n - n - - smtpd -o %s", cases[i].becomes);
		postconfmodel_open(
			&bench.model, defaults, given.main, given.services);
		bench.config = testmap_config("");
		set_up(&bench, &given);
		text = postconfmodel_text(&bench.model);
		if (!has_line(text, wanted) ||
			!has_line(text, "readdress_milter = " MILTER))
			fail_msg("no line \"%s\" in\n%s", wanted, text);
		if (i == sizeof cases / sizeof *cases - 1)
			assert_true(has_line(
				text, "smtpd_milters = $readdress_milter"));
		free(text);
		settled(&bench, &given);
		config_close(bench.config);
		postconfmodel_close(&bench.model);
	}
}

static void test_hold(void **state)
{
	static const struct given held = { .what = "held",
		.main = "",
		.rules = RULES "routes @new.example;hold\n" };
	static const struct given released = { .what = "released", .main = "" };
	static const struct given longer = { .what = "longer",
		.main = "maximal_queue_lifetime = 40d\n",
		.rules = RULES "routes @new.example;hold\n" };
	struct bench bench;
	char *text;

	(void)state;
	check(&held, false);
	postconfmodel_open(&bench.model, defaults, held.main, services);
	bench.config = testmap_config("");
	set_up(&bench, &held);
	text = postconfmodel_text(&bench.model);
	assert_true(has_line(text, "readdress_queue_lifetime = 30d"));
	assert_true(has_line(
		text, "maximal_queue_lifetime = $readdress_queue_lifetime"));
	free(text);
	set_up(&bench, &released);
	text = postconfmodel_text(&bench.model);
	assert_null(strstr(text, "queue_lifetime"));
	free(text);
	postconfmodel_close(&bench.model);

	postconfmodel_open(&bench.model, defaults, longer.main, services);
	set_up(&bench, &longer);
	text = postconfmodel_text(&bench.model);
	assert_true(has_line(text, "maximal_queue_lifetime = 40d"));
	free(text);
	postconfmodel_close(&bench.model);
	config_close(bench.config);
}

static void test_mailboxes(void **state)
{
	static const struct given homeless = { .what = "homeless",
		.main = "",
		.rules = RULES "routes @old.example;local\n",
		.expected = { "virtual_mailbox_domains = "
			      "$readdress_mailboxes" } };
	static const struct given home = { .what = "home",
		.main = "mydestination = localhost, old.example\n",
		.rules = RULES "routes @old.example;local\n",
		.not_expected = { "virtual_mailbox_domains*" } };

	(void)state;
	check(&homeless, false);
	check(&home, false);
}

/* Somebody has put half of the local service there, or has misspelt it. */
static void test_half_local(void **state)
{
#define HALF                                                                   \
	"smtp inet n - y - - smtpd\n"                                          \
	"[127.0.0.1]:10099 inet n - y - - smtpd -o "                           \
	"milter_macro_daemon_name=LOCAL\n"                                     \
	"smtp unix - - y - - smtp\n"
	static const struct given cases[] = {
		{ .what = "no client",
			.services = HALF
			"pickup unix n - y 60 1 pickup -o "
			"content_filter=readdress-local:[127.0.0.1]:10099 -o "
			"receive_override_options=no_milters\n",
			.expected = { "readdress-local unix - - y - - "
				      "smtp*" } },
		{ .what = "misspelt",
			.services = HALF
			"pickup unix n - y 60 1 pickup -o "
			"content_filter=readdress:[127.0.0.1]:10099 -o "
			"receive_override_options=no_milters\n",
			.expected = { "readdress-local unix - - y - - smtp*",
				"readdress_local = "
				"readdress-local:[127.0.0.1]:10099" } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct bench bench;
		char *text;

		postconfmodel_open(
			&bench.model, defaults, "", cases[i].services);
		bench.config = testmap_config("");
		set_up(&bench, &cases[i]);
		text = postconfmodel_text(&bench.model);
		for (size_t k = 0; k < 8 && cases[i].expected[k]; k++)
			if (!has_line(text, cases[i].expected[k]))
				fail_msg("%s: %s", cases[i].what, text);
		free(text);
		begin(&bench, &cases[i]);
		assert_int_equal(setup_run(&bench.plan), 0);
		if (bench.plan.count)
			fail_msg("%s", commands_text(&bench.plan, NULL));
		consult(&bench, &cases[i]);
		end(&bench);
		config_close(bench.config);
		postconfmodel_close(&bench.model);
	}
}

/* The patterns of the domains below: those with A-labels have U-labels, too. */
#define DEFERRED                                                               \
	"old[.]example|[^@]+[.]sub[.]example|"                                 \
	"xn--bcher-kva[.]example|b(\xc3\xbc|\xc3\x9c)cher[.]example|"          \
	"[^@]+[.]xn--bcher-kva[.]example|"                                     \
	"[^@]+[.]b(\xc3\xbc|\xc3\x9c)cher[.]example"

static void test_deferred(void **state)
{
	/* Removed while mail still comes: Postfix itself defers it. */
	static const struct given given = { .what = "deferred",
		.main = "transport_maps = hash:/etc/postfix/transport\n",
		.rules = RULES "routes @new.example;smtp:[192.0.2.1]\n"
			       "routes @*.new.example;smtp:[192.0.2.2]\n"
			       "routes @*.z.new.example;smtp:[192.0.2.3]\n"
			       "routes @other.example;hold\n" };
	static const struct bytes domains[] = { { "old.example", 11 },
		{ "*.sub.example", 13 }, { "xn--bcher-kva.example", 21 },
		{ "*.xn--bcher-kva.example", 23 } };
	static const struct removal_mail mail = { .domains = domains,
		.count = 4 };
	struct bench bench;
	char *before;
	char *text;

	(void)state;
	postconfmodel_open(&bench.model, defaults, given.main, services);
	bench.config = testmap_config("");
	before = postconfmodel_text(&bench.model);
	set_up(&bench, &given);
	begin(&bench, &given);
	removal_plan(&bench.plan, &mail);
	assert_int_equal(plan_result(&bench.plan), 0);
	apply(&bench);
	end(&bench);
	text = postconfmodel_text(&bench.model);
	assert_true(has_line(
		text, "readdress_domains = regexp:{{/^(" DEFERRED ")$$/ OK}}"));
	assert_true(has_line(text, "readdress_transport = regexp:{{/@(" DEFERRED
				   ")$$/ retry:4.3.2*"));
	/* Users of other relay domains are as known as before. */
	assert_null(strstr(text, "recipient_maps"));
	assert_true(has_line(text, "transport_maps = $readdress_transport "
				   "hash:/etc/postfix/transport"));
	assert_non_null(strstr(text,
		", {/@(new[.]example)$$/ smtp:[192.0.2.1]}, "
		"{/@(other[.]example)$$/ retry:4.7.1 held by readdress}, "
		"{/@([^@]+[.]z[.]new[.]example)$$/ smtp:[192.0.2.3]}, "
		"{/@([^@]+[.]new[.]example)$$/ smtp:[192.0.2.2]}}\n"));
	assert_null(strstr(text, "socketmap"));
	assert_null(strstr(text, "readdress_milter"));
	assert_null(strstr(text, "readdress-"));
	free(text);
	give_back(&bench, &given, before);
}

/* Outbound mail, which would leave with internal addresses, is deferred: that
 * of clients by their address or login in all services that have the milter,
 * and all of a service whose daemon name makes it outbound. */
static void test_outbound_deferred(void **state)
{
	static const struct given given = { .what = "outbound deferred",
		.main = "smtpd_sender_restrictions = reject_unlisted_sender\n"
			"smtpd_sasl_auth_enable = yes\n",
		.conf = "outbound_networks = {\"192.0.2.0/25\", "
			"\"2001:db8::/64\"}\n",
		.services = "smtp inet n - y - - smtpd\n"
			    "587 inet n - y - - smtpd -o "
			    "smtpd_sender_restrictions=\n"
			    "588 inet n - y - - smtpd -o "
			    "smtpd_sender_restrictions=permit\n"
			    "589 inet n - y - - smtpd -o "
			    "milter_macro_daemon_name=OUTBOUND\n"
			    "590 inet n - y - - smtpd -o "
			    "milter_macro_daemon_name=OUTBOUND -o "
			    "smtpd_sender_restrictions=permit\n"
			    "591 inet n - y - - smtpd -o smtpd_milters= -o "
			    "smtpd_sender_restrictions=permit -o "
			    "inet_interfaces=loopback-only\n"
			    "pickup unix n - y 60 1 pickup\n"
			    "cleanup unix n - y - 0 cleanup\n"
			    "bounce unix - - y - 0 bounce\n" };
	static const struct removal_mail mail = { .outbound = true };
	struct bench bench;
	char *before;
	char *text;

	(void)state;
	postconfmodel_open(&bench.model, defaults, given.main, given.services);
	bench.config = testmap_config(given.conf);
	before = postconfmodel_text(&bench.model);
	set_up(&bench, &given);
	for (int again = 0; again < 2; again++) {
		begin(&bench, &given);
		removal_plan(&bench.plan, &mail);
		assert_int_equal(plan_result(&bench.plan), 0);
		if (again)
			assert_int_equal(bench.plan.count, 0);
		apply(&bench);
		end(&bench);
	}
	text = postconfmodel_text(&bench.model);
	assert_true(has_line(text, "readdress_deferred_clients = "
				   "check_client_access cidr:"
				   "{{192.0.2.0/25 450 4.3.2*"));
	assert_non_null(strstr(text, ", {2001:db8::/64 450 4.3.2 "));
	assert_non_null(strstr(text, "}}, check_sasl_access "
				     "regexp:{{/^/ 450 4.3.2 "));
	assert_true(has_line(text, "readdress_deferred_service = "
				   "check_client_access "
				   "regexp:{{/^/ 450 4.3.2*"));
	assert_true(has_line(text,
		"smtpd_sender_restrictions = $readdress_deferred_clients "
		"reject_unlisted_sender"));
	assert_true(has_line(text,
		"587 inet n - y - - smtpd -o "
		"smtpd_sender_restrictions=${readdress_deferred_clients}"));
	assert_non_null(strstr(text, "588 inet n - y - - smtpd -o "
				     "smtpd_sender_restrictions="
				     "$readdress_deferred_clients,permit"));
	assert_non_null(strstr(text,
		"589 inet n - y - - smtpd -o "
		"milter_macro_daemon_name=OUTBOUND -o "
		"smtpd_sender_restrictions=$readdress_deferred_service\n"));
	assert_non_null(strstr(text, "smtpd_sender_restrictions="
				     "$readdress_deferred_service,permit\n"));
	assert_non_null(strstr(text, "591 inet n - y - - smtpd -o "
				     "smtpd_milters= -o "
				     "smtpd_sender_restrictions=permit "));
	assert_null(strstr(text, "socketmap"));
	assert_null(strstr(text, "readdress_milter"));
	free(text);
	give_back(&bench, &given, before);
}

/* A domain whose mailboxes are here: mail for its users, who may have moved, is
 * deferred, too. */
static void test_local_deferred(void **state)
{
	static const struct given homeless = { .what = "homeless",
		.main = "",
		.rules = RULES "routes @old.example;local\n" };
	static const struct given home = { .what = "home",
		.main = "virtual_mailbox_domains = old.example\n",
		.rules = RULES "routes @old.example;local\n" };
	static const struct bytes domains[] = { { "old.example", 11 } };
	static const struct removal_mail mail = { .local = domains,
		.local_count = 1 };

	(void)state;
	for (int i = 0; i < 2; i++) {
		const struct given *given = i ? &home : &homeless;
		struct bench bench;
		char *before;
		char *text;

		postconfmodel_open(
			&bench.model, defaults, given->main, services);
		bench.config = testmap_config("");
		before = postconfmodel_text(&bench.model);
		set_up(&bench, given);
		begin(&bench, given);
		removal_plan(&bench.plan, &mail);
		apply(&bench);
		end(&bench);
		text = postconfmodel_text(&bench.model);
		assert_true(has_line(text,
			"readdress_transport = "
			"regexp:{{/@(old[.]example)$$/ retry:4.3.2*"));
		assert_true(has_line(text,
			i ? "virtual_mailbox_domains = old.example"
			  : "virtual_mailbox_domains = $readdress_mailboxes"));
		assert_int_equal(i,
			!has_line(text, "readdress_mailboxes = "
					"regexp:{{/^(old[.]example)$$/ OK}}"));
		assert_null(strstr(text, "relay_domains"));
		free(text);
		give_back(&bench, given, before);
	}
}

/* Two options of one service whose values have blanks: each is changed. */
static void test_blanks(void **state)
{
	static const struct given given = { .what = "blanks",
		.main = "",
		.services = "smtp inet n - y - - smtpd\n"
			    "587 inet n - y - - smtpd "
			    "-o {smtpd_milters=inet:a:1, inet:b:8891} "
			    "-o milter_macro_daemon_name=OUTBOUND "
			    "-o {smtpd_sender_restrictions=reject_unlisted_"
			    "sender, permit}\n" };
	static const struct removal_mail mail = { .outbound = true };
	struct bench bench;
	char *before;
	char *text;

	(void)state;
	postconfmodel_open(&bench.model, defaults, given.main, given.services);
	bench.config = testmap_config("");
	before = postconfmodel_text(&bench.model);
	set_up(&bench, &given);
	begin(&bench, &given);
	removal_plan(&bench.plan, &mail);
	apply(&bench);
	end(&bench);
	text = postconfmodel_text(&bench.model);
	if (!strstr(text, "-o {smtpd_milters=inet:a:1, inet:b:8891} "
			  "-o milter_macro_daemon_name=OUTBOUND "
			  "-o {smtpd_sender_restrictions="
			  "$readdress_deferred_service,"
			  "reject_unlisted_sender, permit}\n"))
		fail_msg("%s", text);
	free(text);
	/* Set up again, it defers no longer. */
	set_up(&bench, &given);
	text = postconfmodel_text(&bench.model);
	assert_null(strstr(text, "deferred"));
	free(text);
	give_back(&bench, &given, before);
}

/* There is room for very many domains. */
static void test_many_deferred(void **state)
{
	enum { MANY = 5000 };
	static const struct given given = { .what = "many", .main = "" };
	static char names[MANY][16];
	static struct bytes domains[MANY];
	static const struct removal_mail mail = { .domains = domains,
		.count = MANY };
	struct bench bench;

	(void)state;
	for (int i = 0; i < MANY; i++) {
		(void)snprintf(names[i], sizeof names[i], "d%04d.example", i);
		domains[i] = bytes_of(names[i]);
	}
	postconfmodel_open(&bench.model, defaults, "", services);
	bench.config = testmap_config("");
	set_up(&bench, &given);
	begin(&bench, &given);
	removal_plan(&bench.plan, &mail);
	assert_int_equal(plan_result(&bench.plan), 0);
	for (size_t i = 0; i < bench.plan.count; i++)
		assert_true(strlen(bench.plan.changes[i].value) < 131072);
	end(&bench);
	config_close(bench.config);
	postconfmodel_close(&bench.model);
}

/* Nothing is without the milter before all programs of Postfix defer mail, and
 * nothing is undefined that they still refer to. */
static void test_order(void **state)
{
	static const struct given given = { .what = "order", .main = "" };
	static const struct bytes domains[] = { { "old.example", 11 } };
	static const struct removal_mail mail = { .domains = domains,
		.count = 1 };
	struct bench bench;

	(void)state;
	for (int defers = 0; defers < 2; defers++) {
		int reloads = 0;

		postconfmodel_open(&bench.model, defaults, "", services);
		bench.config = testmap_config("");
		set_up(&bench, &given);
		begin(&bench, &given);
		bench.plan.runs = true;
		removal_plan(&bench.plan, defers ? &mail : &nothing);
		assert_true(plan_reloads(&bench.plan));
		for (size_t i = 0; i < bench.plan.count; i++) {
			const struct plan_change *change =
				&bench.plan.changes[i];
			bool ours = !strncmp(change->name, "readdress_", 10);
			int expected = !defers ? 0 : 1;

			if (change->kind == PLAN_RELOAD) {
				reloads++;
				continue;
			}
			if (change->kind == PLAN_SET && ours)
				expected = 0;
			else if (change->kind == PLAN_UNSET && ours)
				expected = defers ? 2 : 1;
			if (reloads != expected &&
				strcmp(change->name,
					"readdress-local_destination_"
					"recipient_limit") != 0)
				fail_msg("%s comes after %d reloads, expected "
					 "%d",
					change->name, reloads, expected);
		}
		assert_int_equal(reloads, defers ? 2 : 1);
		apply(&bench);
		end(&bench);
		begin(&bench, &given);
		bench.plan.runs = true;
		/* What defers is left, or nothing. */
		removal_plan(&bench.plan, &nothing);
		assert_int_equal(plan_reloads(&bench.plan), defers);
		end(&bench);
		config_close(bench.config);
		postconfmodel_close(&bench.model);
	}
}

static void test_changed_since(void **state)
{
	static const struct given given = { .what = "changed", .main = "" };
	static const struct plan_change others[] = {
		{ PLAN_SET, "relay_domains",
			"a.example $readdress_domains b.example", "" },
		{ PLAN_SET, "smtpd_milters", "inet:a:1", "" },
		{ PLAN_SET, "duplicate_filter_limit", "3000", "" },
		{ PLAN_SET, "transport_maps", "a$readdress_transport", "" },
		{ PLAN_OPTION, "pickup/unix/content_filter", "mine:", "" },
	};
	struct bench bench;
	char *text;

	(void)state;
	postconfmodel_open(&bench.model, defaults, "", services);
	bench.config = testmap_config("");
	set_up(&bench, &given);
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		postconfmodel_change(&bench.model, &others[i]);
	begin(&bench, &given);
	removal_plan(&bench.plan, &nothing);
	assert_non_null(strstr(commands_text(&bench.plan, NULL),
		"# transport_maps refers to readdress in a way"));
	apply(&bench);
	end(&bench);
	text = postconfmodel_text(&bench.model);
	assert_true(has_line(text, "relay_domains = a.example b.example"));
	assert_true(has_line(text, "smtpd_milters = inet:a:1"));
	assert_true(has_line(text, "duplicate_filter_limit = 3000"));
	assert_true(has_line(text, "transport_maps = a$readdress_transport"));
	assert_true(has_line(
		text, "pickup unix n - y 60 1 pickup -o content_filter=mine:"));
	free(text);
	config_close(bench.config);
	postconfmodel_close(&bench.model);
}

static void test_commands(void **state)
{
	struct plan plan = { .arena = arena_open(1 << 20) };

	(void)state;
	assert_non_null(plan.arena);
	assert_string_equal(commands_text(&plan, NULL), "");
	plan.why = "It's one reason for two changes that belong together, and "
		   "long enough for two lines.";
	plan_add(&plan, PLAN_SET, "a", "it's $b");
	plan_add(&plan, PLAN_SET, "b", "");
	plan_add(&plan, PLAN_SET, "b", "");
	plan_add(&plan, PLAN_OPTION, "smtp/inet/x", "y");
	plan.why = "Another.";
	plan_add(&plan, PLAN_UNSET, "c", "");
	plan_add(&plan, PLAN_SERVICE_UNSET, "s/unix", "");
	plan_add(&plan, PLAN_SHELL, "", "true");
	plan_add(&plan, PLAN_NOTE, "", "");
	assert_string_equal(commands_text(&plan, "/etc/x y"),
		"# It's one reason for two changes that belong together, and "
		"long enough for\n# two lines.\n"
		"postconf -c '/etc/x y' -e 'a = it'\\''s $b' \\\n"
		"    'b ='\n"
		"postconf -c '/etc/x y' -P 'smtp/inet/x=y'\n\n"
		"# Another.\n"
		"postconf -c '/etc/x y' -X 'c'\n"
		"postconf -c '/etc/x y' -MX 's/unix'\ntrue\n");
	arena_close(plan.arena);
}

static void test_memory(void **state)
{
	/* Whatever is left of the memory, the failure is told. */
	static const struct given given = { .what = "memory", .main = "" };
	struct bench bench;

	(void)state;
	postconfmodel_open(&bench.model, defaults, "", services);
	bench.config = testmap_config("");
	begin(&bench, &given);
	arena_close(bench.plan.arena);
	bench.plan.arena = arena_open(4096);
	assert_non_null(bench.plan.arena);
	assert_int_equal(setup_run(&bench.plan), ERR_NOMEM);
	end(&bench);
	config_close(bench.config);
	postconfmodel_close(&bench.model);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stock),
		cmocka_unit_test(test_neighbours),
		cmocka_unit_test(test_services),
		cmocka_unit_test(test_rewritten),
		cmocka_unit_test(test_bounces),
		cmocka_unit_test(test_bounces_to_nobody),
		cmocka_unit_test(test_verify),
		cmocka_unit_test(test_literal),
		cmocka_unit_test(test_literal_of_service),
		cmocka_unit_test(test_hold),
		cmocka_unit_test(test_mailboxes),
		cmocka_unit_test(test_half_local),
		cmocka_unit_test(test_deferred),
		cmocka_unit_test(test_outbound_deferred),
		cmocka_unit_test(test_local_deferred),
		cmocka_unit_test(test_blanks),
		cmocka_unit_test(test_many_deferred),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_changed_since),
		cmocka_unit_test(test_commands),
		cmocka_unit_test(test_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
