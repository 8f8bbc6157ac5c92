#include "kit/mapkit.h"

#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/clock.h"
#include "map/architecture.h"
#include "map/lmdbfile.h"
#include "map/mapfile.h"
#include "map/mapmeta.h"
#include "map/trailer.h"

#define GENERATION 7
#define MANY	   25000
#define DAMAGES	   600
#define THREADS	   4

static const struct map_meta meta = {
	.generation = GENERATION,
	.time = 1795273740,
	.user = "root(alice)",
	.command = "load inbound \"a\nb.csv\"",
	.host = "relay.example",
	.digest = "0123456789abcdef0123456789abcdef"
		  "0123456789abcdef0123456789abcdef",
};

/* Rules of each kind, in all tables. */
static void make_map(struct kit *kit, const char *path)
{
	struct map_builder *b;

	KIT_OK(kit, map_builder_open(&b, path, 20, 2000, &kit->error));
	kit_put(kit, b, RULE_INBOUND, "@*.deep.example", "s@new.example");
	kit_put(kit, b, RULE_INBOUND, "@[192.0.2.1]", "call@new.example");
	kit_put(kit, b, RULE_INBOUND, "@warmsushi.com", "d@drypizza.com");
	kit_put(kit, b, RULE_INBOUND, "bob@a@quoted.example", "uq@c.example");
	kit_put(kit, b, RULE_INBOUND, "bob@warmsushi.com",
		"ubob.owen@drypizza.com");
	kit_put(kit, b, RULE_INBOUND, "eve@warmsushi.com",
		"xeve@warmsushi.com");
	kit_put(kit, b, RULE_INBOUND, "team@other.example",
		"ua@x.example,b@y.example");
	kit_put(kit, b, RULE_OUTBOUND, "bob.owen@drypizza.com",
		"ubob@warmsushi.com");
	kit_put(kit, b, RULE_ROUTES, "@warmsushi.com", "drelay");
	KIT_OK(kit, map_builder_seal(b, &meta, &kit->error));
	map_builder_close(b);
}

static void assert_value(struct map_reader *reader, enum rule_table table,
	const char *key, const char *expected)
{
	struct bytes value;
	int found = map_get(reader, table, bytes_of(key), &value);

	assert_int_equal(found, expected ? 1 : 0);
	if (expected) {
		assert_int_equal(value.len, strlen(expected));
		assert_memory_equal(value.data, expected, value.len);
	}
}

static int names(struct map_reader *reader, const char *domain)
{
	return map_names_domain(reader, bytes_of(domain));
}

static void look_at(struct map *map)
{
	static const char *const order[] = { "@*.deep.example", "@[192.0.2.1]",
		"@warmsushi.com", "bob@a@quoted.example", "bob@warmsushi.com",
		"eve@warmsushi.com", "team@other.example" };
	struct map_walk walk = { .map = map, .table = RULE_INBOUND };
	struct map_reader *reader;
	size_t at = 0;
	int more;

	assert_int_equal(map_reader_open(&reader, map), 0);
	assert_value(reader, RULE_INBOUND, "bob@warmsushi.com",
		"ubob.owen@drypizza.com");
	assert_value(reader, RULE_INBOUND, "@warmsushi.com", "d@drypizza.com");
	assert_value(reader, RULE_INBOUND, "bob@warmsushi.co", NULL);
	assert_value(reader, RULE_INBOUND, "bob@warmsushi.com.", NULL);
	assert_value(reader, RULE_INBOUND, "", NULL);
	assert_value(reader, RULE_OUTBOUND, "bob@warmsushi.com", NULL);
	assert_value(reader, RULE_OUTBOUND, "bob.owen@drypizza.com",
		"ubob@warmsushi.com");
	assert_value(reader, RULE_ROUTES, "@warmsushi.com", "drelay");

	while ((more = map_walk_next(&walk)) == 1) {
		assert_true(at < 7);
		assert_true(bytes_equal(walk.rule.key, bytes_of(order[at])));
		at++;
	}
	assert_int_equal(more, 0);
	assert_int_equal(at, 7);
	assert_int_equal(map_walk_next(&walk), 0);
	map_walk_close(&walk);
	map_reader_close(reader);
}

static void test_round_trip(void **test)
{
	struct kit *kit = *test;
	const char *path = kit_path(kit, "map.mdb");
	const struct map_meta *got;
	struct map *map;

	make_map(kit, path);
	for (int isolated = 0; isolated < 2; isolated++) {
		KIT_OK(kit, map_open(&map, path, isolated, &kit->error));
		look_at(map);
		got = map_meta(map);
		assert_int_equal(got->version, MAP_VERSION);
		assert_string_equal(got->host, "relay.example");
		assert_int_equal(got->adopted.generation, 0);
		assert_int_equal(got->generation, GENERATION);
		assert_int_equal(got->time, meta.time);
		assert_string_equal(got->user, "root(alice)");
		assert_string_equal(got->command, "load inbound \"a?b.csv\"");
		assert_int_equal(got->rows[RULE_INBOUND][RULE_USER], 3);
		assert_int_equal(got->rows[RULE_INBOUND][RULE_DOMAIN], 1);
		assert_int_equal(got->rows[RULE_INBOUND][RULE_SUBDOMAIN], 1);
		assert_int_equal(got->rows[RULE_INBOUND][RULE_CATCHALL], 1);
		assert_int_equal(got->rows[RULE_INBOUND][RULE_EXCEPTION], 1);
		assert_int_equal(map_rows(map, RULE_INBOUND), 7);
		assert_int_equal(map_rows(map, RULE_OUTBOUND), 1);
		assert_int_equal(map_rows(map, RULE_ROUTES), 1);
		assert_true(map_octets(map) > 4096);
		map_close(map);
	}
}

