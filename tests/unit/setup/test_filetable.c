/*
 * The files say what the look-ups say: each is read as regexp_table(5) says,
 * and asked for many keys beside answer_query().
 */
#include "kit/testmap.h"

#include <regex.h>

#include "setup/filetable.h"

#define RULES                                                                  \
	"in bob@old.example;bob.owen@new.example\n"                            \
	"in \"a b\"@old.example;ab@new.example\n"                              \
	"in a.b@other.example;x@new.example\n"                                 \
	"in stays@old.example;stays@old.example\n"                             \
	"in @old.example;@dest.example\n"                                      \
	"in @*.sub.example;@dest.example\n"                                    \
	"in @far.example;@dest.example\n"                                      \
	"in @here.example;@dest.example\n"                                     \
	"in @x.sub.example;@dest.example\n"                                    \
	"in @b\u00fccher.example;@dest.example\n"                              \
	"in j\u00fcrgen@b\u00fccher.example;j@new.example\n"                   \
	"in j\u00fcrgen@other.example;j@new.example\n"                         \
	"in @*.stra\u00dfe.example;@dest.example\n"                            \
	"routes @far.example;remote\n"                                         \
	"routes @here.example;local\n"                                         \
	"routes @x.sub.example;remote\n"                                       \
	"routes @back.example;backup\n"                                        \
	"routes @new.example;smtp:[192.0.2.1]:25\n"                            \
	"routes @*.dest.example;smtp:[192.0.2.2]\n"                            \
	"routes @*.a.dest.example;smtp:[192.0.2.3]\n"                          \
	"routes @dest.example;hold\n"

static bool matches(const char *pattern, const char *end, const char *key)
{
	char text[4096];
	regex_t regex;
	bool found;

	assert_true(end - pattern < (long)sizeof text);
	(void)snprintf(
		text, sizeof text, "%.*s", (int)(end - pattern), pattern);
	if (regcomp(&regex, text, REG_EXTENDED | REG_ICASE | REG_NOSUB))
		fail_msg("no regular expression: %s", text);
	found = !regexec(&regex, key, 0, NULL, 0);
	regfree(&regex);
	return found;
}

/* Returns the end of the pattern: the "/" that no backslash precedes. */
static const char *pattern_end(const char *at)
{
	while (*at != '/')
		at += *at == '\\' ? 2 : 1;
	return at;
}

/* Looks the key up as Postfix does; "" if nothing is found. */
static void look_up(const char *text, const char *key, char value[256])
{
	bool skips = false;

	*value = '\0';
	while (*text) {
		size_t len = strcspn(text, "\n");

		if (!strncmp(text, "if !/", 5)) {
			assert_false(skips);
			skips = matches(text + 5, pattern_end(text + 5), key);
		} else if (!strncmp(text, "endif\n", 6)) {
			skips = false;
		} else if (*text == '/' && !skips) {
			const char *end = pattern_end(text + 1);

			if (matches(text + 1, end, key)) {
				(void)snprintf(value, 256, "%.*s",
					(int)(text + len - end - 2), end + 2);
				return;
			}
		} else {
			assert_true(*text == '#' || skips);
		}
		text += len + 1;
	}
}

static const char *const domains[] = { "old.example", "OLD.example",
	"x.old.example", "oldxexample", "far.example", "here.example",
	"sub.example", "a.sub.example", "b.a.sub.example", "x.sub.example",
	"y.x.sub.example", "back.example", "new.example", "dest.example",
	"a.dest.example", "b.a.dest.example", "other.example", "else.example",
	"b\u00fccher.example", "xn--bcher-kva.example", "B\u00dcCHER.example",
	"XN--BCHER-KVA.example", "x.stra\u00dfe.example", "stra\u00dfe.example",
	"x.xn--strae-oqa.example" };

static const char *const users[] = { "bob", "BOB", "bob+news", "xbob",
	"\"a b\"", "stays", "a.b", "axb", "prvs=0123456789=bob", "eve",
	"j\u00fcrgen", "J\u00dcRGEN+x" };

static void compare(enum filetable table, const struct map *map,
	const struct config *config, const char *text, const char *key)
{
	static struct answer answer;
	struct map_reader *reader;
	char value[256];

	assert_int_equal(map_reader_open(&reader, map), 0);
	answer_query(reader, config, NULL, bytes_of(filetable_name(table)),
		bytes_of(key), &answer);
	map_reader_close(reader);
	look_up(text, key, value);
	if (answer.status == ANSWER_TEMP || strlen(value) != answer.len ||
		memcmp(value, answer.text, answer.len) != 0)
		fail_msg("%s, %s: the file has \"%s\", the look-up \"%.*s\", "
			 "in\n%s",
			filetable_name(table), key, value, (int)answer.len,
			answer.text, text);
}

static void check(const char *rules, const char *conf)
{
	struct map *map = testmap_open(rules);
	struct config *config = testmap_config(conf);

	for (enum filetable table = 0; table < FILETABLES; table++) {
		char *text = NULL;
		size_t len = 0;
		FILE *file = open_memstream(&text, &len);

		assert_non_null(file);
		assert_int_equal(
			filetable_write(table, map, config, NULL, file), 0);
		assert_int_equal(fclose(file), 0);
		for (size_t i = 0; i < sizeof domains / sizeof *domains; i++) {
			if (table <= FILETABLE_MAILBOXES) {
				compare(table, map, config, text, domains[i]);
				continue;
			}
			for (size_t k = 0; k < sizeof users / sizeof *users;
				k++) {
				char key[100];

				(void)snprintf(key, sizeof key, "%s@%s",
					users[k], domains[i]);
				compare(table, map, config, text, key);
			}
		}
		free(text);
	}
	config_close(config);
	map_close(map);
}

static void test_same(void **state)
{
	(void)state;
	check(RULES, "");
	check(RULES, "recipient_delimiter = \"-+\"\nbatv = {}\n");
	check("in bob@old.example;b@new.example\n", "recipient_delimiter = "
						    "\"\"\n");
	check("", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
