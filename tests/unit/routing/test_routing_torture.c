/*
 * Each allocation fails in turn while a look-up is answered, and while the file
 * of autoroutes is read and written.
 */
#include "kit/testmap.h"
#include "kit/torture.h"
#include "kit/alloccalls.h"

#include "routing/socketmap.h"

/* fsync(2) takes time and does not matter here. */
int fsync(int fd)
{
	(void)fd;
	return 0;
}

#define RULES                                                                  \
	"in bob@warmsushi.example;bob.owen@drypizza.example\n"                 \
	"in stay@warmsushi.example;stay@warmsushi.example\n"                   \
	"in copy@warmsushi.example;copy@warmsushi.example,c@old.example\n"     \
	u8"in @bücher.example;@old.example\n"                                 \
	"out bob.owen@drypizza.example;bob@warmsushi.example\n"                \
	"routes @old.example;smtp:[old]\n"                                     \
	"routes @auto.example;auto\n"

struct query {
	const struct map *map;
	const struct config *config;
	const struct autoroutes *autoroutes;
	const char *name;
	const char *key;
};

static int run_query(
	void *context, struct torture_told *told, struct error *error)
{
	static struct answer answer;
	const struct query *query = context;
	struct map_reader *reader = NULL;

	if (map_reader_open(&reader, query->map))
		return error_set(error, ERR_NOMEM, "no reader");
	answer_query(reader, query->config, query->autoroutes,
		bytes_of(query->name), bytes_of(query->key), &answer);
	map_reader_close(reader);
	if (answer.status == ANSWER_TEMP)
		return error_set(
			error, ERR_NOMEM, "%.*s", (int)answer.len, answer.text);
	torture_tell(
		told, "%d %.*s", answer.status, (int)answer.len, answer.text);
	return 0;
}

static void test_answer(void **test)
{
	static struct query queries[] = {
		{ .name = "domains", .key = u8"BÜCHER.example" },
		{ .name = "domains", .key = u8"a.bücher.example" },
		{ .name = "mailboxes", .key = "auto.example" },
		{ .name = "recipients", .key = "bob+x@warmsushi.example" },
		{ .name = "recipients", .key = "eve@warmsushi.example" },
		{ .name = "recipients", .key = u8"ü@bücher.example" },
		{ .name = "recipients-open", .key = u8"ü@straße.example" },
		{ .name = "transport", .key = "copy@warmsushi.example" },
		{ .name = "transport", .key = "stay@warmsushi.example" },
		{ .name = "transport", .key = "a b@old.example" },
		{ .name = "inbound", .key = "copy@warmsushi.example" },
		{ .name = "inbound", .key = u8"stay@warmsushi.example" },
		{ .name = "outbound", .key = "bob.owen@drypizza.example" },
	};
	const struct autoroute one = { bytes_of("auto.example"), ROUTE_LOCAL, 1,
		2 };
	struct map *map = testmap_open(RULES);
	struct config *config = testmap_config(NULL);
	struct autoroutes *autoroutes = autoroutes_open();
	struct torture tortures[sizeof queries / sizeof *queries];

	(void)test;
	assert_int_equal(autoroutes_put(autoroutes, &one), 0);
	for (size_t i = 0; i < sizeof queries / sizeof *queries; i++) {
		queries[i].map = map;
		queries[i].config = config;
		queries[i].autoroutes = autoroutes;
		tortures[i] = (struct torture){ .name = queries[i].name,
			.run = run_query,
			.context = &queries[i] };
	}
	torture_all(tortures, sizeof queries / sizeof *queries);
	map_close(map);
	config_close(config);
	autoroutes_close(autoroutes);
}

static char dir[64];

static char path[128];

static int put_many(struct autoroutes *autoroutes)
{
	int result = autoroutes ? 0 : ERR_NOMEM;

	for (unsigned i = 0; !result && i < 40; i++) {
		char name[32];
		struct autoroute one = { .role = ROUTE_BACKUP, .listed = i };

		(void)snprintf(name, sizeof name, "d%02u.example", i * 7 % 40);
		one.domain = bytes_of(name);
		result = autoroutes_put(autoroutes, &one);
	}
	return result;
}

static int run_write(
	void *context, struct torture_told *told, struct error *error)
{
	struct autoroutes *autoroutes = autoroutes_open();
	int result = put_many(autoroutes);

	(void)context;
	(void)told;
	if (result)
		(void)error_set(error, result, "no memory");
	else
		result = autoroutes_write(dir, autoroutes, error);
	autoroutes_close(autoroutes);
	return result;
}

static int run_read(
	void *context, struct torture_told *told, struct error *error)
{
	struct autoroutes *autoroutes = NULL;
	int result = autoroutes_read(dir, &autoroutes, NULL, error);

	(void)context;
	if (result)
		return result;
	torture_tell(told, "%zu", autoroutes_count(autoroutes));
	autoroutes_close(autoroutes);
	return 0;
}

/* The file is whole, or it does not exist. */
static char *files(void *context)
{
	struct autoroutes *autoroutes = NULL;
	char text[32] = "";

	(void)context;
	if (!access(path, F_OK)) {
		assert_int_equal(
			autoroutes_read(dir, &autoroutes, NULL, NULL), 0);
		(void)snprintf(
			text, sizeof text, "%zu", autoroutes_count(autoroutes));
		autoroutes_close(autoroutes);
	}
	return strdup(text);
}

static void restore(void *context)
{
	(void)context;
	(void)unlink(path);
}

static void test_file(void **test)
{
	static const struct torture tortures[] = {
		{ .name = "autoroutes_write",
			.run = run_write,
			.restore = restore,
			.files = files },
		{ .name = "autoroutes_read", .run = run_read },
	};

	(void)test;
	(void)strcpy(dir, "/tmp/readdress-torture-XXXXXX");
	assert_non_null(mkdtemp(dir));
	(void)snprintf(path, sizeof path, "%s/%s", dir, AUTOROUTES_FILE);
	torture_all(tortures, 2);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(dir), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answer),
		cmocka_unit_test(test_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
