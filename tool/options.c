#include "options.h"

#include <ctype.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/network.h"
#include "mail/address.h"
#include "map/digest.h"

#define USAGE_COLUMNS 78
#define USAGE_INDENT  8

/* What getopt_long() returns for options that have a name. */
#define LONG_BASE  256
#define LONG_HELP  (LONG_BASE + OPTIONS)
#define LONG_COLOR (LONG_HELP + 1)

static const struct {
	const char *name; /* NULL: only the letter */
	char letter;	  /* 0: only the name */
	const char *argument;
	const char *does;
} specs[OPTIONS] = {
	[OPTION_MERGE] = { "merge", 0, NULL,
		"add and change rows, delete none" },
	[OPTION_ONLY] = { "only", 0, "users|domains",
		"replace only rules for users, or only for domains" },
	[OPTION_DOMAIN] = { "domain", 0, "DOMAIN",
		"replace only rules whose source is in DOMAIN" },
	[OPTION_DRY_RUN] = { "dry-run", 0, NULL,
		"print what would change, and change nothing" },
	[OPTION_MAX_DELETE] = { "max-delete", 0, "PERCENT",
		"refuse to delete more than PERCENT of the table (50)" },
	[OPTION_FORCE] = { "force", 0, NULL,
		"delete every rule that the file does not have" },
	[OPTION_REPLACE] = { "replace", 0, NULL,
		"if the source has a rule, give it the new target" },
	[OPTION_RELOAD] = { "reload", 0, NULL,
		"then do what the command reload does" },
	[OPTION_NOTE] = { NULL, 'm', "NOTE", "write NOTE into the audit log" },
	[OPTION_DELIMITER] = { "delimiter", 0, "CHAR",
		"the delimiter, or the word tab (as in the first row)" },
	[OPTION_FROM] = { "from", 0, "FORMAT",
		"exchange, google, ldif, postfix or csv (found in the file)" },
	[OPTION_COLUMNS] = { "columns", 0, "SOURCE,TARGET",
		"read the two columns with these names" },
	[OPTION_OUTBOUND] = { "outbound", 0, NULL,
		"print the rules for outbound, not for inbound" },
	[OPTION_IMCEAEX] = { "imceaex", 0, NULL,
		"add the form that X500 addresses get in replies" },
	[OPTION_ALLOW_UTF8] = { "allow-utf8", 0, NULL,
		"accept targets with UTF-8 before the @" },
	[OPTION_GENERATION] = { "generation", 0, "N",
		"read generation N instead of the newest" },
	[OPTION_SERVED] = { "served", 0, NULL,
		"read the generation that the milter serves" },
	[OPTION_VERBOSE] = { NULL, 'v', NULL,
		"add the rule that matches, and its kind" },
	[OPTION_REVERSE] = { "reverse", 0, NULL,
		"print the rules that lead to the addresses" },
	[OPTION_TIMEOUT] = { "timeout", 0, "SECONDS",
		"how long to wait for the milter (10)" },
	[OPTION_POSTFIX] = { "postfix", 0, NULL,
		"run `postfix reload` if domains or routes have changed" },
	[OPTION_MAP] = { "map", 0, "FILE",
		"write all tables to FILE, for adopt on another host" },
	[OPTION_EXPECT] = { "expect", 0, "DIGEST",
		"exit with 0 if the rules served have this digest, else 1" },
	[OPTION_TABLE] = { "table", 0, "TABLE",
		"print only edits of this table" },
	[OPTION_SINCE] = { "since", 0, "TIME",
		"print only what happened at TIME or later" },
	[OPTION_DIGEST] = { "digest", 0, "DIGEST",
		"approve the highest generation with this digest" },
	[OPTION_AT] = { "at", 0, "TIME",
		"have it served from TIME on: 22:00, or RFC 3339" },
	[OPTION_CANCEL] = { "cancel", 0, NULL,
		"cancel what is approved and not due yet" },
	[OPTION_NEWEST] = { "newest", 0, NULL,
		"with --reload: end what is approved" },
	[OPTION_LOG] = { "log", 0, "FILE",
		"read FILE and what was rotated (/var/log/mail.log)" },
	[OPTION_JOURNAL] = { "journal", 0, NULL, "read systemd's journal" },
	[OPTION_SENDER] = { NULL, 'f', "SENDER", "the envelope sender" },
	[OPTION_RECIPIENT] = { NULL, 'r', "RCPT",
		"an envelope recipient; further operands are more" },
	[OPTION_EXPLAIN] = { "explain", 0, NULL,
		"explain each address, and which signatures break" },
	[OPTION_MBOX] = { "mbox", 0, "FILE",
		"try all messages of an mbox file or a Maildir" },
	[OPTION_CLIENT] = { "client", 0, "ADDRESS",
		"find the direction for a client with this address" },
	[OPTION_DAEMON] = { "daemon", 0, "NAME",
		"find the direction for a service of this name" },
	[OPTION_AUTH] = { "auth", 0, NULL,
		"find the direction for a client that has logged in" },
	[OPTION_FIRST] = { "first", 0, NULL,
		"leave out what has no inverse; take the first source" },
	[OPTION_PREFER] = { "prefer", 0, "DOMAIN",
		"of several sources, take the one in DOMAIN" },
	[OPTION_CONFIG_DIR] = { "config-dir", 0, "DIR",
		"read main.cf and master.cf in this directory" },
	[OPTION_ASK_ALL] = { "ask-all", 0, NULL,
		"also ask tables of Postfix that need a server" },
	[OPTION_SERVER] = { "server", 0, "ADDRESS[@PORT]",
		"ask this name server, and no other" },
	[OPTION_HOST] = { "host", 0, "NAME",
		"a name of this relay (the name of this host)" },
	[OPTION_ADDRESS] = { "address", 0, "IP",
		"an address of this relay (those of this host)" },
	[OPTION_AUTO] = { "auto", 0, NULL,
		"store the roles of the domains whose role is auto" },
	[OPTION_VIA] = { "via", 0, "HOST:PORT",
		"ask this service (the one that `readdress postfix` makes)" },
	[OPTION_RATE] = { "rate", 0, "N", "ask N times per second (20)" },
	[OPTION_AGAINST] = { "against", 0, "FILE",
		"also compare the rules with the users in a CSV file" },
	[OPTION_FILES] = { "files", 0, "DIR",
		"write tables into DIR, for a Postfix that asks no milter" },
	[OPTION_APPLY] = { "apply", 0, NULL,
		"make the changes, test them, and take them back if need be" },
	[OPTION_REMOVE] = { "remove", 0, NULL,
		"take readdress out of Postfix again" },
	[OPTION_UNUSED] = { "unused", 0, NULL,
		"print the rules that were not used" },
	[OPTION_UNRULED] = { "unruled", 0, NULL,
		"print the addresses that only a rule for a domain served" },
	[OPTION_LEAKS] = { "leaks", 0, NULL,
		"print the internal addresses that left" },
	[OPTION_TOP] = { "top", 0, "N",
		"print the N most used of each kind (10; 0: all)" },
	[OPTION_WITH] = { "with", 0, "FILE",
		"add another relay's served/usage; further operands are more" },
	[OPTION_HTML] = { "html", 0, "FILE",
		"write a page for a browser to FILE, and print nothing" },
	[OPTION_JSON] = { "json", 0, NULL,
		"print JSON Lines: one object per line" },
};

