/* check, with rules and findings as text. */
#include "kit/testmap.h"

#include "check/check.h"

#define TOLD_MAX 16384

struct told {
	char text[TOLD_MAX];
	bool reasons;
	bool unlisted; /* CHECK_UNLISTED is reported, too: most tables here list
			  only some users */
	int stop_after; /* findings; 0: never */
	int count;
	int progress;
};

static int tell(void *context, const struct check_finding *finding)
{
	struct told *told = context;
	size_t used = strlen(told->text);

	assert_non_null(finding->why);
	if (finding->kind == CHECK_UNLISTED && !told->unlisted)
		return 0;
	assert_true(*finding->why && *finding->advice);
	(void)snprintf(told->text + used, TOLD_MAX - used, "%s %s %s %s;%.*s\n",
		finding_severity_name(finding->severity),
		finding_kind_name(finding->kind),
		rule_table_name(finding->table), finding->source,
		(int)finding->target.len, finding->target.data);
	used = strlen(told->text);
	if (told->reasons)
		(void)snprintf(told->text + used, TOLD_MAX - used, "%s|%s\n",
			finding->why, finding->advice);
	return ++told->count == told->stop_after ? 7 : 0;
}

static void progress(void *context, uint64_t rows, uint64_t of)
{
	struct told *told = context;

	assert_true(rows <= of);
	told->progress++;
}

static int check(const char *rules, struct told *told)
{
	struct check_options options = { .localpart = { "+", 3 },
		.found = tell,
		.progress = progress,
		.context = told };
	struct map *map = testmap_open(rules);
	struct error error = { .text = "" };
	int code = check_map(map, &options, &error);

	map_close(map);
	return code;
}

