#include "kit/torture.h"

void torture_tell(struct torture_told *told, const char *format, ...)
{
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(told->text + told->used, TORTURE_TOLD - told->used,
		format, args);
	va_end(args);
	assert_true(len >= 0 && (size_t)len < TORTURE_TOLD - told->used);
	told->used += (size_t)len;
}

unsigned torture_descriptors(void)
{
	unsigned count = 0;

	for (int fd = 0; fd < 32; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

static char *torture_files(const struct torture *torture)
{
	return torture->files ? torture->files(torture->context) : NULL;
}

static void torture_same(const struct torture *torture, long n,
	const char *what, const char *found, const char *expected)
{
	if (found && strcmp(found, expected) != 0)
		fail_msg("%s, allocation %ld%s: %s:\n%s\n--- instead of\n%s",
			torture->name, n / 2 + 1, n % 2 ? " and on" : "", what,
			found, expected);
}

bool torture_once(const struct torture *torture,
	const struct torture_whole *whole, long n)
{
	struct torture_told told = { "", 0 };
	struct error error = { .text = "" };
	char *files;
	int code;

	allocfail.failed = 0;
	allocfail.for_good = n >= 0 && n % 2;
	allocfail.countdown = n >= 0 ? n / 2 + 1 : 0;
	code = torture->run(torture->context, &told, &error);
	allocfail.countdown = 0;
	if (code != whole->code &&
		(n < 0 || code != ERR_NOMEM || !allocfail.failed ||
			(!error.text[0] && !torture->no_text)))
		fail_msg("%s, allocation %ld%s: %d \"%s\"", torture->name,
			n / 2 + 1, n % 2 ? " and on" : "", code, error.text);
	if (torture_descriptors() != whole->descriptors ||
		allocfail.mapped != whole->mapped)
		fail_msg("%s, allocation %ld: a descriptor or mapping is left",
			torture->name, n / 2 + 1);
	/* The files before the second call of two have been compared already.
	 */
	files = n >= 0 || torture->halves ? torture_files(torture) : NULL;
	if (code == whole->code) {
		torture_same(torture, n, "told", told.text, whole->told.text);
		torture_same(torture, n, "files", files, whole->after);
	} else if (!torture->halves) {
		torture_same(torture, n, "files", files, whole->before);
	}
	free(files);
	return code != whole->code;
}

static void torture_restore(const struct torture *torture)
{
	if (torture->restore)
		torture->restore(torture->context);
}

static void torture_run(const struct torture *torture)
{
	struct torture_whole whole = { .told = { "", 0 } };
	struct error error = { .text = "" };
	long refused = 0;
	long tried = 0;
	bool changes;

	/* Twice, because libraries keep what they load at the first call. */
	for (int i = 0; i < 2; i++) {
		free(whole.before);
		torture_restore(torture);
		whole.before = torture_files(torture);
		whole.told = (struct torture_told){ "", 0 };
		allocfail.count = 0;
		whole.code =
			torture->run(torture->context, &whole.told, &error);
		whole.needed = allocfail.count;
		if (whole.code < 0 && whole.code != torture->code)
			fail_msg("%s: %d %s", torture->name, whole.code,
				error.text);
	}
	whole.after = torture_files(torture);
	whole.descriptors = torture_descriptors();
	whole.mapped = allocfail.mapped;
	changes = torture->files && strcmp(whole.before, whole.after) != 0;
	assert_true(whole.needed > 0);
	for (long n = 0; n < 2 * whole.needed;
		n += torture->step && n % 2 ? 2 * (long)torture->step - 1 : 1) {
		if (changes || torture->halves)
			torture_restore(torture);
		tried++;
		if (torture_once(torture, &whole, n)) {
			refused++;
			(void)torture_once(torture, &whole, -1);
		}
	}
	print_message("%s: %ld allocations, %ld of %ld calls refused\n",
		torture->name, whole.needed, refused, tried);
	assert_true(refused > tried / 4);
	free(whole.before);
	free(whole.after);
}

void torture_all(const struct torture *tortures, size_t count)
{
	if (!ALLOCFAIL)
		skip();
	for (size_t i = 0; i < count; i++)
		torture_run(&tortures[i]);
}
