/* SPDX-License-Identifier: Apache-2.0 */
/* The names of Zephyr's kernel that docs/integrating-zephyr.md uses, so that its code compiles. */
#ifndef OTA_TEST_ZEPHYR_KERNEL_H
#define OTA_TEST_ZEPHYR_KERNEL_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
    int64_t ticks;
} k_timeout_t;
typedef uint8_t k_thread_stack_t;
typedef struct k_thread *k_tid_t;
typedef void (*k_thread_entry_t)(void *a, void *b, void *c);

struct k_sem {
    unsigned count;
};
struct k_thread {
    int id;
};

#define K_MSEC(ms) ((k_timeout_t){(int64_t)(ms)})
#define K_NO_WAIT ((k_timeout_t){0})
#define K_THREAD_STACK_DEFINE(name, size) static k_thread_stack_t name[size]
#define K_THREAD_STACK_SIZEOF(name) sizeof(name)

int64_t k_uptime_get(void);
int k_sem_init(struct k_sem *sem, unsigned count, unsigned limit);
int k_sem_take(struct k_sem *sem, k_timeout_t timeout);
void k_sem_give(struct k_sem *sem);
k_tid_t k_thread_create(struct k_thread *thread, k_thread_stack_t *stack, size_t size,
                        k_thread_entry_t entry, void *a, void *b, void *c, int priority,
                        uint32_t options, k_timeout_t delay);

#endif
