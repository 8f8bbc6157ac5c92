/*
 * fuzz: what every target defines. A target is a file fuzz_NAME.c; libFuzzer
 * calls it (preset fuzz), or replay.c with the files of corpus/NAME. What must
 * not be ends the program.
 */
#ifndef READDRESS_FUZZ_H
#define READDRESS_FUZZ_H

#include <stddef.h>
#include <stdint.h>

#include "kit/holds.h"

/* Always returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FUZZ_CHECK HOLDS

#endif
