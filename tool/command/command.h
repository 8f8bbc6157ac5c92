/*
 * command: the functions of the commands, which struct command points to. A
 * file is named after its command, or after the main one of several. Each is
 * tested by the examples of readdress(1) in tests/e2e/examples.test, and by the
 * tests that its file names.
 */
#ifndef READDRESS_TOOL_COMMAND_COMMAND_H
#define READDRESS_TOOL_COMMAND_COMMAND_H

#include "tool.h"

int command_add(struct tool *tool, struct error *error);
int command_adopt(struct tool *tool, struct error *error);
int command_check(struct tool *tool, struct error *error);
int command_convert(struct tool *tool, struct error *error);
int command_delete(struct tool *tool, struct error *error);
int command_diff(struct tool *tool, struct error *error);
int command_dns(struct tool *tool, struct error *error);
int command_doctor(struct tool *tool, struct error *error);
int command_export(struct tool *tool, struct error *error);
int command_help(struct tool *tool, struct error *error);
int command_history(struct tool *tool, struct error *error);
int command_init(struct tool *tool, struct error *error);
int command_invert(struct tool *tool, struct error *error);
int command_list(struct tool *tool, struct error *error);
int command_load(struct tool *tool, struct error *error);
int command_log(struct tool *tool, struct error *error);
int command_lookup(struct tool *tool, struct error *error);
int command_postfix(struct tool *tool, struct error *error);
int command_probe(struct tool *tool, struct error *error);
int command_purge(struct tool *tool, struct error *error);
int command_reload(struct tool *tool, struct error *error);
int command_report(struct tool *tool, struct error *error);
int command_requeue(struct tool *tool, struct error *error);
int command_rewrite(struct tool *tool, struct error *error);
int command_rollback(struct tool *tool, struct error *error);
int command_sample(struct tool *tool, struct error *error);
int command_status(struct tool *tool, struct error *error);
int command_trace(struct tool *tool, struct error *error);

#endif
