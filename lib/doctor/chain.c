#include "doctor/chain.h"

#include "diagnosis/remedy.h"
#include "diagnosis/ruledomains.h"
#include "doctor/actions.h"
#include "doctor/filters.h"
#include "postfix/words.h"

/* ---- services of this host that mail is sent to ---- */

static struct bytes number_of_port(struct bytes port)
{
	static const char *const names[][2] = { { "smtp", "25" },
		{ "submission", "587" }, { "smtps", "465" },
		{ "submissions", "465" } };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (bytes_equal_nocase(port, bytes_of(names[i][0])))
			return bytes_of(names[i][1]);
	return port;
}

/* Cuts "[host]:port" or "host:port"; without a ":" all of it is *rest. */
static bool cut_port(struct bytes text, struct bytes *host, struct bytes *port)
{
	const char *colon = text.len ? memrchr(text.data, ':', text.len) : NULL;

	if (!colon ||
		memchr(colon, ']', (size_t)(text.data + text.len - colon)))
		return false;
	*host = (struct bytes){ text.data, (size_t)(colon - text.data) };
	*host = bytes_trim(*host, "[]");
	*port = (struct bytes){ colon + 1, text.len - host->len - 1 };
	port->len = (size_t)(text.data + text.len - colon - 1);
	*port = number_of_port(*port);
	return true;
}

static bool is_loopback(struct bytes host)
{
	struct bytes rest = host;

	return bytes_take(&rest, "127.") ||
	       bytes_equal_nocase(host, bytes_of("localhost")) ||
	       bytes_equal(host, bytes_of("::1"));
}

const struct postfix_service *chain_service_at(
	const struct diagnosis *diagnosis, struct bytes hop)
{
	const struct postfix_service *service;
	struct bytes host;
	struct bytes port = bytes_of("25");
	bool here;

	(void)bytes_take(&hop, "inet:"); /* of lmtp */
	host = bytes_trim(hop, "[]");
	(void)cut_port(hop, &host, &port);
	if (!host.len)
		return NULL;
	/* A name alone may be that of a domain, and is what local: has. */
	here = is_loopback(host) ||
	       (*hop.data == '[' &&
		       bytes_equal_nocase(
			       host, bytes_of(postfix_value(diagnosis->postfix,
					     NULL, "myhostname"))));
	for (size_t i = 0; (service = postfix_service(diagnosis->postfix, i));
		i++) {
		struct bytes at_host = { "", 0 };
		struct bytes at_port = number_of_port(bytes_of(service->name));

		if (strcmp(service->command, "smtpd") != 0 ||
			strcmp(service->type, "inet") != 0)
			continue;
		(void)cut_port(bytes_of(service->name), &at_host, &at_port);
		if (bytes_equal(port, at_port) &&
			(bytes_equal_nocase(host, at_host) ||
				(here && !at_host.len) ||
				(is_loopback(host) && is_loopback(at_host))))
			return service;
	}
	return NULL;
}

struct bytes chain_hop(const char *transport)
{
	struct bytes hop = bytes_of(transport);

	if (!memchr(hop.data, ':', hop.len))
		return (struct bytes){ "", 0 };
	(void)bytes_cut(&hop, ':');
	return hop;
}

/* Mail that passed the milter, and where it goes. */
struct end {
	const char *sender;    /* who hands it there */
	const char *parameter; /* by what */
	/* The service that sets the parameter, if it does; NULL: main.cf. */
	const struct postfix_service *from;
	bool is_table; /* the parameter names tables */
	const struct postfix_service *to;
};

/* Returns what ends that. A service that others reach keeps its milter, for
 * else their mail would not be rewritten. */
