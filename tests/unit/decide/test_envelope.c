/* The net difference of recipients: decide/decide.h, "Why the edits look as
 * they do". */
#include "kit/testdecide.h"

#define SHARP u8"straße.example"
#define ACE   "xn--strae-oqa.example"

#define RULES                                                                  \
	"in a@w;b@w\n"                                                         \
	"in b@w;a@w\n"                                                         \
	"in c@w;d@w\n"                                                         \
	"in d@w;e@w\n"                                                         \
	"in x1@w;z@new\n"                                                      \
	"in x2@w;z@new\n"                                                      \
	"in x3@w;\"Z\"@NEW\n"                                                  \
	"in chloe@w;Chloe@w\n"                                                 \
	"in copy@w;copy@w,copy@new\n"                                          \
	"in copy2@w;copy2@new,Copy2@W\n"                                       \
	"in same@w;same@w,\"Same\"@w\n"                                        \
	"in team@w;t1@old,t2@new,t3@new\n"                                     \
	"in twice@w;t1@old,T1@old\n"                                           \
	"in kept@w;kept@w\n"                                                   \
	"in q@w;\"John Doe\"@new\n"                                            \
	"in \"a b\"@w;ab@new\n"                                                \
	"in u@in.test;u@new\n"                                                 \
	"in @dom;@newdom\n"                                                    \
	"in kept@dom;kept@dom\n"                                               \
	"in @both;@both,@newboth\n"                                            \
	"in @all;all@new\n"                                                    \
	"in @xn--bcher-kva.example;@new\n"                                     \
	"in idn@w;idn@xn--bcher-kva.example\n"                                 \
	u8"in idn2@w;idn2@bücher2.example\n"                                  \
	"in @" SHARP ";@strasse.example\n"

struct envelope_case {
	const char *name;
	const char *recipients;
	const char *edits;
};

static void check(const struct envelope_case *cases, size_t count)
{
	for (size_t i = 0; i < count; i++)
		testdecide_check(cases[i].name,
			(struct testdecide){ .rules = RULES,
				.direction = DECISION_INBOUND,
				.recipients = cases[i].recipients },
			cases[i].edits);
}

#define CHECK(cases) check(cases, sizeof cases / sizeof *cases)

