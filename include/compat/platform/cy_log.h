/* SPDX-License-Identifier: Apache-2.0 */
/* Stand-in for the platform's header: log with levels by facility. All functions: any thread. */
#ifndef CY_LOG_H
#define CY_LOG_H

#include <stdarg.h>

#include "cy_result.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
    CY_LOG_OFF = 0,
    CY_LOG_ERR = 1,
    CY_LOG_WARNING = 2,
    CY_LOG_NOTICE = 3,
    CY_LOG_INFO = 4,
    CY_LOG_DEBUG = 5,
    CY_LOG_DEBUG1 = 6,
    CY_LOG_DEBUG2 = 7,
    CY_LOG_DEBUG3 = 8,
    CY_LOG_DEBUG4 = 9,
    CY_LOG_PRINTF = 10,
    CY_LOG_MAX
} CY_LOG_LEVEL_T;

typedef enum {
    CYLF_DEF = 0,
    CYLF_TEST = 1,
    CYLF_DRIVER = 2,
    CYLF_LP = 3,
    CYLF_MIDDLEWARE = 4,
    CYLF_AUDIO = 5,
    CYLF_MAX
} CY_LOG_FACILITY_T;

/* Takes a finished line. Its result is not looked at. */
typedef int (*log_output)(CY_LOG_FACILITY_T facility, CY_LOG_LEVEL_T level, char *message);
/* Gives the time in milliseconds. */
typedef cy_rslt_t (*platform_get_time)(uint32_t *time);

/* Sets all facilities to a level. output NULL: standard output; time NULL: no time stamps. */
cy_rslt_t cy_log_init(CY_LOG_LEVEL_T level, log_output output, platform_get_time get_time);
cy_rslt_t cy_log_shutdown(void);
/* Other ones from now on; NULL as for cy_log_init. */
cy_rslt_t cy_log_set_platform_output(log_output output);
cy_rslt_t cy_log_set_platform_time(platform_get_time get_time);
cy_rslt_t cy_log_set_facility_level(CY_LOG_FACILITY_T facility, CY_LOG_LEVEL_T level);
cy_rslt_t cy_log_set_all_levels(CY_LOG_LEVEL_T level);
CY_LOG_LEVEL_T cy_log_get_facility_level(CY_LOG_FACILITY_T facility);

#if defined(__GNUC__)
#define CY_LOG_FORMAT(at, from) __attribute__((format(printf, at, from)))
#else
#define CY_LOG_FORMAT(at, from)
#endif

/* Formats and hands out a message if the facility's level is that high. */
cy_rslt_t cy_log_msg(CY_LOG_FACILITY_T facility, CY_LOG_LEVEL_T level, const char *fmt, ...)
    CY_LOG_FORMAT(3, 4);
/* The same whatever the levels are. */
cy_rslt_t cy_log_printf(const char *fmt, ...) CY_LOG_FORMAT(1, 2);
cy_rslt_t cy_log_vprintf(const char *fmt, va_list ap) CY_LOG_FORMAT(1, 0);

#ifdef __cplusplus
}
#endif
#endif