static void test_names_domain(void **test)
{
	struct kit *kit = *test;
	const char *path = kit_path(kit, "map.mdb");
	struct map_reader *reader;
	struct map *map;
	char longest[600];

	make_map(kit, path);
	KIT_OK(kit, map_open(&map, path, true, &kit->error));
	assert_int_equal(map_reader_open(&reader, map), 0);
	assert_int_equal(names(reader, "warmsushi.com"), 1);
	assert_int_equal(names(reader, "other.example"), 1);
	assert_int_equal(names(reader, "quoted.example"), 1);
	assert_int_equal(names(reader, "[192.0.2.1]"), 1);
	assert_int_equal(names(reader, "a.deep.example"), 1);
	assert_int_equal(names(reader, "a.b.c.deep.example"), 1);
	assert_int_equal(names(reader, "deep.example"), 0);
	assert_int_equal(names(reader, "xdeep.example"), 0);
	assert_int_equal(names(reader, "a.warmsushi.com"), 0);
	assert_int_equal(names(reader, "drypizza.com"), 0);
	assert_int_equal(names(reader, "com"), 0);
	assert_int_equal(names(reader, "..."), 0);
	assert_int_equal(names(reader, ""), 0);
	memset(longest, '.', sizeof longest);
	assert_int_equal(map_names_domain(reader,
				 (struct bytes){ longest, sizeof longest }),
		0);
	assert_int_equal(
		map_names_domain(reader, (struct bytes){ longest, 511 }), 0);
	map_reader_close(reader);
	map_close(map);
}

/* Makes the map of make_map() as it was before version 0.2: without "roles". */
static void make_old_map(struct kit *kit, const char *path)
{
	static const char *const rows[][3] = {
		{ "0", "@*.deep.example", "d@flat.example" },
		{ "0", "bob@warmsushi.com", "ubob@Dry.Example" },
		{ "0", "team@other.example",
			"ua@x.example,\"b,@z\"@y.example" },
		{ "1", "@*.inner.example", "d@warmsushi.com" },
		{ "1", "bob@dry.example", "ubob@warmsushi.com" },
		{ "2", "@routed.example", "drelay" },
	};
	const char *names[MAPFILE_NEEDED + 1] = { NULL };
	static const char *const sources[] = { "*.deep.example",
		"other.example", "warmsushi.com" };
	struct map_meta counted = meta;
	struct lmdbfile_writer *writer;
	char record[MAPMETA_MAX];
	int fd;

	memcpy(names, mapfile_names, MAPFILE_NEEDED * sizeof *names);
	KIT_OK(kit,
		lmdbfile_create(&writer, path, 100, 4000, names, &kit->error));
	memset(counted.rows, 0, sizeof counted.rows);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		unsigned table = (unsigned)(rows[i][0][0] - '0');
		struct bytes value = bytes_of(rows[i][2]);

		counted.rows[table][rule_value_kind(value)]++;
		KIT_OK(kit, lmdbfile_append(writer, table, bytes_of(rows[i][1]),
				    value, &kit->error));
	}
	for (size_t i = 0; i < sizeof sources / sizeof *sources; i++)
		KIT_OK(kit, lmdbfile_append(writer, MAPFILE_DOMAINS,
				    bytes_of(sources[i]),
				    (struct bytes){ NULL, 0 }, &kit->error));
	counted.version = 1;
	record[mapmeta_format(&counted, record)] = '\0';
	KIT_OK(kit, lmdbfile_append(writer, MAPFILE_META,
			    bytes_of(MAPFILE_META_KEY), bytes_of(record),
			    &kit->error));
	KIT_OK(kit, lmdbfile_finish(writer, &kit->error));
	lmdbfile_abandon(writer);
	fd = open(path, O_RDWR);
	KIT_OK(kit, trailer_append(fd, path, 1, &kit->error));
	close(fd);
}

static void make_new_map(struct kit *kit, const char *path)
{
	struct map_builder *b;

	KIT_OK(kit, map_builder_open(&b, path, 100, 4000, &kit->error));
	kit_put(kit, b, RULE_INBOUND, "@*.deep.example", "d@flat.example");
	kit_put(kit, b, RULE_INBOUND, "bob@warmsushi.com", "ubob@Dry.Example");
	kit_put(kit, b, RULE_INBOUND, "team@other.example",
		"ua@x.example,\"b,@z\"@y.example");
	kit_put(kit, b, RULE_OUTBOUND, "@*.inner.example", "d@warmsushi.com");
	kit_put(kit, b, RULE_OUTBOUND, "bob@dry.example", "ubob@warmsushi.com");
	kit_put(kit, b, RULE_ROUTES, "@routed.example", "drelay");
	KIT_OK(kit, map_builder_seal(b, &meta, &kit->error));
	map_builder_close(b);
}

/* The roles of domains, in a new map and in one from before version 0.2. */
static void test_domain_roles(void **test)
{
	static const struct {
		const char *domain;
		unsigned roles;
	} cases[] = {
		{ "warmsushi.com", MAP_ROLE_INBOUND },
		{ "a.deep.example", MAP_ROLE_INBOUND },
		{ "b.a.deep.example", MAP_ROLE_INBOUND },
		{ "deep.example", 0 },
		{ "flat.example", MAP_ROLE_TARGET },
		{ "dry.example", MAP_ROLE_TARGET | MAP_ROLE_OUTBOUND },
		{ "x.example", MAP_ROLE_TARGET },
		{ "y.example", MAP_ROLE_TARGET },
		{ "z", 0 },
		{ "z\"@y.example", 0 },
		{ "a.inner.example", MAP_ROLE_OUTBOUND },
		{ "inner.example", 0 },
		{ "routed.example", MAP_ROLE_ROUTE },
		{ "a.routed.example", 0 },
		{ "relay", 0 },
		{ "example", 0 },
		{ "", 0 },
	};
	struct kit *kit = *test;
	const char *path = kit_path(kit, "map.mdb");
	char longest[600];

	memset(longest, '.', sizeof longest);
	for (int old = 0; old < 2; old++) {
		(old ? make_old_map : make_new_map)(kit, path);
		for (int isolated = 0; isolated < 2; isolated++) {
			struct map_reader *reader;
			struct map *map;
			unsigned roles;

			KIT_OK(kit,
				map_open(&map, path, isolated, &kit->error));
			assert_int_equal(map_reader_open(&reader, map), 0);
			assert_ptr_equal(map_reader_map(reader), map);
			for (size_t i = 0; i < sizeof cases / sizeof *cases;
				i++) {
				roles = 99;
				assert_int_equal(
					map_domain_roles(reader,
						bytes_of(cases[i].domain),
						&roles),
					0);
				if (roles != cases[i].roles)
					fail_msg("%s: %u", cases[i].domain,
						roles);
			}
			assert_int_equal(
				map_domain_roles(reader,
					(struct bytes){ longest, 600 }, &roles),
				0);
			assert_int_equal(
				map_domain_roles(reader,
					(struct bytes){ longest, 511 }, &roles),
				0);
			map_reader_close(reader);
			map_close(map);
		}
	}
}