static const char *end_it(struct diagnosis *diagnosis, const struct end *end)
{
	const char *name = diagnosis_name(diagnosis, end->to);
	bool local = diagnosis_is_local(diagnosis, end->to);
	const char *command;

	if (!local && !diagnosis_is_public(diagnosis, end->to))
		return remedy_no_milters(diagnosis, end->to);
	if (end->is_table)
		return diagnosis_text(diagnosis,
			"take what leads to %s out of the tables of %s, then "
			"`postfix reload`",
			name ? name : "", end->parameter);
	command = remedy_unset(diagnosis, end->from, end->parameter);
	if (!command)
		return NULL;
	return diagnosis_text(diagnosis, "%s (%s %s)", command,
		name ? name : "",
		local ? "is for the mail of pickup alone"
		      : "takes mail from outside");
}

/* Tells that both ends have the milter, if they have. */
static int look_at_end(struct diagnosis *diagnosis, const struct end *end)
{
	const char *name;

	if (!end->to || !diagnosis_count_ours(diagnosis, end->to, NULL))
		return 0;
	name = diagnosis_name(diagnosis, end->to);
	return diagnosis_say(diagnosis, DIAGNOSIS_FAIL,
		diagnosis_text(diagnosis,
			"%s hands mail to %s by %s, and both have the milter",
			end->sender ? end->sender : "", name ? name : "",
			end->parameter),
		"each message is rewritten twice: a rule that holds for "
		"another rule's target is applied after it, and outsiders see "
		"internal addresses",
		end_it(diagnosis, end));
}

/* The service of this host that the content filter of this one leads to. */
static const struct postfix_service *filter_of(
	const struct diagnosis *diagnosis, const struct postfix_service *from)
{
	return chain_service_at(
		diagnosis, chain_hop(postfix_value(diagnosis->postfix, from,
				   "content_filter")));
}

/* Looks whether transport_maps leads the domain to a service of this host that
 * has the milter. */
static int look_at_transport(void *context, struct bytes domain)
{
	struct diagnosis *diagnosis = context;
	struct end end = { .parameter = "transport_maps", .is_table = true };
	const char *transport;
	int found;

	if (*domain.data == '*')
		return 0;
	found = postmap_find_transport(diagnosis->postmap,
		postfix_value(diagnosis->postfix, NULL, "transport_maps"),
		domain, diagnosis_parents(diagnosis, "transport_maps"),
		&transport);
	if (found <= 0)
		return found == ERR_NOMEM ? found : 0;
	end.sender = diagnosis_text(diagnosis, "the transport of %.*s",
		(int)domain.len, domain.data);
	end.to = chain_service_at(diagnosis, chain_hop(transport));
	return look_at_end(diagnosis, &end);
}

static int look_at_filter(void *context, const struct filters_found *found)
{
	struct diagnosis *diagnosis = context;
	const struct end end = { .sender = "FILTER",
		.parameter = found->parameter,
		.is_table = true,
		.to = chain_service_at(
			diagnosis, chain_hop(found->transport)) };

	return look_at_end(diagnosis, &end);
}

/* What of a table is looked at, and whether the values have a transport. */
struct dependent {
	struct diagnosis *diagnosis;
	const char *parameter;
	bool transports;
};

static int look_at_dependent(void *context, const struct actions_entry *entry)
{
	const struct dependent *dependent = context;
	struct diagnosis *diagnosis = dependent->diagnosis;
	struct end end = { .sender = "Postfix",
		.parameter = dependent->parameter };
	const char *value = diagnosis_text(
		diagnosis, "%.*s", (int)entry->action.len, entry->action.data);

	if (!value)
		return ERR_NOMEM;
	end.to = chain_service_at(diagnosis,
		dependent->transports ? chain_hop(value) : bytes_of(value));
	return look_at_end(diagnosis, &end);
}

/* Next hops that depend on the sender. */
static int check_dependents(struct diagnosis *diagnosis)
{
	static const char *const parameters[] = {
		"sender_dependent_relayhost_maps",
		"sender_dependent_default_transport_maps"
	};
	int result = 0;

	for (size_t i = 0; !result && i < 2; i++) {
		struct dependent dependent = { diagnosis, parameters[i],
			i == 1 };
		struct bytes rest = bytes_of(
			postfix_value(diagnosis->postfix, NULL, parameters[i]));
		struct bytes word;

		while (!result && words_next(&rest, WORDS_OF_LIST, &word)) {
			result = actions_each(
				diagnosis, word, look_at_dependent, &dependent);
			if (result == ERR_IO)
				result = 0;
		}
	}
	return result;
}

