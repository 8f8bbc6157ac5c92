/*
 * Random recipients under random rules, against a model of sets: nobody is
 * lost, nobody doubled. The model knows addresses as numbers, so that it shares
 * nothing with the code.
 */
#include "testdecide.h"

#include <ctype.h>

#define LOCALS	   5
#define DOMAINS	   4
#define ADDRESSES  (LOCALS * DOMAINS)
#define RECIPIENTS 12
#define MAPS	   150
#define MESSAGES   60

static const char *const locals[LOCALS] = { "a", "b", "c.d", "x y", "a+t" };
static const char *const domains[DOMAINS] = { "p.test", "q.test", "s.q.test",
	"r.test" };

static uint64_t seed = 20261121;

static unsigned below(unsigned limit)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(seed >> 33) % limit;
}

enum what { NOTHING, EXCEPTION, MANY, KEEP };

/* A rule: what becomes of what it holds for. */
struct model_rule {
	enum what what;
	unsigned count;
	unsigned to[3]; /* addresses; of KEEP, domains */
};

struct model {
	struct model_rule user[ADDRESSES];
	struct model_rule domain[DOMAINS];
	struct model_rule parent; /* @*.q.test */
	char rules[8192];
	size_t used;
};

static void write_address(char *out, unsigned address)
{
	const char *local = locals[address / DOMAINS];

	(void)sprintf(out, strchr(local, ' ') ? "\"%s\"@%s" : "%s@%s", local,
		domains[address % DOMAINS]);
}

static void add_rule(struct model *model, struct model_rule *rule,
	const char *source, enum what what)
{
	rule->what = what;
	rule->count = 1 + (below(3) ? 0 : below(3));
	model->used +=
		(size_t)sprintf(model->rules + model->used, "in %s;", source);
	if (what == EXCEPTION)
		model->used += (size_t)sprintf(
			model->rules + model->used, "%s", source);
	for (unsigned i = 0; what != EXCEPTION && i < rule->count; i++) {
		char target[64];

		rule->to[i] = below(what == KEEP ? DOMAINS : ADDRESSES);
		if (what == KEEP)
			(void)snprintf(target, sizeof target, "@%s",
				domains[rule->to[i]]);
		else
			write_address(target, rule->to[i]);
		model->used += (size_t)sprintf(model->rules + model->used,
			"%s%s", i ? "," : "", target);
	}
	model->used += (size_t)sprintf(model->rules + model->used, "\n");
}

/* One target that is the source again is an exception, too; the model need not
 * know: it maps the address to itself. */
static void make_rules(struct model *model)
{
	char source[64];

	memset(model, 0, sizeof *model);
	for (unsigned i = 0; i < ADDRESSES; i++) {
		write_address(source, i);
		if (below(3) == 0)
			add_rule(model, &model->user[i], source,
				below(6) ? MANY : EXCEPTION);
	}
	for (unsigned i = 0; i < DOMAINS; i++) {
		(void)snprintf(source, sizeof source, "@%s", domains[i]);
		if (below(3) == 0)
			add_rule(model, &model->domain[i], source,
				below(5) == 0	? EXCEPTION
				: below(4) == 0 ? MANY
						: KEEP);
	}
	if (below(2))
		add_rule(model, &model->parent, "@*.q.test",
			below(4) ? KEEP : MANY);
}

/* What becomes of an address, as a set. "a+t" has the extension of "a", which a
 * user rule would carry along to addresses that the model has not: then no. */
static bool apply(const struct model *model, unsigned address, bool *set)
{
	unsigned local = address / DOMAINS;
	unsigned domain = address % DOMAINS;
	const struct model_rule *rule = &model->user[address];

	if (rule->what == NOTHING && local == 4) {
		rule = &model->user[domain]; /* "a" is the first */
		if (rule->what == MANY)
			return false;
	}
	if (rule->what == NOTHING)
		rule = &model->domain[domain];
	if (rule->what == NOTHING && domain == 2)
		rule = &model->parent;
	if (rule->what == NOTHING || rule->what == EXCEPTION)
		set[address] = true;
	for (unsigned i = 0; rule->what > EXCEPTION && i < rule->count; i++)
		set[rule->what == MANY ? rule->to[i]
				       : local * DOMAINS + rule->to[i]] = true;
	return true;
}

/* Some spelling of it. */
static void spell(char *out, unsigned address)
{
	char text[64];
	bool angle = below(4) != 0;
	bool quotes = below(3) == 0;
	char *at;

	(void)strcpy(text, locals[address / DOMAINS]);
	if (strchr(text, ' '))
		quotes = true;
	at = out + sprintf(out, "%s%s%s%s%s@%s%s%s", angle ? "<" : "",
			   angle && below(6) == 0 ? "@hop,@[::1]:" : "",
			   quotes ? "\"" : "", text, quotes ? "\"" : "",
			   domains[address % DOMAINS], below(5) == 0 ? "." : "",
			   angle ? ">" : "");
	while (at-- > out)
		if (below(4) == 0)
			*at = (char)toupper((unsigned char)*at);
}

/* Which address is it that a list of edits names? */
static unsigned find(const char *text)
{
	char plain[128];
	size_t used = 0;

	for (; *text; text++)
		if (*text != '"')
			plain[used++] = (char)tolower((unsigned char)*text);
	if (used && plain[used - 1] == '.')
		used--;
	plain[used] = '\0';
	for (unsigned i = 0; i < ADDRESSES; i++) {
		char name[64];

		(void)snprintf(name, sizeof name, "%s@%s", locals[i / DOMAINS],
			domains[i % DOMAINS]);
		if (!strcmp(plain, name))
			return i;
	}
	fail_msg("%s is nobody's", text);
	return 0;
}

