/*
 * others: whether the test may become another user and give files to him. An
 * ordinary user may not, nor may root in a user namespace without other users.
 */
#ifndef READDRESS_OTHERS_H
#define READDRESS_OTHERS_H

#include <stdbool.h>

/* True if we are root and can become the user and the group with this number.
 */
bool others_can_be(unsigned long number);

#endif
