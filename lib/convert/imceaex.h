/*
 * imceaex: the address under which Exchange sends a reply to an X500 address
 * out of its organisation: "IMCEAEX-_o=Org_cn=Bob+20Owen@a.com". Tested by
 * tests/unit/convert/test_convert.c.
 */
#ifndef READDRESS_CONVERT_IMCEAEX_H
#define READDRESS_CONVERT_IMCEAEX_H

#include "base/bytes.h"

#define IMCEAEX_MAX 1024

/* Writes the address for an X500 address and a domain: "/" becomes "_",
 * letters, digits, "=" and "-" stay, and each other byte becomes "+" and two
 * hexadecimal digits. Returns the length without the NUL; 0 if it needs
 * IMCEAEX_MAX bytes or more. */
size_t imceaex_write(
	struct bytes x500, struct bytes domain, char out[IMCEAEX_MAX]);

#endif
