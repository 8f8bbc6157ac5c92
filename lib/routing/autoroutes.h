/*
 * autoroutes: what DNS said about each domain whose row in routes is "auto".
 * `readdress dns --auto` asks DNS and writes the file; the milter and the tool
 * only read it.
 *
 * The writer reads the old file, calls autoroutes_judge() for each domain, puts
 * what it returns into a new collection, and stores that. Domains that are not
 * put there again are forgotten.
 */
#ifndef READDRESS_ROUTING_AUTOROUTES_H
#define READDRESS_ROUTING_AUTOROUTES_H

#include <sys/stat.h>

#include "base/error.h"
#include "rules/route.h"

/* The name of the file in state_dir. */
#define AUTOROUTES_FILE "autoroutes"

/* The most bytes of the file. */
#define AUTOROUTES_MAX ((size_t)8 << 20)

/* How long a domain keeps its role after DNS listed this host for the last
 * time: mail may still come, from servers that remember the old records. */
#define AUTOROUTES_KEEP_SECONDS INT64_C(604800)

/* What DNS says about the MX records of a domain. */
enum autoroutes_seen {
	AUTOROUTES_BEST,      /* this host is listed with the best preference,
				 alone or beside others */
	AUTOROUTES_BEHIND,    /* it is listed, but others are better */
	AUTOROUTES_UNLISTED,  /* DNS answered, and this host is not listed */
	AUTOROUTES_NO_ANSWER, /* it is not known */
};

struct autoroute {
	struct bytes domain;  /* as in a key: lower-case A-labels */
	enum route_role role; /* RELAY, LOCAL, BACKUP or REMOTE */
	/* In seconds since 1970: when DNS last listed this host (0: never), and
	 * when DNS last answered. */
	int64_t listed;
	int64_t looked;
};

/*
 * Sets *new to what is known of a domain after DNS was asked at the time now.
 * old is what was known before, or NULL. mailboxes says whether this Postfix
 * has the mailboxes of the domain (mydestination, virtual_mailbox_domains).
 * new->domain is set to domain. Reads no clock and no file. Returns false if
 * there is nothing to note: DNS did not answer, and nothing was known before.
 */
bool autoroutes_judge(const struct autoroute *old, struct bytes domain,
	enum autoroutes_seen seen, bool mailboxes, int64_t now,
	struct autoroute *new);

/* A collection, sorted by domain. Several threads may read one. */
struct autoroutes;

/* Returns an empty collection, or NULL when out of memory. */
struct autoroutes *autoroutes_open(void) MUST_CHECK;
void autoroutes_close(struct autoroutes *autoroutes); /* may be NULL */

/* Adds a domain, whose name is copied, or replaces what is there for it. It is
 * fastest when domains come in ascending order (memcmp()). Returns 0; ERR_NOMEM
 * also when the file would be longer than AUTOROUTES_MAX; ERR_BAD when domain
 * or role cannot be in the file. */
int autoroutes_put(struct autoroutes *autoroutes,
	const struct autoroute *autoroute) MUST_CHECK;

/* Returns what is known of a domain, valid until the next autoroutes_put(); or
 * NULL. autoroutes may be NULL. */
const struct autoroute *autoroutes_find(
	const struct autoroutes *autoroutes, struct bytes domain);

/* The number of domains, and each of them: 0 is the first. */
size_t autoroutes_count(const struct autoroutes *autoroutes);
const struct autoroute *autoroutes_at(
	const struct autoroutes *autoroutes, size_t index);

/*
 * The file. Its first line is "readdress autoroutes 1", the last one is "end N"
 * with the number of lines between; each of these is "DOMAIN ROLE LISTED
 * LOOKED". Domains ascend, and numbers have no leading zeros.
 *
 * autoroutes_format() sets *text, which the caller must free(), and returns 0
 * or ERR_NOMEM. autoroutes_parse() sets *autoroutes, which the caller must
 * close, and returns 0; ERR_BAD, with the number of the wrong line in error;
 * or ERR_NOMEM.
 */
int autoroutes_format(const struct autoroutes *autoroutes, char **text,
	size_t *len) MUST_CHECK;
int autoroutes_parse(struct bytes text, struct autoroutes **autoroutes,
	struct error *error) MUST_CHECK;

/* Reads the file in state_dir (state_dir() in state/state.h, or the option).
 * Sets *autoroutes, which the caller must close, and *status, which may be
 * NULL, to that of the file. Returns 0; ERR_NOENT if there is none; ERR_BAD if
 * it is damaged, too long, not a regular file, or linkcheck.h refuses it;
 * ERR_PERM; ERR_IO; ERR_NOMEM. After an error the caller goes on with what it had. */
int autoroutes_read(const char *state_dir, struct autoroutes **autoroutes,
	struct stat *status, struct error *error) MUST_CHECK;

/* Tells without reading it whether the file is another one than the one whose
 * status autoroutes_read() set: the writer always makes a new file. *status
 * must be all zero if there was no file. Returns true also if it cannot be
 * looked at. */
bool autoroutes_changed(const char *state_dir, const struct stat *status);

/* Replaces the file atomically, with the mode 0640 and the group of state_dir,
 * and syncs file and directory. Returns 0; ERR_PERM; ERR_IO; ERR_NOMEM;
 * ERR_NOENT if there is no state_dir; ERR_CREATE. On an error the old file is
 * as it was. */
int autoroutes_write(const char *state_dir, const struct autoroutes *autoroutes,
	struct error *error) MUST_CHECK;

#endif
