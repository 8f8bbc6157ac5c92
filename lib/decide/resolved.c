#include "decide/resolved.h"

#include "mail/postfixfold.h"

/* Returns 1 if both have the same key, 0 if not, or ERR_NOMEM. */
static int same_key(const struct mailbox *a, const struct mailbox *b)
{
	char a_key[ADDRESS_KEY_MAX];
	char b_key[ADDRESS_KEY_MAX];
	int a_len = address_key(a, a_key);
	int b_len = address_key(b, b_key);

	if (a_len == ERR_NOMEM || b_len == ERR_NOMEM)
		return ERR_NOMEM;
	return a_len > 0 && a_len == b_len &&
	       !memcmp(a_key, b_key, (size_t)a_len);
}

/* Returns 1 if resolved differs from the address only by the case that Postfix
 * folds, 0 if it differs more, or ERR_NOMEM. */
static int is_folded(
	const struct mailbox *given, const struct mailbox *resolved)
{
	int same = postfixfold_is_same(
		(struct bytes){ given->local, given->local_len },
		(struct bytes){ resolved->local, resolved->local_len });

	return same == 1 ? postfixfold_is_same((struct bytes){ given->domain,
						       given->domain_len },
				   (struct bytes){ resolved->domain,
					   resolved->domain_len })
			 : same;
}

/* Postfix 3.7 writes {mail_addr} and {rcpt_addr} with the quotes that they
 * need; older ones and other MTAs may write their internal form. */
static bool read_resolved(const char *text, struct mailbox *mailbox)
{
	size_t len = strlen(text);

	return !address_parse(text, len, mailbox, NULL) ||
	       !address_parse_internal(text, len, mailbox);
}

int resolved_mailbox(const char *address, const char *resolved,
	struct mailbox *mailbox, struct bytes *spelt)
{
	struct mailbox other;
	bool given;
	int same;

	*spelt = postfixfold_path(address);
	given = !address_parse(spelt->data, spelt->len, mailbox, NULL);
	if (given && resolved && bytes_equal(*spelt, bytes_of(resolved)))
		return 1;
	if (!resolved || !read_resolved(resolved, &other))
		return given;
	/* If both are the same address, the spelling that came is kept. */
	same = given ? same_key(mailbox, &other) : 0;
	if (given && !same)
		same = is_folded(mailbox, &other);
	if (!same)
		*mailbox = other;
	return same < 0 ? same : 1;
}