/* The text of an option for a command that uses it in its own way. */
static const struct {
	const char *command;
	enum option_id id;
	const char *does;
} own_texts[] = {
	{ "probe", OPTION_COLUMNS,
		"the column of --against with this name; TARGET may be left "
		"out" },
	{ "convert", OPTION_DOMAIN, "a domain that outsiders write to" },
	{ "purge", OPTION_FORCE, "required: nothing is deleted without it" },
	{ "adopt", OPTION_FORCE,
		"delete every rule that the map does not have" },
	{ "adopt", OPTION_MAX_DELETE,
		"refuse to delete more than PERCENT of a table (50)" },
	{ "reload", OPTION_GENERATION,
		"approve generation N instead of serving the newest" },
	{ "reload", OPTION_NEWEST,
		"end what is approved, and serve the newest generation" },
	{ "postfix", OPTION_DRY_RUN,
		"print what --remove would run, and change nothing" },
	{ "postfix", OPTION_FORCE,
		"remove it although mail still comes; that mail is deferred" },
	{ "check", OPTION_VERBOSE,
		"print every finding, not one per kind and domain" },
	{ "export", OPTION_DELIMITER, "the delimiter, or the word tab (;)" },
	{ "invert", OPTION_DELIMITER, "the delimiter, or the word tab (;)" },
	{ "export", OPTION_ONLY,
		"print only rules for users, or only for domains" },
};

