#include "command/origin.h"

#include <inttypes.h>
#include <stdlib.h>

#include "command/judge.h"

/* A generation that is kept. */
struct origin_kept {
	uint64_t generation;
	struct map *map;
	struct map_reader *reader;
};

/* An address that is looked up. */
struct asked {
	const char *text;
	struct mailbox mailbox;
	struct bytes key;
};

static int no_memory(struct error *error)
{
	return error_set(error, ERR_NOMEM, "out of memory");
}

/* Opens a generation. A damaged one is said, and left out. */
static int open_kept(struct origin *origin, uint64_t generation)
{
	struct origin_kept *kept = &origin->kept[origin->kept_count];
	struct error why = { .text = "" };
	int code = state_open_generation(
		origin->tool->state, generation, false, &kept->map, &why);

	if (code == ERR_BAD || code == ERR_NOENT || code == ERR_FOREIGN) {
		tool_say(origin->tool, "%s", why.text);
		return 0;
	}
	if (!code)
		code = map_reader_open(&kept->reader, kept->map);
	if (code) {
		map_close(kept->map);
		kept->map = NULL;
		return error_pass(origin->error, code, &why);
	}
	kept->generation = generation;
	origin->kept_count++;
	return 0;
}

/* Opens the generation that is served, or else the newest, and then all others
 * that are kept. */
int origin_open(struct origin *origin)
{
	struct tool *tool = origin->tool;
	uint64_t previous;
	uint64_t *list = NULL;
	size_t count = 0;
	int code = state_served(tool->state, &tool->options.generation,
		&previous, origin->error);

	if (!code)
		code = tool_open_map(tool, origin->error);
	if (!code)
		code = state_generations(
			tool->state, &list, &count, origin->error);
	if (code)
		return code;
	origin->kept = calloc(count + 1, sizeof *origin->kept);
	if (!origin->kept) {
		free(list);
		return no_memory(origin->error);
	}
	code = open_kept(origin, map_meta(tool->map)->generation);
	while (!code && count > 0)
		if (list[--count] != map_meta(tool->map)->generation)
			code = open_kept(origin, list[count]);
	free(list);
	return code;
}

/* Reads an address of the queue: of an ORCPT with quotes, as in SMTP, of others
 * in Postfix's internal form. Returns false if it is none, so that no rule can
 * have made it; sets *code to ERR_NOMEM when out of memory. */
static bool ask(struct origin *origin, const char *text, bool orcpt,
	struct asked *asked, int *code)
{
	struct error why;
	char key[ADDRESS_KEY_MAX];
	int len =
		orcpt ? address_parse(text, strlen(text), &asked->mailbox, &why)
		      : address_parse_internal(
				text, strlen(text), &asked->mailbox);

	if (!len)
		len = address_key(&asked->mailbox, key);
	if (len < 0) {
		*code = len == ERR_NOMEM ? no_memory(origin->error) : 0;
		return false;
	}
	asked->text = text;
	asked->key.len = (size_t)len;
	asked->key.data = arena_copy(origin->arena, key, (size_t)len);
	*code = asked->key.data ? 0 : no_memory(origin->error);
	return !*code;
}

static int judge(struct origin *origin, const struct origin_kept *kept,
	const struct asked *asked, struct outcome *outcome)
{
	int code;

	arena_reset(origin->answer);
	code = judge_address(origin->tool, kept->reader, origin->answer,
		&asked->mailbox, outcome);
	if (code == ERR_NOMEM)
		return no_memory(origin->error);
	if (code)
		return error_set(origin->error, code,
			"generation %" PRIu64 " cannot be read: it is damaged",
			kept->generation);
	return 0;
}

/* Adds a target to a move, unless it is there. */
static int add_target(struct origin *origin, struct rounds_move *move,
	struct bytes text, struct bytes key)
{
	struct bytes *keys =
		arena_array(origin->arena, move->count + 1, sizeof *keys);
	size_t used = move->targets ? strlen(move->targets) : 0;
	char *targets = arena_bytes(origin->arena, used + text.len + 2);
	const char *copy = arena_copy(origin->arena, key.data, key.len);

	for (size_t i = 0; i < move->count; i++)
		if (bytes_equal(move->keys[i], key))
			return 0;
	if (!keys || !targets || !copy)
		return no_memory(origin->error);
	(void)snprintf(targets, used + text.len + 2, "%s%s%.*s",
		used ? move->targets : "", used ? "," : "", (int)text.len,
		text.data);
	if (move->count)
		memcpy(keys, move->keys, move->count * sizeof *keys);
	keys[move->count++] = (struct bytes){ copy, key.len };
	move->keys = keys;
	move->targets = targets;
	return 0;
}