static void test_empty(void **test)
{
	struct kit *kit = *test;
	const char *path = kit_path(kit, "map.mdb");
	struct map_builder *b;
	struct map_walk walk = { .table = RULE_INBOUND };
	struct map_reader *reader;
	struct map *map;

	assert_int_equal(map_walk_next(&walk), 0); /* of no map */
	map_walk_close(&walk);
	KIT_OK(kit, map_builder_open(&b, path, 0, 0, &kit->error));
	KIT_OK(kit, map_builder_seal(b, &meta, &kit->error));
	map_builder_close(b);
	KIT_OK(kit, map_open(&map, path, true, &kit->error));
	assert_int_equal(map_rows(map, RULE_INBOUND), 0);
	assert_int_equal(map_reader_open(&reader, map), 0);
	assert_value(reader, RULE_INBOUND, "a@b.example", NULL);
	assert_int_equal(names(reader, "b.example"), 0);
	walk.map = map;
	assert_int_equal(map_walk_next(&walk), 0);
	assert_int_equal(map_walk_next(&walk), 0);
	map_walk_close(&walk);
	map_reader_close(reader);
	map_close(map);
}

/* Several batches; tables with few and with many rows; a different domain for
 * each user; values longer than a page; keys of the full length. */
static void test_many(void **test)
{
	struct kit *kit = *test;
	const char *path = kit_path(kit, "map.mdb");
	char key[ADDRESS_KEY_MAX + 1];
	static char value[3 * 4096];
	struct map_builder *b;
	struct map_walk walk = { .table = RULE_INBOUND };
	struct map_reader *reader;
	struct map *map;
	int rows = 0;

	KIT_OK(kit, map_builder_open(&b, path, 2 * MANY + 1,
			    2 * MANY * 40 + 3 * 4096 + 600, &kit->error));
	for (int t = RULE_INBOUND; t <= RULE_OUTBOUND; t++) {
		for (int i = 0; i < MANY; i++) {
			(void)snprintf(key, sizeof key, "u%06d@d%06d.example",
				i, MANY - i);
			(void)snprintf(
				value, sizeof value, "un%d@e.example", i);
			kit_put(kit, b, (enum rule_table)t, key, value);
		}
	}
	memset(key, 'z', sizeof key - 1);
	key[sizeof key - 1] = '\0';
	memset(value, 'u', sizeof value - 1);
	kit_put(kit, b, RULE_OUTBOUND, key, value);
	KIT_OK(kit, map_builder_seal(b, &meta, &kit->error));
	map_builder_close(b);

	KIT_OK(kit, map_open(&map, path, true, &kit->error));
	assert_int_equal(map_rows(map, RULE_INBOUND), MANY);
	assert_int_equal(map_rows(map, RULE_OUTBOUND), MANY + 1);
	assert_int_equal(map_reader_open(&reader, map), 0);
	assert_value(reader, RULE_OUTBOUND, key, value);
	for (walk.map = map; map_walk_next(&walk) == 1; rows++) {
		(void)snprintf(key, sizeof key, "u%06d@d%06d.example", rows,
			MANY - rows);
		assert_true(bytes_equal(walk.rule.key, bytes_of(key)));
	}
	assert_int_equal(rows, MANY);
	for (int i = 1; i <= MANY; i += 97) {
		(void)snprintf(key, sizeof key, "d%06d.example", i);
		assert_int_equal(names(reader, key), 1);
	}
	assert_int_equal(names(reader, "d000000.example"), 0);
	map_walk_close(&walk);
	map_reader_close(reader);
	map_close(map);
}

static void test_bad_rows(void **test)
{
	struct kit *kit = *test;
	const char *path = kit_path(kit, "map.mdb");
	char longest[ADDRESS_KEY_MAX + 2];
	struct map_builder *b;
	struct rule rule = { bytes_of("b@b.example"), bytes_of("ux@y.z") };

	memset(longest, 'k', sizeof longest - 1);
	longest[sizeof longest - 1] = '\0';
	KIT_OK(kit, map_builder_open(&b, path, 4, 4000, &kit->error));
	KIT_OK(kit, map_builder_put(b, RULE_INBOUND, &rule, &kit->error));
	KIT_FAILS(kit, ERR_BAD, "twice",
		map_builder_put(b, RULE_INBOUND, &rule, &kit->error));
	rule.key = bytes_of("a@b.example");
	KIT_FAILS(kit, ERR_BAD, "order",
		map_builder_put(b, RULE_INBOUND, &rule, &kit->error));
	rule.key = bytes_of(longest);
	KIT_FAILS(kit, ERR_BAD, "511",
		map_builder_put(b, RULE_INBOUND, &rule, &kit->error));
	rule.key = bytes_of("");
	KIT_FAILS(kit, ERR_BAD, "empty",
		map_builder_put(b, RULE_INBOUND, &rule, &kit->error));
	rule.key = bytes_of("c@b.example");
	rule.value = bytes_of("?x@y.z");
	KIT_FAILS(kit, ERR_BAD, "kind",
		map_builder_put(b, RULE_INBOUND, &rule, &kit->error));
	map_builder_close(b);
	assert_false(kit_exists(path)); /* not sealed: removed */

	KIT_FAILS(kit, ERR_CREATE, "nowhere",
		map_builder_open(&b, kit_path(kit, "nowhere/map.mdb"), 4, 4000,
			&kit->error));
}