static const char *option_text(const char *command, int id)
{
	for (size_t i = 0; i < sizeof own_texts / sizeof *own_texts; i++)
		if (own_texts[i].id == (enum option_id)id &&
			!strcmp(own_texts[i].command, command))
			return own_texts[i].does;
	return specs[id].does;
}

static int bad_value(enum option_id id, const char *text, const char *expected,
	struct error *error)
{
	return error_set(error, ERR_USAGE, "%s%s \"%s\": %s",
		specs[id].name ? "--" : "-",
		specs[id].name ? specs[id].name
			       : (char[]){ specs[id].letter, '\0' },
		text, expected);
}

static bool read_number(
	const char *text, uint64_t min, uint64_t max, uint64_t *value)
{
	struct bytes rest = bytes_of(text);
	uint64_t number;

	if (!bytes_number(&rest, SIZE_MAX, &number) || rest.len ||
		number < min || number > max)
		return false;
	*value = number;
	return true;
}

static int parse_number(enum option_id id, const char *text, uint64_t min,
	uint64_t max, uint64_t *value, struct error *error)
{
	char expected[96];

	if (read_number(text, min, max, value))
		return 0;
	(void)snprintf(expected, sizeof expected,
		"expected a number from %" PRIu64 " to %" PRIu64, min, max);
	return bad_value(id, text, expected, error);
}

int options_generation(
	const char *text, uint64_t *generation, struct error *error)
{
	if (read_number(text, 1, INT64_MAX, generation))
		return 0;
	return error_set(error, ERR_USAGE,
		"\"%s\" is not the number of a generation; `readdress history` "
		"lists them",
		text);
}

int options_color(
	const char *text, enum options_color *color, struct error *error)
{
	static const char *const names[] = {
		[OPTIONS_COLOR_AUTO] = "auto",
		[OPTIONS_COLOR_ALWAYS] = "always",
		[OPTIONS_COLOR_NEVER] = "never",
	};

	for (size_t i = OPTIONS_COLOR_AUTO; i < sizeof names / sizeof *names;
		i++) {
		if (!strcmp(names[i], text)) {
			*color = (enum options_color)i;
			return 0;
		}
	}
	return error_set(error, ERR_USAGE,
		"--color \"%s\": expected auto, always or never", text);
}

static int parse_delimiter(
	const char *text, char *delimiter, struct error *error)
{
	if (!strcmp(text, "tab") || !strcmp(text, "\t")) {
		*delimiter = '\t';
		return 0;
	}
	if (text[0] && !text[1] && ispunct((unsigned char)text[0]) &&
		!strchr("\"@.", text[0])) {
		*delimiter = text[0];
		return 0;
	}
	return bad_value(OPTION_DELIMITER, text,
		"expected the word tab, or one ASCII punctuation character "
		"other than \" @ and .",
		error);
}

/* Reads "Primary Address,Target". A name with a comma must be in quotes. */
static int parse_columns(
	struct options *options, const char *text, struct error *error)
{
	char *copy = strdup(text);
	char *names[2] = { copy, NULL };
	char *to = copy;
	bool quoted = false;
	unsigned count = 0;

	free(options->columns_text);
	options->columns_text = copy;
	if (!copy)
		return error_set(error, ERR_NOMEM, "out of memory");
	for (const char *c = text; *c; c++) {
		if (*c == '"') {
			quoted = !quoted;
		} else if (*c == ',' && !quoted) {
			*to++ = '\0';
			if (count++ == 0)
				names[1] = to;
		} else {
			*to++ = *c;
		}
	}
	*to = '\0';
	if (options->one_column && !count && !quoted && *names[0]) {
		*to = '\0';
		options->columns.source = names[0];
		options->columns.target = NULL;
		return 0;
	}
	if (count != 1 || quoted || !*names[0] || !*names[1] ||
		csvstart_is_source(bytes_of(names[0]), names[1]))
		return bad_value(OPTION_COLUMNS, text,
			"expected the names of two columns, SOURCE,TARGET; put "
			"a name that holds a comma in double quotes",
			error);
	options->columns.source = names[0];
	options->columns.target = names[1];
	return 0;
}

static int parse_digest(enum option_id id, const char *text,
	const char **digest, struct error *error)
{
	*digest = text;
	if (digest_is_part(bytes_of(text)))
		return 0;
	return bad_value(id, text,
		"expected a digest, or at least its first 12 hexadecimal "
		"digits, as `readdress history` prints them",
		error);
}

static int parse_table(
	struct options *options, const char *text, struct error *error)
{
	int table = rule_table_find(text);

