/*
 * decision: what is known of a message, and what is decided about it. The nouns
 * of decide.h, and their names.
 */
#ifndef READDRESS_DECISION_H
#define READDRESS_DECISION_H

#include <stdint.h>

#include "config/config.h"
#include "mail/received.h"
#include "rules/rule.h"

enum direction { INBOUND, OUTBOUND, DIRECTIONS };

/* What gave a message its direction. */
enum decide_why {
	WHY_DEFAULT,
	WHY_DAEMON,
	WHY_AUTHENTICATED,
	WHY_NETWORK,
	WHY_UNPROVEN, /* DAEMON or NETWORK, but no required header */
	WHY_COMMAND,  /* the one that was given to `readdress rewrite` */
	WHY_REQUEUED, /* decided when it came: nothing is decided now */
	DECIDE_WHYS
};

/* What is known of the client when the message begins. */
struct decide_client {
	const char *daemon_name; /* {daemon_name}, or NULL */
	const char *address;	 /* as text, or NULL */
	bool authenticated;
	const char *host; /* {j}, the MTA's own name, or NULL */
};

struct decide_header {
	struct bytes name;  /* as it came, without the colon and the blanks that
			       may stand before it */
	struct bytes value; /* all behind the colon, folds included, without the
			       line break at its end. Folds are LF or CRLF. */
	bool crlf;	    /* a line break that is added is CRLF, else LF */
};

struct decide_recipient {
	const char *address; /* RCPT TO's argument as it came, with <> or not */
	const char *resolved; /* {rcpt_addr}, or NULL */
	const char *notify;   /* value of NOTIFY=, or NULL */
	const char *orcpt; /* value of ORCPT=, in xtext as it came, or NULL */
};

struct decide_message {
	const char *sender; /* MAIL FROM's argument; "" and "<>" are null */
	const char *sender_resolved; /* {mail_addr}, or NULL */
	bool smtputf8;
	struct decide_recipient *recipients; /* decide() changes none */
	size_t recipient_count;
	/* Of mail on the service CONFIG_LOCAL: the Postfix that it came from.
	 * Then Received belongs to the headers, and mail that was decided
	 * before is known by it (received.h). NULL: any other mail. */
	const struct received_mta *mta;
	/* In the message's order. All instances of the headers that
	 * direction_wants_header names; others do no harm. */
	struct decide_header *headers; /* nor these */
	size_t header_count;
	bool explain;  /* findings for every address, not only for those that a
			  log line tells of: REWRITTEN and LEFT */
	bool keep_all; /* none of the findings that there are is only counted
			  (see DECIDE_FINDINGS); explain keeps all, too */
	/* For each of outbound_required_headers: was it ever seen right? NULL:
	 * all of them were. */
	const bool *required_seen;
	/* For log lines alone, each may be NULL: the client's address and the
	 * daemon name. */
	const char *client;
	const char *daemon;
};

enum decide_field {
	FIELD_SENDER,
	FIELD_RECIPIENT,
	FIELD_HEADER,
	DECIDE_FIELDS
};

enum decide_result {
	RESULT_REWRITTEN,
	RESULT_UNCHANGED, /* no rule, or one that changes nothing */
	RESULT_EXCEPTION, /* a rule says: leave it */
	RESULT_LEFT,	  /* a rule holds, but it was left as it is: why */
	RESULT_UNPARSABLE,
	DECIDE_RESULTS
};

/* Why an address stays as it is. */
enum decide_reason {
	REASON_NONE,	     /* it does not, or no rule holds for it */
	REASON_SIGNED,	     /* unless-signed: nothing to warn of */
	REASON_UNREAD,	     /* no address, but it holds the domain of a rule */
	REASON_NO_ADDRESS,   /* no address, and of no rule's domain */
	REASON_TOO_LONG,     /* no address: longer than one may be */
	REASON_ROUTED,	     /* the new one could be resolved elsewhere */
	REASON_NEW_TOO_LONG, /* the new one would be too long */
	REASON_NEW_UTF8,     /* its local part is UTF-8, without SMTPUTF8 */
	REASON_NEW_INVALID,  /* the new one would be no address */
	REASON_LINE_LIMIT,   /* a line of the header would be too long */
	REASON_HEADER_LIMIT, /* the header would be too long */
	DECIDE_REASONS
};