static const struct {
	const char *rules;
	const char *findings;
} cases[] = {
	/* nothing doubtful: the scenarios */
	{ "", "" },
	{ "in @w;@old\n", "WARN one-label inbound @w;@old\n" },
	{ "in @w;@old.com\n", "" },
	{ "in t@w;x@b.com,x@[192.0.2.1],x@mail\n",
		"INFO no-inverse inbound t@w;x@b.com\n"
		"INFO no-inverse inbound t@w;x@[192.0.2.1]\n"
		"WARN one-label inbound t@w;x@mail\n"
		"INFO no-inverse inbound t@w;x@mail\n" },
	{ "in bob@w.com;bob@new.com\nin @w.com;@old.com\n"
	  "out bob@new.com;bob@w.com\n",
		"" },
	{ "in bob@w.com;bob@new.com\nin @w.com;@old.com\n"
	  "out @new.com;@w.com\nout @old.com;@w.com\n",
		"" },
	{ "in bob@w.com;bob.owen@d.com\nout bob.owen@d.com;bob@w.com\n", "" },
	/* one way, and the local part is kept: no outbound rule is needed */
	{ "in bob@w.com;bob@new.com\nin x@w.com;x@new.com\n", "" },

	/* a mailbox on two lists shares no address with the other members */
	{ "in a@w.com;a@d.com,t@d.com\nin b@w.com;b@d.com,t@d.com\n",
		"INFO no-inverse inbound a@w.com;t@d.com\n"
		"INFO no-inverse inbound b@w.com;t@d.com\n" },

	/* no way back */
	{ "in bob@w.com;bob.owen@d.com\n",
		"WARN no-inverse inbound bob@w.com;bob.owen@d.com\n" },
	{ "in bob@w.com;bob@d.com\nout x@d.com;x@w.com\nin x@w.com;x@d.com\n",
		"WARN no-inverse inbound bob@w.com;bob@d.com\n" },
	{ "in t@w.com;t1@d.com,t2@d.com\nout t1@d.com;t@w.com\n",
		"INFO no-inverse inbound t@w.com;t2@d.com\n" },
	{ "in b@w.com;b@d.com\nout b@d.com;b@w.com\nout c@d.com;c@w.com\n",
		"WARN no-inverse outbound c@d.com;c@w.com\n" },
	/* an exception says: leave it */
	{ "in bob@w.com;bob.owen@d.com\nout bob.owen@d.com;bob.owen@d.com\n",
		"" },
	{ "in x@w.com;x@w.com\nout x@d.com;x@w.com\n", "" },
	/* a domain needs none: its mail system may send with the public name */
	{ "in @w.com;@old.com\nin b@w.com;b@d.com\nout b@d.com;b@w.com\n", "" },
	/* keys are compared, not spellings; extensions are carried */
	{ "in Bob@W.com;Bob.Owen@D.com\nout bob.OWEN@d.COM;BOB@w.com\n", "" },
	{ u8"in bob@bücher.de;b@d.com\n"
	  "out b@d.com;bob@xn--bcher-kva.de\n",
		"" },
	{ "in bob@w.com;b+in@d.com\nout b@d.com;bob@w.com\n"
	  "in bob+in@w.com;b+in@d.com\n",
		"INFO many-to-one inbound bob@w.com;b+in@d.com\n"
		"WARN not-inverse outbound b@d.com;bob@w.com\n" },

	/* leads elsewhere */
	{ "in bob@w.com;b@d.com\nout b@d.com;robert@w.com\n",
		"FAIL not-inverse inbound bob@w.com;b@d.com\n"
		"WARN no-inverse outbound b@d.com;robert@w.com\n" },
	{ "in @w.com;@d.com\nin @v.com;@e.com\nout @d.com;@v.com\n",
		"FAIL not-inverse inbound @w.com;@d.com\n" },
	{ "in bob@w.com;b@d.com\nin @w.com;@e.com\nout b@d.com;bob@w.com\n"
	  "out old@e.com;bob@w.com\n",
		"INFO many-to-one outbound old@e.com;bob@w.com\n" },
	{ "in @w.com;@d.com\nout c@e.com;x@w.com\n",
		"WARN not-inverse outbound c@e.com;x@w.com\n" },

	/* chains */
	{ "in a@w.com;b@w.com\nin b@w.com;c@d.com\n"
	  "out b@w.com;a@w.com\nout c@d.com;b@w.com\n",
		"WARN chain inbound a@w.com;b@w.com\n"
		"WARN chain outbound c@d.com;b@w.com\n" },
	{ "in a@w.com;a@d.com\nin @d.com;@e.com\n",
		"WARN chain inbound a@w.com;a@d.com\n" },
	{ "in @w.com;@d.com\nin @*.com;@e.com\n",
		"WARN chain inbound @w.com;@d.com\n" },
	{ "in @w.com;@d.com\nin x@d.com;x@e.com\n",
		"WARN chain inbound @w.com;@d.com\n" },
	{ "in a@w.com;t@d.com\nin t@d.com;t@d.com,u@d.com\n",
		"WARN chain inbound a@w.com;t@d.com\n"
		"INFO no-inverse inbound a@w.com;t@d.com\n"
		"INFO no-inverse inbound t@d.com;u@d.com\n" },
	/* an exception ends it; a copy for oneself is none */
	{ "in a@w.com;a@d.com\nin a@d.com;a@d.com\nin @d.com;@e.com\n", "" },
	{ "in t@w.com;t@w.com,t@d.com\n", "" },
	{ "in @w.com;@w.com,@d.com\n", "" },
	/* a list: its members answer with their own addresses */
	{ "in t@w.com;a@d.com,b@d.com\nin a@w.com;a@d.com\n"
	  "in b@w.com;b@d.com\nout a@d.com;a@w.com\nout b@d.com;b@w.com\n",
		"" },
	{ "in t@w.com;t@old.com,t.t@new.com\nout @old.com;@w.com\n"
	  "out @new.com;@w.com\n",
		"FAIL not-inverse inbound t@w.com;t.t@new.com\n" },
	/* a catch-all that leads into its own domain stays there */
	{ "in @w.com;all@w.com\n",
		"INFO catch-all inbound @w.com;all@w.com\n" },

	/* loops: by one table, and by both */
	{ "in a@w.com;a@d.com\nin a@d.com;a@w.com\n",
		"FAIL loop inbound a@d.com;a@w.com\n"
		"FAIL loop inbound a@w.com;a@d.com\n" },
	{ "in @w.com;@d.com\nin @d.com;@w.com\n",
		"FAIL loop inbound @d.com;@w.com\n"
		"FAIL loop inbound @w.com;@d.com\n" },
	{ "in @a.com;@b.com\nin @b.com;@c.com\nin @c.com;@a.com\n",
		"FAIL loop inbound @a.com;@b.com\n"
		"FAIL loop inbound @b.com;@c.com\n"
		"FAIL loop inbound @c.com;@a.com\n" },
	{ "in bob@w.com;bob@d.com\nin @d.com;@w.com\n",
		"WARN chain inbound @d.com;@w.com\n"
		"FAIL loop inbound bob@w.com;bob@d.com\n" },
	{ "in @*.w.com;@x.w.com\n", "" }, /* stays where it is then */
	{ "in @*.w.com;@x.d.com\nin @*.d.com;@x.w.com\n",
		"FAIL loop inbound @*.d.com;@x.w.com\n"
		"FAIL loop inbound @*.w.com;@x.d.com\n" },
	/* leads into a circle, is not in it */
	{ "in z@w.com;a@w.com\nin a@w.com;a@d.com\nin a@d.com;a@w.com\n",
		"FAIL loop inbound a@d.com;a@w.com\n"
		"FAIL loop inbound a@w.com;a@d.com\n"
		"WARN chain inbound z@w.com;a@w.com\n"
		"INFO no-inverse inbound z@w.com;a@w.com\n"
		"INFO many-to-one inbound z@w.com;a@w.com\n" },
	{ "in a@w.com;b@d.com\nout b@d.com;c@w.com\n"
	  "in c@w.com;e@d.com\nout e@d.com;a@w.com\n",
		"FAIL loop inbound a@w.com;b@d.com\n"
		"FAIL loop inbound c@w.com;e@d.com\n"
		"WARN not-inverse outbound b@d.com;c@w.com\n"
		"WARN not-inverse outbound e@d.com;a@w.com\n" },

	/* many to one */
	{ "in a@w.com;x@d.com\nin b@w.com;x@d.com\nin c@w.com;X@D.com\n"
	  "out x@d.com;b@w.com\n",
		"INFO many-to-one inbound a@w.com;x@d.com\n"
		"INFO many-to-one inbound c@w.com;X@D.com\n" },
	{ "in x@w.com;x@d.com\nin x@v.com;x@d.com\n",
		"INFO many-to-one inbound x@w.com;x@d.com\n" },
	{ "in @w.com;@d.com\nin @v.com;@d.com\n",
		"WARN namesakes inbound @w.com;@d.com\n" },
	{ "in bob@w.com;bob@d.com\nin @v.com;@d.com\nout @d.com;@v.com\n",
		"INFO many-to-one inbound bob@w.com;bob@d.com\n" },

	/* catch-all, SMTPUTF8 */
	{ "in @w.com;all@d.com\nin @*.w.com;all@d.com\n",
		"INFO catch-all inbound @*.w.com;all@d.com\n"
		"INFO catch-all inbound @w.com;all@d.com\n" },
	{ "in @w.com;@d.com\nout @d.com;all@w.com\n",
		"INFO catch-all outbound @d.com;all@w.com\n" },
	{ u8"in g@w.com;grüße@d.com\n"
	  u8"out grüße@d.com;g@w.com\n",
		u8"WARN smtputf8 inbound g@w.com;grüße@d.com\n" },
	/* a domain in UTF-8 needs nothing */
	{ u8"in g@w.com;g@bücher.de\n", "" },

	/* to itself */
	{ "in @w.com;@w.com\nin a@w.com;a@d.com\n",
		"INFO no-effect inbound @w.com;@w.com\n" },
	{ "in @x.w.com;@x.w.com\nin @*.w.com;@d.com\n", "" },
	{ "in @*.x.w.com;@*.x.w.com\nin @*.com;@d.com\n", "" },
	{ "in @*.w.com;@*.w.com\nout @*.x.com;@*.x.com\n",
		"INFO no-effect inbound @*.w.com;@*.w.com\n"
		"INFO no-effect outbound @*.x.com;@*.x.com\n" },
	{ "in @x.w.com;@x.w.com\nin @*.w.com;@*.w.com\n",
		"INFO no-effect inbound @*.w.com;@*.w.com\n"
		"INFO no-effect inbound @x.w.com;@x.w.com\n" },
	{ "in a@w.com;a@w.com\n", "" }, /* names a user, and does no harm */

	/* outbound shows what inbound does not know */
	{ "out a@d.com;a@w.com\n",
		"WARN not-served outbound a@d.com;a@w.com\n" },
	{ "out @d.com;@v.com\nout a@d.com;a@w.com\nout b@d.com;b@w.com\n"
	  "out c@d.com;c@w.com\nout d@d.com;d@d.com\nin @w2.com;@d.com\n",
		"FAIL not-inverse inbound @w2.com;@d.com\n"
		"WARN not-served outbound @d.com;@v.com\n"
		"WARN not-served outbound a@d.com;a@w.com\n" },
	{ "in @*.w.com;@d.com\nout a@d.com;a@x.w.com\n", "" },
	{ "in @*.w.com;@d.com\nout a@d.com;a@w.com\n",
		"WARN not-served outbound a@d.com;a@w.com\n" },
	{ "routes @w.com;relay\nout @d.com;@w.com\n",
		"WARN not-served outbound @d.com;@w.com\n" },
	/* a quoted local part may look like a domain */
	{ "in \"@x.com\"@w.com;\"@y.com\"@d.com\n"
	  "out \"@y.com\"@d.com;\"@x.com\"@w.com\n",
		"" },
};

