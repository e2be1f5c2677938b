/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/nor.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ota/err.h"

#define PIECE 4096u

void ota_nor_power_init(struct ota_nor_power *power)
{
    memset(power, 0, sizeof *power);
    power->cut_at = OTA_NOR_NO_CUT;
}

const char *ota_nor_fault(const struct ota_nor *nor)
{
    return nor->fault;
}

/* Keeps the reason for people and passes the code on. */
static int fault(struct ota_nor *nor, int code, uint32_t off, size_t len, const char *what)
{
    (void)snprintf(nor->fault, sizeof nor->fault, "%s, 0x%" PRIx32 " +%zu: %s", nor->config.name,
                   off, len, what);
    return code;
}

/* ---- Power, counters ------------------------------------------------------------------------ */

enum cut { CUT_NO, CUT_CLEAN, CUT_TORN };

/* Counts an operation and tells whether the power goes at it. */
static enum cut begin_op(struct ota_nor *nor)
{
    struct ota_nor_power *power = nor->power;
    uint64_t *ops;

    if (power == NULL) {
        return CUT_NO;
    }
    ops = power->shared_ops != NULL ? power->shared_ops : &power->ops;
    if ((*ops)++ != power->cut_at) {
        return CUT_NO;
    }
    return power->torn ? CUT_TORN : CUT_CLEAN;
}

static int power_off(struct ota_nor *nor, uint32_t off, size_t len)
{
    nor->power->is_off = true;
    if (nor->power->on_cut != NULL) {
        nor->power->on_cut(nor->power->ctx);
    }
    return fault(nor, OTA_EFLASH, off, len, "the power was cut here");
}

static bool is_off(const struct ota_nor *nor)
{
    return nor->power != NULL && nor->power->is_off;
}

static void spend(struct ota_nor *nor, uint64_t us, uint64_t ns)
{
    nor->busy_ns += ns;
    nor->busy_us += us + nor->busy_ns / 1000;
    nor->busy_ns %= 1000;
}

/* The counters of the first region that [off, off + len) touches; NULL if none. */
static struct ota_nor_count *region_count(struct ota_nor *nor, uint32_t off, uint32_t len)
{
    struct ota_nor_region *best = NULL;

    for (size_t i = 0; i < nor->n_regions; i++) {
        struct ota_nor_region *r = &nor->regions[i];
        bool touches = off < r->off ? r->off - off < len : off - r->off < r->size;

        if (touches && (best == NULL || r->off < best->off)) {
            best = r;
        }
    }
    return best == NULL ? NULL : &best->count;
}

static void count_write(struct ota_nor *nor, uint32_t off, uint32_t len)
{
    struct ota_nor_count *counts[] = {&nor->count, region_count(nor, off, len)};

    for (size_t i = 0; i < 2 && counts[i] != NULL; i++) {
        counts[i]->writes++;
        counts[i]->bytes_written += len;
    }
    for (uint32_t at = off; nor->config.is_row_write && at - off < len;
         at += nor->config.write_size) {
        nor->wear[at / nor->config.erase_size]++;
    }
    spend(nor, 0, (uint64_t)len * nor->config.write_ns_per_byte);
}

static void count_erase(struct ota_nor *nor, uint32_t off, uint32_t len)
{
    struct ota_nor_count *counts[] = {&nor->count, region_count(nor, off, len)};

    for (size_t i = 0; i < 2 && counts[i] != NULL; i++) {
        counts[i]->erases++;
        counts[i]->bytes_erased += len;
    }
    nor->wear[off / nor->config.erase_size]++;
    spend(nor, nor->config.erase_us, 0);
}

/* ---- Operations ----------------------------------------------------------------------------- */

static bool is_inside(const struct ota_nor *nor, uint32_t off, size_t len)
{
    return off <= nor->config.size && len <= nor->config.size - off;
}

static int nor_read(const struct ota_flash *flash, uint32_t off, void *buf, size_t len)
{
    struct ota_nor *nor = flash->ctx;

    if (is_off(nor)) {
        return OTA_EFLASH;
    }
    if (!is_inside(nor, off, len)) {
        return fault(nor, OTA_ERANGE, off, len, "read outside of the device");
    }
    memcpy(buf, nor->mem + off, len);
    return 0;
}

