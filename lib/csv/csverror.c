#include "csv/csverror.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define KEPT CSVERROR_SHOWN

struct csverror {
	uint64_t total;
	unsigned kept;
	struct {
		uint32_t line;
		char text[ERROR_TEXT_MAX];
	} first[KEPT]; /* ascending by line */
};

struct csverror *csverror_open(void)
{
	return calloc(1, sizeof(struct csverror));
}

void csverror_close(struct csverror *errors)
{
	free(errors);
}

void csverror_add(
	struct csverror *errors, uint32_t line, const char *format, ...)
{
	unsigned at = errors->kept;
	va_list args;

	errors->total++;
	while (at && errors->first[at - 1].line > line)
		at--;
	if (at == KEPT)
		return;
	if (errors->kept < KEPT)
		errors->kept++;
	memmove(&errors->first[at + 1], &errors->first[at],
		(errors->kept - at - 1) * sizeof errors->first[0]);
	errors->first[at].line = line;
	va_start(args, format);
	(void)vsnprintf(errors->first[at].text, sizeof errors->first[at].text,
		format, args);
	va_end(args);
}

uint64_t csverror_complain(const struct csverror *errors, const char *name,
	void (*complain)(void *context, const char *line), void *context)
{
	struct error line;

	if (!complain)
		return errors->total;
	for (unsigned i = 0; i < errors->kept; i++) {
		(void)error_set(&line, ERR_BAD, "%s:%" PRIu32 ": %s", name,
			errors->first[i].line, errors->first[i].text);
		complain(context, line.text);
	}
	if (errors->total > errors->kept) {
		uint64_t more = errors->total - errors->kept;

		(void)error_set(&line, ERR_BAD, "%s: %" PRIu64 " more error%s",
			name, more, more == 1 ? "" : "s");
		complain(context, line.text);
	}
	return errors->total;
}
