/*
 * Each check of doctor: one thing is broken in a Postfix that is set up well,
 * that check names it, and no other does.
 */
#include "kit/testmap.h"

#include "diagnosis/ourtable.h"
#include "doctor/doctor.h"
#include "postfix/words.h"

#define MILTER "{ unix:readdress/milter.sock, default_action=tempfail }"

#define RULES                                                                  \
	"in @old.example;@new.example\n"                                       \
	"in a@old.example;a@new.example\n"                                     \
	"out a@new.example;a@old.example\n"

static const char good_main[] = "body_checks =\n"
				"canonical_classes = envelope_sender, "
				"envelope_recipient, header_sender, "
				"header_recipient\n"
				"cleanup_service_name = cleanup\n"
				"config_directory = /etc/postfix\n"
				"content_filter =\n"
				"default_process_limit = 100\n"
				"duplicate_filter_limit = 2000\n"
				"enable_original_recipient = yes\n"
				"header_checks =\n"
				"header_size_limit = 102400\n"
				"inet_interfaces = all\n"
				"internal_mail_filter_classes =\n"
				"mail_owner = postfix\n"
				"mail_version = 3.7.11\n"
				"maximal_queue_lifetime = 5d\n"
				"masquerade_classes = envelope_sender, "
				"header_sender, header_recipient\n"
				"milter_content_timeout = 300s\n"
				"milter_default_action = tempfail\n"
				"milter_macro_daemon_name = relay.example\n"
				"milter_protocol = 6\n"
				"mydestination = relay.example, localhost\n"
				"mynetworks = 127.0.0.0/8 [::1]/128\n"
				"parent_domain_matches_subdomains =\n"
				"queue_directory = /var/spool/postfix\n"
				"readdress_milter = " MILTER "\n"
				"relay_domains = old.example\n"
				"relay_transport = relay\n"
				"receive_override_options =\n"
				"recipient_canonical_classes = "
				"envelope_recipient, header_recipient\n"
				"recipient_delimiter = +\n"
				"sender_canonical_classes = envelope_sender, "
				"header_sender\n"
				"smtp_tls_security_level = may\n"
				"smtpd_forbid_bare_newline = yes\n"
				"smtpd_milter_maps =\n"
				"smtpd_milters = " MILTER "\n"
				"smtpd_proxy_filter =\n"
				"smtpd_recipient_limit = 1000\n"
				"smtpd_recipient_restrictions =\n"
				"smtpd_relay_restrictions = permit_mynetworks, "
				"reject_unauth_destination\n"
				"smtpd_sasl_auth_enable = no\n"
				"smtpd_tls_security_level = may\n";
static const char good_services[] = "smtp inet n - y - - smtpd\n"
				    "192.0.2.26:smtp inet n - y - - smtpd\n"
				    "[127.0.0.1]:10099 inet n - y - - smtpd\n"
				    "pickup unix n - y 60 1 pickup\n"
				    "bounce unix - - y - 0 bounce\n"
				    "cleanup unix n - y - 0 cleanup\n"
				    "readdress-local unix - - y - - smtp\n"
				    "readdress-bounce unix n - y - 0 cleanup\n";
static const char good_overrides[] =
	"192.0.2.26:smtp/inet/milter_macro_daemon_name = OUTBOUND\n"
	"192.0.2.26:smtp/inet/mynetworks = 192.0.2.128/25\n"
	"192.0.2.26:smtp/inet/smtpd_client_restrictions = permit_mynetworks, "
	"reject\n"
	"[127.0.0.1]:10099/inet/milter_macro_daemon_name = LOCAL\n"
	"pickup/unix/content_filter = readdress-local:[127.0.0.1]:10099\n"
	"pickup/unix/receive_override_options = no_milters\n"
	"bounce/unix/cleanup_service_name = readdress-bounce\n"
	"bounce/unix/internal_mail_filter_classes = bounce\n"
	"readdress-bounce/unix/body_checks =\n"
	"readdress-bounce/unix/header_checks =\n"
	"readdress-bounce/unix/non_smtpd_milters = unix:readdress/milter.sock"
	"\n";
/* What main.cf itself sets, before $name is replaced. */
static const char good_written[] =
	"readdress_milter = " MILTER "\n"
	"readdress-local_destination_recipient_limit = 1000\n"
	"smtpd_milters = $readdress_milter\n";

struct findings {
	char text[4096]; /* "FAIL milter-attached: ...", a line each */
	size_t count[DIAGNOSIS_LEVELS];
	const char *last;  /* id of the finding before */
	char remedy[1024]; /* of the last one that is wrong */
	char order[1024];  /* what milter-order found, if it passed */
	char tls[1024];	   /* likewise */
};

static int note(void *context, const struct diagnosis_finding *finding)
{
	struct findings *findings = context;
	size_t used = strlen(findings->text);

	findings->count[finding->level]++;
	/* A check that found something does not say PASS, too. */
	if (findings->last && finding->level == DIAGNOSIS_PASS)
		assert_string_not_equal(findings->last, finding->id);
	findings->last = finding->id;
	assert_true(*finding->found);
	if (finding->level == DIAGNOSIS_PASS &&
		!strcmp(finding->id, "milter-order"))
		(void)snprintf(findings->order, sizeof findings->order, "%s",
			finding->found);
	if (finding->level == DIAGNOSIS_PASS && !strcmp(finding->id, "tls"))
		(void)snprintf(findings->tls, sizeof findings->tls, "%s",
			finding->found);
	if (finding->level == DIAGNOSIS_WARN ||
		finding->level == DIAGNOSIS_FAIL) {
		assert_true(*finding->why);
		assert_true(*finding->remedy);
		(void)snprintf(findings->remedy, sizeof findings->remedy, "%s",
			finding->remedy);
		(void)snprintf(findings->text + used,
			sizeof findings->text - used, "%s %s: %s\n",
			diagnosis_level_name(finding->level), finding->id,
			finding->found);
	}
	return 0;
}

/* What is broken: texts are read behind the good ones, and the later counts. */
struct breakage {
	const char *main;
	const char *services;
	const char *overrides;
	const char *written;
	const char *rules; /* of the map; NULL: two good ones */
	/* What DNS said of old.example; ROUTE_NONE: nothing is known. */
	enum route_role found;
	const struct diagnosis_milter *milter; /* NULL: it runs well */
	enum diagnosis_state socket;
	const char *endpoint; /* where the socket is looked for */
	const char *said;     /* by the look-up service; NULL: what it should;
				 "": nothing, it is down */
	uint64_t held;	      /* seconds; 0: no domain is held */
	uint64_t taken;	      /* bytes, by the next hop; 0: nothing is noted */
	bool is_hidden;	      /* behind NAT */
	const bool *seen;     /* of outbound_required_headers */
	const char *remedy; /* what is to be done; NULL: it is not looked at */
	const char *expected; /* the only finding, or "" */
};

static struct postfix *read_texts(const char *const texts[3])
{
	struct postfix *postfix = postfix_open();

	assert_non_null(postfix);
	assert_int_equal(
		postfix_read_main(postfix, bytes_of(texts[0]), NULL), 0);
	assert_int_equal(
		postfix_read_services(postfix, bytes_of(texts[1]), NULL), 0);
	assert_int_equal(
		postfix_read_overrides(postfix, bytes_of(texts[2]), NULL), 0);
	return postfix;
}

static const struct diagnosis_milter running = { .up = true, .served = 12 };

static const struct breakage *examined;

/* The value of a key in a table of the cases below; NULL: it has none.
 * "inline:{ k=v, { l = w x } }" is what Postfix makes of it. */
static const char *value_in(const char *table, struct bytes key)
{
	static const char *const rows[][2] = { { "hash:/star", "*" },
		{ "regexp:/address", "any@old.example" },
		{ "hash:/old", "old.example" }, { "hash:/parent", "example" },
		{ "hash:/dotted", ".sub.example" } };
	static char value[256];
	struct bytes rest = bytes_of(table);
	struct bytes word;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (!strcmp(rows[i][0], table) &&
			bytes_equal(bytes_of(rows[i][1]), key))
			return "x";
	if (!strcmp(table, "hash:/alias") &&
		bytes_equal(key, bytes_of("a@new.example")))
		return "x@y, z@y";
	if (!bytes_take(&rest, "inline:"))
		return NULL;
	(void)words_open(&rest);
	while (words_next(&rest, WORDS_OF_LIST, &word)) {
		struct bytes name;

		(void)words_open(&word);
		name = bytes_trim(bytes_cut(&word, '='), " ");
		word = bytes_trim(word, " ");
		if (!bytes_equal_nocase(name, key))
			continue;
		(void)snprintf(
			value, sizeof value, "%.*s", (int)word.len, word.data);
		return value;
	}
	return NULL;
}

static size_t asked; /* times that a program would have been run */

/* Stands in for postmap. "hash:/broken" cannot be read. */
static int answer(void *context, const char *table, struct bytes keys,
	struct bytes *answers)
{
	static char text[65536];
	size_t used = 0;

	asked++;
	if (!strncmp(table, "socketmap:", 10)) {
		struct diagnosis *diagnosis = context;

		if (!examined->said)
			return ourtable_answer(diagnosis, bytes_of(table), keys,
				       answers) == 1
				       ? 0
				       : -1;
		*answers = bytes_of(examined->said);
		return answers->len ? 0 : -1;
	}
	if (!strcmp(table, "hash:/broken"))
		return -1;
	assert_false(!strncmp(table, "ldap:", 5));
	while (keys.len) {
		struct bytes key = bytes_cut(&keys, '\n');
		const char *value = value_in(table, key);

		if (value)
			used += (size_t)snprintf(text + used,
				sizeof text - used, "%.*s\t%s\n", (int)key.len,
				key.data, value);
		assert_true(used < sizeof text);
	}
	*answers = (struct bytes){ text, used };
	return 0;
}

