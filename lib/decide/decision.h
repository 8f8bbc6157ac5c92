/*
 * decision: the types that describe a message and the decision about it, and
 * the names of their values in log lines and reports. Tested by
 * tests/unit/decide/test_decide.c and
 * tests/unit/decisionlog/test_decisionlog.c.
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

/* Why a message has its direction. */
enum decision_why {
	DECISION_WHY_DEFAULT,
	DECISION_WHY_DAEMON,
	DECISION_WHY_AUTHENTICATED,
	DECISION_WHY_NETWORK,
	/* It would be outbound, but it lacks the required headers (proof.h). */
	DECISION_WHY_UNPROVEN,
	/* The user gave the direction to `readdress rewrite`. */
	DECISION_WHY_COMMAND,
	/* It was decided when it first came, so nothing is decided now. */
	DECISION_WHY_REQUEUED,
	DECISION_WHYS
};

/* What the milter knows of the client when a message begins. */
struct decide_client {
	const char *daemon_name; /* {daemon_name}, or NULL */
	const char *address;	 /* its IP address as text, or NULL */
	bool authenticated;
	const char *host; /* {j}, the MTA's own name, or NULL */
};

struct decide_header {
	struct bytes name;  /* without the colon and the blanks before it */
	struct bytes value; /* everything after the colon, with its folds (LF
			       or CRLF) and without the final line break */
	bool crlf;	    /* line breaks that are added are CRLF, else LF */
};

struct decide_recipient {
	const char *address;  /* RCPT TO's argument as it came, with or without
				 <> */
	const char *resolved; /* {rcpt_addr}, or NULL */
	const char *notify;   /* the value of NOTIFY=, or NULL */
	const char *orcpt;    /* the value of ORCPT=, in xtext, or NULL */
};

struct decide_message {
	const char *sender; /* MAIL FROM's argument; "" and "<>" are null */
	const char *sender_resolved; /* {mail_addr}, or NULL */
	bool smtputf8;
	struct decide_recipient *recipients; /* not changed by decide() */
	size_t recipient_count;
	/* For mail on the service CONFIG_LOCAL: the Postfix that it came from.
	 * decide() then recognizes mail that was decided before by its Received
	 * headers (received.h), which must be among the headers. NULL for any
	 * other mail. */
	const struct received_mta *mta;
	/* In the message's order, and not changed by decide(): every instance
	 * of each header for which direction_wants_header() is true. Further
	 * headers are ignored. */
	struct decide_header *headers;
	size_t header_count;
	bool explain;  /* the decision gets a finding for every address, not
			  only for REWRITTEN and LEFT, and keeps them all */
	bool keep_all; /* the decision keeps all its findings, without the
			  limit DECISION_FINDINGS */
	/* One for each of outbound_required_headers: true if it was ever seen
	 * with its value. NULL if all of them were. */
	const bool *required_seen;
	/* Used in log lines only; each may be NULL: the client's address and
	 * the daemon name. */
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
	DECISION_UNCHANGED, /* no rule matches, or the rule changes nothing */
	DECISION_EXCEPTION, /* the rule that matches is an exception */
	DECISION_LEFT,	    /* a rule matches, but cannot be applied: see
			       reason */
	DECISION_UNPARSABLE,
	DECISION_RESULTS
};

/* Why an address is LEFT or UNPARSABLE. "It" is the address in the message,
 * "new" the one that the rule makes of it. */
enum decision_reason {
	DECISION_REASON_NONE, /* it has another result */
	/* A signature covers the header and the mode is unless-signed. This is
	 * as configured and no reason for a warning. */
	DECISION_REASON_SIGNED,
	/* It is not an address, but contains the domain of a rule. */
	DECISION_REASON_UNREAD,
	/* It is not an address, and contains no rule's domain. */
	DECISION_REASON_NO_ADDRESS,
	DECISION_REASON_TOO_LONG, /* it is longer than an address may be */
	/* What the new local part would keep of it could make an MTA resolve
	 * the new address to another domain. */
	DECISION_REASON_ROUTED,
	DECISION_REASON_NEW_TOO_LONG,
	/* The new local part is UTF-8 and the message has no SMTPUTF8. */
	DECISION_REASON_NEW_UTF8,
	DECISION_REASON_NEW_INVALID,
	DECISION_REASON_LINE_LIMIT,   /* a line would be too long */
	DECISION_REASON_HEADER_LIMIT, /* the header would be too long */
	DECISION_REASONS
};

/* The result for one address. In shadow mode, the result that it would have had
 * in enforce mode. */
struct decision_finding {
	enum decision_field field;
	enum decision_result result;
	size_t index;	  /* of the recipient or header; 0 for the sender */
	struct bytes old; /* as it came, without <> and source route */
	struct bytes new; /* targets joined with ","; len 0 unless REWRITTEN */
	struct bytes key; /* of the rule; len 0 if no rule matches */
	enum rule_kind kind;
	enum rule_table table;
	bool shadow;
	enum decision_reason reason; /* of LEFT and UNPARSABLE */
	/* The number of further addresses with this result and reason in
	 * headers of this name, which are counted but not kept because of
	 * DECISION_FINDINGS. */
	uint64_t more;
};

