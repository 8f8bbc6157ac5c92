#include "print/approval.h"

#include <inttypes.h>
#include <time.h>

#include "approve/when.h"
#include "base/clock.h"
#include "print/terminal.h"

void approval_show(
	const struct approval *approval, int64_t now, char text[APPROVAL_SHOWN])
{
	char when[WHEN_TEXT_MAX];
	char span[WHEN_TEXT_MAX];

	when_show(approval->at, WHEN_ZONE, when);
	if (approval->at <= now) {
		(void)snprintf(text, APPROVAL_SHOWN,
			"generation %" PRIu64 " is approved since %s",
			approval->generation, when);
		return;
	}
	when_span(approval->at - now, span);
	(void)snprintf(text, APPROVAL_SHOWN,
		"generation %" PRIu64 " is approved for %s, in %s",
		approval->generation, when, span);
}

void approval_put(
	struct json *json, const struct approval *approval, int64_t now)
{
	char when[CLOCK_TEXT_MAX];
	char local[WHEN_TEXT_MAX];

	clock_text(approval->at, when);
	when_local(approval->at, WHEN_ZONE, local);
	json_put_generation(json, "generation", approval->generation);
	json_put_digest(json, "digest", approval->digest);
	json_put_text(json, "at", when);
	json_put_text(json, "local", local);
	json_put_number(json, "seconds",
		approval->at > now ? (uint64_t)(approval->at - now) : 0);
}

/* Finds out why the approved generation is not served. */
static int find_fault(
	const struct tool *tool, struct standing *standing, struct error *error)
{
	const struct approval *approval = &standing->approval;
	struct error cause = { .text = "" };
	struct map *map = NULL;
	int code = state_open_generation(
		tool->state, approval->generation, false, &map, &cause);

	if (!code && !approval_is_for(approval, map_meta(map)))
		(void)error_set(&standing->fault, ERR_BAD,
			"generation %" PRIu64 " has the digest %s, but the "
			"approved one is %s",
			approval->generation, map_meta(map)->digest,
			approval->digest);
	map_close(map);
	if (code != ERR_BAD && code != ERR_NOENT && code != ERR_FOREIGN)
		return code ? error_pass(error, code, &cause) : 0;
	standing->fault = cause;
	return 0;
}

int standing_see(const struct tool *tool, uint64_t served, const char *digest,
	struct standing *standing, struct error *error)
{
	const struct approval *approval = &standing->approval;
	struct error cause = { .text = "" };
	int code;

	*standing = (struct standing){ .now = (int64_t)time(NULL) };
	code = approval_read(tool->state, &standing->approval, &cause);
	standing->any = code != 0;
	standing->known = code == 1;
	if (code < 0 && code != ERR_BAD)
		return error_pass(error, code, &cause);
	if (code < 0)
		standing->fault = cause;
	if (code != 1)
		return 0;
	standing->due = approval->at <= standing->now;
	standing->served = served == approval->generation &&
			   (!*digest || !strcmp(digest, approval->digest));
	if (!standing->due || standing->served)
		return 0;
	return find_fault(tool, standing, error);
}

void standing_print(const struct standing *standing)
{
	char text[APPROVAL_SHOWN];

	if (!standing->any)
		return;
	if (!standing->known) {
		terminal_named("approved", "unknown: %s", standing->fault.text);
		return;
	}
	approval_show(&standing->approval, standing->now, text);
	terminal_named(
		"approved", "%s, digest %s", text, standing->approval.digest);
	if (standing->fault.text[0])
		terminal_named("approved", "cannot be served: %s",
			standing->fault.text);
}

void standing_put(
	struct json *json, const char *key, const struct standing *standing)
{
	struct json object;

	if (!standing->any) {
		json_put_null(json, key);
		return;
	}
	json_begin(&object);
	if (standing->known) {
		approval_put(&object, &standing->approval, standing->now);
		json_put_flag(&object, "due", standing->due);
		json_put_flag(&object, "served", standing->served);
	}
	json_put_text(&object, "fault",
		standing->fault.text[0] ? standing->fault.text : NULL);
	json_put_object(json, key, &object);
}

int standing_judge(const struct standing *standing, uint64_t served,
	uint64_t newest, struct error *error)
{
	const struct approval *approval = &standing->approval;
	char text[APPROVAL_SHOWN];

	if (!standing->known)
		return error_pass(error, ERR_BAD, &standing->fault);
	if (standing->served || (!standing->due && served == newest))
		return 0;
	approval_show(approval, standing->now, text);
	if (!standing->due)
		return error_set(error, ERR_NOTFOUND,
			"the milter serves generation %" PRIu64 ", and %s; "
			"`readdress reload --cancel` cancels this",
			served, text);
	return error_set(error, ERR_NOTFOUND,
		"%s, but the milter serves generation %" PRIu64 "%s%s; "
		"`readdress reload --generation N` approves another one",
		text, served, standing->fault.text[0] ? ": " : "",
		standing->fault.text[0] ? standing->fault.text
					: "; `readdress log` says why");
}
