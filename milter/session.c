#include "session.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <unistd.h>

#include <libmilter/mfapi.h>
#include <libmilter/mfdef.h>

#include "base/clock.h"
#include "eom.h"
#include "message.h"

#define ACTIONS                                                                \
	(SMFIF_ADDRCPT | SMFIF_ADDRCPT_PAR | SMFIF_DELRCPT | SMFIF_CHGFROM |   \
		SMFIF_CHGHDRS)
/* What the MTA need not send, and where it need not wait for a reply. */
#define NOT_SENT                                                               \
	(SMFIP_NOHELO | SMFIP_NOBODY | SMFIP_NOEOH | SMFIP_NODATA |            \
		SMFIP_NOUNKNOWN)
#define NO_REPLY (SMFIP_NR_CONN | SMFIP_NR_MAIL | SMFIP_NR_RCPT | SMFIP_NR_HDR)

/* The least time between two warnings about messages that come twice, in
 * milliseconds. */
#define TWICE_PAUSE 60000

struct session {
	bool offered;		/* the MTA has negotiated */
	bool fit;		/* it offered all that this milter needs */
	unsigned long no_reply; /* the SMFIP_NR_* that were agreed */
	bool has_address;
	char address[INET6_ADDRSTRLEN]; /* of the client */
	int epoch;			/* index in server->messages */
	struct message message;
};

static const char unfit[] = "the MTA has not negotiated what this milter needs";

/* It is global because libmilter passes no pointer to its callbacks. */
static struct server *server;

/* Returns where this thread counts. */
static _Atomic long *running(void)
{
	static _Thread_local unsigned mine;
	static atomic_uint threads;

	if (!mine)
		mine = atomic_fetch_add(&threads, 1) % SERVER_STRIPES + 1;
	return &server->callbacks[mine - 1].running;
}

/* Begins a callback. If closed is set, never returns: the thread then waits for
 * the end of the process, so that no callback runs while the process ends. */
static void begin(void)
{
	atomic_fetch_add(running(), 1);
	if (!atomic_load(&server->closed))
		return;
	atomic_fetch_sub(running(), 1);
	for (;;)
		(void)pause();
}

static void end(void)
{
	atomic_fetch_sub(running(), 1);
}

/* Begins a callback and returns the session of its connection, which is made at
 * the first callback; NULL if memory is exhausted. leave() must follow. */
static struct session *enter(SMFICTX *ctx)
{
	struct session *session;

	begin();
	session = smfi_getpriv(ctx);
	if (!session) {
		session = calloc(1, sizeof *session);
		if (session)
			session->message.account.budget =
				&server->metrics.memory;
		if (session && smfi_setpriv(ctx, session) != MI_SUCCESS) {
			free(session);
			session = NULL;
		}
		if (!session)
			return NULL;
		atomic_fetch_add_explicit(
			&server->metrics.connections, 1, memory_order_relaxed);
	}
	return session;
}

static sfsistat leave(sfsistat result)
{
	end();
	return result;
}

/* Returns the answer to a step: none, if that was agreed. */
static sfsistat go_on(const struct session *session, unsigned long step)
{
	return session && (session->no_reply & step) ? SMFIS_NOREPLY
						     : SMFIS_CONTINUE;
}

static void end_message(struct session *session)
{
	if (session->message.snapshot)
		atomic_fetch_sub(&server->messages[session->epoch], 1);
	message_reset(&session->message);
}

static void log_unfit(unsigned long actions, unsigned long steps)
{
	struct snapshot *snapshot = snapshot_get(&server->current);

	log_line(&snapshot->log, LOG_LEVEL_ERROR,
		"the MTA does not offer what this milter needs (actions "
		"0x%lx, protocol 0x%lx): its mail is deferred",
		actions, steps);
	snapshot_drop(snapshot);
}

/*
 * Asks for these macros and no others, whatever main.cf lists. An MTA that does
 * not accept such lists uses its own; Postfix's defaults have all of these.
 *
 * {daemon_name} always has a value, so the MTA sends a packet of macros with
 * each MAIL. Without a packet libmilter would keep the macros of the message
 * before, such as those of a login that has ended.
 */
