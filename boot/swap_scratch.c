/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Swap using scratch. From the end of the larger image to its start, chunk by chunk:
 *
 *     state 1   erase scratch, copy the secondary's chunk there
 *     state 2   erase the secondary's chunk, copy the primary's there
 *     state 3   erase the primary's chunk, copy scratch there
 *
 * Each state is recorded when it is complete. It begins with an erase of what it writes and reads
 * only what is complete, so it can be begun again at any moment.
 *
 * The first chunk is special. Usually it does not touch the trailer of the primary slot, which is
 * prepared before the chunk. If it does ("big"), states 1 and 2 are recorded in scratch's trailer,
 * and the primary's is written after state 3. For a while both are good; see find_swap.
 */
#include "flash/area.h"
#include "internal.h"
#include "ota/err.h"

#define STATES 3u

static const struct ota_boot_store *store(const struct ota_boot *b)
{
    return b->config->mode->store;
}

/* First byte of the erase units that the primary's trailer needs for itself. */
static uint32_t trailer_units(const struct ota_boot *b)
{
    return ota_boot_unit_begin(&b->config->primary, store(b)->data_end(b->config));
}

/* ---- Chunks ---------------------------------------------------------------------------------- */

/* Goes on to the next chunk, towards the start; chunk_off is where the last one began. */
static int next_chunk(struct ota_boot *b)
{
    const struct ota_boot_config *c = b->config;
    uint32_t end;
    int rc;

    b->chunk_end = b->chunk_off;
    rc = ota_boot_chunk(c, b->chunk_end, &b->chunk_off);
    if (rc != 0) {
        return rc;
    }
    b->index++;
    b->state = 1;
    b->is_big = b->index == 1 && b->chunk_end > trailer_units(b);
    end = b->is_big ? store(b)->data_end(c) : b->chunk_end;
    if (end <= b->chunk_off) {
        return OTA_ESTATE;
    }
    b->copy_len = end - b->chunk_off;
    return 0;
}

/* The first chunk ends where both slots have a boundary behind the larger image. */
static int first_chunk(struct ota_boot *b)
{
    int rc = ota_boot_boundary(b->config, b->swap_size, &b->chunk_off);

    b->index = 0;
    return rc == 0 ? next_chunk(b) : rc;
}

static void plan_fill(struct ota_boot *b)
{
    const struct ota_boot_config *c = b->config;

    ota_boot_plan_copy(b, &c->secondary, &c->scratch, b->chunk_off, b->copy_len);
    b->copy.to_off = 0;
}

static int fill_scratch(struct ota_boot *b, uint8_t phase)
{
    const struct ota_area *scratch = &b->config->scratch;
    struct ota_trailer t;
    uint32_t end = scratch->size;
    int rc;

    if (phase == 0) {
        rc = store(b)->read(b, OTA_BOOT_SCRATCH, &t);
        if (rc != 0) {
            return rc;
        }
        if (!b->is_big) {
            plan_fill(b);
            if (t.magic != OTA_FIELD_SET && !ota_boot_is_doubtful(b, scratch)) {
                end = ota_boot_unit_end(scratch, b->copy_len - 1);
            }
        }
        ota_boot_plan_erase_backwards(b, scratch, 0, end);
        return 1;
    }
    if (phase > 1 || !b->is_big) {
        return 0;
    }
    rc = store(b)->put_big(b, OTA_BOOT_SCRATCH);
    plan_fill(b);
    return rc == 0 ? 1 : rc;
}

static int move_old(struct ota_boot *b, uint8_t phase)
{
    const struct ota_boot_config *c = b->config;

    if (phase == 0) {
        ota_boot_plan_erase(b, &c->secondary, b->chunk_off,
                            b->is_big ? c->secondary.size : b->chunk_end);
        ota_boot_plan_copy(b, &c->primary, &c->secondary, b->chunk_off, b->copy_len);
        return 1;
    }
    if (b->index == 1 && !b->is_big) {
        return store(b)->clear(b, OTA_BOOT_SECONDARY, (uint8_t)(phase - 1));
    }
    return 0;
}

