#include "message/explain.h"

#include <inttypes.h>

#include "decide/leak.h"
#include "print/text.h"

#define COLUMN_MAX 40 /* a wider field moves the rest of its line */

void explain_envelope(
	const struct explain *explain, const char *indent, FILE *file)
{
	const struct decision *decision = explain->decision;

	for (size_t i = 0; i < decision->finding_count; i++) {
		const struct decision_finding *finding = &decision->findings[i];

		if (finding->field == DECISION_HEADER ||
			finding->result != DECISION_REWRITTEN)
			continue;
		(void)fprintf(file, "%s%s=", indent,
			decision_field_name(finding->field));
		text_print_address(file, finding->old);
		(void)fputc(':', file);
		text_print_addresses(file, finding->new);
		(void)fputs(decision_in_shadow(explain->config, finding->table)
				    ? " mode=shadow\n"
				    : "\n",
			file);
	}
}

/* Prints the recipients that the milter would add and delete. A recipient that
 * the message has already is not added; one that is a target, too, is not
 * deleted. */
static void print_recipients(const struct decision *decision, FILE *file)
{
	for (size_t i = 0; i < decision->add_count; i++) {
		(void)fputs("  add     ", file);
		text_print_address(file, bytes_of(decision->adds[i].address));
		(void)fputs(*decision->adds[i].esmtp ? " " : "", file);
		(void)text_print(file, bytes_of(decision->adds[i].esmtp));
		(void)fputc('\n', file);
	}
	for (size_t i = 0; i < decision->delete_count; i++) {
		(void)fputs("  delete  ", file);
		text_print_address(file, bytes_of(decision->deletes[i]));
		(void)fputc('\n', file);
	}
}

static void print_envelope(const struct explain *explain, FILE *file)
{
	const struct decide_message *message = explain->message;
	const struct decision *decision = explain->decision;

	(void)fputs("\nenvelope\n", file);
	if (!message->recipient_count &&
		(!*message->sender || !strcmp(message->sender, "<>")))
		(void)fputs("  not given (-f, -r)\n", file);
	else if (!decision->sender && !decision->add_count &&
		 !decision->delete_count)
		(void)fputs("  stays as it is\n", file);
	explain_envelope(explain, "  ", file);
	print_recipients(decision, file);
}

static struct bytes field_of(
	const struct explain *explain, const struct decision_finding *finding)
{
	if (finding->field == DECISION_HEADER)
		return explain->message->headers[finding->index].name;
	return bytes_of(decision_field_name(finding->field));
}

static int cut_width(int width)
{
	return width < COLUMN_MAX ? width : COLUMN_MAX;
}

static void pad(FILE *file, int printed, int width)
{
	(void)fprintf(
		file, "%*s", printed < width ? width - printed + 2 : 2, "");
}

static void print_rule(const struct decision_finding *finding, FILE *file)
{
	char rule[ADDRESS_TEXT_MAX];

	if (!finding->key.len) {
		(void)fprintf(
			file, "no %s rule", rule_table_name(finding->table));
		return;
	}
	(void)rule_source_text(finding->key, rule);
	(void)fprintf(file, "%s rule ", rule_table_name(finding->table));
	(void)text_print(file, bytes_of(rule));
	(void)fprintf(file, " (%s)", rule_kind_name(finding->kind));
}

static void print_new(const struct decision_finding *finding, FILE *file)
{
	struct bytes rest = finding->new;
	struct bytes one;
	const char *comma = "";

	while (rule_next_target(&rest, &one)) {
		(void)fprintf(file, "%s<", comma);
		(void)text_print(file, one);
		(void)fputc('>', file);
		comma = ", ";
	}
}

static void print_finding(const struct explain *explain,
	const struct decision_finding *finding, int field_width, int old_width,
	FILE *file)
{
	int printed;

	(void)fputs("  ", file);
	printed = text_print_cut(file, field_of(explain, finding));
	pad(file, printed, field_width);
	(void)fputc('<', file);
	printed = text_print_cut(file, finding->old);
	(void)fputc('>', file);
	pad(file, printed, old_width);
	(void)fprintf(file, "%-10s  ", decision_result_name(finding->result));
	if (finding->new.len) {
		print_new(finding, file);
		(void)fputs(" by ", file);
	}
	(void)fputs(decision_reason_text(finding->reason), file);
	if (finding->reason && finding->key.len)
		(void)fputs("; ", file);
	if (!finding->reason || finding->key.len)
		print_rule(finding, file);
	(void)fputs(decision_in_shadow(explain->config, finding->table) &&
				    finding->result == DECISION_REWRITTEN
			    ? " mode=shadow\n"
			    : "\n",
		file);
}