static void ask_for_macros(SMFICTX *ctx)
{
	static const struct {
		int step;
		char names[64];
	} lists[] = {
		{ SMFIM_CONNECT, "j {daemon_name}" },
		{ SMFIM_ENVFROM,
			"{daemon_name} {auth_type} {auth_authen} {mail_addr}" },
		{ SMFIM_ENVRCPT, "{rcpt_addr}" },
		{ SMFIM_EOM, "i" },
	};

	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
		char names[sizeof lists[i].names];

		memcpy(names, lists[i].names, sizeof names);
		(void)smfi_setsymlist(ctx, lists[i].step, names);
	}
}

static sfsistat on_negotiate(SMFICTX *ctx, unsigned long actions,
	unsigned long steps, unsigned long spare2, unsigned long spare3,
	unsigned long *our_actions, unsigned long *our_steps,
	unsigned long *our_spare2, unsigned long *our_spare3)
{
	struct session *session = enter(ctx);
	bool fit = (actions & ACTIONS) == ACTIONS &&
		   (steps & SMFIP_HDR_LEADSPC) && session;

	(void)spare2;
	(void)spare3;
	*our_spare2 = 0;
	*our_spare3 = 0;
	*our_actions = actions & (ACTIONS | SMFIF_SETSYMLIST);
	*our_steps = steps & (NOT_SENT | SMFIP_HDR_LEADSPC);
	if (session)
		session->offered = true;
	if (fit) {
		*our_steps |= steps & NO_REPLY;
		session->fit = true;
		session->no_reply = steps & NO_REPLY;
		if (actions & SMFIF_SETSYMLIST)
			ask_for_macros(ctx);
	} else {
		/* Replies are not given up, so that MAIL can be refused. */
		log_unfit(actions, steps);
	}
	return leave(SMFIS_CONTINUE);
}

static sfsistat on_connect(SMFICTX *ctx, char *name, _SOCK_ADDR *address)
{
	struct session *session = enter(ctx);
	const void *bytes = NULL;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	(void)name;
	if (!session)
		return leave(SMFIS_CONTINUE);
	if (address && address->sa_family == AF_INET) {
		memcpy(&v4, address, sizeof v4);
		bytes = &v4.sin_addr;
	} else if (address && address->sa_family == AF_INET6) {
		memcpy(&v6, address, sizeof v6);
		bytes = &v6.sin6_addr;
	}
	session->has_address =
		bytes && inet_ntop(address->sa_family, bytes, session->address,
				 sizeof session->address);
	return leave(go_on(session, SMFIP_NR_CONN));
}

static bool macro_is_set(SMFICTX *ctx, const char *name)
{
	char text[32];
	const char *value;

	memcpy(text, name, strlen(name) + 1);
	value = smfi_getsymval(ctx, text);
	return value && *value;
}

static sfsistat on_mail(SMFICTX *ctx, char **arguments)
{
	struct session *session = enter(ctx);
	char daemon_name[] = "{daemon_name}";
	char mail_addr[] = "{mail_addr}";
	char host[] = "j";
	struct decide_client client;
	sfsistat result;

	if (!session)
		return leave(SMFIS_TEMPFAIL);
	end_message(session);
	client = (struct decide_client){
		.daemon_name = smfi_getsymval(ctx, daemon_name),
		.address = session->has_address ? session->address : NULL,
		.authenticated = macro_is_set(ctx, "{auth_type}") ||
				 macro_is_set(ctx, "{auth_authen}"),
		.host = smfi_getsymval(ctx, host),
	};
	message_begin(&session->message, snapshot_get(&server->current),
		&client, arguments, smfi_getsymval(ctx, mail_addr));
	greeted_note(&server->greeted, arguments ? arguments[0] : NULL);
	session->epoch = atomic_load(&server->stopping) ? 1 : 0;
	atomic_fetch_add(&server->messages[session->epoch], 1);
	if (session->fit)
		return leave(go_on(session, SMFIP_NR_MAIL));
	/* After "quit, new connection follows" libmilter uses what was
	 * negotiated before, without a callback. It may then send no reply to
	 * MAIL, for which the MTA would wait for ever; the end of the message
	 * always has a reply. */
	if (!session->offered) {
		session->message.failed = unfit;
		return leave(SMFIS_CONTINUE);
	}
	result = eom_defer(server, ctx, &session->message, unfit);
	end_message(session);
	return leave(result);
}

