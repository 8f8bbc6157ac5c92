#include "dns/policy.h"

#define BLANKS " \t"

/* Removes the next "tag=value" from a list with ";". Returns 1; 0 at the end;
 * -1 if it has no "=". */
static int next_tag(struct bytes *rest, struct bytes *tag, struct bytes *value)
{
	while (rest->len) {
		struct bytes part = bytes_trim(bytes_cut(rest, ';'), BLANKS);
		struct bytes whole = part;

		if (!part.len)
			continue;
		*tag = bytes_trim(bytes_cut(&part, '='), BLANKS);
		*value = bytes_trim(part, BLANKS);
		return tag->len < whole.len &&
				       memchr(whole.data, '=', whole.len)
			       ? 1
			       : -1;
	}
	return 0;
}

static bool is(struct bytes text, const char *word)
{
	return bytes_equal_nocase(text, bytes_of(word));
}

/* Removes the version, which must come first. */
static bool take_version(struct bytes *text, const char *version)
{
	struct bytes tag;
	struct bytes value;

	return next_tag(text, &tag, &value) > 0 && is(tag, "v") &&
	       bytes_equal(value, bytes_of(version));
}

static bool is_dmarc_policy(struct bytes value)
{
	return is(value, "none") || is(value, "quarantine") ||
	       is(value, "reject");
}

enum policy_found policy_read_dmarc(
	struct bytes text, struct policy_dmarc *dmarc)
{
	struct bytes tag;
	struct bytes value;
	int found;

	*dmarc = (struct policy_dmarc){ .strict_dkim = false };
	if (!take_version(&text, "DMARC1"))
		return POLICY_NONE;
	while ((found = next_tag(&text, &tag, &value)) > 0) {
		if (is(tag, "p"))
			dmarc->policy = value;
		else if (is(tag, "sp"))
			dmarc->subdomain = value;
		else if (is(tag, "adkim"))
			dmarc->strict_dkim = is(value, "s");
		else if (is(tag, "aspf"))
			dmarc->strict_spf = is(value, "s");
	}
	if (!dmarc->subdomain.len)
		dmarc->subdomain = dmarc->policy;
	if (found < 0 || !is_dmarc_policy(dmarc->policy) ||
		!is_dmarc_policy(dmarc->subdomain))
		return POLICY_DAMAGED;
	return POLICY_FOUND;
}

enum policy_found policy_read_sts_record(struct bytes text, struct bytes *id)
{
	struct bytes tag;
	struct bytes value;
	int found;

	*id = (struct bytes){ NULL, 0 };
	if (!take_version(&text, "STSv1"))
		return POLICY_NONE;
	while ((found = next_tag(&text, &tag, &value)) > 0)
		if (is(tag, "id"))
			*id = value;
	return found < 0 || !id->len || id->len > 32 ? POLICY_DAMAGED
						     : POLICY_FOUND;
}

/* Removes the next "key: value" line. Returns false at the end. */
static bool next_line(
	struct bytes *rest, struct bytes *key, struct bytes *value)
{
	while (rest->len) {
		struct bytes line =
			bytes_trim(bytes_cut(rest, '\n'), BYTES_FWS);

		if (!line.len)
			continue;
		*key = bytes_trim(bytes_cut(&line, ':'), BLANKS);
		*value = bytes_trim(line, BLANKS);
		return true;
	}
	return false;
}

enum policy_found policy_read_sts(struct bytes text, struct policy_sts *sts)
{
	struct bytes key;
	struct bytes value;
	bool version = false;
	bool age = false;
	bool mx = false;

	*sts = (struct policy_sts){ .text = text };
	while (next_line(&text, &key, &value)) {
		uint64_t seconds;

		if (bytes_equal(key, bytes_of("version")))
			version = bytes_equal(value, bytes_of("STSv1"));
		else if (bytes_equal(key, bytes_of("mode")) && !sts->mode.len)
			sts->mode = value;
		else if (bytes_equal(key, bytes_of("max_age")))
			age = bytes_number(&value, 10, &seconds) && !value.len;
		else if (bytes_equal(key, bytes_of("mx")))
			mx = mx || value.len;
	}
	if (!version)
		return POLICY_NONE;
	if (is(sts->mode, "none") && age)
		return POLICY_FOUND;
	return age && mx &&
			       (is(sts->mode, "enforce") ||
				       is(sts->mode, "testing"))
		       ? POLICY_FOUND
		       : POLICY_DAMAGED;
}

bool policy_sts_lists(const struct policy_sts *sts, const char *host)
{
	struct bytes rest = sts->text;
	struct bytes name = bytes_trim(bytes_of(host), ".");
	struct bytes above = name;
	struct bytes key;
	struct bytes value;

	(void)bytes_cut(&above, '.');
	while (next_line(&rest, &key, &value)) {
		if (!bytes_equal(key, bytes_of("mx")))
			continue;
		if (bytes_take(&value, "*.") ? bytes_equal_nocase(value, above)
					     : bytes_equal_nocase(value, name))
			return true;
	}
	return false;
}

enum policy_found policy_read_tlsrpt(struct bytes text)
{
	struct bytes tag;
	struct bytes value;
	bool addressed = false;
	int found;

	if (!take_version(&text, "TLSRPTv1"))
		return POLICY_NONE;
	while ((found = next_tag(&text, &tag, &value)) > 0)
		if (is(tag, "rua"))
			addressed = bytes_take(&value, "mailto:") ||
				    bytes_take(&value, "https:");
	return found < 0 || !addressed ? POLICY_DAMAGED : POLICY_FOUND;
}
