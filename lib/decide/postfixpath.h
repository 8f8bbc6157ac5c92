/*
 * postfixpath: what Postfix's smtpd(8) takes for the address in the argument of
 * MAIL FROM and RCPT TO. A recipient is deleted by it, so it must be the same
 * text to the byte. RFC 5321's grammar, by which tables and headers are read,
 * is address_parse's affair.
 */
#ifndef READDRESS_POSTFIXPATH_H
#define READDRESS_POSTFIXPATH_H

#include "base/bytes.h"

/*
 * The argument without the "<" and ">" around it; and then, if it begins with
 * "@", without everything up to the first ":", whether that is a source route
 * or not, in quotes and brackets, too ("@a,:b@c", "@[IPv6:::1]:b@c"). Always
 * succeeds; points into argument.
 */
struct bytes postfixpath_address(const char *argument);

#endif
