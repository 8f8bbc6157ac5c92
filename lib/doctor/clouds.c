#include "doctor/clouds.h"

#include "base/network.h"
#include "postfix/restrictions.h"
#include "postfix/words.h"

/*
 * The networks from which large clouds send the mail of all their customers, as
 * their SPF records name them: spf.protection.outlook.com, and _spf.google.com
 * with what _netblocks, _netblocks2 and _netblocks3.google.com named before
 * Google put two networks and parts of the IPv6 ones in their place. Compared
 * in November 2026 with copies of these records; Google's was in force on
 * 2026-03-08. They change seldom, and a network that is not listed here only
 * means that nobody is warned.
 */
static const struct {
	const char *cloud;
	const char *network;
	const char *sample; /* an address in it */
} clouds[] = {
	{ "Exchange Online", "40.92.0.0/15", "40.92.0.1" },
	{ "Exchange Online", "40.107.0.0/16", "40.107.0.1" },
	{ "Exchange Online", "52.100.0.0/15", "52.100.0.1" },
	{ "Exchange Online", "52.102.0.0/16", "52.102.0.1" },
	{ "Exchange Online", "52.103.0.0/17", "52.103.0.1" },
	{ "Exchange Online", "104.47.0.0/17", "104.47.0.1" },
	{ "Exchange Online", "2a01:111:f400::/48", "2a01:111:f400::1" },
	{ "Exchange Online", "2a01:111:f403::/49", "2a01:111:f403::1" },
	{ "Exchange Online", "2a01:111:f403:8000::/51",
		"2a01:111:f403:8000::1" },
	{ "Exchange Online", "2a01:111:f403:c000::/51",
		"2a01:111:f403:c000::1" },
	{ "Exchange Online", "2a01:111:f403:f000::/52",
		"2a01:111:f403:f000::1" },
	{ "Google", "35.190.247.0/24", "35.190.247.1" },
	{ "Google", "64.233.160.0/19", "64.233.160.1" },
	{ "Google", "66.102.0.0/20", "66.102.0.1" },
	{ "Google", "66.249.80.0/20", "66.249.80.1" },
	{ "Google", "72.14.192.0/18", "72.14.192.1" },
	{ "Google", "74.125.0.0/16", "74.125.0.1" },
	{ "Google", "108.177.8.0/21", "108.177.8.1" },
	{ "Google", "173.194.0.0/16", "173.194.0.1" },
	{ "Google", "209.85.128.0/17", "209.85.128.1" },
	{ "Google", "216.58.192.0/19", "216.58.192.1" },
	{ "Google", "216.239.32.0/19", "216.239.32.1" },
	{ "Google", "172.217.0.0/19", "172.217.0.1" },
	{ "Google", "172.217.32.0/20", "172.217.32.1" },
	{ "Google", "172.217.128.0/19", "172.217.128.1" },
	{ "Google", "172.217.160.0/20", "172.217.160.1" },
	{ "Google", "172.217.192.0/19", "172.217.192.1" },
	{ "Google", "172.253.56.0/21", "172.253.56.1" },
	{ "Google", "172.253.112.0/20", "172.253.112.1" },
	{ "Google", "108.177.96.0/19", "108.177.96.1" },
	{ "Google", "35.191.0.0/16", "35.191.0.1" },
	{ "Google", "130.211.0.0/22", "130.211.0.1" },
	{ "Google", "2001:4860:4000::/36", "2001:4860:4000::1" },
	{ "Google", "2404:6800:4000::/36", "2404:6800:4000::1" },
	{ "Google", "2607:f8b0:4000::/36", "2607:f8b0:4000::1" },
	{ "Google", "2800:3f0:4000::/36", "2800:3f0:4000::1" },
	{ "Google", "2a00:1450:4000::/36", "2a00:1450:4000::1" },
	{ "Google", "2c0f:fb50:4000::/36", "2c0f:fb50:4000::1" },
};

#define CLOUDS (sizeof clouds / sizeof *clouds)

/* Returns the cloud that has addresses in the network, or NULL. */
static const char *cloud_of(const struct network *network)
{
	for (size_t i = 0; i < CLOUDS; i++) {
		struct network wide;

		if (!network_parse(clouds[i].network, &wide, NULL) &&
			(network_is_in(network, &wide) ||
				network_is_in(&wide, network)))
			return clouds[i].cloud;
	}
	return NULL;
}

/* Returns the cloud that a list of networks has addresses of, or NULL. */
static const char *cloud_in(struct diagnosis *diagnosis, const char *list)
{
	struct bytes rest = bytes_of(postmap_list(diagnosis->postmap, list));
	struct bytes word;

	while (words_next(&rest, WORDS_OF_LIST, &word)) {
		const char *text =
			arena_copy(diagnosis->arena, word.data, word.len);
		struct network network;
		const char *cloud;

		if (!text || network_parse(text, &network, NULL))
			continue;
		cloud = cloud_of(&network);
		if (cloud)
			return cloud;
	}
	if (!strchr(list, ':'))
		return NULL;
	for (size_t i = 0; i < CLOUDS; i++)
		if (diagnosis_has_address(diagnosis, list, clouds[i].sample) ==
			DOMAINLIST_YES)
			return clouds[i].cloud;
	return NULL;
}

static int say_cloud(
	struct diagnosis *diagnosis, const char *cloud, const char *where)
{
	return diagnosis_say(diagnosis, DIAGNOSIS_WARN,
		diagnosis_text(diagnosis,
			"outbound_required_headers is empty, and %s may be "
			"outbound by %s",
			cloud, where ? where : ""),
		"whoever is a customer of a shared cloud sends with your "
		"public names from there (EchoSpoofing, 2024)",
		"set outbound_required_headers = {\"X-OriginatorOrg: "
		"YOUR.TENANT\"} in readdress.conf, or the header by which "
		"your cloud proves who you are; then `readdress reload`");
}

int clouds_check(struct diagnosis *diagnosis)
{
	const struct config *config = diagnosis->config;
	const struct postfix *postfix = diagnosis->postfix;
	const struct postfix_service *service;
	int result = 0;

	for (size_t i = 0; !result && i < config->outbound_networks_count;
		i++) {
		const struct network *network = &config->outbound_networks[i];
		const char *cloud = cloud_of(network);

		/* Wider ones are named by the check networks. */
		if (cloud && network->prefix >=
				     (network_is_v4(network) ? 96 + 8 : 32))
			result = say_cloud(
				diagnosis, cloud, "outbound_networks");
	}
	for (size_t i = 0;
		!result && (service = diagnosis_next(diagnosis, &i, NULL));) {
		const char *daemon = diagnosis_daemon(diagnosis, service);
		const char *cloud = "everybody";

		if (!config_list_has(
			    &config->outbound_daemons, bytes_of(daemon)) ||
			!diagnosis_is_public(diagnosis, service))
			continue;
		if (restrictions_close(postfix, service))
			cloud = cloud_in(diagnosis,
				postfix_value(postfix, service, "mynetworks"));
		if (cloud)
			result = say_cloud(diagnosis, cloud,
				diagnosis_text(diagnosis,
					"the daemon name %s of %s/%s", daemon,
					service->name, service->type));
	}
	return result;
}
