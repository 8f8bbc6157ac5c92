#include "apply.h"

/* Removes const: libmilter's arguments lack it, but are only read. */
static char *unconst(const char *text)
{
	union {
		const char *given;
		char *wanted;
	} same = { text };

	return same.wanted;
}

static int refused(struct error *error, const char *call)
{
	return error_set(error, ERR_IO, "%s was refused", call);
}

/* Makes the deletes before the adds. Postfix's own tables rewrite a recipient
 * that is added, and Postfix drops it if it holds the result already. If that
 * recipient were deleted afterwards, nobody would get the message. A delete
 * also removes a recipient from Postfix's filter of duplicates. */
static int apply_recipients(
	SMFICTX *ctx, const struct decision *decision, struct error *error)
{
	for (size_t i = 0; i < decision->delete_count; i++) {
		if (smfi_delrcpt(ctx, unconst(decision->deletes[i])) !=
			MI_SUCCESS)
			return refused(error, "deleting a recipient");
	}
	for (size_t i = 0; i < decision->add_count; i++) {
		const struct decision_add *add = &decision->adds[i];
		int result;

		if (add->esmtp[0])
			result = smfi_addrcpt_par(ctx, unconst(add->address),
				unconst(add->esmtp));
		else
			result = smfi_addrcpt(ctx, unconst(add->address));
		if (result != MI_SUCCESS)
			return refused(error, "adding a recipient");
	}
	return 0;
}

int apply_decision(SMFICTX *ctx, const struct message *message,
	const struct decision *decision, struct error *error)
{
	int result = apply_recipients(ctx, decision, error);

	if (result < 0)
		return result;
	/* Without arguments (NULL), RET, ENVID and BODY stay as they are. */
	if (decision->sender && smfi_chgfrom(ctx, unconst(decision->sender),
					NULL) != MI_SUCCESS)
		return refused(error, "changing the sender");
	/* The last header is changed first. Postfix looks for each one from the
	 * beginning, and follows two jumps for each header before it that was
	 * changed; after 10,000 jumps it gives up. */
	for (size_t i = decision->header_count; i > 0; i--) {
		const struct decision_header_edit *edit =
			&decision->headers[i - 1];

		/* An empty value would delete the header. */
		if (edit->index >= message->mail.header_count ||
			!edit->value.len)
			return refused(error, "a header edit out of range");
		if (smfi_chgheader(ctx,
			    unconst(message->mail.headers[edit->index]
					    .name.data),
			    message->instances[edit->index],
			    unconst(edit->value.data)) != MI_SUCCESS)
			return refused(error, "changing a header");
	}
	return 0;
}
