/*
 * shadow: the notice that the administrator gets while a table is in shadow
 * mode. Tested by tests/e2e/shadow.test.
 */
#ifndef READDRESS_DECISIONLOG_SHADOW_H
#define READDRESS_DECISIONLOG_SHADOW_H

#include "config/config.h"
#include "rules/rule.h"

/* Returns one line, a static string: which option is set to shadow, what this
 * means for mail, and what Postfix needs. Returns NULL if the table is not in
 * shadow mode. */
const char *shadow_notice(const struct config *config, enum rule_table table);

#endif