static void test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct told told = { .reasons = false };

		if (check(cases[i].rules, &told) != 0)
			fail_msg("%s", cases[i].rules);
		if (strcmp(told.text, cases[i].findings) != 0)
			fail_msg("%s\nwanted:\n%s\nfound:\n%s", cases[i].rules,
				cases[i].findings, told.text);
	}
}

/* The order of the rows in a CSV does not matter, nor how often it is asked. */
static void test_order(void **state)
{
	struct told one = { .reasons = true };
	struct told two = { .reasons = true };

	(void)state;
	assert_int_equal(check("in @w.com;@d.com\nin @d.com;@w.com\n"
			       "in b@w.com;x@e.com\nin a@w.com;x@e.com\n"
			       "out c@d.com;c@v.com\nout @e.com;@u.com\n",
				 &one),
		0);
	assert_int_equal(check("out @e.com;@u.com\nout c@d.com;c@v.com\n"
			       "in a@w.com;x@e.com\nin b@w.com;x@e.com\n"
			       "in @d.com;@w.com\nin @w.com;@d.com\n",
				 &two),
		0);
	assert_true(one.count > 4);
	assert_string_equal(one.text, two.text);
}

static void test_reasons(void **state)
{
	static const struct {
		const char *rules;
		const char *said[4];
	} reasons[] = {
		{ "in bob@w.com;bob.owen@d.com\n",
			{ "mail from bob.owen@d.com leaves under that address",
				"add the outbound rule "
				"bob.owen@d.com;bob@w.com" } },
		{ "in a@w.com;b@w.com\nin b@w.com;c@d.com\n",
			{ "rule b@w.com", "never looked up again",
				"if the mail is meant for c@d.com, make that "
				"the target" } },
		{ "in a@a.com;b@b.com\nin b@b.com;c@c.com\n"
		  "in c@c.com;a@a.com\n",
			{ "a@a.com -> b@b.com -> c@c.com -> a@a.com" } },
		{ "in a@w.com;b@d.com\nout b@d.com;c@w.com\n"
		  "in c@w.com;e@d.com\nout e@d.com;a@w.com\n",
			{ "(a@w.com -> b@d.com -> c@w.com -> e@d.com -> "
			  "a@w.com)" } },
		{ "in bob@w.com;b@d.com\nout b@d.com;robert@w.com\n",
			{ "leaves as robert@w.com",
				"make the outbound rule for the target lead to "
				"bob@w.com instead" } },
		{ "out a@d.com;a@w.com\nout b@d.com;b@w.com\n",
			{ "domain w.com", "(1 more rule shows it)",
				"inbound rules for @w.com" } },
		{ "out a@d.com;a@w.com\nout b@d.com;b@w.com\n"
		  "out c@d.com;c@w.com\n",
			{ "(2 more rules show it)" } },
		{ "in a@w.com;x@d.com\nin b@w.com;x@d.com\n",
			{ "a@w.com has the same target",
				"to which 2 rules lead",
				"add one outbound rule for x@d.com, with the "
				"public address that its user is known by" } },
		/* no advice gives anybody a shared address, or that of a list
		 */
		{ "in t@w.com;a@d.com,b@d.com\nout x@d.com;t@w.com\n",
			{ "add one outbound rule for a@d.com, with" } },
		{ "in info@w.com;x@d.com\nin bob@w.com;x@d.com\n"
		  "out x@d.com;rob@w.com\n",
			{ "the public address that its user is known by" } },
		{ "in @w.com;@d.com\nin info@w.com;bob@w.com\n"
		  "out @d.com;@w.com\n",
			{ "leaves under that address, whose domain inbound "
			  "serves, too",
				"nothing if that address may be seen "
				"outside" } },
		{ "in w@w.com;w@d.com\nout a@d.com;info@w.com\n"
		  "out b@d.com;info@w.com\n",
			{ "2 outbound rules show it" } },
		{ "in info@w.com;help@d.com\nout a@d.com;info@w.com\n"
		  "out b@d.com;info@w.com\n",
			{ "nothing if help@d.com should get the answers" } },
		{ "in @w.com;@d.com\nin @v.com;@d.com\n",
			{ "@v.com has the same target: if both domains have a "
			  "user bob" } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++) {
		struct told told = { .reasons = true };

		assert_int_equal(check(reasons[i].rules, &told), 0);
		for (size_t k = 0; k < 4 && reasons[i].said[k]; k++)
			if (!strstr(told.text, reasons[i].said[k]))
				fail_msg("%s\nis not in\n%s",
					reasons[i].said[k], told.text);
	}
}

/* No advice may give a user the name of a shared address. */
static void test_no_lent_name(void **state)
{
	static const char *const rules[] = {
		"in info@w.com;bob@w.com\nin bob@w.com;bob.owen@d.com\n",
		"in info@w.com;x@d.com\nin bob@w.com;x@d.com\n",
		"in info@w.com;bob@d.com,x@d.com\nin bob@w.com;bob@d.com\n",
		("in info@w.com;x@d.com\nin bob@w.com;x@d.com\n"
		 "out x@d.com;rob@w.com\n"),
	};

	(void)state;
	for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
		struct told told = { .reasons = true };

		assert_int_equal(check(rules[i], &told), 0);
		if (strstr(told.text, ";info@w.com\n|") ||
			strstr(told.text, "rule bob@w.com;info") ||
			strstr(told.text, "rule x@d.com;info") ||
			strstr(told.text, "rule bob@d.com;info") ||
			strstr(told.text, "lead to info@w.com instead"))
			fail_msg("%s\n%s", rules[i], told.text);
	}
}

