#include "diagnosis/tally.h"

int tally_add(struct tally *tally, struct tally_names *names, struct bytes name)
{
	if (names->count++ >= TALLY_NAMED_MAX)
		return 0;
	names->text = diagnosis_text(tally->diagnosis, "%s%s%.*s",
		names->count > 1 ? names->text : "",
		names->count > 1 ? ", " : "", (int)name.len, name.data);
	return names->text ? 0 : ERR_NOMEM;
}

const char *tally_tell(struct tally *tally, const struct tally_names *names)
{
	if (names->count <= TALLY_NAMED_MAX)
		return names->text;
	return diagnosis_text(tally->diagnosis, "%s and %zu more", names->text,
		names->count - TALLY_NAMED_MAX);
}

const char *tally_value(const struct tally *tally, const char *name)
{
	return postfix_value(tally->diagnosis->postfix, NULL, name);
}

int tally_begin(struct tally *tally, struct diagnosis *diagnosis)
{
	*tally = (struct tally){ .diagnosis = diagnosis };
	return map_reader_open(&tally->reader, diagnosis->map);
}

int tally_end(struct tally *tally, int result)
{
	map_reader_close(tally->reader);
	if (result != ERR_IO && result != ERR_BAD)
		return result;
	return diagnosis_say(tally->diagnosis, DIAGNOSIS_SKIP,
		"the map cannot be read; readdress status says why", "", "");
}

int tally_say_unknown(struct tally *tally, const char *what)
{
	if (!tally->unknown.count)
		return 0;
	return diagnosis_say(tally->diagnosis, DIAGNOSIS_SKIP,
		diagnosis_text(tally->diagnosis,
			"cannot know %s, which a table that cannot be asked "
			"here decides: %s%s",
			what, tally_tell(tally, &tally->unknown),
			diagnosis_hint(tally->diagnosis)),
		"", "");
}

bool tally_is_relayed(struct tally *tally, struct bytes domain)
{
	return diagnosis_match(tally->diagnosis, "relay_domains", domain,
		       diagnosis_parents(tally->diagnosis, "relay_domains")) ==
	       DOMAINLIST_YES;
}
