/*
 * requeue: the command that finds mail in Postfix's queue whose recipients lead
 * elsewhere by now, and prints what sends it there. Tested by
 * tests/e2e/requeue.test.
 */
#include "command/command.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/array.h"
#include "command/judge.h"
#include "command/origin.h"
#include "postconf.h"
#include "print/json.h"
#include "print/text.h"

#define ARENA_MAX ((size_t)4 << 30)

/* A message with an old recipient. */
struct stale {
	const struct queue_message *message;
	struct rounds_move *moves; /* one for each of its recipients */
	struct origin_find *finds;
	int round;	 /* -1: none */
	const char *why; /* there is none */
};

struct requeue {
	struct origin origin;
	struct error *error;
	struct queue queue;
	struct stale *stale;
	size_t count;
	size_t room;
	size_t recipients; /* that are old */
	struct rounds *rounds;
	const char *directory; /* of main.cf */
	const char *queue_directory;
	const char *cleanup; /* of pickup(8); NULL: the usual one */
};

static int no_memory(struct error *error)
{
	return error_set(error, ERR_NOMEM, "out of memory");
}

/* True if a table can hold the address, and nothing in it needs quotes. */
static bool is_plain(const char *text)
{
	static const char others[] = ".!$&'*+/=?^_`{|}~@,-";

	for (; *text; text++) {
		bool letter = (*text >= 'a' && *text <= 'z') ||
			      (*text >= 'A' && *text <= 'Z') ||
			      (*text >= '0' && *text <= '9');

		if (!letter && !strchr(others, *text))
			return false;
	}
	return true;
}

/* True if both recipients have the same ORCPT: Postfix then delivers once what
 * both become. */
static bool is_same_origin(
	const struct queue_recipient *a, const struct queue_recipient *b)
{
	return a->original && b->original && !strcmp(a->original, b->original);
}

static bool share_target(
	const struct rounds_move *a, const struct rounds_move *b)
{
	for (size_t i = 0; a->targets && b->targets && i < a->count; i++)
		for (size_t k = 0; k < b->count; k++)
			if (bytes_equal(a->keys[i], b->keys[k]))
				return true;
	return false;
}

/* True if two recipients of a message would become the same one, which would
 * then get it twice. */
static bool is_double(
	const struct queue_message *message, const struct rounds_move *moves)
{
	for (size_t i = 0; i < message->count; i++)
		for (size_t k = 0; k < i; k++)
			if (share_target(&moves[i], &moves[k]) &&
				!is_same_origin(&message->recipients[i],
					&message->recipients[k]))
				return true;
	return false;
}

/* True if a recipient stays since all that it would become have got the
 * message. A message that is put into the queue again does not show that any
 * more, so the next list would move the recipient to them. */
static bool is_forgetful(const struct stale *stale)
{
	for (size_t i = 0; i < stale->message->count; i++)
		if (stale->finds[i].done && !stale->moves[i].targets)
			return true;
	return false;
}

/* Finds out how a message can be moved. */
static int place(struct requeue *requeue, struct stale *stale)
{
	const struct queue_message *message = stale->message;
	bool moving = false;
	int round;

	stale->round = -1;
	if (!strcmp(message->queue, "hold")) {
		stale->why = "it is on hold: release it with `postsuper -H`, "
			     "and run requeue again";
		return 0;
	}
	if (strcmp(message->queue, "deferred") != 0) {
		stale->why = "it is being delivered: run requeue again in a "
			     "minute";
		return 0;
	}
	for (size_t i = 0; i < message->count; i++)
		if (stale->moves[i].targets &&
			(!is_plain(stale->moves[i].recipient) ||
				!is_plain(stale->moves[i].targets))) {
			stale->why = "no table can hold the address: send the "
				     "message again by hand (postcat, "
				     "sendmail)";
			return 0;
		}
	if (is_double(message, stale->moves)) {
		stale->why = "two of its recipients become the same one, which "
			     "would get it twice: send the message again by "
			     "hand (postcat, sendmail)";
		return 0;
	}
	for (size_t i = 0; i < message->count; i++)
		moving = moving || stale->moves[i].targets;
	if (!moving)
		return 0;
	if (is_forgetful(stale)) {
		stale->why = "another recipient of it leads to one that has "
			     "got it, which Postfix would forget, and somebody "
			     "would get it twice: send the message again by "
			     "hand (postcat, sendmail)";
		return 0;
	}
	round = rounds_place(requeue->rounds, stale->moves, message->count);
	if (round == ERR_NOMEM)
		return no_memory(requeue->error);
	if (round < 0)
		stale->why = "one of its recipients becomes another one: send "
			     "the message again by hand (postcat, sendmail)";
	else
		stale->round = round;
	return 0;
}