static const struct {
	const char *rules;
	const char *findings;
} domain_cases[] = {
	/* users without a rule */
	{ "in bob@w.com;bob@d.com\nin eve@w.com;eve@d.com\n",
		"INFO unlisted inbound bob@w.com;bob@d.com\n" },
	{ "in bob@w.com;bob@d.com\nin @w.com;@d.com\n", "" },
	{ "in bob@w.com;bob@d.com\nin @w.com;@w.com\n",
		"INFO no-effect inbound @w.com;@w.com\n" },
	{ "in bob@x.w.com;bob@d.com\nin @*.w.com;@d.com\n", "" },
	{ "in bob@w.com;bob@d.com\nin @*.w.com;@d.com\n",
		"INFO unlisted inbound bob@w.com;bob@d.com\n" },
	{ "in bob@w.com;bob@d.com\nin @v.com;@e.com\nin a@x.v.com;a@e.com\n",
		"INFO unlisted inbound bob@w.com;bob@d.com\n"
		"INFO unlisted inbound a@x.v.com;a@e.com\n" },
	{ "out bob@d.com;bob@w.com\n",
		"WARN not-served outbound bob@d.com;bob@w.com\n" },
/* a domain that looks like another */
#define FOUR "in @a.com;@new.com\nin b@a.com;b@new.com\nin c@a.com;c@new.com\n"
	{ FOUR "in d@a.com;d@nwe.com\n",
		"WARN misspelt inbound d@a.com;d@nwe.com\n" },
	{ FOUR "in d@a.com;d@ne.com\n",
		"WARN misspelt inbound d@a.com;d@ne.com\n" },
	{ FOUR "in d@a.com;d@neww.com\n",
		"WARN misspelt inbound d@a.com;d@neww.com\n" },
	{ FOUR "in d@a.com;d@new.con\n",
		"WARN misspelt inbound d@a.com;d@new.con\n" },
	{ FOUR "in d@a.com;d@new.com,d@nevv.com\n", "" },
	{ FOUR "in d@a.com;d@new.com,d@mew.com\n",
		"WARN misspelt inbound d@a.com;d@mew.com\n" },
	{ FOUR "in d@a.com;d@nwe.com\nin e@a.com;e@nwe.com\n", "" },
	{ FOUR "in d@a.com;d@other.com\n", "" },
	{ "in b@a.com;b@new.com\nin @a.com;@new.com\nin d@a.com;d@nwe.com\n",
		"" },
	{ FOUR "in d@a.com;d@NEW.com\n", "" },
	{ FOUR "in d@a.com;d@wen.com\n", "" },
	/* routes: of a domain that rules name, and what needs no rule */
	{ "in @a.com;@new.com\nroutes @a.com;relay\nroutes "
	  "@new.com;smtp:[b]:25\n",
		"" },
	{ "in @a.com;@new.com\nroutes @other.com;relay\n"
	  "routes @other1.com;local\nroutes @other2.com;backup\n"
	  "routes @other3.com;auto\n",
		"" },
	{ "in @a.com;@new.com\nroutes @other.com;smtp:[b]:25\n"
	  "routes @other1.com;remote\nroutes @other2.com;hold\n"
	  "routes @other3.com;relay smtp:[b]:25\n"
	  "routes @other4.com;remote smtp:[b]:25\nroutes @new.com;hold\n",
		"INFO no-effect routes @other.com;smtp:[b]:25\n"
		"INFO no-effect routes @other1.com;remote\n"
		"INFO no-effect routes @other2.com;hold\n"
		"INFO no-effect routes @other4.com;remote smtp:[b]:25\n" },
	{ "in bob@a.com;bob@new.com,bob@newer.com\nin @a.com;@new.com\n"
	  "out @own.com;@a.com\nroutes @newer.com;smtp:[b]\n"
	  "routes @own.com;smtp:[b],[c]\n",
		"INFO no-inverse inbound bob@a.com;bob@new.com\n"
		"INFO no-inverse inbound bob@a.com;bob@newer.com\n" },
	{ "in @*.a.com;@new.com\nroutes @x.a.com;smtp:[b]\n"
	  "routes @*.a.com;smtp:[b]\nroutes @*.com;smtp:[b]\n"
	  "routes @*.new.com;smtp:[b]\n",
		"INFO no-effect routes @*.new.com;smtp:[b]\n" },
	{ "in @company.com;@new.com\nroutes @comapny.com;smtp:[b]\n"
	  "routes @conpany.com;relay\nroutes @*.company.co;local\n",
		"WARN misspelt routes @comapny.com;smtp:[b]\n"
		"WARN misspelt routes @conpany.com;relay\n" },
	{ "in @company.com;@new.com\nin @companyy.com;@new.com\n"
	  "routes @company.com;relay\n",
		"WARN namesakes inbound @companyy.com;@new.com\n" },
	{ "routes @a.com;smtp:[b],[c]\n",
		"INFO no-effect routes @a.com;smtp:[b],[c]\n" },
	/* the domain is a source, so it is not misspelt */
	{ FOUR "in d@a.com;d@nwe.com\nin @nwe.com;@other.com\n",
		"WARN chain inbound d@a.com;d@nwe.com\n" },
};

