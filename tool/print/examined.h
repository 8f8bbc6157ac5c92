/*
 * examined: what the last `readdress doctor` found, kept in
 * state_dir/doctor.json for `readdress status`: one object with "time",
 * "level", the worst of all levels, and "checks", an array of what doctor
 * --json prints. Tested by tests/e2e/doctor.test.
 */
#ifndef READDRESS_TOOL_PRINT_EXAMINED_H
#define READDRESS_TOOL_PRINT_EXAMINED_H

#include "base/clock.h"
#include "diagnosis/diagnosis.h"
#include "print/json.h"
#include "tool.h"

/* What is kept of one run. Zero at first; examined_free() it. */
struct examined {
	json_t *checks;
	enum diagnosis_level worst;
	bool failed; /* memory was exhausted */
};

/* Adds a finding. instance may be NULL: there is only one. */
void examined_add(struct examined *examined,
	const struct diagnosis_finding *finding, const char *instance);

/* Writes the file, unless this user may not, or there is no state_dir: then the
 * one of before stays, and nothing is said. */
void examined_keep(const struct examined *examined, const struct tool *tool);
void examined_free(struct examined *examined);

/* Puts what is known of a finding into a JSON object. */
void examined_put(struct json *json, const struct diagnosis_finding *finding,
	const char *instance);

/* What status says about the last run. */
struct examined_last {
	char time[CLOCK_TEXT_MAX]; /* "": there is none, or it cannot be read */
	char level[8];
	char id[32];	 /* of the first check with this level; "" if PASS */
	char found[512]; /* what it found, cut */
};

void examined_read(const struct tool *tool, struct examined_last *last);

/* Prints the line of status, or puts "doctor": an object, or null. */
void examined_print(const struct examined_last *last);
void examined_put_last(const struct examined_last *last, struct json *json);

#endif
