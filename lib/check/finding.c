#include "check/finding.h"

#include <stdarg.h>
#include <stdio.h>

static const char *const kind_names[CHECK_KINDS] = {
	[CHECK_NO_INVERSE] = "no-inverse",
	[CHECK_NOT_INVERSE] = "not-inverse",
	[CHECK_CHAIN] = "chain",
	[CHECK_LOOP] = "loop",
	[CHECK_MANY] = "many-to-one",
	[CHECK_CATCHALL] = "catch-all",
	[CHECK_SMTPUTF8] = "smtputf8",
	[CHECK_NO_EFFECT] = "no-effect",
	[CHECK_NO_OUTBOUND] = "no-outbound",
	[CHECK_NAMESAKES] = "namesakes",
	[CHECK_UNLISTED] = "unlisted",
	[CHECK_MISSPELT] = "misspelt",
	[CHECK_ONE_LABEL] = "one-label",
	[CHECK_REFUSED] = "refused",
	[CHECK_NOT_SERVED] = "not-served",
};

const char *finding_kind_name(enum check_kind kind)
{
	return kind < CHECK_KINDS ? kind_names[kind] : "";
}

const char *finding_severity_name(enum check_severity severity)
{
	static const char *const names[CHECK_SEVERITIES] = { "FAIL", "WARN",
		"INFO" };

	return severity < CHECK_SEVERITIES ? names[severity] : "";
}

void finding_say(char text[FINDING_TEXT], const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, FINDING_TEXT, format, args);
	va_end(args);
}

int finding_report(struct finding_run *check, const struct finding_rule *rule,
	enum check_kind kind, enum check_severity severity, const char *why,
	const char *advice)
{
	struct check_finding finding = { kind, severity, rule->table,
		rule->source, rule->target, why, advice };
	int result = check->options->found(check->options->context, &finding);

	check->stopped = result != 0;
	return result;
}

int finding_read(enum rule_table table, const struct rule *rule,
	struct finding_rule *read)
{
	struct bytes rest = rule_value_targets(rule->value);
	bool star = rule->key.len > 1 && rule->key.data[1] == '*' &&
		    rule_key_is_domain(rule->key);

	read->table = table;
	read->rule = *rule;
	read->kind = rule_value_kind(rule->value);
	if (read->kind == RULE_KINDS || !rule_next_target(&rest, &read->target))
		return ERR_BAD;
	read->several = rest.len > 0;
	(void)rule_source_text(rule->key, read->source);
	read->from.key_len = 0;
	return star ? 0 : node_read(bytes_of(read->source), &read->from);
}

void finding_path(char path[FINDING_TEXT], const char *next)
{
	size_t used = strlen(path);

	(void)snprintf(path + used, FINDING_TEXT - used, "%s%.100s",
		used ? " -> " : "", next);
}

void finding_path_to(char path[FINDING_TEXT], const struct node *node)
{
	char text[ADDRESS_TEXT_MAX];

	node_text(node, text);
	finding_path(path, text);
}
