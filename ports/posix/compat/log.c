/* SPDX-License-Identifier: Apache-2.0 */
/* cy_log.h: levels by facility, one line at a time. */
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>

#include "cy_log.h"

#define LINE_MAX 512

static int levels[CYLF_MAX]; /* atomic access only */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static log_output output; /* under lock, like the next */
static platform_get_time get_time;

cy_rslt_t cy_log_set_platform_output(log_output out)
{
    (void)pthread_mutex_lock(&lock);
    output = out;
    (void)pthread_mutex_unlock(&lock);
    return CY_RSLT_SUCCESS;
}

cy_rslt_t cy_log_set_platform_time(platform_get_time time_fn)
{
    (void)pthread_mutex_lock(&lock);
    get_time = time_fn;
    (void)pthread_mutex_unlock(&lock);
    return CY_RSLT_SUCCESS;
}

static void set_output(log_output out, platform_get_time time_fn)
{
    (void)cy_log_set_platform_output(out);
    (void)cy_log_set_platform_time(time_fn);
}

cy_rslt_t cy_log_init(CY_LOG_LEVEL_T level, log_output out, platform_get_time time_fn)
{
    set_output(out, time_fn);
    return cy_log_set_all_levels(level);
}

cy_rslt_t cy_log_shutdown(void)
{
    set_output(NULL, NULL);
    return cy_log_set_all_levels(CY_LOG_OFF);
}

cy_rslt_t cy_log_set_facility_level(CY_LOG_FACILITY_T facility, CY_LOG_LEVEL_T level)
{
    if ((unsigned)facility >= CYLF_MAX || (unsigned)level >= CY_LOG_MAX) {
        return CY_RSLT_CREATE(CY_RSLT_TYPE_ERROR, CY_RSLT_MODULE_MIDDLEWARE_BASE, 1u);
    }
    __atomic_store_n(&levels[facility], (int)level, __ATOMIC_RELAXED);
    return CY_RSLT_SUCCESS;
}

cy_rslt_t cy_log_set_all_levels(CY_LOG_LEVEL_T level)
{
    cy_rslt_t result = CY_RSLT_SUCCESS;

    for (int i = 0; i < CYLF_MAX && result == CY_RSLT_SUCCESS; i++) {
        result = cy_log_set_facility_level((CY_LOG_FACILITY_T)i, level);
    }
    return result;
}

CY_LOG_LEVEL_T cy_log_get_facility_level(CY_LOG_FACILITY_T facility)
{
    return (unsigned)facility < CYLF_MAX
               ? (CY_LOG_LEVEL_T)__atomic_load_n(&levels[facility], __ATOMIC_RELAXED)
               : CY_LOG_OFF;
}

/* A longer line is cut. */
static void put_line(CY_LOG_FACILITY_T facility, CY_LOG_LEVEL_T level, const char *fmt, va_list ap)
{
    char line[LINE_MAX];
    uint32_t now = 0;
    int len = 0;

    (void)pthread_mutex_lock(&lock);
    if (get_time != NULL && get_time(&now) == CY_RSLT_SUCCESS) {
        len = snprintf(line, sizeof line, "%u.%03u: ", (unsigned)(now / 1000),
                       (unsigned)(now % 1000));
    }
    if (len >= 0 && vsnprintf(line + len, sizeof line - (size_t)len, fmt, ap) >= 0) {
        if (output != NULL) {
            (void)output(facility, level, line);
        } else {
            (void)fputs(line, stdout);
        }
    }
    (void)pthread_mutex_unlock(&lock);
}

cy_rslt_t cy_log_msg(CY_LOG_FACILITY_T facility, CY_LOG_LEVEL_T level, const char *fmt, ...)
{
    va_list ap;

    if (level > cy_log_get_facility_level(facility)) {
        return CY_RSLT_SUCCESS;
    }
    va_start(ap, fmt);
    put_line(facility, level, fmt, ap);
    va_end(ap);
    return CY_RSLT_SUCCESS;
}

cy_rslt_t cy_log_vprintf(const char *fmt, va_list ap)
{
    put_line(CYLF_DEF, CY_LOG_PRINTF, fmt, ap);
    return CY_RSLT_SUCCESS;
}

cy_rslt_t cy_log_printf(const char *fmt, ...)
{
    va_list ap;
    cy_rslt_t result;

    va_start(ap, fmt);
    result = cy_log_vprintf(fmt, ap);
    va_end(ap);
    return result;
}
