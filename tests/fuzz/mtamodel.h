/*
 * mtamodel: the replies of a milter, held against what was said to it. As long
 * as the MTA of the script keeps to the rules, each reply is foretold: how many
 * there are, and after the end of a message exactly the edits that decide()
 * gives for what was sent. From its first fault on, replies need only be well
 * formed.
 */
#ifndef READDRESS_MTAMODEL_H
#define READDRESS_MTAMODEL_H

#include <arpa/inet.h>

#include "decide/decide.h"
#include "mtareply.h"
#include "mtascript.h"
#include "decide/direction.h"

enum mtamodel_step {
	STEP_BEGIN,
	STEP_OFFERED,
	STEP_IDLE, /* between messages */
	STEP_MAIL,
	STEP_RCPT,
	STEP_DATA,
	STEP_HEADER,
	STEP_BODY
};

struct mtamodel {
	const struct config *config;
	const struct map *map;
	struct arena *arena; /* of the message */
	struct bytes rest;   /* replies that are not explained yet */
	enum mtamodel_step step;
	bool fit;
	uint32_t actions;
	uint32_t steps;
	struct bytes macros[MTAREPLY_STAGES];
	const char *address;	 /* of the client, or NULL */
	struct received_mta mta; /* its user is given */
	enum decision_direction direction;
	enum decision_why why;
	struct decide_message message;
	struct decide_recipient *recipients;
	struct decide_header *headers;
};

/* The macro as it is known in these stages; libmilter looks in the last first.
 */
static inline const char *mtamodel_macro(
	const struct mtamodel *model, const char *name)
{
	for (size_t i = MTAREPLY_STAGES; i-- > 0;) {
		struct bytes data = model->macros[i];

		while (data.len) {
			const char *value = data.data + strlen(data.data) + 1;
			const char *end = data.data + data.len;
			bool same = !strcmp(data.data, name);

			if (value == end) {
				if (same)
					return NULL;
				break;
			}
			if (same)
				return value;
			data.data = value + strlen(value) + 1;
			data.len = (size_t)(end - data.data);
		}
	}
	return NULL;
}

static inline void mtamodel_clear(struct mtamodel *model, size_t from)
{
	for (size_t i = from; i < MTAREPLY_STAGES; i++)
		model->macros[i].len = 0;
}

static inline bool mtamodel_set_macros(
	struct mtamodel *model, struct bytes data)
{
	static const char stages[] = "CHMRTNE";
	const char *stage = data.len ? strchr(stages, *data.data) : NULL;

	if (data.len < 2 || !*data.data || !stage || data.data[data.len - 1])
		return false;
	model->macros[stage - stages] =
		(struct bytes){ data.data + 1, data.len - 1 };
	return true;
}

/* The reply to a step that is not the end of a message. */
static inline void mtamodel_goes_on(struct mtamodel *model, uint32_t silent)
{
	char command;

	if (model->steps & silent)
		return;
	(void)mtareply_next(&model->rest, &command);
	FUZZ_CHECK(command == 'c');
}

static inline bool mtamodel_offer(struct mtamodel *model, struct bytes data)
{
	struct bytes reply;
	char command;

	mtamodel_clear(model, 0);
	/* libmilter takes the version for a signed number */
	if ((int32_t)mtareply_number(data.data) < 2) {
		FUZZ_CHECK(!model->rest.len);
		return false;
	}
	reply = mtareply_next(&model->rest, &command);
	FUZZ_CHECK(command == 'O');
	mtareply_options(reply, &model->actions);
	model->steps = mtareply_number(reply.data + 8);
	model->fit = (model->actions & MTAREPLY_ACTIONS) == MTAREPLY_ACTIONS &&
		     (model->steps & SMFIP_HDR_LEADSPC);
	model->step = STEP_OFFERED;
	return true;
}

static inline bool mtamodel_connect(struct mtamodel *model, struct bytes data)
{
	const char *strings[MTAREPLY_STRINGS + 1];
	const char *place;
	unsigned char octets[16];
	size_t len;

	/* one string of its own, for the port holds a NUL */
	if (!data.len || data.data[data.len - 1])
		return false;
	len = strlen(data.data) + 1;
	place = data.data + len;
	if (data.len - len < 5 || (*place != '4' && *place != '6') ||
		mtareply_strings(
			(struct bytes){ place + 3, data.len - len - 3 },
			strings) != 1 ||
		inet_pton(*place == '4' ? AF_INET : AF_INET6, strings[0],
			octets) != 1)
		return false;
	model->address = strings[0];
	model->step = STEP_IDLE;
	mtamodel_clear(model, 1);
	mtamodel_goes_on(model, SMFIP_NR_CONN);
	return true;
}

