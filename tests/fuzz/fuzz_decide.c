/*
 * decide: one message by the rules of tests/cases. The input is text:
 *
 *   one octet of flags, then MAIL FROM's argument
 *   a line for each recipient: address|{rcpt_addr}|NOTIFY|ORCPT
 *   an empty line, and the headers
 */
#include "kit/casemap.h"
#include "decide/decide.h"
#include "fuzz.h"
#include "kit/headerkit.h"
#include "kit/postfixmodel.h"
#include "mail/postfixfold.h"

#define ARENA_MAX ((size_t)256 << 20)
#define MOST	  256

#define FLAG_OUTBOUND 1
#define FLAG_SMTPUTF8 2
#define FLAG_EXPLAIN  4
#define FLAG_SIGNED   8
#define FLAG_CRLF     16

struct input {
	struct decide_recipient recipients[MOST];
	struct decide_header headers[MOST];
	char *blocks[MOST]; /* what their values lie in */
	struct decide_message message;
	struct arena *arena;
};

static const char *text(struct input *input, struct bytes octets)
{
	char *copy = arena_copy(input->arena, octets.data, octets.len);

	FUZZ_CHECK(copy);
	return copy;
}

/* NULL where there is nothing. */
static const char *optional(struct input *input, struct bytes octets)
{
	return octets.len ? text(input, octets) : NULL;
}

/* NULL also where Postfix would never take it for a parameter's value. */
static const char *parameter(struct input *input, struct bytes octets)
{
	for (size_t i = 0; i < octets.len; i++)
		if ((unsigned char)octets.data[i] <= 0x20 ||
			octets.data[i] == 0x7f)
			return NULL;
	return optional(input, octets);
}

static void read_recipients(struct input *input, struct bytes *rest)
{
	size_t count = 0;

	while (rest->len && count < MOST) {
		struct bytes line = bytes_cut(rest, '\n');
		struct decide_recipient *one = &input->recipients[count];

		if (!line.len)
			break;
		one->address = text(input, bytes_cut(&line, '|'));
		one->resolved = optional(input, bytes_cut(&line, '|'));
		one->notify = parameter(input, bytes_cut(&line, '|'));
		one->orcpt = parameter(input, bytes_cut(&line, '|'));
		count++;
	}
	input->message.recipients = input->recipients;
	input->message.recipient_count = count;
}

/* A header goes to the line break that no white space follows. */
static void read_headers(struct input *input, struct bytes rest, bool crlf)
{
	size_t count = 0;

	while (rest.len && count < MOST) {
		struct decide_header *one = &input->headers[count];
		struct bytes header = rest;

		header.len = 0;
		do
			header.len += bytes_cut(&rest, '\n').len + 1;
		while (rest.len && (*rest.data == ' ' || *rest.data == '\t'));
		if (header.data + header.len > rest.data)
			header.len = (size_t)(rest.data - header.data);
		if (header.len && header.data[header.len - 1] == '\n')
			header.len--;
		one->name = bytes_cut(&header, ':');
		input->blocks[count] = holds_block(header.data, header.len);
		one->value = (struct bytes){ input->blocks[count], header.len };
		one->crlf = crlf;
		count++;
	}
	input->message.headers = input->headers;
	input->message.header_count = count;
}

static bool is_clean(const char *written)
{
	for (; *written; written++)
		if ((unsigned char)*written < 0x20 || *written == 0x7f)
			return false;
	return true;
}

/* U+0080 to U+009F: a target may not hold them, a client's local part may. */
static bool has_c1(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)text[0] == 0xc2 &&
			((unsigned char)text[1] & 0xe0) == 0x80)
			return true;
	return false;
}

/* One whose NOTIFY changes is added as it came. */
static bool is_as_it_came(const struct input *input, const char *address)
{
	bool came = false;

	for (size_t i = 0; i < input->message.recipient_count; i++)
		came = came ||
		       bytes_equal(bytes_of(address),
			       postfixfold_path(input->recipients[i].address));
	return came;
}

