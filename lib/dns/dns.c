#include "dns/dns.h"

#include "dns/mailpath.h"
#include "dns/security.h"
#include "dns/sending.h"

static const struct {
	const char *id;
	int (*check)(struct survey *survey);
	const char *pass; /* what is found when nothing is wrong */
} checks[] = {
	{ "mx", mailpath_check_mx, "the MX records lead to hosts" },
	{ "role", mailpath_check_role,
		"the MX records are as the role expects" },
	{ "ttl", mailpath_check_ttl, "the TTL of the MX records is right" },
	{ "safe-after", mailpath_check_safe_after, "" },
	{ "spf", sending_check_spf, "SPF passes mail from this relay" },
	{ "dmarc", sending_check_dmarc, "" },
	{ "mta-sts", security_check_mta_sts, "" },
	{ "tlsrpt", security_check_tlsrpt, "" },
	{ "dane", security_check_dane, "" },
	{ "ptr", sending_check_ptr,
		"the addresses of this relay have names that lead back" },
	{ "helo", sending_check_helo,
		"the HELO name of this relay has an address" },
	{ "target-mx", mailpath_check_target, "the target domains take mail" },
	{ "target-mx-loop", mailpath_check_target_loop,
		"no target domain leads back to this relay" },
};

const char *dns_check_name(size_t index)
{
	return index < sizeof checks / sizeof *checks ? checks[index].id : NULL;
}

/* Puts the observation of now behind the others. */
static int append(struct survey *survey, const struct observation *made)
{
	struct observation *list = arena_array(
		survey->diagnosis.arena, survey->count + 1, sizeof *list);

	if (!list)
		return ERR_NOMEM;
	if (survey->count)
		memcpy(list, survey->list, survey->count * sizeof *list);
	/* A clock that was set back: all of it happened before now. */
	for (size_t i = survey->count; i && list[i - 1].time > made->time; i--)
		list[i - 1].time = made->time;
	list[survey->count] = *made;
	survey->list = list;
	survey->count++;
	return 0;
}

int dns_run(struct survey *survey, int64_t now, struct observation *made)
{
	int result = survey_observe(survey, now, made);

	if (result)
		return result;
	if (made->count)
		result = append(survey, made);
	else
		survey->count = 0;
	if (!result)
		result = survey_look(survey);
	for (size_t i = 0; !result && i < sizeof checks / sizeof *checks; i++) {
		survey->diagnosis.id = checks[i].id;
		survey->diagnosis.said = 0;
		result = checks[i].check(survey);
		if (!result && !survey->diagnosis.said)
			result = diagnosis_pass(
				&survey->diagnosis, checks[i].pass);
	}
	return result;
}
