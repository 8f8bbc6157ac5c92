/*
 * Random recipients under random rules. Two models that share nothing with lib
 * say what is to be (rulesmodel.h) and what Postfix makes of the edits
 * (postfixmodel.h): nobody is lost, nobody doubled.
 *
 *   test_envelope_model [SEED [RULES]]
 */
#include "kit/messagemodel.h"
#include "kit/testdecide.h"

#define MESSAGES 200 /* by the same rules */

struct counts {
	size_t messages;
	size_t refused;
	size_t edits;
};

static void fail_message(const struct model *model, struct testdecide *test,
	const struct message *message, const char *why, const char *who)
{
	static const char *const forms[FORMS] = { "as shown", "dot", "bare",
		"percent", "bang" };

	(void)fprintf(stderr, "%s:\n", model->rules);
	for (unsigned i = 0; i < message->count; i++)
		(void)fprintf(stderr, "  %s %s, holds %s, NOTIFY=%s ORCPT=%s\n",
			message->text[i], forms[message->form[i]],
			message->held[i],
			message->recipients[i].notify
				? message->recipients[i].notify
				: "",
			message->orcpt[i]);
	for (size_t i = 0; i < test->decision.add_count; i++)
		(void)fprintf(stderr, "  + %s %s\n",
			test->decision.adds[i].address,
			test->decision.adds[i].esmtp);
	for (size_t i = 0; i < test->decision.delete_count; i++)
		(void)fprintf(stderr, "  - %s\n", test->decision.deletes[i]);
	fail_msg("%s: %s", why, who);
}

/* The path of a recipient as Postfix keeps it, with quotes. */
static const char *path_of(const char *recipient, char out[SPELT])
{
	const char *colon = strrchr(recipient, ':');
	size_t len;

	recipient = colon ? colon + 1 : recipient + (*recipient == '<');
	len = strlen(recipient);
	if (recipient[len - 1] == '>')
		len--;
	(void)snprintf(out, SPELT, "%.*s", (int)len, recipient);
	return out;
}

static bool any_sharp(const struct message *message)
{
	bool any = false;

	for (unsigned i = 0; i < message->count; i++)
		any = any || message->address[i] % DOMAINS == 4;
	return any;
}

/* Returns the ORCPT of an added address: the client's, or one made of its
 * spelling. */
static void check_orcpt(
	const struct message *message, unsigned i, const char *orcpt)
{
	char path[SPELT];

	(void)path_of(message->text[i], path);
	if (any_sharp(message) || message->form[i] > DOT || strpbrk(path, "+ "))
		return;
	if (!message->recipients[i].orcpt)
		assert_string_equal(orcpt + strlen("ORCPT=rfc822;"), path);
	else if (!strchr(message->recipients[i].orcpt, '{'))
		assert_string_equal(
			orcpt + strlen("ORCPT="), message->recipients[i].orcpt);
}

/* Returns NOTIFY and ORCPT of an added address, from the recipients that are
 * rewritten to it. */
static void check_parameters(const struct model *model,
	const struct message *message, unsigned address, const char *esmtp)
{
	bool success = false;
	bool delay = false;
	bool implicit = false;
	bool never = true;
	char expected[64] = "";
	const char *orcpt = strstr(esmtp, "ORCPT=");
	bool first = true;

	assert_non_null(orcpt);
	for (unsigned i = 0; i < message->count; i++) {
		bool set[ADDRESSES] = { false };
		const char *notify = message->recipients[i].notify;

		if (messagemodel_stays(message, i))
			continue;
		assert_true(model_apply(model, message->address[i], set));
		if (!set[address])
			continue;
		if (first)
			check_orcpt(message, i, orcpt);
		first = false;
		never = never && notify && !strcmp(notify, "NEVER");
		implicit = implicit || !notify;
		success = success || (notify && !strcmp(notify, "SUCCESS"));
		delay = delay || !notify || !strcmp(notify, "DELAY");
	}
	assert_false(first);
	if (never)
		(void)strcpy(expected, "NOTIFY=NEVER ");
	else if (!implicit || success)
		(void)snprintf(expected, sizeof expected, "NOTIFY=%s%s%s%s%s ",
			success ? "SUCCESS" : "",
			success && implicit ? "," : "",
			implicit ? "FAILURE" : "",
			delay && (success || implicit) ? "," : "",
			delay ? "DELAY" : "");
	if (strncmp(esmtp, expected, strlen(expected)) != 0 ||
		esmtp + strlen(expected) != orcpt)
		fail_msg("%s: %s", expected, esmtp);
}

static unsigned bits_of(const char *notify)
{
	return notify && !strcmp(notify, "NEVER") ? 0u
	       : notify && *notify == 'S'	  ? 1u
	       : notify				  ? 4u
						  : 6u;
}

/* True if the recipients that are rewritten to it ask for another NOTIFY than
 * those that came with it. */
