#include "decisionlog/decisionlog.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "decisionlog/leaklog.h"
#include "decisionlog/logaddress.h"
#include "decisionlog/prooflog.h"

#define ADDRESS_SHOWN 330 /* an address, escaped and cut */
#define ID_SHOWN      64  /* the queue ID */
#define NAMES_SHOWN   32  /* different header names in one line */

/* A log line that grows item by item. When it is full it is emitted, and the
 * next one begins with the same prefix. */
struct lines {
	const struct log *log;
	void (*emit)(void *context, enum log_level level, const char *line);
	void *context;
	enum log_level level;
	size_t prefix; /* its length in text, where it stays */
	char text[DECISIONLOG_LINE + 1];
	size_t used;
	bool empty; /* the line has nothing but the prefix */
};

static void begin(struct lines *lines)
{
	lines->used = lines->prefix;
	lines->text[lines->used] = '\0';
	lines->empty = true;
}

static void end(struct lines *lines)
{
	if (!lines->empty)
		lines->emit(lines->context, lines->level, lines->text);
	begin(lines);
}

/* Appends text, which must fit. */
static void append_bytes(struct lines *lines, struct bytes text)
{
	size_t room = sizeof lines->text - 1 - lines->used;
	size_t len = text.len < room ? text.len : room;

	memcpy(lines->text + lines->used, text.data, len);
	lines->used += len;
	lines->text[lines->used] = '\0';
	lines->empty = false;
}

static void append(struct lines *lines, const char *text)
{
	append_bytes(lines, bytes_of(text));
}

static void append_number(struct lines *lines, uint64_t number)
{
	char digits[20];
	size_t at = sizeof digits;

	do {
		digits[--at] = (char)('0' + number % 10);
		number /= 10;
	} while (number);
	append_bytes(lines, (struct bytes){ digits + at, sizeof digits - at });
}

static bool fits(const struct lines *lines, size_t len)
{
	return lines->used + len <= DECISIONLOG_LINE;
}

/* Appends the parts, in a new line if they do not fit into this one. */
static void append_parts(
	struct lines *lines, const struct bytes *parts, size_t count)
{
	size_t len = 0;

	for (size_t i = 0; i < count; i++)
		len += parts[i].len;
	if (!fits(lines, len))
		end(lines);
	for (size_t i = 0; i < count; i++)
		append_bytes(lines, parts[i]);
}

static void show_id(const char *queue_id, char id[ID_SHOWN])
{
	(void)log_escape(
		bytes_of(queue_id ? queue_id : "NOQUEUE"), id, ID_SHOWN);
}

static void set_prefix(struct lines *lines, const struct decision *decision,
	const char *queue_id, uint64_t generation, bool shadow)
{
	char id[ID_SHOWN];

	show_id(queue_id, id);
	lines->used = 0;
	append(lines, id);
	append(lines, ": direction=");
	append(lines, decision_direction_name(decision->direction));
	append(lines, " why=");
	append(lines, decision_why_name(decision->why));
	append(lines, " generation=");
	append_number(lines, generation);
	append(lines, shadow ? " mode=shadow" : "");
	lines->prefix = lines->used;
	begin(lines);
}

/* Writes the address as log lines show it. Returns it; it is in out. */
static struct bytes show(
	const struct lines *lines, struct bytes address, char *out)
{
	return (struct bytes){ out,
		logaddress(lines->log, address, out, ADDRESS_SHOWN) };
}

/* Adds " rcpt=<old>:<new>,<new>"; on each further line that the targets need,
 * it begins again with " rcpt=<old>:". */
static void add_address(
	struct lines *lines, const struct decision_finding *finding)
{
	struct bytes rest = finding->new;
	struct bytes target;
	char old[ADDRESS_SHOWN];
	char new[ADDRESS_SHOWN];
	struct bytes parts[] = { bytes_of(" "),
		bytes_of(decision_field_name(finding->field)), bytes_of("=<"),
		show(lines, finding->old, old), bytes_of(">:<"), { NULL, 0 },
		bytes_of(">") };
	struct bytes more[] = { bytes_of(",<"), { NULL, 0 }, bytes_of(">") };
	bool open = false;