static void test_net_difference(void **state)
{
	static const struct envelope_case cases[] = {
		{ "nobody", "", "" },
		{ "not ours", "<n@elsewhere>\n<n@w>", "" },
		{ "one", "<c@w>", "+d@w ORCPT=rfc822;c@w\n-c@w\n" },
		{ "one, and one who stays", "<c@w>\n<n@w>",
			"+d@w ORCPT=rfc822;c@w\n-c@w\n" },
		{ "crossing", "<a@w>\n<b@w>", "" },
		{ "crossing, other spellings", "<A@w>\n<\"b\"@W.>", "" },
		{ "half of a crossing", "<a@w>",
			"+b@w ORCPT=rfc822;a@w\n-a@w\n" },
		{ "chain", "<c@w>\n<d@w>", "+e@w ORCPT=rfc822;d@w\n-c@w\n" },
		{ "chain backwards", "<d@w>\n<c@w>",
			"+e@w ORCPT=rfc822;d@w\n-c@w\n" },
		{ "merge", "<x1@w>\n<x2@w>",
			"+z@new ORCPT=rfc822;x1@w\n-x1@w\n-x2@w\n" },
		{ "merge, targets spelt otherwise: the first one's",
			"<x3@w>\n<x1@w>\n<x2@w>",
			"+Z@NEW ORCPT=rfc822;x3@w\n-x1@w\n-x2@w\n-x3@w\n" },
		{ "the client gave the target, too", "<x1@w>\n<z@new>",
			"-x1@w\n" },
		{ "in other case", "<x1@w>\n<Z@New>", "-x1@w\n" },
		{ "in quotes", "<\"z\"@new>\n<x1@w>", "-x1@w\n" },
		{ "with a dot", "<z@new.>\n<x1@w>", "-x1@w\n" },
		{ "as U-label", u8"<idn@w>\n<idn@bücher.example>",
			"+idn@new ORCPT=rfc822;idn@xn--bcher-kva.example\n"
			"-idn@w\n" },
		{ "as A-label", "<idn2@XN--bcher2-3ya.example>\n<idn2@w>",
			"-idn2@w\n" },
		{ "as U-label in capitals",
			u8"<idn2@BÜCHER2.example>\n<idn2@w>", "-idn2@w\n" },
		{ "to itself in other case", "<chloe@w>", "" },
		{ "to itself in other quotes", "<\"chloe\"@w>\n<CHLOE@w.>",
			"" },
		{ "to itself twice", "<same@w>", "" },
		{ "keep and copy", "<copy@w>",
			"+copy@new ORCPT=rfc822;copy@w\n" },
		{ "copy and keep", "<Copy2@w>",
			"+copy2@new ORCPT=rfc822;Copy2@w\n" },
		{ "keep and copy, the copy is there", "<copy@w>\n<COPY@new>",
			"" },
		{ "exception", "<kept@w>\n<KEPT@w>\n<kept+x@w>\n<\"kept\"@dom>",
			"" },
		{ "exception beside its domain's rule", "<Kept@Dom>\n<n@dom>",
			"+n@newdom ORCPT=rfc822;n@dom\n-n@dom\n" },
		{ "one to many", "<team@w>",
			"+t1@old ORCPT=rfc822;team@w\n"
			"+t2@new ORCPT=rfc822;team@w\n"
			"+t3@new ORCPT=rfc822;team@w\n-team@w\n" },
		{ "one to many, one is there", "<team@w>\n<T2@new>",
			"+t1@old ORCPT=rfc822;team@w\n"
			"+t3@new ORCPT=rfc822;team@w\n-team@w\n" },
		{ "one to many that are one", "<twice@w>",
			"+t1@old ORCPT=rfc822;twice@w\n-twice@w\n" },
		{ "two of them", "<team@w>\n<twice@w>",
			"+t1@old ORCPT=rfc822;team@w\n"
			"+t2@new ORCPT=rfc822;team@w\n"
			"+t3@new ORCPT=rfc822;team@w\n-team@w\n-twice@w\n" },
		{ "a whole domain to many", "<n@both>",
			"+n@newboth ORCPT=rfc822;n@both\n" },
		{ "catch-all", "<n@all>\n<m+x@all>",
			"+all@new ORCPT=rfc822;n@all\n-m+x@all\n-n@all\n" },
		{ "quoted target", "<q@w>",
			"+\"John Doe\"@new ORCPT=rfc822;q@w\n-q@w\n" },
		{ "domain rule keeps the local part", "<N.X@dom>",
			"+N.X@newdom ORCPT=rfc822;N.X@dom\n-N.X@dom\n" },
	};

	(void)state;
	CHECK(cases);
}

/* Postfix finds a recipient by its exact spelling, so each spelling has a
 * delete. */