static void check_envelope(
	const struct input *input, const struct decision *decision)
{
	for (size_t i = 0; i < decision->add_count; i++) {
		const char *address = decision->adds[i].address;
		char local[ADDRESS_TEXT_MAX];
		struct mailbox mailbox;

		FUZZ_CHECK(is_clean(decision->adds[i].esmtp));
		if (is_as_it_came(input, address))
			continue;
		FUZZ_CHECK(strlen(address) <= ADDRESS_MAX);
		FUZZ_CHECK(is_clean(address));
		FUZZ_CHECK(!address_parse(
			address, strlen(address), &mailbox, NULL));
		/* what a rule keeps or carries of a local part is as it was */
		FUZZ_CHECK(!mailbox.local_len ||
			   address_format_local(&mailbox, local) >
				   ADDRESS_LOCAL_MAX ||
			   has_c1(local) ||
			   !address_check(&mailbox, true, NULL));
	}
	FUZZ_CHECK(decision->delete_count <= input->message.recipient_count);
	if (decision->delete_count)
		FUZZ_CHECK(decision->add_count ||
			   decision->delete_count <
				   input->message.recipient_count);
	if (decision->sender)
		FUZZ_CHECK(is_clean(decision->sender));
}

/* Is it written so that the model and Postfix must agree on it? Of {rcpt_addr}
 * the model knows nothing, and the input may be what no Postfix would say. */
static bool is_plain(const struct decide_recipient *recipient)
{
	const char *address = recipient->address;
	struct bytes path = postfixfold_path(address);
	struct mailbox mailbox;

	if (address_parse(address, strlen(address), &mailbox, NULL) < 0 ||
		(recipient->resolved &&
			!bytes_equal(path, bytes_of(recipient->resolved))))
		return false;
	return path.len && path.len < POSTFIX_TEXT / 2 &&
	       address_utf8_valid(address, strlen(address)) &&
	       !strpbrk(address, "\\(),;: \t\r") && is_clean(address) &&
	       (!recipient->orcpt ||
		       (strchr(recipient->orcpt, ';') &&
			       strlen(recipient->orcpt) < POSTFIX_TEXT / 2));
}

/* A recipient as it is held. */
static void hold(struct postfix *postfix, const struct input *input, size_t i)
{
	const struct decide_recipient *one = &input->recipients[i];
	struct bytes path = postfixfold_path(one->address);
	char text[POSTFIX_TEXT];
	char held[POSTFIX_TEXT];

	(void)snprintf(
		text, sizeof text, "rfc822;%.*s", (int)path.len, path.data);
	postfix_dequote(text + strlen("rfc822;"), held);
	(void)postfix_recipient(
		postfix, held, one->orcpt ? one->orcpt : text, one->notify, i);
}

/* Was it added again? */
static bool is_added(
	const struct postfix *postfix, const struct postfix_recipient *deleted)
{
	bool added = false;

	for (size_t i = 0; i < postfix->count; i++)
		added = added || (postfix->all[i].index == MOST &&
					 !strcasecmp(postfix->all[i].clean,
						 deleted->clean));
	return added;
}

/* Postfix drops nobody who is added, and deletes nobody who was to stay and is
 * not added again. */
static void check_postfix(
	const struct input *input, const struct decision *decision)
{
	static struct postfix postfix;
	bool stays[MOST] = { false };
	size_t count = input->message.recipient_count;

	if (count + decision->add_count > POSTFIX_MOST)
		return;
	for (size_t i = 0; i < count; i++)
		if (!is_plain(&input->recipients[i]))
			return;
	postfix.origin = "origin.example";
	for (size_t i = 0; i < count; i++)
		hold(&postfix, input, i);
	for (size_t i = 0; i < decision->delete_count; i++)
		postfix_delete(&postfix, decision->deletes[i]);
	for (size_t i = 0; i < decision->add_count; i++)
		FUZZ_CHECK(postfix_add(&postfix, decision->adds[i].address,
			decision->adds[i].esmtp, MOST));
	for (size_t i = 0; i < decision->finding_count; i++)
		if (decision->findings[i].field == DECISION_RECIPIENT)
			stays[decision->findings[i].index] =
				decision->findings[i].result !=
				DECISION_REWRITTEN;
	for (size_t i = 0; i < postfix.count; i++)
		FUZZ_CHECK(
			!postfix.all[i].deleted ||
			(postfix.all[i].index < MOST &&
				(!stays[postfix.all[i].index] ||
					is_added(&postfix, &postfix.all[i]))));
	postfix_clear(&postfix);
}