static sfsistat on_rcpt(SMFICTX *ctx, char **arguments)
{
	struct session *session = enter(ctx);
	char rcpt_addr[] = "{rcpt_addr}";

	if (session)
		message_recipient(&session->message, arguments,
			smfi_getsymval(ctx, rcpt_addr));
	return leave(go_on(session, SMFIP_NR_RCPT));
}

static sfsistat on_header(SMFICTX *ctx, char *name, char *value)
{
	struct session *session = enter(ctx);

	if (session && name && value)
		message_header(&session->message, name, value);
	return leave(go_on(session, SMFIP_NR_HDR));
}

/* Warns if the MTA asked about this message a moment ago. The message is
 * handled as ever, because two instances of Postfix may use the same queue ID.
 */
static void look_for_twin(const struct session *session, const char *queue)
{
	const struct message *message = &session->message;
	const char *sender = message->mail.sender ? message->mail.sender : "";
	uint64_t now = clock_ms();
	uint64_t told = atomic_load(&server->twice_told);
	char id[64];

	if (!message->snapshot || !queue ||
		!twice_seen(&server->twice, bytes_of(queue),
			bytes_of(session->address), bytes_of(sender), now))
		return;
	atomic_fetch_add_explicit(
		&server->metrics.messages_twice, 1, memory_order_relaxed);
	if ((told && now - told < TWICE_PAUSE) ||
		!atomic_compare_exchange_strong(
			&server->twice_told, &told, now))
		return;
	(void)log_escape(bytes_of(queue), id, sizeof id);
	log_line(&message->snapshot->log, LOG_LEVEL_WARNING,
		"%s: Postfix has asked about this message twice within a "
		"second; if smtpd_milters lists this milter twice, recipients "
		"are doubled and headers are looked up twice; list it once "
		"(see `postconf smtpd_milters` and `postconf -P`)",
		id);
}

static sfsistat on_eom(SMFICTX *ctx)
{
	uint64_t begun = clock_ns();
	struct session *session = enter(ctx);
	char queue[] = "i";
	sfsistat result;

	if (!session)
		return leave(SMFIS_TEMPFAIL);
	look_for_twin(session, smfi_getsymval(ctx, queue));
	result = eom_message(server, ctx, &session->message);
	metrics_observe(&server->metrics, clock_ns() - begun);
	end_message(session);
	return leave(result);
}

static sfsistat on_abort(SMFICTX *ctx)
{
	struct session *session;

	begin();
	session = smfi_getpriv(ctx);
	if (session)
		end_message(session);
	end();
	return SMFIS_CONTINUE;
}

static sfsistat on_close(SMFICTX *ctx)
{
	struct session *session;

	begin();
	session = smfi_getpriv(ctx);
	if (session) {
		end_message(session);
		message_free(&session->message);
		free(session);
		(void)smfi_setpriv(ctx, NULL);
		atomic_fetch_sub_explicit(
			&server->metrics.connections, 1, memory_order_relaxed);
	}
	end();
	return SMFIS_CONTINUE;
}

int session_register(struct server *of)
{
	static char name[] = SERVER_NAME;
	struct smfiDesc callbacks = {
		.xxfi_name = name,
		.xxfi_version = SMFI_VERSION,
		.xxfi_flags = ACTIONS,
		.xxfi_negotiate = on_negotiate,
		.xxfi_connect = on_connect,
		.xxfi_envfrom = on_mail,
		.xxfi_envrcpt = on_rcpt,
		.xxfi_header = on_header,
		.xxfi_eom = on_eom,
		.xxfi_abort = on_abort,
		.xxfi_close = on_close,
	};

	server = of;
	return smfi_register(callbacks) == MI_SUCCESS ? 0 : -1;
}
