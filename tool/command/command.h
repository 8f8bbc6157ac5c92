/*
 * command: the commands, each as struct command's run. A file bears the name of
 * its command, or of the chief one among several.
 */
#ifndef READDRESS_TOOL_COMMAND_COMMAND_H
#define READDRESS_TOOL_COMMAND_COMMAND_H

#include "tool.h"

int command_add(struct tool *tool, struct error *error);
int command_check(struct tool *tool, struct error *error);
int command_delete(struct tool *tool, struct error *error);
int command_diff(struct tool *tool, struct error *error);
int command_export(struct tool *tool, struct error *error);
int command_help(struct tool *tool, struct error *error);
int command_history(struct tool *tool, struct error *error);
int command_init(struct tool *tool, struct error *error);
int command_invert(struct tool *tool, struct error *error);
int command_list(struct tool *tool, struct error *error);
int command_load(struct tool *tool, struct error *error);
int command_log(struct tool *tool, struct error *error);
int command_lookup(struct tool *tool, struct error *error);
int command_purge(struct tool *tool, struct error *error);
int command_reload(struct tool *tool, struct error *error);
int command_rewrite(struct tool *tool, struct error *error);
int command_rollback(struct tool *tool, struct error *error);
int command_sample(struct tool *tool, struct error *error);
int command_status(struct tool *tool, struct error *error);

#endif
