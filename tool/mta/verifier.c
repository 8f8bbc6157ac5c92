#include "mta/verifier.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "mta/talk.h"

#define WINDOW	   100 /* questions without an answer at once */
#define FIRST_MS   50  /* until the answer is asked for */
#define PAUSE_MAX  1000
#define RECIPIENTS 900	/* of a transaction; the service takes 1,000 */
#define LINE_MAX   1400 /* of a command */
#define TRIES	   3	/* to say the same over a new connection */

/* A domain of targets: they stand together. */
struct domain {
	struct answer random; /* of the user that nobody has */
	size_t first;	      /* of the targets */
	size_t count;
};

/* A question, and when its answer is asked for. */
struct question {
	struct answer *answer;
	size_t domain;
	size_t target; /* SIZE_MAX: the random user */
	uint64_t begun;
	uint64_t due;
	unsigned pause;
};

struct run {
	struct verifier *verifier;
	struct error *error;
	struct domain *domains;
	size_t domain_count;
	struct question *queue; /* in the order in which they are asked */
	size_t queued;
	size_t asked;			/* of queue */
	struct question flying[WINDOW]; /* those without an answer */
	size_t flying_count;
	uint64_t next; /* nanoseconds: the next question may be asked */
	struct talk talk;
	bool connected;
	unsigned accepted; /* recipients of this transaction */
	size_t done;	   /* targets in front that have their answer */
	size_t answered;
	char salt[256];
};

static int down(struct run *run)
{
	return error_set(run->error, ERR_DOWN,
		"the probe service at %s port %s does not answer as expected: "
		"%s; `readdress postfix` prints the commands that make it, "
		"and `readdress postfix --apply` runs them",
		run->verifier->host, run->verifier->port, run->talk.reply);
}

static void hang_up(struct run *run)
{
	if (run->connected)
		(void)talk_say(&run->talk, "QUIT\r\n");
	if (run->talk.fd >= 0)
		talk_close(&run->talk);
	run->connected = false;
}

static int dial(struct run *run)
{
	hang_up(run);
	run->accepted = 0;
	if (!talk_open(&run->talk, run->verifier->host, run->verifier->port) ||
		talk_hear(&run->talk) != 220)
		return down(run);
	/* Addresses with UTF-8 need the extension; not each Postfix has it. */
	if (talk_say(&run->talk, "EHLO localhost\r\n") != 250 ||
		(talk_say(&run->talk, "MAIL FROM:<> SMTPUTF8\r\n") != 250 &&
			talk_say(&run->talk, "MAIL FROM:<>\r\n") != 250))
		return down(run);
	run->connected = true;
	return 0;
}

/* Says RCPT TO, over a new connection if need be. Sets *code. */
static int say(struct run *run, const char *line, int *code)
{
	int result = 0;

	for (int i = 0; !result && i < TRIES; i++) {
		if (!run->connected || run->accepted >= RECIPIENTS)
			result = dial(run);
		if (result)
			break;
		*code = talk_say(&run->talk, line);
		if (*code && *code != 421) {
			run->accepted += *code / 100 == 2;
			return 0;
		}
		talk_close(&run->talk);
		run->connected = false;
	}
	return result ? result : down(run);
}

static void make_line(
	const struct run *run, const struct question *question, char *line)
{
	const struct targets *targets = run->verifier->targets;
	const struct domain *domain = &run->domains[question->domain];
	const struct target *target =
		&targets->list[question->target == SIZE_MAX ? domain->first
							    : question->target];
	struct bytes address = target->address;

	if (question->target == SIZE_MAX) {
		struct bytes name = targets_domain(target);
		char user[PROBE_USER_MAX];

		probe_make_user(bytes_of(run->salt), name, user);
		(void)snprintf(line, LINE_MAX, "RCPT TO:<%s@%.*s>\r\n", user,
			(int)name.len, name.data);
	} else {
		(void)snprintf(line, LINE_MAX, "RCPT TO:<%.*s>\r\n",
			(int)address.len, address.data);
	}
}

static int keep_reply(struct run *run, struct answer *answer, const char *said)
{
	answer->reply = arena_copy(run->verifier->arena, said, strlen(said));
	return answer->reply
		       ? 0
		       : error_set(run->error, ERR_NOMEM, "out of memory");
}

/* Has the random user's answer tell of all targets of the domain, or asks for
 * them. */
static void conclude_random(struct run *run, size_t index)
{
	const struct domain *domain = &run->domains[index];

	for (size_t i = 0; i < domain->count; i++) {
		struct answer *answer =
			&run->verifier->answers[domain->first + i];

		if (domain->random.result == PROBE_NO) {
			run->queue[run->queued++] =
				(struct question){ .answer = answer,
					.domain = index,
					.target = domain->first + i };
		} else {
			*answer = (struct answer){ .result = PROBE_UNKNOWN,
				.takes_any = domain->random.result == PROBE_YES,
				.reply = domain->random.reply };
			run->answered++;
		}
	}
}

