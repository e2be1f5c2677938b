/* SPDX-License-Identifier: Apache-2.0 */
/* Stand-in for the platform's header: threads, mutexes and time. */
#ifndef CYABS_RTOS_H
#define CYABS_RTOS_H

#include "cy_result.h"
#include "timers.h" /* applications rely on it */

#ifdef __cplusplus
extern "C" {
#endif

#define CY_RTOS_NEVER_TIMEOUT 0xffffffffu
#define CY_RTOS_TIMEOUT CY_RSLT_CREATE(CY_RSLT_TYPE_ERROR, CY_RSLT_MODULE_ABSTRACTION_OS, 0u)
#define CY_RTOS_NO_MEMORY CY_RSLT_CREATE(CY_RSLT_TYPE_ERROR, CY_RSLT_MODULE_ABSTRACTION_OS, 1u)
#define CY_RTOS_GENERAL_ERROR CY_RSLT_CREATE(CY_RSLT_TYPE_ERROR, CY_RSLT_MODULE_ABSTRACTION_OS, 2u)
#define CY_RTOS_BAD_PARAM CY_RSLT_CREATE(CY_RSLT_TYPE_ERROR, CY_RSLT_MODULE_ABSTRACTION_OS, 5u)

typedef uint32_t cy_time_t; /* milliseconds */

/* Priorities are not used. */
typedef enum {
    CY_RTOS_PRIORITY_MIN,
    CY_RTOS_PRIORITY_LOW,
    CY_RTOS_PRIORITY_BELOWNORMAL,
    CY_RTOS_PRIORITY_NORMAL,
    CY_RTOS_PRIORITY_ABOVENORMAL,
    CY_RTOS_PRIORITY_HIGH,
    CY_RTOS_PRIORITY_REALTIME,
    CY_RTOS_PRIORITY_MAX
} cy_thread_priority_t;

typedef struct cy_posix_thread *cy_thread_t;
typedef struct cy_posix_mutex *cy_mutex_t;
typedef void *cy_thread_arg_t;
typedef void (*cy_thread_entry_fn_t)(cy_thread_arg_t arg);

/* stack and stack_size are not used: the system gives what it gives. */
cy_rslt_t cy_rtos_create_thread(cy_thread_t *thread, cy_thread_entry_fn_t entry, const char *name,
                                void *stack, uint32_t stack_size, cy_thread_priority_t priority,
                                cy_thread_arg_t arg);
/* Waits for the thread's end and releases it. */
cy_rslt_t cy_rtos_join_thread(cy_thread_t *thread);
/* Ends the calling thread; does not return. */
cy_rslt_t cy_rtos_exit_thread(void);

cy_rslt_t cy_rtos_init_mutex(cy_mutex_t *mutex); /* recursive */
cy_rslt_t cy_rtos_get_mutex(cy_mutex_t *mutex, cy_time_t timeout_ms);
cy_rslt_t cy_rtos_set_mutex(cy_mutex_t *mutex);
cy_rslt_t cy_rtos_deinit_mutex(cy_mutex_t *mutex);

cy_rslt_t cy_rtos_get_time(cy_time_t *now_ms);
cy_rslt_t cy_rtos_delay_milliseconds(cy_time_t ms);

#ifdef __cplusplus
}
#endif
#endif
