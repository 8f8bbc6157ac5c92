#include "doctor/references.h"

#include "diagnosis/remedy.h"

/* True if the value refers to the parameter: $name, ${name...}, $(name). */
static bool refers(const char *value, const char *name)
{
	size_t len = strlen(name);

	for (; (value = strchr(value, '$')); value++) {
		const char *at = value + 1;

		at += *at == '{' || *at == '(';
		if (!strncmp(at, name, len) && at[len] != '_' &&
			!(at[len] >= 'a' && at[len] <= 'z') &&
			!(at[len] >= '0' && at[len] <= '9'))
			return true;
	}
	return false;
}

/* Cuts the next $readdress_… off the value. Returns false when there is none.
 */
static bool next_reference(const char **value, struct bytes *name)
{
	static const char ours[] = "readdress_";

	while ((*value = strchr(*value, '$'))) {
		const char *at = *value + 1;

		at += *at == '{' || *at == '(';
		*value = at;
		if (strncmp(at, ours, strlen(ours)) != 0)
			continue;
		*name = (struct bytes){ at,
			strspn(at, "abcdefghijklmnopqrstuvwxyz_0123456789") };
		*value += name->len;
		return true;
	}
	return false;
}

/* Returns a parameter of ours that main.cf sets and whose name differs from
 * this one by a letter or two; NULL if there is none. */
static const char *near_name(
	const struct diagnosis *diagnosis, struct bytes wrong)
{
	const char *name;

	for (size_t i = 0; postfix_setting(diagnosis->written, i, &name); i++) {
		size_t len = strlen(name);
		size_t front = 0;
		size_t back = 0;

		if (strncmp(name, "readdress_", 10) != 0)
			continue;
		while (front < len && front < wrong.len &&
			name[front] == wrong.data[front])
			front++;
		while (back < len - front && back < wrong.len - front &&
			name[len - back - 1] ==
				wrong.data[wrong.len - back - 1])
			back++;
		if (len - front - back <= 2 && wrong.len - front - back <= 2)
			return name;
	}
	return NULL;
}

/* Returns the command for a reference to nothing. */
static const char *define(struct diagnosis *diagnosis,
	const struct postfix_service *service, struct bytes name)
{
	const char *near = near_name(diagnosis, name);
	const char *right = near ? diagnosis_text(diagnosis, "%s", near) : NULL;

	if (bytes_equal(name, bytes_of("readdress_milter")))
		return diagnosis_text(diagnosis,
			"postconf -e 'readdress_milter = { %s, "
			"default_action=tempfail }' && postfix reload",
			diagnosis_endpoint(diagnosis));
	if (right)
		return remedy_replace(diagnosis, service, name, right,
			diagnosis_text(diagnosis, "write $%s for $%.*s", right,
				(int)name.len, name.data));
	return "readdress postfix --apply";
}

static int say_undefined(struct diagnosis *diagnosis,
	const struct postfix_service *service, struct bytes name)
{
	return diagnosis_say(diagnosis, DIAGNOSIS_FAIL,
		diagnosis_text(diagnosis,
			"$%.*s is used, and not defined in this instance",
			(int)name.len, name.data),
		"Postfix takes it for empty without a word: mail passes "
		"un-rewritten, or is refused",
		define(diagnosis, service, name));
}

int references_check(struct diagnosis *diagnosis)
{
	const struct postfix *written = diagnosis->written;
	const char *name;
	const char *value;
	int result = 0;

	for (size_t i = 0;
		!result && (value = postfix_setting(written, i, NULL)); i++) {
		struct bytes reference;

		while (!result && value && next_reference(&value, &reference)) {
			const char *text = diagnosis_text(diagnosis, "%.*s",
				(int)reference.len, reference.data);

			if (!text)
				return ERR_NOMEM;
			if (!postfix_overrides(written, NULL, text))
				result = say_undefined(diagnosis,
					postfix_setting_service(written, i),
					reference);
		}
	}
	/* What nothing refers to may be what is misspelt elsewhere. */
	for (size_t i = 0; !result && !diagnosis->said &&
			   postfix_setting(written, i, &name);
		i++) {
		bool used = false;

		if (strncmp(name, "readdress_", 10) != 0 ||
			strstr(name, "_destination_"))
			continue;
		for (size_t k = 0;
			!used && (value = postfix_setting(written, k, NULL));
			k++)
			used = refers(value, name);
		if (!used)
			result = diagnosis_say(diagnosis, DIAGNOSIS_WARN,
				diagnosis_text(diagnosis,
					"%s is defined, and nothing refers to "
					"it",
					name),
				"what it is for is not done: somebody took "
				"the reference out, or has not put it in yet",
				diagnosis_text(diagnosis,
					"postconf -X %s && postfix reload (or "
					"refer to it by $%s where it belongs)",
					name, name));
	}
	return result;
}