static void test_spellings(void **state)
{
	static const struct envelope_case cases[] = {
		{ "without brackets", "c@w", "+d@w ORCPT=rfc822;c@w\n-c@w\n" },
		{ "capitals", "<C@W>", "+d@w ORCPT=rfc822;C@W\n-C@W\n" },
		{ "trailing dot", "<c@w.>", "+d@w ORCPT=rfc822;c@w.\n-c@w.\n" },
		{ "needless quotes", "<\"c\"@w>",
			"+d@w ORCPT=rfc822;\"c\"@w\n-\"c\"@w\n" },
		{ "quotes that are needed", "<\"a b\"@w>",
			"+ab@new ORCPT=rfc822;\"a+20b\"@w\n-\"a b\"@w\n" },
		{ "source route", "<@a,@b:c@w>",
			"+d@w ORCPT=rfc822;c@w\n-c@w\n" },
		{ "source route of one", "<@A.example:C@w>",
			"+d@w ORCPT=rfc822;C@w\n-C@w\n" },
		{ "no route, but cut by Postfix", "<@a,:c@w>",
			"+d@w ORCPT=rfc822;c@w\n-c@w\n" },
		{ "an empty route", "<@:c@w>",
			"+d@w ORCPT=rfc822;c@w\n-c@w\n" },
		{ "a comma in quotes", "<@\"x,y\":c@w>",
			"+d@w ORCPT=rfc822;c@w\n-c@w\n" },
		{ "a colon in brackets: Postfix holds \"::1]:c\"",
			"<@[IPv6:::1]:c@w>|r=\"::1]:c\"@w", "" },
		{ "nested", "<@a:@b:c@w>|r=c@w",
			"+d@w ORCPT=rfc822;@b:c@w\n-@b:c@w\n" },
		{ "blanks, as they came", "< c@w\t>|r=c@w",
			"+d@w ORCPT=rfc822;+20c@w+09\n- c@w\t\n" },
		{ "twice the same", "<c@w>\n<c@w>",
			"+d@w ORCPT=rfc822;c@w\n-c@w\n" },
		{ "every spelling once",
			"<c@w>\n<C@w>\n<\"c\"@w>\n<c@W.>\n<@r:c@w>\nc@w\n<C@w>",
			"+d@w "
			"ORCPT=rfc822;c@w\n-\"c\"@w\n-C@w\n-c@W.\n-c@w\n" },
		{ "U-label", u8"<n@bücher.example>",
			"+n@new ORCPT=rfc822;n@xn--bcher-kva.example\n"
			u8"-n@bücher.example\n" },
		{ "U-label and A-label",
			u8"<n@bücher.example>\n<n@XN--bcher-kva.example>",
			"+n@new ORCPT=rfc822;n@xn--bcher-kva.example\n"
			"-n@XN--bcher-kva.example\n"
			u8"-n@bücher.example\n" },
	};

	(void)state;
	CHECK(cases);
}

/* The address that Postfix resolved is looked up, and the one that came is
 * deleted: Postfix finds it by no other. */
static void test_resolved(void **state)
{
	static const struct envelope_case cases[] = {
		{ "bang path", "<in.test!u>|r=u@in.test",
			"+u@new ORCPT=rfc822;in.test!u\n-in.test!u\n" },
		{ "percent", "<u%in.test>|r=u@in.test",
			"+u@new ORCPT=rfc822;u%in.test\n-u%in.test\n" },
		{ "percent at ourselves", "<u%in.test@me>|r=u@in.test",
			"+u@new ORCPT=rfc822;u%in.test@me\n-u%in.test@me\n" },
		{ "no domain", "<u>|r=u@in.test",
			"+u@new ORCPT=rfc822;u\n-u\n" },
		{ "no domain, elsewhere", "<u>|r=u@me", "" },
		{ "no domain, unresolved", "<u>", "" },
		{ "lower-cased: the spelling that came", "<N.X@Dom>|r=n.x@dom",
			"+N.X@newdom ORCPT=rfc822;N.X@Dom\n-N.X@Dom\n" },
		{ "resolved without quotes", "<\"A b\"@w>|r=a b@w",
			"+ab@new ORCPT=rfc822;\"A+20b\"@w\n-\"A b\"@w\n" },
		{ "blanks, kept", "<\"N m\"@dom>|r=n m@dom",
			"+\"N m\"@newdom ORCPT=rfc822;\"N+20m\"@dom\n"
			"-\"N m\"@dom\n" },
		{ "route and resolved", "<@a,@b:u@In.Test>|r=u@in.test",
			"+u@new ORCPT=rfc822;u@In.Test\n-u@In.Test\n" },
		{ "comment", "<u@in.test (me)>|r=u@in.test",
			"+u@new ORCPT=rfc822;u@in.test+20(me)\n"
			"-u@in.test (me)\n" },
		{ "the same one twice, oddly",
			"<in.test!u>|r=u@in.test\n<u@in.test>|r=u@in.test",
			"+u@new ORCPT=rfc822;in.test!u\n-in.test!u\n"
			"-u@in.test\n" },
		{ "the target, oddly", "<x1@w>|r=x1@w\n<new!z>|r=z@new",
			"-x1@w\n" },
		{ "resolved to what is no address",
			"<c@w>|r=nothing\n<x1@w>|r=@w\n<chloe@w>|r=",
			"+d@w ORCPT=rfc822;c@w\n+z@new ORCPT=rfc822;x1@w\n"
			"-c@w\n-x1@w\n" },
		{ "neither is one", "<@>|r=\n<>|r=nothing\n<c@w", "" },
		{ "the empty one, resolved to somebody", "<>|r=c@w", "" },
		{ "without <>", "|r=c@w\n<x1@w>",
			"+z@new ORCPT=rfc822;x1@w\n-x1@w\n" },
		{ "a route alone", "<@a:>|r=c@w", "" },
		{ "beside the same one in full", "<>|r=c@w\n<c@w>|r=c@w",
			"+d@w ORCPT=rfc822;c@w\n-c@w\n" },
	};

	(void)state;
	CHECK(cases);
}