/* Notes the answer. */
static int conclude(struct run *run, const struct question *question,
	enum probe_result result, const char *reply)
{
	question->answer->result = result;
	if (question->target == SIZE_MAX) {
		int code = keep_reply(run, question->answer, reply);

		if (!code)
			conclude_random(run, question->domain);
		return code;
	}
	run->answered++;
	return keep_reply(run, question->answer, reply);
}

/* Says what is asked, again or for the first time. Sets *over if it has its
 * answer now. */
static int put(struct run *run, struct question *question, bool *over)
{
	char line[LINE_MAX];
	int code = 0;
	int result;
	enum probe_result found;
	struct bytes text;
	uint64_t now;

	make_line(run, question, line);
	result = say(run, line, &code);
	if (result)
		return result;
	text = bytes_of(run->talk.reply);
	text = (struct bytes){ text.data + (text.len < 4 ? text.len : 4),
		text.len < 4 ? 0 : text.len - 4 };
	found = probe_classify((unsigned)code, text);
	now = clock_ms();
	*over = found != PROBE_WAIT;
	if (*over)
		return conclude(run, question, found, run->talk.reply);
	if (now - question->begun >= VERIFIER_ANSWER_MAX) {
		*over = true;
		return conclude(run, question, PROBE_UNKNOWN,
			"the next hop has not answered in time");
	}
	question->pause = question->pause * 2 < PAUSE_MAX ? question->pause * 2
							  : PAUSE_MAX;
	question->due = now + question->pause;
	return 0;
}

/* Asks the next question, if there is one and it may be asked now. */
static int ask(struct run *run)
{
	struct question *question = &run->queue[run->asked];
	uint64_t step = UINT64_C(1000000000) / run->verifier->rate;
	uint64_t now = clock_ns();
	bool over = false;
	int result;

	if (run->asked == run->queued || run->flying_count == WINDOW ||
		now < run->next)
		return 0;
	/* What was missed is not made up for: the next hop sees a steady
	 * rate. */
	run->next = now + step;
	run->asked++;
	question->begun = now / 1000000;
	question->pause = FIRST_MS / 2;
	result = put(run, question, &over);
	if (!result && !over)
		run->flying[run->flying_count++] = *question;
	return result;
}

/* Asks for the answers that are due. */
static int collect(struct run *run)
{
	uint64_t now = clock_ms();
	size_t i = 0;
	int result = 0;

	while (!result && i < run->flying_count) {
		bool over = false;

		if (run->flying[i].due <= now)
			result = put(run, &run->flying[i], &over);
		if (over)
			run->flying[i] = run->flying[--run->flying_count];
		else
			i++;
	}
	return result;
}

/* Waits until there is something to do. */
static void pause_until_due(const struct run *run)
{
	uint64_t until = UINT64_MAX;
	uint64_t now = clock_ns();

	if (run->asked < run->queued && run->flying_count < WINDOW)
		until = run->next;
	for (size_t i = 0; i < run->flying_count; i++)
		if (run->flying[i].due * 1000000 < until)
			until = run->flying[i].due * 1000000;
	if (until != UINT64_MAX && until > now) {
		struct timespec pause = { (time_t)((until - now) / 1000000000),
			(long)((until - now) % 1000000000) };

		(void)nanosleep(&pause, NULL);
	}
}

static int tell(struct run *run)
{
	struct verifier *verifier = run->verifier;

	while (run->done < verifier->targets->count &&
		verifier->answers[run->done].result != PROBE_WAIT)
		run->done++;
	return verifier->tell(verifier->context, run->done, run->answered);
}

static int prepare(struct run *run)
{
	struct verifier *verifier = run->verifier;
	const struct targets *targets = verifier->targets;
	size_t count = targets->count;

	run->domains = arena_array(
		verifier->arena, count ? count : 1, sizeof *run->domains);
	run->queue =
		arena_array(verifier->arena, 2 * count + 1, sizeof *run->queue);
	verifier->answers = arena_array(
		verifier->arena, count ? count : 1, sizeof *verifier->answers);
	if (!run->domains || !run->queue || !verifier->answers)
		return error_set(run->error, ERR_NOMEM, "out of memory");
	for (size_t i = 0; i < count; i++)
		verifier->answers[i] = (struct answer){ .result = PROBE_WAIT };
	for (size_t at = 0; at < count;) {
		struct domain *domain = &run->domains[run->domain_count];

		*domain = (struct domain){ { .result = PROBE_WAIT }, at,
			targets_run(targets, at) };
		run->queue[run->queued++] =
			(struct question){ .answer = &domain->random,
				.domain = run->domain_count++,
				.target = SIZE_MAX };
		at += domain->count;
	}
	if (gethostname(run->salt, sizeof run->salt - 1))
		run->salt[0] = '\0';
	return 0;
}

int verifier_run(struct verifier *verifier, struct error *error)
{
	struct run run = {
		.verifier = verifier, .error = error, .talk = { .fd = -1 }
	};
	int result = prepare(&run);

	if (!result)
		result = dial(&run);
	while (!result && (run.asked < run.queued || run.flying_count)) {
		result = ask(&run);
		if (!result)
			result = collect(&run);
		if (!result)
			result = tell(&run);
		if (!result)
			pause_until_due(&run);
	}
	hang_up(&run);
	return result;
}