/* What main.cf says of all mail. */
static int check_transports(struct diagnosis *diagnosis)
{
	static const char *const transports[] = { "default_transport",
		"relay_transport", "virtual_transport", "local_transport",
		"relayhost" };
	int result = 0;

	for (size_t i = 0;
		!result && i < sizeof transports / sizeof *transports; i++) {
		const char *value =
			postfix_value(diagnosis->postfix, NULL, transports[i]);
		const struct end end = { .sender = "Postfix",
			.parameter = transports[i],
			.to = chain_service_at(diagnosis,
				i == 4 ? bytes_of(value) : chain_hop(value)) };

		result = look_at_end(diagnosis, &end);
	}
	return result;
}

int chain_check_ends(struct diagnosis *diagnosis)
{
	const struct postfix *postfix = diagnosis->postfix;
	const struct postfix_service *from;
	size_t told = 0;
	int result = 0;

	for (size_t i = 0;
		!result && (from = diagnosis_next(diagnosis, &i, NULL));) {
		const struct end end = { .sender = diagnosis_name(
						 diagnosis, from),
			.parameter = "content_filter",
			.from = from,
			.to = filter_of(diagnosis, from) };

		/* One finding for the value of main.cf. */
		if (end.to &&
			!postfix_overrides(postfix, from, "content_filter") &&
			told++)
			continue;
		result = look_at_end(diagnosis, &end);
	}
	if (!result)
		result = check_transports(diagnosis);
	if (!result)
		result = check_dependents(diagnosis);
	if (!result && *postfix_value(postfix, NULL, "transport_maps"))
		result = ruledomains_each(diagnosis, RULEDOMAINS_TARGETS,
			look_at_transport, diagnosis);
	/* What the map does not give is told by other checks. */
	if (result == ERR_IO || result == ERR_BAD)
		result = 0;
	return result ? result
		      : filters_each(
				diagnosis, false, look_at_filter, diagnosis);
}

/* True if another instance of Postfix may send outbound mail to the service, as
 * guides/split.md has it. */
static bool is_for_instance(const struct diagnosis *diagnosis,
	const struct postfix_service *service)
{
	return *postfix_value(diagnosis->postfix, NULL,
		       "multi_instance_directories") &&
	       config_list_has(&diagnosis->config->outbound_daemons,
		       bytes_of(diagnosis_daemon(diagnosis, service)));
}

/* Looks for FILTER that leads to no service of this host. */
static int look_for_filter(void *context, const struct filters_found *found)
{
	struct bytes hop = chain_hop(found->transport);

	return hop.len && !chain_service_at(context, hop);
}

bool chain_takes_back(const struct diagnosis *diagnosis,
	const struct postfix_service *service, bool filtered)
{
	const struct postfix *postfix = diagnosis->postfix;
	const struct postfix_service *from;
	const char *own = postfix_value(postfix, service, "content_filter");
	bool logs_in = postfix_is_yes(
		postfix_value(postfix, service, "smtpd_sasl_auth_enable"));

	filtered = filtered || *postfix_value(postfix, NULL, "content_filter");

	if (!diagnosis_is_loopback(diagnosis, service) ||
		diagnosis_is_local(diagnosis, service) ||
		is_for_instance(diagnosis, service) ||
		(postfix_overrides(postfix, service, "content_filter") &&
			*own) ||
		/* What main.cf says of logins is said of all services. */
		(logs_in && (*own || postfix_overrides(postfix, service,
					     "smtpd_sasl_auth_enable"))))
		return false;
	for (size_t i = 0; (from = postfix_service(postfix, i)); i++)
		filtered = filtered || (!strcmp(from->command, "smtpd") &&
					       from != service &&
					       *postfix_value(postfix, from,
						       "content_filter"));
	return filtered;
}

/* True if the service takes mail back, and no content filter leads straight to
 * it: that is named by milter-twice. */
