/*
 * columns: two columns of any CSV, one with sources and one with targets.
 * Tested by tests/unit/convert/test_convert.c and tests/e2e/convert.test.
 */
#ifndef READDRESS_CONVERT_COLUMNS_H
#define READDRESS_CONVERT_COLUMNS_H

#include "convert/sheet.h"

/*
 * Reads the rows after the header row into pairs: each address of the source
 * column with the targets of the other one. For outbound, the address in the
 * target column becomes the primary address in the source column: the one with
 * "SMTP:", or the only one. Names without both names are Source and Target.
 * Returns 0; ERR_BAD with a text that begins with the line, also if there is no
 * such column; or ERR_NOMEM.
 */
int columns_read(struct sheet *sheet, const struct csvstart_columns *names,
	bool outbound, struct records *records, struct error *error) MUST_CHECK;

#endif
