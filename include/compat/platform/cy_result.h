/* SPDX-License-Identifier: Apache-2.0 */
/* Stand-in for the platform's header: result values and how they are made up. */
#ifndef CY_RESULT_H
#define CY_RESULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* module (14 bits) | type (2 bits) | code (16 bits) */
typedef uint32_t cy_rslt_t;

typedef enum {
    CY_RSLT_TYPE_INFO = 0,
    CY_RSLT_TYPE_WARNING = 1,
    CY_RSLT_TYPE_ERROR = 2,
    CY_RSLT_TYPE_FATAL = 3,
} cy_en_rslt_type_t;

#define CY_RSLT_SUCCESS ((cy_rslt_t)0u)
#define CY_RSLT_CREATE(type, module, code)                                                         \
    ((((cy_rslt_t)(module)&0x3fffu) << 18) | (((cy_rslt_t)(type)&0x3u) << 16) |                    \
     ((cy_rslt_t)(code)&0xffffu))
#define CY_RSLT_GET_MODULE(result) (((cy_rslt_t)(result) >> 18) & 0x3fffu)
#define CY_RSLT_GET_TYPE(result) (((cy_rslt_t)(result) >> 16) & 0x3u)
#define CY_RSLT_GET_CODE(result) ((cy_rslt_t)(result)&0xffffu)

#define CY_RSLT_MODULE_ABSTRACTION_OS 0x0102u
#define CY_RSLT_MODULE_MIDDLEWARE_BASE 0x0200u

#endif