/* Stands in for the files of the cases below. */
static int read_file(void *context, const char *path, struct bytes *text)
{
	static const char *const files[][2] = {
		{ "/etc/postfix/old", "# comment\n  old.example  x.example\n" },
		{ "/etc/postfix/more", "a.example\n/etc/postfix/old\n" },
		{ "/etc/postfix/itself", "/etc/postfix/itself\n" },
		{ "/checks", "# PASS\nif /PASS/\n!/a\\/ REDIRECT/i WARN\n"
			     "/b/\tpass\nendif\n" },
	};

	(void)context;
	for (size_t i = 0; i < sizeof files / sizeof *files; i++)
		if (!strcmp(files[i][0], path)) {
			*text = bytes_of(files[i][1]);
			return 0;
		}
	return -1;
}

/* Stands in for a look at a socket: there is one in its place, and what the
 * case says where the case says. */
static void see(void *context, const char *endpoint, const char *user,
	struct diagnosis_socket *seen)
{
	const char *broken = examined->endpoint;

	(void)context;
	assert_string_equal(user, "postfix");
	seen->state = DIAGNOSIS_STATE_OURS;
	(void)snprintf(seen->path, sizeof seen->path, "/denied");
	seen->directory = true;
	if (broken && !strcmp(broken, endpoint))
		seen->state = examined->socket;
	else if (!strncmp(endpoint, "unix:", 5) &&
		 strcmp(endpoint,
			 "unix:/var/spool/postfix/readdress/milter.sock") != 0)
		seen->state = DIAGNOSIS_STATE_MISSING;
}

static void examine(const struct breakage *breakage,
	const struct config *config, struct findings *findings)
{
	static const char *const good[] = { good_main, good_services,
		good_overrides };
	static const char *const none[] = { good_written, "", "" };
	struct postfix *postfix = read_texts(good);
	struct postfix *written = read_texts(none);
	struct postmap postmap = { .ask = answer, .read = read_file };
	const struct autoroute known = { bytes_of("old.example"),
		breakage->found, 1, 2 };
	struct autoroutes *autoroutes = autoroutes_open();
	const struct diagnosis_held held = { "new.example", breakage->held };
	struct hopsize size = { bytes_of("[mx.new.example]:25"),
		bytes_of("new.example"), breakage->taken, 1 };
	const struct hopsizes sizes = { &size, 1, 1 };
	struct diagnosis diagnosis = {
		.postfix = postfix,
		.written = written,
		.config = config,
		.autoroutes = autoroutes,
		.map = testmap_keep(breakage->rules ? breakage->rules : RULES),
		.postmap = &postmap,
		.see = see,
		.is_hidden = breakage->is_hidden,
		.milter = breakage->milter ? breakage->milter : &running,
		.seen = breakage->seen,
		.sizes = breakage->taken ? &sizes : NULL,
		.found = note,
		.context = findings,
	};

	if (breakage->found != ROUTE_NONE)
		assert_int_equal(autoroutes_put(autoroutes, &known), 0);
	examined = breakage;
	postmap.context = &diagnosis;
	if (breakage->held) {
		diagnosis.held = &held;
		diagnosis.held_count = 1;
	}
	memset(findings, 0, sizeof *findings);
	assert_int_equal(
		postfix_read_main(postfix,
			bytes_of(breakage->main ? breakage->main : ""), NULL),
		0);
	assert_int_equal(
		postfix_read_services(postfix,
			bytes_of(breakage->services ? breakage->services : ""),
			NULL),
		0);
	assert_int_equal(
		postfix_read_overrides(postfix,
			bytes_of(
				breakage->overrides ? breakage->overrides : ""),
			NULL),
		0);
	assert_int_equal(
		postfix_read_main(written,
			bytes_of(breakage->written ? breakage->written : ""),
			NULL),
		0);
	assert_int_equal(doctor_run(&diagnosis), 0);
	autoroutes_close(autoroutes);
	postfix_close(postfix);
	postfix_close(written);
}

static void expect(const struct breakage *breakage, const struct config *config)
{
	struct findings findings;
	size_t len = strlen(breakage->expected);

	examine(breakage, config, &findings);
	if (strncmp(findings.text, breakage->expected, len) != 0 ||
		(len ? strchr(findings.text, '\n') !=
					findings.text + strlen(findings.text) -
						1
		     : *findings.text))
		fail_msg("found:\n%s\nexpected:\n%s", findings.text,
			breakage->expected);
	if (breakage->remedy)
		assert_string_equal(findings.remedy, breakage->remedy);
}

static struct config *defaults(void)
{
	struct config *config;

	assert_int_equal(config_open_defaults(&config), 0);
	return config;
}

static void test_good(void **state)
{
	static const struct breakage none = { .expected = "" };
	struct config *config = defaults();
	struct findings findings;

	(void)state;
	expect(&none, config);
	examine(&none, config, &findings);
	for (size_t i = 0; i < findings.count[DIAGNOSIS_PASS]; i++)
		assert_non_null(doctor_check_name(i));
	assert_null(doctor_check_name(findings.count[DIAGNOSIS_PASS]));
	config_close(config);
}

/* What rewriting To means for DMARC is said as long as To is rewritten. */
static void test_dmarc(void **state)
{
	static const struct breakage none = { .expected = "" };
	static const struct breakage outbound = { .expected = "",
		.rules = "out @new.example;@old.example\n" };
	struct config *config = defaults();
	struct findings findings;

	(void)state;
	examine(&none, config, &findings);
	assert_non_null(strstr(findings.order, "p=reject"));
	assert_non_null(strstr(findings.order, "\"unless-signed\""));
	examine(&outbound, config, &findings);
	assert_null(strstr(findings.order, "p=reject"));
	config->inbound_mode = CONFIG_MODE_SHADOW;
	examine(&none, config, &findings);
	assert_null(strstr(findings.order, "p=reject"));
	config->inbound_mode = CONFIG_MODE_ENFORCE;
	config->inbound_rewrite_headers = CONFIG_HEADERS_UNLESS_SIGNED;
	examine(&none, config, &findings);
	assert_null(strstr(findings.order, "p=reject"));
	assert_non_null(strstr(findings.order, "behind it"));
	config_close(config);
}

/* Without a certificate Postfix offers no TLS, whatever the level is. */
static void test_certificate(void **state)
{
	static const struct breakage none = { .expected = "" };
	static const struct breakage chain = { .expected = "",
		.main = "smtpd_tls_chain_files = /etc/postfix/tls.pem\n" };
	static const struct breakage service = { .expected = "",
		.overrides = "smtp/inet/smtpd_tls_cert_file = /etc/c.pem\n" };
	struct config *config = defaults();
	struct findings findings;

	(void)state;
	examine(&none, config, &findings);
	assert_non_null(strstr(findings.tls, "is not offered before"));
	examine(&chain, config, &findings);
	assert_string_equal(findings.tls, "TLS is offered and used");
	examine(&service, config, &findings);
	assert_string_equal(findings.tls, "TLS is offered and used");
	config_close(config);
}

/* No program is run for each domain: that would take minutes. */
static void test_many_domains(void **state)
{
	static char rules[20000];
	static char main_cf[20000];
	const struct breakage many = {
		.rules = rules, .main = main_cf, .expected = ""
	};
	struct config *config = defaults();
	size_t used = 0;
	size_t len = (size_t)snprintf(main_cf, sizeof main_cf,
		"transport_maps = inline:{ new.example=smtp:[192.0.2.1] }\n"
		"relay_domains = inline:{ ");

	(void)state;
	for (int i = 0; i < 300; i++) {
		used += (size_t)snprintf(rules + used, sizeof rules - used,
			"in @d%d.example;@new.example\n", i);
		len += (size_t)snprintf(main_cf + len, sizeof main_cf - len,
			"%sd%d.example=x", i ? ", " : "", i);
	}
	(void)snprintf(main_cf + len, sizeof main_cf - len, " }\n");
	asked = 0;
	expect(&many, config);
	assert_in_range(asked, 1, 20);
	config_close(config);
}