/* What is being found out about the recipients of a message. */
struct inquiry {
	const struct queue_message *message;
	struct bytes *done; /* keys of those that have got it */
	struct bytes *done_originals; /* and those of their ORCPT */
	size_t done_count;
	/* Of each recipient its key, and that of its ORCPT; len 0: none. */
	struct bytes *keys;
	struct bytes *originals;
	const char **keepers; /* see read_keeper() */
	size_t keeper_count;
};

static bool is_done(const struct inquiry *inquiry, struct bytes key)
{
	for (size_t i = 0; i < inquiry->done_count; i++)
		if (bytes_equal(inquiry->done[i], key))
			return true;
	return false;
}

/* Adds to a move what becomes of an address by the generation that is served:
 * itself if no rule rewrites it. If it still leads to the recipient, that is
 * all: its other targets are recipients of their own. Who has got the message
 * must not get it again. */
static int add_outcome(struct origin *origin, const struct inquiry *inquiry,
	struct rounds_move *move, struct origin_find *find,
	const struct asked *asked)
{
	struct rounds_move all = { .key = move->key };
	struct outcome outcome;
	char text[ADDRESS_TEXT_MAX];
	int code = judge(origin, &origin->kept[0], asked, &outcome);
	int len = 0;

	for (size_t i = 0; !code && i < outcome.target_count; i++)
		if (bytes_equal(outcome.targets[i].key, move->key))
			return add_target(origin, move,
				bytes_of(move->recipient), move->key);
	for (size_t i = 0; !code && i < outcome.target_count; i++)
		code = add_target(origin, &all, outcome.targets[i].text,
			outcome.targets[i].key);
	if (!code && !outcome.target_count) {
		len = address_format(&asked->mailbox, text);
		if (len == ERR_NOMEM)
			code = no_memory(origin->error);
		else if (len > 0)
			code = add_target(origin, &all,
				(struct bytes){ text, (size_t)len },
				asked->key);
	}
	for (size_t i = 0; !code && i < all.count; i++) {
		struct bytes targets = bytes_of(all.targets);
		struct bytes target = { NULL, 0 };

		for (size_t k = 0; k <= i; k++)
			(void)rule_next_target(&targets, &target);
		if (!is_done(inquiry, all.keys[i]))
			code = add_target(origin, move, target, all.keys[i]);
		else
			find->done = true;
	}
	find->there = all.targets;
	return code;
}

static bool has_target(const struct outcome *outcome, struct bytes key)
{
	for (size_t i = 0; i < outcome->target_count; i++)
		if (bytes_equal(outcome->targets[i].key, key))
			return true;
	return false;
}

/* True if an outcome of asked is one that this message shows: it leads to a
 * recipient, and to all others that name asked in their ORCPT, or did so when
 * they got it. */
static bool is_shown(const struct inquiry *inquiry, const struct asked *asked,
	const struct outcome *outcome, struct bytes recipient)
{
	for (size_t i = 0; i < inquiry->message->count; i++)
		if (bytes_equal(inquiry->originals[i], asked->key) &&
			!bytes_equal(inquiry->keys[i], asked->key) &&
			!has_target(outcome, inquiry->keys[i]))
			return false;
	for (size_t i = 0; i < inquiry->done_count; i++)
		if (bytes_equal(inquiry->done_originals[i], asked->key) &&
			!bytes_equal(inquiry->done[i], asked->key) &&
			!has_target(outcome, inquiry->done[i]))
			return false;
	return has_target(outcome, recipient);
}

/* Finds the latest generation by which an address leads to a recipient, and to
 * itself as well if it stayed one. Sets *generation to 0 if there is none. */
static int find_maker(struct origin *origin, const struct inquiry *inquiry,
	const struct asked *asked, bool stayed, struct bytes recipient,
	uint64_t *generation)
{
	int code = 0;

	*generation = 0;
	for (size_t k = 0; !code && !*generation && k < origin->kept_count;
		k++) {
		struct outcome outcome;

		code = judge(origin, &origin->kept[k], asked, &outcome);
		if (!code && is_shown(inquiry, asked, &outcome, recipient) &&
			(!stayed || has_target(&outcome, asked->key)))
			*generation = origin->kept[k].generation;
	}
	return code;
}

/* Where a message has an address that a recipient may have been made of: in the
 * ORCPT, deleted by the milter, or as a recipient, whether it waits or not. */