static int examine(struct requeue *requeue, const struct queue_message *message)
{
	struct arena *arena = requeue->origin.arena;
	struct rounds_move *moves =
		arena_array(arena, message->count, sizeof *moves);
	struct origin_find *finds =
		arena_array(arena, message->count, sizeof *finds);
	struct stale *longer;
	size_t old = 0;
	int code;

	if (!moves || !finds)
		return no_memory(requeue->error);
	code = origin_find(&requeue->origin, message, moves, finds);
	for (size_t i = 0; !code && i < message->count; i++)
		old += moves[i].targets || finds[i].there;
	if (code || !old)
		return code;
	longer = array_grow(
		requeue->stale, requeue->count, &requeue->room, sizeof *longer);
	if (!longer)
		return no_memory(requeue->error);
	requeue->stale = longer;
	requeue->recipients += old;
	longer[requeue->count] = (struct stale){
		.message = message, .moves = moves, .finds = finds
	};
	return place(requeue, &longer[requeue->count++]);
}

static const char there[] = "the message goes there already";

static int print_json(struct requeue *requeue, const struct stale *stale,
	const struct rounds_move *move, const struct origin_find *find)
{
	struct json json;

	json_begin(&json);
	json_put_text(&json, "queue_id", stale->message->id);
	json_put_text(&json, "queue", stale->message->queue);
	json_put_row(&json, "recipient", bytes_of(move->recipient));
	json_put_row(&json, "source", bytes_of(find->source));
	json_put_generation(&json, "generation", find->generation);
	json_put_row(&json, "target",
		bytes_of(find->there ? find->there : move->targets));
	if (stale->round < 0 || find->there)
		json_put_null(&json, "round");
	else
		json_put_number(&json, "round", (uint64_t)stale->round + 1);
	json_put_text(&json, "why", find->there ? there : stale->why);
	return json_end(&json, requeue->error);
}

static void print_move(const struct stale *stale,
	const struct rounds_move *move, const struct origin_find *find)
{
	(void)printf("# %s: ", stale->message->id);
	(void)text_print_row(stdout, bytes_of(move->recipient));
	(void)printf(
		", which generation %" PRIu64 " made of ", find->generation);
	(void)text_print_row(stdout, bytes_of(find->source));
	(void)fputs(", leads to ", stdout);
	(void)text_print_row(
		stdout, bytes_of(find->there ? find->there : move->targets));
	if (stale->why || find->there)
		(void)printf("; %s", find->there ? there : stale->why);
	(void)putchar('\n');
}

static int print_list(struct requeue *requeue)
{
	int code = 0;

	for (size_t i = 0; !code && i < requeue->count; i++) {
		const struct stale *stale = &requeue->stale[i];

		for (size_t r = 0; !code && r < stale->message->count; r++) {
			if (!stale->moves[r].targets && !stale->finds[r].there)
				continue;
			if (requeue->origin.tool->options.json)
				code = print_json(requeue, stale,
					&stale->moves[r], &stale->finds[r]);
			else
				print_move(stale, &stale->moves[r],
					&stale->finds[r]);
		}
	}
	return code;
}

static void print_row(void *context, const struct rounds_move *move)
{
	(void)context;
	(void)printf("%s %s\n", move->recipient, move->targets);
}

/* Prints the commands of one round. */
static void print_round(const struct requeue *requeue, size_t round)
{
	const char *dir = requeue->directory;

	(void)printf("\ncat >%s/readdress-requeue <<'END'\n", dir);
	rounds_table(requeue->rounds, round, print_row, NULL);
	(void)printf("END\npostfix -c %s reload\nsleep 2\n"
		     "postsuper -c %s -r - deferred <<'END'\n",
		dir, dir);
	for (size_t i = 0; i < requeue->count; i++)
		if (requeue->stale[i].round == (int)round)
			(void)printf("%s\n", requeue->stale[i].message->id);
	(void)printf("END\n# pickup(8) looks for it once a minute. What it has "
		     "not taken after five is listed again.\n"
		     "echo \"wait: pickup takes the mail within a minute\" "
		     ">&2\n"
		     "for n in $(seq 300); do\n"
		     "  find %s/maildrop -type f | grep -q . || break\n"
		     "  sleep 1\n"
		     "done\n",
		requeue->queue_directory);
}

