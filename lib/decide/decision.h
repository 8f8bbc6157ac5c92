/*
 * decision: what is known of a message, and what is decided about it. The nouns
 * of decide.h, and their names.
 */
#ifndef READDRESS_DECIDE_DECISION_H
#define READDRESS_DECIDE_DECISION_H

#include <stdint.h>

#include "config/config.h"
#include "mail/received.h"
#include "rules/rule.h"

enum decision_direction {
	DECISION_INBOUND,
	DECISION_OUTBOUND,
	DECISION_DIRECTIONS
};

/* What gave a message its direction. */
enum decision_why {
	DECISION_WHY_DEFAULT,
	DECISION_WHY_DAEMON,
	DECISION_WHY_AUTHENTICATED,
	DECISION_WHY_NETWORK,
	DECISION_WHY_UNPROVEN, /* DAEMON or NETWORK, but no required header */
	DECISION_WHY_COMMAND,  /* the one that was given to `readdress rewrite`
				*/
	DECISION_WHY_REQUEUED, /* decided when it came: nothing is decided now
				*/
	DECISION_WHYS
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
			  (see DECISION_FINDINGS); explain keeps all, too */
	/* For each of outbound_required_headers: was it ever seen right? NULL:
	 * all of them were. */
	const bool *required_seen;
	/* For log lines alone, each may be NULL: the client's address and the
	 * daemon name. */
	const char *client;
	const char *daemon;
};

enum decision_field {
	DECISION_SENDER,
	DECISION_RECIPIENT,
	DECISION_HEADER,
	DECISION_FIELDS
};

enum decision_result {
	DECISION_REWRITTEN,
	DECISION_UNCHANGED, /* no rule, or one that changes nothing */
	DECISION_EXCEPTION, /* a rule says: leave it */
	DECISION_LEFT,	    /* a rule holds, but it was left as it is: why */
	DECISION_UNPARSABLE,
	DECISION_RESULTS
};

/* Why an address stays as it is. */
enum decision_reason {
	DECISION_REASON_NONE,	/* it does not, or no rule holds for it */
	DECISION_REASON_SIGNED, /* unless-signed: nothing to warn of */
	DECISION_REASON_UNREAD, /* no address, but it holds the domain of a rule
				 */
	DECISION_REASON_NO_ADDRESS, /* no address, and of no rule's domain */
	DECISION_REASON_TOO_LONG,   /* no address: longer than one may be */
	DECISION_REASON_ROUTED, /* the new one could be resolved elsewhere */
	DECISION_REASON_NEW_TOO_LONG, /* the new one would be too long */
	DECISION_REASON_NEW_UTF8, /* its local part is UTF-8, without SMTPUTF8
				   */
	DECISION_REASON_NEW_INVALID, /* the new one would be no address */
	DECISION_REASON_LINE_LIMIT, /* a line of the header would be too long */
	DECISION_REASON_HEADER_LIMIT, /* the header would be too long */
	DECISION_REASONS
};

/* One address that was looked at. In shadow mode, what would have been. */
struct decision_finding {
	enum decision_field field;
	enum decision_result result;
	size_t index;	  /* of the recipient or header; 0 for the sender */
	struct bytes old; /* as it came, path stripped */
	struct bytes new; /* targets joined with ","; len 0 when not rewritten
			   */
	struct bytes key; /* of the rule; len 0 when none */
	enum rule_kind kind;
	enum rule_table table;
	bool shadow;
	enum decision_reason
		reason; /* of DECISION_LEFT and DECISION_UNPARSABLE */
	/* Further addresses with this result and reason, in headers of that
	 * name: beyond DECISION_FINDINGS they are counted, not kept. */
	uint64_t more;
};

#define DECISION_FINDINGS 2048 /* beyond them see more; unless keep_all */

struct decision_header_edit {
	size_t index;	    /* in decide_message.headers */
	struct bytes value; /* NUL behind it; never empty */
	size_t from_bottom; /* of the header, as dkim_covers counts */
};

struct decision_add {
	const char *address; /* without <> */
	const char *esmtp;   /* "NOTIFY=... ORCPT=...", or "" */
};

/* Where an address leaks; the labels of a metric (leak.h). */
enum decision_leak_field {
	DECISION_LEAK_FROM, /* the sender, and the From header */
	DECISION_LEAK_SENDER,
	DECISION_LEAK_REPLY_TO,
	DECISION_LEAK_DISPOSITION,
	DECISION_LEAK_RECEIPT,
	DECISION_LEAK_RESENT_FROM,
	DECISION_LEAK_RESENT_SENDER,
	DECISION_LEAK_TO,
	DECISION_LEAK_CC,
	DECISION_LEAK_OTHER,
	DECISION_LEAK_FIELDS
};

#define DECISION_LEAKS 20 /* that are kept, and logged, of a message */

/* An address that the outbound table would rewrite and that leaves as it is. */
struct decision_leak {
	enum decision_leak_field field;
	struct bytes header;  /* its name, of DECISION_LEAK_OTHER */
	struct bytes address; /* as it came */
	struct bytes key;
};

#define DECISION_FOUND 4 /* headers whose values a log line shows */

/* What outbound_required_headers make of the message (proof.h). All is 0 when
 * the message needs no proof. */
struct decision_proof {
	const bool *right; /* for each of them: is it in the message, with its
			      value? NULL: nothing is proven */
	size_t found[DECISION_FOUND]; /* headers with a listed name, by index */
	size_t found_count;	      /* of all of them */
	/* Not proven: the first that was never seen right in any message, and
	 * how many there are. */
	const struct config_required *unseen;
	size_t unseen_count;
};

struct decision {
	enum decision_direction direction;
	enum decision_why why;
	/* 550 5.7.1, or 450 4.7.1 with proof.unseen; then there are no edits */
	bool refuse;
	struct bytes refused; /* refuse: the recipient that is the reason */
	struct decision_proof proof;
	bool shadow; /* a change was held back by shadow mode */

	const char *sender;   /* the new one, without <>; NULL: leave it */
	const char **deletes; /* without <>, spelt as Postfix holds them;
				 to be deleted before the first add */
	size_t delete_count;
	struct decision_add *adds;
	size_t add_count;
	struct decision_header_edit *headers; /* ascending by index */
	size_t header_count;

	struct decision_finding *findings; /* in the order sender, recipients,
					    headers; see explain, more */
	size_t finding_count;
	uint64_t counts[DECISION_FIELDS]
		       [DECISION_RESULTS]; /* of all addresses */

	/* Sender first, then the headers in their order; each address once for
	 * each field. */
	struct decision_leak *leaks;
	size_t leak_count;    /* that are kept */
	size_t leak_total;    /* that there are; behind those that are kept an
				 address may count more than once */
	unsigned leak_fields; /* 1u << enum decision_leak_field */
};

/* Is the mode of this table shadow? */
bool decision_in_shadow(const struct config *config, enum rule_table table);

/* Does the decision change anything about the message? */
bool decision_changes(const struct decision *decision);

/* How a message with refuse is refused: "550 5.7.1", or "450 4.7.1". */
const char *decision_reply(const struct decision *decision);

const char *decision_direction_name(enum decision_direction direction);
const char *decision_why_name(enum decision_why why); /* "daemon": as logged */
const char *decision_field_name(enum decision_field field); /* "from", "rcpt",
							   "header" */
const char *decision_result_name(enum decision_result result);

/* "its local part holds %, ! or @": as logged; static. "" of NONE. */
const char *decision_reason_text(enum decision_reason reason);

#endif