static void test_domains(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof domain_cases / sizeof *domain_cases;
		i++) {
		struct told told = { .unlisted = true };

		assert_int_equal(check(domain_cases[i].rules, &told), 0);
		if (strcmp(told.text, domain_cases[i].findings) != 0)
			fail_msg("%s\nwanted:\n%s\nfound:\n%s",
				domain_cases[i].rules, domain_cases[i].findings,
				told.text);
	}
}

/* A route that an earlier version accepted. */
static void test_refused_route(void **state)
{
	struct told told = { .reasons = true };
	struct check_options options = { .found = tell, .context = &told };
	struct map *map =
		testmap_open_with("in @a.com;@new.com\nroutes @a.com;smtp:x\n",
			"smtp:x", "smtp\x01x");

	(void)state;
	assert_int_equal(check_map(map, &options, NULL), 0);
	assert_non_null(strstr(told.text, "WARN refused routes @a.com;"));
	assert_non_null(
		strstr(told.text, "load would refuse this rule today: "));
	map_close(map);
}

/* The table is empty although the configuration names outbound clients. */
static void test_no_outbound(void **state)
{
	static const struct {
		const char *rules;
		bool possible;
		bool found;
	} outbound[] = {
		{ "in @w.com;@d.com\n", true, true },
		{ "in @w.com;@d.com\n", false, false },
		{ "in @w.com;@d.com\nout @d.com;@w.com\n", true, false },
		{ "", true, false },
		{ "routes @w.com;relay\n", true, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof outbound / sizeof *outbound; i++) {
		struct told told = { .reasons = false };
		struct check_options options = { .localpart = { "+", 3 },
			.outbound_named = outbound[i].possible,
			.found = tell,
			.context = &told };
		struct map *map = testmap_open(outbound[i].rules);

		assert_int_equal(check_map(map, &options, NULL), 0);
		assert_string_equal(told.text,
			outbound[i].found ? "FAIL no-outbound outbound ;\n"
					  : "");
		map_close(map);
	}
}

/* Extensions count as the configuration says. */
static void test_delimiter(void **state)
{
	struct told told = { .reasons = false };
	struct check_options options = {
		.localpart = { "", 0 }, .found = tell, .context = &told
	};
	struct map *map = testmap_open("in bob@w.com;b+in@d.com\n"
				       "out b@d.com;bob@w.com\n");

	(void)state;
	assert_int_equal(check_map(map, &options, NULL), 0);
	assert_string_equal(told.text,
		"WARN no-inverse inbound bob@w.com;b+in@d.com\n"
		"WARN not-inverse outbound b@d.com;bob@w.com\n");
	map_close(map);
}

/* The check ends with what found() returned, at any finding. */
static void test_stop(void **state)
{
	static const char rules[] = "in @w.com;@w.com\nout a@d.com;a@w.com\n"
				    "in b@w.com;x@e.com\nin a@w.com;x@e.com\n"
				    "out @e.com;@u.com\n";
	struct told all = { .reasons = false };

	(void)state;
	assert_int_equal(check(rules, &all), 0);
	assert_true(all.count >= 5);
	assert_true(all.progress > 0);
	for (int i = 1; i <= all.count; i++) {
		struct told told = { .stop_after = i };

		assert_int_equal(check(rules, &told), 7);
		assert_int_equal(told.count, i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_reasons),
		cmocka_unit_test(test_delimiter),
		cmocka_unit_test(test_no_lent_name),
		cmocka_unit_test(test_domains),
		cmocka_unit_test(test_refused_route),
		cmocka_unit_test(test_no_outbound),
		cmocka_unit_test(test_stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
