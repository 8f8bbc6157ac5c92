#include "diagnosis/ourmilter.h"

#include "postfix/milterkind.h"

static bool fails_open(const struct diagnosis *diagnosis,
	const struct postfix_service *service,
	const struct milterlist_item *item)
{
	struct bytes action = milterlist_option(item, "default_action",
		postfix_value(
			diagnosis->postfix, service, "milter_default_action"));

	return !bytes_equal(action, bytes_of("tempfail")) &&
	       !bytes_equal(action, bytes_of("shutdown"));
}

/* True if the item itself has an option that is too low. What the parameters of
 * main.cf have is mended there. */
static bool is_low(const struct milterlist_item *item)
{
	struct bytes protocol = milterlist_option(item, "protocol", "");
	struct bytes seconds = milterlist_option(item, "content_timeout", "");
	struct bytes rest = protocol;
	uint64_t number = 0;

	(void)bytes_number(&rest, 9, &number);
	return (protocol.len && number < OURMILTER_PROTOCOL_MIN) ||
	       (seconds.len &&
		       postfix_seconds(seconds, 's') < OURMILTER_SECONDS_MIN);
}

/* True if the service, in its chroot, does not find the socket, and the path
 * from the queue directory on leads to it. */
static bool is_out_of_reach(const struct diagnosis *diagnosis,
	const struct postfix_service *service,
	const struct milterlist_item *item)
{
	const char *queue =
		postfix_value(diagnosis->postfix, NULL, "queue_directory");
	struct bytes path = item->endpoint;

	if (!service || !service->chroot ||
		(!bytes_take(&path, "unix:/") && !bytes_take(&path, "local:/")))
		return false;
	path = item->endpoint;
	return milterlist_take_path(&path, queue) && *path.data != '/';
}

bool ourmilter_does_harm(const struct diagnosis *diagnosis,
	const struct postfix_service *service,
	const struct milterlist_item *item)
{
	return fails_open(diagnosis, service, item) || is_low(item) ||
	       is_out_of_reach(diagnosis, service, item);
}

/* True if mail of strangers passes the list of the service, or that of main.cf
 * if it is NULL. */
static bool meets_strangers(const struct diagnosis *diagnosis,
	const struct postfix_service *service)
{
	const struct postfix_service *other;
	bool found = false;

	if (service)
		return diagnosis_is_public(diagnosis, service) &&
		       !config_list_has(&diagnosis->config->outbound_daemons,
			       bytes_of(diagnosis_daemon(diagnosis, service)));
	for (size_t i = 0;
		!found && (other = postfix_service(diagnosis->postfix, i)); i++)
		found = !postfix_overrides(
				diagnosis->postfix, other, "smtpd_milters") &&
			meets_strangers(diagnosis, other);
	return found;
}

bool ourmilter_is_misplaced(const struct diagnosis *diagnosis,
	const struct postfix_service *service)
{
	struct bytes rest = bytes_of(
		postfix_value(diagnosis->postfix, service, "smtpd_milters"));
	struct milterlist_item item;
	bool signer = false;
	bool passed = false;

	while (milterlist_next(&rest, &item)) {
		enum milterkind kind = milterkind_of(item.endpoint);

		if (diagnosis_is_ours(diagnosis, item.endpoint)) {
			if (signer)
				return true;
			passed = true;
		} else if (kind == MILTERKIND_SIGNS) {
			/* Another place for ours does not mend what verifies
			 * behind a signer. */
			if (passed)
				return false;
			signer = true;
		} else if (kind == MILTERKIND_VERIFIES && passed) {
			return meets_strangers(diagnosis, service);
		}
	}
	return false;
}
