/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/tar.h"

#include <string.h>

#include "ota/err.h"

/* Fields of a header. */
enum {
    OFF_NAME = 0,
    OFF_SIZE = 124,
    OFF_CHECKSUM = 148,
    OFF_TYPE = 156,
    OFF_MAGIC = 257,
    OFF_PREFIX = 345,
};

#define SIZE_LEN 12u
#define CHECKSUM_LEN 8u

static const uint8_t magic_posix[8] = {'u', 's', 't', 'a', 'r', '\0', '0', '0'};
static const uint8_t magic_gnu[8] = {'u', 's', 't', 'a', 'r', ' ', ' ', '\0'};

void ota_tar_init(struct ota_tar *t)
{
    memset(t, 0, sizeof *t);
}

static void set_size(struct ota_tar *t, uint32_t size, uint32_t left)
{
    t->size = size;
    t->left = left;
    t->padding = (uint16_t)((OTA_TAR_BLOCK - size % OTA_TAR_BLOCK) % OTA_TAR_BLOCK);
}

void ota_tar_resume(struct ota_tar *t, uint32_t size, uint32_t left)
{
    ota_tar_init(t);
    set_size(t, size, left);
    t->is_file = true;
}

bool ota_tar_is_between(const struct ota_tar *t)
{
    return !t->is_file && t->left == 0 && t->padding == 0 && t->have == 0;
}

/* ---- Header ------------------------------------------------------------------------------- */

/* Octal digits, spaces before them, NUL or space behind. 0 or OTA_EFORMAT. */
static int read_octal(const uint8_t *field, size_t len, uint32_t *out)
{
    size_t i = 0, begin;
    uint32_t v = 0;

    while (i < len && field[i] == ' ') {
        i++;
    }
    begin = i;
    for (; i < len && field[i] >= '0' && field[i] <= '7'; i++) {
        if (v > UINT32_MAX >> 3) {
            return OTA_EFORMAT;
        }
        v = v << 3 | (uint32_t)(field[i] - '0');
    }
    *out = v;
    return i == begin || (i < len && field[i] != '\0' && field[i] != ' ') ? OTA_EFORMAT : 0;
}

/* Sum of the header's bytes, those of the checksum itself taken as spaces. */
static uint32_t sum(const uint8_t *block)
{
    uint32_t n = ' ' * CHECKSUM_LEN;

    for (size_t i = 0; i < OTA_TAR_BLOCK; i++) {
        if (i < OFF_CHECKSUM || i >= OFF_CHECKSUM + CHECKSUM_LEN) {
            n += block[i];
        }
    }
    return n;
}

static bool is_zero(const uint8_t *p, size_t len)
{
    while (len > 0 && p[len - 1] == 0) {
        len--;
    }
    return len == 0;
}

static int check_header(const uint8_t *block)
{
    bool is_posix = memcmp(block + OFF_MAGIC, magic_posix, sizeof magic_posix) == 0;
    uint32_t stored;

    if (!is_posix && memcmp(block + OFF_MAGIC, magic_gnu, sizeof magic_gnu) != 0) {
        return OTA_EFORMAT;
    }
    if (read_octal(block + OFF_CHECKSUM, CHECKSUM_LEN, &stored) != 0 || stored != sum(block)) {
        return OTA_EFORMAT;
    }
    /* A prefix makes the name longer than any that is looked for. */
    return is_posix && block[OFF_PREFIX] != '\0' ? OTA_EFORMAT : 0;
}

/* A complete header: OTA_TAR_BEGIN, OTA_TAR_MORE to go on reading, or OTA_EFORMAT. */
static int take_header(struct ota_tar *t)
{
    const uint8_t *block = t->block;
    uint32_t size = 0;
    int rc;

    if (is_zero(block, OTA_TAR_BLOCK)) {
        t->zero_blocks = t->zero_blocks < 2 ? t->zero_blocks + 1 : 2;
        return OTA_TAR_MORE;
    }
    if (t->zero_blocks > 0) {
        return OTA_EFORMAT;
    }
    rc = check_header(block);
    if (rc == 0) {
        rc = read_octal(block + OFF_SIZE, SIZE_LEN, &size);
    }
    if (rc != 0) {
        return rc;
    }
    set_size(t, size, size);
    switch (block[OFF_TYPE]) {
    case '0':
    case '\0':
        memcpy(t->name, block + OFF_NAME, OTA_TAR_NAME_MAX); /* the NUL behind it stays */
        t->is_file = true;
        return OTA_TAR_BEGIN;
    case 'x':
    case 'g':
        return OTA_TAR_MORE;
    default:
        return OTA_EFORMAT;
    }
}

/* ---- Stream ------------------------------------------------------------------------------- */

static size_t take(struct ota_tar_input *in, size_t most)
{
    size_t n = in->len < most ? in->len : most;

    in->data += n;
    in->len -= n;
    return n;
}

static int collect_header(struct ota_tar *t, struct ota_tar_input *in)
{
    const uint8_t *data = in->data;
    size_t n = take(in, OTA_TAR_BLOCK - t->have);

    memcpy(t->block + t->have, data, n);
    t->have = (uint16_t)(t->have + n);
    if (t->have < OTA_TAR_BLOCK) {
        return OTA_TAR_MORE;
    }
    t->have = 0;
    return take_header(t);
}

/* Content: of a file to the caller, of an extended header to nobody. */
static int pass_content(struct ota_tar *t, struct ota_tar_input *in, struct ota_tar_input *content)
{
    content->data = in->data;
    content->len = take(in, t->left);
    t->left -= (uint32_t)content->len;
    return t->is_file ? OTA_TAR_DATA : OTA_TAR_MORE;
}

int ota_tar_next(struct ota_tar *t, struct ota_tar_input *in, struct ota_tar_input *content)
{
    int rc = OTA_TAR_MORE;

    content->data = NULL;
    content->len = 0;
    if (t->is_file && t->left == 0) {
        t->is_file = false;
        return OTA_TAR_END;
    }
    while (rc == OTA_TAR_MORE && in->len > 0) {
        if (t->left > 0) {
            rc = pass_content(t, in, content);
        } else if (t->padding > 0) {
            t->padding = (uint16_t)(t->padding - take(in, t->padding));
        } else {
            rc = collect_header(t, in);
        }
    }
    return rc;
}