static bool is_changed(const struct model *model, const struct message *message,
	unsigned address)
{
	unsigned held = 0;
	unsigned wanted = 0;

	if (!message->before[address] || !message->after[address])
		return false;
	for (unsigned i = 0; i < message->count; i++) {
		unsigned bits = bits_of(message->recipients[i].notify);
		bool set[ADDRESSES] = { false };

		if (messagemodel_stays(message, i))
			continue;
		if (message->address[i] == address)
			held |= bits;
		assert_true(model_apply(model, message->address[i], set));
		if (set[address])
			wanted |= bits;
	}
	return held != wanted;
}

/* Checks the edits: they are the difference of the keys, with each spelling of
 * a deleted recipient. */
static void check_edits(const struct model *model, struct testdecide *test,
	const struct message *message)
{
	const struct decision *decision = &test->decision;
	bool added[ADDRESSES] = { false };
	char plain[POSTFIX_TEXT];
	char clean[POSTFIX_TEXT];

	for (size_t i = 0; i < decision->add_count; i++) {
		unsigned address;

		postfix_dequote(decision->adds[i].address, plain);
		postfix_complete(model_domains[0], plain, clean);
		address = model_find(clean);
		if (address == NOBODY || added[address] ||
			!message->after[address] ||
			(message->before[address] &&
				!is_changed(model, message, address)))
			fail_message(model, test, message, "ADDED", plain);
		added[address] = true;
		check_parameters(
			model, message, address, decision->adds[i].esmtp);
	}
	for (unsigned i = 0; i < message->count; i++) {
		bool goes = !messagemodel_stays(message, i) &&
			    (!message->after[message->address[i]] ||
				    is_changed(model, message,
					    message->address[i]));
		char path[SPELT];
		bool found = false;

		(void)path_of(message->text[i], path);
		for (size_t k = 0; k < decision->delete_count; k++)
			found = found || !strcmp(decision->deletes[k], path);
		if (found != goes)
			fail_message(model, test, message, "SPELLING", path);
	}
}

/* Returns how often the address gets the message. */
static void count_copies(const struct message *message,
	const struct postfix *postfix, unsigned *copies)
{
	memset(copies, 0, ADDRESSES * sizeof *copies);
	for (size_t i = 0; i < postfix->count; i++) {
		unsigned address = model_find(postfix->all[i].clean);

		if (address == NOBODY)
			fail_msg("%s is nobody's", postfix->all[i].clean);
		if (!messagemodel_stays(message, postfix->all[i].index))
			copies[address] += !postfix->all[i].deleted;
	}
}

static void check_left(const struct model *model, struct testdecide *test,
	const struct message *message, const struct postfix *postfix)
{
	for (size_t i = 0; i < postfix->count; i++) {
		const struct postfix_recipient *one = &postfix->all[i];

		if (messagemodel_stays(message, one->index)) {
			if (one->deleted)
				fail_message(model, test, message, "LOST",
					one->held);
			continue;
		}
		if (one->deleted || one->index >= message->count ||
			(message->after[message->address[one->index]] &&
				!is_changed(model, message,
					message->address[one->index])))
			continue;
		fail_message(model, test, message, "LEFT", one->held);
	}
}

/* Gives the message and the edits to the model of Postfix. */
static void play(struct postfix *postfix, const struct message *message,
	const struct decision *decision, unsigned before[ADDRESSES],
	unsigned after[ADDRESSES])
{
	postfix->origin = model_domains[0];
	for (unsigned i = 0; i < message->count; i++)
		(void)postfix_recipient(postfix, message->held[i],
			message->orcpt[i], message->recipients[i].notify, i);
	count_copies(message, postfix, before);
	for (size_t i = 0; i < decision->delete_count; i++)
		postfix_delete(postfix, decision->deletes[i]);
	for (size_t i = 0; i < decision->add_count; i++)
		(void)postfix_add(postfix, decision->adds[i].address,
			decision->adds[i].esmtp, RECIPIENTS);
	count_copies(message, postfix, after);
}

/* canonical_maps: an address for each, most of them itself. */
static void map_canonical(const void *tables, char clean[POSTFIX_TEXT])
{
	const unsigned *to = tables;
	unsigned address = model_find(clean);
	char name[64];

	if (address == NOBODY || to[address] == address)
		return;
	model_write(name, to[address]);
	postfix_dequote(name, clean);
}

/* Gives the same message to a Postfix that rewrites, too: every recipient must
 * get it, but maybe more than once. */
static void check_canonical(const struct model *model, struct testdecide *test,
	const struct message *message)
{
	static struct postfix postfix;
	unsigned to[ADDRESSES];
	unsigned before[ADDRESSES];
	unsigned after[ADDRESSES];
	char name[64];

	/* The domain that looks like another is left out: Postfix itself
	 * confuses the two. */
	for (unsigned i = 0; i < ADDRESSES; i++) {
		to[i] = model_below(3) ? i : model_below(ADDRESSES);
		if (to[i] % DOMAINS == 4)
			to[i] = i;
		if (i % DOMAINS == 4 &&
			(message->before[i] || message->after[i]))
			return;
	}
	postfix.canonical = map_canonical;
	postfix.tables = to;
	play(&postfix, message, &test->decision, before, after);
	for (unsigned i = 0; i < ADDRESSES; i++) {
		model_write(name, i);
		if (message->after[i] && !after[to[i]])
			fail_message(
				model, test, message, "LOST, canonical", name);
	}
	postfix_clear(&postfix);
}

