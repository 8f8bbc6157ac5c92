#include "convert/record.h"

#include "base/array.h"

const char *record_left_text(enum record_left left)
{
	static const char *const texts[RECORD_LEFTS] = {
		[RECORD_LEFT_X500] = "X500 addresses",
		[RECORD_LEFT_OTHER] =
			"SIP and other addresses that are not for "
			"mail",
		[RECORD_LEFT_ALIAS] = "aliases (only the primary address is "
				      "shown to outsiders)",
		[RECORD_LEFT_NO_TARGET] =
			"mailboxes without an address outside "
			"the domains of --domain",
		[RECORD_LEFT_NO_SOURCE] = "mailboxes without an address in a "
					  "domain of --domain",
		[RECORD_LEFT_NO_PRIMARY] =
			"mailboxes without a primary address "
			"in a domain of --domain",
		[RECORD_LEFT_DOMAIN] = "rows of other domains than --domain "
				       "names",
		[RECORD_LEFT_MANY] =
			"rows with several targets (outbound rules "
			"have one)",
		[RECORD_LEFT_ONE_WAY] = "entries that are for outbound mail "
					"alone",
		[RECORD_LEFT_LOCAL] = "rows with a name without a domain",
		[RECORD_LEFT_MARK] = "rows that only name a domain of "
				     "virtual(5)",
		[RECORD_LEFT_EMPTY] = "rows without a source or a target",
		[RECORD_LEFT_REFUSED] = "rows that no table accepts",
	};

	return texts[left];
}

static int no_memory(struct error *error)
{
	return error_set(error, ERR_NOMEM, "out of memory");
}

struct record *records_add(struct records *records, uint32_t line)
{
	struct record *longer = array_grow_in(records->arena, records->list,
		records->count, &records->room, sizeof *longer);

	if (!longer)
		return NULL;
	records->list = longer;
	longer[records->count] = (struct record){ .line = line };
	return &longer[records->count++];
}

int record_add(struct records *records, struct record *record,
	enum record_kind kind, struct bytes text, struct error *error)
{
	struct record_address *longer =
		array_grow_in(records->arena, record->addresses, record->count,
			&record->room, sizeof *longer);

	if (!longer)
		return no_memory(error);
	record->addresses = longer;
	longer[record->count++] = (struct record_address){ kind, text };
	return 0;
}

int records_pair(struct records *records, uint32_t line, struct bytes source,
	struct bytes target, struct error *error)
{
	struct record_pair *longer = array_grow_in(records->arena,
		records->pairs, records->pair_count, &records->pair_room,
		sizeof *longer);

	if (!longer)
		return no_memory(error);
	records->pairs = longer;
	longer[records->pair_count++] =
		(struct record_pair){ line, source, target };
	return 0;
}
