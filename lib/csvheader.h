/*
 * csvheader: is this the header row "Source;Target"?
 */
#ifndef READDRESS_CSVHEADER_H
#define READDRESS_CSVHEADER_H

#include "error.h"

/*
 * columns: the first two of the row, of which there are count in all. Any case
 * and blanks around the names are taken, and SourceEmail;TargetEmail.
 * Returns 0, or ERR_BAD with what was found, what was expected, and the option
 * to use where the row seems to have another delimiter.
 */
int csvheader_check(const struct bytes columns[2], unsigned count,
	char delimiter, struct error *error) MUST_CHECK;

#endif