static void test_no_file(void **test)
{
	struct kit *kit = *test;
	const char *path = kit_path(kit, "map.mdb");
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct map *map;
	int fd;

	for (int isolated = 0; isolated < 2; isolated++) {
		KIT_FAILS(kit, ERR_NOENT, path,
			map_open(&map, path, isolated, &kit->error));
		KIT_FAILS(kit, ERR_BAD, "directory",
			map_open(&map, kit->dir, isolated, &kit->error));
		assert_int_equal(mkfifo(path, 0644), 0);
		KIT_FAILS(kit, ERR_BAD, "FIFO",
			map_open(&map, path, isolated, &kit->error));
		assert_int_equal(unlink(path), 0);
		make_map(kit, kit_path(kit, "real.mdb"));
		assert_int_equal(symlink("real.mdb", path), 0);
		KIT_FAILS(kit, ERR_BAD, "symbolic link",
			map_open(&map, path, isolated, &kit->error));
		assert_int_equal(unlink(path), 0);
		fd = socket(AF_UNIX, SOCK_STREAM, 0);
		assert_true(strlen(path) < sizeof address.sun_path);
		(void)snprintf(
			address.sun_path, sizeof address.sun_path, "%s", path);
		assert_int_equal(
			bind(fd, (struct sockaddr *)&address, sizeof address),
			0);
		KIT_FAILS(kit, ERR_BAD, "regular",
			map_open(&map, path, isolated, &kit->error));
		close(fd);
		assert_int_equal(unlink(path), 0);
	}
}

static void as_nobody(void *context)
{
	struct kit *kit = context;
	const char *path = kit_path(kit, "map.mdb");
	struct map *map;

	if (setgid(KIT_NOBODY) || setuid(KIT_NOBODY))
		_exit(10);
	if (map_open(&map, path, true, &kit->error) != ERR_PERM)
		_exit(11);
	/* A process that gave up root opens what it may by /proc all the same.
	 */
	if (map_open(&map, kit_path(kit, "open.mdb"), true, &kit->error))
		_exit(12);
	map_close(map);
	if (map_open(&map, kit_path(kit, "open.mdb"), false, &kit->error))
		_exit(13);
	map_close(map);
}

static void test_permission(void **test)
{
	struct kit *kit = *test;

	if (!others_can_be(KIT_NOBODY))
		skip();
	make_map(kit, kit_path(kit, "map.mdb"));
	make_map(kit, kit_path(kit, "open.mdb"));
	assert_int_equal(chmod(kit_path(kit, "map.mdb"), 0600), 0);
	assert_int_equal(chmod(kit_path(kit, "open.mdb"), 0644), 0);
	assert_int_equal(kit_child(as_nobody, kit), 0);
}

static void bad_content(
	struct kit *kit, const char *part, const void *data, size_t len)
{
	const char *path = kit_path(kit, "bad.mdb");
	struct map *map;

	kit_write(path, data, len);
	KIT_FAILS(kit, ERR_BAD, part, map_open(&map, path, false, &kit->error));
	KIT_FAILS(kit, ERR_BAD, part, map_open(&map, path, true, &kit->error));
	assert_non_null(strstr(kit->error.text, path));
}

static void test_foreign_content(void **test)
{
	struct kit *kit = *test;
	static const char zeros[65536];
	char text[2000];
	char *whole;
	size_t len;
	size_t pages;

	memset(text, 'a', sizeof text);
	make_map(kit, kit_path(kit, "map.mdb"));
	whole = kit_read(kit_path(kit, "map.mdb"), &len);
	pages = len - TRAILER_SIZE;
	bad_content(kit, "is empty", "", 0);
	bad_content(kit, "not a map", text, 10);
	bad_content(kit, "not a map", text, sizeof text);
	bad_content(kit, "not a map", zeros, sizeof zeros);
	bad_content(kit, "without the seal of readdress", whole,
		pages); /* no trailer */
	bad_content(kit, "without the seal of readdress", whole,
		2 * 4096); /* meta pages */
	bad_content(kit, "without the seal of readdress", whole, len / 2);
	bad_content(kit, "without the seal of readdress", whole, len - 1);
	bad_content(kit, "not a map", whole, 19);
	bad_content(kit, "does not have the length", whole + 4096, len - 4096);
	memset(whole, 0, 4096);
	bad_content(kit, "digest", whole, len);
	free(whole);
}

static void test_unreadable_architecture(void **test)
{
	struct kit *kit = *test;
	const char *path = kit_path(kit, "map.mdb");
	int fd;

	make_map(kit, path);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	KIT_FAILS(kit, ERR_IO, "cannot read",
		architecture_check(fd, path, &kit->error));
	assert_int_equal(close(fd), 0);
}

static void test_other_version(void **test)
{
	struct kit *kit = *test;
	const char *path = kit_path(kit, "map.mdb");
	struct map *map;
	int fd;

	make_map(kit, path);
	fd = open(path, O_RDWR);
	assert_int_equal(
		ftruncate(fd, lseek(fd, 0, SEEK_END) - TRAILER_SIZE), 0);
	KIT_OK(kit, trailer_append(fd, path, MAP_VERSION + 1, &kit->error));
	close(fd);
	KIT_FAILS(kit, ERR_BAD, "format version 3, newer than version 2",
		map_open(&map, path, true, &kit->error));

	/* The seal and the metadata must agree. */
	make_map(kit, path);
	fd = open(path, O_RDWR);
	assert_int_equal(
		ftruncate(fd, lseek(fd, 0, SEEK_END) - TRAILER_SIZE), 0);
	KIT_OK(kit, trailer_append(fd, path, 1, &kit->error));
	close(fd);
	KIT_FAILS(kit, ERR_BAD, "metadata record",
		map_open(&map, path, true, &kit->error));
	make_old_map(kit, path);
	fd = open(path, O_RDWR);
	assert_int_equal(
		ftruncate(fd, lseek(fd, 0, SEEK_END) - TRAILER_SIZE), 0);
	KIT_OK(kit, trailer_append(fd, path, 2, &kit->error));
	close(fd);
	KIT_FAILS(kit, ERR_BAD, "metadata record",
		map_open(&map, path, true, &kit->error));
}