	while (rule_next_target(&rest, &target)) {
		parts[5] = more[1] = show(lines, target, new);
		if (open && fits(lines, more[1].len + 3))
			append_parts(lines, more, 3);
		else
			append_parts(lines, parts, 7);
		open = true;
	}
}

/* Adds " headers=From,Reply-To", the headers with a new address. */
static void add_headers(struct lines *lines, const struct decision *decision,
	const struct decide_message *message, bool shadow)
{
	struct bytes seen[NAMES_SHOWN];
	size_t count = 0;

	for (size_t i = 0; i < decision->finding_count; i++) {
		const struct decision_finding *finding = &decision->findings[i];
		struct bytes name;
		char item[120];
		size_t n = 0;

		if (finding->field != DECISION_HEADER ||
			finding->result != DECISION_REWRITTEN ||
			finding->shadow != shadow)
			continue;
		name = message->headers[finding->index].name;
		while (n < count && !bytes_equal_nocase(seen[n], name))
			n++;
		if (n < count || count == NAMES_SHOWN)
			continue;
		seen[count++] = name;
		item[0] = ',';
		(void)log_escape(name, item + 1, sizeof item - 1);
		if (count == 1 || !fits(lines, strlen(item))) {
			if (!fits(lines, strlen(" headers=") + strlen(item)))
				end(lines);
			append(lines, " headers=");
			append(lines, item + 1);
		} else {
			append(lines, item);
		}
	}
}

static void add_rewritten(struct lines *lines, const struct decision *decision,
	const struct decide_message *message, bool shadow)
{
	for (size_t i = 0; i < decision->finding_count; i++) {
		const struct decision_finding *finding = &decision->findings[i];

		if (finding->field != DECISION_HEADER &&
			finding->result == DECISION_REWRITTEN &&
			finding->shadow == shadow)
			add_address(lines, finding);
	}
	add_headers(lines, decision, message, shadow);
}

/* The addresses of one field that were left for the same reason. */
struct left {
	const struct decision_finding *first;
	size_t count;
};

/* Groups the addresses that were left by their reasons: the one at *i, or, if
 * it is in a header, all of that header. Moves *i past them. */
static void gather_left(const struct decision *decision, size_t *i,
	struct left left[DECISION_REASONS])
{
	const struct decision_finding *first = &decision->findings[*i];

	memset(left, 0, DECISION_REASONS * sizeof *left);
	for (; *i < decision->finding_count; (*i)++) {
		const struct decision_finding *finding =
			&decision->findings[*i];
		struct left *same = &left[finding->reason];

		if (finding != first && (first->field != DECISION_HEADER ||
						finding->index != first->index))
			break;
		if (finding->result != DECISION_LEFT &&
			finding->reason != DECISION_REASON_UNREAD)
			continue;
		if (!same->count)
			same->first = finding;
		same->count += 1 + (size_t)finding->more;
	}
}

static void add_left(struct lines *lines, const struct left *left,
	const struct decide_message *message)
{
	const struct decision_finding *finding = left->first;
	char item[ADDRESS_SHOWN + 300];
	char old[ADDRESS_SHOWN];
	char name[100] = "";

	(void)show(lines, finding->old, old);
	if (finding->field == DECISION_HEADER)
		(void)log_escape(message->headers[finding->index].name, name,
			sizeof name);
	(void)snprintf(item, sizeof item, " left %s=<%s> reason=\"%s\"",
		*name ? name : decision_field_name(finding->field), old,
		decision_reason_text(finding->reason));
	append(lines, item);
	if (left->count > 1) {
		(void)snprintf(item, sizeof item, " more=%zu", left->count - 1);
		append(lines, item);
	}
	lines->level = finding->reason == DECISION_REASON_SIGNED
			       ? LOG_LEVEL_INFO
			       : LOG_LEVEL_WARNING;
	end(lines);
}