static inline bool mtamodel_mail(struct mtamodel *model, struct bytes data)
{
	const char *strings[MTAREPLY_STRINGS + 1];
	size_t count = mtareply_strings(data, strings);
	const char *type;
	const char *name;
	struct decide_client client;
	char command;

	if (!count || count > MTAREPLY_STRINGS)
		return false;
	mtamodel_clear(model, 3);
	if (!model->fit) {
		data = mtareply_next(&model->rest, &command);
		FUZZ_CHECK(command == 'y' && *data.data == '4');
		model->step = STEP_IDLE;
		return true;
	}
	arena_reset(model->arena);
	type = mtamodel_macro(model, "{auth_type}");
	name = mtamodel_macro(model, "{auth_authen}");
	client = (struct decide_client){
		.daemon_name = mtamodel_macro(model, "{daemon_name}"),
		.address = model->address,
		.authenticated = (type && *type) || (name && *name),
		.host = mtamodel_macro(model, "j"),
	};
	model->direction = direction_find(model->config, &client, &model->why);
	model->mta.host = client.host;
	model->message = (struct decide_message){
		.sender = strings[0],
		.sender_resolved = mtamodel_macro(model, "{mail_addr}"),
		.mta = client.host && direction_is_local(&client) ? &model->mta
								  : NULL,
		.recipients = model->recipients,
		.headers = model->headers,
	};
	for (size_t i = 1; i < count; i++)
		model->message.smtputf8 |= !strcasecmp(strings[i], "SMTPUTF8");
	mtamodel_goes_on(model, SMFIP_NR_MAIL);
	model->step = STEP_MAIL;
	return true;
}

static inline bool mtamodel_rcpt(struct mtamodel *model, struct bytes data)
{
	const char *strings[MTAREPLY_STRINGS + 1];
	size_t count = mtareply_strings(data, strings);
	struct decide_recipient *one =
		&model->recipients[model->message.recipient_count];

	if (!count || count > MTAREPLY_STRINGS)
		return false;
	mtamodel_clear(model, 4);
	*one = (struct decide_recipient){ .address = strings[0],
		.resolved = mtamodel_macro(model, "{rcpt_addr}") };
	for (size_t i = count; i-- > 1;) {
		if (!strncasecmp(strings[i], "NOTIFY=", 7))
			one->notify = strings[i] + 7;
		if (!strncasecmp(strings[i], "ORCPT=", 6))
			one->orcpt = strings[i] + 6;
	}
	model->message.recipient_count++;
	mtamodel_goes_on(model, SMFIP_NR_RCPT);
	model->step = STEP_RCPT;
	return true;
}

static inline bool mtamodel_header(struct mtamodel *model, struct bytes data)
{
	const char *strings[MTAREPLY_STRINGS + 1];

	if (mtareply_strings(data, strings) < 2 || !*strings[0])
		return false;
	model->headers[model->message.header_count++] =
		(struct decide_header){ .name = bytes_of(strings[0]),
			.value = bytes_of(strings[1]) };
	mtamodel_goes_on(model, SMFIP_NR_HDR);
	model->step = STEP_HEADER;
	return true;
}

/* The next reply is this edit. */
static inline void mtamodel_expect(struct mtamodel *model, char command,
	const char *first, const char *second)
{
	const char *strings[MTAREPLY_STRINGS + 1];
	char came;
	struct bytes data = mtareply_next(&model->rest, &came);

	FUZZ_CHECK(came == command);
	FUZZ_CHECK(mtareply_strings(data, strings) == (second ? 2 : 1));
	FUZZ_CHECK(!strcmp(strings[0], first));
	FUZZ_CHECK(!second || !strcmp(strings[1], second));
}

static inline void mtamodel_expect_header(
	struct mtamodel *model, const struct decision_header_edit *edit)
{
	const struct decide_header *old = &model->headers[edit->index];
	uint32_t instance = 1;
	struct bytes value;
	struct bytes name;
	char command;
	struct bytes data = mtareply_next(&model->rest, &command);

	for (size_t i = 0; i < edit->index; i++)
		instance +=
			bytes_equal_nocase(model->headers[i].name, old->name);
	FUZZ_CHECK(command == 'm' && mtareply_number(data.data) == instance);
	name = bytes_of(data.data + 4);
	FUZZ_CHECK(bytes_equal(name, old->name));
	value = bytes_of(name.data + name.len + 1);
	FUZZ_CHECK(bytes_equal(value, edit->value));
}

