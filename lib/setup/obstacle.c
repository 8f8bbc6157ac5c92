#include "setup/obstacle.h"

#include "diagnosis/diagnosis.h"
#include "diagnosis/remedy.h"
#include "postfix/words.h"

static bool has_public_service(const struct diagnosis *diagnosis)
{
	const struct postfix_service *service;

	for (size_t i = 0; (service = postfix_service(diagnosis->postfix, i));
		i++)
		if (diagnosis_is_public(diagnosis, service))
			return true;
	return false;
}

/* True if inet_protocols leaves IPv4 out. "all" has it, and so has a Postfix
 * that does not tell. */
static bool lacks_ipv4(const struct postfix *postfix)
{
	struct bytes rest =
		bytes_of(postfix_value(postfix, NULL, "inet_protocols"));
	struct bytes word;
	bool any = false;

	while (words_next(&rest, WORDS_OF_LIST, &word)) {
		if (!bytes_equal_nocase(word, bytes_of("ipv6")))
			return false;
		any = true;
	}
	return any;
}

/* Returns the planned service that listens on loopback of IPv4, or NULL. */
static const char *find_ipv4(const struct plan *plan)
{
	for (size_t i = 0; i < plan->count; i++)
		if (plan->changes[i].kind == PLAN_SERVICE &&
			!strncmp(plan->changes[i].name, "[127.", 5))
			return plan->changes[i].name;
	return NULL;
}

/* Returns a parameter that is to be changed and whose value has braces that do
 * not pair: what is added would be taken for a part of it. NULL if there is
 * none. */
static const char *find_unpaired(const struct plan *plan)
{
	for (size_t i = 0; i < plan->count; i++)
		if (plan->changes[i].kind == PLAN_SET &&
			!reference_pairs(
				plan_value(plan, plan->changes[i].name)))
			return plan->changes[i].name;
	return NULL;
}

int obstacle_check(const struct plan *plan, struct error *error)
{
	struct diagnosis diagnosis = { .postfix = plan->expanded,
		.written = plan->written,
		.config = plan->config,
		.arena = plan->arena };
	const char *service = find_ipv4(plan);
	const char *unpaired = find_unpaired(plan);
	const char *remedy;

	if (unpaired)
		return error_set(error, ERR_CONFIG,
			"the braces in the value of %s in main.cf do not pair "
			"(%.200s); nothing was changed. Correct it first",
			unpaired, plan_value(plan, unpaired));
	if (!has_public_service(&diagnosis)) {
		remedy = remedy_open(&diagnosis);
		if (!remedy)
			return error_set(error, ERR_NOMEM, "out of memory");
		return error_set(error, ERR_CONFIG,
			"no smtpd service is reached by outsiders "
			"(inet_interfaces is %s), and so readdress would get "
			"no mail; nothing was changed. Open Postfix first: %s",
			postfix_value(plan->expanded, NULL, "inet_interfaces"),
			remedy);
	}
	if (service && lacks_ipv4(plan->expanded)) {
		remedy = remedy_restart(
			&diagnosis, "postconf -e 'inet_protocols = all'");
		if (!remedy)
			return error_set(error, ERR_NOMEM, "out of memory");
		return error_set(error, ERR_CONFIG,
			"inet_protocols is ipv6, and Postfix would not start "
			"with the service %s, which needs IPv4 on loopback; "
			"nothing was changed. Let Postfix have both first: %s",
			service, remedy);
	}
	return 0;
}
