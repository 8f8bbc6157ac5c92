#include "message/explain.h"

#include "print/json.h"
#include "decide/leak.h"

static void begin(
	struct json *json, const struct explain *explain, const char *type)
{
	json_begin(json);
	json_put_text(json, "type", type);
	json_put_text(json, "message", explain->name);
}

static json_t *put_one(json_t *array, struct bytes text)
{
	if (array && json_array_append_new(array, json_bytes(text))) {
		json_decref(array);
		return NULL;
	}
	return array;
}

static int print_message(const struct explain *explain, struct error *error)
{
	const struct decision *decision = explain->decision;
	struct bytes id = explain_message_id(explain->message);
	json_t *adds = json_array();
	json_t *deletes = json_array();
	struct json json;

	for (size_t i = 0; i < decision->add_count; i++)
		adds = put_one(adds, bytes_of(decision->adds[i].address));
	for (size_t i = 0; i < decision->delete_count; i++)
		deletes = put_one(deletes, bytes_of(decision->deletes[i]));
	begin(&json, explain, "message");
	if (id.len)
		json_put_bytes(&json, "message_id", id);
	else
		json_put_null(&json, "message_id");
	json_put_text(&json, "direction",
		decision_direction_name(decision->direction));
	json_put_text(&json, "why", decision_why_name(decision->why));
	if (decision->refuse)
		json_put_bytes(&json, "refused", decision->refused);
	else
		json_put_null(&json, "refused");
	json_put_text(&json, "reply",
		decision->refuse ? decision_reply(decision) : NULL);
	json_put_number(&json, "generation", explain->generation);
	json_put_flag(&json, "changed", decision_changes(decision));
	json_put_flag(&json, "shadow",
		decision_in_shadow(explain->config,
			decision->direction == DECISION_OUTBOUND
				? RULE_OUTBOUND
				: RULE_INBOUND));
	json_put_text(&json, "sender", decision->sender);
	json_put(&json, "add", adds);
	json_put(&json, "delete", deletes);
	return json_end(&json, error);
}

static int print_finding(const struct explain *explain,
	const struct decision_finding *finding, struct error *error)
{
	struct json json;
	char rule[ADDRESS_TEXT_MAX];

	begin(&json, explain, "address");
	if (finding->field == DECISION_HEADER)
		json_put_bytes(&json, "field",
			explain->message->headers[finding->index].name);
	else
		json_put_text(
			&json, "field", decision_field_name(finding->field));
	json_put_row(&json, "address", finding->old);
	json_put_text(&json, "result", decision_result_name(finding->result));
	if (finding->new.len)
		json_put_row(&json, "new", finding->new);
	else
		json_put_null(&json, "new");
	json_put_text(&json, "table", rule_table_name(finding->table));
	if (finding->key.len) {
		(void)rule_source_text(finding->key, rule);
		json_put_row(&json, "rule", bytes_of(rule));
		json_put_text(&json, "kind", rule_kind_name(finding->kind));
	} else {
		json_put_null(&json, "rule");
		json_put_null(&json, "kind");
	}
	json_put_text(&json, "why",
		finding->reason ? decision_reason_text(finding->reason) : NULL);
	json_put_flag(&json, "shadow",
		decision_in_shadow(explain->config, finding->table));
	return json_end(&json, error);
}

static int print_header(const struct explain *explain,
	const struct decision_header_edit *edit, struct error *error)
{
	const struct decide_header *header =
		&explain->message->headers[edit->index];
	struct json json;

	begin(&json, explain, "header");
	json_put_bytes(&json, "name", header->name);
	json_put_bytes(&json, "before", header->value);
	json_put_bytes(&json, "after", edit->value);
	return json_end(&json, error);
}

static int print_signature(const struct explain *explain,
	const struct signature *signature, struct error *error)
{
	json_t *covered = json_array();
	struct json json;

	for (size_t i = 0; i < signature->covered_count; i++)
		covered = put_one(covered, signature->covered[i]);
	begin(&json, explain, "signature");
	json_put_bytes(&json, "name", signature->name);
	json_put_bytes(&json, "domain", signature->domain);
	json_put_bytes(&json, "selector", signature->selector);
	json_put_flag(&json, "breaks", signature->covered_count > 0);
	json_put(&json, "headers", covered);
	return json_end(&json, error);
}

static int print_leak(const struct explain *explain,
	const struct decision_leak *leak, struct error *error)
{
	struct json json;

	begin(&json, explain, "leak");
	if (leak->field == DECISION_LEAK_OTHER)
		json_put_bytes(&json, "field", leak->header);
	else
		json_put_text(&json, "field", leak_field_name(leak->field));
	json_put_bytes(&json, "address", leak->address);
	return json_end(&json, error);
}

int explain_json(const struct explain *explain, struct error *error)
{
	const struct decision *decision = explain->decision;
	const struct signatures *signatures = explain->signatures;
	int code = print_message(explain, error);

	for (size_t i = 0; !code && i < decision->finding_count; i++)
		code = print_finding(explain, &decision->findings[i], error);
	for (size_t i = 0; !code && i < decision->header_count; i++)
		code = print_header(explain, &decision->headers[i], error);
	for (size_t i = 0; !code && i < explain->leaks->leak_count; i++)
		code = print_leak(explain, &explain->leaks->leaks[i], error);
	for (size_t i = 0; !code && i < signatures->count; i++)
		code = print_signature(explain, &signatures->items[i], error);
	return code;
}
