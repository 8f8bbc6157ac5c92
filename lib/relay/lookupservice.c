#include "relay/lookupservice.h"

#include "diagnosis/ourtable.h"
#include "diagnosis/remedy.h"
#include "diagnosis/ruledomains.h"
#include "diagnosis/tally.h"
#include "map/nameset.h"
#include "postfix/words.h"

#define CONNECTIONS 2000 /* that the look-up service has at least */

/* Gathers keys for a table of ours: source domains, and addresses in them. */
static int add_key(void *context, struct bytes domain)
{
	struct tally *tally = context;

	if (tally->names.count >= TALLY_NAMED_MAX || *domain.data == '*')
		return 0;
	tally->names.text = diagnosis_text(tally->diagnosis,
		"%s%.*s\nany@%.*s\n",
		tally->names.count++ ? tally->names.text : "", (int)domain.len,
		domain.data, (int)domain.len, domain.data);
	return tally->names.text ? 0 : ERR_NOMEM;
}

/* Asks the service itself, and compares what it says with the newest map. */
static int compare_answers(struct diagnosis *diagnosis, struct bytes table)
{
	struct tally tally = { .diagnosis = diagnosis, .names = { 0, "" } };
	const struct diagnosis_milter *milter = diagnosis->milter;
	struct bytes said;
	struct bytes own = { "", 0 };
	int result = ruledomains_each(
		diagnosis, RULEDOMAINS_SOURCES, add_key, &tally);

	if (result || !diagnosis->map)
		return result;
	if (!diagnosis->postmap->ask)
		return diagnosis_skip(diagnosis, "no table can be asked here");
	result = postmap_ask_itself(
		diagnosis->postmap, table, bytes_of(tally.names.text), &said);
	if (result == ERR_NOMEM)
		return result;
	if (result < 0)
		return diagnosis_say(diagnosis, DIAGNOSIS_FAIL,
			diagnosis_text(diagnosis, "%.*s does not answer",
				(int)table.len, table.data),
			"all mail waits that Postfix asks about there",
			"systemctl restart readdress-milter && postfix reload "
			"(a process of Postfix remembers that it failed)");
	result = ourtable_answer(
		diagnosis, table, bytes_of(tally.names.text), &own);
	if (result < 0)
		return result == ERR_NOMEM ? result : 0;
	if (bytes_equal(said, own) || !milter ||
		milter->served != map_meta(diagnosis->map)->generation)
		return 0;
	return diagnosis_say(diagnosis, DIAGNOSIS_FAIL,
		diagnosis_text(diagnosis,
			"%.*s answers by other rules than the newest",
			(int)table.len, table.data),
		"Postfix accepts and routes mail by rules that are not those "
		"by which it is rewritten",
		"systemctl restart readdress-milter");
}

/* Returns the name of a program that asks and is in a chroot, or NULL. */
static const char *find_chroot(const struct diagnosis *diagnosis)
{
	const struct postfix_service *service;

	for (size_t i = 0; (service = postfix_service(diagnosis->postfix, i));
		i++)
		if (service->chroot &&
			(!strcmp(service->command, "smtpd") ||
				!strcmp(service->command, "trivial-rewrite")))
			return service->command;
	return NULL;
}

/* Returns the endpoint of the look-up service, as Postfix names it from its
 * queue directory. */
static const char *lookup_endpoint(struct diagnosis *diagnosis)
{
	char ours[ENDPOINT_MAX];
	struct bytes path;

	endpoint_for_postfix(diagnosis->config->lookup_socket, ours);
	path = bytes_of(ours);
	if (milterlist_take_path(&path,
		    postfix_value(diagnosis->postfix, NULL, "queue_directory")))
		return diagnosis_text(
			diagnosis, "unix:%.*s", (int)path.len, path.data);
	return diagnosis_text(diagnosis, "%s", ours);
}