static void test_postfix(void **state)
{
	static const struct breakage cases[] = {
		{ .services = "submission inet n - y - - smtpd\n",
			.overrides = "submission/inet/smtpd_milters =\n",
			.expected = "WARN milter-attached: submission/inet "
				    "does not have the milter: smtpd_milters "
				    "is empty\n" },
		{ .services = "25 inet n - y - - smtpd\n",
			.overrides = "25/inet/receive_override_options = "
				     "no_address_mappings,no_milters\n",
			.expected = "WARN milter-attached: 25/inet" },
		{ .services = "smtpd pass - - y - - smtpd\n",
			.overrides = "smtpd/pass/smtpd_milters = "
				     "unix:other.sock\n",
			.expected = "WARN milter-attached: smtpd/pass" },
		{ .main = "smtpd_milters = " MILTER ", "
			  "unix:/var/spool/postfix/readdress/milter.sock\n",
			.overrides = "192.0.2.26:smtp/inet/smtpd_milters = "
				     "unix:readdress/milter.sock\n"
				     "[127.0.0.1]:10099/inet/smtpd_milters = "
				     "local:readdress/milter.sock\n",
			.expected = "FAIL milter-twice: the milter stands more "
				    "than once in smtpd_milters of smtp/inet" },
		{ .overrides = "192.0.2.26:smtp/inet/smtpd_milters = "
			       "{ unix:readdress/milter.sock, "
			       "default_action=accept }\n",
			.expected = "FAIL default-action: 192.0.2.26:smtp/inet "
				    "has the milter's default action "
				    "\"accept\"" },
		{ .overrides = "192.0.2.26:smtp/inet/smtpd_milters = "
			       "unix:readdress/milter.sock\n"
			       "192.0.2.26:smtp/inet/milter_default_action = "
			       "quarantine\n",
			.expected = "FAIL default-action: 192.0.2.26:smtp" },
		{ .main = "milter_default_action = accept\n",
			.overrides = "readdress-bounce/unix/"
				     "milter_default_action = tempfail\n",
			.expected = "" }, /* the braces say tempfail */
		{ .main = "milter_default_action = shutdown\n",
			.expected = "" },
		{ .written = "relay_domains = $readdress_domains, x.example\n",
			.expected = "FAIL references: $readdress_domains is "
				    "used, and not defined" },
		{ .written = "smtpd_milters = $readdress_milter "
			     "${readdress_milte}\n",
			.expected = "FAIL references: $readdress_milte is" },
		{ .written = "readdress_domains = socketmap:unix:x:domains\n",
			.expected = "WARN references: readdress_domains is "
				    "defined, and nothing refers to it" },
		{ .written = "readdress_domains = x\n"
			     "relay_domains = ${readdress_domains?a}\n",
			.expected = "" },
		{ .overrides = "192.0.2.26:smtp/inet/milter_protocol = 2\n",
			.expected = "FAIL protocol: 192.0.2.26:smtp/inet "
				    "speaks milter protocol 2, expected 6" },
		{ .main = "smtpd_milters = { unix:readdress/milter.sock, "
			  "{ content_timeout = 10s }, default_action=tempfail "
			  "}\n"
			  "inet_interfaces = all\n",
			.overrides = "192.0.2.26:smtp/inet/smtpd_milters = "
				     "unix:readdress/milter.sock\n"
				     "[127.0.0.1]:10099/inet/smtpd_milters = "
				     "unix:readdress/milter.sock\n",
			.expected = "WARN protocol: smtp/inet gives the milter "
				    "10s for a message" },
		{ .main = "milter_content_timeout = 1m\n", .expected = "" },
		{ .overrides = "pickup/unix/content_filter =\n",
			.remedy = "postconf -P 'pickup/unix/content_filter="
				  "readdress-local:[127.0.0.1]:10099' "
				  "'pickup/unix/receive_override_options="
				  "no_milters' && postfix reload",
			.expected = "WARN sendmail: mail of sendmail(1) and "
				    "cron passes no smtpd" },
		{ .overrides = "pickup/unix/content_filter = "
			       "readdress_local:[127.0.0.1]:10099\n",
			.expected = "WARN sendmail: pickup hands mail to the "
				    "transport readdress_local, which" },
		{ .overrides = "[127.0.0.1]:10099/inet/smtpd_milters =\n",
			.expected = "WARN sendmail: pickup hands mail to a "
				    "content_filter" },
		{ .overrides = "bounce/unix/internal_mail_filter_classes = "
			       "notify\n",
			.remedy = "postconf -P 'bounce/unix/"
				  "cleanup_service_name=readdress-bounce' "
				  "'bounce/unix/internal_mail_filter_classes="
				  "bounce' && postfix reload",
			.expected = "WARN bounces: bounce/unix has no" },
		{ .overrides = "bounce/unix/cleanup_service_name = cleanup\n",
			.expected = "WARN bounces: bounce/unix hands bounces "
				    "to cleanup/unix, which does not have" },
		{ .overrides = "readdress-bounce/unix/non_smtpd_milters = "
			       "inet:localhost:8891\n",
			.remedy = "postconf -M 'readdress-bounce/unix="
				  "readdress-bounce unix n - y - 0 cleanup -o "
				  "milter_macro_daemon_name=LOCAL -o "
				  "non_smtpd_milters=unix:readdress/milter.sock"
				  " -o header_checks= -o mime_header_checks= "
				  "-o nested_header_checks= -o body_checks=' "
				  "&& postconf -P 'bounce/unix/"
				  "cleanup_service_name=readdress-bounce' "
				  "'bounce/unix/internal_mail_filter_classes="
				  "bounce' && postfix reload",
			.expected = "WARN bounces: bounce/unix hands bounces" },
		{ .overrides = "readdress-bounce/unix/non_smtpd_milters = { "
			       "unix:readdress/milter.sock, "
			       "default_action=accept }\n",
			.expected =
				"FAIL default-action: readdress-bounce/unix "
				"has the milter's default action" },
		{ .overrides = "smtp/inet/mynetworks = 10.0.0.0/8, "
			       "0.0.0.0/0\n",
			.expected = "FAIL open-relay: smtp/inet has 0.0.0.0/0 "
				    "in mynetworks" },
		{ .overrides = "smtp/inet/smtpd_relay_restrictions "
			       "= permit_mynetworks\n",
			.expected = "FAIL open-relay: smtp/inet "
				    "refuses no stranger" },
		{ .main = "smtpd_relay_restrictions =\n"
			  "smtpd_recipient_restrictions = permit_mynetworks "
			  "defer_unauth_destination\n",
			.expected = "" },
		{ .overrides = "192.0.2.26:smtp/inet/milter_macro_daemon_name "
			       "= OUTBUOND\n",
			.expected = "FAIL daemon-name: 192.0.2.26:smtp/inet "
				    "has the daemon name OUTBUOND, which is no "
				    "name of readdress.conf; OUTBOUND is\n"
				    "FAIL direction" },
		{ .overrides = "smtp/inet/milter_macro_daemon_name = ORIGIN\n",
			.expected = "WARN daemon-name: smtp/inet has the "
				    "daemon name ORIGIN" },
		{ .overrides = "smtp/inet/milter_macro_daemon_name = ORIGIN\n"
			       "smtp/inet/smtpd_sasl_auth_enable = yes\n",
			.expected = "" },
		{ .overrides = "192.0.2.26:smtp/inet/milter_macro_daemon_name "
			       "= LOCAL\n",
			.remedy = "readdress postfix --apply (it makes a "
				  "service for your mail systems, and says how "
				  "to name them)",
			.expected = "FAIL direction: there are outbound rules, "
				    "and nobody is outbound" },
		{ .main = "enable_original_recipient = no\n",
			.expected = "FAIL original-recipient" },
		{ .overrides = "cleanup/unix/enable_original_recipient = no\n",
			.remedy = "postconf -PX 'cleanup/unix/"
				  "enable_original_recipient' && postfix "
				  "reload",
			.expected = "FAIL original-recipient: "
				    "enable_original_recipient is no in "
				    "cleanup/unix\n" },
		{ .main = "recipient_delimiter = +-\n",
			.expected = "FAIL delimiter: recipient_delimiter is "
				    "\"+-\" in Postfix and \"+\" in" },
		{ .main = "header_size_limit = 59999\n",
			.expected = "WARN limits: header_size_limit is 59999" },
		{ .main = "duplicate_filter_limit = 1999\n",
			.expected = "WARN limits: smtpd_recipient_limit (1000) "
				    "is over half" },
		{ .main = "duplicate_filter_limit = 0\n", .expected = "" },
		{ .main = "message_size_limit = 36700160\n"
			  "mailbox_size_limit = 51200000\n",
			.taken = 36700160,
			.remedy = "postconf -e 'message_size_limit = 36765696' "
				  "&& postfix reload",
			.expected = "WARN limits: message_size_limit is "
				    "36700160, and the next hop of "
				    "new.example, [mx.new.example]:25, takes "
				    "messages of up to 36700160 bytes" },
		{ .main = "message_size_limit = 10240000\n"
			  "mailbox_size_limit = 51200000\n"
			  "virtual_mailbox_limit = 0\n",
			.taken = 157286400,
			.remedy = "postconf -e 'message_size_limit = "
				  "157351936' 'mailbox_size_limit = "
				  "157351936' && postfix reload",
			.expected = "WARN limits: message_size_limit is "
				    "10240000, and" },
		{ .main = "message_size_limit = 36700161\n",
			.taken = 36700160,
			.expected = "" },
		{ .main = "message_size_limit = 0\n",
			.taken = 36700160,
			.expected = "" },
		{ .main = "content_filter = scan:[127.0.0.1]:10025\n",
			.services = "127.0.0.1:10026 inet n - n - 10 smtpd\n",
			.expected = "FAIL reinject: 127.0.0.1:10026/inet takes "
				    "mail back from the content filter" },
		{ .main = "content_filter = scan:[127.0.0.1]:10025\n",
			.services = "127.0.0.1:10026 inet n - n - 10 smtpd\n",
			.overrides = "127.0.0.1:10026/inet/"
				     "receive_override_options = no_milters\n",
			.expected = "" },
		/* What leads to a filter itself is no way back from one. */
		{ .services = "127.0.0.1:587 inet n - n - - smtpd\n",
			.overrides = "127.0.0.1:587/inet/content_filter = "
				     "scan:[127.0.0.1]:10025\n"
				     "smtp/inet/content_filter = "
				     "scan:[127.0.0.1]:10025\n",
			.expected = "" },
		/* guides/split.md: the other instance sends there. */
		{ .main = "multi_instance_directories = /etc/postfix-inside\n",
			.services = "[127.0.0.1]:10027 inet n - y - - smtpd\n",
			.overrides = "[127.0.0.1]:10027/inet/"
				     "milter_macro_daemon_name = OUTBOUND\n"
				     "smtp/inet/content_filter = "
				     "scan:[127.0.0.1]:10025\n",
			.expected = "" },
		{ .services = "[127.0.0.1]:10027 inet n - y - - smtpd\n",
			.overrides = "[127.0.0.1]:10027/inet/"
				     "milter_macro_daemon_name = OUTBOUND\n"
				     "smtp/inet/content_filter = "
				     "scan:[127.0.0.1]:10025\n",
			.expected = "FAIL reinject: [127.0.0.1]:10027/inet "
				    "takes mail back" },
		{ .overrides = "smtp/inet/smtpd_proxy_filter = "
			       "127.0.0.1:10025\n",
			.expected = "FAIL reinject: smtp/inet has "
				    "smtpd_proxy_filter and the milter" },
		{ .overrides = "smtp/inet/smtpd_milter_maps = "
			       "cidr:/etc/postfix/m\n",
			.expected = "WARN milter-maps: smtp/inet has" },
		{ .main = "smtpd_forbid_bare_newline = no\n",
			.expected = "WARN bare-newline: "
				    "smtpd_forbid_bare_newline is no" },
		{ .main = "smtpd_forbid_bare_newline = normalize\n",
			.expected = "" },
		{ .main = "smtp_tls_security_level =\n",
			.expected = "WARN tls: smtp_tls_security_level" },
		{ .main = "smtpd_tls_security_level = none\n",
			.expected = "WARN tls: smtpd_tls_security_level" },
		{ .main = "transport_maps = "
			  "lmdb:/var/lib/readdress/map, hash:/x\n",
			.written = "transport_maps = $ours, hash:/x\n"
				   "ours = lmdb:/var/lib/readdress/map\n",
			.expected = "FAIL tables-shared: transport_maps opens "
				    "a table in /var/lib/readdress" },
		{ .main = "data_directory = /var/lib/readdress-postfix\n",
			.written = "data_directory = "
				   "/var/lib/readdress-postfix\n",
			.expected = "" },
		{ .main = "mail_version = 3.6.99\n",
			.expected = "WARN versions: this is Postfix 3.6.99" },
		{ .main = "mail_version = 3.11-20260101\n", .expected = "" },
		{ .main = "mail_version = 4.0\n", .expected = "" },
	};
	struct config *config = defaults();

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		if (strstr(cases[i].expected, "\nFAIL direction")) {
			struct findings findings;

			examine(&cases[i], config, &findings);
			assert_non_null(
				strstr(findings.text, cases[i].expected));
			continue;
		}
		expect(&cases[i], config);
	}
	config_close(config);
}

