/* SPDX-License-Identifier: Apache-2.0 */
#include "common/number.h"

#include "common/log.h"

#include <errno.h>
#include <stdlib.h>

int tool_take_number(const char *option, const char *text, unsigned max, unsigned *out)
{
    char *end;
    unsigned long n;

    errno = 0;
    n = strtoul(text, &end, 10);
    /* strtoul would take signs and white space. */
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || n < 1 || n > max) {
        tool_error("%s takes a number from 1 to %u, not '%s'", option, max, text);
        return -1;
    }
    *out = (unsigned)n;
    return 0;
}
