#include "message/trial.h"

#include <inttypes.h>
#include <search.h>
#include <stdlib.h>

#include "print/json.h"
#include "message/mbox.h"
#include "print/progress.h"
#include "print/text.h"
#include "message/stored.h"

#define OUTPUT_BUFFER  ((size_t)1 << 18)
#define RULES_SHOWN    10
#define RULE_ARENA_MAX ((size_t)1 << 30)

/* A rule, and how many addresses it rewrote. */
struct hit {
	enum rule_table table;
	enum rule_kind kind;
	struct bytes key;
	uint64_t count;
	const struct hit *next; /* the one found before */
};

struct trial {
	struct attempt *attempt;
	struct mbox *mbox;
	struct progress progress;
	struct arena *arena; /* of the hits, at most one for each rule */
	void *hits;	     /* the tree of tsearch(3) */
	const struct hit *last;
	struct hit *sorted;
	size_t sorted_count;

	uint64_t messages;
	uint64_t rewritten;
	uint64_t refused;
	uint64_t unreadable;
	uint64_t left;	      /* addresses */
	uint64_t unparsable;  /* addresses */
	uint64_t broken;      /* signatures */
	uint64_t with_broken; /* messages that have such signatures */
};

/* ---- which rules ---- */

static int compare_hits(const void *a, const void *b)
{
	const struct hit *x = a;
	const struct hit *y = b;
	int order = (x->table > y->table) - (x->table < y->table);

	return order ? order : bytes_compare(x->key, y->key);
}

static int count_hit(
	struct trial *trial, const struct decision_finding *finding)
{
	struct hit probe = { finding->table, finding->kind, finding->key, 0,
		NULL };
	void *found = tfind(&probe, &trial->hits, compare_hits);
	struct hit *hit;

	if (!found) {
		hit = arena_alloc(trial->arena, sizeof *hit);
		if (!hit)
			return ERR_NOMEM;
		*hit = probe;
		hit->key.data =
			arena_copy(trial->arena, probe.key.data, probe.key.len);
		if (!hit->key.data)
			return ERR_NOMEM;
		found = tsearch(hit, &trial->hits, compare_hits);
		if (!found)
			return ERR_NOMEM;
		hit->next = trial->last;
		trial->last = hit;
		trial->sorted_count++;
	}
	hit = *(struct hit **)found;
	hit->count++;
	return 0;
}

static int compare_counts(const void *a, const void *b)
{
	const struct hit *x = a;
	const struct hit *y = b;
	int order = (x->count < y->count) - (x->count > y->count);

	return order ? order : compare_hits(x, y);
}

/* Sorts the hits: the rule that rewrote most addresses comes first. */
static int sort_hits(struct trial *trial, struct error *error)
{
	trial->sorted = calloc(trial->sorted_count + 1, sizeof *trial->sorted);
	if (!trial->sorted)
		return error_set(error, ERR_NOMEM, "out of memory");
	trial->sorted_count = 0;
	for (const struct hit *hit = trial->last; hit; hit = hit->next)
		trial->sorted[trial->sorted_count++] = *hit;
	qsort(trial->sorted, trial->sorted_count, sizeof *trial->sorted,
		compare_counts);
	return 0;
}

/* ---- one message ---- */

static int take_envelope(struct attempt *attempt, struct error *error)
{
	struct decide_message *message = &attempt->message;
	int code = 0;

	message->sender = attempt->tool->options.sender;
	if (!message->sender)
		message->sender = stored_sender(message, attempt->arena);
	if (message->sender && !*message->sender)
		message->sender = "<>"; /* as SMTP gives it */
	message->recipients = attempt->recipients;
	message->recipient_count = attempt->recipient_count;
	if (!attempt->recipient_count)
		code = stored_recipients(message, attempt->arena,
			&message->recipients, &message->recipient_count);
	if (code || !message->sender)
		return error_set(error, ERR_NOMEM, "out of memory");
	return 0;
}

static uint64_t count_results(
	const struct decision *decision, enum decision_result result)
{
	uint64_t sum = 0;

	for (int field = 0; field < DECISION_FIELDS; field++)
		sum += decision->counts[field][result];
	return sum;
}

static void print_headers(const struct attempt *attempt)
{
	const struct decision *decision = &attempt->enforced;

	for (size_t i = 0; i < decision->header_count; i++) {
		(void)fputs(i ? "," : " headers=", stdout);
		(void)text_print(stdout,
			attempt->message.headers[decision->headers[i].index]
				.name);
	}
}

