/* The text of served/required. */
#include "kit/testmap.h"

#include "state/required.h"

#define TWO                                                                    \
	"outbound_required_headers = {\"X-Org: a.com\", \"X-Org: b.com\", "    \
	"\"X-Tenant: T1\"}\n"

static void check_parse(
	const struct config *config, const char *text, size_t len, int result)
{
	char *block = malloc(len + 1);
	bool seen[3] = { true, true, true };

	assert_non_null(block);
	memcpy(block, text, len);
	assert_int_equal(
		required_parse(config, (struct bytes){ block, len }, seen),
		result);
	free(block);
	if (result)
		assert_false(seen[0] || seen[1] || seen[2]);
}

static void test_file(void **state)
{
	struct config *config = testmap_config(TWO);
	struct config *other = testmap_config(
		"outbound_required_headers = {\"x-tenant: t1\", \"X-New: 1\", "
		"\"X-ORG: A.com\"}\n");
	const bool some[3] = { true, false, true };
	bool seen[3];
	char text[3 * REQUIRED_LINE];
	size_t len;

	(void)state;
	assert_int_equal(required_format(config, some, text, &len), 0);
	assert_int_equal(len, 2 * REQUIRED_LINE);
	/* printf 'x-org\0a.com\0' | sha256sum */
	assert_memory_equal(text,
		"eaca607561f40a7763b0ae73d954a77c328ca233e4eceb74b96f413e01"
		"93b14f\n",
		REQUIRED_LINE);
	assert_int_equal(
		required_parse(config, (struct bytes){ text, len }, seen), 0);
	assert_memory_equal(seen, some, sizeof seen);
	/* Another list: the headers that are in both are seen, whatever their
	 * case and order. */
	assert_int_equal(
		required_parse(other, (struct bytes){ text, len }, seen), 0);
	assert_true(seen[0] && !seen[1] && seen[2]);

	check_parse(config, text, 0, 0);
	check_parse(config, text, len - 1, ERR_BAD);
	check_parse(config, text, REQUIRED_LINE + 1, ERR_BAD);
	check_parse(config, text + 1, REQUIRED_LINE, ERR_BAD);
	text[3] = 'G';
	check_parse(config, text, len, ERR_BAD);
	text[3] = '\0';
	check_parse(config, text, len, ERR_BAD);
	config_close(config);
	config_close(other);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_file) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
