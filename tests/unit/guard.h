/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that ends at a page which must not be touched: a read one byte too far ends the test. */
#ifndef OTA_TEST_UNIT_GUARD_H
#define OTA_TEST_UNIT_GUARD_H

#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "unit/test.h"

struct guard {
    uint8_t *end; /* first byte that must not be touched */
    void *map;
    size_t size;
};

/* Makes room for up to cap bytes in front of the page. */
static inline void guard_init(struct guard *g, size_t cap)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t room = (cap + page - 1) / page * page;

    g->size = room + page;
    g->map = mmap(NULL, g->size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(g->map != MAP_FAILED);
    g->end = (uint8_t *)g->map + room;
    assert_int_equal(mprotect(g->end, page, PROT_NONE), 0);
}

static inline void guard_free(struct guard *g)
{
    assert_int_equal(munmap(g->map, g->size), 0);
}

#endif
