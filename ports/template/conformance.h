/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A test of flash drivers, for the one who writes a port: run it once on the target (and on the
 * host, over a simulated device), before the first update. What it reports would otherwise show as
 * an image that does not verify, or worse, as a device that does not start after a power cut.
 *
 * It uses the public headers and mem* only, allocates nothing and prints nothing.
 */
#ifndef OTA_TEMPLATE_CONFORMANCE_H
#define OTA_TEMPLATE_CONFORMANCE_H

#include "ota/port.h"

#ifdef __cplusplus
extern "C" {
#endif

/* X(name, text): what a driver must guarantee. The text says what did not hold. */
#define OTA_CONFORM_MAP(X)                                                                         \
    X(GEOMETRY, "geometry of struct ota_flash contradicts itself or the area")                     \
    X(UNITS, "unit() does not tell the erase units one after the other")                           \
    X(RESULT, "an operation failed, or returned something else than 0")                            \
    X(ERASE_FILLS, "an erased unit does not read as erased bytes")                                 \
    X(ERASE_SPARES, "an erase changed a neighbouring unit")                                        \
    X(WRITE_TAKES, "what was written does not read back")                                          \
    X(WRITE_SPARES, "a write changed bytes beside it")                                             \
    X(READ_ANY, "a read of odd offset or length gave other bytes than a whole one")                \
    X(READ_BOUNDS, "a read wrote behind the end of its buffer")                                    \
    X(REWRITE, "OTA_FLASH_REWRITE is set, but a second write does not replace the first")          \
    X(REFRESH, "OTA_FLASH_REFRESH is set, but writing the same again does not keep it")            \
    X(SLOT, "a slot cannot be marked, confirmed or unmarked")

/* The guarantees, by name. */
enum ota_conform_rule {
#define OTA_CONFORM_ENUM(name, text) OTA_CONFORM_##name,
    OTA_CONFORM_MAP(OTA_CONFORM_ENUM)
#undef OTA_CONFORM_ENUM
        OTA_CONFORM_N_RULES /* how many there are */
};

/* One violation. off counts from the start of the device; rc is what the driver returned. */
typedef void (*ota_conform_tell)(void *arg, enum ota_conform_rule rule, uint32_t off, int rc);

/* Bytes of working memory for a device of that write size. */
#define OTA_CONFORM_WORK_LEN(write_size) (2u * (write_size) + 64u)

/* What to test and with what. */
struct ota_conformance {
    const struct ota_area *area; /* THREE erase units or more, from a unit's start: all is lost */
    uint8_t *work;               /* OTA_CONFORM_WORK_LEN(write size) bytes or more */
    size_t work_len;             /* bytes of it */
    ota_conform_tell tell;       /* called for each violation */
    void *arg;                   /* goes to tell and kick */
    void (*kick)(void *arg);     /* NULL, or feeds the watchdog; called between operations */
};

/*
 * Runs all of it: about twelve erases, and every byte of three erase units is written once. Returns
 * the number of violations, 0 for a driver that conforms; OTA_EARG for a missing setting,
 * OTA_ENOSPC for too little working memory.
 */
int ota_conform_run(const struct ota_conformance *test);

/* Name of a rule as in the source ("ERASE_FILLS"), and its text. Never NULL. */
const char *ota_conform_name(enum ota_conform_rule rule);
const char *ota_conform_text(enum ota_conform_rule rule);

#ifdef __cplusplus
}
#endif
#endif