/* One address that was looked at. In shadow mode, what would have been. */
struct decide_finding {
	enum decide_field field;
	enum decide_result result;
	size_t index;	  /* of the recipient or header; 0 for the sender */
	struct bytes old; /* as it came, path stripped */
	struct bytes new; /* targets joined with ","; len 0 when not rewritten
			   */
	struct bytes key; /* of the rule; len 0 when none */
	enum rule_kind kind;
	enum rule_table table;
	bool shadow;
	enum decide_reason reason; /* of RESULT_LEFT and RESULT_UNPARSABLE */
	/* Further addresses with this result and reason, in headers of that
	 * name: beyond DECIDE_FINDINGS they are counted, not kept. */
	uint64_t more;
};

#define DECIDE_FINDINGS 2048 /* beyond them see more; unless keep_all */

struct decide_header_edit {
	size_t index;	    /* in decide_message.headers */
	struct bytes value; /* NUL behind it; never empty */
	size_t place;	    /* of the header, as dkim_covers counts */
};

struct decide_add {
	const char *address; /* without <> */
	const char *esmtp;   /* "NOTIFY=... ORCPT=...", or "" */
};

/* Where an address leaks; the labels of a metric (leak.h). */
enum decide_leak_field {
	LEAK_FROM, /* the sender, and the From header */
	LEAK_SENDER,
	LEAK_REPLY_TO,
	LEAK_DISPOSITION,
	LEAK_RECEIPT,
	LEAK_RESENT_FROM,
	LEAK_RESENT_SENDER,
	LEAK_TO,
	LEAK_CC,
	LEAK_OTHER,
	DECIDE_LEAK_FIELDS
};

#define DECIDE_LEAKS 20 /* that are kept, and logged, of a message */

/* An address that the outbound table would rewrite and that leaves as it is. */
struct decide_leak {
	enum decide_leak_field field;
	struct bytes header;  /* its name, of LEAK_OTHER */
	struct bytes address; /* as it came */
	struct bytes key;
};

#define DECIDE_FOUND 4 /* headers whose values a log line shows */

/* What outbound_required_headers make of the message (proof.h). All is 0 when
 * the message needs no proof. */
struct decide_proof {
	const bool *right; /* for each of them: is it in the message, with its
			      value? NULL: nothing is proven */
	size_t found[DECIDE_FOUND]; /* headers with a listed name, by index */
	size_t found_count;	    /* of all of them */
	/* Not proven: the first that was never seen right in any message, and
	 * how many there are. */
	const struct config_required *unseen;
	size_t unseen_count;
};

struct decision {
	enum direction direction;
	enum decide_why why;
	/* 550 5.7.1, or 450 4.7.1 with proof.unseen; then there are no edits */
	bool refuse;
	struct bytes refused; /* refuse: the recipient that is the reason */
	struct decide_proof proof;
	bool shadow; /* a change was held back by shadow mode */

	const char *sender;   /* the new one, without <>; NULL: leave it */
	const char **deletes; /* without <>, spelt as Postfix holds them;
				 to be deleted before the first add */
	size_t delete_count;
	struct decide_add *adds;
	size_t add_count;
	struct decide_header_edit *headers; /* ascending by index */
	size_t header_count;

	struct decide_finding *findings; /* in the order sender, recipients,
					    headers; see explain, more */
	size_t finding_count;
	uint64_t counts[DECIDE_FIELDS][DECIDE_RESULTS]; /* of all addresses */

	/* Sender first, then the headers in their order; each address once for
	 * each field. */
	struct decide_leak *leaks;
	size_t leak_count;    /* that are kept */
	size_t leak_total;    /* that there are; behind those that are kept an
				 address may count more than once */
	unsigned leak_fields; /* 1u << enum decide_leak_field */
};

/* Is the mode of this table shadow? */
bool decide_in_shadow(const struct config *config, enum rule_table table);

/* Does the decision change anything about the message? */
bool decide_changes(const struct decision *decision);

/* How a message with refuse is refused: "550 5.7.1", or "450 4.7.1". */
const char *decide_reply(const struct decision *decision);

const char *decide_direction_name(enum direction direction);
const char *decide_why_name(enum decide_why why); /* "daemon": as logged */
const char *decide_field_name(enum decide_field field); /* "from", "rcpt",
							   "header" */
const char *decide_result_name(enum decide_result result);

/* "its local part holds %, ! or @": as logged; static. "" of NONE. */
const char *decide_reason_text(enum decide_reason reason);

#endif
