#include "kit/headergen.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#define TEXT_MAX 400000

const char headergen_rules[] =
	"in bob@in.example;bob.owen@out.example\n"
	"in zoe@in.example;\"z z\"@out.example\n"
	"in @in.example;@out.example\n"
	"in @*.in.example;@a-longer-name.out2.example\n"
	"in @*.away.in.example;@*.away.in.example\n"
	"out bob.owen@out.example;bob@in.example\n"
	"out \"z z\"@out.example;zoe@in.example\n"
	"out @out.example;@in.example\n"
	"out @a-longer-name.out2.example;@x.in.example\n";

uint32_t headergen_seed;
bool headergen_flat;

uint32_t headergen_pick(uint32_t n)
{
	headergen_seed ^= headergen_seed << 13;
	headergen_seed ^= headergen_seed >> 17;
	headergen_seed ^= headergen_seed << 5;
	return (headergen_seed >> 3) % n;
}

static const char *one_of(const char *const *list, size_t count)
{
	const char *one;

	do
		one = list[headergen_pick((uint32_t)count)];
	while (headergen_flat && strchr(one, '\n'));
	return one;
}

#define ONE_OF(list) one_of(list, sizeof(list) / sizeof *(list))

static void put_in(struct made *made, const char *text)
{
	size_t len = strlen(text);

	assert_true(made->in_len + len < TEXT_MAX);
	memcpy(made->in + made->in_len, text, len);
	made->in_len += len;
}

static void put_out(struct made *made, const char *text)
{
	size_t len = strlen(text);
	size_t spaces = strspn(text, " \t\n");

	assert_true(made->out_len + len < TEXT_MAX);
	if (made->fresh && spaces < len) {
		made->element = made->out_len + spaces;
		made->fresh = false;
	}
	memcpy(made->out + made->out_len, text, len);
	made->out_len += len;
}

void headergen_put(struct made *made, const char *text)
{
	put_in(made, text);
	put_out(made, text);
}

/* Returns white space, folds and comments, or nothing ([CFWS] of RFC 5322). */
static const char *cfws(void)
{
	static const char *const some[] = { "", "", "", "", " ", " ", "  ",
		"\t", "\n ", "\n\t", " \n  ", "(c)", " (c) ", "(a(b)c)",
		"(\\)\\\\)", "(,;:<>@\")", "(\xfc)", "\n (x\n y)",
		"(bob@in.example)", "()" };

	return ONE_OF(some);
}

/* Appends a display name: any text that does not hide the address behind it. */
static void put_name(struct made *made)
{
	static const char *const words[] = { "Bob", "J.", "O'Brien", "\"a, b\"",
		"\"\\\"q\\\\\"", "\"<x@in.example>;:\"", "\"(\"",
		"=?utf-8?Q?B=C3=B6?=", "\xfc\xe9", u8"bö", "bob@in.example",
		"@", "...", "\"\"", "[x]", "[", "]", ">", "\\", "\x01",
		"\"\n f\"", "\"\xff\"" };

	for (uint32_t n = headergen_pick(4); n; n--) {
		headergen_put(made, ONE_OF(words));
		headergen_put(made, headergen_pick(4) ? " " : cfws());
	}
}

/* The parts of an address and what they become; NULL: a part stays. */
struct address {
	const char *local;
	const char *new_local;
	const char *extension;
	const char *domain;
	const char *new_domain;
	bool clean;
};

static void choose_user(struct address *address)
{
	static const char *const bobs[] = { "bob", "bob", "bob", "BOB",
		"\"bob\"", "\"b\\ob\"" };
	static const char *const extensions[] = { "", "", "", "+x", "+X.y+z" };

	if (headergen_pick(6)) {
		address->local = ONE_OF(bobs);
		address->new_local = "bob.owen";
		if (address->local[0] != '"')
			address->extension = ONE_OF(extensions);
		address->clean = !strcmp(address->local, "bob");
	} else {
		address->local = "zoe";
		address->new_local = "\"z z\"";
	}
}

static void choose_domain(struct address *address)
{
	static const char *const spelt[] = { "in.example", "in.example",
		"in.example", "In.EXAMPLE", "in.example.", "in . example",
		"in.\n example", "in(.).example" };

	address->domain = ONE_OF(spelt);
	address->new_domain = "out.example";
	if (strcmp(address->domain, "in.example"))
		address->clean = false;
}

static void choose(struct address *address)
{
	static const char *const locals[] = { "chloe", "c.d", "a..b.", ".x",
		"+x", "c+x", "\"c d\"", "\"c@in.example\"", "\"\"", "c . d",
		u8"jürgen", "\"\\\"\"", "a%b", "a!b", "c.\n d" };
	static const char *const others[] = { "stranger.example",
		"in.example.stranger.example", "xin.example", "[192.0.2.1]",
		"[IPv6:2001:db8::1]", u8"bü.example", "x.away.in.example",
		"example", "[a b]" };

	memset(address, 0, sizeof *address);
	address->extension = "";
	address->clean = true;
	switch (headergen_flat && headergen_pick(2)
			? 2
			: headergen_pick(4)) { /* 2 grows most */
	case 0:
		choose_user(address);
		choose_domain(address);
		break;
	case 1:
		address->local = ONE_OF(locals);
		choose_domain(address);
		break;
	case 2:
		address->local = ONE_OF(locals);
		address->domain =
			headergen_pick(2) ? "x.in.example" : "x.Y.in.example";
		address->new_domain = "a-longer-name.out2.example";
		address->clean = !strcmp(address->domain, "x.in.example");
		break;
	default:
		address->local = headergen_pick(2) ? "bob" : ONE_OF(locals);
		address->domain = ONE_OF(others);
	}
}

