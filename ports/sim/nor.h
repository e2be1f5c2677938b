/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A NOR flash device in a file, for running devices on a host.
 *
 * It refuses what hardware refuses: writes that are not whole write units, writes to units that
 * are not erased (unless a write replaces the row), erases that do not begin at a unit, anything
 * out of range. It counts operations, and it can lose its power at any one of them.
 *
 * Host code: not thread-safe.
 */
#ifndef OTA_SIM_NOR_H
#define OTA_SIM_NOR_H

#include "ota/port.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Operations on a region of a device. An erase counts where its unit begins to overlap. */
struct ota_nor_count {
    uint64_t erases;
    uint64_t writes;
    uint64_t bytes_written;
    uint64_t bytes_erased;
};

/* A region whose operations are counted by themselves; the regions of a device are disjoint. */
struct ota_nor_region {
    uint32_t off;
    uint32_t size;
    struct ota_nor_count count;
};

/* Never cut. */
#define OTA_NOR_NO_CUT UINT64_MAX

/*
 * The power supply that the devices of one board share. An operation is the erase of one unit or
 * one write call. Operation number cut_at (from 0) is not done, or half done if torn is set: the
 * first half of its bytes is programmed, or the first half of the unit erased. From then on every
 * operation, reads included, fails with OTA_EFLASH. on_cut, if set, is called at the cut and may
 * leave the process; if it returns the operation fails.
 */
struct ota_nor_power {
    uint64_t ops;         /* operations begun, unless they are counted elsewhere: */
    uint64_t *shared_ops; /* NULL, or the counter that this process shares with others */
    uint64_t cut_at;
    bool torn;
    bool is_off;
    void (*on_cut)(void *ctx);
    void *ctx;
};

/* Power that stays on, counters at zero. */
void ota_nor_power_init(struct ota_nor_power *power);

struct ota_nor_config {
    const char *name; /* for messages */
    const char *path; /* the file; NULL: memory only, erased */
    bool is_private;  /* works on a copy in memory: the file is not changed, nor created */
    uint32_t size;    /* bytes; a multiple of erase_size */
    uint32_t erase_size;
    uint32_t write_size;
    uint8_t erased;
    bool is_row_write;          /* OTA_FLASH_REWRITE */
    uint32_t erase_us;          /* time one unit's erase takes on the hardware; 0: not modelled */
    uint32_t write_ns_per_byte; /* time programming takes; 0: not modelled */
};

/* Room for the reason of the last refusal. */
#define OTA_NOR_FAULT_MAX 160

/* An open device. The pointers in it and its address must stay while it is used. */
struct ota_nor {
    struct ota_nor_config config;
    struct ota_nor_power *power;    /* the board's; NULL: stays on */
    struct ota_nor_region *regions; /* NULL: nothing is counted per region */
    size_t n_regions;
    struct ota_nor_count count; /* of the whole device */
    uint32_t *wear;   /* per erase unit: how often it was erased, or a row in it replaced */
    uint64_t busy_us; /* what the operations so far would have taken */
    uint64_t busy_ns; /* below one microsecond */
    int fd;           /* the file while it is opened, else -1 */
    uint8_t *mem;     /* the bytes: a mapping of the file, or private ones */
    char fault[OTA_NOR_FAULT_MAX];
};

/*
 * Opens a device: a missing file is created full of erased bytes, a file of another size is an
 * error. config's strings must stay. On success *flash is ready for use and nor its context; power
 * and regions are NULL and may be set. 0; OTA_EARG for an impossible geometry, OTA_EFLASH if the
 * file cannot be used; err gets a sentence for people.
 */
int ota_nor_open(struct ota_nor *nor, const struct ota_nor_config *config, struct ota_flash *flash,
                 char *err, size_t err_cap);

/* Closes the file and frees what open allocated. Also for a device that failed to open. */
void ota_nor_close(struct ota_nor *nor);

/* How often the most worn erase unit was erased, or a row in it replaced, since the device was
 * opened. */
uint32_t ota_nor_wear(const struct ota_nor *nor);

/* Why the device last refused an operation, for people; empty if it never did. */
const char *ota_nor_fault(const struct ota_nor *nor);

#ifdef __cplusplus
}
#endif
#endif
