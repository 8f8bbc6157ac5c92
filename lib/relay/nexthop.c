#include "relay/nexthop.h"

/* Whose mail Postfix keeps, or has nowhere to send. */
static const char *const kept[] = { "mydestination", "virtual_alias_domains",
	"virtual_mailbox_domains" };

static const char *value_of(const struct diagnosis *diagnosis, const char *name)
{
	return postfix_value(diagnosis->postfix, NULL, name);
}

/* Puts what "TRANSPORT:NEXT-HOP" says in the place of what was there; a part
 * that is empty says nothing. If it is an entry of transport_maps, a transport
 * alone makes the domain the next hop again (transport(5)). */
static bool take(struct diagnosis *diagnosis, const char *entry, bool resets,
	struct bytes domain, struct bytes *transport, const char **destination)
{
	size_t len = strcspn(entry, ":");
	const char *rest = entry[len] ? entry + len + 1 : "";

	if (len)
		*transport = (struct bytes){ entry, len };
	if (*rest)
		*destination = rest;
	else if (len && resets)
		*destination = diagnosis_text(
			diagnosis, "%.*s", (int)domain.len, domain.data);
	return *destination;
}

int nexthop_find(
	struct diagnosis *diagnosis, struct bytes domain, struct nexthop *found)
{
	struct bytes transport = { "", 0 };
	const char *relayhost = value_of(diagnosis, "relayhost");
	const char *destination =
		diagnosis_text(diagnosis, "%.*s", (int)domain.len, domain.data);
	const char *entry;
	bool relayed;
	int result;

	for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
		if (diagnosis_match(diagnosis, kept[i], domain,
			    DOMAINLIST_EXACT) == DOMAINLIST_YES)
			return 0;
	relayed = diagnosis_match(diagnosis, "relay_domains", domain,
			  diagnosis_parents(diagnosis, "relay_domains")) ==
		  DOMAINLIST_YES;
	if (*relayhost)
		destination = relayhost;
	if (!destination ||
		!take(diagnosis,
			value_of(diagnosis, relayed ? "relay_transport"
						    : "default_transport"),
			false, domain, &transport, &destination))
		return ERR_NOMEM;
	result = postmap_find_transport(diagnosis->postmap,
		value_of(diagnosis, "transport_maps"), domain,
		diagnosis_parents(diagnosis, "transport_maps"), &entry);
	if (result < 0)
		return result;
	if (result &&
		!take(diagnosis, entry, true, domain, &transport, &destination))
		return ERR_NOMEM;
	found->destination = destination;
	found->service = postfix_find_service(
		diagnosis->postfix, transport, bytes_of("unix"));
	return found->service && !strcmp(found->service->command, "smtp");
}