static void print_broken(const struct signatures *signatures)
{
	const char *before = " breaks=";

	for (size_t i = 0; i < signatures->count; i++) {
		if (!signatures->items[i].covered_count)
			continue;
		(void)fputs(before, stdout);
		(void)text_print_cut(stdout, signatures->items[i].domain);
		before = ",";
	}
}

/* Prints "NAME: message-id=ID from=<OLD>:<NEW> rcpt=<OLD>:<NEW> headers=To,Cc
 * breaks=example.net left=1". */
static void print_line(const struct attempt *attempt, uint64_t left)
{
	const struct decision *decision = &attempt->enforced;
	struct bytes id = explain_message_id(&attempt->message);

	(void)text_print(stdout, bytes_of(attempt->name));
	(void)fputs(id.len ? ": message-id=" : ":", stdout);
	(void)text_print_cut(stdout, id);
	for (size_t i = 0; i < decision->finding_count; i++) {
		const struct decision_finding *finding = &decision->findings[i];

		if (finding->field == DECISION_HEADER ||
			finding->result != DECISION_REWRITTEN)
			continue;
		(void)printf(" %s=", decision_field_name(finding->field));
		text_print_address(stdout, finding->old);
		(void)fputc(':', stdout);
		text_print_addresses(stdout, finding->new);
	}
	print_headers(attempt);
	if (decision->refuse) {
		(void)fputs(" refused=", stdout);
		text_print_address(stdout, decision->refused);
		(void)printf(" reply=\"%s\"", decision_reply(decision));
	}
	print_broken(&attempt->signatures);
	if (left)
		(void)printf(" left=%" PRIu64, left);
	(void)fputc('\n', stdout);
}

static int print_message(
	struct trial *trial, uint64_t left, struct error *error)
{
	const struct attempt *attempt = trial->attempt;
	struct explain explain = attempt_explain(attempt);

	progress_end(&trial->progress);
	if (attempt->tool->options.json)
		return explain_json(&explain, error);
	print_line(attempt, left);
	if (attempt->tool->options.explain) {
		explain_text(&explain, stdout);
		(void)fputc('\n', stdout);
	}
	return 0;
}

static int count_message(struct trial *trial, struct error *error)
{
	const struct attempt *attempt = trial->attempt;
	const struct decision *decision = &attempt->enforced;
	uint64_t left = count_results(decision, DECISION_LEFT);
	uint64_t broken = 0;
	bool changes = decision_changes(decision);

	for (size_t i = 0; i < decision->finding_count; i++) {
		if (decision->findings[i].result == DECISION_REWRITTEN &&
			count_hit(trial, &decision->findings[i]))
			return error_set(error, ERR_NOMEM, "out of memory");
	}
	for (size_t i = 0; i < attempt->signatures.count; i++)
		broken += attempt->signatures.items[i].covered_count > 0;
	trial->rewritten += changes;
	trial->refused += decision->refuse;
	trial->left += left;
	trial->unparsable += count_results(decision, DECISION_UNPARSABLE);
	trial->broken += broken;
	trial->with_broken += broken > 0;
	return changes || left || decision->refuse
		       ? print_message(trial, left, error)
		       : 0;
}

/* Tries one message. One that cannot be read is counted, and is not an error.
 */
static int try_message(struct trial *trial, struct error *error)
{
	struct attempt *attempt = trial->attempt;
	struct message_source source = mbox_source(trial->mbox);
	int code;

	attempt->name = mbox_name(trial->mbox);
	trial->messages++;
	code = attempt_read(attempt, &source, error);
	if (code == ERR_BAD) {
		progress_end(&trial->progress);
		tool_say(attempt->tool, "message %s: %s", attempt->name,
			error->text);
		trial->unreadable++;
		return 0;
	}
	if (!code)
		code = take_envelope(attempt, error);
	if (!code)
		code = attempt_decide(attempt, error);
	return code ? code : count_message(trial, error);
}

static int try_all(struct trial *trial, struct error *error)
{
	int code;

	progress_init(&trial->progress, trial->attempt->tool->quiet);
	progress_begin(&trial->progress, "reading messages");
	while ((code = mbox_next(trial->mbox, error)) == 1) {
		uint64_t done;
		uint64_t total;

		code = try_message(trial, error);
		if (!code && ferror(stdout))
			code = tool_output_failed(error);
		if (code)
			break;
		mbox_progress(trial->mbox, &done, &total);
		progress_show(&trial->progress, done, total, trial->messages);
	}
	progress_end(&trial->progress);
	return code;
}