static void test_dsn(void **state)
{
	static const struct envelope_case cases[] = {
		{ "NOTIFY", "<c@w>|n=NEVER",
			"+d@w NOTIFY=NEVER ORCPT=rfc822;c@w\n-c@w\n" },
		{ "ORCPT", "<c@w>|o=rfc822;orig+2Bx@far",
			"+d@w ORCPT=rfc822;orig+2Bx@far\n-c@w\n" },
		{ "both", "<c@w>|n=SUCCESS,FAILURE|o=rfc822;o@far",
			"+d@w NOTIFY=SUCCESS,FAILURE "
			"ORCPT=rfc822;o@far\n-c@w\n" },
		{ "fanned out", "<team@w>|n=DELAY|o=rfc822;o@far",
			"+t1@old NOTIFY=DELAY ORCPT=rfc822;o@far\n"
			"+t2@new NOTIFY=DELAY ORCPT=rfc822;o@far\n"
			"+t3@new NOTIFY=DELAY ORCPT=rfc822;o@far\n-team@w\n" },
		{ "merged: the first ORCPT, the union",
			"<x1@w>|n=SUCCESS|o=rfc822;one@far\n"
			"<x2@w>|n=DELAY|o=rfc822;two@far",
			"+z@new NOTIFY=SUCCESS,DELAY ORCPT=rfc822;one@far\n"
			"-x1@w\n-x2@w\n" },
		{ "merged: the first had none",
			"<x2@w>|n=NEVER\n<x1@w>|n=DELAY|o=rfc822;one@far",
			"+z@new NOTIFY=DELAY ORCPT=rfc822;x2@w\n"
			"-x1@w\n-x2@w\n" },
		{ "merged: all never", "<x1@w>|n=NEVER\n<x2@w>|n=never",
			"+z@new NOTIFY=NEVER ORCPT=rfc822;x1@w\n"
			"-x1@w\n-x2@w\n" },
		{ "merged: not all never", "<x1@w>|n=NEVER\n<x2@w>",
			"+z@new ORCPT=rfc822;x1@w\n-x1@w\n-x2@w\n" },
		{ "merged: one success", "<x1@w>\n<x2@w>|n=SUCCESS",
			"+z@new NOTIFY=SUCCESS,FAILURE,DELAY "
			"ORCPT=rfc822;x1@w\n-x1@w\n-x2@w\n" },
		{ "one recipient in two spellings",
			"<c@w>|n=NEVER\n<C@w>|n=DELAY",
			"+d@w NOTIFY=DELAY ORCPT=rfc822;c@w\n-C@w\n-c@w\n" },
		{ "one that stays: the union",
			"<x1@w>|n=SUCCESS\n<z@new>|n=NEVER",
			"+z@new NOTIFY=SUCCESS ORCPT=rfc822;x1@w\n"
			"-x1@w\n-z@new\n" },
		{ "one that stays, first: its ORCPT", "<z@new>|n=NEVER\n<x1@w>",
			"+z@new ORCPT=rfc822;z@new\n-x1@w\n-z@new\n" },
		{ "one that stays, with an ORCPT",
			"<z@new>|n=NEVER|o=rfc822;z@far\n<x1@w>|n=DELAY",
			"+z@new NOTIFY=DELAY ORCPT=rfc822;z@far\n"
			"-x1@w\n-z@new\n" },
		{ "one that stays, in each spelling; added in the first",
			"<Z@new>|n=NEVER\n<x1@w>\n<\"z\"@new.>|n=NEVER",
			"+Z@new ORCPT=rfc822;Z@new\n"
			"-\"z\"@new.\n-Z@new\n-x1@w\n" },
		{ "the first spelling, not the first in order of bytes",
			"<z@new>|n=NEVER\n<Z@new>|n=NEVER\n<x1@w>",
			"+z@new ORCPT=rfc822;z@new\n"
			"-Z@new\n-x1@w\n-z@new\n" },
		{ "the union is what it has: nothing said", "<x1@w>\n<z@new>",
			"-x1@w\n" },
		{ "NEVER", "<x1@w>|n=NEVER\n<z@new>|n=NEVER", "-x1@w\n" },
		{ "the one that joins said NEVER", "<x1@w>|n=NEVER\n<z@new>",
			"-x1@w\n" },
		{ "nothing said is FAILURE and DELAY",
			"<x1@w>|n=FAILURE\n<z@new>", "-x1@w\n" },
		{ "the other way round", "<x1@w>\n<z@new>|n=DELAY,FAILURE",
			"-x1@w\n" },
		{ "one word more", "<x1@w>\n<z@new>|n=FAILURE",
			"+z@new ORCPT=rfc822;x1@w\n-x1@w\n-z@new\n" },
		{ "several that stay, each with its own: not ours to unite",
			"<n@w>|n=NEVER\n<N@w>|n=SUCCESS\n<c@w>",
			"+d@w ORCPT=rfc822;c@w\n-c@w\n" },
		{ "several that stay, and one that joins",
			"<z@new>|n=NEVER\n<Z@new>|n=SUCCESS\n"
			"<x1@w>|n=DELAY",
			"+z@new NOTIFY=SUCCESS,DELAY ORCPT=rfc822;z@new\n"
			"-Z@new\n-x1@w\n-z@new\n" },
		{ "several that stay have the union among them",
			"<z@new>|n=NEVER\n<Z@new>|n=SUCCESS\n"
			"<x1@w>|n=SUCCESS",
			"-x1@w\n" },
		{ "keep and copy keeps its own", "<copy@w>|n=NEVER",
			"+copy@new NOTIFY=NEVER ORCPT=rfc822;copy@w\n" },
		{ "keep and copy, and one that joins the copy",
			"<copy@w>|n=NEVER\n<copy@new>|n=SUCCESS", "" },
		{ "a copy that joins one that stays",
			"<copy@w>|n=DELAY\n<copy@new>|n=SUCCESS",
			"+copy@new NOTIFY=SUCCESS,DELAY "
			"ORCPT=rfc822;copy@w\n-copy@new\n" },
		{ "crossing: each takes the other's", "<a@w>|n=NEVER\n<b@w>",
			"+a@w ORCPT=rfc822;b@w\n"
			"+b@w NOTIFY=NEVER ORCPT=rfc822;a@w\n-a@w\n-b@w\n" },
		{ "crossing, the same said: nothing to do",
			"<a@w>|n=DELAY\n<b@w>|n=DELAY", "" },
		{ "in a form of its own, as it came",
			"<x1@w>\n<new!z>|r=z@new|n=NEVER",
			"+new!z ORCPT=rfc822;x1@w\n-new!z\n-x1@w\n" },
		{ "who is not touched", "<n@w>|n=NEVER|o=rfc822;x@y", "" },
		{ "what no word can be is none",
			"<c@w>|o=rfc822;x NOTIFY=NEVER\n<x1@w>|o=rfc822;\tx\n"
			"<n@dom>|o=rfc822;x\x7f",
			"+d@w ORCPT=rfc822;c@w\n+n@newdom ORCPT=rfc822;n@dom\n"
			"+z@new ORCPT=rfc822;x1@w\n-c@w\n-n@dom\n-x1@w\n" },
		{ "extension in xtext", "<n+news@dom>",
			"+n+news@newdom ORCPT=rfc822;n+2Bnews@dom\n"
			"-n+news@dom\n" },
		{ "a parameter in quotes", "<\"a NOTIFY=NEVER\"@dom>",
			"+\"a NOTIFY=NEVER\"@newdom "
			"ORCPT=rfc822;\"a+20NOTIFY+3DNEVER\"@dom\n"
			"-\"a NOTIFY=NEVER\"@dom\n" },
	};

	(void)state;
	CHECK(cases);
}