/* Emits a line for each recipient that was left, and for each header and
 * reason: a header may have thousands of addresses that an attacker chose. */
static void add_all_left(struct lines *lines, const struct decision *decision,
	const struct decide_message *message)
{
	for (size_t i = 0; i < decision->finding_count;) {
		struct left left[DECISION_REASONS];

		gather_left(decision, &i, left);
		for (size_t n = 0; n < DECISION_REASONS; n++)
			if (left[n].count)
				add_left(lines, &left[n], message);
	}
}

static uint64_t unparsable(const struct decision *decision)
{
	uint64_t sum = 0;

	for (int field = 0; field < DECISION_FIELDS; field++)
		sum += decision->counts[field][DECISION_UNPARSABLE];
	return sum;
}

/* Emits the line for a message without its proof: who sent it, and which
 * headers it has instead. It is a warning if the reply is 450, because the
 * required header was never seen: then the message may be the company's own. */
static void add_unproven(struct lines *lines, const struct decision *decision,
	const struct decide_message *message)
{
	char old[ADDRESS_SHOWN];
	char proof[PROOFLOG_MAX];
	char item[ADDRESS_SHOWN + 64];

	if (decision->refuse) {
		(void)show(lines, decision->refused, old);
		(void)snprintf(item, sizeof item,
			" refused rcpt=<%s> reply=\"%s\"", old,
			decision_reply(decision));
		append(lines, item);
	}
	prooflog_text(decision, message, lines->log, proof);
	append(lines, proof);
	if (decision->refuse && decision->proof.unseen)
		lines->level = LOG_LEVEL_WARNING;
	end(lines);
	lines->level = LOG_LEVEL_INFO;
}

static void add_leaks(struct lines *lines, const struct decision *decision,
	const struct decide_message *message, const char *queue_id)
{
	char id[ID_SHOWN];

	show_id(queue_id, id);
	leaklog_lines(
		decision, message, id, lines->log, lines->emit, lines->context);
}

static bool has_shadow(const struct decision *decision)
{
	for (size_t i = 0; i < decision->finding_count; i++)
		if (decision->findings[i].shadow)
			return true;
	return false;
}

void decisionlog_lines(const struct decision *decision,
	const struct decide_message *message, const char *queue_id,
	uint64_t generation, const struct log *log,
	void (*emit)(void *context, enum log_level level, const char *line),
	void *context)
{
	struct lines lines = { .log = log,
		.emit = emit,
		.context = context,
		.level = LOG_LEVEL_INFO };
	char item[ADDRESS_SHOWN + 64];
	bool touched;

	set_prefix(&lines, decision, queue_id, generation, false);
	add_rewritten(&lines, decision, message, false);
	touched = !lines.empty;
	end(&lines);
	if (has_shadow(decision)) {
		set_prefix(&lines, decision, queue_id, generation, true);
		add_rewritten(&lines, decision, message, true);
		touched = touched || !lines.empty;
		end(&lines);
		set_prefix(&lines, decision, queue_id, generation, false);
	}
	if (decision->why == DECISION_WHY_UNPROVEN) {
		add_unproven(&lines, decision, message);
		touched = true;
	}
	if (decision->refuse)
		return;
	add_all_left(&lines, decision, message);
	add_leaks(&lines, decision, message, queue_id);
	/* That nothing was changed is worth a line if the message was decided
	 * before. */
	lines.level = decision->why == DECISION_WHY_REQUEUED ? LOG_LEVEL_INFO
							     : LOG_LEVEL_DEBUG;
	if (!touched)
		append(&lines, " unchanged");
	if (unparsable(decision)) {
		(void)snprintf(item, sizeof item, " unparsable=%" PRIu64,
			unparsable(decision));
		append(&lines, item);
	}
	end(&lines);
}
