/*
 * shadow: what people are told while a table is in shadow mode.
 */
#ifndef READDRESS_DECISIONLOG_SHADOW_H
#define READDRESS_DECISIONLOG_SHADOW_H

#include "config/config.h"
#include "rules/rule.h"

/* One line, static: which option says so, what it means for mail, and what
 * Postfix needs then. NULL when the table is not in shadow mode. */
const char *shadow_notice(const struct config *config, enum rule_table table);

#endif