static void check_postfix(const struct model *model, struct testdecide *test,
	const struct message *message, struct counts *counts)
{
	static struct postfix postfix;
	const struct decision *decision = &test->decision;
	unsigned before[ADDRESSES];
	unsigned after[ADDRESSES];
	char name[64];

	play(&postfix, message, decision, before, after);
	for (unsigned i = 0; i < ADDRESSES; i++) {
		unsigned wanted =
			message->before[i] && !is_changed(model, message, i)
				? before[i]
				: 1;

		if (!wanted && message->wanted[i])
			wanted = 1;
		model_write(name, i);
		if (message->after[i] && after[i] < wanted)
			fail_message(model, test, message, "LOST", name);
		if (message->after[i] && after[i] > wanted)
			fail_message(model, test, message, "DOUBLED", name);
	}
	check_left(model, test, message, &postfix);
	counts->edits += decision->add_count;
	postfix_clear(&postfix);
}

/* True if the message may be refused: two recipients look alike to Postfix,
 * before or after the rules. */
static bool may_refuse(const struct model *model, const struct message *message)
{
	bool may = false;

	for (unsigned i = 0; i < message->count; i++) {
		unsigned address = message->address[i];

		/* in an odd form, to be added again */
		may = may || (any_sharp(message) && message->form[i] > DOT &&
				     is_changed(model, message, address));
		if (address % DOMAINS != 4)
			continue;
		may = may || message->before[address + 1] ||
		      message->after[address + 1];
	}
	return may;
}

static void run_message(const struct model *model, struct testdecide *test,
	struct counts *counts)
{
	struct message message;
	int result;

	if (!messagemodel_make(model, &message, &test->message))
		return;
	counts->messages++;
	result = testdecide_decide(test);
	if (result == ERR_BAD && may_refuse(model, &message)) {
		counts->refused++;
	} else {
		if (result)
			fail_message(model, test, &message, "REFUSED", "");
		check_edits(model, test, &message);
		check_postfix(model, test, &message, counts);
		if (model_below(4) == 0)
			check_canonical(model, test, &message);
	}
	arena_reset(test->result);
	test->message.recipients = NULL;
}

static void to_bob(const void *tables, char clean[POSTFIX_TEXT])
{
	(void)tables;
	if (!strcmp(clean, "new@w.test"))
		(void)strcpy(clean, "bob@w.test");
}

/* The model loses the recipients that Postfix lost when adds came first. */
static void test_model(void **state)
{
	static const char esmtp[] = "ORCPT=rfc822;bob@w.test";
	static struct postfix postfix = { .origin = "w.test",
		.canonical = to_bob };

	(void)state;
	assert_true(postfix_recipient(
		&postfix, "bob@w.test", "rfc822;bob@w.test", NULL, 0));
	assert_false(postfix_add(&postfix, "new@w.test", esmtp, 1));
	postfix_delete(&postfix, "bob@w.test");
	assert_true(postfix.all[0].deleted);
	assert_true(postfix_add(&postfix, "new@w.test", esmtp, 1));
	assert_int_equal(postfix.count, 2);
	/* held and in the queue otherwise: not forgotten by the delete */
	postfix_clear(&postfix);
	assert_true(postfix_recipient(
		&postfix, "bob@w.test.", "rfc822;bob@w.test", NULL, 0));
	postfix_delete(&postfix, "bob@w.test.");
	assert_false(postfix_recipient(
		&postfix, "bob@w.test.", "rfc822;bob@w.test", NULL, 1));
	postfix_clear(&postfix);
}

static unsigned rules = 500;

static void test_against_model(void **state)
{
	struct model *model = malloc(sizeof *model);
	struct counts counts = { 0 };

	(void)state;
	assert_non_null(model);
	for (unsigned m = 0; m < rules; m++) {
		struct testdecide test = { .recipients = "" };

		model_make(model);
		test.rules = model->rules;
		test.smtputf8 = true;
		testdecide_open(&test);
		for (unsigned i = 0; i < MESSAGES; i++)
			run_message(model, &test, &counts);
		testdecide_close(&test);
	}
	print_message("%zu messages, %zu refused, %zu added\n", counts.messages,
		counts.refused, counts.edits);
	/* The random messages must have tested something. */
	assert_true(counts.edits > counts.messages);
	assert_true(counts.refused < counts.messages / 10);
	free(model);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_model),
		cmocka_unit_test(test_against_model),
	};

	if (argc > 1)
		model_seed = strtoull(argv[1], NULL, 10);
	if (argc > 2)
		rules = (unsigned)strtoul(argv[2], NULL, 10);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