/* A table that is to be ours, and is not found at its socket. */
static int say_elsewhere(struct diagnosis *diagnosis,
	const struct postfix_service *service, struct bytes table,
	struct bytes endpoint)
{
	const char *right = lookup_endpoint(diagnosis);
	const char *found = diagnosis_text(diagnosis,
		*diagnosis->config->lookup_socket
			? "Postfix asks %.*s, and the look-up service is at %s"
			: "Postfix asks %.*s, and readdress.conf has no "
			  "lookup_socket%s",
		(int)table.len, table.data,
		*diagnosis->config->lookup_socket ? right : "");

	return diagnosis_say(diagnosis, DIAGNOSIS_FAIL, found,
		"all mail waits that Postfix asks about there",
		*diagnosis->config->lookup_socket
			? remedy_replace(diagnosis, service, endpoint, right,
				  "name the socket of readdress.conf in "
				  "main.cf, then `postfix reload`")
			: "set lookup_socket in readdress.conf, then "
			  "`systemctl restart readdress-milter && postfix "
			  "reload`");
}

static int look_at_word(struct diagnosis *diagnosis,
	const struct postfix_service *service, struct bytes word)
{
	const char *program = find_chroot(diagnosis);
	struct bytes endpoint;
	struct bytes name;
	struct bytes path;

	if (!ourtable_cut(word, &endpoint, &name))
		return 0;
	path = endpoint;
	if (!ourtable_is_ours(diagnosis, endpoint))
		return memmem(endpoint.data, endpoint.len, "readdress", 9)
			       ? say_elsewhere(
					 diagnosis, service, word, endpoint)
			       : 0;
	if (bytes_take(&path, "unix:/") && program)
		return diagnosis_say(diagnosis, DIAGNOSIS_FAIL,
			diagnosis_text(diagnosis,
				"%.*s has a whole path, and %s is in a chroot",
				(int)word.len, word.data, program),
			"it looks for the socket below its queue directory: "
			"all mail waits",
			remedy_replace(diagnosis, service, endpoint,
				lookup_endpoint(diagnosis),
				"write the path from Postfix's queue directory "
				"on, then `postfix reload`"));
	if (diagnosis->milter && !diagnosis->milter->up)
		return diagnosis_skip(diagnosis,
			"the milter is not running, and its look-up service "
			"is not either");
	return compare_answers(diagnosis, word);
}

/* Each smtpd process holds a connection. */
static int check_processes(struct diagnosis *diagnosis)
{
	const struct postfix_service *service;
	size_t sum = 0;

	for (size_t i = 0; (service = postfix_service(diagnosis->postfix, i));
		i++) {
		if (strcmp(service->command, "smtpd") != 0)
			continue;
		if (!service->max_processes)
			sum = CONNECTIONS;
		sum += service->max_processes;
	}
	if (sum <= CONNECTIONS)
		return 0;
	return diagnosis_say(diagnosis, DIAGNOSIS_WARN,
		diagnosis_text(diagnosis,
			"master.cf allows more smtpd processes than the "
			"look-up service surely has connections for, %d",
			CONNECTIONS),
		"those that wait for one slow others down",
		"postconf -e 'default_process_limit = 100' && postfix reload "
		"(and lower the numbers of smtpd in master.cf)");
}

int lookupservice_check(struct diagnosis *diagnosis)
{
	const struct postfix *written = diagnosis->written;
	struct nameset *seen = nameset_open();
	const char *name;
	bool any = false;
	int result = seen ? 0 : ERR_NOMEM;

	for (size_t i = 0; !result && postfix_setting(written, i, &name); i++) {
		const struct postfix_service *service =
			postfix_setting_service(written, i);
		struct bytes rest;
		struct bytes word;

		if (service)
			service = postfix_find_service(diagnosis->postfix,
				bytes_of(service->name),
				bytes_of(service->type));
		rest = bytes_of(
			postfix_value(diagnosis->postfix, service, name));
		while (!result && words_next(&rest, WORDS_OF_LIST, &word)) {
			struct bytes unused;

			if (!ourtable_cut(word, &unused, &unused) ||
				nameset_has(seen, word))
				continue;
			any = true;
			result = nameset_add(seen, word);
			if (!result)
				result = look_at_word(diagnosis, service, word);
		}
	}
	nameset_close(seen);
	return !result && any ? check_processes(diagnosis) : result;
}