/* Makes a file with a good seal that is not a good map. */
static void sealed(struct kit *kit, const char *const *databases,
	const char *record, bool with_row)
{
	const char *path = kit_path(kit, "odd.mdb");
	struct lmdbfile_writer *writer;
	unsigned last = 0;
	int fd;

	while (strcmp(databases[last], "meta") != 0)
		last++;
	KIT_OK(kit, lmdbfile_create(
			    &writer, path, 10, 4000, databases, &kit->error));
	if (with_row)
		KIT_OK(kit, lmdbfile_append(writer, RULE_INBOUND,
				    bytes_of("a@b.example"),
				    bytes_of("ux@y.example"), &kit->error));
	if (record)
		KIT_OK(kit, lmdbfile_append(writer, last,
				    bytes_of(MAPFILE_META_KEY),
				    bytes_of(record), &kit->error));
	KIT_OK(kit, lmdbfile_finish(writer, &kit->error));
	lmdbfile_abandon(writer);
	fd = open(path, O_RDWR);
	KIT_OK(kit, trailer_append(fd, path, MAP_VERSION, &kit->error));
	close(fd);
}

static void test_wrong_inside(void **test)
{
	struct kit *kit = *test;
	static const char *const lacking[] = { "inbound", "outbound", "domains",
		"meta", NULL };
	const char *path = kit_path(kit, "odd.mdb");
	struct map_meta wrong = meta;
	char record[MAPMETA_MAX];
	struct map *map;

	wrong.version = MAP_VERSION;
	wrong.rows[RULE_INBOUND][RULE_USER] = 1;
	record[mapmeta_format(&wrong, record)] = '\0';
	sealed(kit, mapfile_names, record, true);
	KIT_OK(kit, map_open(&map, path, true, &kit->error));
	map_close(map);

	sealed(kit, mapfile_names, record, false);
	KIT_FAILS(kit, ERR_BAD,
		"its table inbound has 0 rows, but its metadata says",
		map_open(&map, path, true, &kit->error));
	sealed(kit, lacking, record, true);
	KIT_FAILS(kit, ERR_BAD, path, map_open(&map, path, true, &kit->error));
	sealed(kit, mapfile_names, NULL, true);
	KIT_FAILS(kit, ERR_BAD, "metadata",
		map_open(&map, path, true, &kit->error));
	record[strlen(record) - 1] = '\0';
	sealed(kit, mapfile_names, record, true);
	KIT_FAILS(kit, ERR_BAD, "metadata",
		map_open(&map, path, true, &kit->error));
	wrong.generation = 0;
	record[mapmeta_format(&wrong, record)] = '\0';
	sealed(kit, mapfile_names, record, true);
	KIT_FAILS(kit, ERR_BAD, "metadata",
		map_open(&map, path, true, &kit->error));
}

/* A copy that has lost its last pages, with a seal that matches. To read these
 * pages would cause SIGBUS, and LMDB does not check. Some pages are not used by
 * LMDB. */
static void test_pages_missing(void **test)
{
	struct kit *kit = *test;
	const char *path = kit_path(kit, "map.mdb");
	struct map_builder *builder;
	char name[32];
	off_t length;
	unsigned refused = 0;

	KIT_OK(kit,
		map_builder_open(&builder, path, 3000, 300000, &kit->error));
	for (unsigned i = 0; i < 3000; i++) {
		(void)snprintf(name, sizeof name, "u%05u@b.example", i);
		kit_put(kit, builder, RULE_INBOUND, name, "ux@y.example");
	}
	KIT_OK(kit, map_builder_seal(builder, &meta, &kit->error));
	map_builder_close(builder);
	for (unsigned pages = 1;; pages++) {
		struct map *map = NULL;
		int fd = open(path, O_RDWR);

		assert_true(fd >= 0);
		length = lseek(fd, 0, SEEK_END) - TRAILER_SIZE;
		if (length <= 3 * 4096) {
			(void)close(fd);
			break;
		}
		assert_int_equal(length % 4096, 0);
		assert_int_equal(ftruncate(fd, length - 4096), 0);
		KIT_OK(kit, trailer_append(fd, path, MAP_VERSION, &kit->error));
		(void)close(fd);
		for (int isolated = 0; isolated < 2; isolated++)
			KIT_FAILS(kit, ERR_BAD, path,
				map_open(&map, path, isolated, &kit->error));
		refused = pages;
	}
	assert_true(refused > 20);
}

/* A name that fills its room has none for its end; nothing stands behind. */
static void test_meta_bounds(void **test)
{
	char text[MAPMETA_MAX * 2];
	struct map_meta long_names = meta;
	struct map_meta found;
	char *at;
	size_t len;

	(void)test;
	long_names.version = MAP_VERSION;
	memset(long_names.user, 'u', sizeof long_names.user - 1);
	memset(long_names.command, 'c', sizeof long_names.command - 1);
	long_names.user[sizeof long_names.user - 1] = '\0';
	long_names.command[sizeof long_names.command - 1] = '\0';
	len = mapmeta_format(&long_names, text);
	assert_int_equal(mapmeta_parse((struct bytes){ text, len }, &found), 0);
	assert_string_equal(found.user, long_names.user);
	assert_string_equal(found.command, long_names.command);
	for (int i = 0; i < 2; i++) {
		len = mapmeta_format(&long_names, text);
		text[len] = '\0';
		at = strstr(text, i ? "\ncommand " : "\nuser ") + 9 - 3 * !i;
		memmove(at + 1, at, len - (size_t)(at - text));
		assert_int_equal(
			mapmeta_parse((struct bytes){ text, len + 1 }, &found),
			ERR_BAD);
	}
	for (int i = 0; i < 3; i++) {
		len = mapmeta_format(&long_names, text);
		text[len] = "\n \0"[i];
		assert_int_equal(
			mapmeta_parse((struct bytes){ text, len }, &found), 0);
		assert_int_equal(
			mapmeta_parse((struct bytes){ text, len + 1 }, &found),
			ERR_BAD);
	}
	len = mapmeta_format(&long_names, text);
	at = strchr(text, ' ') + 1; /* the version */
	for (int digit = '0'; digit <= '9'; digit++) {
		*at = (char)digit;
		assert_int_equal(
			mapmeta_parse((struct bytes){ text, len }, &found),
			digit == '0' + MAP_VERSION ? 0 : ERR_BAD);
	}
}