#define SUBDOMAIN "in @*.sub.example;@new.example\n"
#define SEVEN                                                                  \
	"in @a.example;@n.example\nin @b.example;@n.example\n"                 \
	"in @c.example;@n.example\nin @d.example;@n.example\n"                 \
	"in @e.example;@n.example\nin @f.example;@n.example\n"                 \
	"in x@g.example;x@n.example\nin y@g.example;y@n.example\n"

static void test_domains(void **state)
{
	static const struct breakage cases[] = {
		{ .main = "relay_domains = older.example, ld.example\n",
			.written = "relay_domains = $mine, ld.example\n",
			.remedy = "postconf -e 'relay_domains = $mine, "
				  "ld.example, old.example' && postfix reload",
			.expected = "FAIL domains: Postfix does not accept 1 "
				    "domain of inbound rules: old.example\n" },
		{ .main = "relay_domains =\n",
			.rules = SEVEN,
			.remedy = "postconf -e 'relay_domains = a.example, "
				  "b.example, c.example, d.example, e.example' "
				  "&& postfix reload (then run readdress "
				  "doctor again, which names the next ones)",
			.expected = "FAIL domains: Postfix does not accept 7 "
				    "domains of inbound rules: a.example, "
				    "b.example, c.example, d.example, "
				    "e.example and 2 more\n" },
		{ .main = "relay_domains = OLD.example\n", .expected = "" },
		{ .main = "relay_domains = !old.example, old.example\n",
			.expected = "FAIL domains: Postfix does not accept" },
		{ .main = "relay_domains =\nvirtual_alias_domains = x, "
			  "old.example\n",
			.remedy = "postconf -e 'virtual_alias_domains = x' "
				  "'relay_domains = old.example' && postfix "
				  "reload",
			.expected = "FAIL domains: virtual_alias_domains has 1 "
				    "domain of inbound rules: old.example\n" },
		{ .main = "virtual_alias_domains = old.example\n"
			  "virtual_alias_maps = hash:/x, inline:{ "
			  "@old.example=x }\n",
			.expected = "WARN second-rewrite: virtual_alias_maps" },
		{ .main = "relay_transport = error:5.1.1 no more\n",
			.remedy = "postconf -X relay_transport && postfix "
				  "reload",
			.expected = "FAIL domains: relay_transport = error:" },
		{ .main = "relay_transport = discard:\ntransport_maps = "
			  "inline:{ old.example=smtp:[192.0.2.1] }\n",
			.expected = "" },
		{ .main = "transport_maps = inline:{ other.example=x, "
			  "{old.example = error:gone} }\n",
			.remedy = "take old.example out of the tables of "
				  "transport_maps, then `postfix reload`",
			.expected = "FAIL domains: transport_maps throws" },
		/* what is not local */
		{ .main = "mydestination = localhost, old.example, x\n",
			.remedy = "postconf -e 'mydestination = localhost, x' "
				  "&& postfix reload",
			.expected = "FAIL domains: mydestination has 1 domain "
				    "of inbound rules: old.example\n" },
		{ .main = "virtual_mailbox_domains = hash:/old\n",
			.remedy = "take old.example out of "
				  "virtual_mailbox_domains in main.cf, then "
				  "`postfix reload`",
			.expected = "FAIL domains: virtual_mailbox_domains has "
				    "1 domain" },
		{ .main = "mydestination = old.example\nrelay_domains =\n",
			.rules = RULES "routes @old.example;local\n",
			.expected = "" },
		{ .main = "mydestination = old.example\nrelay_domains =\n",
			.rules = RULES "routes @*.example;local lmtp:unix:x\n",
			.expected = "" },
		{ .main = "relay_domains =\n",
			.rules = RULES "routes @old.example;remote\n",
			.expected = "" },
		{ .main = "relay_domains =\n",
			.rules = RULES "routes @old.example;auto\n",
			.found = ROUTE_REMOTE,
			.expected = "" },
		{ .main = "mydestination = old.example\nrelay_domains =\n",
			.rules = RULES "routes @old.example;auto\n",
			.found = ROUTE_LOCAL,
			.expected = "" },
		{ .main = "relay_domains =\n",
			.rules = RULES "routes @old.example;auto\n",
			.found = ROUTE_BACKUP,
			.expected = "FAIL domains" },
		{ .main = "relay_domains =\n",
			.rules = RULES "routes @old.example;auto\n",
			.expected = "FAIL domains" },
		{ .main = "mydestination = old.example\nrelay_domains = x\n",
			.written = "relay_domains = $x\n",
			.remedy =
				"postconf -e 'mydestination = ' 'relay_domains "
				"= $x, old.example' && postfix reload",
			.expected =
				"FAIL domains: mydestination has 1 domain" },
		{ .main = "mydestination = hash:/old\nrelay_domains = x\n",
			.remedy = "take old.example out of mydestination in "
				  "main.cf, set relay_domains to what it has "
				  "and old.example, then `postfix reload`",
			.expected =
				"FAIL domains: mydestination has 1 domain" },
		/* sub-domains */
		{ .main = "relay_domains = sub.example\n",
			.rules = SUBDOMAIN,
			.remedy = "postconf -e 'relay_domains = sub.example, "
				  ".sub.example' && postfix reload",
			.expected = "FAIL domains: Postfix does not accept 1 "
				    "domain of inbound rules: *.sub.example" },
		{ .main = "relay_domains = .sub.example\n",
			.rules = SUBDOMAIN,
			.expected = "" },
		{ .main = "relay_domains = hash:/dotted\n",
			.rules = SUBDOMAIN,
			.expected = "" },
		{ .main = "relay_domains = .sub.example\n"
			  "parent_domain_matches_subdomains = relay_domains\n",
			.rules = SUBDOMAIN,
			.remedy = "postconf -e 'relay_domains = .sub.example, "
				  "sub.example' && postfix reload",
			.expected = "FAIL domains: Postfix does not accept 1" },
		{ .main = "relay_domains = example\n"
			  "transport_maps = inline:{ new.example=smtp:[h] }\n"
			  "parent_domain_matches_subdomains = relay_domains\n",
			.expected = "" },
		{ .main = "relay_domains = example\n",
			.expected = "FAIL domains: Postfix does not accept 1" },
		/* files */
		{ .main = "relay_domains = /etc/postfix/more\n",
			.expected = "" },
		{ .main = "relay_domains = !/etc/postfix/old, old.example\n",
			.expected = "FAIL domains: Postfix does not accept 1" },
		{ .main = "mydestination = localhost, /etc/postfix/old\n",
			.remedy = "take old.example out of mydestination in "
				  "main.cf, then `postfix reload`",
			.expected =
				"FAIL domains: mydestination has 1 domain" },
		/* tables */
		{ .main = "relay_domains = proxy:hash:/old\n", .expected = "" },
		{ .main = "relay_domains = unionmap:{hash:/x, "
			  "{inline:{old.example=x}}}\n",
			.expected = "FAIL domains: Postfix does not accept 1" },
		{ .main = "relay_domains = hash:/other hash:/old\n",
			.expected = "" },
		{ .main = "relay_domains = hash:/other\n",
			.expected = "FAIL domains: Postfix does not accept 1" },
		{ .main = "relay_domains = regexp:/parent, hash:/parent\n"
			  "transport_maps = inline:{ new.example=smtp:[h] }\n"
			  "parent_domain_matches_subdomains = relay_domains\n",
			.expected = "" },
	};
	static const char *const unknown[] = { "relay_domains = hash:/broken\n",
		"relay_domains = ldap:/server\n",
		"relay_domains = /etc/postfix/domains\n",
		"relay_domains = /etc/postfix/itself\n",
		"relay_domains = unionmap:{hash:/x, ldap:/server}\n",
		"relay_domains = !hash:/broken old.example\n" };
	struct config *config = defaults();

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		expect(&cases[i], config);
	for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++) {
		struct breakage breakage = { .main = unknown[i] };
		struct findings findings;

		examine(&breakage, config, &findings);
		assert_string_equal(findings.text, "");
		assert_int_equal(findings.count[DIAGNOSIS_SKIP], 1);
	}
	config_close(config);
}

