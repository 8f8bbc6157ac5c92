/*
 * convert: whatever an export holds, each rule that is made of it is one that
 * its table accepts, and no source stands twice. The first two bytes choose the
 * format and the options.
 */
#include "convert/convert.h"
#include "convert/addresslist.h"
#include "csv/csverror.h"
#include "fuzz.h"
#include "rules/ruletarget.h"

#include <stdlib.h>

#define ARENA_MAX ((size_t)64 << 20)

static void complain(void *context, const char *line)
{
	size_t *count = context;

	FUZZ_CHECK(*line && ++*count <= 2 * (CSVERROR_SHOWN + 1));
}

/* The addresses of a field lie in it, one after the other. */
static void split(struct bytes field)
{
	const char *at = field.data;
	const char *end = field.data + field.len;
	struct addresslist list = { .rest = field };
	struct record_address address;

	while (addresslist_next(&list, RECORD_ALIAS, &address)) {
		FUZZ_CHECK(address.text.data >= at);
		at = address.text.data + address.text.len;
		FUZZ_CHECK(at <= end);
	}
	FUZZ_CHECK(!list.rest.len);
	/* Three places, the way on, and the way to a separator. */
	FUZZ_CHECK(list.looked <= 5 * field.len);
}

static void check_rules(
	const struct convert_result *result, enum rule_table table)
{
	struct arena *arena = arena_open(ARENA_MAX);

	FUZZ_CHECK(arena);
	for (size_t i = 0; i < result->rows.count; i++) {
		const struct rule *rule = &result->rows.rows[i].rule;
		struct bytes text = { NULL, 0 };
		char source[ADDRESS_TEXT_MAX];
		struct rule again;
		struct error error;

		text.data = source;
		text.len = rule_source_text(rule->key, source);
		FUZZ_CHECK(!rule_make(arena, table, text,
			rule_value_targets(rule->value), true, &again, &error));
		FUZZ_CHECK(bytes_equal(again.key, rule->key));
		FUZZ_CHECK(bytes_equal(again.value, rule->value));
		FUZZ_CHECK(
			!i || bytes_compare(result->rows.rows[i - 1].rule.key,
				      rule->key) < 0);
	}
	arena_close(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct csvstart_columns names = { "A", "B" };
	const struct bytes domains[] = { bytes_of("a.example"),
		bytes_of("*.a.example") };
	size_t complaints = 0;
	struct convert_options options = { .name = "fuzz",
		.domains = domains,
		.complain = complain,
		.context = &complaints };
	struct convert_result result;
	struct error error = { .text = "" };
	struct arena *arena = arena_open(ARENA_MAX);
	int code;

	FUZZ_CHECK(arena);
	if (size < 2)
		goto out;
	options.format = (enum format)(data[0] % FORMATS);
	options.outbound = data[1] & 1;
	options.imceaex = data[1] & 2;
	options.allow_utf8 = data[1] & 4;
	options.domain_count = data[1] & 8 ? 0 : 2;
	if (data[1] & 16)
		options.columns = names;
	split((struct bytes){ (const char *)data + 2, size - 2 });
	code = convert_read((struct bytes){ (const char *)data + 2, size - 2 },
		&options, arena, &result, &error);
	FUZZ_CHECK(!code || *error.text);
	FUZZ_CHECK(code != ERR_NOMEM);
	if (!code)
		check_rules(&result,
			options.outbound ? RULE_OUTBOUND : RULE_INBOUND);
	free(result.rows.rows);
out:
	arena_close(arena);
	return 0;
}
