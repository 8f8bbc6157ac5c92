#include "doctor/chain.h"

#include "diagnosis/remedy.h"
#include "diagnosis/ruledomains.h"

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
	struct bytes host = bytes_trim(hop, "[]");
	struct bytes port = bytes_of("25");

	(void)cut_port(hop, &host, &port);
	if (!host.len)
		return NULL;
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
				(is_loopback(host) &&
					(!at_host.len ||
						is_loopback(at_host)))))
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

int chain_say_ends(struct diagnosis *diagnosis, const char *sender,
	const char *parameter, const struct postfix_service *service)
{
	const char *name = diagnosis_name(diagnosis, service);

	return diagnosis_say(diagnosis, DIAGNOSIS_FAIL,
		diagnosis_text(diagnosis,
			"%s hands mail to %s by %s, and both have the milter",
			sender, name ? name : "", parameter),
		"each message is rewritten twice: a rule that holds for "
		"another rule's target is applied after it, and outsiders see "
		"internal addresses",
		diagnosis_is_local(diagnosis, service)
			? diagnosis_text(diagnosis,
				  "postconf -X %s && postfix reload (%s is for "
				  "the mail of pickup alone)",
				  parameter, name ? name : "")
			: remedy_no_milters(diagnosis, service));
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
	const struct postfix_service *to;
	const char *transport;
	int found;

	if (*domain.data == '*')
		return 0;
	found = postmap_find_transport(diagnosis->postmap,
		postfix_value(diagnosis->postfix, NULL, "transport_maps"),
		domain, diagnosis_parents(diagnosis, "transport_maps"),
		&transport);
	if (found == ERR_NOMEM)
		return found;
	to = found > 0 ? chain_service_at(diagnosis, chain_hop(transport))
		       : NULL;
	if (!to || !diagnosis_count_ours(diagnosis, to, NULL))
		return 0;
	return chain_say_ends(diagnosis,
		diagnosis_text(diagnosis, "the transport of %.*s",
			(int)domain.len, domain.data),
		"transport_maps", to);
}

int chain_check_ends(struct diagnosis *diagnosis)
{
	static const char *const transports[] = { "default_transport",
		"relay_transport", "virtual_transport", "local_transport" };
	const struct postfix *postfix = diagnosis->postfix;
	const struct postfix_service *from;
	const struct postfix_service *to;
	size_t told = 0;
	int result = 0;

	for (size_t i = 0;
		!result && (from = diagnosis_next(diagnosis, &i, NULL));) {
		const char *name = diagnosis_name(diagnosis, from);

		to = filter_of(diagnosis, from);
		/* One finding for the value of main.cf. */
		if (to && !postfix_overrides(postfix, from, "content_filter") &&
			told++)
			continue;
		if (to && name && diagnosis_count_ours(diagnosis, to, NULL))
			result = chain_say_ends(
				diagnosis, name, "content_filter", to);
	}
	for (size_t i = 0;
		!result && i < sizeof transports / sizeof *transports; i++) {
		to = chain_service_at(diagnosis,
			chain_hop(postfix_value(postfix, NULL, transports[i])));
		if (to && diagnosis_count_ours(diagnosis, to, NULL))
			result = chain_say_ends(
				diagnosis, "Postfix", transports[i], to);
	}
	to = chain_service_at(
		diagnosis, bytes_of(postfix_value(postfix, NULL, "relayhost")));
	if (!result && to && diagnosis_count_ours(diagnosis, to, NULL))
		result = chain_say_ends(diagnosis, "Postfix", "relayhost", to);
	if (!result && *postfix_value(postfix, NULL, "transport_maps"))
		result = ruledomains_each(diagnosis, RULEDOMAINS_TARGETS,
			look_at_transport, diagnosis);
	/* What the map does not give is told by other checks. */
	return result == ERR_IO || result == ERR_BAD ? 0 : result;
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

/* True if a content filter may hand mail back to the service, which is one on
 * loopback. A service that has a filter of its own would send the mail there
 * again. One that a content filter leads to is named by milter-twice. */
static bool is_return(const struct diagnosis *diagnosis,
	const struct postfix_service *service)
{
	const struct postfix *postfix = diagnosis->postfix;
	const struct postfix_service *from;
	bool filtered = *postfix_value(postfix, NULL, "content_filter");

	if (!diagnosis_is_loopback(diagnosis, service) ||
		diagnosis_is_local(diagnosis, service) ||
		is_for_instance(diagnosis, service) ||
		(postfix_overrides(postfix, service, "content_filter") &&
			*postfix_value(postfix, service, "content_filter")) ||
		postfix_is_yes(postfix_value(
			postfix, service, "smtpd_sasl_auth_enable")))
		return false;
	for (size_t i = 0; (from = postfix_service(postfix, i)); i++) {
		if (strcmp(from->command, "smtpd") != 0)
			continue;
		if (filter_of(diagnosis, from) == service)
			return false;
		filtered = filtered ||
			   (from != service && *postfix_value(postfix, from,
						       "content_filter"));
	}
	return filtered;
}

int chain_check_reinject(struct diagnosis *diagnosis)
{
	const struct postfix *postfix = diagnosis->postfix;
	const struct postfix_service *service;
	int result = 0;

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
		if (!result && is_return(diagnosis, service))
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
		if (!*maps)
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