static int move_new(struct ota_boot *b, uint8_t phase)
{
    const struct ota_boot_config *c = b->config;

    if (phase == 0) {
        ota_boot_plan_erase_backwards(b, &c->primary, b->chunk_off,
                                      b->is_big ? c->primary.size : b->chunk_end);
        ota_boot_plan_copy(b, &c->scratch, &c->primary, 0, b->copy_len);
        b->copy.to_off = b->chunk_off;
        return 1;
    }
    return b->is_big ? store(b)->put_big(b, OTA_BOOT_PRIMARY) : 0;
}

/*
 * After a big chunk: makes scratch's trailer unusable before scratch is used again. A torn erase
 * may leave its magic good while data is gone. That is harmless to us, since find_swap prefers the
 * primary's now; the third entry tells MCUboot as well that there is nothing left to copy.
 */
static int drop_scratch(struct ota_boot *b, uint8_t phase)
{
    struct ota_trailer t;
    uint32_t n;
    int rc;

    if (b->index > 1) {
        return 0;
    }
    if (phase > 0) {
        return store(b)->clear(b, OTA_BOOT_SCRATCH, (uint8_t)(phase - 1));
    }
    rc = store(b)->read(b, OTA_BOOT_SCRATCH, &t);
    if (rc == 0) {
        rc = store(b)->scan(b, OTA_BOOT_SCRATCH, &n);
    }
    if (rc == 0 && t.magic == OTA_FIELD_SET && n == STATES - 1) {
        rc = store(b)->put(b, OTA_BOOT_SCRATCH, n, STATES);
    }
    return rc == 0 ? 1 : rc;
}

/* Does the work of the current state, records it, and goes on to the next one. */
static int run_state(struct ota_boot *b)
{
    static int (*const states[])(struct ota_boot *, uint8_t) = {fill_scratch, move_old, move_new,
                                                                drop_scratch};
    int rc = states[b->state - 1](b, b->phase++);

    if (rc != 0) {
        return rc;
    }
    if (b->state <= STATES) {
        rc = store(b)->put(b, b->is_big && b->state < STATES ? OTA_BOOT_SCRATCH : OTA_BOOT_PRIMARY,
                           (b->index - 1u) * STATES + b->state - 1u, b->state);
    }
    if (rc != 0) {
        return rc;
    }
    b->phase = 0;
    b->state++;
    if (b->state <= STATES || (b->state == STATES + 1 && b->is_big)) {
        return 1;
    }
    if (b->chunk_off == 0) {
        return ota_boot_go(b, ota_boot_finish);
    }
    rc = next_chunk(b);
    return rc == 0 ? 1 : rc;
}

static int prepare(struct ota_boot *b)
{
    int rc = store(b)->prepare(b, b->phase++);

    return rc == 0 ? ota_boot_go(b, run_state) : rc;
}

static int start(struct ota_boot *b)
{
    int rc = first_chunk(b);

    return rc == 0 ? ota_boot_go(b, b->is_big ? run_state : prepare) : rc;
}

/* ---- Interrupted swaps ----------------------------------------------------------------------- */

struct status {
    struct ota_trailer trailer;
    uint32_t n; /* states completed */
};

static int read_status(const struct ota_boot *b, enum ota_boot_where where, struct status *s)
{
    int rc = store(b)->read(b, where, &s->trailer);

    return rc == 0 ? store(b)->scan(b, where, &s->n) : rc;
}

/*
 * Which trailer tells of an interrupted swap, if one does. Both do only around a big chunk: before
 * its state 3 the primary's is an old one, if it is one at all; after it the primary's holds
 * exactly the states of that chunk, and scratch may be half erased.
 */