/* 0 if the target holds erased bytes only. */
static int check_erased(struct ota_nor *nor, uint32_t off, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (nor->mem[off + i] != nor->config.erased) {
            return fault(nor, OTA_EFLASH, off + (uint32_t)i, len - i,
                         "write to bytes that are not erased");
        }
    }
    return 0;
}

static int check_write(struct ota_nor *nor, uint32_t off, size_t len)
{
    if (!is_inside(nor, off, len)) {
        return fault(nor, OTA_ERANGE, off, len, "write outside of the device");
    }
    if (len == 0 || off % nor->config.write_size != 0 || len % nor->config.write_size != 0) {
        return fault(nor, OTA_EALIGN, off, len, "write of less than whole write units");
    }
    return nor->config.is_row_write ? 0 : check_erased(nor, off, len);
}

static int nor_write(const struct ota_flash *flash, uint32_t off, const void *buf, size_t len)
{
    struct ota_nor *nor = flash->ctx;
    enum cut cut;
    int rc;

    if (is_off(nor)) {
        return OTA_EFLASH;
    }
    rc = check_write(nor, off, len);
    if (rc != 0) {
        return rc;
    }
    cut = begin_op(nor);
    if (cut != CUT_CLEAN) {
        memcpy(nor->mem + off, buf, cut == CUT_TORN ? len / 2 : len);
    }
    if (cut != CUT_NO) {
        return power_off(nor, off, len);
    }
    count_write(nor, off, (uint32_t)len);
    return 0;
}

static int nor_erase(const struct ota_flash *flash, uint32_t off)
{
    struct ota_nor *nor = flash->ctx;
    uint32_t len = nor->config.erase_size;
    enum cut cut;

    if (is_off(nor)) {
        return OTA_EFLASH;
    }
    if (!is_inside(nor, off, len)) {
        return fault(nor, OTA_ERANGE, off, len, "erase outside of the device");
    }
    if (off % len != 0) {
        return fault(nor, OTA_EALIGN, off, len, "erase that does not begin at an erase unit");
    }
    cut = begin_op(nor);
    if (cut != CUT_CLEAN) {
        memset(nor->mem + off, nor->config.erased, cut == CUT_TORN ? len / 2 : len);
    }
    if (cut != CUT_NO) {
        return power_off(nor, off, len);
    }
    count_erase(nor, off, len);
    return 0;
}

/* What a process wrote to the file stays there when it dies: nothing to do on a private copy or
 * for a crash of this process; the file system's own durability is what the host gives. */
static int nor_sync(const struct ota_flash *flash)
{
    return is_off(flash->ctx) ? OTA_EFLASH : 0;
}

static const struct ota_flash_ops nor_ops = {
    .read = nor_read,
    .write = nor_write,
    .erase = nor_erase,
    .sync = nor_sync,
};

/* ---- Opening -------------------------------------------------------------------------------- */

/* The whole file at once: its blocks exist before it is mapped, so that a full disk is an error
 * here and not a signal later. */
static int write_erased(int fd, uint32_t len, uint8_t value)
{
    uint8_t piece[PIECE];

    memset(piece, value, sizeof piece);
    while (len > 0) {
        ssize_t n = write(fd, piece, len < sizeof piece ? len : sizeof piece);

        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return OTA_EFLASH;
        }
        len -= (uint32_t)n;
    }
    return 0;
}

static bool is_power_of_two(uint32_t n)
{
    return n != 0 && (n & (n - 1)) == 0;
}

static int check_config(const struct ota_nor_config *c, char *err, size_t err_cap)
{
    if (!is_power_of_two(c->write_size) || c->write_size > 512 || c->erase_size == 0 ||
        c->erase_size % c->write_size != 0 || c->size == 0 || c->size % c->erase_size != 0 ||
        (c->erased != 0x00 && c->erased != 0xff)) {
        (void)snprintf(err, err_cap,
                       "%s: a device of %" PRIu32 " bytes with erase units of %" PRIu32
                       " and write units of %" PRIu32 " bytes, erased 0x%02x, is impossible",
                       c->name, c->size, c->erase_size, c->write_size, c->erased);
        return OTA_EARG;
    }
    return 0;
}