/* ---- the summary ---- */

static int print_json(const struct trial *trial, struct error *error)
{
	struct json json;
	int code;

	json_begin(&json);
	json_put_text(&json, "type", "summary");
	json_put_number(&json, "messages", trial->messages);
	json_put_number(&json, "rewritten", trial->rewritten);
	json_put_number(&json, "unchanged",
		trial->messages - trial->rewritten - trial->refused -
			trial->unreadable);
	json_put_number(&json, "refused", trial->refused);
	json_put_number(&json, "unreadable", trial->unreadable);
	json_put_number(&json, "left", trial->left);
	json_put_number(&json, "unparsable", trial->unparsable);
	json_put_number(&json, "signatures", trial->broken);
	code = json_end(&json, error);
	for (size_t i = 0; !code && i < trial->sorted_count; i++) {
		const struct hit *hit = &trial->sorted[i];
		char rule[ADDRESS_TEXT_MAX];

		(void)rule_source_text(hit->key, rule);
		json_begin(&json);
		json_put_text(&json, "type", "rule");
		json_put_text(&json, "table", rule_table_name(hit->table));
		json_put_row(&json, "rule", bytes_of(rule));
		json_put_text(&json, "kind", rule_kind_name(hit->kind));
		json_put_number(&json, "addresses", hit->count);
		code = json_end(&json, error);
	}
	return code;
}

static void print_rules(const struct trial *trial)
{
	(void)printf("rules        %zu\n", trial->sorted_count);
	for (size_t i = 0; i < trial->sorted_count && i < RULES_SHOWN; i++) {
		const struct hit *hit = &trial->sorted[i];
		char rule[ADDRESS_TEXT_MAX];

		(void)rule_source_text(hit->key, rule);
		(void)printf("  %8" PRIu64 "  %s ", hit->count,
			rule_table_name(hit->table));
		(void)text_print_row(stdout, bytes_of(rule));
		(void)printf(" (%s)\n", rule_kind_name(hit->kind));
	}
}

static void print_summary(const struct trial *trial)
{
	const struct config *config = trial->attempt->tool->config;

	(void)printf("%smessages     %" PRIu64 "\n",
		trial->rewritten || trial->left || trial->refused ? "\n" : "",
		trial->messages);
	(void)printf("rewritten    %" PRIu64 "\n", trial->rewritten);
	(void)printf("unchanged    %" PRIu64 "\n",
		(trial->messages - trial->rewritten - trial->refused -
			trial->unreadable));
	if (trial->refused)
		(void)printf("refused      %" PRIu64 "\n", trial->refused);
	(void)printf("unreadable   %" PRIu64 "\n", trial->unreadable);
	(void)printf("left         %" PRIu64 " addresses\n", trial->left);
	(void)printf("unparsable   %" PRIu64 " addresses\n", trial->unparsable);
	(void)printf("signatures   %" PRIu64 " broken, in %" PRIu64
		     " messages\n",
		trial->broken, trial->with_broken);
	print_rules(trial);
	if (config->inbound_mode == CONFIG_MODE_SHADOW ||
		config->outbound_mode == CONFIG_MODE_SHADOW)
		tool_say(trial->attempt->tool,
			"a mode is shadow: there the milter changes nothing "
			"yet");
}

int trial_run(struct attempt *attempt, struct error *error)
{
	struct trial trial = { .attempt = attempt };
	int code = mbox_open(&trial.mbox, attempt->tool->options.mbox, error);

	if (code)
		return code;
	(void)setvbuf(stdout, NULL, _IOFBF, OUTPUT_BUFFER);
	trial.arena = arena_open(RULE_ARENA_MAX);
	if (!trial.arena)
		code = error_set(error, ERR_NOMEM, "out of memory");
	if (!code)
		code = try_all(&trial, error);
	if (!code)
		code = sort_hits(&trial, error);
	if (!code && attempt->tool->options.json)
		code = print_json(&trial, error);
	else if (!code)
		print_summary(&trial);
	arena_free_tree(trial.hits);
	free(trial.sorted);
	arena_close(trial.arena);
	mbox_close(trial.mbox);
	return code;
}