static void print_commands(const struct requeue *requeue)
{
	const char *dir = requeue->directory;

	(void)printf(
		"#\n"
		"# Postfix keeps the recipients of mail in its queue. What "
		"\"postsuper -r\" puts into\n"
		"# the queue again passes pickup(8) and cleanup(8), and the "
		"milter leaves it as it\n"
		"# is. So these commands give pickup a cleanup service with a "
		"table of its own\n"
		"# for as long as that takes: no mail from the network is "
		"touched. Who has got a\n"
		"# message does not get it again. The last lines take away "
		"what the first add.\n"
		"# If a message is listed again afterwards, run its commands "
		"once more: pickup\n"
		"# had not noticed the reload yet.\n"
		"\n"
		"postconf -c %s -M 'readdress-requeue/unix=readdress-requeue "
		"unix n - n - 0 cleanup'\n"
		"postconf -c %s -P \\\n"
		"  'readdress-requeue/unix/virtual_alias_maps=texthash:%s/"
		"readdress-requeue' \\\n"
		"  readdress-requeue/unix/recipient_delimiter= \\\n"
		"  readdress-requeue/unix/enable_original_recipient=no \\\n"
		"  readdress-requeue/unix/always_bcc= \\\n"
		"  readdress-requeue/unix/sender_bcc_maps= \\\n"
		"  readdress-requeue/unix/recipient_bcc_maps= \\\n"
		"  pickup/unix/cleanup_service_name=readdress-requeue\n",
		dir, dir, dir);
	for (size_t i = 0; i < rounds_count(requeue->rounds); i++)
		print_round(requeue, i);
	if (requeue->cleanup)
		(void)printf("\npostconf -c %s -P "
			     "'pickup/unix/cleanup_service_name=%s'\n",
			dir, requeue->cleanup);
	else
		(void)printf("\npostconf -c %s -PX "
			     "pickup/unix/cleanup_service_name\n",
			dir);
	(void)printf("postconf -c %s -MX readdress-requeue/unix\n"
		     "postfix -c %s reload\nrm %s/readdress-requeue\n",
		dir, dir, dir);
}

static int print_all(struct requeue *requeue)
{
	const struct tool *tool = requeue->origin.tool;
	int code;

	if (requeue->origin.unknown)
		tool_say(tool,
			"%zu recipient%s another original address (ORCPT), "
			"which no generation that is kept leads to them; they "
			"are left out",
			requeue->origin.unknown,
			requeue->origin.unknown == 1 ? " has" : "s have");
	if (!requeue->count) {
		tool_say(tool,
			"no mail in the queue has a recipient that leads "
			"elsewhere now");
		return 0;
	}
	if (!tool->options.json)
		(void)printf("# %zu recipient%s in %zu message%s lead%s "
			     "elsewhere by generation %" PRIu64 ".\n",
			requeue->recipients,
			requeue->recipients == 1 ? "" : "s", requeue->count,
			requeue->count == 1 ? "" : "s",
			requeue->recipients == 1 ? "s" : "",
			origin_served(&requeue->origin));
	code = print_list(requeue);
	if (!code && !tool->options.json && rounds_count(requeue->rounds))
		print_commands(requeue);
	return code		? code
	       : ferror(stdout) ? tool_output_failed(requeue->error)
				: 0;
}

/* Reads what the commands need to know of Postfix. The texts live as long as
 * *expanded. */
static int read_postfix(struct requeue *requeue, struct postfix **expanded,
	struct postfix **written)
{
	const struct postfix_service *pickup;
	int code = postconf_read(requeue->origin.tool->options.config_dir,
		expanded, written, requeue->error);

	if (code)
		return code;
	requeue->directory = postfix_value(*expanded, NULL, "config_directory");
	requeue->queue_directory =
		postfix_value(*expanded, NULL, "queue_directory");
	pickup = postfix_find_service(
		*expanded, bytes_of("pickup"), bytes_of("unix"));
	if (!pickup)
		return error_set(requeue->error, ERR_CONFIG,
			"master.cf in %s has no service pickup of type unix, "
			"which puts mail into the queue again",
			requeue->directory);
	if (postfix_overrides(*expanded, pickup, "cleanup_service_name"))
		requeue->cleanup = postfix_value(
			*expanded, pickup, "cleanup_service_name");
	if (requeue->cleanup && !strcmp(requeue->cleanup, "readdress-requeue"))
		return error_set(requeue->error, ERR_BAD,
			"pickup in master.cf has the cleanup service "
			"readdress-requeue already, of commands that were not "
			"run to their end; run `postconf -PX "
			"pickup/unix/cleanup_service_name` and `postfix "
			"reload`, then requeue again");
	return 0;
}

int command_requeue(struct tool *tool, struct error *error)
{
	struct requeue requeue = { .error = error, .rounds = rounds_open() };
	struct origin *origin = &requeue.origin;
	struct postfix *expanded = NULL;
	struct postfix *written = NULL;
	int code = 0;

	*origin = (struct origin){ .tool = tool,
		.error = error,
		.arena = arena_open(ARENA_MAX),
		.answer = arena_open(JUDGE_ANSWER_MAX) };
	tool->table = RULE_INBOUND;
	if (!origin->arena || !origin->answer || !requeue.rounds)
		code = no_memory(error);
	if (!code)
		code = origin_open(origin);
	if (!code)
		code = read_postfix(&requeue, &expanded, &written);
	if (!code)
		code = queue_read(&requeue.queue, requeue.directory,
			origin->arena, error);
	for (size_t i = 0; !code && i < requeue.queue.count; i++)
		if (!requeue.queue.messages[i].gone)
			code = examine(&requeue, &requeue.queue.messages[i]);
	if (!code)
		code = print_all(&requeue);
	origin_close(origin);
	postfix_close(expanded);
	postfix_close(written);
	rounds_close(requeue.rounds);
	free(requeue.stale);
	arena_close(origin->answer);
	arena_close(origin->arena);
	return code;
}