/* Maps that no rollback made are what they were before there was a field. */
static void test_meta_origin(void **test)
{
	static const struct {
		const char *line;
		int code;
		uint64_t origin;
	} tests[] = {
		{ "", 0, 0 },
		{ "origin 1\n", 0, 1 },
		{ "origin 11\n", 0, 11 },
		{ "origin 12\n", ERR_BAD, 0 }, /* itself */
		{ "origin 13\n", ERR_BAD, 0 },
		{ "origin 0\n", ERR_BAD, 0 },
		{ "origin \n", ERR_BAD, 0 },
		{ "origin 1", ERR_BAD, 0 },
		{ "origin 1\norigin 1\n", ERR_BAD, 0 },
		{ "origin 1x\n", ERR_BAD, 0 },
	};
	struct map_meta numbered = meta;
	struct map_meta found;
	char text[MAPMETA_MAX];
	char more[MAPMETA_MAX * 2];
	size_t len;

	(void)test;
	numbered.version = MAP_VERSION;
	numbered.generation = 12;
	len = mapmeta_format(&numbered, text);
	text[len] = '\0';
	assert_null(strstr(text, "origin"));
	for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) {
		const char *rows = strstr(text, "rows ");

		(void)snprintf(more, sizeof more, "%.*s%s%s",
			(int)(rows - text), text, tests[i].line, rows);
		found.origin = 77;
		assert_int_equal(
			mapmeta_parse(bytes_of(more), &found), tests[i].code);
		if (tests[i].code)
			continue;
		assert_int_equal(found.origin, tests[i].origin);
		numbered.origin = found.origin;
		len = mapmeta_format(&numbered, text);
		assert_memory_equal(text, more, len);
		numbered.origin = 0;
		len = mapmeta_format(&numbered, text);
		text[len] = '\0';
	}
}

/* The lines that came with version 2, and that version 1 does not have. */
static void test_meta_version2(void **test)
{
	static const char host[] = "host relay.example\n";
	static const struct {
		const char *from; /* this line becomes the next one */
		const char *to;
		int code;
	} tests[] = {
		{ host, "host -\n", 0 },
		{ host, "host \n", ERR_BAD },
		{ host, "host a b\n", ERR_BAD },
		{ host, "", ERR_BAD },
		{ "rows inbound ",
			"adopted 3 1795273740 a.example\nrows inbound ", 0 },
		{ "rows inbound ", "adopted 3 1795273740 \nrows inbound ",
			ERR_BAD },
		{ "rows inbound ", "adopted 0 1795273740 a\nrows inbound ",
			ERR_BAD },
		{ "rows inbound ", "adopted 3 -1 a\nrows inbound ", ERR_BAD },
		{ "rows inbound ", "adopted 3 1 a b\nrows inbound ", ERR_BAD },
		{ "digest 0", "digest A", ERR_BAD },
		{ "digest 0", "digest g", ERR_BAD },
		{ "digest 0", "digest ", ERR_BAD },
		{ "digest 0", "digest 00", ERR_BAD },
		{ "version 2", "version 1", ERR_BAD },
		{ "version 2", "version 3", ERR_BAD },
		{ "version 2", "version 0", ERR_BAD },
	};
	struct map_meta numbered = meta;
	struct map_meta found;
	char text[MAPMETA_MAX];
	char more[MAPMETA_MAX * 2];

	(void)test;
	numbered.version = 2;
	text[mapmeta_format(&numbered, text)] = '\0';
	for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) {
		const char *at = strstr(text, tests[i].from);

		assert_non_null(at);
		(void)snprintf(more, sizeof more, "%.*s%s%s", (int)(at - text),
			text, tests[i].to, at + strlen(tests[i].from));
		if (mapmeta_parse(bytes_of(more), &found) != tests[i].code)
			fail_msg("%s", more);
	}
	/* A host is one word, and there is always one. */
	(void)snprintf(numbered.host, sizeof numbered.host, "a b\nc");
	text[mapmeta_format(&numbered, text)] = '\0';
	assert_non_null(strstr(text, "\nhost a?b?c\n"));
	numbered.host[0] = '\0';
	text[mapmeta_format(&numbered, text)] = '\0';
	assert_non_null(strstr(text, "\nhost -\n"));
	numbered.version = 1;
	text[mapmeta_format(&numbered, text)] = '\0';
	assert_null(strstr(text, "host"));
	assert_int_equal(mapmeta_parse(bytes_of(text), &found), 0);
	assert_string_equal(found.digest, DIGEST_NONE);
	assert_string_equal(found.host, "-");
}

static void in_small_files(void *context)
{
	struct kit *kit = context;
	struct rlimit limit = { 8192, 8192 };
	struct map *map = NULL;

	if (signal(SIGXFSZ, SIG_IGN) == SIG_ERR ||
		setrlimit(RLIMIT_FSIZE, &limit))
		_exit(10);
	if (map_open(&map, kit_path(kit, "map.mdb"), true, &kit->error) !=
			ERR_IO ||
		!strstr(kit->error.text, "into memory"))
		_exit(11);
}

