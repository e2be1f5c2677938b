/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The device that the model is about: two chips in memory, a bootloader, an agent, a server. What
 * is on flash is made from a moment of the model, and is told in the model's terms.
 */
#ifndef OTA_TEST_MODEL_WORLD_H
#define OTA_TEST_MODEL_WORLD_H

#include "graph.h"
#include "ota/agent.h"
#include "ota/boot.h"
#include "unit/fake_peer.h"

#define UNIT 4096u
#define W 8u        /* write unit */
#define SECTORS 4u  /* as the swap status counts them */
#define IMAGE 6096u /* bytes of each image: one unit, and half of the other */

/* Units, as flash.pml numbers them. */
enum { U_P0, U_P1, U_P_TRAILER, U_S0, U_S1, U_S_TRAILER, U_SCRATCH, U_LOG, U_COUNTER };

/* How an operation is cut. */
enum tear {
    TEAR_BEFORE,
    TEAR_FIRST_HALF,
    TEAR_SECOND_HALF,
    TEAR_PART,
    TEAR_BITS,
    TEAR_AFTER,
    TEARS
};

struct chip {
    struct ota_flash flash;
    uint8_t mem[6 * UNIT]; /* internal: primary, scratch, log (2); external: secondary */
};

/*
 * Called for each operation, with the unit's content before and after it in a chip's memory; NULL:
 * the counter, of which before and after are one byte. Leaves there what is so afterwards; false:
 * the power has gone.
 */
typedef bool (*observe_fn)(uint8_t kind, uint8_t unit, uint8_t *mem, const uint8_t *before,
                           const uint8_t *after);

struct world {
    struct chip internal, external;
    uint32_t counter;
    bool is_overwrite;
    observe_fn observe;
    uint8_t images[4][2 * UNIT]; /* by version, erased behind their end */
    bool is_lost;                /* the network will be, after the next record of the log */
    bool is_off;                 /* the power is */
    bool is_reset;               /* the agent wants it */
    uint32_t random;             /* seed of everything that is left open */
    char now[FLASH_LEN];         /* what is on flash */
    struct ota_boot_config boot;
    struct ota_boot_counter boot_counter;
    struct ota_slot primary, secondary;
    struct ota_area journal;
    struct ota_config config;
    struct ota_agent agent;
    struct fake_peer peer;
    uint64_t now_ms;
};

extern struct world world;

/* An empty chip of so many bytes; the memory is the caller's. */
void chip_init(struct chip *chip, uint32_t size);

void world_init(bool is_overwrite, observe_fn observe);
uint32_t world_random(uint32_t limit);

/* Makes a unit what a cut leaves of its change. */
void world_tear(enum tear tear, uint8_t *mem, const uint8_t *before, const uint8_t *after);

/* Puts on flash what the model says; what it leaves open is random. */
void world_put(const char *flash);
/* Tells a unit anew in world.now; world_tell: all of them. */
void world_tell_unit(uint8_t unit);
void world_tell(void);

/* Runs the bootloader: version, 0 if the power went, or an error. */
int world_boot(void);

/* The application of this version starts: 0, or an error of the agent. good: it confirms itself;
 * reject: or it tells that it is bad. */
int world_start(bool good, bool reject, bool permanent);

/* One session with a server that offers a version (0: none), damages the image, or is gone after
 * the first piece. */
enum trouble { NO_TROUBLE, DAMAGE, OUTAGE };
void world_session(uint8_t offered, enum trouble trouble);

#endif