	if (table < 0)
		return bad_value(OPTION_TABLE, text,
			"expected inbound, outbound or routes", error);
	options->table_given = true;
	options->table = (enum rule_table)table;
	return 0;
}

static int parse_host(
	struct options *options, const char *text, struct error *error)
{
	if (*text == '[' || address_check_domain(text, strlen(text), NULL))
		return bad_value(OPTION_HOST, text,
			"expected the name of a host, such as relay.example",
			error);
	options->hosts[options->host_count++] = text;
	return 0;
}

static int parse_address(
	struct options *options, const char *text, struct error *error)
{
	struct network network;

	if (strchr(text, '/') || *text == '[' ||
		network_parse(text, &network, NULL))
		return bad_value(OPTION_ADDRESS, text,
			"expected an IP address, such as 192.0.2.1", error);
	options->addresses[options->address_count++] = text;
	return 0;
}

static int parse_via(
	struct options *options, const char *text, struct error *error)
{
	const char *colon = strrchr(text, ':');
	uint64_t port;

	if (!colon || colon == text || !read_number(colon + 1, 1, 65535, &port))
		return bad_value(OPTION_VIA, text,
			"expected HOST:PORT, such as 127.0.0.1:10098", error);
	options->via = text;
	return 0;
}

static int set_value(struct options *options, enum option_id id,
	const char *text, struct error *error)
{
	uint64_t number = 0;
	int code = 0;

	switch ((int)id) { /* the others are flags */
	case OPTION_ONLY:
		if (!strcmp(text, "users"))
			options->only = CHANGE_USERS;
		else if (!strcmp(text, "domains"))
			options->only = CHANGE_DOMAINS;
		else
			code = bad_value(id, text,
				"expected \"users\" or \"domains\"", error);
		break;
	case OPTION_MAX_DELETE:
		code = parse_number(id, text, 0, 100, &number, error);
		options->max_delete = (unsigned)number;
		options->max_delete_given = true;
		break;
	case OPTION_TIMEOUT:
		code = parse_number(id, text, 1, 86400, &number, error);
		options->timeout = (unsigned)number;
		break;
	case OPTION_DIGEST:
		code = parse_digest(id, text, &options->digest, error);
		break;
	case OPTION_MAP:
		options->map = text;
		break;
	case OPTION_AT:
		options->at = text;
		break;
	case OPTION_EXPECT:
		code = parse_digest(id, text, &options->expect, error);
		break;
	case OPTION_GENERATION:
		code = parse_number(
			id, text, 1, INT64_MAX, &options->generation, error);
		break;
	case OPTION_DELIMITER:
		code = parse_delimiter(text, &options->delimiter, error);
		options->delimiter_given = true;
		break;
	case OPTION_COLUMNS:
		code = parse_columns(options, text, error);
		break;
	case OPTION_FROM:
		if (format_of(text) < 0)
			code = bad_value(id, text,
				"expected exchange, google, ldif, postfix or "
				"csv",
				error);
		else
			options->from = (enum format)format_of(text);
		break;
	case OPTION_DOMAIN:
		options->domains[options->domain_count++] = text;
		break;
	case OPTION_NOTE:
		options->note = text;
		break;
	case OPTION_LOG:
		options->log = text;
		break;
	case OPTION_TABLE:
		code = parse_table(options, text, error);
		break;
	case OPTION_SINCE:
		if (!clock_parse(bytes_of(text), &options->since))
			code = bad_value(id, text,
				"expected a time like 2026-11-21T15:09:00Z, or "
				"a date like 2026-11-21",
				error);
		break;
	case OPTION_TOP:
		code = parse_number(id, text, 0, INT64_MAX, &number, error);
		options->top = number ? number : UINT64_MAX;
		break;
	case OPTION_WITH:
		options->with[options->with_count++] = text;
		break;
	case OPTION_HTML:
		options->html = text;
		break;
	case OPTION_SENDER:
		options->sender = text;
		break;
	case OPTION_MBOX:
		options->mbox = text;
		break;
	case OPTION_CLIENT:
		options->client = text;
		break;
	case OPTION_VIA:
		code = parse_via(options, text, error);
		break;
	case OPTION_RATE:
		code = parse_number(id, text, 1, 1000, &number, error);
		options->rate = (unsigned)number;
		break;
	case OPTION_AGAINST:
		options->against = text;
		break;
	case OPTION_FILES:
		options->files = text;
		break;
	case OPTION_CONFIG_DIR:
		options->config_dir = text;
		break;
	case OPTION_DAEMON:
		options->daemon = text;
		break;
	case OPTION_SERVER:
		options->server = text;
		break;
	case OPTION_HOST:
		code = parse_host(options, text, error);
		break;
	case OPTION_ADDRESS:
		code = parse_address(options, text, error);
		break;
	case OPTION_PREFER:
		options->prefer[options->prefer_count++] = text;
		break;
	case OPTION_RECIPIENT:
		options->recipients[options->recipient_count++] = text;
		break;
	}
	return code;
}

