/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers on the command line. */
#ifndef TOOL_NUMBER_H
#define TOOL_NUMBER_H

/*
 * Takes an option's argument: decimal digits only, 1 to max. 0, or -1 after it has told what the
 * option takes; *out is then as it was.
 */
int tool_take_number(const char *option, const char *text, unsigned max, unsigned *out);

#endif