/* An address that stays the same was not rewritten, whatever the rule. */
static void test_counts(void **state)
{
	static const struct {
		const char *recipient;
		enum decision_result result;
	} cases[] = {
		{ "same@w", DECISION_UNCHANGED },
		{ "Same+x@w", DECISION_UNCHANGED },
		{ "n@w", DECISION_UNCHANGED },
		{ "CHLOE@w", DECISION_EXCEPTION },
		{ "copy@w", DECISION_REWRITTEN },
		{ "a@w", DECISION_REWRITTEN },
		{ "u%x@dom", DECISION_LEFT },
		{ "a@", DECISION_UNPARSABLE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct testdecide test = { .rules = RULES,
			.recipients = cases[i].recipient };

		testdecide_run(&test);
		for (int r = 0; r < DECISION_RESULTS; r++)
			if (test.decision.counts[DECISION_RECIPIENT][r] !=
				(r == (int)cases[i].result))
				fail_msg("%s: %s", cases[i].recipient,
					decision_result_name(
						(enum decision_result)r));
		testdecide_close(&test);
	}
}

/* Recipients, and the targets of each, are added in their order. */
static void test_order(void **state)
{
	static const char *const expected[] = { "z@new", "t1@old", "t2@new",
		"t3@new", "d@w", "all@new" };
	struct testdecide test = { .rules = RULES,
		.recipients = "<x2@w>\n<team@w>\n<c@w>\n<q@all>\n<x1@w>" };

	(void)state;
	testdecide_run(&test);
	assert_int_equal(test.decision.add_count, 6);
	for (size_t i = 0; i < 6; i++)
		assert_string_equal(test.decision.adds[i].address, expected[i]);
	testdecide_close(&test);
}

/* Local parts that are left: those that Postfix would resolve elsewhere, and
 * UTF-8 without SMTPUTF8. */
static void test_left(void **state)
{
	static const char l57[] =
		"lllllllllllllllllllllllllllllllllllllllllllllllllllllllll";
	static const struct {
		const char *recipient;
		bool smtputf8;
		const char *add; /* NULL: left */
	} cases[] = {
		{ "u%x@dom", false, NULL },
		{ "x!u@dom", false, NULL },
		{ "\"u@x\"@dom", false, NULL },
		{ "\"u%x\"@dom", false, NULL },
		{ "u%x@all", false, "all@new" }, /* the local part is neither
						    kept nor carried over */
		{ "x1+y%z@w", false, NULL },
		{ "x1+y!z@w", false, NULL },
		{ "\"x1+y@z\"@w", false, NULL },
		{ "x1+yz@w", false, "z+yz@new" },
		{ "team+a%b@w", false, NULL },
		{ "u%x@both", false, NULL },
		/* UTF-8 only with SMTPUTF8 */
		{ u8"jörg@dom", false, NULL },
		{ u8"jörg@dom", true, u8"jörg@newdom" },
		{ u8"x1+ö@w", false, NULL },
		{ u8"x1+ö@w", true, u8"z+ö@new" },
		{ u8"jörg@all", false, "all@new" },
		{ u8"n@bücher.example", false, "n@new" },
	};
	char long_local[100];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct testdecide test = { .rules = RULES,
			.recipients = cases[i].recipient,
			.smtputf8 = cases[i].smtputf8 };
		const uint64_t *counts;

		testdecide_run(&test);
		counts = test.decision.counts[DECISION_RECIPIENT];
		if (!cases[i].add) {
			if (test.decision.add_count ||
				test.decision.delete_count)
				fail_msg("%s is rewritten", cases[i].recipient);
			assert_int_equal(counts[DECISION_LEFT], 1);
			assert_int_equal(test.decision.finding_count, 1);
			assert_int_not_equal(test.decision.findings[0].reason,
				DECISION_REASON_NONE);
		} else {
			assert_int_equal(counts[DECISION_REWRITTEN], 1);
			assert_int_equal(test.decision.add_count, 1);
			assert_string_equal(
				test.decision.adds[0].address, cases[i].add);
		}
		testdecide_close(&test);
	}
	/* 64 bytes with the extension, and 65: z+... */
	for (size_t i = 0; i < 2; i++) {
		const char *more = i ? "123456" : "12345";
		char edits[400];

		(void)snprintf(
			long_local, sizeof long_local, "x1+%s%s@w", l57, more);
		(void)snprintf(edits, sizeof edits,
			"+z+%s%s@new ORCPT=rfc822;x1+2B%s%s@w\n-x1+%s%s@w\n",
			l57, more, l57, more, l57, more);
		testdecide_check(long_local,
			(struct testdecide){ .rules = "in x1@w;z@new\n",
				.recipients = long_local },
			edits);
	}
}