static void put_address(struct made *made)
{
	struct address address;
	const char *before = cfws();
	const char *behind = cfws();
	bool apart = strpbrk(before, "(\n") || strpbrk(behind, "(\n");

	choose(&address);
	put_in(made, address.local);
	put_in(made, address.extension);
	put_out(made, address.new_local ? address.new_local : address.local);
	/* zoe, whose new address has quotes, has no extension. */
	put_out(made, address.extension);
	put_in(made, before);
	put_in(made, "@");
	put_in(made, behind);
	if (address.new_local && !apart) {
		put_out(made, "@");
		made->clean = made->clean && !*before && !*behind;
	} else {
		put_out(made, before);
		put_out(made, "@");
		put_out(made, behind);
	}
	put_in(made, address.domain);
	put_out(made, address.new_domain ? address.new_domain : address.domain);
	made->clean = made->clean && address.clean;
}

static void put_angle(struct made *made)
{
	static const char *const routes[] = { "", "", "", "", "",
		"@r.example:", "@in.example,@s . example:", ",@r(c),, :" };

	put_name(made);
	headergen_put(made, "<");
	headergen_put(made, cfws());
	headergen_put(made, ONE_OF(routes));
	headergen_put(made, cfws());
	put_address(made);
	headergen_put(made, cfws());
	headergen_put(made, ">");
}

/* Appends an element that is no address, and that ends at the next separator
 * whatever follows it. */
static void put_bad(struct made *made)
{
	static const char *const some[] = { "nobody", "bob@", "@in.example",
		"bob@in.example x", "bob@in.example x@in.example", "<>",
		"<bob>", "Bob <bob@in.example> x",
		"<bob@in.example><x@in.example>", "<<bob@in.example>>",
		"bob@in@example", "\"bob@in.example\"", "bob@\"in.example\"",
		"b\xfc@in.example", "bob@in.\xfc",
		"<bob@in.example,chloe@in.example>", "bob@in.example)",
		"bob@in.example>", "<@r bob@in.example>", "b\x01@in.example" };

	headergen_put(made, ONE_OF(some));
}

static void put_element(struct made *made)
{
	uint32_t kind = headergen_pick(12);

	made->fresh = true;
	headergen_put(made, cfws());
	if (!kind)
		return;
	if (kind == 1) {
		put_bad(made);
		made->bad++;
	} else {
		if (kind < 7)
			put_angle(made);
		else
			put_address(made);
		made->good++;
	}
	headergen_put(made, cfws());
	assert_true(made->good + made->bad <= HEADERGEN_ELEMENTS);
	made->elements[made->good + made->bad - 1] = made->element;
}

static void put_group(struct made *made)
{
	static const char *const names[] = { "G", "A Group", "\"g: h\"",
		"=?utf-8?Q?g?=", "\xfc", "g (c)" };

	headergen_put(made, cfws());
	headergen_put(made, ONE_OF(names));
	headergen_put(made, ":");
	for (uint32_t n = headergen_pick(4); n; n--) {
		put_element(made);
		if (n > 1)
			headergen_put(made, ",");
	}
	headergen_put(made, ";");
	headergen_put(made, headergen_pick(2) ? cfws() : "");
}

void headergen_make(struct made *made, uint32_t most)
{
	made->in_len = 0;
	made->out_len = 0;
	made->clean = true;
	made->bad = 0;
	made->good = 0;
	headergen_put(made, headergen_pick(4) ? " " : cfws());
	for (uint32_t n = headergen_pick(most) + 1; n; n--) {
		if (headergen_pick(8))
			put_element(made);
		else
			put_group(made);
		if (n > 1)
			headergen_put(made, headergen_pick(4) ? "," : ";");
	}
}

void headergen_line(struct made *made)
{
	size_t len = 850 + headergen_pick(130);

	headergen_make(made, 20);
	while (made->in_len < len) {
		headergen_put(made, headergen_pick(4) ? "," : ";");
		headergen_put(made, headergen_pick(4) ? " " : "");
		put_element(made);
	}
}

void headergen_room(struct made *made)
{
	memset(made, 0, sizeof *made);
	made->in = malloc(TEXT_MAX);
	made->out = malloc(TEXT_MAX);
	assert_true(made->in && made->out);
}

void headergen_long_name(struct made *made)
{
	char name[1000];
	size_t len = 940 + headergen_pick(40);

	memset(name, 'x', len);
	name[len] = '\0';
	made->fresh = true;
	headergen_put(made, name);
	headergen_put(made, " <chloe@");
	put_in(made, "x.in.example");
	put_out(made, "a-longer-name.out2.example");
	headergen_put(made, ">");
	made->good++;
	made->elements[made->good + made->bad - 1] = made->element;
}
