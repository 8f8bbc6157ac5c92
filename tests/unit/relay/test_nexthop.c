/* Where Postfix sends the mail of a domain (ADDRESS_REWRITING_README,
 * transport(5)). */
#include "kit/testmap.h"

#include "relay/nexthop.h"

#define DOMAIN "new.example"

static const char services[] = "smtp unix - - y - - smtp\n"
			       "relay unix - - y - - smtp\n"
			       "slow unix - - y - 1 smtp\n"
			       "lmtp unix - - y - - lmtp\n"
			       "error unix - - y - - error\n"
			       "retry unix - - y - - error\n";
static const char defaults[] = "mydestination = relay.example\n"
			       "parent_domain_matches_subdomains =\n"
			       "relay_transport = relay\n"
			       "default_transport = smtp\n";

/* What the only table has for new.example; NULL: nothing; "?": it cannot be
 * asked. */
static const char *has;

static int answer(void *context, const char *table, struct bytes keys,
	struct bytes *answers)
{
	static char line[128];

	(void)context;
	assert_string_equal(table, "hash:/transport");
	*answers = (struct bytes){ line, 0 };
	if (has && !strcmp(has, "?"))
		return -1;
	while (keys.len)
		if (bytes_equal(bytes_cut(&keys, '\n'), bytes_of(DOMAIN)) &&
			has)
			answers->len = (size_t)snprintf(
				line, sizeof line, DOMAIN "\t%s\n", has);
	return 0;
}

static void test_nexthop(void **state)
{
	static const struct {
		const char *main;
		const char *has;
		int result;
		const char *service;
		const char *destination;
	} cases[] = {
		{ "", NULL, 1, "smtp", DOMAIN },
		{ "relayhost = [out.example]:587\n", NULL, 1, "smtp",
			"[out.example]:587" },
		{ "default_transport = slow:[a.example]\n"
		  "relayhost = [out.example]:587\n",
			NULL, 1, "slow", "[a.example]" },
		{ "relay_domains = new.example\n", NULL, 1, "relay", DOMAIN },
		{ "relay_domains = new.example\n"
		  "relay_transport = smtp:[in.example]:26\n",
			NULL, 1, "smtp", "[in.example]:26" },
		/* An entry of transport_maps says all, or a part. */
		{ "", "smtp:[mx.new.example]:25", 1, "smtp",
			"[mx.new.example]:25" },
		{ "relayhost = [out.example]\n", "slow:", 1, "slow", DOMAIN },
		{ "relayhost = [out.example]\n", "slow", 1, "slow", DOMAIN },
		{ "relayhost = [out.example]\n", ":", 1, "smtp",
			"[out.example]" },
		{ "relay_domains = new.example\n", ":[b.example]", 1, "relay",
			"[b.example]" },
		/* It does not go out, or not by SMTP. */
		{ "mydestination = new.example\n", NULL, 0, NULL, NULL },
		{ "virtual_mailbox_domains = new.example\n", NULL, 0, NULL,
			NULL },
		{ "virtual_alias_domains = new.example\n", NULL, 0, NULL,
			NULL },
		{ "", "retry:4.7.1 held by readdress", 0, NULL, NULL },
		{ "", "error:5.1.2 no such domain", 0, NULL, NULL },
		{ "", "lmtp:[127.0.0.1]:24", 0, NULL, NULL },
		{ "", "gone:[a.example]", 0, NULL, NULL },
		{ "", "?", ERR_IO, NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct postfix *postfix = postfix_open();
		struct postmap postmap = { .ask = answer };
		struct diagnosis diagnosis = { .postfix = postfix,
			.postmap = &postmap,
			.arena = arena_open(1 << 20) };
		struct nexthop found;
		int result;

		assert_non_null(postfix);
		postmap.arena = diagnosis.arena;
		has = cases[i].has;
		assert_int_equal(
			postfix_read_main(postfix, bytes_of(defaults), NULL),
			0);
		assert_int_equal(
			postfix_read_main(postfix,
				bytes_of("transport_maps = hash:/transport\n"),
				NULL),
			0);
		assert_int_equal(postfix_read_main(postfix,
					 bytes_of(cases[i].main), NULL),
			0);
		assert_int_equal(postfix_read_services(
					 postfix, bytes_of(services), NULL),
			0);
		result = nexthop_find(&diagnosis, bytes_of(DOMAIN), &found);
		assert_int_equal(result, cases[i].result);
		if (result == 1) {
			assert_string_equal(
				found.service->name, cases[i].service);
			assert_string_equal(
				found.destination, cases[i].destination);
		}
		arena_close(diagnosis.arena);
		postfix_close(postfix);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nexthop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