/* Returns the adds of a recipient b+000...@w with len bytes after the "+". */
static size_t adds_of_long(const char *rules, int len)
{
	char address[1300];
	struct testdecide test = { .rules = rules, .recipients = address };
	size_t adds;

	(void)snprintf(address, sizeof address, "<b+%0*d@w>", len, 0);
	testdecide_run(&test);
	adds = test.decision.add_count;
	assert_int_equal(test.decision.delete_count, adds);
	testdecide_close(&test);
	return adds;
}

/* To Postfix, "x@" SHARP is x@strasse.example: it would drop an add with the
 * same ORCPT, but not the delete. */
static void test_lookalikes(void **state)
{
	static const struct envelope_case cases[] = {
		{ "no ORCPT", "<x@" SHARP ">",
			"+x@strasse.example ORCPT=rfc822;x@" ACE "\n-x@" SHARP
			"\n" },
		{ "an ORCPT", "<x@" SHARP ">|o=rfc822;list@far",
			"+x@strasse.example ORCPT=rfc822;list@far\n-x@" SHARP
			"\n" },
		{ "the one that would have been made",
			"<x@" SHARP ">|o=rfc822;x@" ACE,
			"+x@strasse.example ORCPT=rfc822;x@" ACE "\n-x@" SHARP
			"\n" },
		{ "both that might have been made",
			"<x@" SHARP ">|o=rfc822;x@" ACE "\n<x@" SHARP
			">|o=rfc822;x@strasse.example",
			"+x@strasse.example ORCPT=rfc822;x@" ACE "\n-x@" SHARP
			"\n" },
		{ "A-labels look like nothing else", "<x@" ACE ">|o=rfc822;l@f",
			"+x@strasse.example ORCPT=rfc822;l@f\n-x@" ACE "\n" },
		{ "both stay", "<n@" SHARP "w>\n<n@strasse.examplew>", "" },
	};
	static const char *const in_doubt[] = {
		"<x@" SHARP ">\n<x@strasse.example>",
		"<x@strasse.example>|o=rfc822;l@f\n<x@" SHARP ">",
	};

	(void)state;
	CHECK(cases);
	for (size_t i = 0; i < sizeof in_doubt / sizeof *in_doubt; i++) {
		struct testdecide test = { .rules = RULES,
			.recipients = in_doubt[i] };

		testdecide_open(&test);
		assert_int_equal(testdecide_decide(&test), ERR_BAD);
		assert_non_null(strstr(test.error.text,
			"duplicates to Postfix, which folds "
			"U+00DF to ss"));
		testdecide_close(&test);
		/* shadow mode edits nothing, so Postfix confuses nothing */
		test.conf = "inbound_mode = shadow";
		testdecide_run(&test);
		assert_int_equal(test.decision.add_count, 0);
		testdecide_close(&test);
	}
}

