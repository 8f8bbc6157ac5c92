/* address and rule: what is taken can be written, read again, and is the same.
 */
#include "mail/address.h"
#include "fuzz.h"
#include "kit/headerkit.h"
#include "rules/rule.h"
#include "rules/rulesource.h"
#include "rules/ruletarget.h"

#define ARENA_MAX ((size_t)1 << 20)

static void check_text(struct bytes text)
{
	struct bytes path = address_strip_path(text.data, text.len);
	struct mailbox mailbox;
	struct mailbox again;
	struct error error;
	char written[ADDRESS_TEXT_MAX];
	char key[ADDRESS_KEY_MAX];
	char key_again[ADDRESS_KEY_MAX];
	int key_len;
	int len;

	FUZZ_CHECK(path.len <= text.len);
	(void)!address_parse_internal(text.data, text.len, &mailbox);
	if (address_parse(text.data, text.len, &mailbox, &error))
		return;
	FUZZ_CHECK(mailbox.domain_len && mailbox.local_len < 513);
	key_len = address_key(&mailbox, key);
	len = address_format(&mailbox, written);
	if (len < 0 || key_len < 0 ||
		address_check_domain(mailbox.domain, mailbox.domain_len, NULL))
		return;
	FUZZ_CHECK((size_t)len == strlen(written));
	FUZZ_CHECK(!address_parse(written, (size_t)len, &again, &error));
	FUZZ_CHECK(address_key(&again, key_again) == key_len);
	FUZZ_CHECK(!memcmp(key, key_again, (size_t)key_len));
	FUZZ_CHECK(again.local_len == mailbox.local_len);
	if (address_check(&mailbox, true, &error))
		return;
	FUZZ_CHECK(len <= ADDRESS_MAX);
	for (int i = 0; i < len; i++)
		FUZZ_CHECK((unsigned char)written[i] >= 0x20 &&
			   written[i] != 0x7f);
}

/* "Source;Target" of each table: a rule can be written and made again. */
static void check_row(struct arena *arena, enum rule_table table,
	struct bytes source, struct bytes target)
{
	char text[ADDRESS_TEXT_MAX];
	char key[ADDRESS_KEY_MAX];
	struct error error;
	struct rule rule;
	struct rule again;
	struct bytes rest;
	struct bytes one;
	size_t len;

	if (rule_make(arena, table, source, target, true, &rule, &error))
		return;
	FUZZ_CHECK(rule_value_kind(rule.value) < RULE_KINDS);
	FUZZ_CHECK(rule.key.len <= ADDRESS_KEY_MAX);
	len = rule_source_text(rule.key, text);
	if (len > ADDRESS_MAX) /* U-labels were shorter */
		return;
	FUZZ_CHECK(rule_source_key(table, (struct bytes){ text, len }, key,
			   &error) == (int)rule.key.len);
	FUZZ_CHECK(!memcmp(key, rule.key.data, rule.key.len));
	rest = rule_value_targets(rule.value);
	FUZZ_CHECK(!rule_make(arena, table, (struct bytes){ text, len }, rest,
		true, &again, &error));
	FUZZ_CHECK(bytes_equal(rule.key, again.key));
	FUZZ_CHECK(bytes_equal(rule.value, again.value));
	while (table != RULE_ROUTES && rule_next_target(&rest, &one))
		FUZZ_CHECK(one.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct arena *arena;
	char *block = holds_block((const char *)data, size);
	const char *cut = memchr(block, ';', size);

	if (!arena)
		arena = arena_open(ARENA_MAX);
	FUZZ_CHECK(arena);
	check_text((struct bytes){ block, size });
	if (cut) {
		struct bytes source = { block, (size_t)(cut - block) };
		struct bytes target = { cut + 1, size - source.len - 1 };

		for (int table = 0; table < RULE_TABLES; table++)
			check_row(
				arena, (enum rule_table)table, source, target);
	}
	arena_reset(arena);
	free(block);
	return 0;
}