/* Other milters, filters, and what switches milters off. */
static void test_order(void **state)
{
	static const struct breakage cases[] = {
		/* milter-attached */
		{ .main = "smtpd_milters = inet:localhost:8893, "
			  "unix:readdress/milter.sok inet:localhost:8891\n",
			.overrides = "192.0.2.26:smtp/inet/smtpd_milters = "
				     "unix:readdress/milter.sock\n"
				     "[127.0.0.1]:10099/inet/smtpd_milters = "
				     "unix:readdress/milter.sock\n",
			.remedy = "postconf -e 'smtpd_milters = "
				  "inet:localhost:8893, $readdress_milter, "
				  "inet:localhost:8891' && postfix reload",
			.written = "smtpd_milters = inet:localhost:8893, "
				   "unix:readdress/milter.sok "
				   "inet:localhost:8891 "
				   "${readdress_milter?}\n",
			.expected = "WARN milter-attached: smtp/inet does not "
				    "have the milter: smtpd_milters is "
				    "inet:localhost:8893, unix:readdress/"
				    "milter.sok inet:localhost:8891, and the "
				    "milter's socket is "
				    "unix:readdress/milter.sock\n" },
		{ .services = "smtps inet n - y - - smtpd\n",
			.overrides = "smtps/inet/smtpd_milters = inet:h:1, "
				     "unix:radres/milter.sock\n",
			.remedy = "postconf -P 'smtps/inet/smtpd_milters="
				  "inet:h:1,unix:radres/milter.sock,"
				  "$readdress_milter' && postfix reload",
			.expected = "WARN milter-attached: smtps/inet" },
		{ .services = "smtps inet n - y - - smtpd\n",
			.overrides = "smtps/inet/smtpd_milters = inet:h:1, "
				     "unix:raeddress/milter.sock\n",
			.remedy = "postconf -P 'smtps/inet/smtpd_milters="
				  "inet:h:1,$readdress_milter' && postfix "
				  "reload",
			.expected = "WARN milter-attached: smtps/inet" },
		{ .services = "smtps inet n - y - - smtpd\n",
			.overrides = "smtps/inet/inet_interfaces = 127.0.0.1, "
				     "[::1]\nsmtps/inet/smtpd_milters =\n",
			.expected = "" },
		{ .services = "smtps inet n - y - - smtpd\n",
			.overrides = "smtps/inet/smtpd_milters =\n",
			.remedy = "postconf -P 'smtps/inet/smtpd_milters="
				  "$readdress_milter' && postfix reload",
			.expected = "WARN milter-attached: smtps/inet" },
		{ .overrides = "smtp/inet/receive_override_options = "
			       "no_milters no_address_mappings\n",
			.remedy = "postconf -P "
				  "'smtp/inet/receive_override_options="
				  "no_address_mappings' && postfix reload",
			.expected = "WARN milter-attached: smtp/inet does not "
				    "have the milter: receive_override" },
		{ .overrides = "smtp/inet/smtpd_milters =\n"
			       "smtp/inet/smtpd_proxy_filter = 127.0.0.1:9\n",
			.services = "127.0.0.1:10 inet n - y - - smtpd\n",
			.expected = "" },
		{ .main = "smtpd_milters = inet:localhost:8893, " MILTER
			  " # ours, then theirs\n",
			.written = "smtpd_milters = inet:localhost:8893, "
				   "$readdress_milter # ours, then theirs\n",
			.remedy = "postconf -e 'smtpd_milters = "
				  "inet:localhost:8893, $readdress_milter' && "
				  "postfix reload",
			.expected = "FAIL milter-attached: \"#\" in "
				    "smtpd_milters of smtp/inet is no milter"
				    "\n" },
		/* milter-twice */
		{ .main = "content_filter = smtp:[127.0.0.1]:10026\n",
			.services = "10026 inet n - y - - smtpd\n",
			.overrides = "10026/inet/content_filter =\n"
				     "10026/inet/receive_override_options = "
				     "no_address_mappings\n",
			.remedy = "postconf -X content_filter && postfix "
				  "reload (10026/inet takes mail from outside)",
			.expected = "FAIL milter-twice: smtp/inet hands mail "
				    "to 10026/inet by content_filter" },
		{ .main = "relay_transport = smtp:[::1]:submission\n",
			.services = "[::1]:587 inet n - y - - smtpd\n",
			.overrides = "[::1]:587/inet/receive_override_options "
				     "= no_address_mappings\n",
			.remedy = "postconf -P '[::1]:587/inet/"
				  "receive_override_options="
				  "no_address_mappings,no_milters' && postfix "
				  "reload",
			.expected = "FAIL milter-twice: Postfix hands mail to "
				    "[::1]:587/inet by relay_transport" },
		{ .main = "relayhost = [192.0.2.26]\n",
			.remedy = "postconf -X relayhost && postfix reload "
				  "(192.0.2.26:smtp/inet takes mail from "
				  "outside)",
			.expected = "FAIL milter-twice: Postfix hands mail to "
				    "192.0.2.26:smtp/inet by relayhost" },
		{ .main = "relayhost = [192.0.2.27]\n", .expected = "" },
		{ .main = "transport_maps = inline:{ new.example=smtp:[::1] }"
			  "\n",
			.expected = "FAIL milter-twice: the transport of "
				    "new.example hands mail to smtp/inet by "
				    "transport_maps" },
		{ .main = "header_checks = regexp:{ {/a/i FILTER "
			  "x:[127.0.0.1]:26} }\n",
			.services = "localhost:26 inet n - y - - smtpd\n",
			.expected = "FAIL milter-twice: FILTER hands mail to "
				    "localhost:26/inet by header_checks" },
		{ .main = "smtpd_sender_restrictions = check_sender_access "
			  "inline:{ {x@y = FILTER x:[127.0.0.1]:26} }\n",
			.services = "localhost:26 inet n - y - - smtpd\n",
			.expected = "FAIL milter-twice: FILTER hands mail to "
				    "localhost:26/inet by "
				    "smtpd_sender_restrictions" },
		/* milter-order */
		{ .overrides = "192.0.2.26:smtp/inet/smtpd_milters = "
			       "inet:localhost:8893, "
			       "unix:opendkim/opendkim.sock, "
			       "unix:readdress/milter.sock\n",
			.remedy = "postconf -P '192.0.2.26:smtp/inet/"
				  "smtpd_milters=inet:localhost:8893,"
				  "unix:readdress/milter.sock,"
				  "unix:opendkim/opendkim.sock' && postfix "
				  "reload",
			.expected = "FAIL milter-order: 192.0.2.26:smtp/inet "
				    "has unix:opendkim/opendkim.sock, which "
				    "signs, before the milter\n" },
		{ .overrides = "smtp/inet/smtpd_milters = "
			       "unix:opendkim/opendkim.sock, " MILTER "\n",
			.expected = "" }, /* nobody is outbound there */
		{ .overrides = "smtp/inet/smtpd_milters = "
			       "unix:opendkim/opendkim.sock, " MILTER "\n"
			       "smtp/inet/smtpd_sasl_auth_enable = yes\n",
			.expected = "FAIL milter-order: smtp/inet" },
		{ .overrides = "[127.0.0.1]:10099/inet/smtpd_milters = "
			       "inet:localhost:8891, " MILTER "\n",
			.expected = "FAIL milter-order: [127.0.0.1]:10099" },
		{ .overrides = "smtp/inet/smtpd_milters = unix:other, " MILTER
			       " { inet:localhost:11332, default_action=accept "
			       "}\n",
			.remedy = "postconf -P 'smtp/inet/smtpd_milters="
				  "unix:other,{inet:localhost:11332,"
				  "default_action=accept},"
				  "{unix:readdress/"
				  "milter.sock,default_action=tempfail}' && "
				  "postfix reload",
			.expected = "WARN milter-order: smtp/inet has "
				    "inet:localhost:11332, which verifies" },
		{ .overrides = "192.0.2.26:smtp/inet/smtpd_milters = " MILTER
			       ", inet:localhost:11332\n",
			.expected = "" }, /* nobody is inbound there */
		{ .main = "non_smtpd_milters = inet:localhost:8891\n",
			.expected = "" },
		{ .main = "non_smtpd_milters = inet:localhost:8891\n",
			.overrides = "pickup/unix/receive_override_options =\n",
			.remedy = "postconf -P 'pickup/unix/"
				  "receive_override_options=no_milters' && "
				  "postfix reload",
			.expected = "FAIL milter-order: mail of pickup passes "
				    "inet:localhost:8891" },
		/* header-checks */
		{ .main = "header_checks = regexp:/checks\n",
			.remedy = "LC_ALL=C sed -i "
				  "'4s/^\\(.\\{4\\}\\)pass/\\1DUNNO/' /checks "
				  "&& postfix reload",
			.expected = "FAIL header-checks: header_checks of "
				    "cleanup/unix has pass in regexp:/checks"
				    "\n" },
		{ .main = "body_checks = pcre:{ {/a b/ REDIRECT x@y} }\n",
			.written = "body_checks = pcre:{ {/a b/ REDIRECT x@y} "
				   "}\n",
			.remedy = "postconf -e 'body_checks = pcre:{ {/a b/ "
				  "BCC x@y} }' && postfix reload",
			.expected = "FAIL header-checks: body_checks of" },
		{ .main = "header_checks = pcre:{ {/PASS/ WARN PASS} }\n",
			.expected = "" },
		{ .services = "other unix n - y - 0 cleanup\n",
			.overrides = "other/unix/header_checks = "
				     "regexp:/checks\n",
			.expected = "WARN header-checks: header_checks of "
				    "other/unix" },
		{ .main = "header_checks = regexp:/checks\n"
			  "receive_override_options = "
			  "no_header_body_checks\n",
			.expected = "WARN header-checks" },
	};
	static const struct breakage unknown = {
		.main = "header_checks = regexp:/none\n"
	};
	struct config *config = defaults();
	struct findings findings;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		expect(&cases[i], config);
	examine(&unknown, config, &findings);
	assert_string_equal(findings.text, "");
	assert_int_equal(findings.count[DIAGNOSIS_SKIP], 1);
	config_close(config);
}