static bool is_return(const struct diagnosis *diagnosis,
	const struct postfix_service *service, bool filtered)
{
	const struct postfix_service *from;

	for (size_t i = 0; (from = postfix_service(diagnosis->postfix, i)); i++)
		if (!strcmp(from->command, "smtpd") &&
			filter_of(diagnosis, from) == service)
			return false;
	return chain_takes_back(diagnosis, service, filtered);
}

int chain_check_reinject(struct diagnosis *diagnosis)
{
	const struct postfix *postfix = diagnosis->postfix;
	const struct postfix_service *service;
	int filtered =
		filters_each(diagnosis, false, look_for_filter, diagnosis);
	int result = filtered < 0 ? filtered : 0;

	for (size_t i = 0;
		!result && (service = diagnosis_next(diagnosis, &i, NULL));) {
		const char *name = diagnosis_name(diagnosis, service);

		if (!name)
			return ERR_NOMEM;
		if (*postfix_value(postfix, service, "smtpd_proxy_filter"))
			result = diagnosis_say(diagnosis, DIAGNOSIS_FAIL,
				diagnosis_text(diagnosis,
					"%s has smtpd_proxy_filter and the "
					"milter",
					name),
				"milters of such a service never see the end "
				"of a message: nothing is rewritten",
				diagnosis_text(diagnosis,
					"postconf -P '%s/smtpd_milters=' && "
					"postfix reload (and put the milter on "
					"the service that the filter hands "
					"mail to)",
					name));
		if (!result && is_return(diagnosis, service, filtered))
			result = diagnosis_say(diagnosis, DIAGNOSIS_FAIL,
				diagnosis_text(diagnosis,
					"%s takes mail back from the content "
					"filter, and has the milter",
					name),
				"rewritten mail is looked up a second time, "
				"as inbound mail: a rule may hold for another "
				"rule's target, and internal addresses of "
				"colleagues are shown to outsiders",
				remedy_no_milters(diagnosis, service));
	}
	return result;
}

/* Returns 1 if an answer of the table does not name the milter. */
static int look_for_absence(void *context, const struct actions_entry *entry)
{
	const struct diagnosis *diagnosis = context;
	struct bytes rest = { entry->action.data,
		entry->operand.len
			? (size_t)(entry->operand.data + entry->operand.len -
				   entry->action.data)
			: entry->action.len };
	struct milterlist_item item;

	while (milterlist_next(&rest, &item))
		if (diagnosis_is_ours(diagnosis, item.endpoint))
			return 0;
	return 1;
}

/* Returns 1 if a table of smtpd_milter_maps may leave the milter out, 0 if not,
 * or ERR_NOMEM. */
static int leaves_out(struct diagnosis *diagnosis, const char *maps)
{
	struct bytes rest = bytes_of(maps);
	struct bytes word;
	int result = 0;

	while (!result && words_next(&rest, WORDS_OF_LIST, &word))
		result = actions_each(
			diagnosis, word, look_for_absence, diagnosis);
	return result == ERR_NOMEM ? result : result != 0;
}

int chain_check_maps(struct diagnosis *diagnosis)
{
	const struct postfix *postfix = diagnosis->postfix;
	const struct postfix_service *service;
	int result = 0;

	for (size_t i = 0;
		!result && (service = diagnosis_next(diagnosis, &i, NULL));) {
		const char *name = diagnosis_name(diagnosis, service);
		const char *maps =
			postfix_value(postfix, service, "smtpd_milter_maps");

		if (!name)
			return ERR_NOMEM;
		result = leaves_out(diagnosis, maps);
		if (result <= 0)
			continue;
		result = diagnosis_say(diagnosis, DIAGNOSIS_WARN,
			diagnosis_text(diagnosis,
				"%s has smtpd_milter_maps = %s", name, maps),
			"what it finds for a client takes the place of "
			"smtpd_milters: that client's mail is not rewritten "
			"unless the answer names the milter",
			"look whether each answer of the table names the "
			"milter");
	}
	return result;
}