/* The private copy is complete, or there is none. */
static void test_no_room_for_the_copy(void **test)
{
	struct kit *kit = *test;

	make_map(kit, kit_path(kit, "map.mdb"));
	assert_int_equal(kit_child(in_small_files, kit), 0);
}

/* Each prefix and each change of one byte of a record is a different record or
 * is refused. */
static void test_meta_text(void **test)
{
	struct map_meta full = meta;
	struct map_meta got;
	char text[MAPMETA_MAX];
	size_t len;

	(void)test;
	full.version = MAP_VERSION;
	full.generation = 999999999999999999u;
	full.origin = 999999999999999998u;
	memset(full.user, 'u', sizeof full.user - 1);
	memset(full.command, 'c', sizeof full.command - 1);
	memset(full.host, 'h', sizeof full.host - 1);
	memset(full.adopted.host, 'a', sizeof full.adopted.host - 1);
	full.adopted.generation = 999999999999999999u;
	full.adopted.time = CLOCK_LAST;
	for (int t = 0; t < RULE_TABLES; t++)
		for (int k = 0; k < RULE_KINDS; k++)
			full.rows[t][k] = 999999999999999999u;
	len = mapmeta_format(&full, text);
	assert_true(len < MAPMETA_MAX);
	assert_int_equal(mapmeta_parse((struct bytes){ text, len }, &got), 0);
	assert_memory_equal(&got.rows, &full.rows, sizeof got.rows);
	assert_string_equal(got.command, full.command);
	assert_string_equal(got.host, full.host);
	assert_string_equal(got.digest, full.digest);
	assert_string_equal(got.adopted.host, full.adopted.host);
	assert_int_equal(got.adopted.generation, full.adopted.generation);
	assert_int_equal(got.adopted.time, CLOCK_LAST);
	for (size_t cut = 0; cut < len; cut++) {
		char *exact = malloc(cut + 1);

		memcpy(exact, text, cut);
		exact = realloc(exact, cut ? cut : 1);
		assert_int_equal(
			mapmeta_parse((struct bytes){ exact, cut }, &got),
			ERR_BAD);
		free(exact);
	}
}

static void test_damages(void **test)
{
	struct kit *kit = *test;
	const char *path = kit_path(kit, "map.mdb");
	const char *bad = kit_path(kit, "bad.mdb");
	uint32_t seed = 20261121;
	struct map *map;
	char *whole;
	size_t len;

	make_map(kit, path);
	whole = kit_read(path, &len);
	kit_write(bad, whole, len);
	for (size_t n = 0; n < DAMAGES; n++) {
		/* All of the trailer, and places all over the pages. */
		size_t at = n < TRAILER_SIZE ? len - 1 - n
					     : kit_random(&seed) % len;
		char was = whole[at];
		int fd = open(bad, O_WRONLY);

		whole[at] = (char)(was ^ (1 << kit_random(&seed) % 8));
		assert_int_equal(pwrite(fd, whole + at, 1, (off_t)at), 1);
		if (map_open(&map, bad, n % 2, &kit->error) != ERR_BAD)
			fail_msg("octet %zu changed, and it was taken", at);
		whole[at] = was;
		assert_int_equal(pwrite(fd, whole + at, 1, (off_t)at), 1);
		close(fd);
	}
	KIT_OK(kit, map_open(&map, bad, true, &kit->error));
	map_close(map);
	for (size_t n = 0; n < 200; n++) {
		assert_int_equal(
			truncate(bad, (off_t)(kit_random(&seed) % len)), 0);
		assert_int_equal(
			map_open(&map, bad, n % 2, &kit->error), ERR_BAD);
		kit_write(bad, whole, len);
	}
	free(whole);
}

static void test_isolated(void **test)
{
	struct kit *kit = *test;
	const char *path = kit_path(kit, "map.mdb");
	static char rubbish[65536];
	struct map *map;
	int fd;

	memset(rubbish, 0xa5, sizeof rubbish);
	make_map(kit, path);
	KIT_OK(kit, map_open(&map, path, true, &kit->error));
	look_at(map);
	fd = open(path, O_WRONLY);
	assert_int_equal(write(fd, rubbish, sizeof rubbish), sizeof rubbish);
	look_at(map);
	assert_int_equal(ftruncate(fd, 0), 0);
	look_at(map);
	close(fd);
	assert_int_equal(unlink(path), 0);
	look_at(map);
	map_close(map);
}