/* Tables that change addresses of the rules a@old <-> a@new. */
static void test_rewriting(void **state)
{
	static const struct breakage cases[] = {
		{ .main = "canonical_maps = inline:{ a@new.example=b@x.example "
			  "}\n",
			.remedy = "postconf -e 'canonical_classes = "
				  "header_recipient' && postfix reload",
			.expected = "WARN second-rewrite: canonical_maps "
				    "changes a@new.example of our rules to "
				    "b@x.example\n" },
		{ .main = "canonical_maps = inline:{ "
			  "a@new.example=a@NEW.example "
			  "}\n",
			.expected = "" },
		{ .main = "canonical_maps = inline:{ "
			  "a@new.example=a@old.example "
			  "}\ncanonical_classes = header_recipient\n",
			.expected = "" },
		{ .main = "canonical_maps = inline:{ "
			  "a@new.example=a@old.example "
			  "}\ncanonical_classes = envelope_recipient\n",
			.remedy = "postconf -e 'canonical_classes = ' && "
				  "postfix reload",
			.expected =
				"FAIL target-back: canonical_maps leads the "
				"target a@new.example of a rule back to a "
				"source, a@old.example\n" },
		{ .main = "recipient_canonical_maps = hash:/other, inline:{ "
			  "@new.example=@old.example }\n",
			.remedy = "postconf -e 'recipient_canonical_classes = "
				  "header_recipient' && postfix reload",
			.expected = "FAIL target-back: recipient_canonical_maps"
				    " leads the target any@new.example of a "
				    "rule back to a source, any@old.example, "
				    "and 1 more\n" },
		{ .main = "recipient_canonical_maps = inline:{ "
			  "@new.example=@x.example }\n",
			.expected =
				"WARN second-rewrite: recipient_canonical" },
		{ .main = "sender_canonical_maps = inline:{ "
			  "a@old.example=z@x.example }\n",
			.expected =
				"WARN second-rewrite: sender_canonical_maps "
				"changes a@old.example of our rules to "
				"z@x.example\n" },
		{ .main = "virtual_alias_maps = hash:/alias\n",
			.remedy = "sed -i -e '/^a@new\\.example[[:space:]]/Id' "
				  "/alias && postmap hash:/alias && postfix "
				  "reload",
			.expected = "WARN second-rewrite: virtual_alias_maps "
				    "changes a@new.example" },
		{ .main = "virtual_alias_maps = hash:/alias\n"
			  "receive_override_options = no_address_mappings\n",
			.expected = "" },
		{ .main = "smtp_generic_maps = inline:{ a@new.example=x@y }\n",
			.services = "relay unix - - y - - smtp\n",
			.expected = "WARN second-rewrite: smtp_generic_maps" },
		{ .main = "masquerade_domains = example\n",
			.remedy = "postconf -e 'masquerade_classes = ' && "
				  "postfix reload",
			.expected = "WARN second-rewrite: masquerade_domains "
				    "changes any@old.example of our rules to "
				    "any@example, and 2 more\n" },
		{ .main = "masquerade_domains = !old.example !new.example "
			  "example\n",
			.expected = "" },
		{ .main = "masquerade_domains = !example example\n",
			.expected = "" },
	};
	static const struct breakage unknown = {
		.main = "canonical_maps = hash:/broken\n"
	};
	struct config *config = defaults();
	struct findings findings;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		expect(&cases[i], config);
	examine(&unknown, config, &findings);
	assert_string_equal(findings.text, "");
	assert_int_equal(findings.count[DIAGNOSIS_SKIP], 2);
	config_close(config);
}

#define OURS  "socketmap:unix:readdress/lookup.sock:"
#define USERS "in a@old.example;a@new.example\nin b@old.example;b@new.example\n"
#define DAYS  ((uint64_t)86400)

static void test_routes(void **state)
{
	static const struct breakage cases[] = {
		/* recipients */
		{ .rules = USERS,
			.expected = "WARN recipients: relay_recipient_maps is "
				    "empty, and inbound has no rule for all "
				    "others of old.example\n" },
		{ .rules = USERS,
			.main = "relay_recipient_maps = inline:{ "
				"a@old.example=x }\n",
			.expected = "FAIL recipients: relay_recipient_maps "
				    "does not have 1 source of inbound rules: "
				    "b@old.example\n" },
		{ .rules = USERS,
			.main = "relay_recipient_maps = hash:/x, inline:{ "
				"@old.example=x }\n",
			.expected = "" },
		{ .rules = USERS,
			.main = "relay_recipient_maps = " OURS "recipients\n",
			.expected = "" },
		{ .main = "relay_recipient_maps = " OURS "recipients\n"
			  "relay_domains = old.example, other.example\n",
			.written =
				"relay_recipient_maps = " OURS "recipients\n",
			.remedy = "postconf -e 'relay_recipient_maps = " OURS
				  "recipients-open' && postfix reload",
			.expected = "FAIL recipients: relay_recipient_maps has "
				    "the table recipients alone, and "
				    "relay_domains has domains that are not "
				    "ours: other.example\n" },
		{ .main = "relay_recipient_maps = " OURS "recipients-open\n"
			  "relay_domains = old.example, other.example\n",
			.expected = "" },
		{ .overrides = "smtp/inet/smtpd_recipient_restrictions = "
			       "reject_unverified_recipient, permit\n",
			.remedy = "postconf -P 'smtp/inet/"
				  "smtpd_recipient_restrictions=permit' && "
				  "postfix reload",
			.expected = "WARN recipients: smtp/inet has "
				    "reject_unverified_recipient" },
		{ .rules = USERS,
			.main = "relay_recipient_maps = hash:/x\n"
				"smtpd_reject_unlisted_recipient = no\n",
			.remedy = "postconf -X smtpd_reject_unlisted_recipient "
				  "&& postfix reload",
			.expected = "WARN recipients: "
				    "smtpd_reject_unlisted_recipient is no" },
		/* our tables are understood by the other checks */
		{ .main = "relay_domains = " OURS "domains\n", .expected = "" },
		{ .main = "relay_domains = " OURS "mailboxes\n",
			.expected = "FAIL domains: Postfix does not accept 1" },
		/* stays */
		{ .rules = RULES "in chloe@old.example;chloe@old.example\n",
			.expected = "FAIL stays: the rules leave 1 address as "
				    "it is, and the domain has no next hop: "
				    "chloe@old.example\n" },
		{ .rules = RULES "in b@old.example;b@old.example,b@new.example"
				 "\n",
			.expected = "FAIL stays" },
		{ .rules = RULES "in chloe@old.example;chloe@old.example\n"
				 "routes @old.example;smtp:[192.0.2.1]\n",
			.main = "transport_maps = " OURS "transport\n",
			.expected = "" },
		{ .rules = RULES "in chloe@old.example;chloe@old.example\n",
			.main = "transport_maps = " OURS "transport\n",
			.expected = "FAIL stays" },
		{ .rules = RULES "in chloe@old.example;chloe@old.example\n",
			.main = "transport_maps = inline:{ "
				"old.example=smtp:[192.0.2.1] }\n",
			.expected = "" },
		{ .rules = RULES "in chloe@old.example;chloe@old.example\n"
				 "routes @old.example;remote\n",
			.expected = "" },
		/* hold */
		{ .held = 2 * DAYS, .expected = "" },
		{ .held = 3 * DAYS,
			.remedy = "postconf -e 'maximal_queue_lifetime = 10d' "
				  "&& postfix reload (or end it: readdress "
				  "delete routes @new.example --reload)",
			.expected = "WARN hold: new.example is held for 72 "
				    "hours, and maximal_queue_lifetime is 5d"
				    "\n" },
		{ .held = 4 * DAYS + 1, .expected = "FAIL hold: new.example" },
		{ .held = 4 * DAYS + 1,
			.main = "maximal_queue_lifetime = 2w\n",
			.expected = "" },
		/* target-loop */
		{ .main = "relay_domains = old.example, new.example\n",
			.expected = "FAIL target-loop: relay_domains has 1 "
				    "target domain of inbound rules, without a "
				    "next hop: new.example\n" },
		{ .main = "relay_domains = old.example, new.example\n"
			  "relayhost = [192.0.2.9]\n",
			.expected = "" },
		{ .main = "relay_domains = old.example, new.example\n"
			  "transport_maps = " OURS "transport\n",
			.rules = RULES "routes @new.example;smtp:[192.0.2.1]\n",
			.expected = "" },
		{ .is_hidden = true, .expected = "" },
		{ .is_hidden = true,
			.rules = RULES "routes @b.example;backup\n",
			.remedy = "postconf -e 'proxy_interfaces = ADDRESS' && "
				  "postfix reload (the public ADDRESS that "
				  "leads to this host)",
			.expected = "FAIL target-loop: this host has no public "
				    "address, proxy_interfaces is empty, and "
				    "it is the backup of b.example\n" },
		{ .rules = RULES "routes @b.example;backup\n", .expected = "" },
		{ .is_hidden = true,
			.main = "proxy_interfaces = 192.0.2.7\n",
			.rules = RULES "routes @b.example;backup\n",
			.expected = "" },
		{ .is_hidden = true,
			.main = "transport_maps = inline:{ "
				"b.example=smtp:[192.0.2.1] }\n",
			.rules = RULES "routes @b.example;backup\n",
			.expected = "" },
		/* lookup */
		{ .main = "relay_domains = " OURS "domains\n",
			.written = "relay_domains = " OURS "domains\n",
			.expected = "" },
		{ .main = "relay_domains = " OURS "domains\n",
			.written = "relay_domains = " OURS "domains\n",
			.said = "old.example\tother\n",
			.expected = "FAIL lookup: " OURS "domains answers by "
				    "other rules than the newest\n" },
		{ .main = "relay_domains = " OURS "domains\n",
			.written = "relay_domains = " OURS "domains\n",
			.said = "",
			.remedy = "systemctl restart readdress-milter && "
				  "postfix reload (a process of Postfix "
				  "remembers that it failed)",
			.expected = "FAIL lookup: " OURS
				    "domains does not answer\n" },
		{ .main = "relay_domains = old.example, "
			  "socketmap:unix:readdress/lookup.sok:domains\n",
			.written = "relay_domains = old.example, "
				   "socketmap:unix:readdress/lookup.sok:domains"
				   "\n",
			.remedy = "postconf -e 'relay_domains = old.example, "
				  "socketmap:unix:readdress/lookup.sock:"
				  "domains' && postfix reload",
			.expected = "FAIL lookup: Postfix asks "
				    "socketmap:unix:readdress/lookup.sok:"
				    "domains, and the look-up service is at "
				    "unix:readdress/lookup.sock\n" },
		{ .main = "relay_domains = socketmap:unix:/var/spool/postfix/"
			  "readdress/lookup.sock:domains\n",
			.written = "relay_domains = socketmap:unix:/var/spool/"
				   "postfix/readdress/lookup.sock:domains\n",
			.remedy = "postconf -e 'relay_domains = " OURS
				  "domains' && postfix reload",
			.expected = "FAIL lookup: socketmap:unix:/var/spool/"
				    "postfix/readdress/lookup.sock:domains has "
				    "a whole path" },
		{ .main = "relay_domains = " OURS "domains\n",
			.written = "relay_domains = " OURS "domains\n",
			.services = "smtp inet n - y - 3000 smtpd\n",
			.expected = "WARN lookup: master.cf allows more" },
	};
	static const struct breakage unset = {
		.main = "relay_domains = " OURS "domains, old.example\n",
		.written = "relay_domains = " OURS "domains, old.example\n",
		.expected = "FAIL lookup: Postfix asks " OURS
			    "domains, and readdress.conf has no lookup_socket\n"
	};
	struct config *config =
		testmap_config("lookup_socket = "
			       "\"unix:/var/spool/postfix/readdress/"
			       "lookup.sock\"\n");

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		expect(&cases[i], config);
	config_close(config);
	config = defaults();
	expect(&unset, config);
	config_close(config);
}