/* The path of a recipient as Postfix keeps it. */
static const char *path_of(const char *recipient, char out[128])
{
	const char *colon = strrchr(recipient, ':');
	size_t len;

	recipient = colon ? colon + 1 : recipient + (*recipient == '<');
	len = strlen(recipient);
	if (recipient[len - 1] == '>')
		len--;
	(void)snprintf(out, 128, "%.*s", (int)len, recipient);
	return out;
}

struct message {
	unsigned count;
	unsigned address[RECIPIENTS];
	char text[RECIPIENTS][128];
	struct decide_recipient recipients[RECIPIENTS];
};

static bool make_message(const struct model *model, struct message *message,
	bool *before, bool *after)
{
	static const char *const notify[] = { NULL, NULL, "NEVER", "SUCCESS",
		"DELAY" };

	memset(message, 0, sizeof *message);
	message->count = 1 + below(RECIPIENTS);
	for (unsigned i = 0; i < message->count; i++) {
		message->address[i] = below(ADDRESSES);
		spell(message->text[i], message->address[i]);
		message->recipients[i].address = message->text[i];
		message->recipients[i].notify = notify[below(5)];
		before[message->address[i]] = true;
		if (!apply(model, message->address[i], after))
			return false;
	}
	return true;
}

/* NOTIFY and ORCPT of an added address: those who became it. */
static void check_parameters(const struct model *model,
	const struct message *message, unsigned address, const char *esmtp)
{
	bool success = false;
	bool failure = false;
	bool delay = false;
	bool implicit = false;
	bool never = true;
	char expected[64] = "";
	const char *orcpt = strstr(esmtp, "ORCPT=rfc822;");
	bool first = true;

	assert_non_null(orcpt);
	for (unsigned i = 0; i < message->count; i++) {
		bool set[ADDRESSES] = { false };
		const char *notify = message->recipients[i].notify;
		char path[128];

		assert_true(apply(model, message->address[i], set));
		if (!set[address])
			continue;
		if (first && !strpbrk(path_of(message->text[i], path), "+ "))
			assert_string_equal(orcpt + 13, path);
		first = false;
		never = never && notify && !strcmp(notify, "NEVER");
		implicit = implicit || !notify;
		success = success || (notify && !strcmp(notify, "SUCCESS"));
		delay = delay || !notify || !strcmp(notify, "DELAY");
	}
	assert_false(first);
	failure = implicit;
	if (never)
		(void)strcpy(expected, "NOTIFY=NEVER ");
	else if (!implicit || success)
		(void)snprintf(expected, sizeof expected, "NOTIFY=%s%s%s%s%s ",
			success ? "SUCCESS" : "", success && failure ? "," : "",
			failure ? "FAILURE" : "",
			delay && (success || failure) ? "," : "",
			delay ? "DELAY" : "");
	if (strncmp(esmtp, expected, strlen(expected)) ||
		esmtp + strlen(expected) != orcpt)
		fail_msg("%s: %s", expected, esmtp);
}

static void check_message(const struct model *model, struct testdecide *test,
	const struct message *message, const bool *before, const bool *after)
{
	const struct decision *decision = &test->decision;
	bool added[ADDRESSES] = { false };
	bool gone[ADDRESSES] = { false };

	for (size_t i = 0; i < decision->add_count; i++) {
		unsigned address = find(decision->adds[i].address);

		assert_false(added[address]);  /* not twice */
		assert_false(before[address]); /* not who is there */
		assert_true(after[address]);   /* not who is nobody's */
		added[address] = true;
		check_parameters(
			model, message, address, decision->adds[i].esmtp);
	}
	for (size_t i = 0; i < decision->delete_count; i++) {
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(
				decision->deletes[i], decision->deletes[k]);
		gone[find(decision->deletes[i])] = true;
	}
	for (unsigned i = 0; i < ADDRESSES; i++)
		assert_int_equal((before[i] && !gone[i]) || added[i], after[i]);
	/* every spelling of who goes, as RCPT gave it; and no other */
	for (unsigned i = 0; i < message->count; i++) {
		char path[128];
		unsigned found = 0;

		(void)path_of(message->text[i], path);
		for (size_t k = 0; k < decision->delete_count; k++)
			found += !strcmp(decision->deletes[k], path);
		assert_int_equal(found, gone[message->address[i]]);
	}
}

static void test_against_model(void **state)
{
	struct model *model = malloc(sizeof *model);
	size_t edits = 0;

	(void)state;
	assert_non_null(model);
	for (int m = 0; m < MAPS; m++) {
		struct testdecide test = { .recipients = "" };

		make_rules(model);
		test.rules = model->rules;
		testdecide_open(&test);
		for (int i = 0; i < MESSAGES; i++) {
			struct message message;
			bool before[ADDRESSES] = { false };
			bool after[ADDRESSES] = { false };

			if (!make_message(model, &message, before, after))
				continue;
			test.message.recipients = message.recipients;
			test.message.recipient_count = message.count;
			assert_int_equal(testdecide_decide(&test), 0);
			check_message(model, &test, &message, before, after);
			edits += test.decision.add_count;
			arena_reset(test.result);
		}
		testdecide_close(&test);
	}
	assert_true(edits > MAPS * MESSAGES / 4); /* it did test something */
	free(model);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_against_model),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