static void set_flag(struct options *options, enum option_id id)
{
	bool *const flags[OPTIONS] = {
		[OPTION_MERGE] = &options->merge,
		[OPTION_DRY_RUN] = &options->dry_run,
		[OPTION_FORCE] = &options->force,
		[OPTION_REPLACE] = &options->replace,
		[OPTION_RELOAD] = &options->reload,
		[OPTION_POSTFIX] = &options->postfix,
		[OPTION_CANCEL] = &options->cancel,
		[OPTION_NEWEST] = &options->newest,
		[OPTION_ALLOW_UTF8] = &options->allow_utf8,
		[OPTION_SERVED] = &options->served,
		[OPTION_VERBOSE] = &options->verbose,
		[OPTION_REVERSE] = &options->reverse,
		[OPTION_OUTBOUND] = &options->outbound,
		[OPTION_IMCEAEX] = &options->imceaex,
		[OPTION_EXPLAIN] = &options->explain,
		[OPTION_AUTH] = &options->auth,
		[OPTION_FIRST] = &options->first,
		[OPTION_ASK_ALL] = &options->ask_all,
		[OPTION_AUTO] = &options->autos,
		[OPTION_APPLY] = &options->apply,
		[OPTION_REMOVE] = &options->remove,
		[OPTION_JOURNAL] = &options->journal,
		[OPTION_UNUSED] = &options->unused,
		[OPTION_UNRULED] = &options->unruled,
		[OPTION_LEAKS] = &options->leaks,
		[OPTION_JSON] = &options->json,
	};

	*flags[id] = true;
}

/* Makes the arguments of getopt_long() for the allowed options, and for those
 * of every command: --help and --color. */
static void make_getopt(uint64_t allowed, struct option *longs, char *shorts)
{
	*shorts++ = ':';
	*shorts++ = 'h';
	for (int id = 0; id < OPTIONS; id++) {
		if (!(allowed & UINT64_C(1) << id))
			continue;
		if (specs[id].name)
			*longs++ = (struct option){ specs[id].name,
				specs[id].argument ? required_argument
						   : no_argument,
				NULL, LONG_BASE + id };
		if (specs[id].letter)
			*shorts++ = specs[id].letter;
		if (specs[id].letter && specs[id].argument)
			*shorts++ = ':';
	}
	*longs++ = (struct option){ "help", no_argument, NULL, LONG_HELP };
	*longs++ =
		(struct option){ "color", required_argument, NULL, LONG_COLOR };
	*longs = (struct option){ NULL, 0, NULL, 0 };
	*shorts = '\0';
}

static int option_of(int found)
{
	if (found >= LONG_BASE)
		return found - LONG_BASE;
	for (int id = 0; id < OPTIONS; id++) {
		if (specs[id].letter == found)
			return id;
	}
	return OPTIONS;
}

/* Sets the error for a long option that getopt_long() refuses: the command has
 * no such option, or several begin like it. */
static int complain_long(const char *command, const char *word,
	const struct option *longs, struct error *error)
{
	size_t len = strcspn(word + 2, "=");
	char names[256] = "";
	int count = 0;

	for (; longs->name; longs++) {
		size_t at = strlen(names);

		if (strncmp(longs->name, word + 2, len) != 0)
			continue;
		(void)snprintf(names + at, sizeof names - at, "%s--%s",
			count++ ? " or " : "", longs->name);
	}
	if (count)
		return error_set(error, ERR_USAGE,
			"%.*s is ambiguous: it may be %s; write the full name",
			(int)len + 2, word, names);
	return error_set(error, ERR_USAGE, "%.*s is not an option of %s",
		(int)len + 2, word, command);
}

static int complain(
	int found, char **argv, const struct option *longs, struct error *error)
{
	const char *word = argv[optind - 1];
	char letter[3] = { '-', (char)optopt, '\0' };

	if (optopt > 0 && optopt < LONG_BASE)
		word = letter;
	if (found == ':')
		return error_set(error, ERR_USAGE, "%s needs a value", word);
	if (optopt >= LONG_BASE)
		return error_set(error, ERR_USAGE, "%s takes no value", word);
	if (!optopt)
		return complain_long(argv[0], word, longs, error);
	return error_set(
		error, ERR_USAGE, "%s is not an option of %s", word, argv[0]);
}