static void test_socket(void **state)
{
	static const char good[] = "unix:/var/spool/postfix/readdress/"
				   "milter.sock";
	static const struct breakage cases[] = {
		{ .endpoint = good,
			.socket = DIAGNOSIS_STATE_MISSING,
			.remedy = "systemctl restart readdress-milter",
			.expected = "FAIL socket: the milter runs, and its "
				    "socket is gone: unix:/var/spool/postfix/"
				    "readdress/milter.sock\n" },
		{ .endpoint = good,
			.socket = DIAGNOSIS_STATE_REFUSED,
			.expected = "FAIL socket: the milter runs, and does "
				    "not listen at" },
		{ .endpoint = good,
			.socket = DIAGNOSIS_STATE_DENIED,
			.remedy = "chgrp postfix /denied && chmod g+x /denied",
			.expected = "FAIL socket: Postfix's user postfix may "
				    "not enter /denied\n" },
		{ .endpoint = good,
			.socket = DIAGNOSIS_STATE_OTHER,
			.expected = "FAIL socket: another program listens at" },
		/* every service of the good ones is in a chroot */
		{ .main = "smtpd_milters = { unix:/var/spool/postfix/"
			  "readdress/milter.sock, default_action=tempfail }\n",
			.written = "smtpd_milters = { unix:/var/spool/postfix/"
				   "readdress/milter.sock, "
				   "default_action=tempfail } "
				   "${readdress_milter?}\n",
			.remedy = "postconf -e 'smtpd_milters = { "
				  "unix:readdress/milter.sock, "
				  "default_action=tempfail } "
				  "${readdress_milter?}' && postfix reload",
			.expected = "FAIL socket: smtp/inet is in a chroot: it "
				    "looks for the socket at "
				    "unix:/var/spool/postfix/var/spool/" },
		{ .overrides = "smtp/inet/smtpd_milters = { "
			       "unix:/var/spool/postfix/readdress/milter.sock, "
			       "default_action=tempfail }\n",
			.services = "smtp inet n - n - - smtpd\n",
			.expected = "" },
	};
	struct config *config = defaults();

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		expect(&cases[i], config);
	config_close(config);
}

static void test_open_relay(void **state)
{
	static const struct {
		const char *main;
		const char *expected; /* "" or the beginning */
		const char *remedy;
	} cases[] = {
#define RELAY "smtpd_relay_restrictions = "
		{ RELAY "permit\n", "FAIL open-relay: smtp/inet refuses",
			NULL },
		{ RELAY "permit_mynetworks, permit, reject\n",
			"FAIL open-relay", NULL },
		{ RELAY "warn_if_reject reject_unauth_destination\n",
			"FAIL open-relay", NULL },
		{ RELAY "warn_if_reject reject_unauth_destination, reject\n",
			"", NULL },
		{ RELAY "a_class\nsmtpd_restriction_classes = a_class\n"
			"a_class = reject_unauth_destination\n",
			"", NULL },
		{ RELAY "a_class, reject\nsmtpd_restriction_classes = "
			"a_class\na_class = permit\n",
			"FAIL open-relay", NULL },
		{ RELAY "permit\nsmtpd_recipient_restrictions = "
			"reject_unauth_destination\n",
			"", NULL },
		{ RELAY "permit\nsmtpd_client_restrictions = "
			"permit_mynetworks, reject\n",
			"", NULL },
		{ RELAY "permit_mx_backup, reject_unauth_destination\n",
			"WARN open-relay: smtp/inet has permit_mx_backup",
			"postconf -e 'smtpd_relay_restrictions = "
			"reject_unauth_destination' && postfix reload" },
		{ RELAY "permit_mx_backup, reject_unauth_destination\n"
			"permit_mx_backup_networks = 192.0.2.0/24\n",
			"", NULL },
#define EVERYBODY(action)                                                      \
	"inline:{ 8.8.8.8=" action ", 45.33.32.156=" action                    \
	", 141.1.1.1=" action ", 203.0.113.77=" action " }"
		{ RELAY "check_client_access " EVERYBODY(
			  "OK") ", "
				"reject_unauth_destination\n",
			"FAIL open-relay: smtp/inet refuses", NULL },
		{ RELAY "check_client_access " EVERYBODY("REJECT") ", permit\n",
			"", NULL },
		{ RELAY "check_client_access inline:{ 8.8.8.8=OK }, "
			"reject_unauth_destination\n",
			"", NULL },
		{ "mynetworks = 10.0.0.0/8 192.168.0.0/16 [fe80::]/10 "
		  "198.51.100.0/24\n",
			"", NULL },
		{ "mynetworks = 127.0.0.0/8, 0.0.0.0/0\n",
			"FAIL open-relay: smtp/inet has 0.0.0.0/0 in "
			"mynetworks\n",
			"postconf -e 'mynetworks = 127.0.0.0/8' && postfix "
			"reload" },
		{ "mynetworks = [2000::]/3\n",
			"FAIL open-relay: smtp/inet has [2000::]/3",
			"postconf -e 'mynetworks = 127.0.0.0/8, [::1]/128' && "
			"postfix reload" },
		{ "mynetworks = 52.0.0.0/8\n",
			"FAIL open-relay: smtp/inet has the public network "
			"52.0.0.0/8",
			NULL },
		{ "mynetworks = static:all\n", "", NULL },
		{ "mynetworks = inline:{ 8.8.8.8=x, 45.33.32.156=x, "
		  "141.1.1.1=x, 203.0.113.77=x }\n",
			"FAIL open-relay: smtp/inet has everybody in "
			"mynetworks: inline:",
			NULL },
	};
	static const struct breakage unset = {
		.main = "mynetworks = 127.0.0.0/8 198.51.100.0/26\n"
			"mynetworks_style = subnet\n",
		.expected = "FAIL open-relay: mynetworks is not set, and by "
			    "mynetworks_style = subnet it has the public "
			    "network 198.51.100.0/26\n"
	};
	struct config *config = defaults();

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct breakage breakage = { .main = cases[i].main };
		struct findings findings;
		char written[512];

		(void)snprintf(written, sizeof written, "mynetworks = x\n%s",
			cases[i].main);
		breakage.written = written;
		examine(&breakage, config, &findings);
		if (strncmp(findings.text, cases[i].expected,
			    strlen(cases[i].expected)) != 0 ||
			(!*cases[i].expected && *findings.text))
			fail_msg("%s found:\n%s", cases[i].main, findings.text);
		if (cases[i].remedy &&
			!strstr(findings.remedy, cases[i].remedy))
			fail_msg("%s is mended by: %s", cases[i].main,
				findings.remedy);
	}
	expect(&unset, config);
	config_close(config);
}

static void test_milter(void **state)
{
	static const struct diagnosis_milter
		down = { .served = 12 },
		old = { .up = true, .served = 11 }, none = { .up = true },
		approved = { .up = true, .served = 11, .approved = 11 },
		early = { .up = true, .served = 12, .approved = 11 },
		in = { .up = true,
			.served = 12,
			.shadow = { [RULE_INBOUND] = true } },
		out = { .up = true,
			.served = 12,
			.shadow = { [RULE_OUTBOUND] = true } };
	static const struct breakage cases[] = {
		{ .milter = &approved, .expected = "" },
		{ .milter = &early,
			.expected = "FAIL milter-up: the milter serves "
				    "generation 12, and 11 is approved\n" },
		{ .milter = &down,
			.remedy = "systemctl start readdress-milter",
			.expected = "FAIL milter-up: the milter is not "
				    "running\n" },
		{ .milter = &old,
			.remedy = "readdress reload (readdress diff shows what "
				  "changes then)",
			.expected = "FAIL milter-up: the milter serves "
				    "generation 11, and the newest is 12\n" },
		{ .milter = &none,
			.remedy = "readdress reload",
			.expected = "FAIL milter-up: the milter serves no "
				    "generation, and the newest is 12\n" },
		{ .milter = &in,
			.main = "relayhost = [192.0.2.1]\n",
			.remedy = "set inbound_mode = \"enforce\" in "
				  "readdress.conf, then `readdress reload`",
			.expected = "WARN milter-up: inbound rules are in "
				    "shadow mode\n" },
		{ .milter = &out,
			.expected = "WARN milter-up: outbound rules are in "
				    "shadow mode\n" },
	};
	struct config *config = defaults();

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		expect(&cases[i], config);
	config_close(config);
}