static void print_findings(const struct explain *explain, FILE *file)
{
	const struct decision *decision = explain->decision;
	int field_width = 0;
	int old_width = 0;

	for (size_t i = 0; i < decision->finding_count; i++) {
		const struct decision_finding *finding = &decision->findings[i];
		int field = cut_width(
			text_print_cut(NULL, field_of(explain, finding)));
		int old = cut_width(text_print_cut(NULL, finding->old));

		field_width = field > field_width ? field : field_width;
		old_width = old > old_width ? old : old_width;
	}
	(void)fputs("\naddresses\n", file);
	if (!decision->finding_count)
		(void)fputs("  none was looked at\n", file);
	for (size_t i = 0; i < decision->finding_count; i++)
		print_finding(explain, &decision->findings[i], field_width,
			old_width, file);
}

static void print_headers(const struct explain *explain, FILE *file)
{
	const struct decision *decision = explain->decision;

	(void)fputs("\nheaders\n", file);
	if (!decision->header_count)
		(void)fputs("  stay as they are\n", file);
	for (size_t i = 0; i < decision->header_count; i++) {
		const struct decision_header_edit *edit = &decision->headers[i];
		const struct decide_header *header =
			&explain->message->headers[edit->index];

		text_print_header(file, "  - ", header->name, header->value);
		text_print_header(file, "  + ", header->name, edit->value);
	}
}

static void print_signatures(const struct explain *explain, FILE *file)
{
	const struct signatures *signatures = explain->signatures;

	(void)fputs("\nsignatures\n", file);
	if (!signatures->count)
		(void)fputs("  none\n", file);
	for (size_t i = 0; i < signatures->count; i++) {
		const struct signature *signature = &signatures->items[i];

		(void)fputs(
			signature->covered_count ? "  breaks=" : "  survives=",
			file);
		(void)text_print(file, signature->name);
		(void)fputs(" d=", file);
		(void)text_print_cut(file, signature->domain);
		(void)fputs(" s=", file);
		(void)text_print_cut(file, signature->selector);
		for (size_t n = 0; n < signature->covered_count; n++) {
			(void)fputs(n ? "," : " covers=", file);
			(void)text_print(file, signature->covered[n]);
		}
		(void)fputc('\n', file);
	}
}

static void print_leaks(const struct explain *explain, FILE *file)
{
	const struct decision *leaks = explain->leaks;

	if (!leaks->leak_count)
		return;
	(void)fputs("\ninternal addresses that leave\n", file);
	for (size_t i = 0; i < leaks->leak_count; i++) {
		const struct decision_leak *leak = &leaks->leaks[i];

		(void)fputs("  leak=<", file);
		(void)text_print_cut(file, leak->address);
		(void)fputs("> field=", file);
		if (leak->field == DECISION_LEAK_OTHER)
			(void)text_print_cut(file, leak->header);
		else
			(void)fputs(leak_field_name(leak->field), file);
		(void)fputc('\n', file);
	}
	if (leaks->leak_total > leaks->leak_count)
		(void)fprintf(file, "  %zu more\n",
			leaks->leak_total - leaks->leak_count);
}

struct bytes explain_message_id(const struct decide_message *message)
{
	for (size_t i = 0; i < message->header_count; i++) {
		const struct decide_header *header = &message->headers[i];

		if (bytes_equal_nocase(header->name, bytes_of("Message-ID")))
			return bytes_trim(header->value, BYTES_FWS);
	}
	return (struct bytes){ NULL, 0 };
}

static void print_direction(const struct explain *explain, FILE *file)
{
	enum decision_direction direction = explain->decision->direction;
	enum rule_table table =
		direction == DECISION_OUTBOUND ? RULE_OUTBOUND : RULE_INBOUND;

	if (explain->decision->why == DECISION_WHY_COMMAND)
		(void)fprintf(file,
			"direction   %s, as the command line says; the milter "
			"decides by daemon name, authentication and client "
			"address\n",
			decision_direction_name(direction));
	else
		(void)fprintf(file, "direction   %s, why=%s\n",
			decision_direction_name(direction),
			decision_why_name(explain->decision->why));
	if (explain->decision->refuse) {
		(void)fprintf(file, "refused     %s, for the recipient <",
			decision_reply(explain->decision));
		(void)text_print(file, explain->decision->refused);
		(void)fputs(">\n", file);
	}
	(void)fprintf(file, "generation  %" PRIu64 "\n", explain->generation);
	if (decision_in_shadow(explain->config, table))
		(void)fprintf(file,
			"mode        %s_mode is shadow: the milter does none "
			"of this yet\n",
			rule_table_name(table));
}

void explain_text(const struct explain *explain, FILE *file)
{
	if (!explain->name)
		print_direction(explain, file);
	print_envelope(explain, file);
	print_findings(explain, file);
	print_headers(explain, file);
	print_leaks(explain, file);
	print_signatures(explain, file);
}