static int find_swap(const struct ota_boot *b, enum ota_boot_where *where, struct status *found)
{
    struct status primary;
    int rc = read_status(b, OTA_BOOT_PRIMARY, &primary);
    bool is_primary, is_scratch;

    rc = rc == 0 ? read_status(b, OTA_BOOT_SCRATCH, found) : rc;
    if (rc != 0) {
        return rc;
    }
    is_primary =
        ota_boot_is_swap(b, &primary.trailer) && primary.trailer.copy_done == OTA_FIELD_UNSET;
    is_scratch = ota_boot_is_swap(b, &found->trailer);
    if (is_primary &&
        (!is_scratch || primary.n == STATES - 1 || primary.n == STATES || found->n == 0)) {
        *where = OTA_BOOT_PRIMARY;
        *found = primary;
    } else {
        *where = is_scratch ? OTA_BOOT_SCRATCH : OTA_BOOT_NOWHERE;
    }
    return 0;
}

/* Goes to the first state that is not complete after n of them. */
static int seek(struct ota_boot *b, uint32_t n)
{
    uint32_t index = (n + STATES - 1) / STATES;
    int rc = first_chunk(b);

    while (rc == 0 && b->index < index) {
        rc = b->chunk_off == 0 ? OTA_ESTATE : next_chunk(b);
    }
    b->state = (uint8_t)(n - (index - 1) * STATES + 1);
    return rc;
}

static int resume(struct ota_boot *b)
{
    struct status f;
    enum ota_boot_where where;
    int rc = find_swap(b, &where, &f);

    if (rc != 0 || where == OTA_BOOT_NOWHERE) {
        return rc;
    }
    b->swap_size = f.trailer.swap_size;
    b->type = (enum ota_swap_type)f.trailer.swap_info;
    b->result.is_resumed = true;
    rc = store(b)->firm == NULL ? 0 : store(b)->firm(b, where, f.n);
    if (rc != 0) {
        return rc;
    }
    if (f.n == 0) {
        return ota_boot_restart(b, b->type, where);
    }
    rc = seek(b, f.n);
    if (rc != 0) {
        /* The status counts more than the slots hold: nothing that can be gone on with. */
        b->result.refused = rc;
        return ota_boot_go(b, ota_boot_settle);
    }
    if (b->config->encryption != NULL) {
        rc = b->config->encryption->ops->resume(b, where);
        if (rc != 0) {
            return rc;
        }
    }
    b->result.type = b->type;
    return ota_boot_go(b, run_state);
}

static int check_trailer(const struct ota_boot_config *c)
{
    return ota_boot_trailer_check(c, true);
}

static uint32_t max_image_trailer(const struct ota_boot_config *c)
{
    return ota_boot_store_trailer.max_image(c);
}

const struct ota_boot_mode ota_boot_swap_scratch = {
    .store = &ota_boot_store_trailer,
    .is_swap = true,
    .uses_scratch = true,
    .entries = STATES,
    .check = check_trailer,
    .fits = ota_boot_fits,
    .max_image = max_image_trailer,
    .resume = resume,
    .start = start,
};

static uint32_t max_image_partition(const struct ota_boot_config *c)
{
    return ota_boot_store_partition.max_image(c);
}

/* The mailboxes must lie behind a boundary, where no chunk reaches. */
static int fits_partition(const struct ota_boot_config *c)
{
    uint32_t limit = ota_boot_store_partition.max_image(c), end;
    int rc = ota_boot_fits(c);

    rc = rc == 0 ? ota_boot_boundary(c, limit, &end) : rc;
    return rc == 0 && end != limit ? OTA_ESIZE : rc;
}

const struct ota_boot_mode ota_boot_swap_status_scratch = {
    .store = &ota_boot_store_partition,
    .is_swap = true,
    .uses_scratch = true,
    .entries = STATES,
    .check = ota_boot_partition_check,
    .fits = fits_partition,
    .max_image = max_image_partition,
    .resume = resume,
    .start = start,
};