/* A message is answered, and not deferred, however long its addresses are. */
static void test_long_addresses(void **state)
{
	char rules[700];
	char local[61];
	char domain[191];

	(void)state;
	memset(domain, 'd', sizeof domain);
	for (size_t i = 60; i < sizeof domain; i += 60)
		domain[i] = '.';
	domain[190] = '\0';
	memset(local, 'l', sizeof local);
	local[60] = '\0';
	/* bob+...@ and 190 bytes are 254 at most */
	(void)snprintf(rules, sizeof rules, "in b@w;bob@%s\n", domain);
	for (int len = 1; len <= 1200; len += len < 70 ? 1 : 7)
		assert_int_equal(adds_of_long(rules, len), len <= 59);
	/* b+... keeps its local part, of over 64 bytes, too: 254 in all */
	(void)snprintf(rules, sizeof rules, "in @w;@d\n");
	for (int len = 1; len <= 1200; len += len < 70 ? 1 : 7)
		assert_int_equal(adds_of_long(rules, len), len <= 250);
	/* lll...+...@d too; and up to what a struct mailbox holds */
	(void)snprintf(rules, sizeof rules, "in b@w;%s@d\n", local);
	for (int len = 1; len <= 600; len += len < 440 ? 9 : 1)
		assert_int_equal(adds_of_long(rules, len), len <= 191);
}

