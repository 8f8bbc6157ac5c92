#include "resolver/reply.h"

#include <arpa/inet.h>
#include <stdio.h>

int reply_ask_addresses(const struct reply_source *source, struct arena *arena,
	const char *name, struct reply *answer)
{
	struct reply v4;
	struct reply v6;
	struct reply_record *all;
	int result = reply_ask(source, arena, NULL, name, REPLY_A, &v4);

	if (!result)
		result = reply_ask(source, arena, NULL, name, REPLY_AAAA, &v6);
	if (result)
		return result;
	if (!v4.count && !v6.count) {
		*answer = v6.kind == REPLY_UNKNOWN ? v6 : v4;
		return 0;
	}
	all = arena_array(arena, v4.count + v6.count, sizeof *all);
	if (!all)
		return ERR_NOMEM;
	if (v4.count)
		memcpy(all, v4.records, v4.count * sizeof *all);
	if (v6.count)
		memcpy(all + v4.count, v6.records, v6.count * sizeof *all);
	*answer = v4.count ? v4 : v6;
	answer->alias = v4.alias || v6.alias;
	answer->records = all;
	answer->count = v4.count + v6.count;
	return 0;
}

/* Reads an address; an IPv4 address becomes the last 4 of 16 bytes. */
static bool read_address(const char *text, unsigned char octets[16])
{
	memset(octets, 0, 16);
	octets[10] = octets[11] = 0xff;
	return inet_pton(AF_INET, text, octets + 12) == 1 ||
	       inet_pton(AF_INET6, text, octets) == 1;
}

bool reply_is_address(const char *text)
{
	unsigned char octets[16];

	return read_address(text, octets);
}

bool reply_same_address(const char *a, const char *b)
{
	unsigned char left[16];
	unsigned char right[16];

	return read_address(a, left) && read_address(b, right) &&
	       !memcmp(left, right, sizeof left);
}

bool reply_reverse_name(const char *address, char name[REPLY_NAME_MAX])
{
	unsigned char octets[16];
	size_t used = 0;

	if (inet_pton(AF_INET, address, octets) == 1) {
		(void)snprintf(name, REPLY_NAME_MAX, "%u.%u.%u.%u.in-addr.arpa",
			octets[3], octets[2], octets[1], octets[0]);
		return true;
	}
	if (inet_pton(AF_INET6, address, octets) != 1)
		return false;
	for (size_t i = sizeof octets; i-- > 0;)
		used += (size_t)snprintf(name + used, REPLY_NAME_MAX - used,
			"%x.%x.", octets[i] & 15u, octets[i] >> 4);
	(void)snprintf(name + used, REPLY_NAME_MAX - used, "ip6.arpa");
	return true;
}

static struct bytes without_dot(const char *name)
{
	struct bytes text = bytes_of(name);

	if (text.len && text.data[text.len - 1] == '.')
		text.len--;
	return text;
}

bool reply_same_name(const char *a, const char *b)
{
	return bytes_equal_nocase(without_dot(a), without_dot(b));
}

const char *reply_type_name(enum reply_type type)
{
	switch (type) {
	case REPLY_A:
		return "A";
	case REPLY_NS:
		return "NS";
	case REPLY_CNAME:
		return "CNAME";
	case REPLY_PTR:
		return "PTR";
	case REPLY_MX:
		return "MX";
	case REPLY_TXT:
		return "TXT";
	case REPLY_AAAA:
		return "AAAA";
	case REPLY_TLSA:
		return "TLSA";
	}
	return "";
}