/* Shadow mode, and where un-rewritten mail goes: its WARN comes first. */
static void test_shadow_loop(void **state)
{
	static const struct diagnosis_milter shadow = {
		.up = true, .served = 12, .shadow = { [RULE_INBOUND] = true }
	};
	static const struct {
		const char *main;
		const char *rules;
		const char *expected; /* NULL: no such finding */
	} cases[] = {
		{ "transport_maps =\n", NULL,
			"FAIL shadow-loop: inbound rules are in shadow mode, "
			"and transport_maps has no next hop for 1 domain of "
			"theirs: old.example\n" },
		{ "transport_maps = hash:/other\n", NULL, "FAIL shadow-loop" },
		{ "transport_maps = hash:/other, hash:/old\n", NULL, NULL },
		{ "transport_maps = hash:/star\n", NULL, NULL },
		{ "transport_maps = regexp:/address\n", NULL, NULL },
		{ "transport_maps = hash:/parent\n", NULL, "FAIL shadow-loop" },
		{ "transport_maps = hash:/parent\n"
		  "parent_domain_matches_subdomains = transport_maps\n",
			NULL, NULL },
		{ "transport_maps = hash:/dotted\n"
		  "relay_domains = .sub.example\n",
			SUBDOMAIN, NULL },
		{ "relay_domains = .sub.example\n", SUBDOMAIN,
			"FAIL shadow-loop: inbound rules are in shadow mode, "
			"and transport_maps has no next hop for 1 domain of "
			"theirs: *.sub.example\n" },
		{ "relayhost = [192.0.2.1]\n", NULL, NULL },
		{ "relay_transport = smtp:[192.0.2.1]\n", NULL, NULL },
		{ "relay_transport = relay:\n", NULL, "FAIL shadow-loop" },
		{ "transport_maps = inline:{ old.example=relay: }\n", NULL,
			"FAIL shadow-loop" },
		{ "transport_maps = inline:{ old.example=local: }\n", NULL,
			NULL },
	};
	struct breakage breakage = { .milter = &shadow };
	struct config *config = defaults();
	struct findings findings;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const char *found;

		breakage.main = cases[i].main;
		breakage.rules = cases[i].rules;
		examine(&breakage, config, &findings);
		found = strchr(findings.text, '\n') + 1;
		if (strncmp(found, cases[i].expected ? cases[i].expected : "",
			    cases[i].expected ? strlen(cases[i].expected)
					      : 1) != 0)
			fail_msg("case %zu found:\n%s", i, findings.text);
	}
	breakage.main = "transport_maps = ldap:/server\n";
	breakage.rules = NULL;
	examine(&breakage, config, &findings);
	assert_int_equal(findings.count[DIAGNOSIS_SKIP], 1);
	assert_int_equal(findings.count[DIAGNOSIS_FAIL], 0);
	config_close(config);
}

static void test_required(void **state)
{
	static const bool first[] = { true, false }, second[] = { false, true },
			  both[] = { true, true };
	static const struct breakage cases[] = {
		{ .seen = both, .expected = "" },
		{ .seen = first,
			.expected = "WARN required-headers: \"X-Tenant: b c\" "
				    "of outbound_required_headers was never "
				    "seen right\n" },
		{ .seen = second,
			.expected = "WARN required-headers: \"X-Org: a\" of "
				    "outbound_required_headers" },
	};
	static const struct breakage unknown = { .expected = "" };
	struct config *config = testmap_config("outbound_required_headers = "
					       "{\"X-Org: a\", \"X-Tenant: b "
					       "c\"}\n");
	struct findings findings;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		expect(&cases[i], config);
	examine(&unknown, config, &findings);
	assert_string_equal(findings.text, "");
	assert_int_equal(findings.count[DIAGNOSIS_SKIP], 1);
	config_close(config);
}

/* What a stranger of a shared cloud can do. */
static void test_clouds(void **state)
{
#define OUT "192.0.2.26:smtp/inet/"
	static const struct breakage cases[] = {
		{ .overrides = OUT "mynetworks = 192.0.2.0/25, "
				   "40.107.22.0/24\n",
			.expected = "WARN required-headers: "
				    "outbound_required_headers is empty, and "
				    "Exchange Online may be outbound by the "
				    "daemon name OUTBOUND of "
				    "192.0.2.26:smtp/inet\n" },
		{ .overrides = OUT "mynetworks = [2607:f8b0:4000::]/40\n",
			.expected = "WARN required-headers: "
				    "outbound_required_headers is empty, and "
				    "Google may be outbound" },
		{ .overrides = OUT "mynetworks = 172.253.56.9\n",
			.expected = "WARN required-headers: "
				    "outbound_required_headers is empty, and "
				    "Google may be outbound" },
		/* It is in none of their records. */
		{ .overrides = OUT "mynetworks = 172.217.64.0/24, "
				   "52.103.128.0/17\n",
			.expected = "" },
		{ .overrides = OUT "mynetworks = inline:{ 104.47.0.1=x }\n",
			.expected = "WARN required-headers: "
				    "outbound_required_headers is empty, and "
				    "Exchange Online" },
		{ .overrides = OUT "smtpd_client_restrictions =\n",
			.expected = "WARN required-headers: "
				    "outbound_required_headers is empty, and "
				    "everybody may be outbound by the daemon "
				    "name OUTBOUND" },
		{ .overrides = OUT "smtpd_client_restrictions =\n" OUT
				   "smtpd_relay_restrictions = "
				   "permit_sasl_authenticated, reject\n",
			.expected = "" },
	};
	static const struct breakage none = { .expected = "" };
	static const bool seen[] = { true };
	static const struct breakage proved = { .seen = seen,
		.expected = "",
		.overrides = OUT "mynetworks = 40.107.0.0/16\n" };
	static const struct breakage networks = {
		.expected = "WARN required-headers: outbound_required_headers "
			    "is empty, and Exchange Online may be outbound by "
			    "outbound_networks\n"
	};
	struct config *config = defaults();
	struct network network;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		expect(&cases[i], config);
	config->outbound_networks = &network;
	config->outbound_networks_count = 1;
	assert_int_equal(network_parse("52.101.1.0/24", &network, NULL), 0);
	expect(&networks, config);
	assert_int_equal(network_parse("198.51.100.0/24", &network, NULL), 0);
	expect(&none, config);
	config->outbound_networks_count = 0;
	config_close(config);
	config = testmap_config("outbound_required_headers = {\"X-Org: a\"}\n");
	expect(&proved, config);
	config_close(config);
}

/* No service at all: nothing crashes, and the first check says so. */
static void test_nothing(void **state)
{
	struct postfix *postfix = postfix_open();
	struct config *config = defaults();
	struct findings findings = { .text = "" };
	struct diagnosis diagnosis = { .postfix = postfix,
		.written = postfix,
		.config = config,
		.found = note,
		.context = &findings };

	(void)state;
	assert_non_null(postfix);
	assert_int_equal(doctor_run(&diagnosis), 0);
	assert_non_null(strstr(findings.text,
		"FAIL milter-attached: no smtpd service is reached by "
		"outsiders\n"));
	/* versions, milter-up, socket */
	assert_int_equal(findings.count[DIAGNOSIS_SKIP], 3);
	postfix_close(postfix);
	config_close(config);
}

static void test_config(void **state)
{
	static const struct breakage none = { .expected = "" };
	static const struct {
		const char *network;
		const char *expected;
	} cases[] = {
		{ "192.0.2.0/24", "" },
		{ "2001:db8::/64", "" },
		{ "127.0.0.0/8", "FAIL networks: outbound_networks holds "
				 "loopback" },
		/* Debian gives a host's own name the address 127.0.1.1. */
		{ "127.0.1.1", "FAIL networks: outbound_networks holds "
			       "loopback" },
		{ "::1", "FAIL networks: outbound_networks holds loopback" },
		{ "::/0", "FAIL networks: outbound_networks holds loopback" },
		{ "0.0.0.0/0", "FAIL networks: outbound_networks holds "
			       "loopback" },
		{ "128.0.0.0/7", "FAIL networks: outbound_networks holds a "
				 "network as wide as /7" },
		{ "10.0.0.0/8", "WARN networks: outbound_networks holds a "
				"network as wide as /8" },
		{ "198.51.100.0/23", "WARN networks: outbound_networks holds a "
				     "network as wide as /23" },
		{ "2001:db8::/31", "FAIL networks" },
		{ "2001:db8::/63", "WARN networks" },
	};
	struct config *config = defaults();
	struct network network;
	char *both[] = { (char[]){ "INBOUND" }, (char[]){ "OUTBOUND" } };
	struct breakage breakage = { .overrides = NULL };

	(void)state;
	config->outbound_networks_count = 1;
	config->outbound_networks = &network;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_int_equal(
			network_parse(cases[i].network, &network, NULL), 0);
		breakage.expected = cases[i].expected;
		expect(&breakage, config);
	}
	config->outbound_networks_count = 0;
	/* an inet socket is found under either name of loopback */
	config->socket = (char[]){ "inet6:8891@::1" };
	breakage = (struct breakage){
		.main = "smtpd_milters = { inet:localhost:8891, "
			"default_action=tempfail }\n",
		.overrides = "readdress-bounce/unix/non_smtpd_milters = "
			     "inet:[::1]:8891\n",
		.expected = ""
	};
	expect(&breakage, config);
	breakage.main = "smtpd_milters = { inet:localhost:8892, "
			"default_action=tempfail }\n";
	{
		struct findings findings;

		examine(&breakage, config, &findings);
		assert_non_null(strstr(findings.text,
			"FAIL milter-attached: no smtpd service that outsiders "
			"reach has the milter"));
	}
	config->socket =
		(char[]){ "unix:/var/spool/postfix/readdress/milter.sock" };
	/* lists of daemon names */
	config->inbound_daemons =
		(struct config_list){ .items = both, .count = 1 };
	breakage = (struct breakage){ .expected = "FAIL daemon-name: "
						  "readdress.conf lists the "
						  "daemon name INBOUND" };
	expect(&breakage, config);
	breakage = (struct breakage){
		.overrides = "smtp/inet/milter_macro_daemon_name = INBOUND\n",
		.expected = ""
	};
	expect(&breakage, config);
	config->inbound_daemons.items = both + 1;
	breakage = (struct breakage){ .expected = "FAIL direction: OUTBOUND is "
						  "in inbound_daemons and in "
						  "outbound_daemons" };
	expect(&breakage, config);
	config->inbound_daemons.count = 0;
	expect(&none, config);
	config_close(config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_dmarc),
		cmocka_unit_test(test_certificate),
		cmocka_unit_test(test_many_domains),
		cmocka_unit_test(test_postfix),
		cmocka_unit_test(test_domains),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_rewriting),
		cmocka_unit_test(test_routes),
		cmocka_unit_test(test_socket),
		cmocka_unit_test(test_open_relay),
		cmocka_unit_test(test_milter),
		cmocka_unit_test(test_shadow_loop),
		cmocka_unit_test(test_required),
		cmocka_unit_test(test_clouds),
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_config),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
