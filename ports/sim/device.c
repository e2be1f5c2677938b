/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/device.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "ota/err.h"
#include "ota/image.h"

uint64_t ota_sim_now_ms(void)
{
    struct timespec t = {0};

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static uint64_t now_ms(void *ctx)
{
    (void)ctx;
    return ota_sim_now_ms();
}

static int get_random(void *ctx, void *buf, size_t len)
{
    uint8_t *p = buf;

    (void)ctx;
    while (len > 0) {
        ssize_t n = getrandom(p, len, 0);

        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return OTA_EENTROPY;
        }
        p += n;
        len -= (size_t)n;
    }
    return 0;
}

/* A reset runs no exit handlers. What was printed has left the serial port. */
static void reset(void *ctx)
{
    (void)ctx;
    (void)fflush(NULL);
    _exit(OTA_SIM_EXIT_RESET);
}

static const struct ota_system_ops system_ops = {
    .now_ms = now_ms,
    .random = get_random,
    .reset = reset,
};

/* The power goes in the middle of what the application does: it does not get to do another. */
static void on_cut(void *ctx)
{
    struct ota_sim_shared *shared = ctx;

    shared->cuts++;
    (void)raise(SIGKILL);
}

static int map_shared(struct ota_sim_device *d, char *err, size_t err_cap)
{
    const char *text = getenv(OTA_SIM_ENV_FD);
    char *end = NULL;
    long fd = text == NULL ? -1 : strtol(text, &end, 10);
    struct stat st;
    void *p = MAP_FAILED;

    if (text == NULL) {
        return 0;
    }
    if (*text != '\0' && *end == '\0' && fd >= 0 && fd <= 1 << 20 && fstat((int)fd, &st) == 0 &&
        st.st_size == (off_t)sizeof *d->shared) {
        p = mmap(NULL, sizeof *d->shared, PROT_READ | PROT_WRITE, MAP_SHARED, (int)fd, 0);
    }
    if (p == MAP_FAILED || ((struct ota_sim_shared *)p)->magic != OTA_SIM_SHARED_MAGIC) {
        (void)snprintf(err, err_cap, "%s=%s does not come from ota-board", OTA_SIM_ENV_FD, text);
        if (p != MAP_FAILED) {
            (void)munmap(p, sizeof *d->shared);
        }
        return OTA_EARG;
    }
    d->shared = p;
    return 0;
}

static void connect_power(struct ota_sim_device *d)
{
    struct ota_nor_power *power = &d->board->power;

    if (d->shared != NULL) {
        power->shared_ops = &d->shared->ops;
        power->cut_at = d->shared->cut_at;
        power->torn = d->shared->torn != 0;
        power->on_cut = on_cut;
        power->ctx = d->shared;
        (void)setvbuf(stdout, NULL, _IOLBF, 0);
    }
}

static int open_parts(struct ota_sim_device *d, char *err, size_t err_cap)
{
    bool is_swapped = d->shared != NULL && d->shared->slot == 1;
    int rc = ota_board_slot(d->board, "primary", is_swapped ? &d->secondary : &d->primary);

    if (rc == 0) {
        rc = ota_board_slot(d->board, "secondary", is_swapped ? &d->primary : &d->secondary);
    }
    if (rc == 0 && ota_board_has_second(d->board)) {
        (void)ota_board_slot(d->board, "primary2", &d->primary2);
        (void)ota_board_slot(d->board, "secondary2", &d->secondary2);
    }
    if (rc != 0) {
        (void)snprintf(err, err_cap, "%s: board has no slots", d->board->name);
        return rc;
    }
    if (ota_board_area(d->board, "journal", &d->journal) != 0) {
        d->journal.flash = NULL;
    }
    d->system.ops = &system_ops;
    d->system.ctx = d;
    return 0;
}

static bool has_long_keys(void)
{
    const char *bits = getenv(OTA_SIM_ENV_KEYLEN);

    return bits != NULL && strcmp(bits, "256") == 0;
}

int ota_sim_device_open(struct ota_sim_device *d, const char *board_file, const char *flash_dir,
                        char *err, size_t err_cap)
{
    int rc;

    memset(d, 0, sizeof *d);
    board_file = board_file != NULL ? board_file : getenv(OTA_SIM_ENV_BOARD);
    flash_dir = flash_dir != NULL ? flash_dir : getenv(OTA_SIM_ENV_FLASH);
    if (board_file == NULL || flash_dir == NULL) {
        (void)snprintf(err, err_cap,
                       "no device: start this application with ota-board, or name a board file "
                       "and a flash directory");
        return OTA_EARG;
    }
    rc = ota_board_load(board_file, &d->board, err, err_cap);
    if (rc == 0) {
        rc = map_shared(d, err, err_cap);
    }
    if (rc == 0) {
        connect_power(d);
        rc = ota_board_open_flash(d->board, flash_dir, false, err, err_cap);
    }
    if (rc == 0) {
        rc = open_parts(d, err, err_cap);
    }
    if (rc == 0) {
        d->key_file = getenv(OTA_SIM_ENV_KEY);
        if (d->key_file == NULL && d->board->boot.n_keys > 0) {
            d->key_file = d->board->boot.keys[0];
        }
        d->decrypt_file = getenv(OTA_SIM_ENV_DECRYPT);
        d->decrypt_key_len = has_long_keys() ? 32 : 16;
    }
    if (rc != 0) {
        ota_sim_device_close(d);
    }
    return rc;
}

void ota_sim_device_close(struct ota_sim_device *d)
{
    ota_board_free(d->board);
    if (d->shared != NULL) {
        (void)munmap(d->shared, sizeof *d->shared);
    }
    memset(d, 0, sizeof *d);
}

int ota_sim_device_version(const struct ota_sim_device *d, struct ota_version *out)
{
    const struct ota_area *a = &d->primary.area;
    uint8_t raw[OTA_IMAGE_HEADER_LEN];
    struct ota_image_header header;
    int rc = a->flash->ops->read(a->flash, a->off, raw, sizeof raw);

    if (rc == 0) {
        rc = ota_image_header_decode(raw, &header);
    }
    if (rc == 0) {
        *out = header.version;
    }
    return rc;
}

void ota_sim_watchdog_kick(struct ota_sim_device *d)
{
    if (d->shared != NULL) {
        __atomic_store_n(&d->shared->kick_ms, ota_sim_now_ms(), __ATOMIC_RELAXED);
    }
}
