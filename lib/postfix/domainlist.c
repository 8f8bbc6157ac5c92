#include "postfix/domainlist.h"

#include "postfix/words.h"

/* True if the whole name is below the parent: "a.example" below "example". */
static bool is_below(struct bytes name, struct bytes parent)
{
	size_t front = name.len - parent.len;

	return parent.len && name.len > parent.len + 1 &&
	       name.data[front - 1] == '.' &&
	       bytes_equal_nocase(
		       (struct bytes){ name.data + front, parent.len }, parent);
}

static bool word_matches(
	struct bytes word, struct bytes domain, enum domainlist_parents parents)
{
	if (bytes_equal_nocase(word, domain))
		return true;
	if (parents == DOMAINLIST_INCLUDING)
		return is_below(domain, word);
	return parents == DOMAINLIST_DOTTED && word.len && *word.data == '.' &&
	       is_below(domain, (struct bytes){ word.data + 1, word.len - 1 });
}

/* True if Postfix gives the table the whole name alone, as it does where the
 * table holds patterns. */
static bool has_patterns(struct bytes table)
{
	return bytes_take(&table, "regexp:") || bytes_take(&table, "pcre:") ||
	       bytes_take(&table, "cidr:");
}

static int table_matches(struct bytes table, struct bytes domain,
	enum domainlist_parents parents, domainlist_ask *ask, void *context)
{
	int found = ask ? ask(context, table, domain) : -1;

	if (parents == DOMAINLIST_EXACT || has_patterns(table))
		return found;
	for (size_t at = 1; !found && at < domain.len; at++) {
		size_t from = parents == DOMAINLIST_INCLUDING ? at + 1 : at;

		if (domain.data[at] == '.')
			found = ask(context, table,
				(struct bytes){ domain.data + from,
					domain.len - from });
	}
	return found;
}

enum domainlist_answer domainlist_match(const char *list, struct bytes domain,
	enum domainlist_parents parents, domainlist_ask *ask, void *context)
{
	struct bytes rest = bytes_of(list);
	struct bytes word;
	bool unknown = false;

	while (words_next(&rest, WORDS_OF_LIST, &word)) {
		bool other = *word.data == '!';
		int found;

		/* The first word that matches decides. */
		while (word.len && *word.data == '!') {
			word.data++;
			word.len--;
		}
		if (word.len && *word.data == '/')
			found = -1;
		else if (memchr(word.data, ':', word.len))
			found = table_matches(
				word, domain, parents, ask, context);
		else
			found = word_matches(word, domain, parents);
		if (found > 0 && other)
			return unknown ? DOMAINLIST_UNKNOWN : DOMAINLIST_NO;
		if (found > 0)
			return DOMAINLIST_YES;
		if (found < 0 && other)
			return DOMAINLIST_UNKNOWN;
		unknown = unknown || found < 0;
	}
	return unknown ? DOMAINLIST_UNKNOWN : DOMAINLIST_NO;
}
