#include "postfix/milterkind.h"

#include <string.h>

static bool holds(struct bytes text, const char *word)
{
	size_t len = strlen(word);

	for (; text.len >= len; text.data++, text.len--)
		if (!strncasecmp(text.data, word, len))
			return true;
	return false;
}

enum milterkind milterkind_of(struct bytes text)
{
	/* The first word that text holds decides. */
	static const struct {
		const char *word;
		enum milterkind kind;
	} words[] = {
		{ "dmarc", MILTERKIND_VERIFIES },
		{ "rspamd", MILTERKIND_VERIFIES },
		{ "spam", MILTERKIND_VERIFIES }, { "spf", MILTERKIND_VERIFIES },
		{ "clam", MILTERKIND_VERIFIES },
		{ "grey", MILTERKIND_VERIFIES },
		{ "amavis", MILTERKIND_VERIFIES },
		{ "mimedefang", MILTERKIND_VERIFIES },
		{ "verif", MILTERKIND_VERIFIES }, { "dkim", MILTERKIND_SIGNS },
		{ "openarc", MILTERKIND_SIGNS }, { "sign", MILTERKIND_SIGNS },
		/* The ports of their packages and manuals. */
		{ ":8893", MILTERKIND_VERIFIES },  /* OpenDMARC */
		{ ":11332", MILTERKIND_VERIFIES }, /* rspamd */
		{ ":8891", MILTERKIND_SIGNS },	   /* OpenDKIM */
		{ ":12301", MILTERKIND_SIGNS },	   /* OpenDKIM */
		{ ":8894", MILTERKIND_SIGNS },	   /* OpenARC */
	};

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (holds(text, words[i].word))
			return words[i].kind;
	return MILTERKIND_UNKNOWN;
}