static void test_thousand(void **state)
{
	size_t size = 64000;
	char *rules = malloc(size);
	char *recipients = malloc(size);
	size_t used = (size_t)sprintf(rules, "in team@w;");
	size_t at = 0;
	struct testdecide test = { .recipients = "<team@w>\n<U0500@New>" };

	(void)state;
	for (int i = 0; i < 1000; i++) {
		used += (size_t)sprintf(
			rules + used, "%su%04d@new", i ? "," : "", i);
		at += (size_t)sprintf(recipients + at, "<%s%04d@%s>\n",
			i % 2 ? "U" : "u", i, i % 3 ? "dom" : "w");
	}
	(void)sprintf(rules + used, "\nin @dom;@newdom\n");
	test.rules = rules;
	testdecide_run(&test);
	assert_int_equal(test.decision.add_count, 999);
	assert_int_equal(test.decision.delete_count, 1);
	testdecide_close(&test);

	test = (struct testdecide){ .rules = rules, .recipients = recipients };
	testdecide_run(&test);
	assert_int_equal(test.decision.add_count, 666);
	assert_int_equal(test.decision.delete_count, 666);
	testdecide_close(&test);
	free(rules);
	free(recipients);
}

/* More recipients than Postfix accepts: no step may take quadratic time. */
static void test_hundred_thousand(void **state)
{
	enum { COUNT = 100000 };
	struct decide_recipient *recipients = calloc(COUNT, sizeof *recipients);
	char *text = malloc((size_t)COUNT * 24);
	struct testdecide test = { .rules = RULES, .recipients = "" };

	(void)state;
	assert_true(recipients && text);
	testdecide_open(&test);
	for (int i = 0; i < COUNT; i++) {
		recipients[i].address = text + (size_t)i * 24;
		(void)snprintf(text + (size_t)i * 24, 24, "<u%d@%s>",
			i % 2 ? i : i % 1000, i % 4 ? "dom" : "all");
	}
	test.message.recipients = recipients;
	test.message.recipient_count = COUNT;
	assert_int_equal(testdecide_decide(&test), 0);
	/* 50,000 odd numbers, 250 of the even ones below 1,000, all@new */
	assert_int_equal(test.decision.add_count, 50000 + 250 + 1);
	assert_int_equal(test.decision.delete_count, 50000 + 250 + 250);
	testdecide_close(&test);
	free(recipients);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_net_difference),
		cmocka_unit_test(test_spellings),
		cmocka_unit_test(test_resolved),
		cmocka_unit_test(test_dsn),
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_left),
		cmocka_unit_test(test_lookalikes),
		cmocka_unit_test(test_long_addresses),
		cmocka_unit_test(test_thousand),
		cmocka_unit_test(test_hundred_thousand),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