/* The findings that are kept one by one; further ones are counted in `more`,
 * unless keep_all or explain is set. */
#define DECISION_FINDINGS 2048

struct decision_header_edit {
	size_t index;	    /* in decide_message.headers */
	struct bytes value; /* the new value: never empty, NUL follows it */
	size_t from_bottom; /* 1 for the last header of its name, 2 for the
			       one before it, as dkim_covers() counts */
};

struct decision_add {
	const char *address; /* without <> */
	const char *esmtp;   /* "NOTIFY=... ORCPT=...", or "" */
};

/* Where an address leaks: a label of a metric. leak.h has the names. */
enum decision_leak_field {
	DECISION_LEAK_FROM, /* the envelope sender and the From header */
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

#define DECISION_LEAKS 20 /* the most that are kept and logged of a message */

/* An internal address that leaves: the outbound table has a rule for it, but it
 * stays as it is. */
struct decision_leak {
	enum decision_leak_field field;
	struct bytes header;  /* its name if field is OTHER, else empty */
	struct bytes address; /* as it came */
	struct bytes key;
};

/* The most uses that are kept of a message. */
#define DECISION_USES 2048

/* One address to which a rule applied: it rewrote the address, or is the rule
 * of an address that stays. In shadow mode, what it would have done. */
struct decision_use {
	enum decision_field field;
	enum rule_table table;
	enum rule_kind kind;
	bool rewritten;
	struct bytes rule; /* its key */
	/* The address_key() of the address, if the rule is one for a whole
	 * domain; else empty. */
	struct bytes address;
};

#define DECISION_FOUND 4 /* the most headers whose values a log line shows */

/* The required headers that were found in the message (proof.h). All is 0 if
 * the message needs no proof. */
struct decision_proof {
	/* One for each of outbound_required_headers: true if the message has it
	 * with its value. NULL if the message is not proven. */
	const bool *right;
	/* The indices of the first headers that have a listed name, and the
	 * number of all headers that have one. */
	size_t found[DECISION_FOUND];
	size_t found_count;
	/* If the message is not proven: the first required header that was
	 * never seen with its value in any message, and their number. */
	const struct config_required *unseen;
	size_t unseen_count;
};

struct decision {
	enum decision_direction direction;
	enum decision_why why;
	/* The message is refused with decision_reply(); there are no edits. */
	bool refuse;
	struct bytes refused; /* if refuse: the recipient that is the reason */
	struct decision_proof proof;
	bool shadow; /* shadow mode held a change back */

	const char *sender;   /* the new sender without <>; NULL: no change */
	const char **deletes; /* without <>, spelt as Postfix holds them; they
				 must be deleted before the first add */
	size_t delete_count;
	struct decision_add *adds;
	size_t add_count;
	struct decision_header_edit *headers; /* sorted by index */
	size_t header_count;

	/* In the order sender, recipients, headers. decide_message.explain and
	 * keep_all say which are kept. */
	struct decision_finding *findings;
	size_t finding_count;
	/* The number of addresses, those without a finding included. */
	uint64_t counts[DECISION_FIELDS][DECISION_RESULTS];

	/* In the order sender, recipients, headers. */
	struct decision_use *uses;
	size_t use_count; /* at most DECISION_USES */
	bool uses_lost;	  /* there were more, or memory was exhausted */

	/* The sender first, then the headers in their order; each address once
	 * for each field. */
	struct decision_leak *leaks;
	size_t leak_count; /* of leaks, at most DECISION_LEAKS */
	/* The number of all leaks. An address that is not among the kept ones
	 * may be counted more than once. */
	size_t leak_total;
	unsigned leak_fields; /* 1u << enum decision_leak_field, combined */
};

/* True if the mode of this table is shadow. */
bool decision_in_shadow(const struct config *config, enum rule_table table);

/* True if the decision changes anything in the message. */
bool decision_changes(const struct decision *decision);

/* Returns the reply to a message that is refused: "450 4.7.1" if proof.unseen
 * is set, else "550 5.7.1". */
const char *decision_reply(const struct decision *decision);

/* These return the word that log lines and reports use, a static string, such
 * as "outbound", "daemon", "rcpt" and "left". */
const char *decision_direction_name(enum decision_direction direction);
const char *decision_why_name(enum decision_why why);
const char *decision_field_name(enum decision_field field);
const char *decision_result_name(enum decision_result result);

/* Returns the reason as a clause, such as "its local part contains %, ! or @":
 * a static string, "" for DECISION_REASON_NONE. */
const char *decision_reason_text(enum decision_reason reason);

#endif