int options_parse(struct options *options, uint64_t allowed, int argc,
	char **argv, int *first, struct error *error)
{
	struct option longs[OPTIONS + 3];
	char shorts[3 * OPTIONS + 3];
	int found;
	int code = 0;

	*options = (struct options){ .only = CHANGE_ALL,
		.max_delete = OPTIONS_MAX_DELETE,
		.timeout = OPTIONS_RELOAD_SECONDS,
		.since = INT64_MIN,
		.one_column = (allowed & OPTION_BIT(AGAINST)) != 0,
		.delimiter = ';' };
	options->recipients =
		calloc((size_t)argc + 1, sizeof *options->recipients);
	options->prefer = calloc((size_t)argc + 1, sizeof *options->prefer);
	options->domains = calloc((size_t)argc + 1, sizeof *options->domains);
	options->hosts = calloc((size_t)argc + 1, sizeof *options->hosts);
	options->addresses =
		calloc((size_t)argc + 1, sizeof *options->addresses);
	options->with = calloc((size_t)argc + 1, sizeof *options->with);
	if (!options->with || !options->recipients || !options->prefer ||
		!options->domains || !options->hosts || !options->addresses)
		return error_set(error, ERR_NOMEM, "out of memory");
	make_getopt(allowed, longs, shorts);
	optind = 0;
	opterr = 0;
	while (!code &&
		(found = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
		if (found == '?' || found == ':')
			code = complain(found, argv, longs, error);
		else if (found == 'h' || found == LONG_HELP)
			options->help = true;
		else if (found == LONG_COLOR)
			code = options_color(optarg, &options->color, error);
		else if (specs[option_of(found)].argument)
			code = set_value(options,
				(enum option_id)option_of(found), optarg,
				error);
		else
			set_flag(options, (enum option_id)option_of(found));
	}
	*first = optind;
	return code;
}

void options_free(struct options *options)
{
	free(options->recipients);
	free(options->prefer);
	free(options->with);
	free(options->domains);
	free(options->columns_text);
	free(options->hosts);
	free(options->addresses);
}

bool options_is_known(const char *word)
{
	for (int id = 0; id < OPTIONS; id++) {
		const char *name = specs[id].name;

		if (word[1] != '-' ? word[1] && word[1] == specs[id].letter
				   : name && word[2] && word[2] != '=' &&
					     !strncmp(name, word + 2,
						     strcspn(word + 2, "=")))
			return true;
	}
	return false;
}

int options_usage_word(FILE *file, const char *word, int column)
{
	int width = (int)strlen(word);

	if (column + 1 + width > USAGE_COLUMNS) {
		(void)fprintf(file, "\n%*s%s", USAGE_INDENT, "", word);
		return USAGE_INDENT + width;
	}
	(void)fprintf(file, " %s", word);
	return column + 1 + width;
}

static void spell(int id, char *word, size_t size)
{
	(void)snprintf(word, size, "%s%s%s%s", specs[id].name ? "--" : "-",
		specs[id].name ? specs[id].name
			       : (char[]){ specs[id].letter, '\0' },
		specs[id].argument ? " " : "",
		specs[id].argument ? specs[id].argument : "");
}

static bool may_repeat(int id)
{
	return id == OPTION_RECIPIENT || id == OPTION_PREFER ||
	       id == OPTION_DOMAIN || id == OPTION_HOST || id == OPTION_ADDRESS;
}

int options_usage(FILE *file, uint64_t allowed, int column)
{
	for (int id = 0; id < OPTIONS; id++) {
		char word[64];
		char bracketed[72];

		if (!(allowed & UINT64_C(1) << id))
			continue;
		spell(id, word, sizeof word);
		(void)snprintf(bracketed, sizeof bracketed, "[%s]%s", word,
			may_repeat(id) ? "..." : "");
		column = options_usage_word(file, bracketed, column);
	}
	return column;
}

void options_help(FILE *file, uint64_t allowed, const char *command)
{
	for (int id = 0; id < OPTIONS; id++) {
		char word[64];

		if (!(allowed & UINT64_C(1) << id))
			continue;
		spell(id, word, sizeof word);
		(void)fprintf(
			file, "  %-24s %s\n", word, option_text(command, id));
	}
}