/* Makes the file under another name first: whoever is killed half way leaves no short device. */
static int create_file(struct ota_nor *nor, char *err, size_t err_cap)
{
    const struct ota_nor_config *c = &nor->config;
    char temp[PATH_MAX];
    int n = snprintf(temp, sizeof temp, "%s.%ld.new", c->path, (long)getpid());

    if (n < 0 || (size_t)n >= sizeof temp) {
        (void)snprintf(err, err_cap, "%s: the path is too long", c->path);
        return OTA_EFLASH;
    }
    nor->fd = open(temp, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (nor->fd < 0 || write_erased(nor->fd, c->size, c->erased) != 0 ||
        rename(temp, c->path) != 0) {
        (void)snprintf(err, err_cap, "%s: cannot create the flash file: %s", c->path,
                       strerror(errno));
        if (nor->fd >= 0) {
            (void)unlink(temp);
        }
        return OTA_EFLASH;
    }
    return 0;
}

static int open_file(struct ota_nor *nor, char *err, size_t err_cap)
{
    const struct ota_nor_config *c = &nor->config;
    struct stat st;

    nor->fd = open(c->path, (c->is_private ? O_RDONLY : O_RDWR) | O_CLOEXEC);
    if (nor->fd < 0 && errno == ENOENT) {
        return c->is_private ? 0 : create_file(nor, err, err_cap);
    }
    if (nor->fd < 0 || fstat(nor->fd, &st) != 0) {
        (void)snprintf(err, err_cap, "%s: cannot open the flash file: %s", c->path,
                       strerror(errno));
        return OTA_EFLASH;
    }
    if (!S_ISREG(st.st_mode) || st.st_size != (off_t)c->size) {
        (void)snprintf(err, err_cap,
                       "%s: has %jd bytes but device '%s' of the board has %" PRIu32
                       "; it belongs to another board: use another directory or remove it",
                       c->path, (intmax_t)st.st_size, c->name, c->size);
        return OTA_EFLASH;
    }
    return 0;
}

/* The file's bytes as memory: shared with the file, a copy of it, or erased without one. What is
 * stored in a shared mapping is in the file even if this process is killed at once. */
static int map(struct ota_nor *nor, char *err, size_t err_cap)
{
    int flags = nor->fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS
                            : (nor->config.is_private ? MAP_PRIVATE : MAP_SHARED);
    void *mem = mmap(NULL, nor->config.size, PROT_READ | PROT_WRITE, flags, nor->fd, 0);

    nor->wear = calloc(nor->config.size / nor->config.erase_size, sizeof *nor->wear);
    if (mem == MAP_FAILED || nor->wear == NULL) {
        (void)snprintf(err, err_cap, "%s: no memory for %" PRIu32 " bytes of flash: %s",
                       nor->config.name, nor->config.size, strerror(errno));
        if (mem != MAP_FAILED) {
            (void)munmap(mem, nor->config.size);
        }
        return OTA_ENOSPC;
    }
    nor->mem = mem;
    if (nor->fd < 0) {
        memset(nor->mem, nor->config.erased, nor->config.size);
    }
    return 0;
}

int ota_nor_open(struct ota_nor *nor, const struct ota_nor_config *config, struct ota_flash *flash,
                 char *err, size_t err_cap)
{
    int rc = check_config(config, err, err_cap);

    memset(nor, 0, sizeof *nor);
    nor->config = *config;
    nor->fd = -1;
    if (rc == 0 && config->path != NULL) {
        rc = open_file(nor, err, err_cap);
    }
    if (rc == 0) {
        rc = map(nor, err, err_cap);
    }
    if (nor->fd >= 0) {
        (void)close(nor->fd);
        nor->fd = -1;
    }
    if (rc != 0) {
        ota_nor_close(nor);
        return rc;
    }
    *flash = (struct ota_flash){
        .ops = &nor_ops,
        .ctx = nor,
        .size = config->size,
        .erase_size = config->erase_size,
        .write_size = config->write_size,
        .erased = config->erased,
        .flags = config->is_row_write ? OTA_FLASH_REWRITE : 0,
    };
    return 0;
}

void ota_nor_close(struct ota_nor *nor)
{
    if (nor->mem != NULL) {
        (void)munmap(nor->mem, nor->config.size);
    }
    nor->mem = NULL;
    free(nor->wear);
    nor->wear = NULL;
}

uint32_t ota_nor_wear(const struct ota_nor *nor)
{
    uint32_t most = 0;

    for (uint32_t i = 0; i < nor->config.size / nor->config.erase_size; i++) {
        most = nor->wear[i] > most ? nor->wear[i] : most;
    }
    return most;
}