/* Not even its own process can write to the private copy. */
static void test_sealed_memory(void **test)
{
	struct kit *kit = *test;
	const char *path = kit_path(kit, "map.mdb");
	struct map *map;
	int found = 0;

	make_map(kit, path);
	KIT_OK(kit, map_open(&map, path, true, &kit->error));
	for (int fd = 3; fd < 100; fd++) {
		char link[64];
		char target[256] = "";
		int again;

		(void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
		if (readlink(link, target, sizeof target - 1) < 0 ||
			!strstr(target, "memfd:readdress"))
			continue;
		found++;
		again = open(link, O_RDWR);
		assert_true(again < 0 || write(again, "x", 1) < 0);
		assert_true(again < 0 || ftruncate(again, 0) < 0);
		if (again >= 0)
			close(again);
	}
	assert_int_equal(found, 1);
	look_at(map);
	map_close(map);
}

static void test_renamed_over(void **test)
{
	struct kit *kit = *test;
	const char *path = kit_path(kit, "map.mdb");
	struct map *map;

	make_map(kit, path);
	KIT_OK(kit, map_open(&map, path, false, &kit->error));
	kit_write(kit_path(kit, "other"), "other", 5);
	assert_int_equal(rename(kit_path(kit, "other"), path), 0);
	look_at(map);
	map_close(map);
}

/* Somebody writes zeros to a mapped file after LMDB's meta pages: the answer
 * must never be "not there" or the end of the table. */
static void test_written_into(void **test)
{
	static const char zeros[65536];
	struct kit *kit = *test;
	const char *path = kit_path(kit, "map.mdb");
	struct map_walk walk = { .table = RULE_INBOUND };
	struct map_reader *reader;
	struct bytes value;
	struct stat status;
	struct map *map;
	int fd;

	make_map(kit, path);
	KIT_OK(kit, map_open(&map, path, false, &kit->error));
	walk.map = map;
	fd = open(path, O_WRONLY);
	assert_int_equal(fstat(fd, &status), 0);
	assert_true(status.st_size < (off_t)sizeof zeros);
	assert_true(pwrite(fd, zeros, (size_t)status.st_size - 8192, 8192) > 0);
	close(fd);
	assert_int_equal(map_reader_open(&reader, map), 0);
	assert_true(map_get(reader, RULE_INBOUND, bytes_of("bob@warmsushi.com"),
			    &value) < 0);
	map_reader_close(reader);
	assert_true(map_walk_next(&walk) < 0);
	assert_true(map_walk_next(&walk) < 0); /* and not: the end */
	map_walk_close(&walk);
	map_close(map);
}

static void in_little_memory(void *context)
{
	struct kit *kit = context;
	struct rlimit limit = { 64 << 20, 64 << 20 };
	struct map *map;

	if (setrlimit(RLIMIT_AS, &limit))
		_exit(10);
	for (int isolated = 0; isolated < 2; isolated++) {
		if (map_open(&map, kit_path(kit, "map.mdb"), isolated,
			    &kit->error))
			_exit(11);
		map_close(map);
	}
}

/* The map size of the writer is 4 GiB and more for a small file. */
static void test_memory_limit(void **test)
{
	struct kit *kit = *test;
	struct map_builder *b;

#ifdef KIT_SANITIZED
	skip(); /* shadow memory needs more */
#endif
	KIT_OK(kit, map_builder_open(&b, kit_path(kit, "map.mdb"), 1 << 20,
			    1u << 30, &kit->error));
	kit_put(kit, b, RULE_INBOUND, "a@b.example", "uc@d.example");
	KIT_OK(kit, map_builder_seal(b, &meta, &kit->error));
	map_builder_close(b);
	assert_int_equal(kit_child(in_little_memory, kit), 0);
}

static void *read_often(void *context)
{
	const struct map *map = context;
	struct map_reader *reader;
	struct bytes value;

	for (int i = 0; i < 500; i++) {
		if (map_reader_open(&reader, map))
			return "cannot open a reader";
		if (map_get(reader, RULE_INBOUND, bytes_of("bob@warmsushi.com"),
			    &value) != 1 ||
			map_names_domain(
				reader, bytes_of("a.b.deep.example")) != 1)
			return "not found";
		map_reader_close(reader);
	}
	return NULL;
}

static void test_threads(void **test)
{
	struct kit *kit = *test;
	const char *path = kit_path(kit, "map.mdb");
	pthread_t threads[THREADS];
	struct map *map;

	make_map(kit, path);
	KIT_OK(kit, map_open(&map, path, true, &kit->error));
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(
			pthread_create(&threads[i], NULL, read_often, map), 0);
	for (int i = 0; i < THREADS; i++) {
		void *wrong;

		assert_int_equal(pthread_join(threads[i], &wrong), 0);
		assert_null(wrong);
	}
	map_close(map);
}

/* A reader is opened in one thread and used in another, as in the thread pool
 * of libmilter. */
static void test_reader_moves(void **test)
{
	struct kit *kit = *test;
	const char *path = kit_path(kit, "map.mdb");
	struct map_reader *readers[50];
	struct map *map;

	make_map(kit, path);
	KIT_OK(kit, map_open(&map, path, true, &kit->error));
	for (int i = 0; i < 50; i++)
		assert_int_equal(map_reader_open(&readers[i], map), 0);
	for (int i = 0; i < 50; i++)
		assert_value(readers[i], RULE_INBOUND, "eve@warmsushi.com",
			"xeve@warmsushi.com");
	for (int i = 0; i < 50; i++)
		map_reader_close(readers[i]);
	map_close(map);
}

static size_t open_descriptors(void)
{
	size_t count = 0;

	for (int fd = 0; fd < 256; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

static void test_no_leak(void **test)
{
	struct kit *kit = *test;
	const char *path = kit_path(kit, "map.mdb");
	struct map *map;
	size_t before;

	make_map(kit, path);
	before = open_descriptors();
	for (int i = 0; i < 20; i++) {
		KIT_OK(kit, map_open(&map, path, i % 2, &kit->error));
		map_close(map);
	}
	assert_int_equal(open_descriptors(), before);
	assert_int_equal(truncate(path, 4096), 0);
	for (int i = 0; i < 20; i++)
		assert_int_equal(map_open(&map, path, i % 2, NULL), ERR_BAD);
	assert_int_equal(open_descriptors(), before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		KIT_TEST(test_round_trip),
		KIT_TEST(test_names_domain),
		KIT_TEST(test_domain_roles),
		KIT_TEST(test_empty),
		KIT_TEST(test_many),
		KIT_TEST(test_bad_rows),
		KIT_TEST(test_no_file),
		KIT_TEST(test_permission),
		KIT_TEST(test_foreign_content),
		KIT_TEST(test_unreadable_architecture),
		KIT_TEST(test_other_version),
		KIT_TEST(test_wrong_inside),
		KIT_TEST(test_pages_missing),
		KIT_TEST(test_meta_text),
		KIT_TEST(test_meta_version2),
		KIT_TEST(test_meta_bounds),
		KIT_TEST(test_meta_origin),
		KIT_TEST(test_no_room_for_the_copy),
		KIT_TEST(test_damages),
		KIT_TEST(test_isolated),
		KIT_TEST(test_sealed_memory),
		KIT_TEST(test_renamed_over),
		KIT_TEST(test_written_into),
		KIT_TEST(test_memory_limit),
		KIT_TEST(test_threads),
		KIT_TEST(test_reader_moves),
		KIT_TEST(test_no_leak),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