enum place { PLACE_ORCPT, PLACE_CANCELED, PLACE_STAYED };

/* Takes an address that a recipient may have been made of. */
static int try_source(struct origin *origin, const struct inquiry *inquiry,
	const char *text, enum place place, struct rounds_move *move,
	struct origin_find *find)
{
	struct asked asked;
	uint64_t generation;
	int code;

	if (!ask(origin, text, place == PLACE_ORCPT, &asked, &code))
		return code;
	if (bytes_equal(asked.key, move->key))
		return 0;
	code = find_maker(origin, inquiry, &asked, place == PLACE_STAYED,
		move->key, &generation);
	if (code || !generation)
		return code;
	/* If several led to it, one that leads elsewhere is told. */
	if (!find->source || generation != origin->kept[0].generation) {
		find->source = text;
		find->generation = generation;
	}
	return add_outcome(origin, inquiry, move, find, &asked);
}

/* Takes those that the milter deleted, and those that got a copy beside. */
static int try_others(struct origin *origin, const struct inquiry *inquiry,
	struct rounds_move *move, struct origin_find *find)
{
	const struct queue_list *canceled = &inquiry->message->canceled;
	int code = 0;

	for (size_t i = 0; !code && i < canceled->count; i++)
		code = try_source(origin, inquiry, canceled->items[i],
			PLACE_CANCELED, move, find);
	for (size_t i = 0; !code && i < inquiry->keeper_count; i++)
		code = try_source(origin, inquiry, inquiry->keepers[i],
			PLACE_STAYED, move, find);
	return code;
}

/* Finds what a recipient shall become. */
static int find_move(struct origin *origin, const struct inquiry *inquiry,
	const struct queue_recipient *recipient, struct rounds_move *move,
	struct origin_find *find)
{
	struct asked asked;
	struct asked original;
	bool own = false;
	bool given = recipient->given;
	int code;

	*move = (struct rounds_move){ .recipient = recipient->address };
	*find = (struct origin_find){ .source = NULL };
	if (!ask(origin, recipient->address, false, &asked, &code)) {
		move->key = bytes_of(recipient->address);
		return code;
	}
	move->key = asked.key;
	if (recipient->original) {
		if (ask(origin, recipient->original, true, &original, &code))
			own = bytes_equal(original.key, asked.key);
		if (!code)
			code = try_source(origin, inquiry, recipient->original,
				PLACE_ORCPT, move, find);
		/* What the milter adds has the ORCPT of what it deletes, or of
		 * one that stays. */
		given = given || (recipient->alone && !find->source);
	}
	if (!code)
		code = try_others(origin, inquiry, move, find);
	/* It was also a recipient as it is. */
	if (!code && move->count && (own || given))
		code = add_target(
			origin, move, bytes_of(recipient->address), asked.key);
	if (move->count == 1 && bytes_equal(move->keys[0], move->key))
		move->targets = NULL;
	if (move->count)
		find->there = NULL;
	else if (!code && !find->source && recipient->original && !own)
		origin->unknown++;
	return code;
}

static int read_key(
	struct origin *origin, const char *text, bool orcpt, struct bytes *key)
{
	struct asked asked;
	int code = 0;

	*key = (struct bytes){ "", 0 };
	if (text && ask(origin, text, orcpt, &asked, &code))
		*key = asked.key;
	return code;
}

/* Makes keys of all addresses of a message. */
static int read_keys(struct origin *origin, struct inquiry *inquiry)
{
	const struct queue_message *message = inquiry->message;
	int code = 0;

	inquiry->done_count = message->done.count;
	inquiry->done = arena_array(
		origin->arena, message->done.count, sizeof *inquiry->done);
	inquiry->done_originals = arena_array(origin->arena,
		message->done.count, sizeof *inquiry->done_originals);
	inquiry->keys = arena_array(
		origin->arena, message->count, sizeof *inquiry->keys);
	inquiry->originals = arena_array(
		origin->arena, message->count, sizeof *inquiry->originals);
	if (!inquiry->done || !inquiry->done_originals || !inquiry->keys ||
		!inquiry->originals)
		return no_memory(origin->error);
	for (size_t i = 0; !code && i < message->done.count; i++) {
		code = read_key(origin, message->done.items[i], false,
			&inquiry->done[i]);
		if (!code)
			code = read_key(origin,
				message->done_originals.items[i], true,
				&inquiry->done_originals[i]);
	}
	for (size_t i = 0; !code && i < message->count; i++) {
		code = read_key(origin, message->recipients[i].address, false,
			&inquiry->keys[i]);
		if (!code)
			code = read_key(origin, message->recipients[i].original,
				true, &inquiry->originals[i]);
	}
	return code;
}

