/*
 * style: the style sheet of a page, style.css. The build makes a source of it.
 * Tested by tests/e2e/page.test and tests/page.
 */
#ifndef READDRESS_TOOL_REPORT_STYLE_H
#define READDRESS_TOOL_REPORT_STYLE_H

#include <stddef.h>

/* Its bytes, without a NUL after them, and their number. */
extern const char style_text[];
extern const size_t style_len;

#endif