/* Is it an address of RCPT, or the end of one? */
static inline bool mtamodel_came(
	const struct mtamodel *model, const char *address)
{
	for (size_t i = 0; i < model->message.recipient_count; i++)
		if (strstr(model->recipients[i].address, address))
			return true;
	return false;
}

static inline void mtamodel_end(struct mtamodel *model)
{
	struct decision decision = { 0 };
	struct error error = { .text = "" };
	bool failed =
		decide(&(struct decide_input){ model->config, model->map,
			       model->direction, model->why, &model->message },
			model->arena, &decision, &error) < 0;
	struct bytes data;
	char command;

	model->step = STEP_IDLE;
	if (!failed && !decision.refuse) {
		for (size_t i = 0; i < decision.delete_count; i++) {
			FUZZ_CHECK(mtamodel_came(model, decision.deletes[i]));
			mtamodel_expect(model, '-', decision.deletes[i], NULL);
		}
		for (size_t i = 0; i < decision.add_count; i++) {
			const char *esmtp = decision.adds[i].esmtp;

			mtamodel_expect(model, *esmtp ? '2' : '+',
				decision.adds[i].address,
				*esmtp ? esmtp : NULL);
		}
		if (decision.sender)
			mtamodel_expect(model, 'e', decision.sender, NULL);
		for (size_t i = decision.header_count; i > 0; i--)
			mtamodel_expect_header(model, &decision.headers[i - 1]);
	}
	data = mtareply_next(&model->rest, &command);
	/* 450 until a message of an earlier input has shown the header that
	 * proves, and 550 from then on. */
	if (decision.refuse)
		FUZZ_CHECK(command == 'y' &&
			   (*data.data == '4' || *data.data == '5'));
	else if (failed)
		FUZZ_CHECK(command == 'y' && *data.data == '4');
	else
		FUZZ_CHECK(command == 'c');
}

static inline bool mtamodel_step_to(struct mtamodel *model,
	enum mtamodel_step next, bool allowed, uint32_t silent)
{
	if (!allowed)
		return false;
	mtamodel_goes_on(model, silent);
	model->step = next;
	return true;
}

/* One packet; false: it is against the rules, or ends the session. */
static inline bool mtamodel_take(
	struct mtamodel *model, const struct mta_packet *packet)
{
	enum mtamodel_step step = model->step;
	bool in_header = step >= STEP_RCPT && step <= STEP_HEADER;

	switch (packet->command) {
	case 'D':
		return mtamodel_set_macros(model, packet->data);
	case 'O':
		return step == STEP_BEGIN &&
		       mtamodel_offer(model, packet->data);
	case 'C':
		return step == STEP_OFFERED &&
		       mtamodel_connect(model, packet->data);
	case 'H':
		mtamodel_clear(model, 2);
		return mtamodel_step_to(
			model, STEP_IDLE, step == STEP_IDLE, SMFIP_NR_HELO);
	case 'M':
		return step == STEP_IDLE && mtamodel_mail(model, packet->data);
	case 'R':
		return (step == STEP_MAIL || step == STEP_RCPT) &&
		       mtamodel_rcpt(model, packet->data);
	case 'T':
		return mtamodel_step_to(
			model, STEP_DATA, step == STEP_RCPT, SMFIP_NR_DATA);
	case 'L':
		return in_header && mtamodel_header(model, packet->data);
	case 'N':
		return mtamodel_step_to(
			model, STEP_BODY, in_header, SMFIP_NR_EOH);
	case 'B':
		return packet->data.len &&
		       mtamodel_step_to(model, STEP_BODY, step == STEP_BODY,
			       SMFIP_NR_BODY);
	case 'E':
		if (step < STEP_RCPT || step == STEP_DATA)
			return false;
		mtamodel_end(model);
		return true;
	case 'A':
		model->step = STEP_IDLE;
		return step >= STEP_IDLE;
	case 'Q':
		FUZZ_CHECK(!model->rest.len);
		return false;
	default:
		return false;
	}
}

/* The replies to a script. model: config, map and arena are set. */
static inline void mtamodel_check(struct mtamodel *model,
	const struct mta_script *script, struct bytes replies)
{
	size_t room = script->count + 1;
	size_t at = 0;

	model->rest = replies;
	model->recipients = calloc(room, sizeof *model->recipients);
	model->headers = calloc(room, sizeof *model->headers);
	FUZZ_CHECK(model->recipients && model->headers);
	while (at < script->count && mtamodel_take(model, &script->packets[at]))
		at++;
	if (at == script->count)
		FUZZ_CHECK(!model->rest.len);
	free(model->recipients);
	free(model->headers);
}

#endif