static size_t longest_line(size_t name, struct bytes value)
{
	size_t longest = 0;
	size_t line = name + 1;

	for (size_t i = 0; i < value.len; i++) {
		bool crlf = value.data[i] == '\r' && i + 1 < value.len &&
			    value.data[i + 1] == '\n';

		if (value.data[i] == '\n')
			line = 0;
		else if (!crlf && ++line > longest)
			longest = line;
	}
	return longest;
}

static size_t count_elements(struct bytes value, size_t *bad)
{
	struct addrlist_iter iter;
	struct addrlist_element element;
	size_t count = 0;

	addrlist_iter_init(&iter, value);
	for (*bad = 0; addrlist_next(&iter, &element) == 1; count++)
		*bad += (element.flags & ADDRLIST_ELEMENT_BAD) != 0;
	return count;
}

static void check_headers(
	const struct input *input, const struct decision *decision)
{
	for (size_t i = 0; i < decision->header_count; i++) {
		const struct decision_header_edit *edit = &decision->headers[i];
		const struct decide_header *old = &input->headers[edit->index];
		size_t old_bad;
		size_t new_bad;

		FUZZ_CHECK(
			edit->value.len && !edit->value.data[edit->value.len]);
		FUZZ_CHECK(!bytes_equal(edit->value, old->value));
		FUZZ_CHECK(i == 0 || edit->index > edit[-1].index);
		FUZZ_CHECK(count_elements(old->value, &old_bad) ==
			   count_elements(edit->value, &new_bad));
		FUZZ_CHECK(old_bad == new_bad);
		if (longest_line(old->name.len, old->value) <= 998)
			FUZZ_CHECK(longest_line(old->name.len, edit->value) <=
				   998);
	}
}

static const struct config *configure(bool unless_signed)
{
	static struct config *configs[2];

	if (!configs[0]) {
		FUZZ_CHECK(!config_open_defaults(&configs[0]));
		FUZZ_CHECK(!config_open_defaults(&configs[1]));
		configs[1]->inbound_rewrite_headers =
			CONFIG_HEADERS_UNLESS_SIGNED;
	}
	return configs[unless_signed];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct map *map;
	static struct arena *arena;
	static struct input input;
	struct bytes rest;
	struct decision decision;
	struct error error = { .text = "" };
	uint8_t flags;
	int result;

	if (!map) {
		map = casemap_open(CASES_DIR);
		arena = arena_open(ARENA_MAX);
		FUZZ_CHECK(arena);
	}
	if (!size)
		return 0;
	flags = data[0];
	rest = (struct bytes){ (const char *)data + 1, size - 1 };
	memset(&input, 0, sizeof input);
	input.arena = arena;
	input.message.sender = text(&input, bytes_cut(&rest, '\n'));
	input.message.smtputf8 = flags & FLAG_SMTPUTF8;
	input.message.explain = flags & FLAG_EXPLAIN;
	read_recipients(&input, &rest);
	read_headers(&input, rest, flags & FLAG_CRLF);
	result = decide(
		&(struct decide_input){ configure(flags & FLAG_SIGNED), map,
			flags & FLAG_OUTBOUND ? DECISION_OUTBOUND
					      : DECISION_INBOUND,
			DECISION_WHY_DEFAULT, &input.message },
		input.arena, &decision, &error);
	if (!result) {
		check_envelope(&input, &decision);
		check_postfix(&input, &decision);
		check_headers(&input, &decision);
	} else { /* recipients that are one to Postfix alone */
		FUZZ_CHECK(result == ERR_BAD && strstr(error.text, "Postfix"));
	}
	for (size_t i = 0; i < input.message.header_count; i++)
		free(input.blocks[i]);
	arena_reset(arena);
	return 0;
}