/* Keeps the address of a recipient who keeps his mail by a generation, and of
 * whom it makes others as well. */
static int read_keeper(
	struct origin *origin, struct inquiry *inquiry, const char *address)
{
	struct asked asked;
	int code;

	if (!ask(origin, address, false, &asked, &code))
		return code;
	for (size_t k = 0; !code && k < origin->kept_count; k++) {
		struct outcome outcome;

		code = judge(origin, &origin->kept[k], &asked, &outcome);
		if (!code && outcome.target_count > 1 &&
			has_target(&outcome, asked.key)) {
			inquiry->keepers[inquiry->keeper_count++] = address;
			break;
		}
	}
	return code;
}

static int read_keepers(struct origin *origin, struct inquiry *inquiry)
{
	const struct queue_message *message = inquiry->message;
	int code = 0;

	inquiry->keepers = arena_array(origin->arena,
		message->done.count + message->count, sizeof *inquiry->keepers);
	if (!inquiry->keepers)
		return no_memory(origin->error);
	for (size_t i = 0; !code && i < message->done.count; i++)
		code = read_keeper(origin, inquiry, message->done.items[i]);
	for (size_t i = 0; !code && i < message->count; i++)
		code = read_keeper(
			origin, inquiry, message->recipients[i].address);
	return code;
}

static bool becomes(const struct rounds_move *move, struct bytes key)
{
	for (size_t i = 0; i < move->count; i++)
		if (bytes_equal(move->keys[i], key))
			return true;
	return false;
}

/* True if the address with this key is a recipient of the message that stays
 * one. */
static bool stays(
	const struct rounds_move *moves, size_t count, struct bytes key)
{
	for (size_t i = 0; i < count; i++)
		if (bytes_equal(moves[i].key, key) &&
			(!moves[i].targets || becomes(&moves[i], key)))
			return true;
	return false;
}

/* Lets a recipient that moves stay as well if another one of the message
 * becomes it. */
static int keep_met(
	struct origin *origin, struct rounds_move *moves, size_t count)
{
	int code = 0;

	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; !code && k < count; k++)
			if (i != k && moves[i].targets && moves[k].targets &&
				becomes(&moves[i], moves[k].key))
				code = add_target(origin, &moves[k],
					bytes_of(moves[k].recipient),
					moves[k].key);
	return code;
}

/* Leaves out of a move what is another recipient of the message, which must not
 * get it twice. */
static int leave_out(struct origin *origin, struct rounds_move *moves,
	size_t count, size_t index, struct origin_find *find)
{
	struct rounds_move *move = &moves[index];
	struct rounds_move left = { .key = move->key,
		.recipient = move->recipient };
	struct bytes targets = bytes_of(move->targets);
	struct bytes target;
	int code = 0;

	for (size_t i = 0; !code && rule_next_target(&targets, &target); i++)
		if (bytes_equal(move->keys[i], move->key) ||
			!stays(moves, count, move->keys[i]))
			code = add_target(origin, &left, target, move->keys[i]);
	if (!left.count)
		find->there = move->targets;
	if (left.count == 1 && bytes_equal(left.keys[0], left.key))
		left.targets = NULL;
	if (!code)
		*move = left;
	return code;
}

int origin_find(struct origin *origin, const struct queue_message *message,
	struct rounds_move *moves, struct origin_find *finds)
{
	struct inquiry inquiry = { .message = message };
	int code = read_keys(origin, &inquiry);

	if (!code)
		code = read_keepers(origin, &inquiry);
	for (size_t i = 0; !code && i < message->count; i++)
		code = find_move(origin, &inquiry, &message->recipients[i],
			&moves[i], &finds[i]);
	if (!code)
		code = keep_met(origin, moves, message->count);
	for (size_t i = 0; !code && i < message->count; i++)
		if (moves[i].targets)
			code = leave_out(
				origin, moves, message->count, i, &finds[i]);
	return code;
}

uint64_t origin_served(const struct origin *origin)
{
	return origin->kept[0].generation;
}

void origin_close(struct origin *origin)
{
	for (size_t i = 0; i < origin->kept_count; i++) {
		map_reader_close(origin->kept[i].reader);
		map_close(origin->kept[i].map);
	}
	free(origin->kept);
}
