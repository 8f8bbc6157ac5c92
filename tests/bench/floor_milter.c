/*
 * floor_milter SOCKET INBOUND.csv OUTBOUND.csv: the least that rewriting with
 * libmilter can cost. Rules are a hash table in memory; an address is what
 * stands between "<" and ">"; nothing is normalised, checked, counted or
 * logged, and the rules never change. It is not fit for mail. tests/bench/run
 * takes it as the floor for milters that rewrite.
 */
#include <libmilter/mfapi.h>
#include <libmilter/mfdef.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#define ITEMS_MAX 1024
#define VALUE_MAX 65536

struct rules {
	char **keys; /* NULL: a free place */
	char **targets;
	size_t mask;
};

/* What came of one message. */
struct message {
	bool outbound;
	char *sender;
	char *recipients[ITEMS_MAX];
	size_t recipient_count;
	char *names[ITEMS_MAX];
	char *values[ITEMS_MAX];
	int instances[ITEMS_MAX];
	size_t header_count;
};

static struct rules inbound;
static struct rules outbound;

static void *need(void *memory)
{
	if (!memory) {
		perror("malloc");
		exit(1);
	}
	return memory;
}

static size_t find(const struct rules *rules, const char *key, size_t len)
{
	uint64_t hash = 14695981039346656037u;
	size_t at;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ (unsigned char)key[i]) * 1099511628211u;
	at = (size_t)(hash ^ hash >> 32) & rules->mask;
	while (rules->keys[at] && (strncmp(rules->keys[at], key, len) != 0 ||
					  rules->keys[at][len]))
		at = (at + 1) & rules->mask;
	return at;
}

static const char *target(
	const struct rules *rules, const char *key, size_t len)
{
	return rules->targets[find(rules, key, len)];
}

static void read_rules(struct rules *rules, const char *path)
{
	FILE *file = fopen(path, "r");
	struct stat status;
	char *line = NULL;
	size_t room = 0;
	size_t size = 1024;
	ssize_t len;

	if (!file || fstat(fileno(file), &status) != 0) {
		perror(path);
		exit(1);
	}
	/* A row has at least 16 bytes. */
	while (size < (size_t)status.st_size / 8)
		size *= 2;
	rules->mask = size - 1;
	rules->keys = need(calloc(size, sizeof *rules->keys));
	rules->targets = need(calloc(size, sizeof *rules->targets));
	while ((len = getline(&line, &room, file)) > 0) {
		char *separator = strchr(line, ';');
		size_t at;

		if (!separator)
			continue;
		line[len - 1] = '\0';
		*separator = '\0';
		at = find(rules, line, (size_t)(separator - line));
		rules->keys[at] = need(strdup(line));
		rules->targets[at] = need(strdup(separator + 1));
	}
	free(line);
	(void)fclose(file);
}

static struct message *current(SMFICTX *ctx)
{
	struct message *message = smfi_getpriv(ctx);

	if (!message) {
		message = need(calloc(1, sizeof *message));
		(void)smfi_setpriv(ctx, message);
	}
	return message;
}

static void forget(struct message *message)
{
	free(message->sender);
	for (size_t i = 0; i < message->recipient_count; i++)
		free(message->recipients[i]);
	for (size_t i = 0; i < message->header_count; i++) {
		free(message->names[i]);
		free(message->values[i]);
	}
	message->sender = NULL;
	message->recipient_count = message->header_count = 0;
}

static sfsistat on_negotiate(SMFICTX *ctx, unsigned long actions,
	unsigned long steps, unsigned long spare2, unsigned long spare3,
	unsigned long *our_actions, unsigned long *our_steps,
	unsigned long *our_spare2, unsigned long *our_spare3)
{
	char daemon_name[] = "{daemon_name}";
	char none[] = "{none}"; /* without a name Postfix sends its own list */

	(void)actions;
	(void)spare2;
	(void)spare3;
	*our_actions = SMFIF_ADDRCPT | SMFIF_DELRCPT | SMFIF_CHGFROM |
		       SMFIF_CHGHDRS | SMFIF_SETSYMLIST;
	*our_steps =
		steps &
		(SMFIP_NOCONNECT | SMFIP_NOHELO | SMFIP_NOBODY | SMFIP_NOEOH |
			SMFIP_NODATA | SMFIP_NOUNKNOWN | SMFIP_NR_MAIL |
			SMFIP_NR_RCPT | SMFIP_NR_HDR | SMFIP_HDR_LEADSPC);
	*our_spare2 = *our_spare3 = 0;
	(void)smfi_setsymlist(ctx, SMFIM_ENVFROM, daemon_name);
	(void)smfi_setsymlist(ctx, SMFIM_ENVRCPT, none);
	(void)smfi_setsymlist(ctx, SMFIM_EOM, none);
	return SMFIS_CONTINUE;
}

static sfsistat on_mail(SMFICTX *ctx, char **arguments)
{
	struct message *message = current(ctx);
	char macro[] = "{daemon_name}";
	const char *name = smfi_getsymval(ctx, macro);

	forget(message);
	message->outbound = name && !strcmp(name, "OUTBOUND");
	message->sender = need(strdup(arguments[0]));
	return SMFIS_NOREPLY;
}

static sfsistat on_rcpt(SMFICTX *ctx, char **arguments)
{
	struct message *message = current(ctx);

	if (message->recipient_count < ITEMS_MAX)
		message->recipients[message->recipient_count++] =
			need(strdup(arguments[0]));
	return SMFIS_NOREPLY;
}

static sfsistat on_header(SMFICTX *ctx, char *name, char *value)
{
	struct message *message = current(ctx);
	bool wanted = message->outbound ? !strcasecmp(name, "From") ||
						  !strcasecmp(name, "Reply-To")
					: !strcasecmp(name, "To") ||
						  !strcasecmp(name, "Cc");
	size_t at = message->header_count;

	if (!wanted || at == ITEMS_MAX)
		return SMFIS_NOREPLY;
	message->instances[at] = 1;
	for (size_t i = 0; i < at; i++)
		message->instances[at] += !strcasecmp(message->names[i], name);
	message->names[at] = need(strdup(name));
	message->values[at] = need(strdup(value));
	message->header_count++;
	return SMFIS_NOREPLY;
}

/* Writes the value with the targets of its addresses to text. Returns whether
 * it differs. */
static bool edit(const struct rules *rules, const char *value, char *text)
{
	size_t used = 0;
	bool differs = false;

	while (*value && used < VALUE_MAX - 2) {
		const char *open = strchr(value, '<');
		const char *close = open ? strchr(open, '>') : NULL;
		size_t plain =
			close ? (size_t)(open - value) + 1 : strlen(value);
		const char *found = close ? target(rules, open + 1,
						    (size_t)(close - open) - 1)
					  : NULL;
		size_t more = found ? strlen(found) : 0;

		if (plain + more > VALUE_MAX - 2 - used)
			return false;
		memcpy(text + used, value, plain);
		used += plain;
		value += plain;
		if (found) {
			memcpy(text + used, found, more);
			used += more;
			value = close;
			differs = true;
		}
	}
	text[used] = '\0';
	return differs;
}

static const char *of_path(const struct rules *rules, const char *path)
{
	size_t len = strlen(path);

	return len > 2 ? target(rules, path + 1, len - 2) : NULL;
}

static bool apply(SMFICTX *ctx, struct message *message)
{
	char text[VALUE_MAX];
	const struct rules *rules = message->outbound ? &outbound : &inbound;
	const char *found;

	for (size_t i = 0; i < message->recipient_count; i++)
		if (of_path(&inbound, message->recipients[i]) &&
			smfi_delrcpt(ctx, message->recipients[i]) != MI_SUCCESS)
			return false;
	for (size_t i = 0; i < message->recipient_count; i++) {
		found = of_path(&inbound, message->recipients[i]);
		(void)snprintf(text, sizeof text, "<%s>", found ? found : "");
		if (found && smfi_addrcpt(ctx, text) != MI_SUCCESS)
			return false;
	}
	found = message->outbound ? of_path(&outbound, message->sender) : NULL;
	(void)snprintf(text, sizeof text, "<%s>", found ? found : "");
	if (found && smfi_chgfrom(ctx, text, NULL) != MI_SUCCESS)
		return false;
	for (size_t i = message->header_count; i-- > 0;)
		if (edit(rules, message->values[i], text) &&
			smfi_chgheader(ctx, message->names[i],
				message->instances[i], text) != MI_SUCCESS)
			return false;
	return true;
}

static sfsistat on_end(SMFICTX *ctx)
{
	struct message *message = current(ctx);
	bool done = apply(ctx, message);

	forget(message);
	return done ? SMFIS_CONTINUE : SMFIS_TEMPFAIL;
}

static sfsistat on_close(SMFICTX *ctx)
{
	struct message *message = smfi_getpriv(ctx);

	if (message) {
		forget(message);
		free(message);
		(void)smfi_setpriv(ctx, NULL);
	}
	return SMFIS_CONTINUE;
}

int main(int argc, char **argv)
{
	char name[] = "floor";
	struct smfiDesc milter = {
		.xxfi_name = name,
		.xxfi_version = SMFI_VERSION,
		.xxfi_flags = SMFIF_ADDRCPT | SMFIF_DELRCPT | SMFIF_CHGFROM |
			      SMFIF_CHGHDRS | SMFIF_SETSYMLIST,
		.xxfi_envfrom = on_mail,
		.xxfi_envrcpt = on_rcpt,
		.xxfi_header = on_header,
		.xxfi_eom = on_end,
		.xxfi_close = on_close,
		.xxfi_negotiate = on_negotiate,
	};

	if (argc != 4) {
		(void)fprintf(stderr, "usage: floor_milter SOCKET INBOUND.csv "
				      "OUTBOUND.csv\n");
		return 64;
	}
	read_rules(&inbound, argv[2]);
	read_rules(&outbound, argv[3]);
	(void)umask(0);
	if (smfi_setconn(argv[1]) != MI_SUCCESS ||
		smfi_register(milter) != MI_SUCCESS) {
		(void)fprintf(stderr, "floor_milter: libmilter refuses\n");
		return 1;
	}
	return smfi_main() == MI_SUCCESS ? 0 : 1;
}
